"""The seats of the labd in memory's jury session: who asks, who sits where, and codes that are always the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orchestrator.core.text import same
from orchestrator.labd import seat_contract as e
from orchestrator.labd import sitting_contract as g
from orchestrator.labd.calls import Call, Nothing
from orchestrator.labd.lab_contract import ReportView
from orchestrator.labd.session_contract import OfSession
from tests.fakes import labd_people as people
from tests.fakes import labd_world as world
from tests.fakes.labd_map import drawn_map
from tests.fakes.labd_sessions import SESSION, VIEW, FakeSessions
from tests.fakes.labd_world import FakePerson

if TYPE_CHECKING:
    from tests.fakes.labd import FakeLabd

AT = "2026-12-14T09:02:11+01:00"
CODE = "7K2M-94XQ-ZB1D-HT6W"
WAITING, SEATED = "a-token-that-waits", "a-token-that-has-a-seat"
NAMES = {"C-01": "Zoé Faure", "C-02": "Maximilienne-Alexandrine Benali de la Tour", "C-03": "—"}
SEATS = e.SeatsView(
    asked=(
        e.SeatAsked("0011223344556677", "C-01", NAMES["C-01"], AT, "192.0.2.17", changes=False),
        e.SeatAsked("8899aabbccddeeff", "C-02", NAMES["C-02"], AT, "2001:db8::17", changes=True),
    ),
    seats=(
        e.SeatLine("C-01", NAMES["C-01"], invited=True, since="", address="", changes=0),
        e.SeatLine("C-02", NAMES["C-02"], invited=True, since=AT, address="192.0.2.18", changes=2),
        e.SeatLine("C-03", NAMES["C-03"], invited=False, since="", address="", changes=0),
    ),
    over=False,
)
SITTING = g.SittingView(
    VIEW.title,
    "C-02",
    60,
    (
        g.SittingPhase(
            "reseau", "Dépannage du poste et du réseau", "working", 4201, 0,
            (g.SubjectLine(1, world.CONFLICT.title), g.SubjectLine(2, world.DNS.title)),
        ),
        g.SittingPhase("ecrit", "Écrit", "waiting", None, 0, ()),
    ),
    (g.Announcement(AT, same("Pause café à 10 h.\nRestez <assis>.")),),
)  # fmt: skip


def _subject() -> g.SittingSubject:
    lab = world.lab()
    return g.SittingSubject(
        lab.title,
        "working",
        lab.ticket,
        None,
        lab.about,
        lab.hosts,
        drawn_map(lab, "fr"),
        lab.segments,
        lab.cables,
        lab.questions,
        lab.report,
        (people.ALICE, people.SAM),
    )


class FakeSeats:
    """What the labd in memory knows of candidates' seats.

    Attributes:
        view: who asks and who sits where, in every session.
        sitting: a candidate's day.
        subject: each of their scenarios.
        tokens: a browser's token -> whether it has the seat.
    """

    def __init__(self, labd: FakeLabd, sessions: FakeSessions, refuse: Callable[..., Exception]) -> None:
        """Take the labd, its sessions, and what makes its refusals."""
        self._labd = labd
        self._sessions = sessions
        self._refuse = refuse
        self.view = SEATS
        self.sitting = SITTING
        self.subject = _subject()
        self.tokens = {WAITING: False, SEATED: True}

    @property
    def calls(self) -> Mapping[str, tuple[Call[Any, Any], Callable[..., Any]]]:
        """Each call of somebody's with what answers it."""
        does: Mapping[str, Callable[..., Any]] = {
            "make-codes": self.make_codes,
            "seats": self.seats,
            "answer-seat": self.answer,
        }
        return {call.name: (call, does[call.name]) for call in e.SEAT_CALLS if call.name in does}

    @property
    def calls_of_seats(self) -> Mapping[str, tuple[Call[Any, Any], Callable[[str, Any], Any]]]:
        """Each call of a browser's with what answers it, by its token."""
        does: Mapping[str, Callable[[str, Any], Any]] = {
            "take-seat": self.take, "my-seat": self.my_seat, "leave-seat": self.leave,
            "sitting": self.show, "subject": self.show_subject, "answer-subject": self.answer_subject,
            "report-subject": self.report_subject, "cable-subject": self.cable_subject,
        }  # fmt: skip
        return {call.name: (call, does[call.name]) for call in (*e.SEAT_CALLS, *g.SITTING_CALLS) if call.name in does}

    def make_codes(self, who: FakePerson, asked: e.MakeCodes) -> e.SeatCodes:
        """Make codes: each is the same."""
        self._sessions.one(who, OfSession(asked.session))
        if asked.number and asked.number not in NAMES:
            raise self._refuse("wrong", "Il n'y a pas ce candidat.", "There is no such candidate.")
        codes = tuple(e.SeatCode(one, name, CODE) for one, name in NAMES.items() if asked.number in {"", one})
        return e.SeatCodes(SESSION, VIEW.title, VIEW.date, VIEW.centre, VIEW.room, codes)

    def seats(self, who: FakePerson, asked: OfSession) -> e.SeatsView:
        """Show the seats."""
        self._sessions.held(who, asked)
        return self.view

    def answer(self, who: FakePerson, asked: e.AnswerSeat) -> Nothing:
        """Answer a browser that waits."""
        self._sessions.held(who, OfSession(asked.session))
        if asked.act != "end" and asked.id not in {one.id for one in self.view.asked}:
            raise self._refuse("missing", "Cette demande n'attend plus.", "This request waits no longer.")
        self.view = replace(self.view, asked=tuple(one for one in self.view.asked if one.id != asked.id))
        return Nothing()

    # A browser's ----------------------------------------------------------------------------------------------

    def take(self, _token: str, asked: e.TakeSeat) -> e.TakenSeat:
        """Have a browser wait."""
        if asked.code != CODE:
            raise self._refuse("wrong", "Ce code ne permet pas d'entrer.", "This code does not let you in.", "code")
        return e.TakenSeat(WAITING)

    def my_seat(self, token: str, _asked: Nothing) -> e.SeatDoor:
        """Say what a browser is at."""
        if token not in self.tokens:
            raise self._refuse("signed-out", "Vous n'êtes pas connecté.", "You are not signed in.")
        return e.SeatDoor(self.tokens[token], VIEW.title, "C-02")

    def leave(self, token: str, _asked: Nothing) -> Nothing:
        """Have a browser be at nothing."""
        self.my_seat(token, Nothing())
        del self.tokens[token]
        return Nothing()

    def _seated(self, token: str) -> None:
        if not self.tokens.get(token):
            raise self._refuse("signed-out", "Vous n'êtes pas connecté.", "You are not signed in.")

    def show(self, token: str, _asked: Nothing) -> g.SittingView:
        """Show a candidate's day."""
        self._seated(token)
        return self.sitting

    def show_subject(self, token: str, asked: g.OfSubject) -> g.SittingSubject:
        """Show a scenario."""
        self._seated(token)
        if asked.phase != "reseau" or asked.place not in {1, 2}:
            raise self._refuse("missing", "Ce sujet n'existe pas ici.", "There is no such scenario here.")
        return self.subject

    def _may_write(self, token: str, phase: str, place: int) -> None:
        if self.show_subject(token, g.OfSubject(phase, place, "fr")).standing != "working":
            raise self._refuse("wrong", "Le temps est écoulé.", "The time is over.")

    def answer_subject(self, token: str, asked: g.AnswerSubject) -> Nothing:
        """Keep an answer."""
        self._may_write(token, asked.phase, asked.place)
        if asked.question not in {one.name for one in self.subject.questions}:
            raise self._refuse("wrong", "Pas de telle question.", "No such question.")
        answered = (replace(q, answer=asked.value) if q.name == asked.question else q for q in self.subject.questions)
        self.subject = replace(self.subject, questions=tuple(answered))
        return Nothing()

    def report_subject(self, token: str, asked: g.ReportSubject) -> Nothing:
        """Keep a report."""
        self._may_write(token, asked.phase, asked.place)
        made = ReportView(asked.symptom, asked.cause, asked.action, asked.test, asked.minutes)
        self.subject = replace(self.subject, report=made)
        return Nothing()

    def cable_subject(self, token: str, asked: g.MoveSubjectCable) -> Nothing:
        """Act on a cable."""
        self._may_write(token, asked.phase, asked.place)
        if (asked.host, asked.interface) not in {(one.host, one.interface) for one in self.subject.cables}:
            raise self._refuse("wrong", "Pas de tel câble.", "No such cable.")
        cables = tuple(
            replace(one, plugged=asked.action != "unplug") if one.host == asked.host else one
            for one in self.subject.cables
        )
        self.subject = replace(self.subject, cables=cables)
        return Nothing()
