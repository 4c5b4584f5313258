"""Finds the fault classes and makes faults of a scenario's specifications."""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
from functools import cache

from pydantic import ValidationError

import orchestrator.faults
from orchestrator.errors import UsageError
from orchestrator.faults.base import Fault
from orchestrator.model.scenario import FaultSpec
from orchestrator.text import Text, same


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
    kind = fault_class(spec.fault)
    try:
        return kind.model_validate(spec.parameters)
    except ValidationError as error:
        raise UsageError(same(f"{spec.fault}: {'; '.join(_problems(error))}")) from error


def _problems(error: ValidationError) -> list[str]:
    return [f"{'.'.join(map(str, e['loc'])) or 'parameters'}: {e['msg']}" for e in error.errors()]


def problems_of(spec: FaultSpec) -> tuple[Text, ...]:
    """Return what is wrong with a fault specification, for the loader: nothing, or its problems."""
    try:
        kind = fault_class(spec.fault)
    except UsageError as error:
        hint = error.hint or error.text
        return (Text(fr=f"{error.text.fr}. {hint.fr}", en=f"{error.text.en}. {hint.en}"),)
    try:
        kind.model_validate(spec.parameters)
    except ValidationError as error:
        return tuple(same(f"{spec.fault}: {problem}") for problem in _problems(error))
    return ()
