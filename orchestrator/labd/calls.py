"""The contract between labd and who calls it: every call with what it takes and what it gives, version 1.

A call is ``POST /v1/NAME`` with a JSON object, the fields of its request, and the header ``Authorization: Bearer
TOKEN`` where somebody is signed in. The token names the person: no caller can act for somebody who does not use it.
The answer is the JSON form of the response, with status 200; or a ``Refusal`` with a status that its ``kind`` decides.

What happens in a lab is read at ``GET /v1/events/LAB?after=N`` as lines of JSON, each a ``LabEvent``; a terminal is a
WebSocket at ``/v1/terminal/LAB/ID``, a host's screen one at ``/v1/display/LAB/HOST`` that speaks RFB.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from orchestrator.core.language import Language
from orchestrator.core.text import Text

VERSION = 1
"""The contract's version: it stands in every address, and changes when a caller of the old one would misread."""

Q = TypeVar("Q")
R = TypeVar("R")


@dataclass(frozen=True)
class Call(Generic[Q, R]):
    """One call: its name in the address, what it takes and what it gives."""

    name: str
    request: type[Q]
    response: type[R]


# What every call may give -----------------------------------------------------------------------------------

RefusalKind = Literal["signed-out", "forbidden", "missing", "wrong", "busy", "too-often", "machine", "broken"]
"""Why a call was refused. What somebody may not see is ``missing``, so that nobody learns that it exists."""
STATUS: Mapping[RefusalKind, int] = {
    "signed-out": 401,
    "forbidden": 403,
    "missing": 404,
    "wrong": 422,
    "busy": 409,
    "too-often": 429,
    "machine": 503,
    "broken": 500,
}


@dataclass(frozen=True)
class Refusal:
    """Why a call was refused, for a person.

    Attributes:
        kind: by which a program goes.
        text: what happened.
        hint: what to do next; None where the text says it.
        field: the field of the request that is wrong; empty where none is.
        seconds: how long to wait before the next try; 0 where that does not help.
    """

    kind: RefusalKind
    text: Text
    hint: Text | None = None
    field: str = ""
    seconds: int = 0


@dataclass(frozen=True)
class Nothing:
    """A request without fields, or an answer that only says that it was done."""


# Who ----------------------------------------------------------------------------------------------------------

RoleName = Literal["trainee", "trainer", "jury", "administrator", "candidate"]


@dataclass(frozen=True)
class Who:
    """Somebody who is signed in.

    Attributes:
        ref: the store's reference, ``P-`` and twelve hexadecimal digits.
        handle: the short name.
        name: the name as it is read; the short name where none is known.
        roles: what they are.
        language: the language that they chose; None: none yet.
    """

    ref: str
    handle: str
    name: str
    roles: tuple[RoleName, ...]
    language: Language | None


@dataclass(frozen=True)
class SignIn:
    """Sign in with a password.

    Attributes:
        handle: the short name.
        password: the password.
        agent: the browser as it names itself, so that its owner recognises it among theirs.
        address: where they come from, by which too many tries are noticed.
    """

    handle: str
    password: str
    agent: str = ""
    address: str = ""


@dataclass(frozen=True)
class SignedIn:
    """A new sign-in; ``token`` is shown once, the store has its hash. ``seconds``: how long it holds while it rests."""

    token: str
    seconds: int
    who: Who


LinkKind = Literal["invitation", "reset"]


@dataclass(frozen=True)
class LookAtLink:
    """Ask whose a one-time link is, before a password is chosen."""

    link: str


@dataclass(frozen=True)
class LinkView:
    """Whose a one-time link is, and what it is for."""

    handle: str
    name: str
    kind: LinkKind


@dataclass(frozen=True)
class UseLink:
    """Choose a password by a one-time link, which ends; whoever was signed in under that name no longer is."""

    link: str
    password: str
    agent: str = ""
    address: str = ""


@dataclass(frozen=True)
class SetLanguage:
    """Choose one's language."""

    language: Language


@dataclass(frozen=True)
class ChangePassword:
    """Change one's own password; one's other sign-ins end."""

    old: str
    new: str


@dataclass(frozen=True)
class SignInView:
    """One of somebody's sign-ins: times in ISO 8601, UTC; ``current``: the one that asks."""

    id: int
    since: str
    last_seen: str
    agent: str
    current: bool


@dataclass(frozen=True)
class EndSignIn:
    """End one of one's own sign-ins."""

    id: int


