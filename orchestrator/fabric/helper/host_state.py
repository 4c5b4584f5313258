"""What state a host is in: what is written in its files, and which services start with it and run.

A state is made of words: by provider, object and field. So two states of a host are compared without knowing what the
words mean.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import closing
from typing import TypeAlias

from . import kernel
from .bounded_walk import walk
from .layers import Layers
from .messages import HelperError
from .processes import Table
from .root_files import content
from .written_files import Entry, Written, entry, written_files

State: TypeAlias = dict[str, dict[str, Entry]]
"""Provider → object → field → value."""
_IMAGE = "image"
"""The key of what the host was made of has where something was written since; it is no provider of its own."""
_LEFT = ("dev", "proc", "run", "sys", "tmp")
_VAR = "var"
_TOLD_OF_VAR = ("var/spool/cron", "var/www")
"""In ``/var`` are caches, data and logs, which change by themselves: what daemons keep there is theirs to tell."""
_FOR_ALL = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - nothing is written
"""Where everybody may write: only secrets are looked for."""
_MOST_FOR_ALL = 20_000
_PASSWORDS = re.compile(r"^[^:\s]+:\$\w+\$[^:\s]+:\d*:", re.MULTILINE)
"""A line of ``/etc/shadow`` with a password (shadow(5), crypt(5))."""
_SKELETON = (".bash_logout", ".bashrc", ".profile")
"""What Debian has in ``/etc/skel``: files that a shell runs, so that they count wherever they say something else."""
_PLAIN = {"kind", "mode", "owner", "content"}
_UNITS = ("/usr/lib/systemd/system", "/etc/systemd/system")
"""Where links say what starts with what, and what is masked (systemd.unit(5)); the later one goes before the other."""
_NOTHING = "/dev/null"
"""Where a link leads that masks a unit, or that has nothing pull it in; an empty file does as well."""
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
        "files": {row.path: row.now for row in written if not _is_from_skeleton(root, row)}
        | _secrets_for_all(root, deadline),
        _IMAGE: {row.path: row.before for row in written},
        "services": _services(root, pid),
    }


def changes(sound: State, now: State) -> list[tuple[str, str, Entry, Entry]]:
    """Return the objects in which two states of a host differ: provider, object, and its fields in either of them.

    An object that one of them does not have has no fields there.
    """
    rows = []
    for provider in sorted((sound.keys() | now.keys()) - {_IMAGE}):
        before, after = _whole(sound, now, provider), _whole(now, sound, provider)
        for name in sorted(before.keys() | after.keys()):
            old, new = before.get(name, {}), after.get(name, {})
            if old != new:
                rows.append((provider, name, old, new))
    return rows


def more_of(blob: bytes) -> dict[str, State]:
    """Return what a client says of hosts' states.

    Raises:
        HelperError: it is not of that form.
    """
    try:
        said = json.loads(blob or b"{}")
    except ValueError:
        said = None
    if not _is_nested(said, 4):
        raise HelperError("bad-request", "the blob holds no states of hosts")
    states: dict[str, State] = said
    return states


def _is_nested(value: object, depth: int) -> bool:
    """Return whether a value is made of mappings, as deep as is said, with texts at the bottom."""
    if not depth:
        return isinstance(value, str)
    return isinstance(value, dict) and all(_is_nested(one, depth - 1) for one in value.values())


def _whole(one: State, other: State, provider: str) -> dict[str, Entry]:
    """Return a provider's objects; a file that had not been written yet was as the host was made."""
    objects = one.get(provider, {})
    return {**other.get(_IMAGE, {}), **objects} if provider == "files" else objects


def _is_from_skeleton(root: int, row: Written) -> bool:
    """Return whether a file is what each new account's home gets (useradd(8), pam_mkhomedir(8)), as it was given."""
    name = row.path.rpartition("/")[2]
    if row.before or name not in _SKELETON or not row.path.startswith("/home/"):
        return False
    return content(root, f"/etc/skel/{name}") == row.now.get("content", "").encode() and not row.now.keys() - _PLAIN


def _is_left(path: str) -> bool:
    if _is_below(path, _VAR):
        return not any(_is_below(path, told) or _is_below(told, path) for told in _TOLD_OF_VAR)
    return any(_is_below(path, folder) for folder in _LEFT)


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _secrets_for_all(root: int, deadline: float) -> dict[str, Entry]:
    """Return the files with a secret key or hashed passwords in them where everybody may write.

    Raises:
        HelperError: there is too much to look at, or the time is over.
    """
    found = {}
    for place in _FOR_ALL:
        try:
            folder = kernel.open_in_root(root, place, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            continue
        try:
            with closing(walk(folder, deadline)) as entries:
                for number, (path, state) in enumerate(entries):
                    if number == _MOST_FOR_ALL:
                        raise HelperError("failed", f"{place}: more than {_MOST_FOR_ALL} entries")
                    if not stat.S_ISREG(state.st_mode):
                        continue
                    seen = _told(folder, path, state, deadline)
                    if _PASSWORDS.search(seen.get("content", "")):
                        seen["passwords"] = "hashed"
                    if "key" in seen or "passwords" in seen:
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
    units: dict[str, str | None] = {}
    pulls: dict[tuple[str, str], str | None] = {}
    for place in _UNITS:
        entries = [*_entries(root, place)]
        units.update(entries)
        for folder in (name for name, _ in entries if name.endswith(_PULLS)):
            pulls.update(((name, folder), target) for name, target in _entries(root, f"{place}/{folder}"))
    found: dict[str, Entry] = {name: {"masked": "yes"} for name, target in units.items() if target == _NOTHING}
    pulled: dict[str, list[str]] = {}
    for (name, folder), target in sorted(pulls.items(), key=lambda pull: pull[0]):
        if target not in (None, _NOTHING):
            pulled.setdefault(name, []).append(folder)
    for name, by in pulled.items():
        found.setdefault(name, {})["wanted-by"] = " ".join(by)
    with Table(root, pid) as table:
        for name in table.units():
            found.setdefault(name, {})["runs"] = "yes"
    return found


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
                    yield name, _NOTHING if empty else None
            except FileNotFoundError:
                continue
    finally:
        os.close(folder)
