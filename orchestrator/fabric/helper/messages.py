"""The messages between the program and the helper: typed, versioned, strictly parsed.

A message is a frame: two unsigned 32-bit big-endian lengths, a JSON object, then raw bytes (a command's
input or output). A request names its operation in ``op``; an answer holds ``ok`` or ``error``.
"""

from __future__ import annotations

import dataclasses
import json
import socket
import struct
import types
import typing
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

VERSION = 11
ROLES = ("control", "access")
"""What a connection is for: ports and waiting; what enters hosts, looks at them and observes segments."""
HEADER = struct.Struct("!II")
MAX_JSON = 1 << 20
MAX_BLOB = 16 << 20
MAX_OUTPUT = 4 << 20
"""Bytes of a command's output that are passed on; the rest is dropped and the answer says so."""
MAX_TIMEOUT = 3600.0
MAX_PATH = 4096
_SHOWN = 200
"""Characters of a wrong request that its refusal repeats: the answer must not grow with the request."""


class ProtocolError(Exception):
    """A message that is not of the protocol's form."""


class HelperError(Exception):
    """A request that could not be carried out; ``kind`` is one of ``KINDS``."""

    KINDS: ClassVar[frozenset[str]] = frozenset(
        {"bad-request", "version", "unreachable", "timeout", "unknown", "failed"}
    )

    def __init__(self, kind: str, message: str) -> None:
        """Make the error; the message is English and technical, the client words it for people."""
        super().__init__(message)
        self.kind = kind if kind in self.KINDS else "failed"


@dataclass(frozen=True)
class Request:
    """A request; each subclass is one operation."""

    op: ClassVar[str]


@dataclass(frozen=True)
class Hello(Request):
    """The first message of a connection; its role is one of ``ROLES``."""

    op = "hello"
    version: int
    role: str


@dataclass(frozen=True)
class WaitReady(Request):
    """Answers when every host is wired and booted, or with an error after ``timeout`` seconds."""

    op = "wait-ready"
    instance: str
    hosts: list[str]
    timeout: float


@dataclass(frozen=True)
class Ports(Request):
    """Answers with every cable of an instance."""

    op = "ports"
    instance: str


@dataclass(frozen=True)
class SetPort(Request):
    """Changes a cable; None leaves a property as it is, a rate of 0 lifts the limit."""

    op = "set-port"
    instance: str
    host: str
    interface: str
    plugged: bool | None = None
    segment: str | None = None
    mtu: int | None = None
    rate: int | None = None
    loss: int | None = None


@dataclass(frozen=True)
class RunCommand(Request):
    """Runs a command in a host; the blob is its input. Answers with status and output."""

    op = "run"
    instance: str
    host: str
    argv: list[str]
    timeout: float
    environment: dict[str, str]
    vouched: bool
    """Whether the answer names, as ``changed``, what of the host's tools is not its image's."""


@dataclass(frozen=True)
class Terminal(Request):
    """Starts a command on a new terminal in a host; the answer carries the master's file descriptor."""

    op = "terminal"
    instance: str
    host: str
    argv: list[str]
    rows: int
    columns: int
    environment: dict[str, str]


@dataclass(frozen=True)
class Connect(Request):
    """Opens a TCP connection inside a host's network; the answer carries the socket."""

    op = "connect"
    instance: str
    host: str
    address: str
    port: int
    timeout: float


@dataclass(frozen=True)
class Observe(Request):
    """Runs a tool of the helper's image from a station plugged into a segment only for that command."""

    op = "observe"
    instance: str
    segment: str
    address: str
    gateway: str
    argv: list[str]
    timeout: float


@dataclass(frozen=True)
class Tool(Request):
    """Runs a tool of the helper's image in a host's network, which resolves names as the host is set up to."""

    op = "tool"
    instance: str
    host: str
    argv: list[str]
    timeout: float


@dataclass(frozen=True)
class Unit(Request):
    """Answers with what a host's systemd says of a unit.

    ``properties`` are named with their interface (``Unit.ActiveState``, ``Service.MainPID``); none means all.
    """

    op = "unit"
    instance: str
    host: str
    name: str
    properties: list[str]
    timeout: float


@dataclass(frozen=True)
class Look(Request):
    """Answers with one of ``LOOKS`` at a path below a host's root; its last link is followed or not."""

    op = "look"
    instance: str
    host: str
    path: str
    want: str
    follow: bool
    timeout: float


LOOKS = ("status", "content", "entries", "tree", "md5", "sha256")
"""What is at the path; a file's content or digest; a folder's names, or all that is below it with its status."""


