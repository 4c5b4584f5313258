"""Makes faults of a scenario's specifications; ``discovery`` finds their classes."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from orchestrator.errors import Problem, UsageError
from orchestrator.faults.base import Fault
from orchestrator.faults.discovery import discover
from orchestrator.loader.validate import Mistake, explain
from orchestrator.loader.yaml_source import YamlSource
from orchestrator.model.scenario import FaultSpec
from orchestrator.text import Text


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
    fault, problems = _made(spec, YamlSource(spec.fault, {}, {}), roots)
    if fault is None:
        text = Text(fr="; ".join(p.text.fr for p in problems), en="; ".join(p.text.en for p in problems))
        raise UsageError(text)
    return fault


def problems_of(
    spec: FaultSpec, source: YamlSource | None = None, *, roots: Sequence[Path] = ()
) -> tuple[Problem, ...]:
    """Return what is wrong with a fault specification, for the loader: nothing, or its problems.

    Args:
        spec: the specification, its parameters rendered.
        source: its entry as it stands in ``scenario.yaml``, for the places of the problems.
        roots: the content roots whose faults it may name.
    """
    around = source or YamlSource(spec.fault, {}, {})
    try:
        return _made(spec, around, roots)[1]
    except UsageError as error:
        hint = error.hint or error.text
        text = Text(fr=f"{error.text.fr}. {hint.fr}", en=f"{error.text.en}. {hint.en}")
        return (Problem(around.place(("fault",)), text),)


def _made(spec: FaultSpec, source: YamlSource, roots: Sequence[Path]) -> tuple[Fault | None, tuple[Problem, ...]]:
    """Return a fault, or why its parameters do not make one."""
    parameters = replace(source.below(("parameters",)), value=dict(spec.parameters))
    fault, mistakes = explain(parameters, fault_class(spec.fault, roots), strict=False)
    return fault, tuple(_named(spec.fault, mistake) for mistake in mistakes)


def _named(fault: str, mistake: Mistake) -> Problem:
    """Return a parameter's problem with the fault's name in front, and the parameter's where the text lacks it."""
    parameter, text = ".".join(map(str, mistake.path)), mistake.problem.text
    if f'"{parameter}"' not in text.en:
        text = Text(fr=f"{parameter} : {text.fr}", en=f"{parameter}: {text.en}")
    named = Text(fr=f"{fault} : {text.fr}", en=f"{fault}: {text.en}")
    return replace(mistake.problem, text=named)
