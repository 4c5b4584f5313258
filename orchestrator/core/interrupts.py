"""Ctrl-C, SIGTERM and a closed terminal: each ends the program the same way, and none cuts a clean-up short."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _State:
    """What the process was asked: signals reach the main thread only, so plain values will do."""

    def __init__(self) -> None:
        self.begin(lambda: None)

    def begin(self, tell: Callable[[], None]) -> None:
        self.shields = 0
        self.asked = False
        self.raised = False
        self.tell = tell

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        """The first signal raises KeyboardInterrupt, at once or where the shield ends; others only tell."""
        self.asked = True
        if self.shields or self.raised:
            with contextlib.suppress(OSError):  # the terminal may be gone
                self.tell()
            return
        self.raised = True
        raise KeyboardInterrupt


_state = _State()


@contextlib.contextmanager
def installed(tell: Callable[[], None]) -> Iterator[None]:
    """Turn the first of the signals within the block into a KeyboardInterrupt.

    Signals that the parent process ignores (``nohup``) stay ignored.

    Args:
        tell: says that the clean-up is running, when another signal comes meanwhile.
    """
    _state.begin(tell)
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _state.on_signal)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def asked() -> bool:
    """Return whether a signal has come since ``installed``."""
    return _state.asked


@contextlib.contextmanager
def shielded() -> Iterator[None]:
    """Let the block run to its end whatever signal comes; the interruption follows then, if it is the first.

    Signals reach the main thread only: in another one the block needs no shield.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _state.shields += 1
    try:
        yield
    finally:
        _state.shields -= 1
    if _state.asked and not _state.shields and not _state.raised:
        _state.raised = True
        raise KeyboardInterrupt
