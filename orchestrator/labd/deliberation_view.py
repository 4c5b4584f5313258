"""A jury that deliberates, as its pages show it: how far it is, and one candidate with what was seen of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from grader.report_formats import difference_lines, difference_sentence, final_verdict
from orchestrator.assessment.decisions import TITLE, Decision, Record, ccp_subject
from orchestrator.assessment.events import SessionEvent
from orchestrator.assessment.results import CandidatePart, Line, SeenResult, SeenScenario, Sheet, meaning
from orchestrator.assessment.session_folder import SessionFolder
from orchestrator.assessment.state import ANONYMOUS, SessionState, Sitting
from orchestrator.core.text import Text, same
from orchestrator.labd.deliberation_contract import (
    CandidateState,
    DecisionView,
    DeliberationView,
    GradedScenario,
    MemberState,
    ObservationView,
    PartView,
    SealedFile,
    SeenChange,
    SeenCheck,
    SheetView,
    SubjectView,
)
from orchestrator.labd.interview import missing_of, questions_of
from orchestrator.labd.session_times import session_time

_THE_TITLE: Final = Text(fr="Le titre", en="The title")


@dataclass(frozen=True)
class Deliberated:
    """What the views are made of.

    Attributes:
        state: the session.
        record: the jury's record as it is.
        folder: the session's files.
        title: returns a scenario's title.
        sealed_names: returns the names of the files in a candidate's evidence of a phase, which was compared with the
            journal.
    """

    state: SessionState
    record: Record
    folder: SessionFolder
    title: Callable[[str], Text]
    sealed_names: Callable[[Sitting], frozenset[str]]

    def iso(self, at: int | None) -> str:
        """Return a time of the session; empty for none."""
        return "" if at is None else session_time(self.state, at)

    def member(self, member: str) -> str:
        """Return a member's name."""
        return next((one.name for one in self.state.plan.jury if one.id == member), member)

    def decision(self, candidate: str, subject: str) -> DecisionView | None:
        """Return what was decided on a subject; a correction that waits for signatures is shown in its place."""
        pending = self.record.pending.get((candidate, subject))
        made = pending or self.record.decisions.get((candidate, subject))
        return None if made is None else self._shown(made, pending=pending is not None)

    def _shown(self, made: Decision, *, pending: bool) -> DecisionView:
        at = self.iso(made.at)
        return DecisionView(made.verdict, made.word, made.reason, self.member(made.by), at, made.corrected, pending)

    def observations(self, events: Iterable[SessionEvent]) -> tuple[ObservationView, ...]:
        """Return observations; those that were forgotten say nothing any more."""
        return tuple(
            ObservationView(
                event.details.get("text", ANONYMOUS),
                self.member(event.by),
                self.iso(event.at),
                bool(event.details.get("question")),
            )
            for event in events
        )


# How far it is ------------------------------------------------------------------------------------------------


def deliberation_of(
    found: Deliberated, sheets: Mapping[str, Sheet], me: str, voided: Sequence[str], *, closes: bool
) -> DeliberationView:
    """Return how far a jury is.

    Args:
        found: the session and its record.
        sheets: each candidate's sheet, by number.
        me: the member who asks.
        voided: the members whose signature counts no more.
        closes: whether the asker's signature would close the record.
    """
    state, record = found.state, found.record
    signed = {signature.member for signature in record.signatures}
    candidates = tuple(_candidate(found, sheets[one.number]) for one in state.plan.candidates)
    decided = not any(one.undecided for one in candidates) and any(one.worked for one in candidates)
    open_to_signing = decided and (not state.closed or bool(record.pending)) and all(one.sealed for one in candidates)
    return DeliberationView(
        id=state.id,
        title=state.plan.title,
        stage=state.stage,
        minute=state.minute,
        members=tuple(
            MemberState(one.id, one.name, one.quality, one.id in signed, one.id in voided, one.id == me)
            for one in state.plan.jury
        ),
        candidates=candidates,
        digest=record.digest,
        closed_at=found.iso(record.closed_at),
        corrections=len(record.pending),
        questions=any(one.questions for one in candidates),
        may_sign=open_to_signing and me not in signed,
        closes=closes,
    )


