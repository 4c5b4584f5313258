"""How much memory an idle host takes, everything counted: its cgroup and its containerd-shim; and a process's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from orchestrator.bench.memory import CGROUPS, container_memory, memory_cgroup
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text

_PROC = Path("/proc")
_KIB = 1024


@dataclass(frozen=True)
class Footprint:
    """What one container takes, in bytes.

    Attributes:
        cgroup: its processes, kernel objects and tmpfs, without file cache that the kernel would drop first (as
            ``docker stats`` counts).
        shim: its share of the containerd-shim that watches over it, whose proportional set size is shared alike by all
            containers of its group; resident where that may not be read.
    """

    cgroup: int
    shim: int

    @property
    def total(self) -> int:
        """Return both together."""
        return self.cgroup + self.shim


def footprints(containers: Sequence[str], *, proc: Path = _PROC, cgroups: Path = CGROUPS) -> dict[str, Footprint]:
    """Return what running containers take, by id.

    Raises:
        LabError: a container has no cgroup or no shim here.
    """
    parents = _parents(proc)
    return {
        container: Footprint(
            container_memory(container, cgroups=cgroups), _share_of_shim(container, parents, proc, cgroups)
        )
        for container in containers
    }


def container_processes(container: str, *, cgroups: Path = CGROUPS) -> tuple[int, ...]:
    """Return the processes of a running container, by their numbers.

    Raises:
        LabError: it has no cgroup here.
    """
    folder, _ = memory_cgroup(container, cgroups)
    return tuple(sorted(int(line) for line in (folder / "cgroup.procs").read_text().split()))


def process_memory(pid: str, *, proc: Path = _PROC) -> int:
    """Return a process's proportional set size, in bytes; resident where only root may know better."""
    return _process_memory(pid, proc)


def _share_of_shim(container: str, parents: Mapping[str, str], proc: Path, cgroups: Path) -> int:
    folder, _ = memory_cgroup(container, cgroups)
    for processes in folder.rglob("cgroup.procs"):
        for pid in processes.read_text().split():
            parent = parents.get(pid, "")
            if parent and b"containerd-shim" in _words(proc / parent):
                return _process_memory(parent, proc) // list(parents.values()).count(parent)
    raise _not_found(container, "containerd-shim")


def _parents(proc: Path) -> dict[str, str]:
    """Return the parent of each process."""
    found = {}
    for folder in proc.iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):  # it has ended
                line = (folder / "stat").read_bytes()
                found[folder.name] = line.rpartition(b")")[2].split()[1].decode()
    return found


def _words(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:  # it has ended
        return b""


def _process_memory(pid: int | str, proc: Path) -> int:
    """Return a process's PSS, or its RSS where only root may know better."""
    for file, key in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        try:
            lines = (proc / str(pid) / file).read_text().splitlines()
        except PermissionError:
            continue
        for line in lines:
            if line.startswith(key):
                return int(line.split()[1]) * _KIB
    raise _not_found(str(pid), "VmRSS")


def _not_found(subject: str, what: str) -> LabError:
    return LabError(Text(fr=f"{subject[:12]} : {what} introuvable", en=f"{subject[:12]}: no {what} found"))
