"""Joining a host's own cgroups, so that whatever is run in it counts against its limits."""

from __future__ import annotations

import os
from pathlib import Path

from .kernel import lines_of

ROOT = Path("/sys/fs/cgroup")
_LEAF = "breakfix.exec"


def is_v2() -> bool:
    """Return whether the machine has the unified hierarchy alone."""
    return (ROOT / "cgroup.controllers").exists()


def join(pid: int, container: str) -> None:
    """Move the calling process into the cgroups of the container whose first process is ``pid``.

    Args:
        pid: the container's first process.
        container: the container's id, which every path must contain: a process never joins a foreign cgroup.

    Raises:
        OSError: a cgroup could not be joined; the command must then not be run.
    """
    if is_v2():
        (_leaf_v2(pid, container) / "cgroup.procs").write_text("0")
        return
    for folder in _folders_v1(pid, container):
        # This one thread is the whole process; to move a process as such, the kernel waits for all processors first.
        (folder / "tasks").write_text("0")


def _leaf_v2(pid: int, container: str) -> Path:
    """Return a leaf below the container's cgroup: its root may hold no process once it delegates controllers."""
    for line in lines_of(f"/proc/{pid}/mountinfo"):
        words = line.split(" ")
        if words[4] == "/sys/fs/cgroup" and " - cgroup2 " in line:
            if container not in words[3]:
                break
            leaf = ROOT / words[3].lstrip("/") / _LEAF
            leaf.mkdir(exist_ok=True)
            return leaf
    message = f"the host of process {pid} shows no cgroup of its own"
    raise OSError(message)


def _folders_v1(pid: int, container: str) -> list[Path]:
    """Return the container's folder in each v1 hierarchy that holds limits: not systemd's own, nor the unified."""
    folders = []
    for line in lines_of(f"/proc/{pid}/cgroup"):
        _, controllers, path = line.split(":", 2)
        if controllers in {"", "name=systemd"} or container not in path:
            continue
        own = path[: path.index(container) + len(container)]
        folders.append(ROOT / controllers / own.lstrip("/"))
    folders = [folder for folder in folders if os.path.isdir(folder)]
    if not folders:
        message = f"the host of process {pid} is in no cgroup of its own"
        raise OSError(message)
    return folders
