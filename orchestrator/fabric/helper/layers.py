"""What of a host's files is its image's own, told from the layers that the container's root is made of.

Docker gives a container an overlay: the image's layers below, read-only, and one writable layer above that holds
all that was changed since. Both lie on the machine, out of the host's reach. They are found by the overlay's own mount
options, so whatever stored the image (overlay2, containerd) does not matter. A host with a disk writes to that; what
was placed before its first start is in Docker's layer.
"""

from __future__ import annotations

import errno
import functools
import hashlib
import itertools
import math
import os
import re
import stat
import time
from collections.abc import Callable, Iterator

from . import disks, kernel
from .bounded_walk import walk
from .messages import HelperError
from .mounts import mounts_of, root_among

_COMMANDS = ("usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin")
"""The folders of a command's search path, in its order (``/sbin`` and ``/bin`` are links to the latter)."""
_TOOLS = (
    "bin", "sbin", "lib", "lib64", "usr", "usr/share/perl", "usr/share/perl5", "usr/share/python3",
    "usr/share/postgresql-common", "usr/local/share/perl", "etc/alternatives", "etc/ld.so.preload", "etc/ld.so.conf",
    "etc/ld.so.conf.d", "etc/ld.so.cache", "etc/perl", "etc/postgresql-common", "etc/ssl/openssl.cnf",
    "etc/pam.d/runuser", "etc/pam.d/runuser-l", "etc/default/runuser", "etc/login.defs",
    *(f"etc/python3.{minor}" for minor in range(11, 20)),
)  # fmt: skip
"""What decides which program a command's name runs, with which libraries and modules, and in which environment."""
_OF_TASTE = frozenset({"editor", "pager", "vi", "view", "ex"})
"""Alternatives that a technician may well choose differently."""
_MODULES = re.compile(r"usr/(?:local/)?(?:lib|share)/(?:.*/)?(?:python3(?:\.\d+)?|perl5?|perl-base|site_perl)(?:/|$)")
"""Folders in which the interpreters look for modules."""
_OWN_MODULES = ("usr/local/lib", "usr/local/share")
"""Where an administrator's own modules and libraries are."""
_MODULE_ENDINGS = (".py", ".pth", ".pm", ".pmc", ".pl")
_PYTHONS_HOME = re.compile(
    r"usr/s?bin/(?:lib\w*|Modules)(?:/|$)|usr/(?:.*/)?(?:pyvenv\.cfg|pybuilddir\.txt|[^/]*\._pth|python\d+\.zip)$"
)
"""By what Python takes its standard library from elsewhere (CPython, ``Modules/getpath.py``)."""
_IGNORED = ("usr/share", "usr/src", "usr/include", "usr/games", "usr/local/share", "usr/local/src", "usr/local/etc")
_MAX_CHANGES = 20_000
_CLOCK_OF_FILES = 5
"""CLOCK_REALTIME_COARSE of clock_gettime(2), by which the kernel dates changes of files; Python has no name for it."""
_MAX_FILE = 256 << 20
_SHOWN = 10
_INODE = (1 << 56) - 1
"""An overlay of two file systems tells them apart by the highest bits of a file's number (xino)."""


def digest(fd: int, deadline: float, kind: str = "sha256") -> str:
    """Return the digest of an open file.

    Raises:
        HelperError: it is too large, or the time is over.
    """
    state, done = hashlib.new(kind, usedforsecurity=False), 0
    while piece := os.pread(fd, 1 << 20, done):
        state.update(piece)
        done += len(piece)
        if done > _MAX_FILE or time.monotonic() > deadline:
            message = f"a file is too large to be read: more than {done >> 20} MiB"
            raise HelperError("failed", message)
    return state.hexdigest()


def now() -> int:
    """Return the time that a file which is changed now gets, in nanoseconds since 1970."""
    return time.clock_gettime_ns(_CLOCK_OF_FILES)


def real_path(fd: int) -> str:
    """Return the path of an open file below the root of its own mount namespace, without any link."""
    return os.readlink(f"/proc/self/fd/{fd}")


