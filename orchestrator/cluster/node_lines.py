"""How a node tells its cluster what it does: documents on its output, in lines short enough for any container's log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

_PIECE: Final = 8_000
"""Characters: Docker cuts lines of more than 16 KiB into several."""
_MORE, _END = "+", "."


def lines_of(document: object) -> Iterator[str]:
    """Yield the lines that tell a document of JSON's types."""
    text = json.dumps(document)
    pieces = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
    yield from (_MORE + piece for piece in pieces[:-1])
    yield _END + pieces[-1]


def documents_in(output: bytes) -> tuple[dict[str, Any], ...]:
    """Return the documents that were told whole so far.

    Raises:
        ValueError: these are no such lines.
    """
    found: list[dict[str, Any]] = []
    pieces: list[str] = []
    for line in output.decode("ascii", "replace").split("\n")[:-1]:  # the last one is not whole yet
        if line[:1] not in (_MORE, _END):
            message = f"no line of a node: {line[:80]!r}"
            raise ValueError(message)
        pieces.append(line[1:])
        if line[0] == _END:
            found.append(json.loads("".join(pieces)))
            pieces = []
    return tuple(found)
