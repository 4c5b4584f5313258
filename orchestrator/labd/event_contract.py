"""The part of the contract (``calls``) that tells what happens in a lab, as it happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


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
    "talking",  # {person}: something was said to somebody, who answers now
    "said",  # {person, refusal: Refusal | None}: they have; a refusal where its caller waits no longer
    "saved",  # {}: the lab was saved: its hosts are off until it is resumed, its terminals are closed
]
