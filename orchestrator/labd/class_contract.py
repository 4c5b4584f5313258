"""The part of the contract (``calls``) that is about classes: who is in one, what is launched for it, how it goes.

A trainer has the classes that they are a trainer of, an administrator has all; for anybody else there are none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.core.text import Text
from orchestrator.labd.account_contract import NewLink, SignedIn
from orchestrator.labd.calls import Call, Nothing


@dataclass(frozen=True)
class ClassLine:
    """A class in the list: how many trainees it has, and how many of its labs run."""

    name: str
    trainees: int
    running: int


@dataclass(frozen=True)
class OfClass:
    """Names a class, for a call that needs nothing else."""

    name: str


@dataclass(frozen=True)
class MemberView:
    """Somebody in a class; ``password``: whether they have chosen one, so that they can sign in."""

    handle: str
    name: str
    trainer: bool
    password: bool


@dataclass(frozen=True)
class LaunchLine:
    """A scenario that was launched for a class; ``at``: ISO 8601."""

    scenario: str
    title: Text
    at: str


@dataclass(frozen=True)
class JoinCode:
    """A code by which anybody may join a class until a moment (ISO 8601): it is written on a board."""

    code: str
    until: str


@dataclass(frozen=True)
class ClassLimitsView:
    """What the labs that are launched for a class may take; None: not limited.

    Attributes:
        labs: how many of them may be there at once.
        memory: the MiB that they may take together.
        processors: how many processors each of their hosts may keep busy.
    """

    labs: int | None = None
    memory: int | None = None
    processors: float | None = None


@dataclass(frozen=True)
class ClassView:
    """A class.

    Attributes:
        name: its name.
        members: who is in it, by name.
        launches: the newest first.
        code: by which one joins; None: none holds.
        limits: what its trainer has set.
        most: what its trainer may set: the administrator's limits of each class.
    """

    name: str
    members: tuple[MemberView, ...]
    launches: tuple[LaunchLine, ...]
    code: JoinCode | None
    limits: ClassLimitsView = ClassLimitsView()
    most: ClassLimitsView = ClassLimitsView()


@dataclass(frozen=True)
class LimitClass:
    """Set what the labs of a class may take, as ``ClassLimitsView`` has it; what is None is left to the machine."""

    name: str
    labs: int | None = None
    memory: int | None = None
    processors: float | None = None


@dataclass(frozen=True)
class AddMembers:
    """Add people to a class; those whom the store does not know yet are made, with a link each.

    Attributes:
        name: the class.
        people: the text of a CSV file as ``breakfix people import`` reads it; its first line names the columns.
    """

    name: str
    people: str


@dataclass(frozen=True)
class RemoveMember:
    """Take somebody out of a class; they and their work stay."""

    name: str
    handle: str


@dataclass(frozen=True)
class LookAtCode:
    """Ask which class a code is for; ``address``: where they come from, by which too many tries are noticed."""

    code: str
    address: str = ""


@dataclass(frozen=True)
class CodeView:
    """The class that a code is for."""

    name: str


@dataclass(frozen=True)
class Join:
    """Join a class by its code, as somebody new."""

    code: str
    handle: str
    given_name: str
    family_name: str
    password: str
    agent: str = ""
    address: str = ""


@dataclass(frozen=True)
class LaunchForClass:
    """Start a scenario for trainees of a class who have no lab of it; ``handles`` empty: for all of them."""

    name: str
    scenario: str
    handles: tuple[str, ...] = ()


@dataclass(frozen=True)
class BoardCheck:
    """A column of the board: one check; its number stands in the table's head, its sentence below it."""

    id: str
    sentence: Text


MemberState = Literal["none", "waiting", "starting", "running", "frozen", "saved", "broken", "solved", "ended"]


@dataclass(frozen=True)
class BoardRow:
    """Where one trainee is.

    Attributes:
        handle: the short name.
        name: the name as it is read.
        scenario: what they work on; empty: nothing.
        lab: their lab that runs; empty: none.
        state: how far it is.
        colours: an outcome for each check of ``BoardView.checks``, in its order; empty text where it was not asked.
        graded: when the last grading was, ISO 8601; empty: never.
        seconds: how long they have worked at it.
        minutes: the time that a trainee should need.
        hints: how many they have read.
        gradings: how often it was graded.
        active: when something was last typed or changed in a host, ISO 8601; empty: nobody knows.
        looked: when that was looked at, ISO 8601; empty: never.
        stuck: no new green and nothing typed or changed for a long time.
        trouble: what is wrong; None where nothing is.
    """

    handle: str
    name: str
    scenario: str
    lab: str
    state: MemberState
    colours: tuple[str, ...]
    graded: str
    seconds: int
    minutes: int
    hints: int
    gradings: int
    active: str
    looked: str
    stuck: bool
    trouble: Text | None


@dataclass(frozen=True)
class BoardView:
    """The board of a class; ``launching``: how many labs are still to be started; its checks are the last launch's."""

    name: str
    scenario: str
    title: Text
    checks: tuple[BoardCheck, ...]
    rows: tuple[BoardRow, ...]
    launching: int


@dataclass(frozen=True)
class Announce:
    """Say something to a class: it stands on each member's lab page that runs."""

    name: str
    text: str


@dataclass(frozen=True)
class Export:
    """The results of a class as a CSV file."""

    csv: str


CLASSES = Call("classes", Nothing, tuple[ClassLine, ...])
ADD_CLASS = Call("add-class", OfClass, Nothing)
CLASS = Call("class", OfClass, ClassView)
ADD_MEMBERS = Call("add-members", AddMembers, tuple[NewLink, ...])
REMOVE_MEMBER = Call("remove-member", RemoveMember, Nothing)
MAKE_CODE = Call("make-code", OfClass, JoinCode)
END_CODE = Call("end-code", OfClass, Nothing)
LIMIT_CLASS = Call("limit-class", LimitClass, Nothing)
LOOK_AT_CODE = Call("look-at-code", LookAtCode, CodeView)
JOIN = Call("join", Join, SignedIn)
LAUNCH = Call("launch", LaunchForClass, Nothing)
STOP_CLASS = Call("stop-class", OfClass, Nothing)
BOARD = Call("board", OfClass, BoardView)
ANNOUNCE = Call("announce", Announce, Nothing)
EXPORT = Call("export", OfClass, Export)

CLASS_CALLS: tuple[Call[Any, Any], ...] = (
    CLASSES,
    ADD_CLASS,
    CLASS,
    ADD_MEMBERS,
    REMOVE_MEMBER,
    MAKE_CODE,
    END_CODE,
    LIMIT_CLASS,
    LOOK_AT_CODE,
    JOIN,
    LAUNCH,
    STOP_CLASS,
    BOARD,
    ANNOUNCE,
    EXPORT,
)
"""Every call about classes."""
