"""What the pages of a session's day show, made ready for their templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from orchestrator.labd.day_contract import DayPhase, DayRow, DayView
from orchestrator.labd.seat_contract import SeatsView
from orchestrator.portal import day_words, in_words, seat_words, session_words, terminal_words

_RUNNING: Final = frozenset({"reading", "working"})
"""Where a candidate's time goes on."""
_MINUTE: Final = 60


@dataclass(frozen=True)
class Wall:
    """A day, and who sits where."""

    day: DayView
    seats: SeatsView


def day_context(wall: Wall) -> Mapping[str, Any]:
    """Return what the templates know."""
    return {
        "g": seat_words,
        "s": session_words,
        "y": day_words,
        "z": terminal_words,
        "view": wall.day,
        "seats": wall.seats,
        "clock": clock,
        "length": in_words.length,
        "running": _RUNNING,
    }


def clock(iso: str, *, seconds: bool = False) -> str:
    """Return the hour of a session's time, which is in its time zone; a dash for none."""
    hour = iso.partition("T")[2]
    return hour[: 8 if seconds else 5] or "—"


def essence(wall: Wall) -> Wall:
    """Return a wall without what goes on by itself; each minute that is over is told, so that pages are set right."""
    view = wall.day
    phases = (replace(phase, rows=tuple(map(_still, phase.rows))) for phase in view.phases)
    return replace(wall, day=replace(view, at=view.at[: len("2026-12-14T10:42")], phases=tuple(phases)))


def _still(row: DayRow) -> DayRow:
    return replace(row, left=row.left // _MINUTE) if row.left and row.standing in _RUNNING else row


def found(view: DayView, phase: str, number: str) -> tuple[DayPhase, DayRow] | None:
    """Return a phase and the row of a candidate in it; None: there is none."""
    for one in view.phases:
        for row in one.rows:
            if (one.name, row.number) == (phase, number):
                return one, row
    return None
