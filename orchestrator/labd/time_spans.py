"""Times that are put together to spans, as long as what lies between is short."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

MOST_SPANS: Final = 1000


@dataclass
class TimeSpans:
    """Spans of times that are added in order; where they become too many, what lies between may be longer.

    Attributes:
        gap: seconds between two times that are still one span.
        found: the spans.
    """

    gap: float
    found: list[tuple[float, float]] = field(default_factory=list)

    def add(self, at: float, until: float | None = None) -> None:
        """Add a time, or what lies between two."""
        end = at if until is None else until
        if self.found and at <= self.found[-1][1] + self.gap:
            self.found[-1] = (self.found[-1][0], max(end, self.found[-1][1]))
            return
        self.found.append((at, end))
        if len(self.found) > MOST_SPANS:
            kept, self.found, self.gap = self.found, [], 2 * self.gap
            for begin, last in kept:
                self.add(begin, last)
