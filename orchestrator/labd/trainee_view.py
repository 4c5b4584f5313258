"""What a trainee may see of a lab, a plan and a grading, in the contract's words. Pure functions."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from grader.report import CheckResult, Difference, Report, is_answer
from grader.report_formats import difference_sentence
from orchestrator.core.control_characters import visible
from orchestrator.core.text import Text
from orchestrator.deliverables.report_file import ReportParts
from orchestrator.fabric.fabric_interface import PortState
from orchestrator.instances.instance import Instance
from orchestrator.labd.attempt_look import Mark
from orchestrator.labd.calls import (
    CableView,
    ChangeView,
    CheckView,
    GradingView,
    HostView,
    QuestionView,
    ReportView,
    SegmentView,
    TrainerNote,
)
from orchestrator.model.deliverables import ChoiceQuestion
from orchestrator.model.image import ImageSpec
from orchestrator.model.plan import Plan
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
        )
        for name, question in plan.questions.items()
    )


def report_view(parts: ReportParts) -> ReportView:
    """Return the intervention report as it was written last."""
    return ReportView(parts.symptom, parts.cause, parts.action, parts.test, parts.minutes)


def notes_of(kept: Iterable[KeptNote]) -> tuple[TrainerNote, ...]:
    """Return what trainers wrote to an attempt."""
    return tuple(TrainerNote(one.kind, one.by, iso(one.at), one.text, new=not one.seen) for one in kept)


def check_view(result: CheckResult, marks: Mapping[str, Mark], at: datetime) -> CheckView:
    """Return a check that has just been graded: neither what was expected nor how it was looked at.

    An error keeps its evidence, which is about the grader's trouble; so does an answer, whose evidence says only that
    it is missing, unreadable or wrong.

    Args:
        result: what was found.
        marks: what the checks were found to be before.
        at: when this was found.
    """
    before = marks.get(result.id)
    since = before.since if before is not None and before.outcome == result.outcome else at
    return CheckView(
        id=result.id,
        role=result.role or "",
        sentence=result.sentence.map(visible),
        outcome=result.outcome,
        points=result.points,
        since=iso(since),
        evidence=_seen(result),
    )


def _seen(result: CheckResult) -> Text | None:
    if result.evidence is None or not (result.outcome == "error" or is_answer(result)):
        return None
    return result.evidence.map(visible)


def grading_view(report: Report, marks: Mapping[str, Mark], at: datetime) -> GradingView:
    """Return a whole grading; ``marks`` and ``at`` as for ``check_view``.

    The changes are left out until every check is green: before, the fault itself is one of them.
    """
    changes = (*report.forbidden, *report.unexplained) if report.checks_green else ()
    return GradingView(
        at=iso(at),
        verdict=report.verdict,
        points=report.points,
        points_total=report.points_total,
        checks=tuple(check_view(result, marks, at) for result in report.results),
        changes=tuple(_changes(changes)),
    )


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
