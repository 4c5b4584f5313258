"""How often somebody may try a password in vain, by the name that they try and by where they come from."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from orchestrator.labd import account_words
from orchestrator.labd.refused_call import RefusedCallError

_LONGEST_NAME = 64


@dataclass(frozen=True)
class TryLimits:
    """How many vain tries there may be within ``seconds``.

    Attributes:
        seconds: the moving window.
        of_name_there: of one name from one address: whoever guesses is stopped here.
        of_name: of one name from anywhere: more, so that who sits elsewhere cannot lock its owner out at once.
        there: from one address, whichever names: a class of thirty may share one.
    """

    seconds: int = 300
    of_name_there: int = 10
    of_name: int = 100
    there: int = 50


class Tries:
    """Counts vain tries in memory; those that succeed do not count, so a class behind one address is not locked out."""

    def __init__(self, limits: TryLimits = TryLimits()) -> None:
        """Take the limits; nothing was tried yet."""
        self._limits = limits
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def refuse_too_many(self, name: str, address: str) -> None:
        """Refuse a try where there were too many in vain.

        Args:
            name: the short name that is tried, whether anybody has it or not.
            address: where it comes from.

        Raises:
            RefusedCallError: there were; it says how many seconds to wait.
        """
        waits = [
            self._limiter.get_window_stats(limit, *key).reset_time - time.time()
            for limit, key in self._keys(name, address)
            if not self._limiter.test(limit, *key)
        ]
        if waits:
            raise RefusedCallError(account_words.too_often(max(1, math.ceil(max(waits)))))

    def in_vain(self, name: str, address: str) -> None:
        """Count a try that was in vain."""
        for limit, key in self._keys(name, address):
            self._limiter.hit(limit, *key)

    def _keys(self, name: str, address: str) -> Iterator[tuple[RateLimitItem, tuple[str, ...]]]:
        name, address, seconds = name[:_LONGEST_NAME], address[:_LONGEST_NAME], self._limits.seconds
        yield RateLimitItemPerSecond(self._limits.of_name_there, seconds), ("both", name, address)
        yield RateLimitItemPerSecond(self._limits.of_name, seconds), ("name", name)
        yield RateLimitItemPerSecond(self._limits.there, seconds), ("address", address)
