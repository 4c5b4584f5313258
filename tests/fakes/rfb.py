"""A VNC server in memory: a screen of one colour that remembers what its viewers type, point at and copy."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

GREETING = b"RFB 003.008\n"
_HEADS = {2: 4, 6: 8, 248: 9, 251: 8}
_SIZES = {0: 20, 3: 10, 4: 8, 150: 10, 255: 12}
_FORMAT, _KEY, _POINTER, _TEXT, _SCANCODE = 0, 4, 5, 6, 255
_UPDATE, _ENCODINGS, _FENCE, _DESKTOP_SIZE = 3, 2, 248, 251


@dataclass
class FakeScreen:
    """What all viewers of a screen share.

    Attributes:
        colour: red, green and blue.
        keys: keysyms that were pressed, oldest first.
        points: where the pointer was, with its buttons.
        texts: what was copied to it.
        other: the kinds of other messages that came, but for those that every viewer sends.
    """

    width: int = 320
    height: int = 200
    colour: tuple[int, int, int] = (32, 96, 160)
    keys: list[int] = field(default_factory=list)
    points: list[tuple[int, int, int]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    other: list[int] = field(default_factory=list)

    @property
    def typed(self) -> str:
        """The letters among the keys."""
        return "".join(chr(key) for key in self.keys if key < 0x100)


class FakeVnc:
    """One viewer's line to a screen, without any input or output of its own."""

    def __init__(self, screen: FakeScreen) -> None:
        self.screen = screen
        self.shared: bool | None = None
        self._pending = b""
        self._met = 0
        self._told = False
        self._shifts = (16, 8, 0)

    def feed(self, data: bytes) -> bytes:
        """Return what the server says to a viewer's bytes."""
        self._pending += data
        said = b""
        while (size := self._size()) and len(self._pending) >= size:
            message, self._pending = self._pending[:size], self._pending[size:]
            said += self._answer(message) if self._met > len(_MEETING) - 1 else self._meet(message)
        return said

    def clip(self, text: str) -> bytes:
        """Return what tells a viewer of a text that was copied on the screen."""
        return struct.pack(">B3xI", 3, len(text)) + text.encode("latin-1")

    def _size(self) -> int:
        if self._met < len(_MEETING):
            return _MEETING[self._met]
        data = self._pending
        if len(data) < 2 or len(data) < _HEADS.get(data[0], 2):
            return 0
        sizes = {2: lambda: 4 + 4 * int.from_bytes(data[2:4], "big"), 5: lambda: 6 + (data[1] >> 7)}
        sizes |= {6: lambda: 8 + abs(int.from_bytes(data[4:8], "big", signed=True))}
        sizes |= {_FENCE: lambda: 9 + data[8], _DESKTOP_SIZE: lambda: 8 + 16 * data[6]}
        return sizes[data[0]]() if data[0] in sizes else _SIZES.get(data[0], 1)

    def _meet(self, message: bytes) -> bytes:
        self._met += 1
        if self._met == 1:
            assert message == GREETING
            return b"\1\1"
        if self._met == 2:
            assert message == b"\1"
            return b"\0\0\0\0"
        self.shared = message != b"\0"
        form = struct.pack(">4B3H3B3x", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
        return struct.pack(">HH", self.screen.width, self.screen.height) + form + struct.pack(">I", 4) + b"fake"

    def _answer(self, message: bytes) -> bytes:
        screen, kind = self.screen, message[0]
        if (kind == _KEY and message[1]) or (kind == _SCANCODE and message[3]):
            screen.keys.append(int.from_bytes(message[4:8], "big"))
        elif kind == _POINTER:
            screen.points.append((int.from_bytes(message[2:4], "big"), int.from_bytes(message[4:6], "big"), message[1]))
        elif kind == _TEXT:
            screen.texts.append(message[8:].decode("latin-1"))
        elif kind == _UPDATE and not (message[1] and self._told):
            self._told = True
            shifts = dict(zip(self._shifts, screen.colour, strict=True))
            pixel = sum(value << shift for shift, value in shifts.items()).to_bytes(4, "little")
            rectangle = struct.pack(">4Hi", 0, 0, screen.width, screen.height, 0)
            return struct.pack(">BxH", 0, 1) + rectangle + pixel * (screen.width * screen.height)
        elif kind == _FORMAT:
            self._shifts = (message[14], message[15], message[16])
        elif kind not in {_ENCODINGS, _UPDATE, _KEY, _SCANCODE}:
            screen.other.append(kind)
        return b""


_MEETING = (len(GREETING), 1, 1)
