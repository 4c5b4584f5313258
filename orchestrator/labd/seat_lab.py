"""A lab of a candidate's, for a line from their seat into one of its hosts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from orchestrator.assessment.state import SessionLab
from orchestrator.assessment.terminal_gate import TerminalGate
from orchestrator.labd import seat_refusals
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labs import Labs, Running


def lab_at(gate: TerminalGate, place: str, labs: Callable[[], Labs]) -> Callable[[], Running]:
    """Return what finds a candidate's lab by its scenario's place, in a thread.

    Args:
        gate: the candidate's, in the phase.
        place: the place, as it came.
        labs: returns the service of labs.

    Raises:
        RefusedCallError: there is none there, or its phase has not begun for them.
    """
    return partial(_found, labs, subject_at(gate, place).instance)


def subject_at(gate: TerminalGate, place: str) -> SessionLab:
    """Return what is known of a candidate's lab by its scenario's place; takes and raises as ``lab_at``."""
    theirs = gate.sitting.labs if gate.sitting.started is not None else ()
    number = int(place) if place.isascii() and place.isdecimal() and len(place) <= len(str(len(theirs))) else 0
    if not 1 <= number <= len(theirs):
        raise RefusedCallError(seat_refusals.no_subject())
    return theirs[number - 1]


def _found(labs: Callable[[], Labs], instance: str) -> Running:
    return labs().running.planned(instance)
