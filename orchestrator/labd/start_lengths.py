"""How long starts take, as measured here since labd began, and how long others then wait for their turn."""

from __future__ import annotations

import heapq
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

_KEPT: Final = 20
"""Starts that are remembered: the newest tell best how busy the machine is."""


class StartLengths:
    """The lengths of the last starts, in seconds; several threads add to them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with none; ``clock`` returns seconds."""
        self._clock = clock
        self._lengths: deque[float] = deque(maxlen=_KEPT)

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Remember how long the block takes, unless it raises: a start that fails ends early or late."""
        began = self._clock()
        yield
        self.add(self._clock() - began)

    def add(self, seconds: float) -> None:
        """Remember the length of a start."""
        self._lengths.append(seconds)

    def usual(self) -> float | None:
        """Return how long a start takes as a rule; None where none was measured.

        It is the median: the first start may build images for half an hour.
        """
        measured = tuple(self._lengths)
        return statistics.median(measured) if measured else None

    def wait(self, place: int, at_once: int, running: Sequence[float]) -> float | None:
        """Return the seconds until a start begins; None where none was measured.

        Args:
            place: its place among those that wait, from 1.
            at_once: how many start at once.
            running: how long each of those that start has been starting.
        """
        usual = self.usual()
        if usual is None:
            return None
        free = [max(usual - one, 0.0) for one in running]
        free += [0.0] * (at_once - len(free))
        heapq.heapify(free)
        for _ in range(place - 1):
            heapq.heappush(free, heapq.heappop(free) + usual)
        return free[0]
