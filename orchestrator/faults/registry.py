"""Makes faults of a scenario's specifications; ``discovery`` finds their classes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from orchestrator.core.errors import Problem, UsageError
from orchestrator.core.text import Text
from orchestrator.faults.discovery import Discovery, discover, read
from orchestrator.faults.fault import Fault
from orchestrator.loader.model_validation import Mistake, explain
from orchestrator.loader.yaml_source import YamlSource
from orchestrator.model.base import Document
from orchestrator.model.scenario import FaultSpec

K = TypeVar("K", bound=Document)


def fault_classes(roots: Sequence[Path] = ()) -> dict[str, type[Fault]]:
    """Return every fault class by its name: the library's, and those that content roots add."""
    return {name: found.kind for name, found in discover(roots).faults.items()}


def fault_class(name: str, roots: Sequence[Path] = ()) -> type[Fault]:
    """Return a fault class.

    Raises:
        UsageError: there is no such fault (the nearest ones are named), or there are two.
    """
    return _kind_of(name, discover(roots))


def _kind_of(name: str, discovery: Discovery[K]) -> type[K]:
    if clash := discovery.clashes.get(name):
        raise UsageError(clash.text.map(lambda text: f"{clash.place}: {text}"))
    if name in discovery.faults:
        return discovery.faults[name].kind
    text = Text(fr=f"Panne inconnue : « {name} »", en=f"Unknown fault: {name!r}")
    if broken := sorted(discovery.problems, key=lambda problem: problem.place):
        text = Text(
            fr=f"{text.fr} (modules de pannes à corriger : {'; '.join(f'{p.place} : {p.text.fr}' for p in broken)})",
            en=f"{text.en} (fault modules to repair: {'; '.join(f'{p.place}: {p.text.en}' for p in broken)})",
        )
    near = difflib.get_close_matches(name, discovery.faults, n=3, cutoff=0.4)
    if not near:
        raise UsageError(
            text, Text(fr="« breakfix faults » les montre toutes.", en="'breakfix faults' shows all of them.")
        )
    raise UsageError(text, Text(fr=f"Les plus proches : {', '.join(near)}", en=f"The nearest ones: {', '.join(near)}"))


def make_fault(spec: FaultSpec, roots: Sequence[Path] = ()) -> Fault:
    """Return the fault that a specification states; the content roots' fault modules are run.

    Raises:
        UsageError: unknown fault, or parameters that do not fit it.
    """
    fault, problems = _made(spec, YamlSource(spec.fault, {}, {}), fault_class(spec.fault, roots))
    if fault is None:
        text = Text(fr="; ".join(p.text.fr for p in problems), en="; ".join(p.text.en for p in problems))
        raise UsageError(text)
    return fault


def problems_of(
    spec: FaultSpec, source: YamlSource | None = None, *, roots: Sequence[Path] = ()
) -> tuple[Problem, ...]:
    """Return what is wrong with a fault specification, for the loader: nothing, or its problems.

    No module of a content root is run; ``make_fault`` looks again at what this cannot know.

    Args:
        spec: the specification, its parameters rendered.
        source: its entry as it stands in ``scenario.yaml``, for the places of the problems.
        roots: the content roots whose faults it may name.
    """
    around = source or YamlSource(spec.fault, {}, {})
    try:
        return _made(spec, around, _kind_of(spec.fault, read(roots)))[1]
    except UsageError as error:
        hint = error.hint or error.text
        text = Text(fr=f"{error.text.fr}. {hint.fr}", en=f"{error.text.en}. {hint.en}")
        return (Problem(around.place(("fault",)), text),)


def explanation(spec: FaultSpec, roots: Sequence[Path] = ()) -> Text:
    """Return what a fault breaks, in a sentence; that of a content root's fault is its docstring's: it is not run."""
    found = read(roots).faults[spec.fault]
    if found.root is None:
        return make_fault(spec).explain()
    summary = " ".join((found.kind.__doc__ or "").strip().partition("\n\n")[0].split())
    given = ", ".join(f"{name}: {value}" for name, value in spec.parameters.items())
    return Text(fr=f"{spec.fault} ({given}) : {summary}", en=f"{spec.fault} ({given}): {summary}")


def require_faults(specs: Iterable[FaultSpec], roots: Sequence[Path]) -> None:
    """Make sure that faults can be made, before anything is started for them; the roots' fault modules are run.

    Raises:
        UsageError: one of them cannot.
    """
    for spec in specs:
        make_fault(spec, roots)


def _made(spec: FaultSpec, source: YamlSource, kind: type[K]) -> tuple[K | None, tuple[Problem, ...]]:
    """Return what a specification makes, or why its parameters do not fit."""
    parameters = replace(source.below(("parameters",)), value=dict(spec.parameters))
    fault, mistakes = explain(parameters, kind, strict=False)
    return fault, tuple(_named(spec.fault, mistake) for mistake in mistakes)


def _named(fault: str, mistake: Mistake) -> Problem:
    """Return a parameter's problem with the fault's name in front, and the parameter's where the text lacks it."""
    parameter, text = ".".join(map(str, mistake.path)), mistake.problem.text
    if f'"{parameter}"' not in text.en:
        text = Text(fr=f"{parameter} : {text.fr}", en=f"{parameter}: {text.en}")
    named = Text(fr=f"{fault} : {text.fr}", en=f"{fault}: {text.en}")
    return replace(mistake.problem, text=named)
