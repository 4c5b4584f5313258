"""Safe YAML with positions: plain values, and for each key and value the line and column it stands at.

Reads the part of YAML 1.2's core schema that content needs: mappings with text keys, lists, texts, decimal
numbers, ``true``/``false``, ``null``, anchors and aliases. Dates, ``yes``/``on`` and sexagesimal numbers of
YAML 1.1 read as the text that they are; tags are refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn, TypeAlias

import yaml

from orchestrator.core.control_characters import CONTROLS, name_of
from orchestrator.core.errors import ContentError, Place, Problem
from orchestrator.core.text import Text
from orchestrator.loader.files import decode, read_bytes

KeyPath: TypeAlias = tuple[str | int, ...]
"""The way to a value: keys and list positions from the top."""

MAX_NODES: Final = 20_000
"""The most values in one document, with every alias counted as often as it is used."""

MAX_DEPTH: Final = 40
"""The deepest nesting."""

_Event: TypeAlias = Any
"""One of PyYAML's parsing events, which its type stubs leave open."""

# libyaml's parser is about ten times faster; PyYAML may be installed without it.
_Parser: Final[type[Any]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_CONSTANTS: Final[Mapping[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,2})?")


@dataclass(frozen=True)
class Position:
    """Where a key and its value stand (line, column; from 1); a list's item has its value's place as key.

    Attributes:
        key: the key's line and column.
        value: the value's line and column.
        text: the line of the value's first character, which is below ``|`` and ``>``.
        raw: a scalar as written, for messages; empty for mappings and lists.
    """

    key: tuple[int, int]
    value: tuple[int, int]
    text: int
    raw: str = ""


@dataclass(frozen=True)
class YamlSource:
    """One YAML file: its plain value, and where everything in it stands.

    Attributes:
        file: the file's name as the user knows it.
        value: dictionaries with text keys, lists, texts, numbers, booleans and None.
        positions: the position of each value.
        problems: what is wrong though the rest could be read (a duplicate key).
    """

    file: str
    value: Any
    positions: Mapping[KeyPath, Position]
    problems: tuple[Problem, ...] = ()

    def place(self, path: KeyPath = (), *, key: bool = False) -> Place:
        """Return the place of a value, or of its key; where it is not written, of what is around it."""
        while path and path not in self.positions:
            path, key = path[:-1], True
        position = self.positions.get(path)
        if position is None:
            return Place(self.file)
        return Place(self.file, *(position.key if key else position.value))

    def below(self, path: KeyPath) -> YamlSource:
        """Return what stands under a path, as a source of its own; where it is not written, nothing at its place."""
        inside = {at[len(path) :]: position for at, position in self.positions.items() if at[: len(path)] == path}
        value = self.value
        for i, part in enumerate(path):
            if path[: i + 1] not in self.positions:
                around = self.positions.get(path[:i])
                return YamlSource(self.file, None, {} if around is None else {(): around})
            value = value[part]
        return YamlSource(self.file, value, inside)

    def text_place(self, path: KeyPath) -> Place:
        """Return the place of the first line of a text (of a template, whose own lines count from there)."""
        position = self.positions.get(path)
        return Place(self.file, position.text) if position else self.place(path)

    def raw(self, path: KeyPath) -> str:
        """Return a scalar as it is written in the file."""
        position = self.positions.get(path)
        return position.raw if position else ""


def read_yaml(path: Path, *, within: Path) -> YamlSource:
    """Read a YAML file of a content folder.

    Raises:
        ContentError: the file cannot be read (see ``read_bytes``) or is not YAML.
    """
    return parse_yaml(decode(read_bytes(path, within=within), path), Place.of(path).file)


def parse_yaml(text: str, file: str) -> YamlSource:
    """Parse YAML text.

    Raises:
        ContentError: the text is not YAML, or uses what content may not (tags, documents, alias bombs).
    """
    try:
        return _Builder(text, file).build()
    except yaml.YAMLError as error:
        raise ContentError((_syntax_problem(error, text, file),)) from error


@dataclass
class _Node:
    """A value under construction, with the positions of all that is in it, relative to it."""

    value: Any
    mark: tuple[int, int]
    text: int
    raw: str = ""
    size: int = 1
    inner: dict[KeyPath, Position] = field(default_factory=dict)

    def adopt(self, key: str | int, key_mark: tuple[int, int], child: _Node) -> None:
        self.inner[(key,)] = Position(key_mark, child.mark, child.text, child.raw)
        self.inner.update({(key, *path): position for path, position in child.inner.items()})


class _Builder:
    """Builds values from the parser's events, within bounds that a hostile file cannot pass."""

    def __init__(self, text: str, file: str) -> None:
        self._file = file
        self._events = self._parse(text)
        self._anchors: dict[str, _Node | None] = {}
        self._problems: list[Problem] = []
        self._nodes = 0

    @staticmethod
    def _parse(text: str) -> Iterator[_Event]:
        parser = _Parser(text)
        try:
            while parser.check_event():
                yield parser.get_event()
        finally:
            parser.dispose()

    def build(self) -> YamlSource:
        root: _Node | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    self._refuse(
                        event,
                        "un seul document par fichier : retirez « --- »",
                        "one document per file: remove '---'",
                    )
                root = self._node(next(self._events), 0)
        if root is None:
            root = _Node(None, (1, 1), 1)
        positions = {(): Position(root.mark, root.mark, root.text, root.raw), **root.inner}
        return YamlSource(self._file, root.value, positions, tuple(self._problems))

    def _node(self, event: _Event, depth: int) -> _Node:
        if depth > MAX_DEPTH:
            self._refuse(event, f"plus de {MAX_DEPTH} niveaux", f"more than {MAX_DEPTH} levels deep")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if event.tag is not None and event.tag != "!":
            self._refuse(
                event,
                f"l'étiquette « {event.tag} » n'est pas permise ; retirez-la",
                f'the tag "{event.tag}" is not allowed; remove it',
            )
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._count(event, 1)
        if isinstance(event, yaml.ScalarEvent):
            self._require_readable(event)
            node = _scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self._sequence(event, depth)
        else:
            node = self._mapping(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _sequence(self, start: _Event, depth: int) -> _Node:
        node = _Node([], _mark(start), start.start_mark.line + 1)
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            child = self._node(event, depth + 1)
            node.adopt(len(node.value), child.mark, child)
            node.value.append(child.value)
            node.size += child.size
        return node

    def _mapping(self, start: _Event, depth: int) -> _Node:
        node = _Node({}, _mark(start), start.start_mark.line + 1)
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key, mark = self._key(event), _mark(event)
            child = self._node(next(self._events), depth + 1)
            if key in node.value:
                line = node.inner[(key,)].key[0]
                self._problems.append(
                    Problem(
                        Place(self._file, *mark),
                        Text(
                            fr=f"la clé « {key} » est déjà à la ligne {line} ; gardez-en une seule",
                            en=f'the key "{key}" is already on line {line}; keep one of them',
                        ),
                    )
                )
                continue
            node.adopt(key, mark, child)
            node.value[key] = child.value
            node.size += child.size
        return node

    def _key(self, event: _Event) -> str:
        if isinstance(event, yaml.MappingStartEvent):
            self._refuse(
                event,
                "une clé doit être un texte ; une valeur qui commence par {{ s'écrit entre guillemets",
                "a key must be a text; a value that begins with {{ needs quotes around it",
            )
        if not isinstance(event, yaml.ScalarEvent) or event.tag not in {None, "!"}:
            self._refuse(event, "une clé doit être un texte", "a key must be a text")
        self._count(event, 1)
        self._require_readable(event)
        return str(event.value)

    def _require_readable(self, event: _Event) -> None:
        if (found := CONTROLS.search(event.value)) is not None:
            name = name_of(found[0])
            self._refuse(
                event,
                f"ce texte a un caractère de commande ({name}), qui agirait sur un terminal ; retirez-le",
                f"this text has a control character ({name}), which would act on a terminal; remove it",
            )

    def _alias(self, event: _Event) -> _Node:
        if event.anchor not in self._anchors:
            self._refuse(
                event,
                f"l'alias « *{event.anchor} » n'est défini nulle part plus haut ; un texte qui commence par "
                "* s'écrit entre guillemets",
                f'the alias "*{event.anchor}" is not defined above; a text that begins with * needs quotes',
            )
        node = self._anchors[event.anchor]
        if node is None:
            self._refuse(
                event,
                f"l'alias « *{event.anchor} » se contient lui-même",
                f'the alias "*{event.anchor}" contains itself',
            )
        self._count(event, node.size)
        return node

    def _count(self, event: _Event, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            self._refuse(
                event,
                f"plus de {MAX_NODES} valeurs (alias développés)",
                f"more than {MAX_NODES} values (aliases expanded)",
            )

    def _refuse(self, event: _Event, fr: str, en: str) -> NoReturn:
        raise ContentError((Problem(Place(self._file, *_mark(event)), Text(fr=fr, en=en)),))


def _mark(event: _Event) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _scalar(event: _Event) -> _Node:
    below = event.style in {"|", ">"}
    value = _plain(event.value) if event.style is None or event.style == "" else event.value
    if event.tag == "!":
        value = event.value
    return _Node(value, _mark(event), event.start_mark.line + 1 + below, event.value)


def _plain(text: str) -> str | int | float | bool | None:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text


_SYNTAX: Final = (
    # What libyaml (and PyYAML's own parser, in other words) finds -> what the author should look for.
    (
        re.compile(r"mapping values are not allowed"),
        "« : » inattendu : vérifiez le retrait ; un texte qui contient « : » s'écrit entre guillemets",
        "unexpected ':': check the indentation; a text that contains ': ' needs quotes around it",
    ),
    (
        re.compile(r"could not find expected ':'"),
        "il manque « : » après la clé",
        "':' is missing after the key",
    ),
    (
        re.compile(r"did not find expected (key|'-' indicator)|expected <block end>"),
        "cette ligne n'est pas alignée avec les précédentes : vérifiez le retrait",
        "this line does not line up with those before it: check the indentation",
    ),
    (
        re.compile(r"expected ',' or '[\]}]'"),
        "« [ » ou « { » n'est pas fermé ; une valeur qui commence par {{ s'écrit entre guillemets",
        "a '[' or '{' is not closed; a value that begins with {{ needs quotes around it",
    ),
    (
        re.compile(r"unexpected end of stream"),
        "un guillemet n'est pas fermé",
        "a quote is not closed",
    ),
    (
        re.compile(r"unknown escape character"),
        "« \\ » entre guillemets doubles : écrivez « \\\\ » ou prenez des guillemets simples",
        "'\\' in double quotes: write '\\\\', or use single quotes",
    ),
    (
        re.compile(r"cannot start any token"),
        "ce caractère ne peut pas commencer une valeur : mettez-la entre guillemets",
        "this character cannot begin a value: put quotes around it",
    ),
    (
        re.compile(r"expected alphabetic or numeric"),
        "un texte qui commence par « * » ou « & » s'écrit entre guillemets",
        "a text that begins with '*' or '&' needs quotes around it",
    ),
    (
        re.compile(r"maximum nesting depth"),
        f"plus de {MAX_DEPTH} niveaux",
        f"more than {MAX_DEPTH} levels deep",
    ),
)


_NOT_CLOSED: Final = re.compile(r"expected ',' or '[\]}]'|unexpected end of stream")


def _syntax_problem(error: yaml.YAMLError, text: str, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    if mark is None:  # a control character: the reader's error has a position in the text instead of a mark
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position) + 1
        return Problem(
            Place(file, line),
            Text(fr="caractère de commande interdit en YAML", en="a control character, which YAML forbids"),
        )
    found = str(getattr(error, "problem", error))
    if _NOT_CLOSED.search(found):  # what was opened is the place to look at, not the end of the file
        mark = getattr(error, "context_mark", None) or mark
    place = Place(file, mark.line + 1, mark.column + 1)
    lines = text.splitlines()
    line_text = lines[mark.line] if mark.line < len(lines) else ""
    if "\t" in line_text[: len(line_text) - len(line_text.lstrip())]:
        return Problem(
            place,
            Text(
                fr="tabulation dans le retrait : YAML n'accepte que des espaces",
                en="a tab in the indentation: YAML takes spaces only",
            ),
        )
    for pattern, fr, en in _SYNTAX:
        if pattern.search(found):
            return Problem(place, Text(fr=fr, en=en))
    return Problem(place, Text(fr=f"YAML invalide : {found}", en=f"invalid YAML: {found}"))
