"""Whether a browser is at a candidate's seat: by their calls and their open terminals. For the event loop's thread."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from orchestrator.labd.seat_access import Seat

GONE_S: Final = 15.0
"""Seconds without a call after which nobody is there: a page calls every few seconds."""
_MOST_LINES: Final = 24
"""Terminals that a candidate may have on the screen at once, in all windows."""


class SeatPresence:
    """Counts what is heard of seats; a labd that starts again knows nothing of before."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take what counts seconds."""
        self._clock = clock
        self._heard: dict[Seat, float] = {}
        self._lines: Counter[Seat] = Counter()

    def heard_of(self, seat: Seat) -> None:
        """Note that a browser has called."""
        self._heard[seat] = self._clock()

    @contextlib.contextmanager
    def line(self, seat: Seat) -> Iterator[bool]:
        """Count a terminal on the screen within the block; it gives whether it may be there."""
        may = self._lines[seat] < _MOST_LINES
        self._lines[seat] += may
        self.heard_of(seat)
        try:
            yield may
        finally:
            self._lines[seat] -= may
            self.heard_of(seat)

    def silent(self, seat: Seat) -> float | None:
        """Return since how many seconds no browser is there; 0: one is; None: none ever was."""
        if self._lines[seat]:
            return 0.0
        if seat not in self._heard:
            return None
        passed = self._clock() - self._heard[seat]
        return passed if passed > GONE_S else 0.0
