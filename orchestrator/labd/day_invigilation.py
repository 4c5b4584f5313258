"""What invigilators see of a session's day and do there: who is in the room, neither scenarios nor times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from orchestrator.assessment.events import Kind
from orchestrator.labd.day_contract import DayAct, DayPhase, DayView

INVIGILATED: Final[frozenset[DayAct]] = frozenset({"arrived", "absent", "finished", "announce", "incident"})
"""What invigilators may do; the rest is for organisers."""
TOLD: Final[frozenset[Kind]] = frozenset(
    {
        "seated",
        "turned-away",
        "unseated",
        "started",
        "arrived",
        "absent",
        "paused",
        "resumed",
        "extended",
        "announced",
        "incident",
        "warned",
        "finished",
        "cut",
    }
)
"""The entries of the journal that are about the room: others name scenarios, or what was found."""


def invigilated(view: DayView) -> DayView:
    """Return a day as an invigilator sees it: without what was drawn, and what is not theirs to do."""
    return replace(
        view,
        phases=tuple(map(_phase, view.phases)),
        acts=_theirs(view.acts),
    )


def _phase(phase: DayPhase) -> DayPhase:
    rows = tuple(replace(row, acts=_theirs(row.acts), subjects=()) for row in phase.rows)
    return replace(phase, seed="", drawn=(), failures=(), trouble=None, rows=rows, acts=_theirs(phase.acts))


def _theirs(acts: Iterable[DayAct]) -> tuple[DayAct, ...]:
    return tuple(act for act in acts if act in INVIGILATED)
