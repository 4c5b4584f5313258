"""A zip file made while it is sent: however much is in it, little of it is in memory."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterable, Iterator
from typing import Final

_PIECE: Final = 1 << 16


class _Sink:
    """Takes what is written, until it is sent."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0

    def write(self, data: bytes, /) -> int:
        self._parts.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: what is written is there."""

    def close(self) -> None:
        """Do nothing: what is written is still to be taken."""

    def take(self) -> bytes:
        parts, self._parts, self.size = self._parts, [], 0
        return b"".join(parts)


def zipped(entries: Iterable[tuple[str, Iterable[bytes]]]) -> Iterator[bytes]:
    """Yield a zip file in pieces.

    Args:
        entries: name and content of each file, in pieces; each is asked for once the one before was taken.
    """
    sink, at = _Sink(), time.gmtime()[:6]
    with zipfile.ZipFile(sink, "w") as archive:
        for name, content in entries:
            about = zipfile.ZipInfo(name, at)
            about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            with archive.open(about, "w") as file:
                for piece in content:
                    file.write(piece)
                    if sink.size >= _PIECE:
                        yield sink.take()
    yield sink.take()
