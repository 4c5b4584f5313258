"""What an author says of a variant's mutants, held against what came of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from orchestrator.core.errors import Place
from orchestrator.core.text import Text
from orchestrator.model.mutant_verdicts import FILE, Judgement
from orchestrator.model.plan import Plan
from orchestrator.model.scenario import Scenario
from orchestrator.mutation.mutant import PlayedMutant, name_of
from orchestrator.mutation.runs import MutationRun
from orchestrator.planning.steps import KeyPath, Renderer


@dataclass(frozen=True)
class AuthorsVerdict:
    """What the author says of a mutant of a variant: its name, the judgement, and why."""

    mutant: str
    judgement: Judgement
    reason: Text


@dataclass(frozen=True)
class StaleVerdict:
    """A verdict on a mutant that does not pass for a repair any more.

    ``gone``: no operator derives it from this variant; otherwise what came of it.
    """

    verdict: AuthorsVerdict
    why: Literal["gone", "refused", "flagged", "equivalent", "unjudged", "void"]


@dataclass(frozen=True)
class JudgedRun:
    """A run, and what the author says of its mutants.

    Attributes:
        run: what was played.
        verdicts: what is said of those that pass for a repair, by their names.
        stale: what is said of others.
    """

    run: MutationRun
    verdicts: Mapping[str, AuthorsVerdict]
    stale: tuple[StaleVerdict, ...]

    @property
    def open(self) -> tuple[PlayedMutant, ...]:
        """Return the survivors of which the author has said nothing."""
        return tuple(one for one in self.run.of("survived") if one.name not in self.verdicts)

    @property
    def held(self) -> bool:
        """Return whether there is nothing left for the author to do."""
        return not (self.open or self.stale or self.run.of("unjudged"))


def verdicts_of(scenario: Scenario, plan: Plan) -> Iterator[AuthorsVerdict]:
    """Yield what the author says of a variant's mutants: of its solutions, and where ``when`` holds.

    Raises:
        ContentError: a subject cannot be rendered for this variant.
    """
    renderer, file = Renderer(plan.values, _place), scenario.folder / FILE
    played = {solution.name for solution in plan.solutions}
    for i, one in enumerate(scenario.mutants):
        path: KeyPath = ("verdicts", i)
        if one.solution in played and renderer.holds(one.when, file, (*path, "when")):
            subject = renderer.text(one.subject, file, (*path, "subject"))
            yield AuthorsVerdict(name_of(one.operator, one.solution, subject), one.verdict, one.reason)


def judged(run: MutationRun, verdicts: Iterable[AuthorsVerdict]) -> JudgedRun:
    """Return a run with what its author says of its mutants.

    A verdict on a mutant that exists and was not played in this run says nothing yet, and is not told.
    """
    known = {one.mutant: one for one in verdicts}
    fates = {one.name: one.fate for one in (*run.mutants, *run.others)}
    stale = []
    for name, verdict in known.items():
        fate = fates.get(name)
        if name not in run.names:
            stale.append(StaleVerdict(verdict, "gone"))
        elif fate is not None and fate != "survived":
            stale.append(StaleVerdict(verdict, fate))
    said = {name: one for name, one in known.items() if fates.get(name) == "survived"}
    return JudgedRun(run, said, tuple(stale))


def _place(file: Path, _path: KeyPath) -> Place:
    return Place.of(file)
