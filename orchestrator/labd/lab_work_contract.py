"""The part of the contract (``calls``) that is about what somebody does in a lab: each call changes a part of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.labd.calls import Call, Nothing
from orchestrator.labd.lab_contract import CableView, LabMap, OfLab, TerminalKind, TerminalView


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


MAP = Call("map", MapOf, LabMap)
CABLE = Call("cable", MoveCable, CableView)
CHECK = Call("check", OfLab, Nothing)
HINT = Call("hint", OfLab, HintView)
ANSWER = Call("answer", AnswerQuestion, Nothing)
REPORT = Call("report", WriteReport, Nothing)
OPEN_TERMINAL = Call("open-terminal", OpenTerminal, TerminalView)
CLOSE_TERMINAL = Call("close-terminal", CloseTerminal, Nothing)
DEBRIEF = Call("debrief", OfLab, DebriefView)

LAB_WORK_CALLS: tuple[Call[Any, Any], ...] = (
    MAP,
    CABLE,
    CHECK,
    HINT,
    ANSWER,
    REPORT,
    OPEN_TERMINAL,
    CLOSE_TERMINAL,
    DEBRIEF,
)
"""Every call of this part."""
