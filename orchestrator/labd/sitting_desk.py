"""What a candidate sees and does at their seat. Called from threads."""

from __future__ import annotations

import threading
from typing import Final

from orchestrator.assessment.candidate import CandidateSeat
from orchestrator.assessment.event_words import told
from orchestrator.assessment.events import Kind, SessionEvent
from orchestrator.assessment.state import SessionState, Sitting
from orchestrator.assessment.terminal_gate import require_seat
from orchestrator.core.control_characters import CONTROLS
from orchestrator.core.text import Text, same
from orchestrator.deliverables.report_file import ReportParts
from orchestrator.labd import seat_refusals, trainee_view
from orchestrator.labd.cable_moves import act_on_cable
from orchestrator.labd.found_subject import FoundSubject
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.lab_talk import talks_of
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.scenario_shelf import page_of
from orchestrator.labd.sealed_subject import SealedSubjects
from orchestrator.labd.seat_access import Seat, SeatAccess
from orchestrator.labd.session_times import session_time
from orchestrator.labd.sitting_contract import (
    Announcement,
    AnswerSubject,
    MoveSubjectCable,
    OfSubject,
    ReportSubject,
    SittingPhase,
    SittingStanding,
    SittingSubject,
    SittingView,
    SubjectLine,
)
from orchestrator.model.session_plan import Phase
from orchestrator.topology.layout import seen, topology
from orchestrator.topology.svg_picture import draw_svg

LONGEST: Final = 20_000
"""Characters of an answer, or of a part of a report."""
_MOST_MINUTES: Final = 9_999
_SAID: Final[frozenset[Kind]] = frozenset({"announced", "extended"})