# People (administrators) --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PersonView:
    """Somebody in the store, as an administrator sees them.

    Attributes:
        handle: the short name.
        name: the name as it is read.
        roles: what they are.
        password: whether they have chosen one, so that they can sign in.
        last_seen: when they were last here, ISO 8601; None: never.
    """

    handle: str
    name: str
    roles: tuple[RoleName, ...]
    password: bool
    last_seen: str | None


@dataclass(frozen=True)
class AddPerson:
    """Add somebody, and make the link by which they choose a password."""

    handle: str
    given_name: str
    family_name: str
    roles: tuple[RoleName, ...] = ("trainee",)


@dataclass(frozen=True)
class MakeLink:
    """Make somebody a new link: the ones before end, and so does their password once it is used."""

    handle: str


@dataclass(frozen=True)
class NewLink:
    """A one-time link's secret, shown once; ``until``: ISO 8601."""

    handle: str
    link: str
    until: str


# The path and the catalogue -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ScenarioLine:
    """A scenario in the path.

    Attributes:
        id: its name.
        title: what the user would call the trouble.
        kind: ``fault`` or ``task``.
        lab: the lab it runs on.
        difficulty: from 1 to 4.
        minutes: the time that a trainee should need.
        proven: whether a proof holds for it.
        state: how far this trainee is: ``new``, ``running``, ``tried``, ``hinted`` (solved with hints) or ``solved``.
        running: their lab of it that runs; empty where none does.
    """

    id: str
    title: Text
    kind: Literal["fault", "task"]
    lab: str
    difficulty: int
    minutes: int
    proven: bool
    state: Literal["new", "running", "tried", "hinted", "solved"]
    running: str = ""


@dataclass(frozen=True)
class CompetenceView:
    """One competence of the path with its scenarios, and how many of them are solved."""

    code: str
    title: Text
    scenarios: tuple[ScenarioLine, ...]
    solved: int


@dataclass(frozen=True)
class CcpView:
    """One CCP of the path."""

    code: str
    title: Text
    competences: tuple[CompetenceView, ...]


@dataclass(frozen=True)
class NextView:
    """A scenario to do next, and why."""

    scenario: ScenarioLine
    competence: str
    why: Text


@dataclass(frozen=True)
class LabLine:
    """A lab of this trainee's that runs; ``since``: ISO 8601, empty where the store does not know."""

    name: str
    scenario: str
    title: Text
    state: str
    since: str


@dataclass(frozen=True)
class PathView:
    """The path: what runs, what to do next, and everything by CCP and competence."""

    running: tuple[LabLine, ...]
    next: tuple[NextView, ...]
    ccps: tuple[CcpView, ...]


@dataclass(frozen=True)
class LookAtScenario:
    """Ask for a scenario's card."""

    scenario: str


@dataclass(frozen=True)
class AttemptLine:
    """One attempt of this trainee's at a scenario; ``seconds`` until it was solved, else until it ended."""

    seed: str
    started: str
    solved: bool
    running: bool
    hints: int
    gradings: int
    seconds: int
    number: int = 0


@dataclass(frozen=True)
class ScenarioCard:
    """A scenario before it is started: nothing that its ticket or its faults would tell.

    Attributes:
        scenario: what the path says of it.
        competences: what it exercises.
        about: the lab's page, Markdown: hosts, accounts, services.
        hosts: the names of the lab's machines.
        attempts: this trainee's attempts, the newest first.
    """

    scenario: ScenarioLine
    competences: tuple[tuple[str, Text], ...]
    about: Text
    hosts: tuple[str, ...]
    attempts: tuple[AttemptLine, ...]


@dataclass(frozen=True)
class StartLab:
    """Start a scenario; ``seed`` None draws a variant. The answer comes at once, the start is told by events."""

    scenario: str
    seed: int | None = None


@dataclass(frozen=True)
class Started:
    """The name of the lab that starts, or of the one of this scenario that runs already."""

    lab: str


# A lab --------------------------------------------------------------------------------------------------------

LabStateName = Literal["waiting", "starting", "started", "frozen", "saved", "stopping", "cut off", "failed", "gone"]


QueueReason = Literal["turn", "room", "class", "jury"]


@dataclass(frozen=True)
class QueueView:
    """Where a lab stands that waits for its start.

    Attributes:
        place: its place, from 1.
        waiting: how many labs wait.
        why: what it waits for: its ``turn``; ``room``, until other labs end; ``class``, until others of its class do;
            ``jury``, until a jury's labs, for which there is still room, are open.
        seconds: until it starts, as far as starts were measured; None: nobody knows.
    """

    place: int
    waiting: int
    why: QueueReason
    seconds: int | None


