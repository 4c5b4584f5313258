"""What a plan may name, and its text as fields and back, for organisers. Called from threads."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from orchestrator.assessment.candidate_list import columns_of
from orchestrator.assessment.plan_context import organises
from orchestrator.assessment.written_plan import LIST_FILE, PLAN_FILE, WrittenPlan
from orchestrator.core.control_characters import visible
from orchestrator.core.errors import ContentError, Problem
from orchestrator.core.text import Text
from orchestrator.labd import session_refusals
from orchestrator.labd.calls import Who
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.plan_contract import (
    AccountChoice,
    CcpChoice,
    CompetenceChoice,
    PlanChoices,
    PlanRead,
    PlanText,
    ReadPlan,
    ScenarioChoice,
    WritePlan,
)
from orchestrator.labd.plan_form import filled
from orchestrator.labd.plan_reading import fields_of, has_comments
from orchestrator.labd.scenario_shelf import ShelvedScenario
from orchestrator.labd.session_contract import PlanMistake
from orchestrator.labd.told_refusals import speaks
from orchestrator.model.referential import Competence
from orchestrator.records.people import People


class PlanDesk:
    """Helps to write plans; none is made here."""

    def __init__(self, parts: LabParts) -> None:
        """Take what labd serves."""
        self._parts = parts

    def choices(self, who: Who) -> PlanChoices:
        """Return what a plan of somebody's may name."""
        referential = self._parts.shelf.content.referential()
        proven = {name: one for name, one in self._parts.shelf.all().items() if one.status.holds("recorded")}
        with self._parts.database.read() as reading:
            people = [one for one in People(reading).list("jury") if organises(one, who.ref) is None]
            members = tuple(AccountChoice(one.handle, one.name or one.handle) for one in people)
        competences = (_competence(one, proven.values()) for one in referential.competences().values())
        return PlanChoices(
            referential=referential.id,
            title=referential.title,
            ccps=tuple(CcpChoice(ccp.number, ccp.title) for ccp in referential.ccps),
            competences=tuple(one for one in competences if one.recorded),
            scenarios=tuple(
                ScenarioChoice(
                    name, one.document.title, one.document.difficulty, one.status.holds("here"), recorded=True
                )
                for name, one in proven.items()
            ),
            members=members,
        )

    def read(self, asked: ReadPlan) -> PlanRead:
        """Return a plan's text as fields, or what has none."""
        try:
            fields = fields_of(WrittenPlan.typed(asked.plan, asked.candidates))
        except ContentError as error:
            columns = columns_of(asked.candidates)
            return PlanRead(mistakes=tuple(mistake_of(problem, columns) for problem in error.problems))
        return PlanRead(fields, comments=has_comments(asked.plan))

    def write(self, asked: WritePlan) -> PlanText:
        """Return fields as a plan's text.

        Raises:
            RefusedCallError: they are more than a form has.
        """
        return PlanText(filled(asked.fields).plan().text)


def _competence(one: Competence, proven: Collection[ShelvedScenario]) -> CompetenceChoice:
    fitting = [shelved for shelved in proven if one.code in shelved.document.competences]
    here = sum(shelved.status.holds("here") for shelved in fitting)
    return CompetenceChoice(one.code, one.title, here, len(fitting))


def mistake_of(problem: Problem, columns: tuple[str, ...], key: str = "") -> PlanMistake:
    """Return a mistake as an organiser in a browser reads it; ``key``: the field of a form that it is about."""
    part: Literal["plan", "candidates", "form"] = _PARTS.get(problem.place.file, "form")
    listed, column = part == "candidates", problem.place.column
    name = columns[column - 1] if listed and 0 < column <= len(columns) else ""
    line = 0 if part == "form" else problem.place.line
    return PlanMistake(part, line, visible(name), problem.text.map(visible), hint_of(problem.hint), key)


_PARTS: dict[str, Literal["plan", "candidates"]] = {PLAN_FILE: "plan", LIST_FILE: "candidates"}


def hint_of(hint: Text | None) -> Text | None:
    """Return what helps, in a browser: what is proven is proven from the catalogue there."""
    if hint is None or speaks(hint):
        return hint
    return session_refusals.PROVE_FIRST if "breakfix prove" in hint.en else None
