"""Waiting for a condition with a deadline: the one place where the program sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_FIRST = 0.02
"""Seconds between the first two looks, where nobody says."""
_SHARE = 0.1
"""Looks grow rarer with the time waited: each costs a process or more, and comes that share of it late at most."""


def pause_after(waited: float, first: float) -> float:
    """Return the seconds until the next look at a condition that has not held for ``waited`` seconds."""
    return max(first, waited * _SHARE)


def wait_until(condition: Callable[[], T | None], *, within: float, every: float | None = None) -> T | None:
    """Return what a condition returns as soon as it is true, or None when it was not in ``within`` seconds.

    The condition is looked at once at least, and once more when the time is over.

    Args:
        condition: what is waited for.
        within: seconds until it must be true.
        every: seconds between two looks; None: often at first, then ever more rarely.
    """
    started = time.monotonic()
    deadline = started + within
    while True:
        looked = time.monotonic()
        over = looked >= deadline
        value = condition()
        if value:
            return value
        if over:
            return None
        pause = pause_after(looked - started, _FIRST) if every is None else every
        time.sleep(min(pause, max(0.0, deadline - time.monotonic())))
