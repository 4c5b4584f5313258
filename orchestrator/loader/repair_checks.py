"""Do a scenario's solutions, shortcuts and check files hold together? One small function per question."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from orchestrator.core.errors import Problem
from orchestrator.core.text import Text
from orchestrator.loader.files import problem
from orchestrator.loader.scenario_folder import RepairFiles
from orchestrator.model.scenario import ACTIONS, Step

_MIN_SHORTCUTS: Final = 2


def _one_reference_solution(files: RepairFiles) -> Iterable[Problem]:
    references = [s for s in files.solutions if s.document.reference]
    if not references and not files.complete:
        return
    if not files.solutions:
        yield problem(
            files.folder / "solutions",
            "il faut au moins une solution : créez solutions/reference.yaml",
            "at least one solution is needed: create solutions/reference.yaml",
        )
    elif not references:
        yield problem(
            files.folder / "solutions",
            "aucune solution n'est la référence : écrivez « reference: true » dans l'une d'elles",
            'no solution is the reference: write "reference: true" in one of them',
        )
    for solution in references[1:]:
        yield Problem(
            files.place(solution.source, ("reference",)),
            Text(
                fr=f"« {references[0].name} » est déjà la solution de référence ; il n'en faut qu'une",
                en=f'"{references[0].name}" is the reference solution already; there is only one',
            ),
        )


def _enough_shortcuts(files: RepairFiles) -> Iterable[Problem]:
    if len(files.shortcuts) < _MIN_SHORTCUTS and files.complete:
        count, needed = len(files.shortcuts), _MIN_SHORTCUTS
        yield problem(
            files.folder / "shortcuts",
            f"il faut au moins {needed} raccourcis à refuser (trouvés : {count}) : créez shortcuts/….yaml",
            f"at least {needed} shortcuts to refuse are needed (found: {count}): create shortcuts/….yaml",
        )
    for shortcut in files.shortcuts:
        if shortcut.document.reference:
            yield Problem(
                files.place(shortcut.source, ("reference",)),
                Text(
                    fr="un raccourci n'est pas une solution de référence ; retirez « reference »",
                    en='a shortcut is no reference solution; remove "reference"',
                ),
            )


def _has_checks(files: RepairFiles) -> Iterable[Problem]:
    if not files.checks:
        yield problem(
            files.folder / "checks",
            "il faut au moins un fichier de contrôles : créez checks/test_….py",
            "at least one file with checks is needed: create checks/test_….py",
        )


def step_actions(step: Step) -> tuple[str, ...]:
    """Return the action keys that are set in a step; there should be one."""
    return tuple(name for name in ACTIONS if getattr(step, name) is not None)


def _steps_have_one_action(files: RepairFiles) -> Iterable[Problem]:
    for solution, path, step in files.steps():
        if len(actions := step_actions(step)) != 1:
            choices, found = ", ".join(ACTIONS), ", ".join(actions)
            yield Problem(
                files.place(solution.source, path),
                Text(
                    fr=f"une étape a une seule action parmi {choices} ; trouvé : {found or 'aucune'}",
                    en=f"a step has exactly one action of {choices}; found: {found or 'none'}",
                ),
            )


def _cable_steps_do_something(files: RepairFiles) -> Iterable[Problem]:
    for solution, path, step in files.steps():
        if step.cable is None:
            continue
        moved = step.cable.plug is not None or step.cable.segment is not None
        if moved == bool(step.cable.replace):
            yield Problem(
                files.place(solution.source, (*path, "cable"), key=True),
                Text(
                    fr="dites ce que devient le câble : « plug: true », « plug: false » ou « segment », "
                    "ou bien « replace: true » sans rien d'autre",
                    en='say what becomes of the cable: "plug: true", "plug: false" or "segment", '
                    'or "replace: true" and nothing else',
                ),
            )


CHECKS_OF_FILES: Final[tuple[Callable[[RepairFiles], Iterable[Problem]], ...]] = (
    _one_reference_solution,
    _enough_shortcuts,
    _has_checks,
    _steps_have_one_action,
    _cable_steps_do_something,
)
"""Every question about solutions, shortcuts and check files."""
