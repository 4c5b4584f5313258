"""Doing what a solution or shortcut says, and telling which of its steps failed by themselves."""

from __future__ import annotations

from collections.abc import Callable

from orchestrator.core.errors import BreakfixError, LabError
from orchestrator.core.text import Text
from orchestrator.labs import Labs, Running
from orchestrator.model.plan import PlannedSolution
from orchestrator.model.scenario import Step
from orchestrator.proof import repair_verdicts
from orchestrator.proof.model import Verdict


def apply(
    labs: Labs, running: Running, solution: PlannedSolution, on_step: Callable[[Step], None], *, is_shortcut: bool
) -> tuple[Verdict, ...]:
    """Do what a solution or shortcut says and return a verdict for each step that failed by itself.

    Args:
        labs: starts, breaks, grades and stops labs.
        running: the instance.
        solution: the solution or shortcut.
        on_step: is told each step before it is done.
        is_shortcut: whether it is a shortcut.

    Raises:
        LabError: the first step could not even be begun.
    """
    current: list[Step] = []

    def begin(step: Step) -> None:
        current.append(step)
        on_step(step)

    try:
        done = labs.solutions.apply(running, solution, begin)
    except LabError as error:
        if not current:
            raise
        return (repair_verdicts.step_failed(solution.name, current[-1], said(error), shortcut=is_shortcut),)
    return tuple(
        repair_verdicts.step_failed(solution.name, one.step, _status(one.status, one.output), shortcut=is_shortcut)
        for one in done
        if one.status
    )


def said(error: BreakfixError) -> Text:
    """Return what an error says, with the output of what failed."""
    evidence = error.evidence.strip()
    return error.text.map(lambda text: f"{text}\n{evidence}") if evidence else error.text


def _status(status: int, output: str) -> Text:
    head = Text(fr=f"état {status}", en=f"status {status}")
    said = output.strip()[-1500:]
    return head.map(lambda text: f"{text}\n{said}") if said else head
