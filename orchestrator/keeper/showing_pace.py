"""How fast a candidate's terminal is read: a program that prints for ever waits, as on a real line; others do not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

AT_ONCE: Final = 1 << 20
"""Bytes that are read as fast as they come: a long listing."""
A_SECOND: Final = 1 << 18
"""Bytes a second afterwards: faster than anybody reads, and an hour of it stays a file that can be opened."""


class ShowingPace:
    """Tells how long to rest after what was read."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Begin with all that may come at once; ``now`` returns seconds."""
        self._now = now
        self._left = float(AT_ONCE)
        self._looked = now()

    def after(self, count: int) -> float:
        """Return how many seconds nothing is read after so many bytes; 0: the next ones may come."""
        now = self._now()
        self._left = min(AT_ONCE, self._left + (now - self._looked) * A_SECOND) - count
        self._looked = now
        return max(0.0, -self._left / A_SECOND)
