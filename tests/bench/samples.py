"""What was measured: series of samples, and our series beside its peers'."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from orchestrator.core.text import Text

Unit = Literal["s", "ms", "MB"]

_DIGITS: Final[Mapping[Unit, int]] = {"s": 4, "ms": 3, "MB": 3}


@dataclass(frozen=True)
class Series:
    """All samples of one thing, in the order in which they were taken.

    Attributes:
        name: a short key for JSON, such as ``compose``.
        told: what it is, for people.
        samples: in the comparison's unit; never empty.
    """

    name: str
    told: Text
    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the median."""
        return statistics.median(self.samples)


@dataclass(frozen=True)
class Target:
    """What is aimed at: our median must be at most ``ratio`` of the first peer's, or at most ``limit``."""

    ratio: float | None = None
    limit: float | None = None


@dataclass(frozen=True)
class Comparison:
    """Our series beside those of the peers.

    Attributes:
        name: a short key for JSON, such as ``ready``.
        told: what was measured, for people.
        unit: of every sample.
        ours: our samples.
        peers: the peers' samples; the first one is what the target means.
        target: the target, or None.
        parts: what our median is made of, in the same unit.
    """

    name: str
    told: Text
    unit: Unit
    ours: Series
    peers: tuple[Series, ...] = ()
    target: Target | None = None
    parts: Mapping[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """Return our median over the first peer's; None without a peer."""
        return self.ours.median / self.peers[0].median if self.peers and self.peers[0].median else None

    @property
    def met(self) -> bool | None:
        """Return whether the target is met; None where there is none."""
        if self.target is None:
            return None
        if self.target.limit is not None:
            return self.ours.median <= self.target.limit
        return self.ratio is not None and self.target.ratio is not None and self.ratio <= self.target.ratio

    def to_document(self) -> dict[str, Any]:
        """Return the comparison as JSON's types."""
        digits = _DIGITS[self.unit]
        return {
            "name": self.name,
            "text": {"fr": self.told.fr, "en": self.told.en},
            "unit": self.unit,
            "ours": _series_out(self.ours, digits),
            "peers": [_series_out(peer, digits) for peer in self.peers],
            "ratio": None if self.ratio is None else round(self.ratio, 4),
            "target": None
            if self.target is None
            else {"ratio": self.target.ratio, "limit": self.target.limit, "met": self.met},
            "parts": {name: round(value, digits) for name, value in self.parts.items()},
        }


def _series_out(series: Series, digits: int) -> dict[str, Any]:
    return {
        "name": series.name,
        "text": {"fr": series.told.fr, "en": series.told.en},
        "median": round(series.median, digits),
        "samples": [round(sample, digits) for sample in series.samples],
    }
