"""What processes take: memory, processor time, descriptors, terminals."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_KIB: Final = 1024
_UTIME, _STIME = 11, 12
"""Fields of ``/proc/PID/stat`` behind the program's name (proc_pid_stat(5): 14 and 15)."""
_PPID: Final = 1
_MASTERS: Final = frozenset({"/dev/ptmx", "/dev/pts/ptmx"})


def shared_memory(pid: int, proc: Path = _PROC) -> int:
    """Return the bytes of a process's memory; what it shares with others counts by its share (PSS)."""
    for line in (proc / str(pid) / "smaps_rollup").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "Pss":
            return int(value.split()[0]) * _KIB
    return 0


def processor_seconds(pid: int, proc: Path = _PROC) -> float:
    """Return the processor time that a process has used, in seconds."""
    fields = _fields(proc / str(pid) / "stat")
    return (int(fields[_UTIME]) + int(fields[_STIME])) / os.sysconf("SC_CLK_TCK")


def descriptors(pid: int, proc: Path = _PROC) -> int:
    """Return how many descriptors a process has open."""
    return len(list((proc / str(pid) / "fd").iterdir()))


def descendants(pids: Collection[int], proc: Path = _PROC) -> tuple[int, ...]:
    """Return the processes below some, at any depth."""
    parents = {}
    for stat in proc.glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(_fields(stat)[_PPID])
        except OSError:
            continue  # it has just ended
    return tuple(sorted(pid for pid in parents if _is_below(pid, pids, parents)))


def _is_below(pid: int, pids: Collection[int], parents: dict[int, int]) -> bool:
    above = parents.get(pid, 0)
    while above and above not in pids:
        above = parents.get(above, 0)
    return bool(above)


def masters(pid: int, proc: Path = _PROC) -> int:
    """Return how many terminals a process holds the masters of."""
    return sum(1 for target in _targets(pid, proc) if target in _MASTERS)


def terminals_below(pid: int, proc: Path = _PROC) -> tuple[Path, ...]:
    """Return the terminals that the processes below one use."""
    found = {target for one in descendants([pid], proc) for target in _targets(one, proc)}
    return tuple(sorted(Path(target) for target in found if target.startswith("/dev/pts/") and target not in _MASTERS))


def _targets(pid: int, proc: Path) -> list[str]:
    found = []
    try:
        for link in (proc / str(pid) / "fd").iterdir():
            with suppress(OSError):  # it has just been closed
                found.append(str(link.readlink()))
    except OSError:
        pass  # it has just ended
    return found


def _fields(stat: Path) -> list[str]:
    return stat.read_text().rpartition(")")[2].split()
