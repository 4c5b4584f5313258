"""The settings of a machine that serves the portal: TOML -> model, with every problem at its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orchestrator.core.errors import ContentError, Place, Problem
from orchestrator.core.text import Text
from orchestrator.loader.files import decode, read_bytes
from orchestrator.loader.model_validation import explain
from orchestrator.loader.yaml_source import KeyPath, Position, YamlSource
from orchestrator.model.base import CONTRACT
from orchestrator.model.serve_settings import ServeSettings

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def read_settings(path: Path) -> ServeSettings:
    """Return the settings that a file holds.

    Raises:
        ContentError: the file cannot be read, is not TOML, or says what no settings say; every problem is listed.
    """
    text = decode(read_bytes(path, within=path.parent), path)
    return parse_settings(text, Place.of(path).file)


def parse_settings(text: str, file: str) -> ServeSettings:
    """Return the settings that a TOML text holds; see ``read_settings``."""
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ContentError((_not_toml(str(error), text, file),)) from error
    source = YamlSource(file, _plain(value), dict(_positions(text)))
    if refused := _contract_problem(source):
        raise ContentError((refused,))
    made, mistakes = explain(source, ServeSettings)
    problems = [mistake.problem for mistake in mistakes]
    if made is None:
        raise ContentError(tuple(sorted(problems, key=lambda problem: problem.place)))
    if refused := _contradiction(made, source):
        raise ContentError((refused,))
    return made


def _contract_problem(source: YamlSource) -> Problem | None:
    contract = source.value.get("contract")
    if contract == CONTRACT and not isinstance(contract, bool):
        return None
    return Problem(
        source.place(("contract",)),
        Text(
            fr=f"le fichier doit dire quel contrat il suit : écrivez « contract = {CONTRACT} » en première ligne",
            en=f'the file must say which contract it follows: write "contract = {CONTRACT}" as its first line',
        ),
    )


def _contradiction(made: ServeSettings, source: YamlSource) -> Problem | None:
    if made.tls is None or not made.behind_proxy:
        return None
    return Problem(
        source.place(("behind_proxy",), key=True),
        Text(
            fr="derrière un mandataire, c'est lui qui parle TLS : retirez « behind_proxy » ou « [tls] »",
            en='behind a proxy it is the proxy that speaks TLS: remove "behind_proxy" or "[tls]"',
        ),
    )


def _plain(value: Any) -> Any:  # noqa: ANN401 - TOML's types
    """Return a value of JSON's types: what TOML reads as a date or time is the text that no key takes."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, str | int | float) else str(value)


# Positions ------------------------------------------------------------------------------------------------


def _positions(text: str) -> Iterator[tuple[KeyPath, Position]]:
    """Yield where each key and value of a TOML text stands; tomllib itself says where a statement ends."""
    yield (), Position((1, 1), (1, 1), 1)
    table: KeyPath = ()
    for first, statement in _statements(text):
        made = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            table = _innermost(made)
            yield table, Position((first, 1), (first, 1), first)
        else:
            column = len(statement) - len(statement.lstrip()) + 1
            after = re.match(r"[^=]*=\s*", statement)
            at = (first, column), (first, after.end() + 1 if after else column)
            yield from _of_statement(made, table, at, statement)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each table's head and each key with its value, which may take several lines; and its first line."""
    begun: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        begun.append(line)
        whole = "\n".join(begun)
        try:
            found = tomllib.loads(whole)
        except tomllib.TOMLDecodeError:
            continue
        if found:
            yield number - len(begun) + 1, whole
        begun = []


def _innermost(made: dict[str, Any]) -> KeyPath:
    path: KeyPath = ()
    value: Any = made
    while isinstance(value, dict) and value:
        key = next(iter(value))
        path, value = (*path, key), value[key]
    return path


def _of_statement(
    value: Any,  # noqa: ANN401 - TOML's types
    path: KeyPath,
    at: tuple[tuple[int, int], tuple[int, int]],
    statement: str,
) -> Iterator[tuple[KeyPath, Position]]:
    children: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(value, dict):
        children = iter(value.items())
    elif isinstance(value, list):
        children = enumerate(value)
    for key, inner in children:
        (line, column), behind = at
        if isinstance(key, int) and isinstance(inner, str) and (written := statement.find(inner)) > 0:
            line = at[0][0] + statement.count("\n", 0, written)
            column = written - statement.rfind("\n", 0, written) - 1
            behind = (line, column)
        raw = "" if isinstance(inner, dict | list) else str(inner).lower() if isinstance(inner, bool) else str(inner)
        yield (*path, key), Position((line, column), behind, line, raw)
        yield from _of_statement(inner, (*path, key), at, statement)


def _not_toml(said: str, text: str, file: str) -> Problem:
    where = _AT.search(said)
    line, column = len(text.splitlines()), 0
    if where and where[1]:
        line, column = int(where[1]), int(where[2])
    what = _AT.sub("", said)
    return Problem(
        Place(file, line, column),
        Text(fr=f"ce n'est pas du TOML : {what}", en=f"this is not TOML: {what}"),
        Text(
            fr='Un texte s\'écrit entre guillemets : listen = "0.0.0.0:8443".',
            en='A text stands in quotes: listen = "0.0.0.0:8443".',
        ),
    )
