"""Templates that can be filled in without Jinja2: texts, names, and choices by a name's value.

Nearly all texts of a scenario are like this::

    {% if cause == 'unplugged' %}The cable of {{ pc }} was out.{% else %}It was in the wrong socket.{% endif %}

Jinja2 needs a thousand times as long to compile one. What is filled in here is, to the letter, what Jinja2 makes of it
with ``trim_blocks`` and ``lstrip_blocks``; whatever else a template has, and each mistake in one, is Jinja2's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, TypeAlias

from orchestrator.core.elision import ELISIONS

Name: TypeAlias = tuple[str, ...]
"""A dotted name."""
Parts: TypeAlias = tuple["str | Name | Elided | Choice", ...]
"""Texts, names whose values are put in, as they are or with French elision, and choices."""


class NotPlainError(Exception):
    """This is for Jinja2 to fill in, or to refuse."""


@dataclass(frozen=True)
class Elided:
    """A name whose value is put in after a word that French elides: ``{{ user.full | de }}``."""

    name: Name
    word: str


@dataclass(frozen=True)
class PlainCondition:
    """Whether a name's value is one of some texts, or none of them."""

    name: Name
    texts: tuple[str, ...]
    expected: bool = True

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Return whether it holds.

        Raises:
            NotPlainError: the name has no plain value.
        """
        return (_value(self.name, values) in self.texts) == self.expected


@dataclass(frozen=True)
class Choice:
    """The parts under the first condition that holds; a branch without one always does."""

    branches: tuple[tuple[PlainCondition | None, Parts], ...]


MARKS: Final = ("{{", "{%", "{#")
_WORD: Final = r"[a-z][a-zA-Z0-9_]*(?:\.[a-z][a-zA-Z0-9_]*)*"
_QUOTED: Final = r"'[^'\\\n]*'|\"[^\"\\\n]*\""
_LIST: Final = rf"(?:{_QUOTED})(?: *, *(?:{_QUOTED}))+"
_ASKED: Final = rf"{_WORD} *(?:(?:==|!=) *(?:{_QUOTED})| in *(?:\({_LIST}\)|\[{_LIST}\]))"
_ASKS: Final = re.compile(_ASKED).fullmatch
_CONDITION: Final = re.compile(rf"({_WORD}) *(==|!=| in) *(.*)")
_CHOSEN: Final = re.compile(rf"({_WORD}|{_QUOTED}) +if +({_ASKED}) +else +(.+)")
_IS_QUOTED: Final = re.compile(_QUOTED).fullmatch
_IS_NAME: Final = re.compile(_WORD).fullmatch
_ELIDED: Final = re.compile(rf"({_WORD}) *\| *(de|que)")
_TAG: Final = re.compile(
    r"\{\{ *([^-+ {}%\n](?:[^{}%\n]*[^-+ {}%\n])?) *\}\}"
    r"|\{%(-?) *(if|elif|else|endif)(?: ++((?:[-+ ]*+[^-+%} \n]++)++))? *+(?:-%\}\s*|%\}\n?)"
)
_MAX_DEPTH: Final = 50
"""Choices in choices; of deeper ones Jinja2 says that they are too deep."""
_KEYWORDS: Final = frozenset(
    {"true", "false", "none", "not", "and", "or", "in", "is", "if", "else"}
    | {"loop", "self", "super", "caller", "varargs", "kwargs"}
)
_BLANK: Final = re.compile(r"\s+")


@lru_cache(maxsize=4096)
def parts_of(source: str) -> Parts | None:
    """Return the parts of a plain template; None for any other."""
    if "\r" in source:  # Jinja2 makes another newline of it
        return None
    try:
        return _Reader(source).read()
    except NotPlainError:
        return None


@lru_cache(maxsize=1024)
def condition_of(expression: str) -> PlainCondition | None:
    """Return what a plain ``when`` expression asks; None for any other."""
    if not _ASKS(expression):
        return None
    name, operator, texts = _CONDITION.findall(expression)[0]
    dotted = _dotted(name)
    if dotted is None:
        return None
    return PlainCondition(dotted, tuple(text[1:-1] for text in re.findall(_QUOTED, texts)), operator != "!=")


def filled_in(source: str, values: Mapping[str, Any]) -> str | None:
    """Return what Jinja2 would make of a template, where that is plain to see; else None, and Jinja2 decides."""
    parts = parts_of(source)
    if parts is None:
        return None
    try:
        return fill_in(parts, values)
    except NotPlainError:
        return None


def fill_in(parts: Parts, values: Mapping[str, Any]) -> str:
    """Return the text that comes of a plain template.

    Raises:
        NotPlainError: a name that counts has no plain value: Jinja2 decides what to make, or to say, of it.
    """
    made = []
    for part in parts:
        if isinstance(part, str):
            made.append(part)
        elif isinstance(part, tuple):
            made.append(str(_value(part, values)))
        elif isinstance(part, Elided):
            made.append(ELISIONS[part.word](_value(part.name, values)))
        else:
            chosen = (inside for condition, inside in part.branches if condition is None or condition.holds(values))
            made.append(fill_in(next(chosen, ()), values))
    return "".join(made)


def names_of(parts: Parts) -> Iterator[str]:
    """Yield every name of a plain template."""
    for part in parts:
        if isinstance(part, tuple):
            yield part[0]
        elif isinstance(part, Elided):
            yield part.name[0]
        elif isinstance(part, Choice):
            for condition, inside in part.branches:
                yield from (condition.name[:1] if condition else ())
                yield from names_of(inside)


def deciding_names_of(parts: Parts) -> Iterator[str]:
    """Yield the names by whose values a plain template chooses."""
    for choice in parts:
        if isinstance(choice, Choice):
            for condition, inside in choice.branches:
                yield from (condition.name[:1] if condition else ())
                yield from deciding_names_of(inside)


def _value(name: Name, values: Mapping[str, Any]) -> str | int:
    """Return a dotted name's value as Jinja2 finds it: an attribute, else an item."""
    value = values.get(name[0])
    for attribute in name[1:]:
        try:
            value = getattr(value, attribute)
        except AttributeError:
            value = value.get(attribute) if isinstance(value, Mapping) else None
    if not isinstance(value, str | int):
        raise NotPlainError
    return value


