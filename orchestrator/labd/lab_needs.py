"""What a scenario's lab needs of the machine, before it is started. Called from threads."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from orchestrator.core.errors import BreakfixError
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.lab_limits import memory_of

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Needs:
    """What a lab needs.

    Attributes:
        memory: the bytes that it may take at most.
        images: the names of its hosts' images.
    """

    memory: int = 0
    images: frozenset[str] = frozenset()


_UNKNOWN: Final = Needs()


class LabNeeds:
    """Knows what the lab of each scenario needs: all its variants have the same hosts."""

    def __init__(self, parts: LabParts) -> None:
        """Take what labd serves."""
        self._parts = parts
        self._known: dict[str, Needs] = {}

    def of(self, scenario: str) -> Needs:
        """Return what a scenario's lab needs; nothing where it cannot be planned, so that it cannot be opened."""
        if scenario not in self._known:
            try:
                plan = self._parts.labs().plans.preview(scenario, 0)
            except BreakfixError as error:
                _log.warning("it is not known what a lab of %s needs: %s", scenario, error)
                return _UNKNOWN
            self._known[scenario] = Needs(memory_of(plan), frozenset(host.image for host in plan.hosts))
        return self._known[scenario]

    def most_memory(self, scenarios: Iterable[str]) -> int:
        """Return the bytes that a lab may take that is of one of some scenarios."""
        return max((self.of(scenario).memory for scenario in scenarios), default=0)

    def images(self, scenarios: Iterable[str]) -> frozenset[str]:
        """Return the images that the labs of some scenarios need."""
        return frozenset(image for scenario in scenarios for image in self.of(scenario).images)
