"""The contract's values as JSON, and back."""

from __future__ import annotations

from typing import TypeVar

import msgspec

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
        return msgspec.json.decode(data or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError(str(error)) from error
