"""What the pages of a candidate's seat show, made ready for their templates and their stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator.labd.sitting_contract import SittingPhase, SittingView
from orchestrator.portal import in_words, lab_words, seat_words, terminal_words


def sitting_context(view: SittingView) -> Mapping[str, Any]:
    """Return what the templates know."""
    return {
        "g": seat_words,
        "l": lab_words,
        "z": terminal_words,
        "view": view,
        "length": in_words.length,
        "hour": lambda iso: iso.partition("T")[2][:5],
        "shape": shape_of,
    }


def shape_of(phase: SittingPhase) -> str:
    """Return by what a page of the phase is another one: a pause leaves it as it is."""
    return "open" if phase.standing in {"working", "stopped"} else phase.standing


def essence(view: SittingView) -> SittingView:
    """Return a day without what goes on by itself."""
    return replace(view, phases=tuple(replace(one, left=None, opens=0) for one in view.phases))


def clocks(view: SittingView) -> Mapping[str, Any]:
    """Return the times of the phases as a page's script takes them: seconds, and whether they run."""
    return {
        one.name: {
            "left": one.left,
            "opens": one.opens,
            "runs": one.standing in {"reading", "working"},
            "shape": shape_of(one),
        }
        for one in view.phases
    }
