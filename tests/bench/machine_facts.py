"""The facts about a machine that its figures depend on; nothing that names it."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass

from orchestrator.engine.engine_interface import EngineInfo


@dataclass(frozen=True)
class MachineFacts:
    """Where the benchmark ran; memory in bytes, ``load`` is the 1-minute load average before it began."""

    cores: int
    memory: int
    load: float
    kernel: str
    python: str
    docker: str
    compose: str
    cgroup_version: int
    storage_driver: str
    apparmor: bool


def machine_facts(info: EngineInfo, compose: str) -> MachineFacts:
    """Return the facts about this machine."""
    return MachineFacts(
        cores=info.cpus,
        memory=info.memory,
        load=round(os.getloadavg()[0], 2),
        kernel=platform.release(),
        python=platform.python_version(),
        docker=info.version,
        compose=compose,
        cgroup_version=info.cgroup_version,
        storage_driver=info.storage_driver,
        apparmor=info.apparmor,
    )
