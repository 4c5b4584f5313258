"""Finds the fault classes and makes faults of a scenario's specifications."""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from dataclasses import replace
from functools import cache

import orchestrator.faults
from orchestrator.errors import Problem, UsageError
from orchestrator.faults.base import Fault
from orchestrator.loader.validate import Mistake, explain
from orchestrator.loader.yaml_source import YamlSource
from orchestrator.model.scenario import FaultSpec
from orchestrator.text import Text


@cache
def fault_classes() -> dict[str, type[Fault]]:
    """Return every fault class by its name; the modules of this package are looked through, there is no list."""
    classes = {}
    for module in pkgutil.iter_modules(orchestrator.faults.__path__):
        for _, member in inspect.getmembers(
            importlib.import_module(f"orchestrator.faults.{module.name}"), inspect.isclass
        ):
            if issubclass(member, Fault) and not inspect.isabstract(member):
                classes[member.name] = member
    return dict(sorted(classes.items()))


def fault_class(name: str) -> type[Fault]:
    """Return a fault class.

    Raises:
        UsageError: the library has no such fault; the nearest ones are named.
    """
    classes = fault_classes()
    if name in classes:
        return classes[name]
    near = difflib.get_close_matches(name, classes, n=3, cutoff=0.4) or list(classes)
    raise UsageError(
        Text(fr=f"Panne inconnue : « {name} »", en=f"Unknown fault: {name!r}"),
        Text(fr=f"Les plus proches : {', '.join(near)}", en=f"The nearest ones: {', '.join(near)}"),
    )


def make_fault(spec: FaultSpec) -> Fault:
    """Return the fault that a specification states.

    Raises:
        UsageError: unknown fault, or parameters that do not fit it.
    """
    fault, problems = _made(spec, YamlSource(spec.fault, {}, {}))
    if fault is None:
        text = Text(fr="; ".join(p.text.fr for p in problems), en="; ".join(p.text.en for p in problems))
        raise UsageError(text)
    return fault


def problems_of(spec: FaultSpec, source: YamlSource | None = None) -> tuple[Problem, ...]:
    """Return what is wrong with a fault specification, for the loader: nothing, or its problems.

    Args:
        spec: the specification, its parameters rendered.
        source: its entry as it stands in ``scenario.yaml``, for the places of the problems.
    """
    around = source or YamlSource(spec.fault, {}, {})
    try:
        return _made(spec, around)[1]
    except UsageError as error:
        hint = error.hint or error.text
        text = Text(fr=f"{error.text.fr}. {hint.fr}", en=f"{error.text.en}. {hint.en}")
        return (Problem(around.place(("fault",)), text),)


def _made(spec: FaultSpec, source: YamlSource) -> tuple[Fault | None, tuple[Problem, ...]]:
    """Return a fault, or why its parameters do not make one."""
    parameters = replace(source.below(("parameters",)), value=dict(spec.parameters))
    fault, mistakes = explain(parameters, fault_class(spec.fault), strict=False)
    return fault, tuple(_named(spec.fault, mistake) for mistake in mistakes)


def _named(fault: str, mistake: Mistake) -> Problem:
    """Return a parameter's problem with the names of the fault and of the parameter in front."""
    parameter, text = ".".join(map(str, mistake.path)), mistake.problem.text
    named = Text(fr=f"{fault} : {parameter} : {text.fr}", en=f"{fault}: {parameter}: {text.en}")
    return replace(mistake.problem, text=named)
