"""Which labs an administrator wants to stand ready, and how many of each scenario that comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class PoolWishes:
    """What is wanted of the warm pool.

    Attributes:
        scenarios: how many labs of each scenario, by its id.
        by_use: how many labs besides, of the scenarios that are started most.
        reserve: the bytes of memory that stay free of them; None: an eighth of what labs may take.
        renew_s: seconds until a lab that nobody has claimed is replaced.
    """

    scenarios: Mapping[str, int] = field(default_factory=dict)
    by_use: int = 0
    reserve: int | None = None
    renew_s: float = 8 * 3600.0

    @property
    def any(self) -> bool:
        """Return whether anything is wanted."""
        return self.by_use > 0 or any(self.scenarios.values())


NO_POOL: Final = PoolWishes()
"""What holds where an administrator has said nothing."""


def wanted(wishes: PoolWishes, use: Mapping[str, int]) -> dict[str, int]:
    """Return how many labs of each scenario are wanted, those that are wanted most first.

    By use, one lab after the other goes to the scenario that is started most often for each lab that it has already
    (D'Hondt's rule): a scenario of twice the use gets the second lab where the other one gets its first.

    Args:
        wishes: what the administrator wants.
        use: how often each scenario was started lately.
    """
    counts = {scenario: count for scenario, count in wishes.scenarios.items() if count}
    given: dict[str, int] = {}
    for _ in range(wishes.by_use):
        most = max(use, key=lambda one: (use[one] / (given.get(one, 0) + 1), one), default=None)
        if most is None or not use[most]:
            break
        given[most] = given.get(most, 0) + 1
    for scenario, count in given.items():
        counts[scenario] = counts.get(scenario, 0) + count
    return counts
