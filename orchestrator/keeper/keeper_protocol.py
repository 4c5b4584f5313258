"""What the keeper and its clients say to each other, over its Unix socket.

A connection is one conversation, made of frames in both directions. A frame is a byte with its kind, four bytes with
the length of its body (big-endian), and the body:

    J   one JSON object, which its field ``type`` names
    B   bytes of a terminal: what is typed, to the keeper; what the terminal shows, from it

The client begins with one request, and is given one answer:

    keep, with the master's descriptor (SCM_RIGHTS) -> kept
    keep a candidate's, with a file's besides       -> kept
    list                                            -> listed
    close, forget-lab, erase-recordings             -> done
    attach                                          -> opening
    any of them                                     -> refused

After ``opening`` the keeper sends B frames, ``resized``, ``ended`` once no program is left, ``opening`` again to a
viewer that has fallen behind, and ``closed`` before it ends the connection because somebody closed the terminal; the
client sends B frames and ``resize``. After any other answer, the client ends the connection. What is not understood
ends the connection, and harms nobody else.

B frames continue what the last ``opening`` began: the first byte after it is number ``at`` of the terminal's output.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Annotated, Final, Literal

import msgspec

JSON: Final = b"J"
BYTES: Final = b"B"
HEAD: Final = struct.Struct(">cI")
"""A frame's kind, and the length of its body."""
LONGEST: Final = 1 << 16
"""Bytes of the longest body but that of an answer: what is typed, or shown, is sent in pieces of that length."""
LONGEST_ANSWER: Final = 1 << 22
"""Bytes of the longest answer: the list of as many terminals as the keeper holds is shorter."""

Length = Annotated[int, msgspec.Meta(ge=1, le=1000)]
"""Rows or columns: a terminal has one at least; no screen has more."""
Word = Annotated[str, msgspec.Meta(max_length=100)]
LabName = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}\Z")]
"""A lab's name as a folder has it: it can be no path, and no two labs share a folder."""


class FrameError(Exception):
    """What a connection sent is no frame of this protocol, or not one that is expected."""


class TerminalAbout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a terminal is; the keeper passes it on, and goes by ``lab`` only.

    Attributes:
        lab: the lab's name.
        identity: which instance of that name it belongs to.
        host: the host it is on.
        kind: root's shell or a device's command line.
        owner: the store's reference of the person whose lab it is.
        rows: lines of the window at first.
        columns: columns of the window at first.
    """

    lab: LabName
    identity: Word
    host: Word
    kind: Word
    owner: Word
    rows: Length
    columns: Length


class SeatHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a candidate's terminal is recorded.

    Attributes:
        title: what the recording is of.
        began: the session's time, seconds since 1970, with a fraction.
        most: bytes of what is shown, at most; what is typed is recorded beyond that.
    """

    title: Annotated[str, msgspec.Meta(max_length=300)]
    began: float
    most: Annotated[int, msgspec.Meta(ge=1 << 10, le=1 << 28)]


class KeptTerminal(msgspec.Struct, frozen=True):
    """A terminal that is kept.

    Attributes:
        id: sixteen hexadecimal digits.
        about: what it is, with its size at first.
        since: when it was handed over, ISO 8601, UTC.
        ended: no program is left in it; what it showed can still be read.
    """

    id: str
    about: TerminalAbout
    since: str
    ended: bool


# Requests -----------------------------------------------------------------------------------------------------


class KeepRequest(msgspec.Struct, frozen=True, tag="keep", forbid_unknown_fields=True, omit_defaults=True):
    """Keep the terminal whose master comes with this frame.

    Attributes:
        about: what it is.
        seat: how it is recorded for a jury, into the file whose descriptor follows the master's; None: as others are.
    """

    about: TerminalAbout
    seat: SeatHead | None = None


class ListRequest(msgspec.Struct, frozen=True, tag="list", forbid_unknown_fields=True):
    """Tell which terminals are kept."""


class CloseRequest(msgspec.Struct, frozen=True, tag="close", forbid_unknown_fields=True):
    """Hang a terminal up, and forget it."""

    id: Word


