"""The path of a trainee: every scenario by CCP and competence with how far they are, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from orchestrator.core.text import same
from orchestrator.labd.attempt_look import AttemptLook, look_at
from orchestrator.labd.lab_desk import FoundLab, LabDesk
from orchestrator.labd.path_contract import (
    AttemptLine,
    CcpView,
    CompetenceView,
    LabLine,
    NextView,
    PathView,
    ScenarioCard,
    ScenarioLine,
)
from orchestrator.labd.scenario_shelf import ShelvedScenario, page_of
from orchestrator.labd.trainee_view import iso
from orchestrator.model.referential import Competence
from orchestrator.model.seeds import shown_seed
from orchestrator.practice.learning_progress import Proposal, Tried, progress, tried
from orchestrator.records import attempts
from orchestrator.records.people import People


class LearnersPath:
    """What a trainee finds before a lab: the path, and each scenario's card. Called from threads."""

    def __init__(self, desk: LabDesk) -> None:
        """Take what finds labs."""
        self._desk = desk

    def path(self, ref: str) -> PathView:
        """Return a person's path."""
        shelf = self._desk.parts.shelf
        scenarios, referential = shelf.all(), shelf.content.referential()
        done, mine = self._done(ref), self._desk.mine(ref)
        lines = _lines(scenarios, done, self._running(mine))
        found = progress(done, [one.document for one in scenarios.values()], referential)
        return PathView(
            running=tuple(self._lab_line(one, lines) for one in mine),
            next=tuple(_next(one, lines) for one in found.proposals if not lines[one.scenario].running),
            ccps=tuple(
                CcpView(
                    str(ccp.number),
                    ccp.title,
                    tuple(_competence(one, scenarios, lines) for one in ccp.competences),
                )
                for ccp in referential.ccps
            ),
        )

    def card(self, ref: str, scenario: str) -> ScenarioCard:
        """Return a scenario's card for a person.

        Raises:
            RefusedCallError: there is no such scenario.
            ContentError: its lab is invalid.
        """
        shelf = self._desk.parts.shelf
        document = shelf.one(scenario).document
        lab, titles = shelf.content.lab(document.lab), shelf.content.referential().competences()
        line = _lines({scenario: shelf.one(scenario)}, self._done(ref), self._running(self._desk.mine(ref)))[scenario]
        return ScenarioCard(
            scenario=line,
            competences=tuple((code, titles[code].title) for code in document.competences),
            about=page_of(lab),
            hosts=tuple(lab.document.hosts),
            attempts=self._attempts(ref, scenario),
        )

    def _done(self, ref: str) -> list[Tried]:
        with self._desk.parts.database.read() as reading:
            return [tried(one) for one in attempts.of_person(reading, People(reading).find(ref))]

    def _running(self, mine: Iterable[FoundLab]) -> dict[str, str]:
        """Return the labs that run, or will, by their scenario."""
        return {one.log.note.scenario: one.name for one in mine if self._desk.state_of(one) != "failed"}

    def _attempts(self, ref: str, scenario: str) -> tuple[AttemptLine, ...]:
        with self._desk.parts.database.read() as reading:
            mine = attempts.of_person(reading, People(reading).find(ref))
            return tuple(
                AttemptLine(
                    seed=str(shown_seed(int(one.seed))),
                    started=iso(one.started_at),
                    solved=one.solved_at is not None,
                    running=one.ended_at is None,
                    hints=one.hints,
                    gradings=len(one.reports),
                    seconds=attempts.seconds_spent(one),
                    number=one.id,
                )
                for one in reversed(mine)
                if one.scenario == scenario
            )

    def _lab_line(self, found: FoundLab, lines: Mapping[str, ScenarioLine]) -> LabLine:
        scenario = found.log.note.scenario
        look: AttemptLook | None = (
            None if found.instance is None else look_at(self._desk.parts.database, found.instance)
        )
        return LabLine(
            name=found.name,
            scenario=scenario,
            title=lines[scenario].title if scenario in lines else same(scenario),
            state=self._desk.state_of(found),
            since=iso(look.since) if look else "",
        )


def _lines(
    scenarios: Mapping[str, ShelvedScenario], done: Sequence[Tried], running: Mapping[str, str]
) -> dict[str, ScenarioLine]:
    return {
        name: ScenarioLine(
            id=name,
            title=one.document.title,
            kind=one.document.kind,
            lab=one.document.lab,
            difficulty=one.document.difficulty,
            minutes=one.document.minutes,
            proven=one.proven,
            state="running" if name in running else _state([each for each in done if each.scenario == name]),
            running=running.get(name, ""),
        )
        for name, one in scenarios.items()
    }


def _state(mine: Sequence[Tried]) -> Literal["new", "tried", "hinted", "solved"]:
    solved = [one for one in mine if one.solved]
    if solved:
        return "hinted" if all(one.hints for one in solved) else "solved"
    return "tried" if mine else "new"


def _competence(
    competence: Competence, scenarios: Mapping[str, ShelvedScenario], lines: Mapping[str, ScenarioLine]
) -> CompetenceView:
    mine = [lines[name] for name, one in scenarios.items() if competence.code in one.document.competences]
    mine.sort(key=lambda line: (line.difficulty, line.id))
    solved = sum(line.state in {"solved", "hinted"} for line in mine)
    return CompetenceView(competence.code, competence.title, tuple(mine), solved)


def _next(proposal: Proposal, lines: Mapping[str, ScenarioLine]) -> NextView:
    return NextView(lines[proposal.scenario], proposal.competence, proposal.why)
