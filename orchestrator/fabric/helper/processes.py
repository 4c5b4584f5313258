"""A host's processes, seen through the proc file system that the host itself has, which shows no others."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from . import kernel
from .code import DELETED, Code, UnreadableError, code_in
from .layers import Layers
from .messages import HelperError

_MAX_PROCESSES = 8192
_MAX_ARGUMENTS = 4096
"""Characters of a command line that are passed on."""
_MAX_MAPPED = 512
_MAX_MAPS = 16 << 20
"""Bytes that are read of what the kernel tells of a process's memory: some nine hundred for each mapping."""
_OWN_CODE = re.compile(r"/usr/lib/frr/[a-z0-9]+|/usr/sbin/php-fpm8\.4")
"""Programs that may execute memory of no file's: FRR's have such stacks, PHP compiles regular expressions (PCRE)."""
_START_CODE, _START_STACK, _ARG_START = 23, 25, 45
"""Where proc_pid_stat(5) has them, behind the process's name and counted from 0."""
_ADDR_NO_RANDOMIZE = 0x0040000
"""personality(2): the next execve(2) draws no addresses."""
_RANDOMIZE = "/proc/sys/kernel/randomize_va_space"
_SOCKET = re.compile(r"socket:\[(\d+)\]")
_UNIT = re.compile(r"([^/]+\.(?:service|scope|socket|mount|swap|slice))(?:/|$)")


