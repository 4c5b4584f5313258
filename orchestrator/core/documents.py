"""Dataclasses as JSON's types, and back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar, overload

import msgspec

T = TypeVar("T")

_met: Final[set[object]] = set()
_first: Final = threading.Lock()
"""Held while a type is read for the first time. msgspec finds out then what its classes consist of, and writes that
down on them piece by piece: a second thread that reads one meanwhile takes what is half there, and the process dies
(seen with 0.22, ``tests/unit/core/test_documents.py`` shows it)."""


def document_of(value: object, other: Callable[[Any], Any] | None = None) -> Any:  # noqa: ANN401 - JSON's types
    """Return a dataclass, or a collection of them, as JSON's types: a tuple or a set is a list.

    Args:
        value: the dataclass.
        other: turns a value that JSON has no type for into one of another type.

    Raises:
        TypeError: there is a value in it that JSON has no type for.
    """
    return _with_lists(msgspec.to_builtins(value, enc_hook=other))


def _with_lists(value: Any) -> Any:  # noqa: ANN401 - JSON's types
    if isinstance(value, dict):
        return {key: _with_lists(one) for key, one in value.items()}
    return [_with_lists(one) for one in value] if isinstance(value, list | tuple) else value


@overload
def read_as(document: object, kind: type[T], other: Callable[[type, Any], Any] | None = None) -> T: ...
@overload
def read_as(document: object, kind: Any, other: Callable[[type, Any], Any] | None = None) -> Any: ...  # noqa: ANN401
def read_as(document: object, kind: Any, other: Callable[[type, Any], Any] | None = None) -> Any:
    """Return what JSON's types say, as a dataclass or another type; threads may ask at the same time.

    Args:
        document: JSON's types, as ``document_of`` returns them.
        kind: the type: a dataclass, a collection of them, a union.
        other: makes a value of a type that JSON has none for.

    Raises:
        ValueError: it is none; the message names the field.
    """
    with _alone_at_first(kind):
        return msgspec.convert(document, kind, dec_hook=other)


def read_json_as(data: bytes | str, kind: type[T]) -> T:
    """Return what JSON says, as a dataclass or another type; threads may ask at the same time.

    Raises:
        ValueError: it is none; the message names the field.
    """
    with _alone_at_first(kind):
        return msgspec.json.decode(data, type=kind)


@contextmanager
def _alone_at_first(kind: object) -> Iterator[None]:
    """Let one thread at a time read a type that was not read before; whatever comes of it, its classes are known."""
    if kind in _met:
        yield
        return
    with _first:
        try:
            yield
        finally:
            _met.add(kind)
