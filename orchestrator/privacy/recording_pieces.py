"""A recording of a terminal (asciicast v2) that is read in pieces: a long one is never in memory whole."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

PIECE: Final = 256 * 1024
"""Bytes that are read at once."""
LONGEST_LINE: Final = 1 << 20
"""Bytes of the longest event: what a terminal shows at once, each sign of it escaped."""
_AROUND: Final = 1 << 16
"""Bytes before and behind a piece that are read with it."""
_HEAD: Final = 1 << 13
_TIME: Final = re.compile(rb"\[\s*([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\s*,")


@dataclass(frozen=True)
class RecordingPiece:
    """Whole lines of a recording.

    Attributes:
        lines: the lines, each with its end; empty where there are no more.
        next: the byte at which the next piece begins.
        end: whether nothing is behind it now.
        before: whole lines that stand before them: what is shown in two pieces is known by both.
        after: whole lines that stand behind them.
    """

    lines: str
    next: int
    end: bool
    before: str = ""
    after: str = ""


def piece_of(file: BinaryIO, at: int) -> RecordingPiece | None:
    """Return what a recording holds from a byte on, cut at the end of a line; None where it does not reach so far.

    Args:
        file: the recording.
        at: where to begin: 0, or what the piece before named.
    """
    size = os.fstat(file.fileno()).st_size
    if not 0 <= at <= size:
        return None
    file.seek(at)
    data = file.read(PIECE)
    if b"\n" not in data:
        data += file.read(LONGEST_LINE - len(data))
    whole = data[: data.rfind(b"\n") + 1]  # what is still being written is the next piece's
    upto = at + len(whole)
    return RecordingPiece(
        whole.decode("utf-8", "replace"),
        upto,
        not whole or upto == size,
        before=_lines_before(file, at),
        after=_lines_after(file, upto),
    )


def _lines_before(file: BinaryIO, at: int) -> str:
    begin = max(0, at - _AROUND)
    file.seek(begin)
    data = file.read(at - begin)
    return (data if begin == 0 else data[data.find(b"\n") + 1 :]).decode("utf-8", "replace")


def _lines_after(file: BinaryIO, at: int) -> str:
    file.seek(at)
    data = file.read(_AROUND)
    return data[: data.rfind(b"\n") + 1].decode("utf-8", "replace")


def head_of(file: BinaryIO) -> dict[str, Any]:
    """Return what a recording says of itself; nothing where its beginning was never written whole."""
    file.seek(0)
    try:
        head = json.loads(file.readline(_HEAD))
    except ValueError:
        return {}
    return head if isinstance(head, dict) else {}


def last_time(file: BinaryIO, size: int) -> float:
    """Return the time of the last whole event, from the file's end."""
    for length in (1 << 14, 2 * LONGEST_LINE):
        start = max(0, size - length)
        file.seek(start)
        lines = file.read(length).split(b"\n")[:-1]  # behind the last end of a line something is still being written
        for line in reversed(lines if start == 0 else lines[1:]):
            if found := _TIME.match(line):
                return float(found[1])
        if start == 0:
            break
    return 0.0
