"""The part of the contract (``calls``) that is about a jury session's day: its labs are opened, its phases are held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.core.text import Text
from orchestrator.labd.calls import Call, Nothing
from orchestrator.labd.session_contract import OfSession, SessionStage

DayAct = Literal[
    "draw",
    "open",
    "begin",
    "arrived",
    "absent",
    "finished",
    "pause",
    "resume",
    "extend",
    "replace",
    "announce",
    "incident",
]
"""What is done on the day; each is an entry of the journal, with who did it.

The scenarios of a phase are drawn; its labs are prepared; it begins, for all or for one candidate; a candidate has come
late, has not come, hands in early; time stops, time goes on, a decision adds minutes to a candidate's, or gives them
another variant of a scenario whose lab has failed; something is announced, something has happened.
"""
CandidateStanding = Literal[
    "absent",
    "ready",
    "reading",
    "working",
    "stopped",
    "over",
    "cut",
    "collected",
    "rebooted",
    "graded",
    "frozen",
    "sealed",
]
"""Where a candidate is in a phase; since the deadline, what was done last."""
BrowserState = Literal["unknown", "there", "gone"]
"""Whether a browser is at a candidate's seat; unknown: this labd has not heard of one."""
Supervision = Literal["idle", "on", "off"]
"""Nobody's time runs and nothing is to be sealed; a program supervises; none does, though one has to."""


@dataclass(frozen=True)
class DayRow:
    """A candidate in a phase whose labs are open.

    Attributes:
        number: the candidate's number.
        name: the name; a dash where it was forgotten.
        standing: where they are.
        state: the same in words.
        left: the seconds that are left; None before the start.
        deadline: when their time ends, ISO 8601; empty before the start and while time stands still.
        hosts: how many of their hosts are in which state, in words.
        lost: whether one of these is neither running nor paused while they work.
        paused: whether their own time was stopped.
        acts: what may be done about them now.
        subjects: the id and the title of each scenario whose lab they have.
        browser: whether a browser is at their seat.
        gone: since when none is, ISO 8601; empty: one is, or that is not known.
        moved: when they last changed seats, ISO 8601; empty: they have not, or not for a while.
    """

    number: str
    name: str
    standing: CandidateStanding
    state: Text
    left: int | None
    deadline: str
    hosts: Text
    lost: bool
    paused: bool
    acts: tuple[DayAct, ...]
    subjects: tuple[tuple[str, Text], ...] = ()
    browser: BrowserState = "unknown"
    gone: str = ""
    moved: str = ""


@dataclass(frozen=True)
class DrawnLine:
    """What a candidate has drawn: the titles of the scenarios."""

    number: str
    scenarios: tuple[Text, ...]


@dataclass(frozen=True)
class DayFailure:
    """A candidate's lab that no variant of could be prepared, and why."""

    number: str
    scenario: str
    why: Text


@dataclass(frozen=True)
class DayPhase:
    """A phase on the day.

    Attributes:
        name: its short name.
        title: its title.
        length: how long it lasts without extra time, reading included.
        seed: what its drawing was made of; empty: nothing was drawn yet, or nothing has to be.
        same: whether drawing again from that gives the same.
        drawn: what each candidate has drawn.
        labs: how many labs it has; 0: that is not known before the drawing.
        opened: how many of these are open, or were.
        opening: whether labs are being prepared.
        trouble: why the last opening came to nothing.
        failures: the labs that could not be prepared.
        begun: when it began for all who were there, ISO 8601; empty: it has not.
        rows: the candidates, once labs are open.
        acts: what may be done with it now.
    """

    name: str
    title: str
    length: Text
    seed: str
    same: bool
    drawn: tuple[DrawnLine, ...]
    labs: int
    opened: int
    opening: bool
    trouble: Text | None
    failures: tuple[DayFailure, ...]
    begun: str
    rows: tuple[DayRow, ...]
    acts: tuple[DayAct, ...]


@dataclass(frozen=True)
class DayEntry:
    """An entry of the journal.

    Attributes:
        number: its number in the session's journal.
        at: the session's time, ISO 8601.
        by: who did it; empty: the program did.
        candidate: whom it is about; empty: all.
        phase: the short name of the phase that it is about; empty: none.
        text: what it says.
    """

    number: int
    at: str
    by: str
    candidate: str
    phase: str
    text: Text


@dataclass(frozen=True)
class DayView:
    """A session on its day.

    Attributes:
        id: its name.
        title: what is assessed.
        stage: how far it is.
        minute: how many seconds a minute lasts: 60, fewer in a rehearsal.
        at: the session's time, ISO 8601 in its time zone.
        supervision: whether a program supervises.
        trouble: why none could be started; None where one was, or none is needed.
        paused: whether everybody's time was stopped.
        candidates: the number and the name of each.
        phases: the phases.
        entries: the last entries of the journal, the newest first.
        acts: what may be done about all.
        alarms: what is wrong: the machine's clock was set, its disk is almost full, a seat is used from two addresses.
    """

    id: str
    title: str
    stage: SessionStage
    minute: int
    at: str
    supervision: Supervision
    trouble: Text | None
    paused: bool
    candidates: tuple[tuple[str, str], ...]
    phases: tuple[DayPhase, ...]
    entries: tuple[DayEntry, ...]
    acts: tuple[DayAct, ...]
    alarms: tuple[Text, ...] = ()


@dataclass(frozen=True)
class ActOnDay:
    """Do something on the day.

    Attributes:
        session: the session.
        act: what is done.
        phase: the phase; not needed for what is done about time, or said.
        candidate: the candidate; empty: all.
        text: the reason of a pause, of more time or another variant, an announcement, an incident; or a seed that a
            witness gave for a drawing.
        minutes: how many minutes are added.
        scenario: of which scenario another variant is given.
    """

    session: str
    act: DayAct
    phase: str = ""
    candidate: str = ""
    text: str = ""
    minutes: int = 0
    scenario: str = ""


DAY = Call("day", OfSession, DayView)
"""Return how a session's day goes; refused: there is none of that name."""
ACT_ON_DAY = Call("act-on-day", ActOnDay, Nothing)
"""Do something on the day; refused: it cannot be done now, or needs words that are missing.

``open`` and ``replace`` return at once; ``DAY`` tells how far they are, and what they came to.
"""

DAY_CALLS: tuple[Call[Any, Any], ...] = (DAY, ACT_ON_DAY)