class Layers:
    """The layers of one host; file descriptors of folders on the machine."""

    def __init__(self, upper: int, lower: list[int], disk: Callable[[], int | None] | None = None) -> None:
        """Take Docker's writable layer and the image's, the topmost first.

        Args:
            upper: Docker's.
            lower: the image's.
            disk: opens what a host with a disk has written; None where the host writes to Docker's layer.
        """
        self._known: dict[tuple[str, int, int, int, int], str] = {}
        self._upper = upper
        self._lower = lower
        self._disk = disk
        self._written: int | None = None

    @classmethod
    def of(cls, pid: int, container: str) -> Layers | None:
        """Return the layers of the container whose first process is ``pid``; None where it is made otherwise."""
        known = disks.root_of(container)
        options = known.options if known else _overlay_options(pid)
        upper = [value for name, value in options if name == "upperdir"]
        lower = [v for n, value in options if n in ("lowerdir", "lowerdir+") for v in value.split(":") if v]
        if not upper or not lower or not all(path.startswith("/") for path in (*upper, *lower)):
            return None
        machine = _machine_root(pid)
        if machine is None:
            return None
        flags = os.O_PATH | os.O_DIRECTORY
        opened: list[int] = []
        try:
            for path in (*upper, *lower):
                opened.append(kernel.open_in_root(machine, path, flags))  # noqa: PERF401 - what was opened is closed
        except OSError:
            for fd in opened:
                os.close(fd)
            return None
        finally:
            os.close(machine)
        return cls(opened[0], opened[1:], functools.partial(disks.written, container, known.loop) if known else None)

    def close(self) -> None:
        """Close the folders."""
        self.release()
        for fd in (self._upper, *self._lower):
            os.close(fd)

    def release(self) -> None:
        """Let go of the host's disk until the next question: held for longer it would outlive the host."""
        if self._written is not None:
            os.close(self._written)
            self._written = None

    def _writable(self) -> tuple[int, ...]:
        """Return the folders that hold what is not the image's, the topmost first.

        Raises:
            HelperError: the host's disk is gone: the host is.
        """
        if self._disk is None:
            return (self._upper,)
        if self._written is None:
            self._written = self._disk()
            if self._written is None:
                raise HelperError("unreachable", "the host's disk is not in use any more")
        return (self._written, self._upper)

    def written(self) -> int:
        """Return the folder that holds what the host has written since its first start.

        Raises:
            HelperError: the host's disk is gone: the host is.
        """
        return self._writable()[0]

    def below(self) -> tuple[int, ...]:
        """Return the folders of which the host was made, the topmost first: what was placed, and its image."""
        return (*(() if self._disk is None else (self._upper,)), *self._lower)

    def compare(self, theirs: int, path: str, deadline: float) -> str:
        """Return how a host's open file is to what its image has at a path: ``same``, ``differs`` or ``new``."""
        state = os.fstat(theirs)
        # A host cannot set its clock: the time of a file's last change (ctime) tells every change.
        key = (path, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
        if key not in self._known:
            self._known[key] = self._compared(theirs, path, deadline)
        return self._known[key]

    def _compared(self, theirs: int, path: str, deadline: float) -> str:
        mine = self._image_file(path)
        if mine is None:
            return "new"
        try:
            a, b = os.fstat(theirs), os.fstat(mine)
            if not stat.S_ISREG(a.st_mode) or not stat.S_ISREG(b.st_mode) or a.st_size != b.st_size:
                return "differs"
            if a.st_ino & _INODE == b.st_ino and not self._changed(path):
                return "same"  # the overlay shows the very file of the layer
            return "same" if _digest_of(theirs, deadline) == _digest_of(mine, deadline) else "differs"
        finally:
            os.close(mine)

    def changed_tools(self, deadline: float, since: float = math.inf) -> list[str]:
        """Return the files that could make a command of the image run something else, or with other libraries.

        Args:
            deadline: when the looking ends, by the monotonic clock.
            since: what was touched since then (``now``) counts as well, whatever it is: it may have been put back.
        """
        found: list[str] = []
        try:
            for number, (upper, path, entry) in enumerate(self._changes(deadline)):
                if number > _MAX_CHANGES:
                    return [*found, "/usr"]  # too much was changed to look at all of it
                if entry.st_ctime_ns >= since or self._misleads(upper, path, entry, deadline):
                    found.append(f"/{path}")
                    if len(found) == _SHOWN:
                        break
        except TimeoutError:
            return [*found, "/usr"]
        return found

    def _changes(self, deadline: float) -> Iterator[tuple[int, str, os.stat_result]]:
        """Give what a writable layer holds of the tools, with the layer."""
        for upper in self._writable():
            for path, entry in itertools.chain.from_iterable(_files_below(upper, start, deadline) for start in _TOOLS):
                if upper == self._upper and self._written is not None and _holds(self._written, path):
                    continue  # what was placed before the start has been replaced or removed since
                yield upper, path, entry

    def _misleads(self, upper: int, path: str, entry: os.stat_result, deadline: float) -> bool:
        folder, _, name = path.rpartition("/")
        if stat.S_ISCHR(entry.st_mode) or stat.S_ISDIR(entry.st_mode):  # removed: what is missing shows by itself
            return False
        if folder == "etc/alternatives" and name in _OF_TASTE:
            return False
        mine = self._image_file(path)
        if mine is None:
            return self._shadows(folder, name, entry)
        try:
            theirs = kernel.open_plainly(upper, path, os.O_PATH | os.O_NOFOLLOW)
            try:
                if stat.S_ISLNK(entry.st_mode):
                    return not stat.S_ISLNK(os.fstat(mine).st_mode) or _target(theirs) != _target(mine)
                own = os.fstat(mine)
                if not stat.S_ISREG(own.st_mode) or own.st_size != entry.st_size:
                    return True
                return _digest_of(theirs, deadline) != _digest_of(mine, deadline)
            finally:
                os.close(theirs)
        finally:
            os.close(mine)

    def _shadows(self, folder: str, name: str, entry: os.stat_result) -> bool:
        """Return whether something new stands before what the image has under the same name."""
        if folder.startswith("etc"):
            return folder != "etc/alternatives" and entry.st_size > 0
        if _PYTHONS_HOME.match(f"{folder}/{name}"):
            return True
        if folder in _COMMANDS:
            return self._image_has(name, _COMMANDS)
        if stat.S_ISLNK(entry.st_mode) and (folder.startswith(_OWN_MODULES) or _MODULES.match(f"{folder}/{name}")):
            return True  # to a folder of modules, perhaps, which is elsewhere
        if ".so" in name:  # one of a name of its own as well: NSS, PAM and SASL load whatever is named to them
            return True
        module = name.endswith(_MODULE_ENDINGS) or (name.endswith(".pyc") and not folder.endswith("/__pycache__"))
        return module and _MODULES.match(folder) is not None

    def _image_has(self, name: str, folders: tuple[str, ...]) -> bool:
        for folder in folders:
            fd = self._image_file(f"{folder}/{name}")
            if fd is not None:
                os.close(fd)
                return True
        return False

    def _image_file(self, path: str) -> int | None:
        """Return a file descriptor (O_PATH) of what the image has at a path that holds no link, or None."""
        for layer in self._lower:
            try:
                fd = kernel.open_plainly(layer, path, os.O_PATH | os.O_NOFOLLOW)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG):
                    continue
                raise
            if stat.S_ISCHR(os.fstat(fd).st_mode):  # a whiteout: an upper layer of the image removed it
                os.close(fd)
                return None
            return fd
        return None

    def _changed(self, path: str) -> bool:
        return any(_holds(upper, path) for upper in self._writable())


