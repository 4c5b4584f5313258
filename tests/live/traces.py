"""What a lab has on the machine besides its containers, to be looked for when it is gone."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.core import labels
from orchestrator.fabric import container as fabric_container

PROC, CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Traces:
    """What a host's container has on the machine besides itself.

    Attributes:
        mounts: where its root file system and its network namespace are mounted.
    """

    container: str
    instance: str
    mounts: tuple[str, ...]

    @classmethod
    def of(cls, container: str, inspected: dict[str, Any]) -> Traces:
        own = (inspected["GraphDriver"]["Data"] or {}).get("MergedDir"), inspected["NetworkSettings"]["SandboxKey"]
        mounts = tuple(os.path.realpath(path) for path in own if path)  # mountinfo knows no /var/run, which is a link
        return cls(container, inspected["Config"]["Labels"][labels.INSTANCE], mounts)

    def left(self) -> Iterator[str]:
        mounts = Path("/proc/self/mountinfo").read_text()
        yield from (f"mount {line}" for line in mounts.splitlines() if any(path in line for path in self.mounts))
        for entry in PROC.iterdir():
            with contextlib.suppress(OSError):  # it has just ended
                if entry.name.isdecimal() and self.container in (entry / "cgroup").read_text():
                    yield f"process {entry.name} of the container {self.container}"
        for hierarchy in (CGROUPS, *CGROUPS.iterdir()):
            for group in (f"docker/{self.container}", f"system.slice/docker-{self.container}.scope"):
                if (hierarchy / group).is_dir():
                    yield f"control group {hierarchy / group}"
        for loop in Path("/sys/block").glob("loop*/loop/backing_file"):
            if self.container in loop.read_text():
                yield f"loop device {loop}"


def inspect(container: str) -> dict[str, Any] | None:
    """What Docker knows of a container; None where it is gone."""
    ran = subprocess.run(["docker", "inspect", container], check=False, capture_output=True)
    return dict(json.loads(ran.stdout)[0]) if ran.returncode == 0 else None


def links() -> list[str]:
    """The aliases of all bridges and cables: INSTANCE/SEGMENT and INSTANCE/HOST/INTERFACE."""
    shown = subprocess.run(
        ["docker", "exec", fabric_container.PAUSE, "ip", "-j", "link"], check=True, capture_output=True
    ).stdout
    return [link["ifalias"] for link in json.loads(shown) if "ifalias" in link]
