"""When somebody last typed in a host, and which of its files was changed last, by the kernel's own dates.

Nothing runs in the host, and no file of it is opened: the dates of its terminals and of what it has written are enough.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import closing
from dataclasses import dataclass

from . import kernel
from .bounded_walk import walk

_TERMINALS = "/dev/pts"
_MOST = 4000
"""Entries that are looked at: a host in which somebody works has written some hundred."""
_LONGEST_PATH = 512
"""Characters of a path that are passed on: its end, which names the file."""
_EXPLAINED = 1_000_000_000
"""Nanoseconds: a folder changes along with what is in it, and counts only where it did so later, by a removal."""
_BY_THEMSELVES = frozenset(
    {
        "dev", "lost+found", "proc", "run", "sys", "tmp",
        *(f"var/{name}" for name in ("backups", "cache", "lib", "lock", "log", "mail", "run", "spool", "tmp")),
    }
)  # fmt: skip
"""Folders into which the system and its services write by themselves."""
_NOTES = frozenset({".cache", ".lesshst", ".viminfo", ".wget-hsts", "Maildir", "__pycache__"})
_HISTORY = "_history"
"""What programs note for themselves and mail that arrives, by name, and how the names of shells' histories end."""


@dataclass(frozen=True)
class Change:
    """The last change that was found.

    Attributes:
        at: when, in seconds since 1970; None where nothing was changed.
        path: what, as the host names it; only its end where it is long.
        whole: whether all was looked at.
        late: whether time ran out before it was.
    """

    at: float | None
    path: str
    whole: bool
    late: bool = False


def last_typed(root: int) -> float | None:
    """Return when something was last typed at a terminal of a host, in seconds since 1970; None where none is open.

    A terminal's access time is when a program last read from it, to eight seconds, as w(1) takes it; that of a new one
    is when it was opened. The host's root can date it as they like: one of the future says nothing.

    Args:
        root: a file descriptor of the host's root.
    """
    try:
        folder = kernel.open_in_root(root, _TERMINALS, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        if not kernel.is_devpts(folder):
            return None
        return max((at for name in os.listdir(folder) if (at := _read_from(name, folder)) is not None), default=None)
    finally:
        os.close(folder)


def _read_from(name: str, folder: int) -> float | None:
    """Return when a terminal was last read from; None for what is none, or is gone."""
    try:
        state = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return None
    terminal = name.isdecimal() and stat.S_ISCHR(state.st_mode)
    return state.st_atime if terminal and state.st_atime <= time.time() else None


def last_changed(written: int, deadline: float) -> Change:
    """Return what was changed last of what a host has written, leaving out what changes by itself.

    The time is that of the last change of content, name or rights (ctime), which a host cannot choose.

    Args:
        written: a file descriptor of the folder that holds all that the host has written.
        deadline: when the looking ends, by the monotonic clock.
    """
    times: dict[str, int] = {}
    folders: dict[str, int] = {}
    inside: dict[str, int] = {}
    whole, late = True, False
    try:
        with closing(walk(written, deadline, leaving=_of_itself)) as entries:
            for number, (path, state) in enumerate(entries):
                if number == _MOST:
                    whole = False
                    break
                parent, at = path.rpartition("/")[0], state.st_ctime_ns
                inside[parent] = max(at, inside.get(parent, 0))
                if not _of_itself(path) and not _is_whiteout(state):
                    (folders if stat.S_ISDIR(state.st_mode) else times)[path] = at
    except OSError as error:  # too late, or deeper than a path may be: what was seen is something
        whole, late = False, isinstance(error, TimeoutError)
    times |= {path: at for path, at in folders.items() if inside.get(path, 0) < at - _EXPLAINED}
    if not times:
        return Change(None, "", whole, late)
    newest = max(times, key=lambda path: times[path])
    return Change(times[newest] / 1e9, f"/{newest}"[-_LONGEST_PATH:], whole, late)


def _is_whiteout(state: os.stat_result) -> bool:
    """Return whether an entry only says that the image's file is removed; all of these may be one inode."""
    return stat.S_ISCHR(state.st_mode) and state.st_rdev == 0


def _of_itself(path: str) -> bool:
    """Return whether a path, or what is below it, changes without anybody's doing."""
    name = path.rpartition("/")[2]
    return path in _BY_THEMSELVES or name in _NOTES or name.endswith(_HISTORY)
