"""What of a scenario's mutants is played, who is told, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from orchestrator.model.plan import Plan, PlannedSolution
from orchestrator.mutation.choosing import OPERATORS
from orchestrator.mutation.mutant import Fate, PlayedMutant
from orchestrator.mutation.operator import Derive


class MutantWatch(Protocol):
    """Is told how mutants go on: from several threads, one at a time."""

    def repairs(self, plan: Plan) -> None:
        """Say that the accepted repairs of a variant are being played."""

    def mutants(self, plan: Plan, count: int, derived: int) -> None:
        """Say how many mutants are to be played, of how many that were derived."""

    def played(self, mutant: PlayedMutant, *, known: bool) -> None:
        """Say what came of a mutant; ``known``: it was played before."""


@dataclass(frozen=True)
class MutationSubject:
    """The variant of which mutants are played.

    Attributes:
        plan: the variant.
        others: the reference repair of each other case of its faults, by a name for the case.
        known: what came of mutants before, by their names: those that are the same now are not played again.
        operators: what derives mutants, by name.
    """

    plan: Plan
    others: Mapping[str, PlannedSolution]
    known: Mapping[str, PlayedMutant]
    operators: Mapping[str, Derive] = field(default_factory=lambda: OPERATORS)


@dataclass(frozen=True)
class MutationRun:
    """What came of a scenario's mutants.

    Attributes:
        plan: the variant.
        names: those of all mutants that there are, the played ones among them.
        mutants: those that were played, and are told from a repair, in the order in which they were drawn.
        seconds: how long it took.
        others: those that were played and do not count: void or equivalent ones.
    """

    plan: Plan
    names: frozenset[str]
    mutants: tuple[PlayedMutant, ...]
    seconds: float
    others: tuple[PlayedMutant, ...] = ()

    @property
    def derived(self) -> int:
        """Return how many mutants there are in all."""
        return len(self.names)

    def of(self, fate: Fate) -> tuple[PlayedMutant, ...]:
        """Return the mutants of one fate."""
        return tuple(one for one in (*self.mutants, *self.others) if one.fate == fate)