class SittingDesk:
    """Does what a candidate asks for: about themselves, and within their time."""

    def __init__(self, parts: LabParts, access: SeatAccess) -> None:
        """Take what labd serves, and what finds sessions."""
        self._parts = parts
        self._access = access
        self._writing: dict[Seat, threading.Lock] = {}
        self._handed_in = SealedSubjects(parts.labs)

    def view(self, seat: Seat) -> SittingView:
        """Return where a candidate is; raises as ``SeatAccess.look``."""
        jury_session, state = self._access.look(seat.session)
        now = jury_session.clock(state).now()
        said = [one for one in reversed(state.events) if one.kind in _SAID and one.candidate in {"", seat.number}]
        return SittingView(
            state.plan.title,
            seat.number,
            state.minute,
            tuple(self._phase(state, phase, seat.number, now) for phase in state.plan.phases),
            tuple(Announcement(session_time(state, one.at), _words(one)) for one in said),
        )

    def _phase(self, state: SessionState, phase: Phase, number: str, now: int) -> SittingPhase:
        sitting = state.sittings.get((phase.name, number))
        allowance = None if sitting is None else state.allowance(sitting)
        opens = None if sitting is None else state.reading_until(sitting)
        standing = standing_in(state, sitting, now)
        labs = sitting.labs if sitting is not None and standing != "waiting" else ()
        return SittingPhase(
            phase.name,
            phase.title,
            standing,
            left=None if allowance is None else 0 if standing == "over" else allowance.remaining(now),
            opens=max(0, opens - now) if opens and standing == "reading" else 0,
            subjects=tuple(SubjectLine(place, self._title(lab.scenario)) for place, lab in enumerate(labs, 1)),
        )

    def _title(self, scenario: str) -> Text:
        shelved = self._parts.shelf.all().get(scenario)
        return same("—") if shelved is None else shelved.document.title

    # A scenario ---------------------------------------------------------------------------------------------------

    def found(self, seat: Seat, asked: OfSubject) -> FoundSubject:
        """Return a scenario of a candidate's.

        Raises:
            RefusedCallError: there is none at that place, or its phase has not begun for them.
        """
        jury_session, state = self._access.look(seat.session)
        sitting, _ = _found(state, seat, asked.phase, asked.place)
        standing = standing_in(state, sitting, jury_session.clock(state).now())
        return FoundSubject(jury_session.folder, state, sitting, sitting.labs[asked.place - 1], standing)

    def subject(self, seat: Seat, asked: OfSubject) -> SittingSubject:
        """Return a scenario of a candidate's.

        Raises:
            RefusedCallError: there is none at that place, its phase has not begun for them, or what was sealed of it
                cannot be shown.
            BreakfixError: its lab cannot be looked at.
        """
        found = self.found(seat, asked)
        if found.sitting.sealed:
            return self._sealed(found)
        labs = self._parts.labs()
        running, machines = found.running(labs), found.machines
        plan, handed_in = running.plan, labs.hand_in(running)
        cables = labs.running.cables(running.instance) if machines else ()
        return SittingSubject(
            title=self._title(found.lab.scenario),
            standing=found.standing,
            ticket=plan.ticket,
            ticket_language=plan.ticket_language,
            about=page_of(labs.plans.lab_of(running.instance)) if machines else None,
            hosts=trainee_view.hosts_of(plan, running.images, running.instance) if machines else (),
            map=draw_svg(topology(plan, cables), asked.language, titled=False) if machines else "",
            segments=trainee_view.segments_of(plan) if machines else (),
            cables=tuple(map(trainee_view.cable_view, seen(plan, cables))),
            questions=trainee_view.questions_of(plan, handed_in.answers().given),
            report=trainee_view.report_view(handed_in.report_parts()) if plan.report else None,
            people=tuple(map(trainee_view.person_view, plan.personas.values())) if machines else (),
            talks=talks_of(plan, labs.conversations.turns(running.instance.name)) if found.standing == "over" else (),
        )

    def _sealed(self, found: FoundSubject) -> SittingSubject:
        """Return a scenario whose lab has become evidence: what was handed in, and the ticket."""
        sealed = self._handed_in.of(found)
        return SittingSubject(
            title=sealed.title or self._title(found.lab.scenario),
            standing="over",
            ticket=sealed.ticket,
            ticket_language=sealed.ticket_language,
            about=None,
            hosts=(),
            map="",
            segments=(),
            cables=(),
            questions=sealed.questions,
            report=sealed.report,
            talks=sealed.talks,
        )

    # What is handed in --------------------------------------------------------------------------------------------

    def answer(self, seat: Seat, asked: AnswerSubject) -> None:
        """Keep an answer.

        Raises:
            RefusedCallError: there is no such scenario of theirs, or the answer is too long or no text.
            UsageError: the candidate may not type now, there is no such question, or the answer is not of its kind.
        """
        _require_text("value", asked.value)
        with self._writing.setdefault(seat, threading.Lock()):  # one whose lab answers slowly holds up no other's
            place, scenario = self.at(seat, asked.phase, asked.place)
            place.answer({asked.question: asked.value}, asked.language, scenario)

    def report(self, seat: Seat, asked: ReportSubject) -> None:
        """Keep a report.

        Raises:
            RefusedCallError: there is no such scenario of theirs, or a part is too long or no text.
            UsageError: the candidate may not type now, or no report is asked for.
        """
        for name in ("symptom", "cause", "action", "test"):
            _require_text(name, getattr(asked, name))
        if asked.minutes is not None and not 0 <= asked.minutes <= _MOST_MINUTES:
            raise RefusedCallError(seat_refusals.not_kept("minutes", LONGEST))
        parts = ReportParts(asked.symptom, asked.cause, asked.action, asked.test, asked.minutes)
        with self._writing.setdefault(seat, threading.Lock()):  # one whose lab answers slowly holds up no other's
            place, scenario = self.at(seat, asked.phase, asked.place)
            place.write_report(parts, asked.language, scenario)

    # Cables -------------------------------------------------------------------------------------------------------

    def cable(self, seat: Seat, asked: MoveSubjectCable) -> None:
        """Act on a cable; the journal notes it before it is done.

        Raises:
            RefusedCallError: there is no such scenario of theirs, or no such segment.
            UsageError: the candidate may not type now, or there is no such host or interface.
            BreakfixError: another program is at work on the lab.
        """
        place, scenario = self.at(seat, asked.phase, asked.place)
        require_seat(place.gate)
        running, lab = place.lab(scenario)
        act = " ".join(filter(None, ("cable", f"{asked.host}:{asked.interface}", asked.action, asked.segment)))

        def note() -> None:
            place.note_cable(lab, act)

        cable, hidden = (asked.host, asked.interface), tuple(running.plan.out_of_reach)
        act_on_cable(self._parts.labs(), running, cable, asked.action, asked.segment, note, hidden)

    def at(self, seat: Seat, phase: str, place: int) -> tuple[CandidateSeat, str]:
        """Return a candidate's workstation, with the journal as it is now: it decides whether anything is kept.

        Raises:
            RefusedCallError: there is no such scenario of theirs.
        """
        jury_session, state = self._access.look_anew(seat.session)
        _, scenario = _found(state, seat, phase, place)
        return CandidateSeat(jury_session, self._parts.labs(), phase, seat.number), scenario


def _found(state: SessionState, seat: Seat, phase: str, place: int) -> tuple[Sitting, str]:
    """Return a candidate's part in a phase, and a scenario of it by its place.

    Raises:
        RefusedCallError: there is none there, or its phase has not begun for them.
    """
    sitting = state.sittings.get((phase, seat.number))
    if sitting is None or sitting.started is None or not 1 <= place <= len(sitting.labs):
        raise RefusedCallError(seat_refusals.no_subject())
    return sitting, sitting.labs[place - 1].scenario


def _words(event: SessionEvent) -> Text:
    """Return what a candidate is told; an announcement in its own words."""
    return same(event.details["text"]) if event.kind == "announced" else told(event)


def _require_text(name: str, text: str) -> None:
    if len(text) > LONGEST or CONTROLS.search(text):
        raise RefusedCallError(seat_refusals.not_kept(name, LONGEST))


def standing_in(state: SessionState, sitting: Sitting | None, now: int) -> SittingStanding:
    """Return where a candidate is in a phase."""
    if sitting is None or sitting.started is None:
        return "waiting"
    if not sitting.running or sitting.finished is not None:
        return "over"
    if state.may_type(sitting, now):
        return "working"
    opens, deadline = state.reading_until(sitting), state.deadline(sitting)
    if deadline is None:
        return "stopped"
    return "reading" if opens is not None and now < opens and now < deadline else "over"
