"""As much of D-Bus as it takes to ask systemd: marshalling, authentication, method calls (D-Bus Specification 0.43).

Whoever answers may be a trainee's program: every length is held against what was received, and nothing that is
received decides how long we wait.
"""

from __future__ import annotations

import functools
import math
import os
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MAX_MESSAGE = 4 << 20
_MAX_DEPTH = 32
_MAX_VALUES = 100_000
"""Values of one message; a unit has some hundred properties."""
_MAX_SIGNATURE = 255
_MAX_OTHERS = 10_000
"""Messages that are not the awaited answer (signals) before we give up."""
_FIXED = {
    "y": "B", "b": "I", "n": "h", "q": "H", "i": "i", "u": "I", "x": "q", "t": "Q", "d": "d", "h": "I",
}  # fmt: skip
_CALL, _RETURN, _ERROR = 1, 2, 3
_PATH, _INTERFACE, _MEMBER, _ERROR_NAME, _REPLY_SERIAL, _SIGNATURE = 1, 2, 3, 4, 5, 8
_HEAD = struct.Struct("<BBBBII")
_CREDENTIALS = struct.Struct("3i")
_BY_WHOM = (socket.SOL_SOCKET, socket.SCM_CREDENTIALS)


class DBusError(Exception):
    """The other side said an error, or nonsense; ``name`` is the error's, or empty."""

    def __init__(self, message: str, name: str = "") -> None:
        """Make the error."""
        super().__init__(message)
        self.name = name


@dataclass(frozen=True)
class MethodCall:
    """A method call whose arguments are strings."""

    path: str
    interface: str
    member: str
    arguments: tuple[str, ...] = ()


def encode(call: MethodCall, serial: int) -> bytes:
    """Return the message of a call (little-endian, protocol version 1)."""
    body = bytearray()
    for argument in call.arguments:
        _pad(body, 4)
        body += _string(argument)
    fields = bytearray()
    texts = ((_PATH, "o", call.path), (_INTERFACE, "s", call.interface), (_MEMBER, "s", call.member))
    for code, kind, text in texts:
        _pad(fields, 8)
        fields += bytes((code, 1, ord(kind), 0)) + _string(text)
    if call.arguments:
        _pad(fields, 8)
        signature = b"s" * len(call.arguments)
        fields += bytes((_SIGNATURE, 1, ord("g"), 0, len(signature))) + signature + b"\0"
    message = bytearray(_HEAD.pack(ord("l"), _CALL, 0, 1, len(body), serial) + struct.pack("<I", len(fields)) + fields)
    _pad(message, 8)
    return bytes(message + body)


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<I", len(data)) + data + b"\0"


def _pad(buffer: bytearray, size: int) -> None:
    buffer += bytes(-len(buffer) % size)


