"""Walking through a folder of a trainee's, in bounded time and memory however many names it has."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Generator

from . import kernel

_CHANGED = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
"""What is said of a folder that has become something else meanwhile."""


def walk(
    top: int, deadline: float, *, leaving: Callable[[str], bool] = lambda _path: False
) -> Generator[tuple[str, os.stat_result], None, None]:
    """Give what is below a folder, one after the other, as its path from there and its state; no link is followed.

    Nothing is held but the folders that are still to be looked at, of which each was given before.

    Args:
        top: a file descriptor of the folder.
        deadline: when the looking ends, by the monotonic clock.
        leaving: tells of a folder by its path that what is in it is not asked for.

    Raises:
        TimeoutError: the time is over.
        OSError: a folder cannot be looked at, for its path is too long for instance.
    """
    waiting = ["."]
    while waiting:
        place = waiting.pop()
        try:
            folder = kernel.open_plainly(top, place, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            if error.errno in _CHANGED:
                continue
            raise
        above = "" if place == "." else f"{place}/"
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if time.monotonic() > deadline:
                        raise TimeoutError
                    path = above + entry.name
                    try:
                        state = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue
                    if stat.S_ISDIR(state.st_mode) and not leaving(path):
                        waiting.append(path)
                    yield path, state
        finally:
            os.close(folder)
