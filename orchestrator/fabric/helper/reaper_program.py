"""Clears away what is left of containers: also a program of its own, whose text is run in the reaper with their ids."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
PROC = Path("/proc")
_WITHIN = 10.0
"""Seconds until the kernel and the engine must be done with what was killed."""


def runs_in(pid: str, containers: Sequence[str]) -> bool:
    """Return whether a process runs in a container's control group: ``ID`` or ``docker-ID.scope``."""
    ids = "|".join(containers).encode()
    return bool(re.search(rb"[-/](?:%b)(?:\.scope)?(?:/|$)" % ids, _read(pid, "cgroup"), re.MULTILINE))


def watches(pid: str, containers: Sequence[str]) -> bool:
    """Return whether a process is the shim that was started for a container; those of its group are watched by it too.

    A process that watches over others has one of their processes as its child, or one that is about to start them.
    """
    ids = "|".join(containers).encode()
    if not re.match(rb"[^\0]*containerd-shim[^\0]*\0(?:.*\0)?-id\0(?:%b)\0" % ids, _read(pid, "cmdline"), re.DOTALL):
        return False
    return not any(_parent(child) == pid and not runs_in(child, containers) for child in _processes())


def belongs(pid: str, containers: Sequence[str]) -> bool:
    """Return whether a process runs in one of the containers, or watches over them and nobody else."""
    return runs_in(pid, containers) or watches(pid, containers)


def _processes() -> list[str]:
    return [entry.name for entry in PROC.iterdir() if entry.name.isdigit()]


def _parent(pid: str) -> str:
    fields = _read(pid, "stat").rpartition(b")")[2].split()  # its name is whatever its program likes
    return fields[1].decode() if fields else ""


def _read(pid: str, name: str) -> bytes:
    """Return a file of a process; empty where it has just ended."""
    try:
        return (PROC / pid / name).read_bytes()
    except OSError:
        return b""


def kill(containers: Sequence[str]) -> None:
    """Kill every such process."""
    for pid in _processes():
        if belongs(pid, containers):
            with suppress(ProcessLookupError):
                held = os.pidfd_open(int(pid))  # from here on nobody else can get its number
                if belongs(pid, containers):
                    signal.pidfd_send_signal(held, signal.SIGKILL)
                os.close(held)


def groups_of(containers: Sequence[str], groups: Path) -> Iterator[Path]:
    """Give the containers' control groups: below ``PARENT``, or below ``HIERARCHY/PARENT`` with version 1."""
    for container in containers:
        for name in (container, f"docker-{container}.scope"):
            for above in ("*", "*/*"):
                yield from groups.glob(f"{above}/{name}")


def remove(group: Path) -> None:
    """Remove a control group and those below it, however deep: no path may lead to the deepest (``PATH_MAX``).

    Raises:
        OSError: there is still somebody in one of them.
    """
    here, above = os.open(group, os.O_RDONLY | os.O_DIRECTORY), list[str]()
    try:
        while True:
            with os.scandir(here) as entries:
                below = next((entry.name for entry in entries if entry.is_dir(follow_symlinks=False)), None)
            if below is None and not above:
                break
            there = os.open(below or "..", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = there
            if below is not None:
                above.append(below)
            else:
                os.rmdir(above.pop(), dir_fd=here)
    finally:
        os.close(here)
    group.rmdir()


def clear(containers: Sequence[str], groups: Path = GROUPS) -> None:
    """Kill what runs of the containers and remove their control groups, once nothing is in them any more."""
    kill(containers)
    end = time.monotonic() + _WITHIN
    while left := list(groups_of(containers, groups)):
        for group in left:
            with suppress(OSError):  # somebody is dying in it, or the engine has just removed it
                remove(group)
        if time.monotonic() > end:
            break
        time.sleep(0.05)


if __name__ == "__main__":
    clear(sys.argv[1:])
