"""Whether a browser is at a candidate's seat, and from where: by their calls and their open terminals.

A browser's token can be copied into another one, which is as good as it. That is seen where both are at work, from two
addresses. For the event loop's thread.
"""

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


_MOST_PLACES: Final = 8
_MOST_NOTED: Final = 5
"""Addresses that are known of a seat, and how often it is noted that two of them are used at once."""


class SeatPresence:
    """Counts what is heard of seats; a labd that starts again knows nothing of before."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take what counts seconds."""
        self._clock = clock
        self._heard: dict[Seat, float] = {}
        self._lines: Counter[Seat] = Counter()
        self._open: Counter[tuple[Seat, str]] = Counter()
        self._places: dict[Seat, dict[str, tuple[float, float]]] = {}
        self._noted: dict[Seat, set[tuple[str, ...]]] = {}

    def heard_of(self, seat: Seat, address: str = "") -> None:
        """Note that a browser has called, from an address."""
        now = self._heard[seat] = self._clock()
        if address:
            kept = self._fresh(seat)
            first, _ = kept.pop(address, (now, now))
            self._places[seat] = {**dict([*kept.items()][-_MOST_PLACES + 1 :]), address: (first, now)}

    def places(self, seat: Seat) -> tuple[str, ...]:
        """Return the addresses from which a seat is used at once; none where it is used from one, or from none."""
        kept = self._fresh(seat)
        last_first = max((first for first, _ in kept.values()), default=0.0)
        found = sorted(address for address, (_, last) in kept.items() if last >= last_first)
        return tuple(found) if len(found) > 1 else ()

    def new_places(self, seat: Seat) -> tuple[str, ...]:
        """Return these addresses where that is to be noted: once for the same ones, a few times in all."""
        found, noted = self.places(seat), self._noted.setdefault(seat, set())
        if not found or found in noted or len(noted) >= _MOST_NOTED:
            return ()
        noted.add(found)
        return found

    def _fresh(self, seat: Seat) -> dict[str, tuple[float, float]]:
        """Return since when and until when each address was heard of, where somebody is still there."""
        now = self._clock()
        known = self._places.get(seat, {})
        told = {at: (first, now if self._open[seat, at] else last) for at, (first, last) in known.items()}
        return {at: (first, last) for at, (first, last) in told.items() if now - last <= GONE_S}

    @contextlib.contextmanager
    def line(self, seat: Seat, address: str = "") -> Iterator[bool]:
        """Count a terminal on the screen within the block; it gives whether it may be there."""
        may = self._lines[seat] < _MOST_LINES
        self._lines[seat] += may
        self._open[seat, address] += may
        self.heard_of(seat, address)
        try:
            yield may
        finally:
            self._lines[seat] -= may
            self._open[seat, address] -= may
            self._open += Counter()  # what is none any more is forgotten
            self.heard_of(seat, address)

    def silent(self, seat: Seat) -> float | None:
        """Return since how many seconds no browser is there; 0: one is; None: none ever was."""
        if self._lines[seat]:
            return 0.0
        if seat not in self._heard:
            return None
        passed = self._clock() - self._heard[seat]
        return passed if passed > GONE_S else 0.0
