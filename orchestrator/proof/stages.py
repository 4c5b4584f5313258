"""The stages of a variant's proof, and who is told of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from orchestrator.model.plan import Plan, PlannedSolution
from orchestrator.proof.model import Proof, Stage, StageName

Key: TypeAlias = tuple[StageName, str]
"""A stage, and the solution or shortcut that it is about; empty for none."""

RedFirst: TypeAlias = Callable[[Plan, str], tuple[str, ...]]
"""Returns the checks that are likely to be red after a shortcut, by the shortcut's name: they are asked first."""


class Watch(Protocol):
    """Is told how a proof goes on: from several threads, one at a time."""

    def begin(self, stages: int) -> None:
        """Say how many stages there will be."""

    def end(self, plan: Plan, stage: Stage) -> None:
        """Say that a stage has ended, or (``ran`` is False) that it will not be run."""

    def proved(self, proof: Proof) -> None:
        """Say that all stages of a scenario have ended, in whatever order the scenarios come to their ends."""


@dataclass(frozen=True)
class Subject:
    """A variant to prove, and what its seed drew of each ``one_of``."""

    plan: Plan
    cases: Mapping[str, str] = field(default_factory=dict)


def stages_of(plan: Plan) -> tuple[Key, ...]:
    """Return the stages of a variant's proof, in the order in which a person reads them."""
    keys: list[Key] = [("nowhere", ""), ("healthy", "")]
    keys += [("broken", ""), ("restored", ""), ("again", "")] if plan.faults else [("not-begun", "")]
    for solution in plan.solutions:
        keys += keys_of(solution)
    keys += [("shortcut", shortcut.name) for shortcut in plan.shortcuts]
    return (*keys, ("stopped", ""))


def keys_of(solution: PlannedSolution) -> tuple[Key, Key]:
    """Return the two stages of a solution: repaired, and after a reboot."""
    return ("solution", solution.name), ("reboot", solution.name)
