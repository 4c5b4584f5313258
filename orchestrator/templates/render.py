"""Jinja2 as content uses it: sandboxed, strict about undefined names, errors with file and line.

``{{ name }}`` in a ticket, a hint, a placed file or a step is a value of the variant. A name that does not
exist is an error with the nearest one that does, never an empty text.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any, Final, TypeAlias

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, UndefinedError, nodes
from jinja2.environment import TemplateExpression
from jinja2.exceptions import SecurityError
from jinja2.utils import missing

from orchestrator.core.errors import ContentError, Place, Problem
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text, same
from orchestrator.model.view import NoValueError
from orchestrator.templates.bounds import BoundedEnvironment, TooMuchError, measure
from orchestrator.templates.error_words import in_words
from orchestrator.templates.plain import (
    NotPlainError,
    condition_of,
    deciding_names_of,
    filled_in,
    names_of,
    parts_of,
)

# What an expression that names things of the right name but the wrong kind may raise.
_FAILURES: Final = (
    *(TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    *(AssertionError, MemoryError, RecursionError),
)


Where: TypeAlias = Place | Callable[[], Place]
"""Where a template's first line stands, or what tells it once there is an error to place."""


def render(source: str, values: Mapping[str, Any], place: Where) -> str:
    """Return a template's text.

    Args:
        source: the Jinja2 source.
        values: what it may name.
        place: where its first line stands, for error messages.

    Raises:
        ContentError: the template is wrong, or names something that does not exist.
    """
    if (quick := filled_in(source, values)) is not None:
        return quick
    try:
        _ENVIRONMENT.spent.total = 0
        return _template(source).render(values)
    except _FAILURES as error:
        raise ContentError((_problem(error, values, place),)) from error


def holds(expression: str, values: Mapping[str, Any], place: Where) -> bool:
    """Return whether a ``when`` expression is true.

    Raises:
        ContentError: the expression is wrong, or names something that does not exist.
    """
    if (condition := condition_of(expression)) is not None:
        with suppress(NotPlainError):
            return condition.holds(values)
    try:
        _ENVIRONMENT.spent.total = 0
        return bool(_expression(expression)(**values))
    except _FAILURES as error:
        raise ContentError((_problem(error, values, place, line=1),)) from error


def names_in(source: str) -> frozenset[str]:
    """Return the names that a template takes from its values; none where it is no valid template."""
    parts = parts_of(source)
    return _names(source) if parts is None else frozenset(names_of(parts))


def mistakes_in(source: str, names: Collection[str], place: Place, *, expression: bool = False) -> tuple[Problem, ...]:
    """Return what is wrong in a template without rendering it: its syntax, or names that are not among the known ones.

    Args:
        source: the template, or a ``when`` expression.
        names: what it may name.
        place: where its first line stands.
        expression: whether it is an expression.
    """
    template = "{{" + source + "}}" if expression else source
    plain = _plain_names(source, expression=expression)
    if plain is not None and plain <= {*names, *_GLOBALS}:
        return ()
    try:
        found = list(_parsed(template).find_all(nodes.Name))
    except TemplateError as error:
        return (_problem(error, {}, place),)
    own = {name.name for name in found if name.ctx != "load"}
    unknown = {name.name: name.lineno for name in reversed(found) if name.name not in {*names, *own, *_GLOBALS}}
    return tuple(
        Problem(_line(place, line), with_suggestion(_undefined_name(name), name, sorted(names)), word=name)
        for name, line in reversed(unknown.items())
    )


def _plain_names(source: str, *, expression: bool) -> frozenset[str] | None:
    """Return the names of a template or expression that needs no Jinja2; None for any other."""
    if not expression:
        parts = parts_of(source)
        return None if parts is None else frozenset(names_of(parts))
    condition = condition_of(source)
    return None if condition is None else frozenset(condition.name[:1])


def deciding_names(source: str) -> frozenset[str]:
    """Return the names whose values may decide what becomes of a template: none where all are put in as they are.

    Every word inside a tag counts, so there may be some that are no names.
    """
    if (parts := parts_of(source)) is not None:
        return frozenset(deciding_names_of(parts))
    return frozenset(name for tag in _tags(source) for name in _NAME.findall(tag))


def words_of(expression: str) -> frozenset[str]:
    """Return the names in a ``when`` expression, and perhaps words that are none."""
    return frozenset(_NAME.findall(expression))


def _tags(source: str) -> Iterator[str]:
    """Yield what stands between tags' marks; a lazy expression would look for the end of each from the beginning."""
    begin = None
    for mark in _MARK.finditer(source):
        if mark[0].startswith("{"):
            begin = mark.end() if begin is None else begin
        elif begin is not None:
            yield source[begin : mark.start()]
            begin = None


