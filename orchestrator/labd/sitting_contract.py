"""The part of the contract (``calls``) that a candidate at their seat calls: where they are, and what they do there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.labd.calls import Call, Nothing

SittingStanding = Literal["waiting", "reading", "working", "stopped", "over"]
"""The phase has not begun for the candidate; tickets are read, the machines are closed; they work; their time stands
still; it is over."""


@dataclass(frozen=True)
class SittingPhase:
    """A phase, for one candidate.

    Attributes:
        name: its short name.
        title: its title.
        standing: where the candidate is.
        left: the seconds that are left, by the session's clock, with extra time and pauses in it; None before it began.
        opens: the seconds until the machines open; 0 where they are open, or the phase has not begun.
    """

    name: str
    title: str
    standing: SittingStanding
    left: int | None
    opens: int


@dataclass(frozen=True)
class SittingView:
    """A candidate's day.

    Attributes:
        title: what is assessed.
        number: the candidate's number.
        minute: how many seconds a minute lasts: 60, fewer in a rehearsal.
        phases: the phases.
    """

    title: str
    number: str
    minute: int
    phases: tuple[SittingPhase, ...]


SITTING = Call("sitting", Nothing, SittingView)
"""Return where the candidate is."""

SITTING_CALLS: tuple[Call[Any, Any], ...] = (SITTING,)
"""The calls that only a candidate at their seat may make."""
