"""What the viewer of a screen says, cut into messages of RFB (RFC 6143), and only those that it may say.

A viewer agrees on RFB 3.8 without a password, then asks for what the screen shows; whoever may type sends keys, the
pointer and copied texts besides. Everything else has no effect, or ends the line.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Final

LONGEST_TEXT: Final = 256 * 1024
"""Bytes of a text that is copied to the screen."""

GREETING: Final = b"RFB 003.008\n"
"""What a server says first, and a viewer answers."""
_NO_PASSWORD: Final = b"\x01"
_SHARED: Final = b"\x01"
"""Whoever else looks at the screen goes on looking, whatever a viewer says."""

_FORMAT, _ENCODINGS, _UPDATE, _KEY, _POINTER, _TEXT = 0, 2, 3, 4, 5, 6
_CONTINUOUS, _FENCE, _POWER, _SIZE, _SCANCODE = 150, 248, 250, 251, 255
_LOOKING: Final = frozenset({_FORMAT, _ENCODINGS, _UPDATE, _CONTINUOUS, _FENCE})
_ACTS: Final = frozenset({_KEY, _POINTER, _SCANCODE})
"""What somebody does; of texts a browser speaks by itself."""
_TYPING: Final = _ACTS | {_TEXT}
"""Beside these there are messages that act on the machine or give the screen another size: nobody's get through."""

_HEADS: Final[Mapping[int, int]] = {
    _FORMAT: 20,
    _ENCODINGS: 4,
    _UPDATE: 10,
    _KEY: 8,
    _POINTER: 2,
    _TEXT: 8,
    _CONTINUOUS: 10,
    _FENCE: 9,
    _POWER: 4,
    _SIZE: 8,
    _SCANCODE: 12,
}
"""Kind of a message -> how many of its bytes tell its size."""
_SIZES: Final[Mapping[int, Callable[[bytes], int]]] = {
    _ENCODINGS: lambda head: 4 + 4 * int(struct.unpack_from(">H", head, 2)[0]),
    _POINTER: lambda head: 6 + (head[1] >> 7),  # a byte more for a mouse with more buttons
    _TEXT: lambda head: 8 + abs(int(struct.unpack_from(">i", head, 4)[0])),  # below zero: in a form of its own
    _FENCE: lambda head: 9 + head[8],
    _SIZE: lambda head: 8 + 16 * head[6],
}
"""Kind -> its size, by its first bytes; others are as long as what tells it."""


class WrongMessageError(Exception):
    """A viewer says what nobody understands."""


class ViewerMessages:
    """Reads what one viewer says, from its first byte on."""

    def __init__(self, *, typing: bool) -> None:
        """Take whether keys, pointer and texts of the viewer count; otherwise they are dropped."""
        self._allowed = _LOOKING | _TYPING if typing else _LOOKING
        self._greeting = [_same(GREETING), _same(_NO_PASSWORD), _always(_SHARED)]
        self._pending = bytearray()
        self.acted = False
        """Whether keys or the pointer were among what was passed on last."""

    def passed_on(self, data: bytes) -> bytes:
        """Return what of the viewer's next bytes is passed on; a message is so once it is whole.

        Raises:
            WrongMessageError: they are no message that is known, or too long a one.
        """
        self._pending += data
        passed, self.acted = bytearray(), False
        while (message := self._next()) is not None:
            if self._greeting:
                passed += self._greeting.pop(0)(message)
            elif message[0] in self._allowed:
                passed += message
                self.acted = self.acted or message[0] in _ACTS
        return bytes(passed)

    def _next(self) -> bytes | None:
        """Take the next message off, if it is whole."""
        size = self._size()
        if size is None or len(self._pending) < size:
            return None
        message = bytes(self._pending[:size])
        del self._pending[:size]
        return message

    def _size(self) -> int | None:
        """Return the size of the next message; None: too little of it is there."""
        if self._greeting:
            return len(GREETING) if len(self._greeting) == _GREETINGS else 1
        if not self._pending:
            return None
        kind = self._pending[0]
        if kind not in _HEADS:
            raise WrongMessageError
        if len(self._pending) < _HEADS[kind]:
            return None
        if kind == _SCANCODE and self._pending[1] != 0:  # only the keys of this family are known
            raise WrongMessageError
        size = _SIZES[kind](bytes(self._pending[: _HEADS[kind]])) if kind in _SIZES else _HEADS[kind]
        if size > LONGEST_TEXT + _HEADS[_TEXT]:
            raise WrongMessageError
        return size


_GREETINGS: Final = 3
"""Messages of a greeting: the version, how it is secured, whether others may look as well."""


def _same(wanted: bytes) -> Callable[[bytes], bytes]:
    def passed(message: bytes) -> bytes:
        if message != wanted:
            raise WrongMessageError
        return message

    return passed


def _always(said: bytes) -> Callable[[bytes], bytes]:
    return lambda _message: said
