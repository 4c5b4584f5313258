"""How fast gradings that nobody waits for may follow each other: half a processor is theirs, the rest the class's."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from orchestrator.core.errors import BreakfixError
from orchestrator.core.waiting import wait_until

SHARE: Final = 0.5
"""Processors that may be used, as a mean from the start of each turn to the start of the next."""


class Pace:
    """Lets turns follow each other so that they use no more than ``SHARE`` of a processor.

    A turn that used ``c`` seconds of the processor is followed by the next one ``c / SHARE`` seconds after its own
    start at the earliest. It runs at full speed itself: a grading that is slowed down takes "not yet" for "no".
    """

    def __init__(
        self,
        used: Callable[[], float],
        *,
        clock: Callable[[], float] = time.monotonic,
        rest: Callable[[float], object] | None = None,
    ) -> None:
        """Begin; the first turn need not wait.

        Args:
            used: returns the seconds of the processor that turns have used so far. Where it cannot be told, it raises
                ``BreakfixError``, and a turn counts as one processor's work from its start to its end.
            clock: returns seconds.
            rest: lets that many seconds pass; None: sleeps.
        """
        self._used = used
        self._clock = clock
        self._rest = rest or _sleep
        self._next = clock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until a turn may begin; the block is the turn, and counts however it ends."""
        while (left := self._next - self._clock()) > 0:
            self._rest(left)
        began, before = self._clock(), self._told()
        try:
            yield
        finally:
            spent = self._told() - before
            cost = spent if spent >= 0 else self._clock() - began  # nan is not, nor is what a helper begun anew tells
            self._next = began + cost / SHARE

    def _told(self) -> float:
        """Return the seconds used so far; not a number where it cannot be told."""
        try:
            return self._used()
        except BreakfixError:
            return math.nan


def _sleep(seconds: float) -> None:
    wait_until(lambda: None, within=seconds)