@dataclass(frozen=True)
class OfLab:
    """Names a lab, for a call that needs nothing else."""

    lab: str


@dataclass(frozen=True)
class HostView:
    """One machine of a lab.

    Attributes:
        name: its name.
        title: what it is.
        kind: ``workstation``, ``server``, ``router``, ``switch`` or ``firewall``.
        device: whether it is configured by a command line of its own.
        desktop: whether it has a screen.
        addresses: interface → address with its prefix, as planned; empty text for one that DHCP gives.
        state: Docker's word for it: ``running``, ``exited``, ``paused``.
        watched: the name of the trainer who looks at its screen; empty: nobody does.
    """

    name: str
    title: Text
    kind: str
    device: bool
    desktop: bool
    addresses: Mapping[str, str]
    state: str
    watched: str = ""


@dataclass(frozen=True)
class WebPageView:
    """A web page that is known beforehand: the host that opens it, its address, its proxy (``NAME:PORT``), if any."""

    host: str
    address: str
    proxy: str = ""


@dataclass(frozen=True)
class CableView:
    """One cable as it is; ``at`` names the segment it hangs at, plugged or not."""

    host: str
    interface: str
    at: str
    plugged: bool


@dataclass(frozen=True)
class SegmentView:
    """A segment of a lab; ``subnet`` is empty where it has none."""

    name: str
    title: Text
    subnet: str


TerminalKind = Literal["root", "device"]


@dataclass(frozen=True)
class TerminalView:
    """A terminal that is kept.

    Attributes:
        id: by which it is joined.
        host: the machine's name.
        kind: what runs in it.
        since: when it was opened, ISO 8601.
        ended: its last program is gone.
        watched: the name of the trainer who looks at it; empty: nobody does.
    """

    id: str
    host: str
    kind: TerminalKind
    since: str
    ended: bool
    watched: str = ""


@dataclass(frozen=True)
class CheckView:
    """One check as a trainee sees it.

    Attributes:
        id: by which two gradings compare.
        role: ``symptom``, ``objective``, ``guard``; empty for what is no check.
        sentence: what it says.
        outcome: ``pass``, ``fail`` or ``error``.
        points: what a pass earns.
        since: when it became what it is, ISO 8601.
        evidence: only of an answer, and of an error: what was expected, or why there is no judgement.
    """

    id: str
    role: str
    sentence: Text
    outcome: Literal["pass", "fail", "error"]
    points: int
    since: str
    evidence: Text | None = None


@dataclass(frozen=True)
class ChangeView:
    """A change that is forbidden or is to be explained, in words, with the lines that are gone and new."""

    standing: Literal["forbidden", "unexplained"]
    host: str
    sentence: Text
    before: str | None
    now: str | None


@dataclass(frozen=True)
class GradingView:
    """The last whole grading; ``at``: ISO 8601."""

    at: str
    verdict: Literal["repaired", "repaired_with_changes", "not_repaired", "not_valid"]
    points: int | None
    points_total: int
    checks: tuple[CheckView, ...]
    changes: tuple[ChangeView, ...]


@dataclass(frozen=True)
class QuestionView:
    """A question; ``choices`` only where one of them is to be chosen; ``answer`` as it was written last."""

    name: str
    question: Text
    kind: str
    choices: Mapping[str, Text]
    answer: str


@dataclass(frozen=True)
class ReportView:
    """The intervention report as it was written last; ``minutes`` None: not said yet."""

    symptom: str
    cause: str
    action: str
    test: str
    minutes: int | None


@dataclass(frozen=True)
class TrainerNote:
    """What a trainer wrote to an attempt, plain text.

    Attributes:
        kind: what it is.
        by: the trainer's name.
        at: when, ISO 8601.
        text: the words; empty where it was withdrawn.
        new: whether its trainee was not shown it yet, as it is now.
        id: its number.
        changed: when the words were last changed, ISO 8601; empty: never.
        withdrawn: when it was withdrawn, ISO 8601; empty: it was not.
        yours: whether it is the reader's own, to be changed or withdrawn.
    """

    kind: Literal["hint", "comment"]
    by: str
    at: str
    text: str
    new: bool = False
    id: int = 0
    changed: str = ""
    withdrawn: str = ""
    yours: bool = False


