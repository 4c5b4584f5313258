"""How much memory a running container takes: its processes, kernel objects and tmpfs, without file cache."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until

CGROUPS: Final = Path("/sys/fs/cgroup")
_V1_FILES: Final = ("memory.usage_in_bytes", "total_inactive_file")
_V2_FILES: Final = ("memory.current", "inactive_file")
_SETTLE_LIMIT: Final = 10.0
_SETTLE_PAUSE: Final = 0.5
_SETTLED: Final = 0.005

T = TypeVar("T")


def container_memory(container: str, *, cgroups: Path = CGROUPS) -> int:
    """Return what a running container takes, in bytes, without file cache that the kernel would drop first.

    ``docker stats`` counts so too.

    Raises:
        LabError: it has no cgroup here.
    """
    folder, (usage, cache) = memory_cgroup(container, cgroups)
    inactive = 0
    for line in (folder / "memory.stat").read_text().splitlines():
        key, _, value = line.partition(" ")
        if key == cache:
            inactive = int(value)
    return int((folder / usage).read_text()) - inactive


def memory_cgroup(container: str, cgroups: Path = CGROUPS) -> tuple[Path, tuple[str, str]]:
    """Return the folder of a container's memory cgroup, whatever driver and hierarchy Docker uses.

    The names of two figures come with it: the file of what is used, and the key of the cache in ``memory.stat``.

    Raises:
        LabError: it has none here.
    """
    for root, files in ((cgroups / "memory", _V1_FILES), (cgroups, _V2_FILES)):
        for place in (f"docker/{container}", f"system.slice/docker-{container}.scope"):
            if (root / place / files[0]).is_file():
                return root / place, files
    raise LabError(
        Text(fr=f"{container[:12]} : cgroup mémoire introuvable", en=f"{container[:12]}: no memory cgroup found")
    )


def settled(read: Callable[[], T], total: Callable[[T], int]) -> T:
    """Return a reading of memory once two in a row agree, or the last one where they do not in time.

    Args:
        read: takes a reading.
        total: returns the bytes of a reading.
    """
    readings: list[T] = []

    def agree() -> bool:
        readings.append(read())
        if len(readings) == 1:
            return False
        before, last = map(total, readings[-2:])
        return abs(last - before) <= _SETTLED * last

    wait_until(agree, within=_SETTLE_LIMIT, every=_SETTLE_PAUSE)
    return readings[-1]
