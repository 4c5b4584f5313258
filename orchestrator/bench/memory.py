"""How much memory an idle host takes, everything counted: its cgroup, its containerd-shim, its share of the helper."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.core.errors import LabError
from orchestrator.core.text import Text

_CGROUPS = Path("/sys/fs/cgroup")
_PROC = Path("/proc")
_V1_FILES = ("memory.usage_in_bytes", "total_inactive_file")
_V2_FILES = ("memory.current", "inactive_file")
_SHIM_ID = re.compile(rb"-id\0([0-9a-f]{64})\0")
_KIB = 1024


@dataclass(frozen=True)
class Footprint:
    """What one container takes, in bytes.

    Attributes:
        cgroup: its processes, kernel objects and tmpfs, without file cache that the kernel would drop first (as
            ``docker stats`` counts).
        shim: the containerd-shim's proportional set size; resident where that may not be read.
    """

    cgroup: int
    shim: int

    @property
    def total(self) -> int:
        """Return both together."""
        return self.cgroup + self.shim


def footprints(containers: Sequence[str], *, proc: Path = _PROC, cgroups: Path = _CGROUPS) -> dict[str, Footprint]:
    """Return what running containers take, by id.

    Raises:
        LabError: a container has no cgroup or no shim here.
    """
    shims = _shims(proc)
    return {
        container: Footprint(_cgroup_memory(container, cgroups), _process_memory(_known(container, shims), proc))
        for container in containers
    }


def container_memory(container: str, *, cgroups: Path = _CGROUPS) -> int:
    """Return what a running container takes, in bytes, without file cache.

    Raises:
        LabError: it has no cgroup here.
    """
    return _cgroup_memory(container, cgroups)


def container_processes(container: str, *, cgroups: Path = _CGROUPS) -> tuple[int, ...]:
    """Return the processes of a running container, by their numbers.

    Raises:
        LabError: it has no cgroup here.
    """
    folder, _ = _cgroup(container, cgroups)
    return tuple(sorted(int(line) for line in (folder / "cgroup.procs").read_text().split()))


def process_memory(pid: str, *, proc: Path = _PROC) -> int:
    """Return a process's proportional set size, in bytes; resident where only root may know better."""
    return _process_memory(pid, proc)


def _known(container: str, shims: Mapping[str, int]) -> int:
    if container not in shims:
        raise _not_found(container, "containerd-shim")
    return shims[container]


def _shims(proc: Path) -> dict[str, int]:
    """Return the process id of each container's shim, which names the container in its arguments."""
    found = {}
    for folder in proc.iterdir():
        if folder.name.isdecimal():
            try:
                match = _SHIM_ID.search((folder / "cmdline").read_bytes())
            except OSError:  # it has ended
                continue
            if match:
                found[match[1].decode()] = int(folder.name)
    return found


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


def _cgroup_memory(container: str, cgroups: Path) -> int:
    folder, files = _cgroup(container, cgroups)
    usage, cache = files
    inactive = 0
    for line in (folder / "memory.stat").read_text().splitlines():
        key, _, value = line.partition(" ")
        if key == cache:
            inactive = int(value)
    return int((folder / usage).read_text()) - inactive


def _cgroup(container: str, cgroups: Path) -> tuple[Path, tuple[str, str]]:
    """Return the folder of a container's memory cgroup, whatever driver and hierarchy Docker uses."""
    for root, files in ((cgroups / "memory", _V1_FILES), (cgroups, _V2_FILES)):
        for place in (f"docker/{container}", f"system.slice/docker-{container}.scope"):
            if (root / place / files[0]).is_file():
                return root / place, files
    raise _not_found(container, "memory cgroup")


def _not_found(subject: str, what: str) -> LabError:
    return LabError(Text(fr=f"{subject[:12]} : {what} introuvable", en=f"{subject[:12]}: no {what} found"))