@dataclass(frozen=True)
class TypingView:
    """That a trainer asks to type in a terminal, or may.

    Attributes:
        id: by which it is answered and ended.
        terminal: the terminal's id.
        host: the machine's name.
        by: the trainer's name.
        state: whether they may.
        yours: whether it is the reader who asks or types.
    """

    id: str
    terminal: str
    host: str
    by: str
    state: Literal["asked", "allowed"]
    yours: bool


@dataclass(frozen=True)
class LabView:
    """All that the lab page shows.

    Attributes:
        name: the lab's name.
        scenario: the scenario's id, empty for a bare lab.
        title: the scenario's title.
        seed: the variant, as it may be shown.
        state: how far it is.
        busy: what is being done with it now (``start``, ``check``, ``reset``, ``resume``, ``stop``); empty: nothing.
        since: when the attempt began, ISO 8601; empty where the store does not know.
        minutes: the time that a trainee should need.
        ticket: Markdown; None for a bare lab.
        about: the lab's page, Markdown.
        hosts: the machines.
        segments: the networks.
        cables: the cables as they are.
        terminals: the terminals that are kept, the oldest first.
        hints: the hints that were read.
        hints_offered: how many there are.
        questions: what is asked.
        report: the intervention report; None where none is asked for.
        grading: the last grading; None: none yet.
        solved: whether it was found repaired once.
        last_event: the number of the last event, to read on from.
        trouble: why a start failed, or why a saved lab could not be resumed.
        yours: whether it is the reader's own; a trainer looks at those of their classes, and may have them graded.
        attempt: the number of the attempt on it; 0 where the store does not know.
        notes: what trainers wrote to the attempt, the oldest first.
        typing: the trainers who ask to type in a terminal, or may.
        queue: where it stands while it waits for its start; None: it does not.
        freezes: when it will be frozen unless somebody does something in it, ISO 8601; empty: not soon.
        saves: when it will be saved, which is frozen now, unless somebody does something in it; empty: never.
        pages: the web pages that people in it open.
    """

    name: str
    scenario: str
    title: Text
    seed: str
    state: LabStateName
    busy: str
    since: str
    minutes: int
    ticket: Text | None
    about: Text
    hosts: tuple[HostView, ...]
    segments: tuple[SegmentView, ...]
    cables: tuple[CableView, ...]
    terminals: tuple[TerminalView, ...]
    hints: tuple[Text, ...]
    hints_offered: int
    questions: tuple[QuestionView, ...]
    report: ReportView | None
    grading: GradingView | None
    solved: bool
    last_event: int
    trouble: Refusal | None = None
    yours: bool = True
    attempt: int = 0
    notes: tuple[TrainerNote, ...] = ()
    typing: tuple[TypingView, ...] = ()
    queue: QueueView | None = None
    freezes: str = ""
    saves: str = ""
    pages: tuple[WebPageView, ...] = ()


@dataclass(frozen=True)
class LabMap:
    """The lab's picture in one language, an SVG document of ours; each host is a group with ``data-host``."""

    svg: str


@dataclass(frozen=True)
class MapOf:
    """Ask for a lab's picture, with its cables as they are."""

    lab: str
    language: Language


@dataclass(frozen=True)
class MoveCable:
    """Act on a cable: ``plug``, ``unplug``, ``replace``, or ``move`` to ``segment``."""

    lab: str
    host: str
    interface: str
    action: Literal["plug", "unplug", "replace", "move"]
    segment: str = ""


@dataclass(frozen=True)
class OpenTerminal:
    """Open a terminal: root's shell as at a console, or a device's own command line."""

    lab: str
    host: str
    kind: TerminalKind
    rows: int = 24
    columns: int = 80


@dataclass(frozen=True)
class CloseTerminal:
    """Hang a terminal up, and forget it."""

    lab: str
    terminal: str


@dataclass(frozen=True)
class HintView:
    """A hint, its number from 1, and how many there are."""

    number: int
    offered: int
    hint: Text


@dataclass(frozen=True)
class AnswerQuestion:
    """Answer a question; an empty value takes the answer back."""

    lab: str
    question: str
    value: str


@dataclass(frozen=True)
class WriteReport:
    """Write the intervention report, whole."""

    lab: str
    symptom: str
    cause: str
    action: str
    test: str
    minutes: int | None
    language: Language


@dataclass(frozen=True)
class DebriefView:
    """What was broken, and what is to be learnt; only once it was solved."""

    broken: tuple[Text, ...]
    debrief: Text | None