class Table:
    """The processes of one host; numbers are the host's own."""

    def __init__(self, root: int, pid: int) -> None:
        """Open the host's ``/proc``; ``pid`` is the host's first process as the machine numbers it.

        Raises:
            HelperError: it is not the proc file system of the host.
        """
        self._proc = kernel.open_in_root(root, "/proc", os.O_RDONLY | os.O_DIRECTORY)
        namespace = _readlink("1/ns/pid", self._proc)
        if not kernel.is_proc(self._proc) or namespace != os.readlink(f"/proc/{pid}/ns/pid"):
            os.close(self._proc)
            raise HelperError("failed", "/proc of the host is not its own")

    def __enter__(self) -> Table:
        """Return the table."""
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Close ``/proc``."""
        os.close(self._proc)

    def numbers(self) -> Iterator[int]:
        """Give the numbers of all processes."""
        for count, name in enumerate(n for n in os.listdir(self._proc) if n.isdigit()):
            if count == _MAX_PROCESSES:
                raise HelperError("failed", "the host has too many processes")
            yield int(name)

    def row(self, pid: int) -> dict[str, Any] | None:
        """Return what ps(1) shows of a process, and its executable and unit; None for one that has gone."""
        try:
            line = self._read(f"{pid}/stat", 4096)
            numbers = line[line.rindex(")") + 2 :].split()
            status = dict(row.split(":", 1) for row in self._lines(f"{pid}/status") if ":" in row)
            words = self._read(f"{pid}/cmdline", _MAX_ARGUMENTS).rstrip("\0").split("\0")
            unit = self._unit(pid)
        except OSError:
            return None
        comm = line[line.index("(") + 1 : line.rindex(")")]
        return {
            "pid": pid,
            "ppid": int(numbers[1]),
            "state": numbers[0],
            "comm": comm,
            "args": " ".join(words) if words != [""] else f"[{comm}]",
            "uid": int(status["Uid"].split()[1]),
            "gid": int(status["Gid"].split()[1]),
            "ticks": int(numbers[11]) + int(numbers[12]),
            "started": int(numbers[19]),
            "virtual": int(numbers[20]),
            "resident": int(numbers[21]) * os.sysconf("SC_PAGE_SIZE"),
            "executable": self._link(f"{pid}/exe"),
            "unit": unit,
            "image_start": self._image_start(pid, numbers),
        }

    def parent(self, pid: int) -> int:
        """Return the number of a process's parent; 0 where it has none, or has gone."""
        try:
            line = self._read(f"{pid}/stat", 4096)
        except OSError:
            return 0
        return int(line[line.rindex(")") + 2 :].split()[1])

    def units(self) -> set[str]:
        """Return the units that have a process."""
        found = set()
        for pid in self.numbers():
            with contextlib.suppress(OSError):  # it has gone
                found.add(self._unit(pid))
        return found - {""}

    def executable(self, pid: int) -> str:
        """Return the path of a process's executable; nothing for one that has gone."""
        return self._link(f"{pid}/exe")

    def identity(self, pid: int, layers: Layers, deadline: float) -> dict[str, Any]:
        """Return how a process's executable is to its image's, and which other code it runs that is not.

        A process that has gone meanwhile is ``missing``.
        """
        path = self._link(f"{pid}/exe")
        try:
            with _opened(f"{pid}/exe", self._proc) as fd:
                state = "new" if path.endswith(DELETED) else layers.compare(fd, path, deadline)
            return {"image": state, "foreign": self.foreign(pid, layers, deadline)}
        except OSError:
            return {"image": "missing", "foreign": []}

    def foreign(self, pid: int, layers: Layers | None, deadline: float) -> list[str]:
        """Return the files that a process runs code from and that are not its image's own.

        Where the image's files cannot be told (``layers`` is None), the path of the executable has to do.
        """
        if layers is None:
            path = self._link(f"{pid}/exe")
            return [] if path.startswith("/usr/lib/systemd/") else [path or "?"]
        makes_code = _OWN_CODE.fullmatch(self._link(f"{pid}/exe"))
        found: list[str] = []
        seen: set[Code] = set()
        for code in self._code(pid, deadline):
            kind = code._replace(span="")
            if kind in seen:
                continue
            seen.add(kind)
            if len(seen) > _MAX_MAPPED:
                return [*found, "..."]
            if not code.path:
                found += [] if makes_code else ["memory of no file"]
            elif code.altered:
                found.append(f"{code.path}, altered in memory")
            elif not self._is_the_images(pid, code, layers, deadline):
                found.append(code.path)
        return list(dict.fromkeys(found))

    def _is_the_images(self, pid: int, code: Code, layers: Layers, deadline: float) -> bool:
        """Return whether code is of a file of the image; so is what is mapped no more."""
        if code.path.endswith(DELETED):
            return False
        try:
            with _opened(f"{pid}/map_files/{code.span}", self._proc) as fd:
                return layers.compare(fd, code.path, deadline) == "same"
        except FileNotFoundError:
            return True

    def traced(self, pid: int) -> bool:
        """Return whether somebody traces a process (ptrace(2))."""
        return re.search(r"^TracerPid:\s*0$", self._read(f"{pid}/status", 1 << 16), re.MULTILINE) is None

    def holders(self, inodes: set[int], deadline: float) -> dict[int, set[int]]:
        """Return for each of some sockets the processes that hold it."""
        found: dict[int, set[int]] = {inode: set() for inode in inodes}
        for pid, inode in self.sockets(deadline):
            if inode in found:
                found[inode].add(pid)
        return found

    def sockets(self, deadline: float) -> Iterator[tuple[int, int]]:
        """Give (process, inode) of each socket that a process holds.

        Each of its threads is looked at: one may have file descriptors of its own (unshare(2), CLONE_FILES).
        """
        for pid in self.numbers():
            inodes: set[int] = set()
            for thread in self._names(f"{pid}/task"):
                inodes |= self._sockets_of(f"{pid}/task/{thread}/fd")
                if time.monotonic() > deadline:
                    raise TimeoutError
            yield from ((pid, inode) for inode in inodes)

    def _names(self, folder: str) -> list[str]:
        try:
            fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self._proc)
        except OSError:
            return []
        try:
            return os.listdir(fd)
        except OSError:  # the process has gone
            return []
        finally:
            os.close(fd)

    def _sockets_of(self, folder: str) -> set[int]:
        """Return the sockets that a folder of file descriptors holds."""
        try:
            fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self._proc)
        except OSError:
            return set()
        try:
            links = [_readlink(name, fd) for name in os.listdir(fd)]
        except OSError:  # the process has gone
            return set()
        finally:
            os.close(fd)
        return {int(found[1]) for found in map(_SOCKET.fullmatch, links) if found}

    def _code(self, pid: int, deadline: float) -> tuple[Code, ...]:
        """Return the code that a process may run; there is none where it has no memory: a zombie, a kernel's thread.

        One that is in the midst of execve(2) has its stack for a moment, and no code yet: it is looked at again.

        Raises:
            HelperError: not all of its memory can be told, so that nothing is known of its code.
        """
        while text := self._mappings(pid):
            try:
                code = code_in(text)
            except UnreadableError:
                raise HelperError("failed", f"process {pid}: the kernel's list of its mappings is unknown") from None
            if code:
                return code
            if time.monotonic() > deadline:
                raise HelperError("failed", f"process {pid}: it has memory, and no code in it was found")
            os.sched_yield()
        return ()

    def _mappings(self, pid: int) -> str:
        """Return what the kernel tells of a process's memory.

        Raises:
            HelperError: there are too many mappings to look at all of them.
        """
        text = self._read(f"{pid}/smaps", _MAX_MAPS)
        if len(text.encode(errors="surrogateescape")) >= _MAX_MAPS:
            raise HelperError("failed", f"process {pid}: too many mappings to look at")
        return text

    def _image_start(self, pid: int, numbers: list[str]) -> str:
        """Return where a process's program, stack and arguments are; empty where they could be there again.

        The kernel draws these addresses at each execve(2), which leaves a process its number and the time of its start.
        It tells none of one without memory, and draws none where the process asked for that (personality(2)).
        """
        told = [int(numbers[place]) for place in (_START_CODE, _START_STACK, _ARG_START)]
        try:
            fixed = not _draws_addresses() or int(self._read(f"{pid}/personality", 32), 16) & _ADDR_NO_RANDOMIZE
        except OSError:
            return ""
        return "" if fixed or not all(told) else "-".join(f"{address:x}" for address in told)

    def _unit(self, pid: int) -> str:
        """Return the unit in whose control group a process is, or nothing."""
        for line in filter(None, self._lines(f"{pid}/cgroup")):
            _, controllers, path = line.split(":", 2)
            if controllers in {"", "name=systemd"}:
                found = [u for u in _UNIT.findall(path) if not u.startswith("docker-")]
                if found:
                    return str(found[-1])
        return ""

    def _lines(self, name: str) -> list[str]:
        """Return the lines of a small file: a name in one may hold each of Python's other ends of line."""
        return self._read(name, 1 << 16).split("\n")

    def _link(self, name: str) -> str:
        return _readlink(name, self._proc)

    def _read(self, name: str, limit: int) -> str:
        fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._proc)
        pieces, size = [], 0
        try:
            while size < limit and (piece := os.read(fd, min(1 << 16, limit - size))):
                pieces.append(piece)
                size += len(piece)
        finally:
            os.close(fd)
        return b"".join(pieces).decode(errors="surrogateescape")


@functools.cache
def _draws_addresses() -> bool:
    """Return whether this machine's kernel draws the addresses of a program; kept while this process lives."""
    with open(_RANDOMIZE, "rb") as file:
        return int(file.read()) > 0


class _opened:  # noqa: N801 - used as open() is
    """A file that a magic link of /proc leads to, opened without the right to read it."""

    def __init__(self, name: str, folder: int) -> None:
        self._fd = os.open(name, os.O_PATH | os.O_CLOEXEC, dir_fd=folder)

    def __enter__(self) -> int:
        return self._fd

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)


def _readlink(name: str, folder: int) -> str:
    try:
        return os.readlink(name, dir_fd=folder)
    except OSError:
        return ""
