"""The part of the contract (``calls``) that is about a lab as a whole: its start, what its page shows, its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.labd.calls import Call, Nothing, Refusal


@dataclass(frozen=True)
class StartLab:
    """Start a scenario; ``seed`` None draws a variant. The answer comes at once, the start is told by events."""

    scenario: str
    seed: int | None = None


@dataclass(frozen=True)
class Started:
    """The name of the lab that starts, or of the one of this scenario that runs already."""

    lab: str


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
    """The last whole grading; ``at``: ISO 8601.

    Attributes:
        task: whether something was to be done rather than repaired.
        answers_left: how many answers are not right where nothing else is left to be done; 0 in every other case.
    """

    at: str
    verdict: Literal["repaired", "repaired_with_changes", "not_repaired", "not_valid"]
    points: int | None
    points_total: int
    checks: tuple[CheckView, ...]
    changes: tuple[ChangeView, ...]
    task: bool = False
    answers_left: int = 0


@dataclass(frozen=True)
class QuestionView:
    """A question; ``choices`` only where one of them is to be chosen; ``answer`` as it was written last.

    Attributes:
        language: the language to write in; None: the writer's own.
        grid: what people look at in a text that no machine judges; empty in every other case.
    """

    name: str
    question: Text
    kind: str
    choices: Mapping[str, Text]
    answer: str
    language: Language | None = None
    grid: tuple[Text, ...] = ()


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
class LabPerson:
    """Somebody of a lab who can be talked to.

    Attributes:
        name: their short name.
        full: first and last name.
        role: what they do.
        language: the one language that they speak; empty: the trainee's.
    """

    name: str
    full: str
    role: Text
    language: Literal["", "fr", "en"]


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
        ticket_language: its one language, whichever the reader's; None: it is in both.
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
        solved_at: when it was first found repaired, ISO 8601; empty: it was not.
        people: who can be talked to.
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
    solved_at: str = ""
    ticket_language: Language | None = None
    people: tuple[LabPerson, ...] = ()


@dataclass(frozen=True)
class LabMap:
    """The lab's picture in one language, an SVG document of ours; each host is a group with ``data-host``."""

    svg: str


START = Call("start", StartLab, Started)
LAB = Call("lab", OfLab, LabView)
RESET = Call("reset", OfLab, Nothing)
STOP = Call("stop", OfLab, Nothing)
THAW = Call("thaw", OfLab, Nothing)
RESUME = Call("resume", OfLab, Nothing)

LAB_CALLS: tuple[Call[Any, Any], ...] = (START, LAB, RESET, STOP, THAW, RESUME)
"""Every call of this part."""
