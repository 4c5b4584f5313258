"""The part of the contract (``calls``) that is about candidates' seats: codes on paper, and who sits where.

A candidate has no account. Their browser has a token of its own kind, which only the calls for seats take.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.labd.calls import Call, Nothing
from orchestrator.labd.session_contract import OfSession

SeatAct = Literal["confirm", "refuse", "end"]
"""The person at a seat is the candidate; is not; the candidate's access from their seat ends."""


@dataclass(frozen=True)
class MakeCodes:
    """Make candidates new codes; the ones before hold no longer.

    Attributes:
        session: the session.
        number: the candidate's number; empty: all.
    """

    session: str
    number: str = ""


@dataclass(frozen=True)
class SeatCode:
    """A candidate's code, as it is printed; nothing keeps it, so it is shown once."""

    number: str
    name: str
    code: str


@dataclass(frozen=True)
class SeatCodes:
    """New codes, and what is printed beside them.

    Attributes:
        session: the session's name.
        title: what is assessed.
        date: the day, ISO 8601.
        centre: where.
        room: in which room.
        codes: the codes.
    """

    session: str
    title: str
    date: str
    centre: str
    room: str
    codes: tuple[SeatCode, ...]


@dataclass(frozen=True)
class TakeSeat:
    """Ask for a candidate's seat.

    Attributes:
        code: the code as it was typed.
        address: where it comes from, by which too many tries are noticed; who confirms sees it.
    """

    code: str
    address: str = ""


@dataclass(frozen=True)
class TakenSeat:
    """A browser that waits, or that has the seat already: its token, which is shown once."""

    token: str


@dataclass(frozen=True)
class SeatDoor:
    """What a browser is at.

    Attributes:
        seated: whether it has the seat; otherwise it waits until somebody confirms.
        title: what is assessed.
        number: the candidate's number.
    """

    seated: bool
    title: str
    number: str


@dataclass(frozen=True)
class SeatAsked:
    """A browser that waits.

    Attributes:
        id: by which it is answered.
        number: the candidate whose code was typed.
        name: their name; a dash where it was forgotten.
        at: when, ISO 8601 in the session's time zone.
        address: where it is, as the portal knows it.
        changes: whether the candidate has, or had, another seat.
    """

    id: str
    number: str
    name: str
    at: str
    address: str
    changes: bool


@dataclass(frozen=True)
class SeatLine:
    """A candidate, as far as their seat goes.

    Attributes:
        number: the number.
        name: the name; a dash where it was forgotten.
        invited: whether they have a code.
        since: since when somebody has their seat, ISO 8601; empty: nobody has.
        address: where that is.
        changes: how often they changed seats.
    """

    number: str
    name: str
    invited: bool
    since: str
    address: str
    changes: int


@dataclass(frozen=True)
class SeatsView:
    """Who asks for a seat and who has one.

    Attributes:
        asked: who asks; nobody once nobody takes a seat any more.
        seats: each candidate's.
        over: nobody takes a seat any more: all is sealed. Who has one reads there what they handed in.
        closed: all access has ended with the session.
    """

    asked: tuple[SeatAsked, ...]
    seats: tuple[SeatLine, ...]
    over: bool
    closed: bool = False


@dataclass(frozen=True)
class AnswerSeat:
    """Answer a browser that waits, or end a candidate's access.

    Attributes:
        session: the session.
        act: what is done.
        number: the candidate.
        id: the browser that waits; empty where access is ended.
    """

    session: str
    act: SeatAct
    number: str
    id: str = ""


MAKE_CODES = Call("make-codes", MakeCodes, SeatCodes)
"""Make codes; refused: the session is over, or has no such candidate."""
TAKE_SEAT = Call("take-seat", TakeSeat, TakenSeat)
"""Ask for a seat; refused alike whatever is wrong with the code, and where there were too many tries."""
MY_SEAT = Call("my-seat", Nothing, SeatDoor)
"""Return what the caller's browser is at; refused: at nothing, or no longer."""
LEAVE_SEAT = Call("leave-seat", Nothing, Nothing)
"""Have the caller's browser be at nothing: it waits no longer, or the seat is free; the code still holds."""
SEATS = Call("seats", OfSession, SeatsView)
"""Return who asks for a seat and who has one."""
ANSWER_SEAT = Call("answer-seat", AnswerSeat, Nothing)
"""Answer a browser that waits, or end an access; refused: it waits no longer, or nobody has that seat."""

SEAT_CALLS: tuple[Call[Any, Any], ...] = (MAKE_CODES, TAKE_SEAT, MY_SEAT, LEAVE_SEAT, SEATS, ANSWER_SEAT)
"""Every call of this part."""
