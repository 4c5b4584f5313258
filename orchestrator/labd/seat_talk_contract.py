"""The part of the contract (``calls``) about talk with the people of a scenario, from a candidate's seat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orchestrator.core.language import Language
from orchestrator.labd.calls import Call, Refusal
from orchestrator.labd.sitting_contract import OfSubject, SittingStanding
from orchestrator.labd.talk_contract import ConversationView, Said


@dataclass(frozen=True)
class SeatConversation:
    """Somebody of a scenario: what was said, and what can be said now; nothing while nothing can be said."""

    conversation: ConversationView
    phrases: tuple[str, ...]


@dataclass(frozen=True)
class SeatTalkView:
    """Talk in a scenario of the candidate's.

    Attributes:
        standing: where the candidate is in its phase.
        people: those to talk to; none while the machines are closed.
        failed: why nothing came of what was said last; None: something did, or it is still to come.
    """

    standing: SittingStanding
    people: tuple[SeatConversation, ...]
    failed: Refusal | None


@dataclass(frozen=True)
class SayAtSeat:
    """Say something to somebody of a scenario, in one line; ``language``: that of who says it."""

    phase: str
    place: int
    person: str
    text: str
    language: Language


SEAT_TALK = Call("seat-talk", OfSubject, SeatTalkView)
"""Return what was said in a scenario; refused alike where there is none, it is another's, or it has not begun."""
SAY_AT_SEAT = Call("say-at-seat", SayAtSeat, Said)
"""Say something; refused outside the candidate's time, where there is nobody of that name, or somebody is at it."""

SEAT_TALK_CALLS: tuple[Call[Any, Any], ...] = (SEAT_TALK, SAY_AT_SEAT)
"""Every call of this part."""
