"""What the board shows of a class, made ready for its templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from orchestrator.labd.class_contract import BoardRow, BoardView
from orchestrator.portal import board_words

_COUNTING = frozenset({"running", "frozen", "saved", "broken"})
"""States in which a trainee's time goes on."""


def board_context(view: BoardView) -> Mapping[str, Any]:
    """Return what the board's templates know."""
    return {
        "b": board_words,
        "view": view,
        "counts": _counts(view),
        "looked": looked(view),
        "outcomes": outcomes,
        "counting": _COUNTING,
        "now": datetime.now(UTC),
    }


def outcomes(view: BoardView, row: BoardRow) -> tuple[str, ...]:
    """Return an outcome for each check of the board; ``none`` for one that is not known of a trainee."""
    known = row.colours if row.scenario in {"", view.scenario} else ()
    padded = (*known, *([""] * len(view.checks)))[: len(view.checks)]
    return tuple(one if one in board_words.MARKS else "none" for one in padded)


def looked(view: BoardView) -> str:
    """Return when the lab was looked at that was looked at least recently, ISO 8601; empty: none was."""
    return min((row.looked for row in view.rows if row.lab and row.looked), default="")


def essence(view: BoardView) -> BoardView:
    """Return a board without what goes on by itself: where two of them are the same, nothing has happened."""
    rows = (replace(row, looked="", seconds=0 if row.state in _COUNTING else row.seconds) for row in view.rows)
    return replace(view, rows=tuple(rows))


def _counts(view: BoardView) -> Mapping[str, int]:
    return {
        "trainees": len(view.rows),
        "solved": sum(row.state == "solved" for row in view.rows),
        "running": sum(row.state in {"running", "frozen", "saved"} for row in view.rows),
        "stuck": sum(row.stuck for row in view.rows),
        "trouble": sum(row.trouble is not None for row in view.rows),
    }
