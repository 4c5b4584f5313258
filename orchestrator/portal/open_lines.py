"""How many lines that stay open (streams of events, terminals) one person may have: nobody takes those of others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from starlette.requests import HTTPConnection

from orchestrator.portal.visit import visit_of

MOST: Final = 100
"""Lines of one person: two labs with all their terminals, in two tabs each."""


class OpenLines:
    """Counts the open lines of each person."""

    def __init__(self, most: int = MOST) -> None:
        """Begin with none; take how many one person may have."""
        self._most = most
        self._open: Counter[str] = Counter()

    @contextmanager
    def one_more(self, connection: HTTPConnection) -> Iterator[bool]:
        """Count a line within the block, and give whether it may be; who is nobody gets none from labd anyway.

        A candidate's seat counts by itself, so that none of twelve takes the lines of another.
        """
        visit = visit_of(connection)
        ref = visit.who.ref if visit.who else visit.token or ""
        self._open[ref] += 1
        try:
            yield self._open[ref] <= self._most
        finally:
            self._open[ref] -= 1
            if not self._open[ref]:
                del self._open[ref]