def _candidate(found: Deliberated, sheet: Sheet) -> CandidateState:
    state, number = found.state, sheet.candidate
    sittings = [one for one in state.sittings.values() if one.candidate == number]
    standing = {**found.record.decisions, **found.record.pending}
    asked = [subject for (who, subject), made in standing.items() if who == number and made.verdict == "to-question"]
    return CandidateState(
        number=number,
        name=state.plan.candidate(number).name,
        sealed=all(one.sealed or one.started is None for one in sittings),
        worked=any(line.worked for line in sheet.lines),
        undecided=tuple(map(_called, sheet.undecided)),
        questions=tuple(map(_called, sorted(asked))),
        title=found.decision(number, TITLE),
        missing=tuple(missing_of(state, number, found.title, found.sealed_names)),
    )


def _called(subject: str) -> Text:
    """Return a subject as people say it."""
    if subject == TITLE:
        return _THE_TITLE
    return same(f"CCP {subject.removeprefix('ccp-')}" if subject.startswith("ccp-") else subject)


# One candidate ------------------------------------------------------------------------------------------------


def sheet_view(found: Deliberated, sheet: Sheet) -> SheetView:
    """Return a candidate for the jury."""
    state, number = found.state, sheet.candidate
    numbers = [one.number for one in state.plan.candidates]
    place = numbers.index(number)
    mine = [one for one in state.sittings.values() if one.candidate == number]
    standing = {**found.record.decisions, **found.record.pending}
    running = [state.plan.phase(one.phase).title for one in mine if one.started is not None and not one.sealed]
    whole_title = (
        SubjectView(TITLE, _THE_TITLE, sheet.whole_title, (), (), (), found.decision(number, TITLE))
        if sheet.whole_title
        else None
    )
    return SheetView(
        session=state.id,
        title=state.plan.title,
        number=number,
        name=state.plan.candidate(number).name,
        closed=state.closed,
        running=tuple(running),
        scenarios=tuple(_graded(found, one) for one in sheet.graded),
        parts=tuple(_part(found, number, part) for part in sheet.parts),
        award=whole_title,
        general=found.observations(sheet.general),
        undecided=sheet.undecided,
        evidence=tuple(
            SealedFile(one.phase, state.plan.phase(one.phase).title, path.stat().st_size)
            for one in mine
            if one.sealed and (path := found.folder.sealed(one.phase, number)).is_file()
        ),
        before=numbers[place - 1] if place else "",
        after=numbers[place + 1] if place + 1 < len(numbers) else "",
        questions=tuple(questions_of(state, sheet, standing, found.title)),
        missing=tuple(missing_of(state, number, found.title, found.sealed_names)),
    )


def _graded(found: Deliberated, graded: SeenScenario) -> GradedScenario:
    report = graded.report
    return GradedScenario(
        phase=found.state.plan.phase(graded.phase).title,
        id=graded.scenario,
        title=found.title(graded.scenario),
        verdict=final_verdict(report),
        meaning=meaning(report),
        changes=tuple(
            SeenChange(one.standing == "forbidden", difference_sentence(one), difference_lines(one))
            for one in (*report.forbidden, *report.unexplained)
        ),
    )


def _part(found: Deliberated, number: str, part: CandidatePart) -> PartView:
    subject = ccp_subject(part.ccp.number)
    worked = any(line.worked for line in part.lines)
    whole = SubjectView(subject, part.ccp.title, worked, (), (), (), found.decision(number, subject))
    return PartView(part.ccp.number, tuple(_line(found, number, line) for line in part.lines), whole)


def _line(found: Deliberated, number: str, line: Line) -> SubjectView:
    return SubjectView(
        subject=line.competence.code,
        title=line.competence.title,
        worked=line.worked,
        checks=tuple(_check(found, one) for one in line.seen),
        without=tuple((found.title(scenario), why) for scenario, why in line.without.items()),
        observations=found.observations(line.observations),
        decision=found.decision(number, line.competence.code),
    )


def _check(found: Deliberated, seen: SeenResult) -> SeenCheck:
    return SeenCheck(found.title(seen.scenario), seen.result.outcome, seen.result.sentence, seen.gist)
