"""What checks ask of the fixture ``lab``, read without running them: each literal name, to be held against the lab."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from orchestrator.core.errors import Place, Problem
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.loader.author_imports import PlaceOf
from orchestrator.model.check import LAB_FIXTURE, Asked

Known: TypeAlias = Mapping[Asked, Collection[str]]
"""The hosts and segments that a lab has, the values that each variant of a scenario has, and its people."""


_ASKING: Final = frozenset({ast.Attribute, ast.Call, ast.Subscript})


@dataclass(frozen=True)
class AskedName:
    """A literal name in what a file asks of ``lab``, with its place."""

    kind: Asked
    name: str
    place: Place


@dataclass
class Calls:
    """What a file asks of ``lab``, and what is wrong with it whatever the lab is."""

    names: list[AskedName] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_calls(tree: ast.Module, place: PlaceOf) -> Calls:
    """Read what a file asks of ``lab``, wherever in it.

    Args:
        tree: the file.
        place: tells where a node of it stands.
    """
    found = Calls()
    for node in (node for node in ast.walk(tree) if type(node) in _ASKING):  # few of thousands: matching takes longer
        match node:
            case ast.Attribute(value=ast.Name(id="lab"), attr=name) if name not in LAB_FIXTURE:
                text = Text(fr=f"« lab » n'a pas de « {name} »", en=f'"lab" has no "{name}"')
                found.problems.append(Problem(place(node), with_suggestion(text, name, LAB_FIXTURE)))
            case ast.Call(func=ast.Attribute(value=ast.Name(id="lab"), attr=name)):
                asked = _literals(node, LAB_FIXTURE.get(name, {}))
                found.names += [AskedName(kind, said, place(value)) for kind, said, value in asked]
            case ast.Subscript(
                value=ast.Attribute(value=ast.Name(id="lab"), attr="values"), slice=ast.Constant(value=str(key))
            ):
                found.names.append(AskedName("value", key, place(node.slice)))
    return found


def _literals(call: ast.Call, parameters: Mapping[str, Asked]) -> Iterator[tuple[Asked, str, ast.expr]]:
    """Yield the literal texts that a call gives for some of its first parameters, by place or by name."""
    given: dict[str | None, ast.expr] = {word.arg: word.value for word in call.keywords}
    given |= zip(parameters, call.args, strict=False)
    for parameter, kind in parameters.items():
        match given.get(parameter):
            case ast.Constant(value=str(said)) as value:
                yield kind, said, value


def asked_names_are_known(names: Iterable[AskedName], known: Known) -> Iterator[Problem]:
    """Yield a problem for each name that is asked of a lab that does not have it."""
    for asked in names:
        if asked.name not in known[asked.kind]:
            text = Text(fr=_WORDS[asked.kind].fr.format(asked.name), en=_WORDS[asked.kind].en.format(asked.name))
            yield Problem(asked.place, with_suggestion(text, asked.name, sorted(known[asked.kind])))


_WORDS: Mapping[Asked, Text] = {
    "host": Text(fr="le lab n'a pas d'hôte « {} »", en='the lab has no host "{}"'),
    "segment": Text(fr="le lab n'a pas de segment « {} »", en='the lab has no segment "{}"'),
    "persona": Text(fr="le scénario n'a personne du nom « {} »", en='the scenario has nobody named "{}"'),
    "value": Text(fr="le nom « {} » n'est pas défini", en='the name "{}" is not defined'),
}
