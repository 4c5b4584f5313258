"""Can a scenario's variants be drawn? One small function per question about its variables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv4Network
from typing import Final

from orchestrator.core.errors import Problem
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.loader.scenario_folder import ScenarioFolder
from orchestrator.loader.yaml_source import KeyPath
from orchestrator.model.scenario import (
    AddressVariable,
    ChoiceVariable,
    FaultChoice,
    HostVariable,
    IntegerVariable,
    Variable,
)
from orchestrator.planning.template_context import RESERVED
from orchestrator.planning.variant import unlike_of


def _names_are_free(loaded: ScenarioFolder) -> Iterable[Problem]:
    document = loaded.document
    names: list[tuple[str, KeyPath]] = [(name, ("variables", name)) for name in document.variables]
    names += [(e.as_, ("faults", i, "as")) for i, e in enumerate(document.faults) if isinstance(e, FaultChoice)]
    seen: dict[str, KeyPath] = {}
    for name, path in names:
        if name in RESERVED:
            text = Text(
                fr=f"« {name} » existe déjà dans tous les modèles ; choisissez un autre nom",
                en=f'"{name}" exists in every template already; choose another name',
            )
            yield loaded.problem(path, text, key=path[0] == "variables")
        elif name in seen:
            line = loaded.source.place(seen[name], key=True).line
            text = Text(
                fr=f"le nom « {name} » est déjà pris ligne {line} ; donnez-en un autre avec « as »",
                en=f'the name "{name}" is already taken on line {line}; give another one with "as"',
            )
            yield loaded.problem(path, text)
        seen.setdefault(name, path)


def _variables_can_be_drawn(loaded: ScenarioFolder) -> Iterable[Problem]:
    for name, variable in loaded.document.variables.items():
        path: KeyPath = ("variables", name)
        match variable:
            case IntegerVariable() if variable.low > variable.high:
                yield _reversed_bounds(loaded, (*path, "high"), "high", "low")
            case AddressVariable() if variable.first > variable.last:
                yield _reversed_bounds(loaded, (*path, "last"), "last", "first")
            case AddressVariable() if variable.last > IPv4Network(variable.subnet).num_addresses - 2:
                size = IPv4Network(variable.subnet).num_addresses - 2
                text = Text(
                    fr=f"{variable.subnet} n'a que {size} adresses d'hôte",
                    en=f"{variable.subnet} has only {size} host addresses",
                )
                yield loaded.problem((*path, "last"), text)
            case ChoiceVariable() | HostVariable() if len(set(variable.of)) < len(variable.of):
                text = Text(fr="la même valeur est donnée deux fois", en="one value is given twice")
                yield loaded.problem((*path, "of"), text)


def _reversed_bounds(loaded: ScenarioFolder, path: KeyPath, greater: str, smaller: str) -> Problem:
    text = Text(fr=f"« {greater} » est plus petit que « {smaller} »", en=f'"{greater}" is smaller than "{smaller}"')
    return loaded.problem(path, text)


def _unlike_can_be_held(loaded: ScenarioFolder) -> Iterable[Problem]:
    """What is unlike others names variables of its kind, drawn before it, and has more values than these take."""
    variables = loaded.document.variables
    earlier: list[str] = []
    for name, variable in variables.items():
        others = unlike_of(variable)
        kin = [other for other in earlier if type(variables[other]) is type(variable)]
        for i, other in enumerate(others):
            if other not in kin:
                text = Text(
                    fr=f"« {other} » n'est pas une variable du même genre, écrite plus haut",
                    en=f'"{other}" is no variable of the same kind, written higher up',
                )
                yield loaded.problem(("variables", name, "unlike", i), with_suggestion(text, other, kin))
        if others and _values_of(variable) <= len(set(others)):
            text = Text(
                fr=f"il faut plus de {len(set(others))} valeurs pour différer de toutes ces variables",
                en=f"more than {len(set(others))} values are needed to be unlike all these variables",
            )
            yield loaded.problem(("variables", name, "unlike"), text)
        earlier.append(name)


def _values_of(variable: Variable) -> int:
    if isinstance(variable, IntegerVariable):
        return variable.high - variable.low + 1
    return len(variable.of) if isinstance(variable, ChoiceVariable | HostVariable) else 0


def _addresses_suffice(loaded: ScenarioFolder) -> Iterable[Problem]:
    """Variables that draw from the same addresses need as many of them as they are."""
    drawn: dict[str, list[tuple[str, AddressVariable]]] = {}
    for name, variable in loaded.document.variables.items():
        if isinstance(variable, AddressVariable):
            drawn.setdefault(variable.subnet, []).append((name, variable))
    for subnet, variables in drawn.items():
        for name, variable in variables:
            rivals = sum(v.first <= variable.last and variable.first <= v.last for _, v in variables)
            if 0 < variable.last - variable.first + 1 < rivals:
                text = Text(
                    fr=f"{rivals} variables se partagent trop peu d'adresses de {subnet}",
                    en=f"{rivals} variables share too few addresses of {subnet}",
                )
                yield loaded.problem(("variables", name), text, key=True)


CHECKS_OF_DRAWS: Final[tuple[Callable[[ScenarioFolder], Iterable[Problem]], ...]] = (
    _names_are_free,
    _variables_can_be_drawn,
    _unlike_can_be_held,
    _addresses_suffice,
)
"""Questions about what a seed draws: where one is answered badly, no variant can be made."""
