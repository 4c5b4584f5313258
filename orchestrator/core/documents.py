"""Dataclasses as JSON's types."""

from __future__ import annotations

from typing import Any

import msgspec


def document_of(value: object) -> Any:  # noqa: ANN401 - JSON's types
    """Return a dataclass, or a collection of them, as JSON's types: a tuple or a set is a list.

    Raises:
        TypeError: there is a value in it that JSON has no type for.
    """
    return _with_lists(msgspec.to_builtins(value))


def _with_lists(value: Any) -> Any:  # noqa: ANN401 - JSON's types
    if isinstance(value, dict):
        return {key: _with_lists(one) for key, one in value.items()}
    return [_with_lists(one) for one in value] if isinstance(value, list | tuple) else value