@dataclass(frozen=True)
class Sockets(Request):
    """Answers with the sockets of a host's network, and who holds them; the rows are the answer's blob.

    Those of TCP connections are only told where ``connected`` is true: the kernel looks for them among the whole
    machine's.
    """

    op = "sockets"
    instance: str
    host: str
    connected: bool
    timeout: float


@dataclass(frozen=True)
class Processes(Request):
    """Answers with a host's processes; those of ``identify`` are compared with the host's image."""

    op = "processes"
    instance: str
    host: str
    identify: list[int]
    timeout: float


@dataclass(frozen=True)
class Compare(Request):
    """Answers, for each path of a host, whether the file there is its image's own."""

    op = "compare"
    instance: str
    host: str
    paths: list[str]
    timeout: float


@dataclass(frozen=True)
class Changes(Request):
    """Answers with what of a host's tools is not its image's (``changed``), and with the time (``now``).

    What was touched since a time that an earlier answer gave counts as well, whatever it is now.
    """

    op = "changes"
    instance: str
    host: str
    timeout: float
    since: int | None = None


@dataclass(frozen=True)
class Network(Request):
    """Answers with what decides where packets go in a lab: of all its hosts at once, as the kernel has it.

    The blob holds, of the hosts of ``addressing`` that run, for whom they answer, and of those of ``forwarding``, which
    have to run, and of those of ``beside`` that run, where they send packets.
    """

    op = "network"
    instance: str
    addressing: list[str]
    forwarding: list[str]
    beside: list[str]
    timeout: float


@dataclass(frozen=True)
class Looks(Request):
    """Answers with one of ``SEVERAL`` at each of some paths below a host's root; the rows are the answer's blob.

    A row is the status, and what is in the folder where there is one.
    """

    op = "looks"
    instance: str
    host: str
    paths: list[str]
    want: str
    timeout: float


SEVERAL = ("status", "entries", "rights")
"""What is at the path; a folder's names too; or all below it that gives rights: what others than owner and group may
write, and programs that run with more rights than who starts them has."""


@dataclass(frozen=True)
class Activity(Request):
    """Answers, for hosts of any labs, whether they live and what was typed and changed last; the rows are the blob.

    ``hosts`` names them by lab. Nothing runs in them, and one that cannot be looked at says so in its own row.
    """

    op = "activity"
    hosts: dict[str, list[str]]
    timeout: float


@dataclass(frozen=True)
class KeepStates(Request):
    """Keeps what state some hosts of a lab are in as their sound state, until their containers are gone.

    The blob is what else is known of their states, by host: provider, object, field, value (JSON).
    """

    op = "keep-states"
    instance: str
    hosts: list[str]
    timeout: float


@dataclass(frozen=True)
class StateChanges(Request):
    """Answers in what the hosts of a lab are not in the state that was kept; the rows are the answer's blob.

    The request's blob is what else is known of their states now, as in ``KeepStates``.
    ``missing`` names those of which no state was kept: what is changed in them is not known.
    """

    op = "state-changes"
    instance: str
    hosts: list[str]
    timeout: float


REQUESTS: dict[str, type[Request]] = {
    r.op: r
    for r in (
        Hello, WaitReady, Ports, SetPort, RunCommand, Terminal, Connect, Observe, Tool, Unit, Look, Sockets, Processes,
        Compare, Changes, Network, Looks, Activity, KeepStates, StateChanges,
    )
}  # fmt: skip

_KINDS = {request: typing.get_type_hints(request) for request in REQUESTS.values()}
"""What each field's value must be: asked of Python once, which takes longer than many a request."""

R = TypeVar("R", bound=Request)


