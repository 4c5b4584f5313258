"""The contract's values as JSON, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from orchestrator.core.documents import read_json_as

T = TypeVar("T")


class WireError(ValueError):
    """What came is not what the contract says; the message names the field."""


def encode(value: object) -> bytes:
    """Return a value of the contract as JSON on one line."""
    return msgspec.json.encode(value)


def decode(kind: type[T], data: bytes | str) -> T:
    """Return a value of the contract from its JSON; unknown fields are left out, so that a newer caller is understood.

    Raises:
        WireError: it is none.
    """
    try:
        return read_json_as(data or b"{}", kind)
    except ValueError as error:
        raise WireError(str(error)) from error


def schemas_of(kinds: Iterable[type], reference: str) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    """Return the JSON Schema of each kind of value, as ``decode`` reads it, and those of the classes in them by name.

    Args:
        kinds: the kinds.
        reference: how a schema refers to a class, with ``{name}`` in it.
    """
    return msgspec.json.schema_components(kinds, ref_template=reference)
