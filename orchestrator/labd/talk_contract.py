"""The part of the contract (``calls``) about talk with the people of a lab; ``LabView`` says who is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.labd.calls import Call
from orchestrator.labd.lab_contract import LabPerson

LONGEST_SAID = 1000
"""Characters of what is said at once."""


@dataclass(frozen=True)
class TurnAct:
    """Something that a person did in the lab.

    Attributes:
        kind: what sort of thing: a cable, a restart, something typed, or something else by hand (``shell``).
        host: where.
        what: the cable's interface and what was done with it, or what was typed; else empty.
        told: all of it, in a sentence.
    """

    kind: Literal["cable", "reboot", "types", "shell"]
    host: str
    what: str
    told: Text


@dataclass(frozen=True)
class TurnView:
    """Something that a trainee said, and what came of it.

    Attributes:
        at: when, ISO 8601.
        language: the language in which it was answered.
        said: what was said.
        reply: the answer.
        acts: what the person did meanwhile, in order.
        ended: whether the conversation was over with it.
    """

    at: str
    language: Language
    said: str
    reply: str
    acts: tuple[TurnAct, ...]
    ended: bool


@dataclass(frozen=True)
class ConversationView:
    """What was said with somebody of a lab.

    Attributes:
        person: who it is.
        opens: what they say first.
        turns: what was said, the oldest first.
        answering: whether they are at it: something was said, and their answer is still to come.
    """

    person: LabPerson
    opens: Text
    turns: tuple[TurnView, ...]
    answering: bool = False


@dataclass(frozen=True)
class OfConversation:
    """Names somebody of a lab, by their short name."""

    lab: str
    person: str


@dataclass(frozen=True)
class PhrasesFor:
    """Ask what can be said to somebody now; who speaks one language only has phrases in that one."""

    lab: str
    person: str
    language: Language


@dataclass(frozen=True)
class Say:
    """Say something to somebody of a lab, in one line; ``language``: that of who says it."""

    lab: str
    person: str
    text: str
    language: Language


@dataclass(frozen=True)
class Said:
    """What came of it; None: they are still at it, and the lab's event ``said`` tells when they have answered."""

    turn: TurnView | None


CONVERSATION = Call("conversation", OfConversation, ConversationView)
PHRASES = Call("phrases", PhrasesFor, tuple[str, ...])
SAY = Call("say", Say, Said)

TALK_CALLS: tuple[Call[Any, Any], ...] = (CONVERSATION, PHRASES, SAY)
"""Every call of this part."""