class ForgetLabRequest(msgspec.Struct, frozen=True, tag="forget-lab", forbid_unknown_fields=True):
    """Hang up and forget all terminals of a lab; their recordings stay."""

    lab: LabName


class EraseRequest(msgspec.Struct, frozen=True, tag="erase-recordings", forbid_unknown_fields=True):
    """Remove the recordings of a lab; terminals that are open are recorded no longer."""

    lab: LabName


class AttachRequest(msgspec.Struct, frozen=True, tag="attach", forbid_unknown_fields=True):
    """See a terminal, from a byte of its output on if that is still kept."""

    id: Word
    after: int | None


class ResizeRequest(msgspec.Struct, frozen=True, tag="resize", forbid_unknown_fields=True):
    """Give the terminal that is seen the size of the viewer's window."""

    rows: Length
    columns: Length


Request = KeepRequest | ListRequest | CloseRequest | ForgetLabRequest | EraseRequest | AttachRequest | ResizeRequest

# Answers and events -------------------------------------------------------------------------------------------


class KeptAnswer(msgspec.Struct, frozen=True, tag="kept"):
    """The terminal is kept under this id."""

    id: str


class ListAnswer(msgspec.Struct, frozen=True, tag="listed"):
    """The terminals that are kept, the oldest first."""

    terminals: tuple[KeptTerminal, ...]


class DoneAnswer(msgspec.Struct, frozen=True, tag="done"):
    """It is done."""


RefusedKind = Literal["no-terminal", "too-many", "no-master", "machine"]


class RefusedAnswer(msgspec.Struct, frozen=True, tag="refused"):
    """It is not done; ``detail`` is the system's word on it, or the limit that was reached."""

    kind: RefusedKind
    detail: str = ""


class Opening(msgspec.Struct, frozen=True, tag="opening"):
    """Where the bytes that follow begin.

    Attributes:
        at: the number of the first byte that follows, in all that the terminal ever showed.
        reset: the screen is cleared first; False: they continue what the viewer has.
        rows: lines of the window now.
        columns: columns of the window now.
        ended: no program is left in the terminal.
        end: the number of the first byte that was not shown yet when the viewer came: what precedes it is the past.
    """

    at: int
    reset: bool
    rows: int
    columns: int
    ended: bool
    end: int


class Resized(msgspec.Struct, frozen=True, tag="resized"):
    """Another viewer gave the window this size."""

    rows: int
    columns: int


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """No program is left in the terminal; all that it showed has been sent."""


class TerminalClosed(msgspec.Struct, frozen=True, tag="closed"):
    """Somebody hung the terminal up, and it is forgotten."""


Answer = KeptAnswer | ListAnswer | DoneAnswer | RefusedAnswer | Opening
Event = Opening | Resized | Ended | TerminalClosed
Told = Answer | Event

_REQUESTS: Final = msgspec.json.Decoder[Request](Request)


def request_of(body: bytes) -> Request:
    """Return the request in a frame's body.

    Raises:
        FrameError: there is none, or something in it has the wrong type, name or length.
    """
    try:
        request: Request = _REQUESTS.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise FrameError(str(error)) from error
    return request


def frame(what: Request | Told | bytes) -> bytes:
    """Return the frame of an object, or of a terminal's bytes."""
    kind, body = (BYTES, what) if isinstance(what, bytes) else (JSON, msgspec.json.encode(what))
    return HEAD.pack(kind, len(body)) + body


class FrameReader:
    """Takes what a client's connection brings apart into frames."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield kind and body of each frame that is whole by now.

        Raises:
            FrameError: a frame is of no known kind, or longer than any may be.
        """
        self._rest += data
        while len(self._rest) >= HEAD.size:
            kind, length = HEAD.unpack_from(self._rest)
            if kind not in (JSON, BYTES) or length > LONGEST:
                raise FrameError(f"a frame of kind {kind!r} with {length} bytes")
            end = HEAD.size + length
            if len(self._rest) < end:
                return
            body = bytes(self._rest[HEAD.size : end])
            del self._rest[:end]
            yield kind, body