class Reader:
    """Reads values from a message; positions count from its beginning, as alignment does."""

    def __init__(self, data: bytes, order: str = "<", position: int = 0, deadline: float = math.inf) -> None:
        """Read ``data`` from a position on, until a deadline (of ``time.monotonic``)."""
        self._data = data
        self._order = order
        self._deadline = deadline
        self._values = 0
        self.position = position

    def align(self, size: int) -> None:
        """Step over padding."""
        self.position += -self.position % size

    def values(self, signature: str) -> list[Any]:
        """Return the values of a sequence of complete types.

        Raises:
            DBusError: the data does not hold them.
            TimeoutError: it takes too long to read them.
        """
        try:
            return [self._value(one, 0) for one in complete_types(signature)]
        except (struct.error, UnicodeDecodeError, IndexError) as error:
            message = f"a message that cannot be read: {error}"
            raise DBusError(message) from None

    def _value(self, kind: str, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            message = "a value that is nested too deeply"
            raise DBusError(message)
        self._values += 1
        if self._values > _MAX_VALUES:
            message = "a message of too many values"
            raise DBusError(message)
        if time.monotonic() > self._deadline:
            raise TimeoutError
        code = kind[0]
        if code in _FIXED:
            value = self._fixed(_FIXED[code])
            return bool(value) if code == "b" else value
        if code in "so":
            return self._take(self._fixed("I"), 1)
        if code == "g":
            return self._take(self._fixed("B"), 1)
        if code == "v":
            inner = complete_types(self._take(self._fixed("B"), 1))
            if len(inner) != 1:
                message = "a variant of another number of types than one"
                raise DBusError(message)
            return self._value(inner[0], depth + 1)
        if code == "a":
            return self._array(kind[1:], depth)
        self.align(8)
        return [self._value(one, depth + 1) for one in complete_types(kind[1:-1])]

    def _array(self, element: str, depth: int) -> Any:
        size = self._fixed("I")
        self.align(8 if element[0] in "({xtd" else 4 if element[0] in "bisoauh" else 2 if element[0] in "nq" else 1)
        end = self.position + size
        if end > len(self._data):
            message = "an array that is longer than its message"
            raise DBusError(message)
        items = []
        while self.position < end:
            before = self.position
            items.append(self._value(element, depth + 1))
            if self.position == before:
                message = "an array of nothing"
                raise DBusError(message)
        if element[0] == "{":
            return {str(key): value for key, value in items}
        return items

    def _fixed(self, code: str) -> Any:
        layout = struct.Struct(self._order + code)
        self.align(layout.size)
        (value,) = layout.unpack_from(self._data, self.position)
        self.position += layout.size
        return value

    def _take(self, size: int, end: int) -> str:
        data = self._data[self.position : self.position + size]
        if len(data) < size:
            message = "a text that is longer than its message"
            raise DBusError(message)
        self.position += size + end
        return data.decode(errors="surrogateescape")


def complete_types(signature: str) -> list[str]:
    """Return a signature's single complete types: ``a{sv}u`` holds ``a{sv}`` and ``u``.

    Raises:
        DBusError: it is none.
    """
    if len(signature) > _MAX_SIGNATURE:
        message = "a signature that is too long"
        raise DBusError(message)
    return list(_known_types(signature))


@functools.lru_cache(maxsize=256)
def _known_types(signature: str) -> tuple[str, ...]:
    """Return the same; each element of an array asks for its own."""
    return tuple(_types(signature))


def _types(signature: str) -> Iterator[str]:
    start = position = 0
    while position < len(signature):
        code = signature[position]
        if code == "a":
            position += 1
            continue
        if code in "({":
            depth = 0
            while True:
                depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(signature[position : position + 1], 0)
                position += 1
                if not depth:
                    break
                if position >= len(signature):
                    message = "a signature that does not end"
                    raise DBusError(message)
            _require_container(signature[start:position])
        elif code in _FIXED or code in "sogv":
            position += 1
        else:
            message = "a signature with a type that does not exist"
            raise DBusError(message)
        yield signature[start:position]
        start = position
    if start != position:
        message = "a signature that does not end"
        raise DBusError(message)


def _require_container(kind: str) -> None:
    """Refuse a structure of nothing, and an entry of a dictionary that is no simple key with a value in an array.

    A structure of nothing takes no byte: a message could hold any number of them.
    """
    element = kind.lstrip("a")
    inner = complete_types(element[1:-1])
    is_entry = element[0] == "{"
    if not inner or (is_entry and (kind == element or len(inner) != 2 or inner[0] not in {*"sog", *_FIXED})):  # noqa: PLR2004
        message = f"a signature with a type that D-Bus does not have: {kind}"
        raise DBusError(message)


class BusConnection:
    """A connection to whoever serves D-Bus itself, without a bus between."""

    def __init__(self, connected: socket.socket, deadline: float, speaker: int | None = None) -> None:
        """Authenticate as the user that this process runs as.

        Args:
            connected: a connected socket.
            deadline: of ``time.monotonic``.
            speaker: the process that alone may speak. The kernel says of each piece by which one it was sent; who
                listened first, or accepted the connection, may have handed it on.

        Raises:
            DBusError: the other side refuses, or is somebody else.
            TimeoutError: it says nothing until the deadline.
        """
        self._socket = connected
        self._speaker = speaker
        if speaker is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._serial = 0
        self._received = bytearray()
        self._bound(deadline)
        self._socket.sendall(b"\0AUTH EXTERNAL " + str(os.geteuid()).encode().hex().encode() + b"\r\n")
        while b"\r\n" not in self._received:
            self._receive(512)
        answer, _, rest = bytes(self._received).partition(b"\r\n")
        if not answer.startswith(b"OK ") or rest:
            message = f"authentication was refused: {answer[:100]!r}"
            raise DBusError(message)
        self._received.clear()
        self._socket.sendall(b"BEGIN\r\n")

    def ask(self, calls: list[MethodCall], deadline: float) -> list[Any]:
        """Make calls, all at once, and return what each came to: its values, or a ``DBusError`` that was said.

        Raises:
            DBusError: the other side answered nonsense.
            TimeoutError: it did not answer until the deadline.
        """
        serials = {}
        frames = bytearray()
        for index, call in enumerate(calls):
            self._serial += 1
            serials[self._serial] = index
            frames += encode(call, self._serial)
        self._bound(deadline)
        self._socket.sendall(frames)
        answers: dict[int, Any] = {}
        for _ in range(_MAX_OTHERS):
            kind, fields, values = self._message(deadline)
            serial = fields.get(_REPLY_SERIAL)
            index = serials.get(serial, -1) if isinstance(serial, int) else -1
            if index < 0 or kind not in (_RETURN, _ERROR):
                continue
            said = str(values[0]) if values else ""
            answers[index] = values if kind == _RETURN else DBusError(said, str(fields.get(_ERROR_NAME, "")))
            if len(answers) == len(calls):
                return [answers[n] for n in range(len(calls))]
        message = "too many messages that nobody asked for"
        raise DBusError(message)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _bound(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)

    def _receive(self, limit: int) -> None:
        piece, told, _, _ = self._socket.recvmsg(1 << 16, socket.CMSG_SPACE(_CREDENTIALS.size))
        if not piece:
            message = "the connection was closed"
            raise DBusError(message)
        if self._speaker is not None:
            self._require_speaker(told)
        self._received += piece
        if len(self._received) > limit:
            message = "an answer that is too long"
            raise DBusError(message)

    def _require_speaker(self, told: list[tuple[int, int, bytes]]) -> None:
        said_by = [_CREDENTIALS.unpack(data)[0] for level, kind, data in told if (level, kind) == _BY_WHOM]
        if said_by != [self._speaker]:
            message = "another process answers in its place"
            raise DBusError(message)

    def _wait_for(self, size: int, deadline: float) -> None:
        while len(self._received) < size:
            self._bound(deadline)
            self._receive(2 * MAX_MESSAGE)

    def _message(self, deadline: float) -> tuple[int, dict[int, Any], list[Any]]:
        self._wait_for(16, deadline)
        order = {ord("l"): "<", ord("B"): ">"}.get(self._received[0])
        if order is None:
            message = "no message of D-Bus"
            raise DBusError(message)
        body_size, _, fields_size = struct.unpack_from(order + "III", self._received, 4)
        start = 16 + fields_size + -fields_size % 8
        if body_size + start > MAX_MESSAGE:
            message = "a message that is too long"
            raise DBusError(message)
        self._wait_for(start + body_size, deadline)
        data = bytes(self._received[: start + body_size])
        del self._received[: start + body_size]
        (rows,) = Reader(data[:start], order, 12, deadline).values("a(yv)")
        fields = {code: value for code, value in rows}  # noqa: C416 - the rows are lists
        values = Reader(data[start:], order, 0, deadline).values(str(fields.get(_SIGNATURE, "")))
        return data[1], fields, values
