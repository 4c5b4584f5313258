"""How often somebody may take along what is kept about them: each archive reads all of it."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator
from typing import Final

from limits import RateLimitItemPerHour
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from orchestrator.labd import privacy_refusals
from orchestrator.labd.refused_call import RefusedCallError

AN_HOUR: Final = 3
"""Archives that one person may have made in an hour."""
AT_ONCE: Final = 2
"""Archives that are made at once, for all people together; one for each person."""


class ExportTurns:
    """Counts archives in memory."""

    def __init__(self) -> None:
        """Begin with none."""
        self._sent: set[str] = set()
        self._often = MovingWindowRateLimiter(MemoryStorage())

    @contextlib.contextmanager
    def turn(self, ref: str) -> Iterator[None]:
        """Let somebody, by their reference, have an archive made within the block.

        Raises:
            RefusedCallError: one is being made for them, too many are for others, or they have had enough for now.
        """
        if ref in self._sent or len(self._sent) >= AT_ONCE:
            raise RefusedCallError(privacy_refusals.exporting_already())
        limit = RateLimitItemPerHour(AN_HOUR)
        if not self._often.hit(limit, ref):
            left = self._often.get_window_stats(limit, ref).reset_time - time.time()
            raise RefusedCallError(privacy_refusals.exported_often(AN_HOUR, math.ceil(left)))
        self._sent.add(ref)
        try:
            yield
        finally:
            self._sent.discard(ref)
