"""What a host has written, entry by entry, each beside what its image has in the same place.

An overlay copies a file up whole before it is changed, and the folders above it with it: so an entry of the writable
layer may be the image's own still, in content and rights.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import NamedTuple, TypeAlias

from . import kernel
from .bounded_walk import walk
from .extra_rights import extra_rights
from .layers import Layers, digest
from .messages import HelperError

_NO_KEY = b"(a private key)"
"""What is told in place of a key."""
MOST = 20_000
"""Entries that are told of one host."""
READ = 64 << 20
"""Bytes of the largest file whose content is told; of a larger one, its size."""
TEXT = 1 << 16
"""Bytes of the largest text that is told as it is; of anything else, the digest."""
_SEARCHED = 1 << 20
"""Bytes of the largest file in which keys are looked for."""
_KEY = re.compile(
    rb"-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY|OpenVPN Static key V1)-----([^-]*(?:-(?!----)[^-]*)*)-----END \1-----"
)
"""A key that is a secret, as text (RFC 7468, and OpenSSH's and OpenVPN's own).

Nothing in it holds five dashes: so many beginnings without an end take no longer than they are long.
"""
_OPAQUE = ("trusted.overlay.opaque", "user.overlay.opaque")
"""The attributes by which a folder hides what lower layers have in it (Documentation/filesystems/overlayfs.rst)."""
_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "symlink",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}

Entry: TypeAlias = dict[str, str]
"""What is at a path, in words: ``kind``, ``mode``, ``owner`` (numbers), ``content``, ``key``, and what ``extra_rights``
says; empty: nothing is."""


class Written(NamedTuple):
    """What a host has written at a path.

    Attributes:
        path: from the host's root.
        before: what its image, or what was placed before its first start, has there.
        now: what is there.
    """

    path: str
    before: Entry
    now: Entry


def written_files(
    layers: Layers, deadline: float, *, leaving: Callable[[str], bool] = lambda _path: False
) -> list[Written]:
    """Return what a host has written since its first start, and what was there by its image and its plan.

    Args:
        layers: the host's.
        deadline: when the looking ends, by the monotonic clock.
        leaving: tells of a path, without its first slash, that it and what is below it are not asked for.

    Returns:
        What was written, by path; entries that are as they were are left out.

    Raises:
        HelperError: there are too many, or the time is over.
    """
    upper = layers.written()
    rows: list[Written] = []
    try:
        with closing(walk(upper, deadline, leaving=leaving)) as entries:
            for number, (path, state) in enumerate(entries):
                if number == MOST:
                    raise HelperError("failed", f"more than {MOST} files were written")
                if leaving(path):
                    continue
                now = {} if _is_whiteout(state) else entry(upper, path, state, deadline)
                before = _below(layers, path, deadline)
                if now != before:
                    rows.append(Written(f"/{path}", before, now))
                if now and _is_opaque(upper, path):
                    rows += _hidden(layers, upper, path, deadline)
    except TimeoutError:
        raise HelperError("timeout", "what was written was not looked at in time") from None
    return sorted(rows)


def entry(folder: int, path: str, state: os.stat_result, deadline: float) -> Entry:
    """Return what is at a path below a folder, in words.

    Raises:
        HelperError: it takes too long to read.
    """
    kind = _KINDS.get(stat.S_IFMT(state.st_mode), "device")
    row = {"kind": kind, "mode": f"{stat.S_IMODE(state.st_mode):04o}", "owner": f"{state.st_uid}:{state.st_gid}"}
    if kind not in ("file", "directory", "symlink"):
        return row
    fd = kernel.open_plainly(folder, path, os.O_PATH | os.O_NOFOLLOW)
    try:
        if kind == "symlink":
            return row | {"content": os.readlink("", dir_fd=fd)}
        row |= extra_rights(fd)
        return row | _content(fd, state, deadline) if kind == "file" else row
    finally:
        os.close(fd)


def _content(fd: int, state: os.stat_result, deadline: float) -> Entry:
    """Return a file's text, or its digest, and the digest of the secret key in it."""
    if state.st_size > READ:
        return {"content": f"{state.st_size} bytes"}
    opened = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if state.st_size > _SEARCHED:
            return {"content": f"sha256 {digest(opened, deadline)}"}
        return _told(os.pread(opened, _SEARCHED, 0))
    finally:
        os.close(opened)


def _told(data: bytes) -> Entry:
    keys = b"\n".join(b"".join(found[2].split()) for found in _KEY.finditer(data))
    said: Entry = {"key": hashlib.sha256(keys).hexdigest()} if keys else {}
    data = _KEY.sub(_NO_KEY, data) if keys else data  # what stands around a key is no secret
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or len(data) > TEXT:
        text = f"sha256 {hashlib.sha256(data).hexdigest()}"
    return {"content": text, **said}


def _below(layers: Layers, path: str, deadline: float) -> Entry:
    """Return what is at a path of what the host was made of: what was placed before its start, and its image."""
    for layer in layers.below():
        try:
            fd = kernel.open_plainly(layer, path, os.O_PATH | os.O_NOFOLLOW)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                raise
            if _hides(layer, path):
                return {}
            continue
        try:
            state = os.fstat(fd)
        finally:
            os.close(fd)
        return {} if _is_whiteout(state) else entry(layer, path, state, deadline)
    return {}


def _hides(layer: int, path: str) -> bool:
    """Return whether a layer has something above a path that hides what lower layers have there."""
    for folder in _above(path):
        try:
            fd = kernel.open_plainly(layer, folder, os.O_PATH | os.O_NOFOLLOW)
        except OSError:
            return False
        try:
            state = os.fstat(fd)
        finally:
            os.close(fd)
        if not stat.S_ISDIR(state.st_mode) or _is_opaque(layer, folder):
            return True
    return False


def _above(path: str) -> Iterator[str]:
    parts = path.split("/")
    return ("/".join(parts[:length]) for length in range(1, len(parts)))


def _hidden(layers: Layers, upper: int, folder: str, deadline: float) -> list[Written]:
    """Return what an opaque folder of the host's hides: it was removed, and something else is there now."""
    found: dict[str, Written] = {}
    for layer in layers.below():
        try:
            fd = kernel.open_plainly(layer, folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            continue
        try:
            names = os.listdir(fd)
        finally:
            os.close(fd)
        for path in (f"{folder}/{name}" for name in names):
            if path not in found and not _is_there(upper, path) and (before := _below(layers, path, deadline)):
                found[path] = Written(f"/{path}", before, {})
    return list(found.values())


def _is_there(layer: int, path: str) -> bool:
    try:
        os.close(kernel.open_plainly(layer, path, os.O_PATH | os.O_NOFOLLOW))
    except OSError:
        return False
    return True


def _is_whiteout(state: os.stat_result) -> bool:
    """Return whether an entry only says that what is below it is removed."""
    return stat.S_ISCHR(state.st_mode) and state.st_rdev == 0


def _is_opaque(layer: int, path: str) -> bool:
    try:
        fd = kernel.open_plainly(layer, path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return False
    try:
        return any(_attribute(fd, name) == b"y" for name in _OPAQUE)
    finally:
        os.close(fd)


def _attribute(fd: int, name: str) -> bytes:
    try:
        return os.getxattr(fd, name)
    except OSError:
        return b""
