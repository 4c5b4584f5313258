"""How much somebody may send at a time: a flood is slowed, and nobody else waits for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


class SteadyAllowance:
    """Something of which there is a store that fills again evenly."""

    def __init__(self, most: float, a_second: float, now: Callable[[], float] = time.monotonic) -> None:
        """Begin with all of it.

        Args:
            most: how much there is at most.
            a_second: how much comes back each second.
            now: returns seconds.
        """
        self._most = most
        self._a_second = a_second
        self._now = now
        self._left = most
        self._looked = now()

    def wait_for(self, much: float) -> float:
        """Return how many seconds it is until there is so much; 0: there is."""
        now = self._now()
        self._left = min(self._most, self._left + (now - self._looked) * self._a_second)
        self._looked = now
        return max(0.0, (min(much, self._most) - self._left) / self._a_second)

    def take(self, much: float) -> None:
        """Take so much of it, also what is not there yet."""
        self.wait_for(0)
        self._left -= much

    async def taken(self, much: float) -> None:
        """Wait until there is so much, and take it; others get their turn in any case."""
        await asyncio.sleep(self.wait_for(much))
        self.take(much)