def _dotted(name: str) -> Name | None:
    """Return a dotted name in its pieces; None for a word of Jinja2's."""
    dotted = tuple(name.split("."))
    return None if dotted[0] in _KEYWORDS else dotted


def _printed(expression: str, depth: int = 0) -> str | Name | Elided | Choice:
    """Return what ``{{ }}`` puts in: a name's value, a text, or one of them by a name's value."""
    if (elided := _ELIDED.fullmatch(expression)) is not None and (name := _dotted(elided[1])) is not None:
        return Elided(name, elided[2])
    if (chosen := _CHOSEN.fullmatch(expression)) is not None:
        one, asked, other = chosen.groups()
        condition = condition_of(asked)
        if condition is None or depth > _MAX_DEPTH:
            raise NotPlainError
        return Choice(((condition, (_printed(one, depth + 1),)), (None, (_printed(other, depth + 1),))))
    if _IS_QUOTED(expression):
        return expression[1:-1]
    dotted = _dotted(expression) if _IS_NAME(expression) else None
    if dotted is None:
        raise NotPlainError
    return dotted


@dataclass
class _Open:
    """A choice whose end has not come yet."""

    branches: list[tuple[PlainCondition | None, Parts]] = field(default_factory=list)
    condition: PlainCondition | None = None
    parts: list[str | Name | Elided | Choice] = field(default_factory=list)

    def close_branch(self) -> None:
        self.branches.append((self.condition, tuple(self.parts)))
        self.parts = []


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source
        self._open = [_Open()]

    def read(self) -> Parts:
        at, line_begins = 0, True
        for tag in _TAG.finditer(self._source):
            printed, dash, keyword, rest = tag.groups()
            text = self._source[at : tag.start()]
            if dash:
                text = text.rstrip()
            elif keyword is not None:  # a block's own line loses its indentation (lstrip_blocks)
                begin = text.rfind("\n") + 1
                if (begin or line_begins) and _BLANK.fullmatch(text, begin):
                    text = text[:begin]
            self._text(text)
            at, line_begins = tag.end(), tag[0].endswith("\n")
            if keyword is None:
                self._open[-1].parts.append(_printed(printed))
            else:
                self._block(keyword, rest)
        self._text(self._source[at:])
        if len(self._open) > 1:
            raise NotPlainError
        return tuple(self._open[0].parts)

    def _text(self, text: str) -> None:
        if any(mark in text for mark in MARKS):
            raise NotPlainError
        if text:
            self._open[-1].parts.append(text)

    def _block(self, keyword: str, rest: str | None) -> None:
        condition = condition_of(rest) if rest else None
        if (condition is None) != (keyword in {"else", "endif"}) or (rest and condition is None):
            raise NotPlainError
        if len(self._open) > _MAX_DEPTH:
            raise NotPlainError
        if keyword == "if":
            self._open.append(_Open(condition=condition))
            return
        choice = self._open[-1]
        ended = choice.condition is None  # after its else, or outside of any choice
        if len(self._open) == 1 or (ended and keyword != "endif"):
            raise NotPlainError
        choice.close_branch()
        choice.condition = condition
        if keyword == "endif":
            self._open.pop()
            self._open[-1].parts.append(Choice(tuple(choice.branches)))
