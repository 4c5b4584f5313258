"""How much a candidate's browser may ask for: one call at a time, some waiting, and no more than a page needs."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Final

from orchestrator.labd import seat_refusals
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.seat_access import Seat

A_SECOND: Final = 5.0
"""Calls that a browser may make in the long run: a page asks every two seconds, and saves what is written."""
AT_ONCE: Final = 40
"""Calls that it may make at once behind a rest: several windows that are opened anew."""
_MOST_WAITING: Final = 8


@dataclass
class _Measure:
    left: float
    at: float
    waiting: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class SeatPace:
    """Measures the calls of each seat; for the event loop's thread."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, a_second: float = A_SECOND, at_once: float = AT_ONCE
    ) -> None:
        """Take what counts seconds, and how many calls there may be in the long run and behind a rest."""
        self._clock = clock
        self._a_second = a_second
        self._at_once = at_once
        self._seats: dict[Seat, _Measure] = {}

    @contextlib.asynccontextmanager
    async def turn(self, seat: Seat) -> AsyncIterator[None]:
        """Wait for the turn of a call.

        Raises:
            RefusedCallError: its browser asks for too much.
        """
        now = self._clock()
        one = self._seats.setdefault(seat, _Measure(self._at_once, now))
        one.left, one.at = min(self._at_once, one.left + (now - one.at) * self._a_second), now
        if one.left < 1 or one.waiting >= _MOST_WAITING:
            raise RefusedCallError(seat_refusals.too_many_calls(max(1, math.ceil((1 - one.left) / self._a_second))))
        one.left -= 1
        one.waiting += 1
        try:
            async with one.turn:
                yield
        finally:
            one.waiting -= 1