_MARK: Final = re.compile(r"\{[{%]|[%}]\}")
_NAME: Final = re.compile(r"[a-z_]\w*", re.ASCII)


@lru_cache(maxsize=4096)
def _names(source: str) -> frozenset[str]:
    try:
        found = list(_parsed(source).find_all(nodes.Name))
    except TemplateError:
        return frozenset()
    return frozenset(n.name for n in found) - {n.name for n in found if n.ctx != "load"}


class _UndefinedNameError(UndefinedError):
    """An undefined name, with what would have to have it."""

    def __init__(self, owner: object, name: str, message: str) -> None:
        super().__init__(message)
        self.owner = owner
        self.name = name


class _Undefined(StrictUndefined):
    """Any use raises; the error knows the name, so that the nearest one can be told."""

    def __init__(
        self,
        hint: str | None = None,
        obj: object = missing,
        name: str | None = None,
        exc: type[TemplateError] = UndefinedError,
    ) -> None:
        tells: Any = exc if issubclass(exc, SecurityError) else partial(_UndefinedNameError, obj, str(name))
        super().__init__(hint, obj, name, tells)


def _written(value: object) -> object:
    """Return a value that is to be written: something, and not too much."""
    if value is None:
        message = "the value is None"
        raise UndefinedError(message)
    _ENVIRONMENT.spent.draw(measure(value))
    return value


_ENVIRONMENT: Final = BoundedEnvironment(
    undefined=_Undefined,
    keep_trailing_newline=True,
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # configuration files and Markdown, never HTML
    finalize=_written,
)


_GLOBALS: Final = frozenset(_ENVIRONMENT.globals)
"""Functions that every template has, such as ``range``."""


@lru_cache(maxsize=2048)
def _parsed(source: str) -> nodes.Template:
    return _ENVIRONMENT.parse(source)


@lru_cache(maxsize=2048)
def _template(source: str) -> Template:
    return _ENVIRONMENT.from_string(_parsed(source))


@lru_cache(maxsize=512)
def _expression(source: str) -> TemplateExpression:
    return _ENVIRONMENT.compile_expression(source, undefined_to_none=False)


_TOO_MUCH: Final = Text(
    fr="ce modèle demande trop : un texte, un nombre ou des boucles sans mesure",
    en="this template asks for too much: a text, a number or loops beyond all measure",
)


def _problem(error: Exception, values: Mapping[str, Any], where: Where, *, line: int | None = None) -> Problem:
    place = where if isinstance(where, Place) else where()
    if isinstance(error, TemplateSyntaxError):
        words = in_words(error.message or "")
        text = Text(fr=f"erreur de syntaxe Jinja2 : {words.fr}", en=f"Jinja2 syntax error: {words.en}")
        return Problem(_line(place, error.lineno), text)
    at = _line(place, line or _line_of(error))
    if isinstance(error, _UndefinedNameError):
        return Problem(at, _undefined(error, values), word=error.name)
    if isinstance(error, TooMuchError | MemoryError | RecursionError):
        return Problem(at, _TOO_MUCH)
    words = in_words(str(error))
    return Problem(at, Text(fr=f"Jinja2 : {words.fr}", en=f"Jinja2: {words.en}"))


def _undefined(error: _UndefinedNameError, values: Mapping[str, Any]) -> Text:
    if error.owner is missing:
        return with_suggestion(_undefined_name(error.name), error.name, values)
    if hasattr(type(error.owner), error.name):  # a property that has nothing to give, and says why
        reason = _reason(error.owner, error.name)
        return Text(
            fr=f"« {error.name} » n'a pas de valeur ici : {reason.fr}",
            en=f'"{error.name}" has no value here: {reason.en}',
        )
    text = Text(fr=f"« {error.name} » n'existe pas ici", en=f'"{error.name}" does not exist here')
    return with_suggestion(text, error.name, _names_in(error.owner))


def _undefined_name(name: str) -> Text:
    return Text(fr=f"le nom « {name} » n'est pas défini", en=f'the name "{name}" is not defined')


def _reason(owner: object, name: str) -> Text:
    """Return why an attribute has no value: what its own error says."""
    try:
        return same(str(getattr(owner, name)))
    except NoValueError as error:
        return error.text
    except AttributeError as error:
        return same(str(error))


def _names_in(owner: object) -> Iterable[str]:
    if isinstance(owner, Mapping):
        return [str(key) for key in owner]
    return [name for name in dir(owner) if not name.startswith("_") and hasattr(owner, name)]


def _line(place: Place, line: int) -> Place:
    return Place(place.file, place.line + line - 1, place.column if line == 1 else 0) if place.line else place


def _line_of(error: Exception) -> int:
    """Return the template's line: Jinja2 rewrites the traceback so that it speaks of the template."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<template>"]
    return (frames[-1].lineno or 1) if frames else 1
