"""Waiting for a condition with a deadline: the one place where the program sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T | None], *, within: float, every: float = 0.02) -> T | None:
    """Return what a condition returns as soon as it is true, or None when it was not in ``within`` seconds.

    The condition is looked at once at least, and once more when the time is over.
    """
    deadline = time.monotonic() + within
    while True:
        over = time.monotonic() >= deadline
        value = condition()
        if value:
            return value
        if over:
            return None
        time.sleep(min(every, max(0.0, deadline - time.monotonic())))
