"""What an operator is: it derives wrong repairs from an accepted one. Trainers' own are classes of this one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import ClassVar, TypeAlias

from orchestrator.core.text import Text
from orchestrator.model.scenario import Step
from orchestrator.mutation.mutant import Mutant, PlayedRepair, repaired_then

Derive: TypeAlias = Callable[[PlayedRepair], Iterator[Mutant]]
"""Derives wrong repairs from an accepted one."""


class Operator(ABC):
    """Derives wrong repairs from an accepted one; ``name`` tells them from those of other operators."""

    name: ClassVar[str]

    @abstractmethod
    def mutants(self, repair: PlayedRepair) -> Iterator[Mutant]:
        """Yield wrong repairs; none where there is nothing to spoil.

        Args:
            repair: what repaired the lab, the variant, and the files that it touched.
        """

    def behind(self, repair: PlayedRepair, host: str, script: str, summary: Text, subject: str = "") -> Mutant:
        """Return the repair, whole, behind which root types lines on a host.

        Args:
            repair: the repair.
            host: where the lines are typed.
            script: the lines; they exit with ``NOT_HERE`` where there is nothing to spoil.
            summary: what is wrong about it, in one sentence.
            subject: what it spoils, of several on one host; by default the host itself.
        """
        return repaired_then(repair, self.name, host, script, summary, subject)

    def instead(self, repair: PlayedRepair, steps: tuple[Step, ...], summary: Text, subject: str = "") -> Mutant:
        """Return steps in place of the repair.

        Args:
            repair: the repair.
            steps: what is done.
            summary: what is wrong about it, in one sentence.
            subject: what it spoils, of several mutants of one repair.
        """
        return Mutant(self.name, subject, repair.solution.name, summary, steps)