def _fits(value: Any, kind: Any) -> bool:
    """Return whether a JSON value is of an annotated type (bool is no int here)."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return any(_fits(value, one) for one in arguments)
    if origin is list:
        return isinstance(value, list) and all(_fits(item, arguments[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(
            _fits(k, arguments[0]) and _fits(v, arguments[1]) for k, v in value.items()
        )
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind)


def parse(body: dict[str, Any]) -> Request:
    """Return the request that a message states.

    Raises:
        ProtocolError: an unknown operation, a missing or unknown field, a value of the wrong type.
    """
    operation = body.get("op")
    request = REQUESTS.get(operation) if isinstance(operation, str) else None
    if request is None:
        shown = repr(operation[:_SHOWN]) if isinstance(operation, str) else type(operation).__name__
        message = f"unknown operation {shown}"
        raise ProtocolError(message)
    kinds = _KINDS[request]
    fields = {f.name: f for f in dataclasses.fields(request)}
    given = {key: value for key, value in body.items() if key != "op"}
    if unknown := given.keys() - fields.keys():
        message = f"{operation}: unknown fields {sorted(unknown)}"[:_SHOWN]
        raise ProtocolError(message)
    for name, field in fields.items():
        if name not in given and field.default is dataclasses.MISSING:
            message = f"{operation}: field {name} is missing"
            raise ProtocolError(message)
        if name in given and not _fits(given[name], kinds[name]):
            message = f"{operation}: field {name} has the wrong type"
            raise ProtocolError(message)
    timeout = given.get("timeout", 0.0)
    if not 0 <= timeout <= MAX_TIMEOUT:
        message = f"{operation}: timeout must be between 0 and {MAX_TIMEOUT:.0f} seconds"
        raise ProtocolError(message)
    if any("\0" in word for word in given.get("argv", ())) or given.get("argv") == []:
        message = f"{operation}: argv must hold at least one word and no NUL"
        raise ProtocolError(message)
    paths: list[Any] = list(given.get("paths", ()))
    if "path" in given:
        paths.append(given["path"])
    _require_paths(request.op, paths)
    wanted = SEVERAL if request is Looks else LOOKS
    if given.get("want", wanted[0]) not in wanted:
        message = f"{operation}: want must be one of {', '.join(wanted)}"
        raise ProtocolError(message)
    return request(**given)


def _require_paths(operation: str, paths: list[str]) -> None:
    if not all(path.startswith("/") and "\0" not in path and len(path) <= MAX_PATH for path in paths):
        message = f"{operation}: a path must begin with a slash, hold no NUL and at most {MAX_PATH} characters"
        raise ProtocolError(message)


def body_of(request: Request) -> dict[str, Any]:
    """Return the JSON object that states a request."""
    return {"op": request.op, **dataclasses.asdict(request)}


def encode(body: dict[str, Any], blob: bytes = b"") -> bytes:
    """Return a frame."""
    text = json.dumps(body, separators=(",", ":")).encode()
    if len(text) > MAX_JSON or len(blob) > MAX_BLOB:
        message = "the message is too large"
        raise ProtocolError(message)
    return HEADER.pack(len(text), len(blob)) + text + blob


class Decoder:
    """Turns received bytes into messages, whatever pieces they arrive in."""

    def __init__(self) -> None:
        """Start with nothing received."""
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[tuple[dict[str, Any], bytes]]:
        """Return the messages that are complete now.

        Raises:
            ProtocolError: the bytes are no frames of this protocol.
        """
        self._buffer += data
        messages = []
        while len(self._buffer) >= HEADER.size:
            text_size, blob_size = HEADER.unpack_from(self._buffer)
            if text_size > MAX_JSON or blob_size > MAX_BLOB:
                message = "a frame announces too many bytes"
                raise ProtocolError(message)
            end = HEADER.size + text_size + blob_size
            if len(self._buffer) < end:
                break
            text = bytes(self._buffer[HEADER.size : HEADER.size + text_size])
            blob = bytes(self._buffer[HEADER.size + text_size : end])
            del self._buffer[:end]
            try:
                body = json.loads(text)
            except (ValueError, RecursionError) as error:
                message = f"a frame's text is not JSON: {error}"
                raise ProtocolError(message) from None
            if not isinstance(body, dict):
                message = "a frame's JSON is no object"
                raise ProtocolError(message)
            messages.append((body, blob))
        return messages


class Channel:
    """A blocking end of a connection that sends and receives one message at a time."""

    def __init__(self, connection: socket.socket, decoder: Decoder | None = None) -> None:
        """Wrap a connected Unix stream socket; ``decoder`` may hold bytes received before."""
        self.connection = connection
        self._decoder = decoder or Decoder()
        self._messages: list[tuple[dict[str, Any], bytes]] = []
        self._fds: list[int] = []

    @property
    def pending(self) -> bool:
        """Return whether a message has been received that nobody has asked for yet."""
        return bool(self._messages)

    def send(self, body: dict[str, Any], blob: bytes = b"", fds: tuple[int, ...] = ()) -> None:
        """Send a message, with file descriptors where there are any."""
        frame = encode(body, blob)
        sent = socket.send_fds(self.connection, [frame], list(fds)) if fds else 0
        self.connection.sendall(memoryview(frame)[sent:])

    def receive(self) -> tuple[dict[str, Any], bytes, list[int]] | None:
        """Return the next message and the file descriptors that came with it, or None at the end.

        Raises:
            ProtocolError: the bytes received are no frames of this protocol.
            TimeoutError: the connection has a time-out and nothing came.
        """
        while not self._messages:
            data, fds, _, _ = socket.recv_fds(self.connection, 1 << 16, 4)
            self._fds += fds
            if not data:
                return None
            self._messages += self._decoder.feed(data)
        body, blob = self._messages.pop(0)
        fds, self._fds = self._fds, []
        return body, blob, fds
