"""How far somebody has come, competence by competence, and what they might do next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from orchestrator.core.text import Text
from orchestrator.model.referential import Ccp, Competence, Referential
from orchestrator.model.scenario import ScenarioDocument
from orchestrator.records.attempts import seconds_spent
from orchestrator.records.models import Attempt

Reason = Literal["unsolved", "hinted", "new", "harder", "again"]
_PROPOSED = 3
_MORE_TIME = 2
"""Somebody who needed this many times the scenario's minutes is invited to do it again."""


@dataclass(frozen=True)
class Tried:
    """One attempt, as progress looks at it.

    Attributes:
        scenario: the scenario's id.
        competences: the competences that it exercised.
        started_at: when it began (UTC).
        solved: whether a grading found it repaired.
        running: whether its lab was not stopped yet.
        hints: how many hints were read.
        gradings: how often it was graded.
        seconds: how long it took until it was solved, else until the last that is known of it.
        minutes: the time that the scenario allows.
    """

    scenario: str
    competences: tuple[str, ...]
    started_at: datetime
    solved: bool
    running: bool
    hints: int
    gradings: int
    seconds: int
    minutes: int


@dataclass(frozen=True)
class OfCompetence:
    """What somebody has done for one competence.

    Attributes:
        competence: which one.
        offered: how many scenarios exercise it.
        tried: how many of them were tried.
        solved: how many of them were solved at least once.
        unaided: how many of them were solved without a hint.
        attempts: how often any of them was begun.
        hints: the hints that were read, in all.
        seconds: the time that was spent, in all.
    """

    competence: Competence
    offered: int
    tried: int
    solved: int
    unaided: int
    attempts: int
    hints: int
    seconds: int


@dataclass(frozen=True)
class Proposal:
    """A scenario to do next, and why."""

    scenario: str
    title: Text
    competence: str
    difficulty: int
    reason: Reason

    @property
    def why(self) -> Text:
        """Return the reason as a trainee reads it."""
        return _WHY[self.reason]


@dataclass(frozen=True)
class LearningProgress:
    """What somebody has done, by CCP and competence, and what they might do next."""

    by_ccp: tuple[tuple[Ccp, tuple[OfCompetence, ...]], ...]
    proposals: tuple[Proposal, ...]


_WHY: Mapping[Reason, Text] = {
    "unsolved": Text(fr="commencé, pas encore résolu", en="begun, not solved yet"),
    "new": Text(fr="aucun scénario de cette compétence encore résolu", en="no scenario of this competence solved yet"),
    "hinted": Text(fr="résolu avec des indices : sans, cette fois", en="solved with hints: without them this time"),
    "again": Text(fr="résolu, mais en bien plus de temps que prévu", en="solved, but in far more time than planned"),
    "harder": Text(fr="un autre cas de cette compétence", en="another case of this competence"),
}


def tried(attempt: Attempt) -> Tried:
    """Return a stored attempt as progress looks at it."""
    return Tried(
        scenario=attempt.scenario,
        competences=tuple(attempt.competences),
        started_at=attempt.started_at,
        solved=attempt.solved_at is not None,
        running=attempt.ended_at is None,
        hints=attempt.hints,
        gradings=len(attempt.reports),
        seconds=seconds_spent(attempt),
        minutes=attempt.minutes,
    )


def progress(
    done: Sequence[Tried], documents: Iterable[ScenarioDocument], referential: Referential
) -> LearningProgress:
    """Return how far somebody has come.

    Args:
        done: their attempts.
        documents: all scenarios that there are.
        referential: the certification.
    """
    scenarios = tuple(documents)
    by_ccp = tuple(
        (ccp, tuple(_of_competence(competence, done, scenarios) for competence in ccp.competences))
        for ccp in referential.ccps
    )
    return LearningProgress(by_ccp, _proposals(done, scenarios, referential))


def _of_competence(
    competence: Competence, done: Sequence[Tried], scenarios: Sequence[ScenarioDocument]
) -> OfCompetence:
    mine = [one for one in done if competence.code in one.competences]
    return OfCompetence(
        competence=competence,
        offered=sum(competence.code in document.competences for document in scenarios),
        tried=len({one.scenario for one in mine}),
        solved=len({one.scenario for one in mine if one.solved}),
        unaided=len({one.scenario for one in mine if one.solved and not one.hints}),
        attempts=len(mine),
        hints=sum(one.hints for one in mine),
        seconds=sum(one.seconds for one in mine),
    )


def _proposals(
    done: Sequence[Tried], scenarios: Sequence[ScenarioDocument], referential: Referential
) -> tuple[Proposal, ...]:
    """Return the most useful scenarios, at most one for each competence while there are others."""
    order = {code: place for place, code in enumerate(referential.competences())}
    ranked = []
    for document in scenarios:
        reason = _reason(document, done)
        if reason is not None:
            code = min(document.competences, key=lambda code: order.get(code, len(order)))
            key = (list(_WHY).index(reason), document.difficulty, order.get(code, len(order)), document.id)
            ranked.append((key, Proposal(document.id, document.title, code, document.difficulty, reason)))
    best = [proposal for _, proposal in sorted(ranked, key=lambda pair: pair[0])]
    first_of_each = list({proposal.competence: proposal for proposal in reversed(best)}.values())
    chosen = [proposal for proposal in best if proposal in first_of_each]
    chosen += [proposal for proposal in best if proposal not in first_of_each]
    return tuple(chosen[:_PROPOSED])


def _reason(document: ScenarioDocument, done: Sequence[Tried]) -> Reason | None:
    """Return why a scenario should be done next; None where it was solved well."""
    mine = [one for one in done if one.scenario == document.id]
    solved = [one for one in mine if one.solved]
    if mine and not solved:
        return "unsolved"
    if solved:
        if all(one.hints for one in solved):
            return "hinted"
        unhurried = all(one.seconds > _MORE_TIME * one.minutes * 60 for one in solved)
        return "again" if unhurried else None
    solved_codes = {code for one in done if one.solved for code in one.competences}
    return "harder" if solved_codes & set(document.competences) else "new"