@dataclass(frozen=True)
class LabEvent:
    """One thing that happened in a lab.

    Attributes:
        number: from 1, by one, for each lab; a reader that comes again names the last one that it has.
        at: ISO 8601, UTC.
        kind: what happened, see ``EventKind``.
        body: the fields of that kind.
    """

    number: int
    at: str
    kind: EventKind
    body: Mapping[str, Any] = field(default_factory=dict)


EventKind = Literal[
    "began",  # {act}: start, check, reset, resume, stop
    "step",  # {text: Text}: what a start does now
    "running",  # {sentences: [Text]}: the checks that run now
    "result",  # CheckView: one check has its colour
    "graded",  # GradingView: the grading is whole
    "ended",  # {act, refusal: Refusal | None}: what began is over
    "cable",  # CableView: a cable is in another place
    "terminal",  # TerminalView: one was opened, or has ended
    "closed",  # {terminal: ID}: one was hung up
    "hint",  # HintView: a hint was read
    "state",  # {state: LabStateName}: the lab is in another state
    "announced",  # {text, by}: a trainer says something to the class
    "watched",  # {terminal: ID, by}: a trainer looks at a terminal; by is empty once nobody does
    "typing",  # {id, terminal: ID, by, state, bytes}: see ``TypingState``; bytes that the trainer has typed
    "trainer-hint",  # {by, text}: a trainer gives a hint
    "commented",  # {by}: a trainer has commented on the attempt
    "screen-watched",  # {host, by}: a trainer looks at a host's screen; by is empty once nobody does
    "queued",  # QueueView: the lab waits for its start, at this place now
    "idle",  # {until}: the lab will be frozen at that moment (ISO 8601); until is empty once it will not
    "frozen",  # {}: the lab was frozen, because nobody did anything in it
    "thawed",  # {}: it goes on
    "saved",  # {}: the lab was saved: its hosts are off until it is resumed, its terminals are closed
]

# The calls ----------------------------------------------------------------------------------------------------

SIGN_IN = Call("sign-in", SignIn, SignedIn)
LOOK_AT_LINK = Call("look-at-link", LookAtLink, LinkView)
USE_LINK = Call("use-link", UseLink, SignedIn)
SIGN_OUT = Call("sign-out", Nothing, Nothing)
ME = Call("me", Nothing, Who)
SET_LANGUAGE = Call("set-language", SetLanguage, Nothing)
CHANGE_PASSWORD = Call("change-password", ChangePassword, Nothing)
SIGN_INS = Call("sign-ins", Nothing, tuple[SignInView, ...])
END_SIGN_IN = Call("end-sign-in", EndSignIn, Nothing)

PEOPLE = Call("people", Nothing, tuple[PersonView, ...])
ADD_PERSON = Call("add-person", AddPerson, NewLink)
MAKE_LINK = Call("make-link", MakeLink, NewLink)

PATH = Call("path", Nothing, PathView)
SCENARIO = Call("scenario", LookAtScenario, ScenarioCard)
START = Call("start", StartLab, Started)

LAB = Call("lab", OfLab, LabView)
MAP = Call("map", MapOf, LabMap)
CABLE = Call("cable", MoveCable, CableView)
CHECK = Call("check", OfLab, Nothing)
HINT = Call("hint", OfLab, HintView)
ANSWER = Call("answer", AnswerQuestion, Nothing)
REPORT = Call("report", WriteReport, Nothing)
OPEN_TERMINAL = Call("open-terminal", OpenTerminal, TerminalView)
CLOSE_TERMINAL = Call("close-terminal", CloseTerminal, Nothing)
RESET = Call("reset", OfLab, Nothing)
STOP = Call("stop", OfLab, Nothing)
THAW = Call("thaw", OfLab, Nothing)
RESUME = Call("resume", OfLab, Nothing)
DEBRIEF = Call("debrief", OfLab, DebriefView)

CALLS: tuple[Call[Any, Any], ...] = (
    SIGN_IN,
    LOOK_AT_LINK,
    USE_LINK,
    SIGN_OUT,
    ME,
    SET_LANGUAGE,
    CHANGE_PASSWORD,
    SIGN_INS,
    END_SIGN_IN,
    PEOPLE,
    ADD_PERSON,
    MAKE_LINK,
    PATH,
    SCENARIO,
    START,
    LAB,
    MAP,
    CABLE,
    CHECK,
    HINT,
    ANSWER,
    REPORT,
    OPEN_TERMINAL,
    CLOSE_TERMINAL,
    RESET,
    STOP,
    THAW,
    RESUME,
    DEBRIEF,
)
"""Every call of the contract."""
