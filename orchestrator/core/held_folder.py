"""A folder that a program holds as long as it lives: so another one sees that what is noted there is nobody's."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from orchestrator.core.waiting import wait_until

_LOCK: Final = "lock"


@contextlib.contextmanager
def held(folder: Path, *, within: float = 0.0) -> Iterator[bool]:
    """Hold a folder within the block, and give whether nobody else does.

    The kernel lets go of it when the program ends, however it ends.

    Args:
        folder: it is made where it is missing.
        within: seconds that whoever holds it gets to come to its end.

    Raises:
        OSError: it cannot be made or written to.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / _LOCK).open("wb") as lock:

        def taken() -> bool:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        yield bool(wait_until(taken, within=within, every=0.2))


def is_abandoned(folder: Path) -> bool:
    """Return whether nobody holds a folder any more; of one that cannot be looked at, nobody knows."""
    try:
        if not folder.is_dir():
            return True
        with held(folder) as alone:
            return alone
    except OSError:
        return False
