"""Waiting for a condition with a deadline: what a check does instead of sleeping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from grader.load import scaled_deadline
from orchestrator.core.waiting import pause_after

T = TypeVar("T")

_FIRST = 0.1
"""Seconds between the first two questions, where a check does not say."""


def eventually(
    condition: Callable[[], T | None],
    *,
    within: float = 5.0,
    every: float | None = None,
    what: str = "the condition",
) -> T:
    """Wait until a condition holds, and return its value.

    A falsy value or an AssertionError means "not yet"; any other exception ends the wait at once. The
    condition is asked at least once, and once more at the deadline.

    Args:
        condition: called without arguments.
        within: seconds until the condition must hold; longer on a loaded machine.
        every: seconds between two questions; None: often at first, then ever more rarely.
        what: the condition in words, for the message.

    Raises:
        AssertionError: the condition did not hold in time; the message has the last answer and the time
            waited.
    """
    started = time.monotonic()
    deadline = started + scaled_deadline(within)
    while True:
        last: AssertionError | None = None
        answer: T | None = None
        asked = time.monotonic()
        try:
            answer = condition()
        except AssertionError as error:
            last = error
        else:
            if answer:
                return answer
        if asked >= deadline:
            break
        pause = pause_after(asked - started, _FIRST) if every is None else every
        time.sleep(max(0.0, min(pause, deadline - time.monotonic())))
    waited = f"waited {time.monotonic() - started:.1f} s"
    if last is not None:
        message = f"{str(last) or what} ({waited})"
        raise AssertionError(message) from last
    message = f"{what} did not hold ({waited}; last answer: {answer!r})"
    raise AssertionError(message)
