"""How much processor time a running container has used."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from orchestrator.core.errors import LabError
from orchestrator.core.text import Text

_CGROUPS: Final = Path("/sys/fs/cgroup")
_V1_FOLDERS = ("cpuacct", "cpu,cpuacct")


def container_processor_time(container: str, *, cgroups: Path = _CGROUPS) -> float:
    """Return the seconds of the processor that a running container's processes have used so far.

    Raises:
        LabError: it has no cgroup here.
    """
    for place in (f"docker/{container}", f"system.slice/docker-{container}.scope"):
        for folder in _V1_FOLDERS:
            usage = cgroups / folder / place / "cpuacct.usage"
            if usage.is_file():
                return int(usage.read_text()) / 1e9
        stat = cgroups / place / "cpu.stat"
        if stat.is_file():
            figures = dict(line.split() for line in stat.read_text().splitlines())
            return int(figures["usage_usec"]) / 1e6
    raise LabError(
        Text(fr=f"{container[:12]} : cgroup processeur introuvable", en=f"{container[:12]}: no processor cgroup found")
    )
