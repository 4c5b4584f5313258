"""A host's files, read from outside: no path leads out of the host's root, and nothing is opened that could block."""

from __future__ import annotations

import errno
import json
import os
import stat
import time
from collections.abc import Sized
from typing import Any

from . import kernel
from .bounded_walk import walk
from .extra_rights import extra_rights
from .layers import Layers, digest, real_path
from .messages import MAX_OUTPUT, HelperError, Look, Looks

_MAX_ENTRIES = 50_000
_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "symlink",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}
_EXECUTED = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
_SET_ID = stat.S_ISUID | stat.S_ISGID
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


def look(root: int, request: Look, deadline: float) -> tuple[dict[str, Any], bytes]:
    """Carry out a look at a path; the answer says ``exists``, and what was asked for is the blob.

    Raises:
        HelperError: what is there cannot be looked at in that way.
    """
    try:
        fd = kernel.open_in_root(root, request.path, os.O_PATH | (0 if request.follow else os.O_NOFOLLOW))
    except OSError as error:
        if error.errno in _NOT_THERE:
            return {"exists": False}, b""
        raise HelperError("failed", f"{request.path}: {error.strerror}") from error
    try:
        state = os.fstat(fd)
        status = {"exists": True, **_status(state), "path": real_path(fd)}
        if request.want == "status":
            if stat.S_ISLNK(state.st_mode):
                status["target"] = os.readlink("", dir_fd=fd)
            return status, b""
        if request.want == "rights" and not stat.S_ISDIR(state.st_mode):
            return status | _capabilities(fd, state), b"[]"
        if request.want in ("entries", "tree", "rights"):
            return status, _below(fd, request, deadline)
        return status, _of_file(fd, state, request, deadline)
    finally:
        os.close(fd)


def looks(root: int, request: Looks, deadline: float) -> list[tuple[dict[str, Any], Any]]:
    """Carry out the same look at several paths, links followed: for each the status, and what is in a folder.

    Raises:
        HelperError: one of them cannot be looked at.
    """
    rows: list[tuple[dict[str, Any], Any]] = []
    for path in request.paths:
        seen, _ = look(root, Look("", "", path, "status", follow=True, timeout=0), deadline)
        blob = b""
        if request.want == "rights" or (request.want == "entries" and seen.get("kind") == "directory"):
            seen, blob = look(root, Look("", "", path, request.want, follow=True, timeout=0), deadline)
        rows.append((seen, json.loads(blob or b"[]")))
    return rows


def compare(root: int, layers: Layers, paths: list[str], deadline: float) -> dict[str, str]:
    """Return, for each path, whether the file there is the image's: ``same``, ``differs``, ``new`` or ``missing``."""
    states = {}
    for path in paths:
        try:
            fd = kernel.open_in_root(root, path, os.O_PATH)
        except OSError:
            states[path] = "missing"
            continue
        try:
            states[path] = layers.compare(fd, real_path(fd), deadline)
        finally:
            os.close(fd)
    return states


def content(root: int, path: str, limit: int = 1 << 20) -> bytes | None:
    """Return a small file's content, or None where there is no file.

    Raises:
        HelperError: there is something else, or more than ``limit`` bytes.
    """
    request = Look("", "", path, "content", follow=True, timeout=0)
    answer, data = look(root, request, time.monotonic() + 1)
    if len(data) > limit:
        raise HelperError("failed", f"{path}: too large")
    return data if answer["exists"] else None


def _status(state: os.stat_result) -> dict[str, Any]:
    return {
        "kind": _KINDS.get(stat.S_IFMT(state.st_mode), "device"),
        "mode": stat.S_IMODE(state.st_mode),
        "uid": state.st_uid,
        "gid": state.st_gid,
        "size": state.st_size,
        "mtime": int(state.st_mtime),
        "ctime": state.st_ctime,
        "inode": state.st_ino,
    }


def _of_file(fd: int, state: os.stat_result, request: Look, deadline: float) -> bytes:
    """Return a file's content or digest."""
    if not stat.S_ISREG(state.st_mode):
        kind = _KINDS.get(stat.S_IFMT(state.st_mode), "device")
        raise HelperError("failed", f"{request.path}: a {kind}, not a file that can be read")
    if request.want == "content" and state.st_size > MAX_OUTPUT:
        raise HelperError("failed", f"{request.path}: too large to be read ({state.st_size} bytes)")
    opened = _reopened(fd, request.path, os.O_RDONLY)
    try:
        if request.want != "content":
            return digest(opened, deadline, request.want).encode()
        data = bytearray()
        while piece := os.read(opened, 1 << 18):
            data += piece
            if len(data) > MAX_OUTPUT or time.monotonic() > deadline:
                raise HelperError("failed", f"{request.path}: too large to be read, or it does not end")
        return bytes(data)
    except OSError as error:
        raise HelperError("failed", f"{request.path}: {error.strerror}") from error
    finally:
        os.close(opened)


def _reopened(fd: int, path: str, flags: int) -> int:
    """Open for reading what was looked at; a lease that a process holds on it does not make us wait."""
    try:
        return os.open(f"/proc/self/fd/{fd}", flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise HelperError("failed", f"{path}: {error.strerror}") from error


def _below(fd: int, request: Look, deadline: float) -> bytes:
    """Return what is in a folder as JSON: names, or each entry with its status."""
    if not stat.S_ISDIR(os.fstat(fd).st_mode):
        raise HelperError("failed", f"{request.path}: not a folder")
    folder = _reopened(fd, request.path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if request.want == "entries":
            return json.dumps(_names(folder, request.path)).encode()
        rows: list[dict[str, Any]] = []
        for path, state in walk(folder, deadline):
            more = _rights(folder, path, state) if request.want == "rights" else {}
            if more is not None:
                rows.append({"path": path, **_status(state), **more})
                _bounded(rows, request.path)
        return json.dumps(rows).encode()
    except TimeoutError as error:
        raise HelperError("timeout", f"{request.path}: too much to look at") from error
    except OSError as error:
        raise HelperError("failed", f"{request.path}: {error.strerror}") from error
    finally:
        os.close(folder)


def _rights(folder: int, path: str, state: os.stat_result) -> dict[str, str] | None:
    """Return what an entry grants beside its mode; None where it gives nobody any rights."""
    mode, more = state.st_mode, {}
    if _is_program(state):
        try:
            fd = kernel.open_plainly(folder, path, os.O_PATH | os.O_NOFOLLOW)
        except OSError:
            return None  # it has gone meanwhile
        try:
            more = _capabilities(fd, state)
        finally:
            os.close(fd)
    is_open = mode & stat.S_IWOTH and not stat.S_ISLNK(mode)
    return more if more or is_open or (_is_program(state) and mode & _SET_ID) else None


def _capabilities(fd: int, state: os.stat_result) -> dict[str, str]:
    return {k: said for k, said in extra_rights(fd).items() if k == "capabilities"} if _is_program(state) else {}


def _is_program(state: os.stat_result) -> bool:
    return stat.S_ISREG(state.st_mode) and bool(state.st_mode & _EXECUTED)


def _names(folder: int, path: str) -> list[str]:
    """Return the names in a folder, which is left where there are more than one may ask for."""
    names: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            names.append(entry.name)
            _bounded(names, path)
    return sorted(names)


def _bounded(rows: Sized, path: str) -> None:
    if len(rows) > _MAX_ENTRIES:
        raise HelperError("failed", f"{path}: more than {_MAX_ENTRIES} entries")
