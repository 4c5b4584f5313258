"""What state a host is in: what is written in its files, and which services start with it and run.

A state is made of words: by provider, object and field. So two states of a host are compared without knowing what the
words mean.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import closing
from typing import TypeAlias

from . import kernel
from .bounded_walk import walk
from .layers import Layers
from .messages import HelperError
from .processes import Table
from .written_files import Entry, entry, written_files

State: TypeAlias = dict[str, dict[str, Entry]]
"""Provider → object → field → value."""
_IMAGE = "image"
"""The key of what the host was made of has where something was written since; it is no provider of its own."""
_LEFT = ("dev", "proc", "run", "sys", "tmp", "var/cache", "var/lib", "var/log")
"""Folders whose files change by themselves: what daemons keep there is theirs to tell."""
_SPOOL, _CRONTABS = "var/spool", "var/spool/cron"
_IN_MEMORY = ("/tmp", "/dev/shm")  # noqa: S108 - nothing is written
"""Where everybody may write, and nothing is left after the next boot: only keys are looked for."""
_MOST_IN_MEMORY = 20_000
_UNITS = ("/usr/lib/systemd/system", "/etc/systemd/system")
"""Where links say what starts with what, and what is masked (systemd.unit(5)); the later one goes before the other."""
_PULLS = (".wants", ".requires", ".upholds")
_MOST_UNITS = 5_000


def host_state(root: int, pid: int, layers: Layers, deadline: float) -> State:
    """Return what state a host is in.

    Args:
        root: the host's root.
        pid: its first process, as the machine numbers it.
        layers: tells what the host has written.
        deadline: of ``time.monotonic``.

    Raises:
        HelperError: there is too much to look at, or the time is over.
    """
    written = written_files(layers, deadline, leaving=_is_left)
    return {
        "files": {row.path: row.now for row in written} | _keys_in_memory(root, deadline),
        _IMAGE: {row.path: row.before for row in written},
        "services": _services(root, pid),
    }


def changes(sound: State, now: State) -> list[tuple[str, str, str, str | None, str | None]]:
    """Return in what two states of a host differ: provider, object, field, and the value in either of them.

    A field that one of them does not have is None there.
    """
    rows = []
    for provider in sorted((sound.keys() | now.keys()) - {_IMAGE}):
        before, after = _whole(sound, now, provider), _whole(now, sound, provider)
        for name in sorted(before.keys() | after.keys()):
            old, new = before.get(name, {}), after.get(name, {})
            fields = sorted(field for field in old.keys() | new.keys() if old.get(field) != new.get(field))
            rows += [(provider, name, field, old.get(field), new.get(field)) for field in fields]
    return rows


def _whole(one: State, other: State, provider: str) -> dict[str, Entry]:
    """Return a provider's objects; a file that had not been written yet was as the host was made."""
    objects = one.get(provider, {})
    return {**other.get(_IMAGE, {}), **objects} if provider == "files" else objects


def _is_left(path: str) -> bool:
    if path == _SPOOL or _is_below(path, _CRONTABS):
        return False
    return _is_below(path, _SPOOL) or any(_is_below(path, folder) for folder in _LEFT)


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _keys_in_memory(root: int, deadline: float) -> dict[str, Entry]:
    """Return the files with a secret key in them where nothing lasts, and everybody may write.

    Raises:
        HelperError: there is too much to look at, or the time is over.
    """
    found = {}
    for place in _IN_MEMORY:
        try:
            folder = kernel.open_in_root(root, place, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            continue
        try:
            with closing(walk(folder, deadline)) as entries:
                for number, (path, state) in enumerate(entries):
                    if number == _MOST_IN_MEMORY:
                        raise HelperError("failed", f"{place}: more than {_MOST_IN_MEMORY} entries")
                    if stat.S_ISREG(state.st_mode) and "key" in (seen := _told(folder, path, state, deadline)):
                        found[f"{place}/{path}"] = seen
        except TimeoutError:
            raise HelperError("timeout", f"{place}: it was not looked at in time") from None
        finally:
            os.close(folder)
    return found


def _told(folder: int, path: str, state: os.stat_result, deadline: float) -> Entry:
    """Return what a file is; nothing where it has gone meanwhile."""
    try:
        return entry(folder, path, state, deadline)
    except FileNotFoundError:
        return {}


def _services(root: int, pid: int) -> dict[str, Entry]:
    """Return of each unit what pulls it in, whether it is masked, and whether a process of it runs."""
    found: dict[str, Entry] = {}
    pulled: dict[str, set[str]] = {}
    for place in _UNITS:
        for name, target in _links(root, place):
            if target == "/dev/null":
                found[name] = {"masked": "yes"}
        for folder in _folders(root, place):
            for name, _ in _links(root, f"{place}/{folder}"):
                pulled.setdefault(name, set()).add(folder)
    for name, by in pulled.items():
        found.setdefault(name, {})["pulled"] = " ".join(sorted(by))
    with Table(root, pid) as table:
        for name in table.units():
            found.setdefault(name, {})["runs"] = "yes"
    return found


def _folders(root: int, place: str) -> list[str]:
    return [name for name, _ in _entries(root, place) if name.endswith(_PULLS)]


def _links(root: int, place: str) -> Iterator[tuple[str, str]]:
    """Give the links in a folder, each with where it leads; an empty file counts as one to ``/dev/null``."""
    for name, target in _entries(root, place):
        if target is not None:
            yield name, target


def _entries(root: int, place: str) -> Iterator[tuple[str, str | None]]:
    """Give what is in a folder: its name, and where it leads if it is a link, or an empty file.

    Raises:
        HelperError: there is too much.
    """
    try:
        folder = kernel.open_in_root(root, place, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return
    try:
        for number, name in enumerate(os.listdir(folder)):
            if number == _MOST_UNITS:
                raise HelperError("failed", f"{place}: more than {_MOST_UNITS} entries")
            try:
                state = os.stat(name, dir_fd=folder, follow_symlinks=False)
                if stat.S_ISLNK(state.st_mode):
                    yield name, os.readlink(name, dir_fd=folder)
                else:
                    empty = stat.S_ISREG(state.st_mode) and not state.st_size
                    yield name, "/dev/null" if empty else None
            except FileNotFoundError:
                continue
    finally:
        os.close(folder)
