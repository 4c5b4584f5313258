"""Asks several places at the same time: silence is waited for once, not once for each."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")

_MOST = 16
"""Questions at the same time."""


def concurrently(ask: Callable[[S], T], of: Iterable[S]) -> list[T]:
    """Ask the same of several places at the same time.

    ``concurrently(lambda host: lab.client(host).ping(gateway), hosts)``

    Args:
        ask: what is asked; called with each place, in a thread of its own.
        of: the places.

    Returns:
        The answers, in the order of the places.

    Raises:
        BaseException: what was raised for the first place, in this order, that has no answer; all have ended by then.
    """
    threads = ThreadPoolExecutor(_MOST, initializer=leave_signals)
    try:
        asked = [threads.submit(ask, place) for place in of]
        wait(asked)
    finally:  # a check whose time is over does not wait for them: its process ends, and they with it
        threads.shutdown(wait=False, cancel_futures=True)
    return [one.result() for one in asked]


def leave_signals() -> None:
    """Leave every signal to the check's own thread, which alone knows when it may be interrupted."""
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
