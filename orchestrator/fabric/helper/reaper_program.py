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
_WITHIN = 10.0
"""Seconds until the kernel and the engine must be done with what was killed."""


def belongs(pid: str, containers: Sequence[str]) -> bool:
    """Return whether a process runs in a container's control group (``ID``, ``docker-ID.scope``) or watches over it."""
    ids = "|".join(containers).encode()
    try:
        groups, words = (Path("/proc", pid, name).read_bytes() for name in ("cgroup", "cmdline"))
    except OSError:  # it has just ended
        return False
    return bool(
        re.search(rb"[-/](?:%b)(?:\.scope)?(?:/|$)" % ids, groups, re.MULTILINE)
        or re.match(rb"[^\0]*containerd-shim[^\0]*\0(?:.*\0)?-id\0(?:%b)\0" % ids, words, re.DOTALL)
    )


def kill(containers: Sequence[str]) -> None:
    """Kill every such process."""
    for pid in filter(str.isdigit, (entry.name for entry in Path("/proc").iterdir())):
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
