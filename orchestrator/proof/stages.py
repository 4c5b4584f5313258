"""The stages of a variant's proof, and who is told of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from orchestrator.model.plan import Plan, PlannedSolution
from orchestrator.proof.model import Key, Proof, Stage


class Watch(Protocol):
    """Is told how a proof goes on: from several threads, one at a time."""

    def begin(self, stages: int) -> None:
        """Say how many stages there will be."""

    def end(self, plan: Plan, stage: Stage) -> None:
        """Say that a stage has ended, or (``ran`` is False) that it will not be run."""

    def proved(self, proof: Proof) -> None:
        """Say that all stages of a scenario have ended, in whatever order the scenarios come to their ends."""


@dataclass(frozen=True)
class ProofSubject:
    """A variant to prove.

    Attributes:
        plan: the variant.
        cases: what its seed drew of each ``one_of``.
        main_line: whether only the main line is played: healthy, broken, the reference solution, a reboot.
        repairs: the solutions (each with its reboot) and shortcuts that alone are played; None: all stages are.
        red_first: shortcut -> the checks that are likely to be red after it. Its grading begins with them and ends at
            its first red; None: every check is graded after each shortcut.
        learning: whether the proof is to learn what the solutions change, rather than to hold them to what is known;
            it does anyway where nothing is known of the variant's case.
    """

    plan: Plan
    cases: Mapping[str, str] = field(default_factory=dict)
    main_line: bool = False
    repairs: Collection[Key] | None = None
    red_first: Mapping[str, tuple[str, ...]] | None = None
    learning: bool = False


def stages_of(subject: ProofSubject) -> tuple[Key, ...]:
    """Return the stages of a variant's proof, in the order in which a person reads them."""
    plan = subject.plan
    if subject.repairs is not None:
        solutions, shortcuts = chosen_repairs(plan, subject.repairs)
        played = [key for solution in solutions for key in keys_of(solution)]
        return (*played, *(shortcut_key(shortcut) for shortcut in shortcuts), ("stopped", ""))
    if subject.main_line:
        begun: Key = ("broken", "") if plan.faults else ("not-begun", "")
        repaired = [key for solution in plan.solutions[:1] for key in keys_of(solution)]
        return ("healthy", ""), begun, *repaired, ("stopped", "")
    keys: list[Key] = [("nowhere", ""), ("healthy", "")]
    keys += [("broken", ""), ("restored", ""), ("again", "")] if plan.faults else [("not-begun", "")]
    keys += dialogues_of(plan)
    for solution in plan.solutions:
        keys += keys_of(solution)
    keys += [shortcut_key(shortcut) for shortcut in plan.shortcuts]
    return (*keys, ("stopped", ""))


def chosen_repairs(
    plan: Plan, chosen: Collection[Key]
) -> tuple[tuple[PlannedSolution, ...], tuple[PlannedSolution, ...]]:
    """Return those of a variant's solutions, and of its shortcuts, whose stage is among some."""
    return (
        tuple(solution for solution in plan.solutions if keys_of(solution)[0] in chosen),
        tuple(shortcut for shortcut in plan.shortcuts if shortcut_key(shortcut) in chosen),
    )


def solutions_of(plan: Plan) -> frozenset[Key]:
    """Return the stage of each of a variant's solutions."""
    return frozenset(keys_of(solution)[0] for solution in plan.solutions)


def repairs_of_another_case(plan: Plan, played: Collection[Key]) -> frozenset[Key]:
    """Return what is played of a variant beside whole ones: its solutions, and the shortcuts that have not been yet."""
    return solutions_of(plan) | (frozenset(map(shortcut_key, plan.shortcuts)) - frozenset(played))


def dialogues_of(plan: Plan) -> tuple[Key, ...]:
    """Return the stages of the dialogues that personas state, each by its persona, its place and its kind."""
    return tuple(
        ("dialogue", f"{person.name}-{number}-{dialogue.kind}")
        for person in plan.personas.values()
        for number, dialogue in enumerate(person.document.dialogues, 1)
    )


def shortcut_key(shortcut: PlannedSolution) -> Key:
    """Return the stage of a shortcut."""
    return "shortcut", shortcut.name


def keys_of(solution: PlannedSolution) -> tuple[Key, Key]:
    """Return the two stages of a solution: repaired, and after a reboot."""
    return ("solution", solution.name), ("reboot", solution.name)
