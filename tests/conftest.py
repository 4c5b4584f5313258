"""What all tests start from."""

from __future__ import annotations

import signal

pytest_plugins = ["tests.compiling", "tests.timing"]


def pytest_configure() -> None:
    """Hear Ctrl-C and a hang-up also where a shell's background, or nohup, has made pytest deaf to them."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)
