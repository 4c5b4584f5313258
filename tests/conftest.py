"""What all tests start from."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Hear Ctrl-C also where pytest runs in a shell's background, which starts its commands deaf to it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
