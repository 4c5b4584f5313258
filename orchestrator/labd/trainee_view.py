"""What a trainee may see of a lab, a plan and a grading, in the contract's words. Pure functions."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from grader.report import CheckResult, Difference, Report
from grader.report_formats import difference_sentence
from grader.told import KEPT, report_for_trainee, result_for_trainee
from orchestrator.core.control_characters import visible
from orchestrator.deliverables.report_file import ReportParts
from orchestrator.fabric.fabric_interface import PortState
from orchestrator.instances.instance import Instance
from orchestrator.labd.attempt_look import Mark
from orchestrator.labd.lab_contract import (
    CableView,
    ChangeView,
    CheckView,
    GradingView,
    HostView,
    LabPerson,
    QuestionView,
    ReportView,
    SegmentView,
    TrainerNote,
)
from orchestrator.labd.talk_contract import TurnAct, TurnView
from orchestrator.model.deliverables import ChoiceQuestion, ProseQuestion
from orchestrator.model.image import ImageSpec
from orchestrator.model.persona import PlannedPersona
from orchestrator.model.plan import Plan
from orchestrator.model.turns import PersonaAct, Turn
from orchestrator.personas.act_sentences import act_sentence, told_acts
from orchestrator.personas.password_masks import masked, with_acts_masked
from orchestrator.records.trainer_notes import KeptNote

_LONGEST_CHANGE = 4000
"""Characters that are shown of what was there before a change, and of what is now."""
_MADE = "created"
"""Docker's word for a container that has not been started; said of one that is still to be made, too."""


def iso(moment: datetime) -> str:
    """Return a time as the contract has it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def fields(view: object) -> Mapping[str, Any]:
    """Return a value of the contract as the body of an event."""
    return {field.name: getattr(view, field.name) for field in dataclasses.fields(view)}  # type: ignore[arg-type]


def hosts_of(plan: Plan, images: Mapping[str, ImageSpec], instance: Instance | None) -> tuple[HostView, ...]:
    """Return a lab's machines; without an instance they are still to be made."""
    states = {host.name: host.state for host in instance.hosts} if instance else {}
    return tuple(
        HostView(
            name=host.name,
            title=host.title,
            kind=host.kind,
            device=images[host.image].device is not None,
            desktop=images[host.image].display is not None,
            addresses={interface.name: interface.address or "" for interface in host.interfaces},
            state=states.get(host.name, _MADE),
        )
        for host in plan.hosts
    )


def segments_of(plan: Plan) -> tuple[SegmentView, ...]:
    """Return a lab's networks."""
    return tuple(SegmentView(one.name, one.title, one.subnet) for one in plan.segments)


def planned_cables(plan: Plan) -> tuple[CableView, ...]:
    """Return the cables of a lab that is still to be made."""
    return tuple(
        CableView(host.name, interface.name, interface.segment, plugged=True)
        for host in plan.hosts
        for interface in host.interfaces
    )


def cable_view(port: PortState) -> CableView:
    """Return a cable as it is."""
    return CableView(port.host, port.interface, port.segment, port.plugged)


def questions_of(plan: Plan, given: Mapping[str, str]) -> tuple[QuestionView, ...]:
    """Return what is asked, with what was answered so far."""
    return tuple(
        QuestionView(
            name=name,
            question=question.question,
            kind=question.kind,
            choices=question.choices if isinstance(question, ChoiceQuestion) else {},
            answer=given.get(name, ""),
            language=question.language if isinstance(question, ProseQuestion) else None,
            grid=question.grid if isinstance(question, ProseQuestion) else (),
        )
        for name, question in plan.questions.items()
    )


def report_view(parts: ReportParts) -> ReportView:
    """Return the intervention report as it was written last."""
    return ReportView(parts.symptom, parts.cause, parts.action, parts.test, parts.minutes)


def person_view(person: PlannedPersona) -> LabPerson:
    """Return somebody who can be talked to."""
    document = person.document
    return LabPerson(person.name, person.full, document.role, document.language or "")


