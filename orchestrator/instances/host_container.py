"""How the engine is told to make a host: rights, limits, small file systems and cables, all from the plan."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping

from orchestrator.core import labels
from orchestrator.core.errors import UsageError
from orchestrator.core.suggest import nearest
from orchestrator.core.text import Text
from orchestrator.engine.engine_interface import ContainerSpec, Engine
from orchestrator.fabric.container import SHIM_GROUP
from orchestrator.fabric.helper.hosts import NOTIFY
from orchestrator.instances.instance import StartContext
from orchestrator.instances.pooling import lighter
from orchestrator.instances.system_calls import filter_of_hosts
from orchestrator.model.image import ImageSpec
from orchestrator.model.plan import Plan, PlannedHost

TMPFS: Mapping[str, str] = {
    "/run": "rw,nosuid,nodev,mode=755,size=32m",
    "/run/lock": "rw,nosuid,nodev,noexec,size=4m,nr_inodes=1k",
    "/tmp": "rw,nosuid,nodev,size=64m,nr_inodes=8k",  # noqa: S108 - a mount point in the host
}
"""The small file systems of each host, in its memory; the limits of inodes let a fault use them up."""
GRADING_ROOM = 32 << 20
"""Bytes beyond a host's memory limit: what a grading runs in it is charged to it, and must not be killed for that.

A dozen checks may ask at once. Measured on a router of 96 MiB whose daemons take 23: nine ``vtysh`` of 8 MiB each were
enough for the kernel to kill one.
"""
_NO_WATCHDOGS: Mapping[str, str] = {"SYSTEMD_PROC_CMDLINE": "systemd.service_watchdogs=no"}
"""Has systemd leave services alone that give no sign of life in time (systemd(1), kernel command line).

Its clock goes on while a host is frozen (CLOCK_MONOTONIC): after ten minutes one of four hosts killed its own journald
(``WatchdogSec=3min``) as soon as it was thawed, before that could say anything.
"""
RUNTIME = "BREAKFIX_RUNTIME"
"""The environment variable that names another OCI runtime for the hosts than the engine's default."""
APPARMOR_PROFILE = "breakfix-host"
"""Docker's default profile plus /proc/sys/net; the helper loads it (``fabric/helper/breakfix-host.apparmor``)."""


class HostContainers:
    """Describes the containers of hosts to one engine."""

    def __init__(self, engine: Engine, owner: str, runtime: str) -> None:
        """Describe to an engine.

        Args:
            engine: the engine.
            owner: the name put on each container.
            runtime: the OCI runtime of the hosts, by the engine's name for it; empty: the engine's default.
        """
        self._engine = engine
        self._owner = owner
        self._wanted_runtime = runtime

    def spec(self, name: str, plan: Plan, host: PlannedHost, around: StartContext) -> ContainerSpec:
        """Return how a host of the named instance is made.

        Raises:
            UsageError: see ``runtime``.
        """
        image = around.images[host.image]
        spec = ContainerSpec(
            name=f"breakfix-{name}-{host.name}",
            image=around.references[host.image],
            hostname=host.name,
            labels={
                labels.KIND: "host",
                labels.INSTANCE: name,
                labels.HOST: host.name,
                labels.SCENARIO: plan.scenario or "",
                labels.LAB: plan.lab,
                labels.SEED: str(plan.seed),
                labels.OWNER: self._owner,
                labels.DIGEST: plan.digest,
                labels.HOSTS: str(len(plan.hosts)),
                labels.WIRING: wiring_label(plan, host, image),
            },
            environment={"container": "docker", "NOTIFY_SOCKET": NOTIFY, **_NO_WATCHDOGS},
            devices=image.devices,
            memory=None if host.memory is None else host.memory + GRADING_ROOM,
            cpu_shares=host.cpu_shares,
            pids=host.pids,
            tmpfs=TMPFS,
            security_options=(
                f"seccomp={filter_of_hosts()}",
                *(self._confinement if image.writable_net_sysctls else ()),
            ),
            stop_signal="SIGRTMIN+3",
            runtime=self.runtime,
            shim_group=SHIM_GROUP,
        )
        return lighter(spec) if around.pooled else spec

    @functools.cached_property
    def runtime(self) -> str | None:
        """Return the OCI runtime of the hosts, where one is asked for.

        Raises:
            UsageError: the engine does not know it.
        """
        known = self._engine.info().runtimes
        if not self._wanted_runtime or self._wanted_runtime in known:
            return self._wanted_runtime or None
        near = ", ".join(nearest(self._wanted_runtime, known) or known)
        raise UsageError(
            Text(
                fr=f"{RUNTIME}={self._wanted_runtime} : Docker Engine n'a pas d'environnement d'exécution de ce nom.",
                en=f"{RUNTIME}={self._wanted_runtime}: Docker Engine has no runtime of that name.",
            ),
            Text(
                fr=f"Il connaît : {near}. « runtimes », dans /etc/docker/daemon.json, en ajoute.",
                en=f"It knows: {near}. 'runtimes' in /etc/docker/daemon.json adds others.",
            ),
        )

    @functools.cached_property
    def _confinement(self) -> tuple[str, ...]:
        return (f"apparmor={APPARMOR_PROFILE}",) if self._engine.info().apparmor else ()


def wiring_label(plan: Plan, host: PlannedHost, image: ImageSpec) -> str:
    """Return the label from which the fabric helper prepares and wires a host, at its start and each restart.

    What its image adds to its capabilities it gets in its own user namespace, not from the engine.
    """
    return json.dumps(
        {
            "segments": [s.name for s in plan.segments],
            "interfaces": [{"name": i.name, "segment": i.segment, "mac": i.mac} for i in host.interfaces],
            "sysctls": image.writable_net_sysctls,
            "capabilities": image.capabilities,
            "disk": host.disk,
        },
        separators=(",", ":"),
    )