def written_by(pid: int, container: str) -> int | None:
    """Return a file descriptor of the folder that holds what a host has written, or None where it cannot be told.

    A host with a disk writes to that, any other one to Docker's writable layer. The file descriptor keeps the disk in
    use: it must not be kept for long.

    Args:
        pid: the host's first process.
        container: its container's id.
    """
    known = disks.root_of(container)
    if known is not None:
        return disks.written(container, known.loop)
    upper = dict(_overlay_options(pid)).get("upperdir", "")
    machine = _machine_root(pid) if upper.startswith("/") else None
    if machine is None:
        return None
    try:
        return kernel.open_in_root(machine, upper, os.O_PATH | os.O_DIRECTORY)
    except OSError:
        return None
    finally:
        os.close(machine)


def _holds(layer: int, path: str) -> bool:
    try:
        os.close(kernel.open_plainly(layer, path, os.O_PATH | os.O_NOFOLLOW))
    except OSError as error:
        return error.errno not in (errno.ENOENT, errno.ENOTDIR)
    return True


def _files_below(layer: int, start: str, deadline: float) -> Iterator[tuple[str, os.stat_result]]:
    """Give all that a layer has at or below a path that holds no link.

    Raises:
        TimeoutError: there is too much to look at.
    """
    try:
        fd = kernel.open_plainly(layer, start, os.O_PATH | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        state = os.fstat(fd)
        yield start, state
        if not stat.S_ISDIR(state.st_mode):
            return
        for path, entry in walk(fd, deadline, leaving=lambda path: f"{start}/{path}" in _IGNORED):
            yield f"{start}/{path}", entry
    finally:
        os.close(fd)


def _digest_of(path_fd: int, deadline: float) -> str:
    fd = os.open(f"/proc/self/fd/{path_fd}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return digest(fd, deadline)
    finally:
        os.close(fd)


def _target(link_fd: int) -> str:
    return os.readlink("", dir_fd=link_fd)


def _overlay_options(pid: int) -> list[tuple[str, str]]:
    """Return the options of the overlay that is a process's root; none where it is no overlay."""
    root = root_among(mounts_of(pid))
    return root.options if root.kind == "overlay" else []


def _machine_root(pid: int) -> int | None:
    """Return the root that made a container's mounts: its parent's (the runtime's shim), else the machine's."""
    with open(f"/proc/{pid}/stat", "rb") as line:  # its name is whatever a host's root likes
        parent = int(line.read().rsplit(b")", 1)[1].split()[1])
    for process in (parent, 1):
        try:
            return kernel.root_of(process)
        except OSError:
            continue
    return None