def turns_of(turns: Iterable[Turn], person: PlannedPersona, *, words: bool) -> tuple[TurnView, ...]:
    """Return what was said; what was only begun is left out, and so is what nobody has to be told of.

    Args:
        turns: the turns.
        person: whom they are with.
        words: whether passwords are among what was said, for who talks; as they are typed nobody sees them.
    """
    hidden = with_acts_masked if words else masked
    return tuple(
        TurnView(
            at=turn.at,
            language=turn.language,
            said=visible(turn.said),
            reply=visible(turn.reply),
            acts=tuple(_act_view(act, person) for act in told_acts(turn.acts)),
            ended=turn.ended,
        )
        for turn in map(hidden, turns)
        if not turn.begun
    )


def _act_view(act: PersonaAct, person: PlannedPersona) -> TurnAct:
    """Return what somebody did; the lines that stand for their hands are the author's, and say too much."""
    act = dataclasses.replace(act, what=visible(act.what))
    told = act_sentence(act, person.full)
    if act.kind in {"cable", "types"}:
        return TurnAct(act.kind, act.host, act.what, told)
    return TurnAct("reboot" if act.kind == "reboot" else "shell", act.host, "", told)


def notes_of(kept: Iterable[KeptNote], reader: str = "") -> tuple[TrainerNote, ...]:
    """Return what trainers wrote to an attempt; ``reader``: the reference of a trainer who reads it."""
    return tuple(
        TrainerNote(
            one.kind,
            one.by,
            iso(one.at),
            one.text,
            new=not (one.seen or one.withdrawn),
            id=one.id,
            changed="" if one.changed is None else iso(one.changed),
            withdrawn="" if one.withdrawn is None else iso(one.withdrawn),
            yours=one.kind == "comment" and one.by_ref == reader and one.withdrawn is None,
        )
        for one in kept
    )


def check_view(result: CheckResult, marks: Mapping[str, Mark], at: datetime) -> CheckView:
    """Return a check that has just been graded, as a trainee is told it.

    Args:
        result: what was found.
        marks: what the checks were found to be before.
        at: when this was found.
    """
    return _check_view(result_for_trainee(result), marks, at)


def _check_view(told: CheckResult, marks: Mapping[str, Mark], at: datetime) -> CheckView:
    before = marks.get(told.id)
    since = before.since if before is not None and before.outcome == told.outcome else at
    return CheckView(
        id=told.id,
        role=told.role or "",
        sentence=told.sentence.map(visible),
        outcome=told.outcome,
        points=told.points,
        since=iso(since),
        evidence=told.evidence and told.evidence.map(visible),
    )


def grading_view(report: Report, marks: Mapping[str, Mark], at: datetime) -> GradingView:
    """Return a whole grading, as a trainee is told it; ``marks`` and ``at`` as for ``check_view``."""
    told = report_for_trainee(report)
    return GradingView(
        at=iso(at),
        verdict=told.verdict,
        points=told.points,
        points_total=told.points_total,
        checks=tuple(_check_view(result, _with_kept(marks, report), at) for result in told.results),
        changes=tuple(_changes((*told.forbidden, *told.unexplained))),
        task=report.of_a_task,
        answers_left=report.answers_left,
    )


def _with_kept(marks: Mapping[str, Mark], report: Report) -> Mapping[str, Mark]:
    """Return marks with one for the line of all guards that are green: they are since the last of them is."""
    guards = [marks.get(one.id) for one in report.results if one.role == "guard" and one.outcome == "pass"]
    since = [mark.since for mark in guards if mark is not None and mark.outcome == "pass"]
    return {**marks, KEPT: Mark("pass", max(since))} if since and len(since) == len(guards) else marks


def _changes(changes: Iterable[Difference]) -> Sequence[ChangeView]:
    return [
        ChangeView(
            standing="forbidden" if one.standing == "forbidden" else "unexplained",
            host=one.host or "",
            sentence=difference_sentence(one),
            before=_shown(one.before),
            now=_shown(one.now),
        )
        for one in changes
    ]


def _shown(text: str | None) -> str | None:
    if text is None:
        return None
    return visible(text if len(text) <= _LONGEST_CHANGE else f"{text[:_LONGEST_CHANGE]}\n…")
