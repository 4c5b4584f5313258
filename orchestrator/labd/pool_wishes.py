"""Which labs an administrator wants to stand ready, and how many of each scenario that comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class PoolWishes:
    """What is wanted of the warm pool.

    Attributes:
        scenarios: how many labs of each scenario, by its id.
        labs: how many labs besides at each lab, by its name, of the scenarios that are started most there.
        by_use: how many labs besides, of the scenarios that are started most.
        reserve: the bytes of memory that stay free of them; None: an eighth of what labs may take.
        renew_s: seconds until a lab that nobody has claimed is replaced.
    """

    scenarios: Mapping[str, int] = field(default_factory=dict)
    labs: Mapping[str, int] = field(default_factory=dict)
    by_use: int = 0
    reserve: int | None = None
    renew_s: float = 8 * 3600.0

    @property
    def any(self) -> bool:
        """Return whether anything is wanted."""
        return self.by_use > 0 or any(self.scenarios.values()) or any(self.labs.values())

    @property
    def counts_use(self) -> bool:
        """Return whether it matters which scenarios are started most."""
        return self.by_use > 0 or any(self.labs.values())


NO_POOL: Final = PoolWishes()
"""What holds where an administrator has said nothing."""


def wanted(wishes: PoolWishes, use: Mapping[str, int], played: Mapping[str, Collection[str]]) -> dict[str, int]:
    """Return how many labs of each scenario are wanted, those that are wanted most first.

    Args:
        wishes: what the administrator wants.
        use: how often each scenario was started lately.
        played: lab -> the scenarios that are played there.
    """
    counts = Counter({scenario: count for scenario, count in wishes.scenarios.items() if count})
    for lab, count in wishes.labs.items():
        counts.update(_shared(count, {one: use.get(one, 0) + 1 for one in sorted(played.get(lab, ()))}))
    counts.update(_shared(wishes.by_use, {scenario: count for scenario, count in use.items() if count}))
    return dict(counts)


def _shared(labs: int, use: Mapping[str, int]) -> Counter[str]:
    """Return how many of some labs each scenario gets.

    One lab after the other goes to the scenario that is started most often for each lab that it has already (D'Hondt's
    rule): a scenario of twice the use gets the second lab where the other one gets its first.
    """
    given: Counter[str] = Counter()
    for _ in range(labs if use else 0):
        given[min(use, key=lambda one: (-use[one] / (given[one] + 1), one))] += 1
    return given
