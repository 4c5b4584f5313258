"""The code that a process may run: what of its memory may be executed, and whose that is (proc_pid_smaps(5))."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

DELETED = " (deleted)"
_SPAN = re.compile(
    r"^(?P<span>[0-9a-f]+-[0-9a-f]+) ..x. [0-9a-f]+ (?P<file>\S+ \d+) *(?P<name>.*)\n"
    r"(?:\w+:.*\n)*?Anonymous: +(?P<own>\d+) kB\n(?:\w+:.*\n)*?Swap: +(?P<away>\d+) kB$",
    re.MULTILINE,
)
_MAPPING = re.compile(r"^[0-9a-f]+-[0-9a-f]+ (?P<rights>[r-][w-][x-][sp]) ", re.MULTILINE)
"""The line that begins each mapping; no name in it ends one, for the kernel writes a line feed as ``\\012``."""
_KERNELS = frozenset({"[vdso]", "[vsyscall]", "[uprobes]"})
"""What the kernel maps into each process; a name of the process's own choice stands behind ``[anon:``."""


class Code(NamedTuple):
    """Memory of a process that may be executed.

    Attributes:
        span: the addresses, as the proc file system's ``map_files`` names them.
        file: the device and the inode of the file that is mapped.
        path: the file's path; empty for memory that is no file's.
        altered: whether some of it is not the file's any more: a private copy that was written to.
    """

    span: str
    file: str
    path: str
    altered: bool


class UnreadableError(ValueError):
    """The kernel tells of a process's memory otherwise than we read it: nothing is known of the process's code."""


@functools.lru_cache(8)
def code_in(smaps: str) -> tuple[Code, ...]:
    """Return what may be executed of the memory that a process's ``smaps`` lists, but for the kernel's own.

    What the last texts meant is remembered: a process that nobody asks for anything is looked at again and again.

    Raises:
        UnreadableError: there is something, and not all that may be executed was understood.
    """
    mappings = [found["rights"] for found in _MAPPING.finditer(smaps)]
    read = list(_SPAN.finditer(smaps))
    if (smaps and not mappings) or len(read) != sum("x" in rights for rights in mappings):
        raise UnreadableError
    return tuple(_code(found) for found in read if found["name"] not in _KERNELS)


def _code(found: re.Match[str]) -> Code:
    name = found["name"]
    path = name if name.startswith("/") else ""
    written = int(found["own"]) + int(found["away"])
    return Code(found["span"], found["file"], path, bool(path) and written > 0)
