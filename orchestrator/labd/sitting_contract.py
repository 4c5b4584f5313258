"""The part of the contract (``calls``) that a candidate at their seat calls: where they are, and what they hand in.

A scenario has a number here, its place among the candidate's, and no name: names say too much.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.labd.calls import Call, Nothing
from orchestrator.labd.lab_contract import CableView, HostView, LabPerson, QuestionView, ReportView, SegmentView
from orchestrator.labd.talk_contract import ConversationView

SittingStanding = Literal["waiting", "reading", "working", "stopped", "over"]
"""The phase has not begun for the candidate; tickets are read, the machines are closed; they work; their time stands
still; it is over."""


@dataclass(frozen=True)
class SubjectLine:
    """A scenario of the candidate's: its place from 1, and its title."""

    place: int
    title: Text


@dataclass(frozen=True)
class SittingPhase:
    """A phase, for one candidate.

    Attributes:
        name: its short name.
        title: its title.
        standing: where the candidate is.
        left: the seconds that are left, by the session's clock, with extra time and pauses in it; None before it began.
        opens: the seconds until the machines open; 0 where they are open, or the phase has not begun.
        subjects: the scenarios; none before it began.
    """

    name: str
    title: str
    standing: SittingStanding
    left: int | None
    opens: int
    subjects: tuple[SubjectLine, ...]


@dataclass(frozen=True)
class Announcement:
    """What was announced, or decided about their time: when, ISO 8601 in the session's time zone, and the words."""

    at: str
    text: Text


@dataclass(frozen=True)
class SittingView:
    """A candidate's day.

    Attributes:
        title: what is assessed.
        number: the candidate's number.
        minute: how many seconds a minute lasts: 60, fewer in a rehearsal.
        phases: the phases.
        announced: what was announced to all or to them, the newest first.
    """

    title: str
    number: str
    minute: int
    phases: tuple[SittingPhase, ...]
    announced: tuple[Announcement, ...]


@dataclass(frozen=True)
class OfSubject:
    """Ask about a scenario of one's own; ``language``: of its picture."""

    phase: str
    place: int
    language: Language


@dataclass(frozen=True)
class SittingSubject:
    """A scenario, for the candidate who works on it.

    Attributes:
        title: its title.
        standing: where the candidate is in its phase.
        ticket: Markdown; None: there is none.
        ticket_language: its one language; None: it is in both.
        about: the lab's page, Markdown; None while the machines are closed, and once time is over.
        hosts: the machines; none then.
        map: the lab's picture as SVG; empty then.
        segments: the networks; none then.
        cables: the cables as they are, as far as the candidate can see them; none then.
        questions: what is asked, with what was answered last.
        report: the intervention report as it was written last; None where none is asked for.
        people: those to talk to (``seat_talk_contract``); none while the machines are closed, and once time is over.
        talks: what was said with them, without passwords, once time is over; none before.
    """

    title: Text
    standing: SittingStanding
    ticket: Text | None
    ticket_language: Language | None
    about: Text | None
    hosts: tuple[HostView, ...]
    map: str
    segments: tuple[SegmentView, ...]
    cables: tuple[CableView, ...]
    questions: tuple[QuestionView, ...]
    report: ReportView | None
    people: tuple[LabPerson, ...] = ()
    talks: tuple[ConversationView, ...] = ()


@dataclass(frozen=True)
class AnswerSubject:
    """Answer a question of a scenario; an empty value takes the answer back."""

    phase: str
    place: int
    question: str
    value: str
    language: Language


@dataclass(frozen=True)
class ReportSubject:
    """Write the intervention report on a scenario, whole."""

    phase: str
    place: int
    symptom: str
    cause: str
    action: str
    test: str
    minutes: int | None
    language: Language


@dataclass(frozen=True)
class MoveSubjectCable:
    """Act on a cable of a scenario's lab: ``plug``, ``unplug``, ``replace``, or ``move`` to ``segment``."""

    phase: str
    place: int
    host: str
    interface: str
    action: Literal["plug", "unplug", "replace", "move"]
    segment: str = ""


SITTING = Call("sitting", Nothing, SittingView)
"""Return where the candidate is."""
SUBJECT = Call("subject", OfSubject, SittingSubject)
"""Return a scenario; refused alike where there is none, it is another's, or its phase has not begun."""
ANSWER_SUBJECT = Call("answer-subject", AnswerSubject, Nothing)
"""Keep an answer; refused outside the candidate's time, and where it is not of its kind."""
REPORT_SUBJECT = Call("report-subject", ReportSubject, Nothing)
"""Keep a report; refused outside the candidate's time."""
CABLE_SUBJECT = Call("cable-subject", MoveSubjectCable, Nothing)
"""Act on a cable, which the journal notes first; refused outside the candidate's time."""

SITTING_CALLS: tuple[Call[Any, Any], ...] = (SITTING, SUBJECT, ANSWER_SUBJECT, REPORT_SUBJECT, CABLE_SUBJECT)
"""The calls that only a candidate at their seat may make."""
