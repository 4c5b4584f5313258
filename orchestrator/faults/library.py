"""Makes faults of a scenario's specifications; ``discovery`` finds their classes."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from orchestrator.errors import UsageError
from orchestrator.faults.base import Fault
from orchestrator.faults.discovery import discover
from orchestrator.model.scenario import FaultSpec
from orchestrator.text import Text, same


def fault_classes(roots: Sequence[Path] = ()) -> dict[str, type[Fault]]:
    """Return every fault class by its name: the library's, and those that content roots add."""
    return {name: found.kind for name, found in discover(roots).faults.items()}


def fault_class(name: str, roots: Sequence[Path] = ()) -> type[Fault]:
    """Return a fault class.

    Raises:
        UsageError: there is no such fault (the nearest ones are named), or there are two.
    """
    classes = fault_classes(roots)
    if clash := discover(roots).clashes.get(name):
        raise UsageError(clash.text.map(lambda text: f"{clash.place}: {text}"))
    if name in classes:
        return classes[name]
    text = Text(fr=f"Panne inconnue : « {name} »", en=f"Unknown fault: {name!r}")
    if broken := sorted({str(problem.place) for problem in discover(roots).problems}):
        text = Text(
            fr=f"{text.fr} (modules de pannes à corriger : {', '.join(broken)})",
            en=f"{text.en} (fault modules to mend: {', '.join(broken)})",
        )
    near = difflib.get_close_matches(name, classes, n=3, cutoff=0.4)
    if not near:
        raise UsageError(
            text, Text(fr="« breakfix faults » les montre toutes.", en="'breakfix faults' shows all of them.")
        )
    raise UsageError(text, Text(fr=f"Les plus proches : {', '.join(near)}", en=f"The nearest ones: {', '.join(near)}"))


def make_fault(spec: FaultSpec, roots: Sequence[Path] = ()) -> Fault:
    """Return the fault that a specification states.

    Raises:
        UsageError: unknown fault, or parameters that do not fit it.
    """
    kind = fault_class(spec.fault, roots)
    try:
        return kind.model_validate(spec.parameters)
    except ValidationError as error:
        raise UsageError(same(f"{spec.fault}: {'; '.join(_problems(error))}")) from error


def _problems(error: ValidationError) -> list[str]:
    return [f"{'.'.join(map(str, e['loc'])) or 'parameters'}: {e['msg']}" for e in error.errors()]


def problems_of(spec: FaultSpec, roots: Sequence[Path] = ()) -> tuple[Text, ...]:
    """Return what is wrong with a fault specification, for the loader: nothing, or its problems."""
    try:
        kind = fault_class(spec.fault, roots)
    except UsageError as error:
        hint = error.hint or error.text
        return (Text(fr=f"{error.text.fr}. {hint.fr}", en=f"{error.text.en}. {hint.en}"),)
    try:
        kind.model_validate(spec.parameters)
    except ValidationError as error:
        return tuple(same(f"{spec.fault}: {problem}") for problem in _problems(error))
    return ()
