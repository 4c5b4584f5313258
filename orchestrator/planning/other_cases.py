"""What would repair a variant if its seed had drawn another case of its faults."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from orchestrator.core.errors import ContentError, Place
from orchestrator.model.plan import Plan, PlannedSolution
from orchestrator.model.scenario import FaultChoice, Scenario
from orchestrator.planning.steps import KeyPath, Renderer, render_solutions


def repairs_of_other_cases(scenario: Scenario, plan: Plan) -> Iterator[tuple[str, PlannedSolution]]:
    """Yield the reference repair of each case that was not drawn, with all other values as they were drawn.

    Args:
        scenario: the scenario.
        plan: its variant.
    """
    for entry in scenario.document.faults:
        if not isinstance(entry, FaultChoice):
            continue
        for case in entry.one_of:
            if case == plan.cases[entry.as_]:
                continue
            renderer = Renderer({**plan.values, entry.as_: case}, _place)
            try:
                solutions = render_solutions(scenario.solutions, renderer)
            except ContentError:  # a value that this case needs was not drawn
                continue
            for solution in solutions:
                if solution.reference:
                    yield f"{entry.as_} = {case}", solution


def _place(file: Path, _path: KeyPath) -> Place:
    return Place.of(file)
