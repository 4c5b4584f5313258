"""A lab of a candidate's, for a line from their seat into one of its hosts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

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
    theirs = gate.sitting.labs if gate.sitting.started is not None else ()
    number = int(place) if place.isascii() and place.isdecimal() and len(place) <= len(str(len(theirs))) else 0
    if not 1 <= number <= len(theirs):
        raise RefusedCallError(seat_refusals.no_subject())
    return partial(_found, labs, theirs[number - 1].instance)


def _found(labs: Callable[[], Labs], instance: str) -> Running:
    return labs().running.planned(instance)
