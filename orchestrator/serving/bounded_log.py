"""Logs that do not grow for ever, though programs that run hold them open: what is large is put aside, and emptied."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, Final

LARGEST: Final = 4 << 20
"""Bytes of a log before it is put aside, and the most that are kept of it then."""
_BLOCK: Final = 1 << 16


def opened(path: Path) -> BinaryIO:
    """Open a log for more, by its end, wherever that is by then: it may be emptied meanwhile."""
    keep_small(path)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600), "ab")


def keep_small(path: Path, largest: int = LARGEST) -> None:
    """Put the end of a log that has grown large aside, in ``NAME.old.log``, in the place of the one before.

    The file itself stays, for it is the programs' standard error, and the keeper's, which outlives them all. What is
    written between the copy and the emptying, a few microseconds, is lost.

    Args:
        path: the log; where there is none, nothing is done.
        largest: how many bytes it may have.
    """
    try:
        log = path.open("r+b")
    except FileNotFoundError:
        return
    with log:
        size = os.fstat(log.fileno()).st_size
        if size <= largest:
            return
        log.seek(size - largest)
        aside, draft = path.with_suffix(".old.log"), path.with_suffix(".new.log")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as kept:
            while block := log.read(_BLOCK):  # up to what was said while it was copied
                kept.write(block)
        log.truncate(0)
        draft.replace(aside)
