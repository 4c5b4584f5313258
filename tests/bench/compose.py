"""The peer: the same hosts, addresses and limits as a Docker Compose project."""

from __future__ import annotations

import json
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from orchestrator.core import interrupts, labels
from orchestrator.core.text import Text
from orchestrator.core.waiting import wait_until
from orchestrator.engine.engine_interface import Engine, EngineInfo
from orchestrator.instances.host_container import TMPFS
from orchestrator.model.image import ImageSpec
from orchestrator.model.plan import Plan, PlannedHost
from tests.bench.commands import compose_command, run_command

KIND: Final = "bench"
"""What ``labels.KIND`` says on the peer's containers and networks; ``labels.INSTANCE`` names the project."""

_UP_LIMIT = 300.0
_DOWN_LIMIT = 120.0
_QUIET = 1.5
"""Seconds after an interruption in which a killed Compose's last container must have appeared."""
_WRITABLE_CGROUPS = 28
"""The Docker release that lets a host have a writable cgroup mount without more rights."""
_CGROUP_V2 = 2


_START_INTERVAL = 25
"""The Docker release that has a probing interval for the time of the start alone."""


@dataclass(frozen=True)
class Privileges:
    """What a systemd container needs from Compose, which has no gate to wait behind; keys are a service's."""

    keys: Mapping[str, Any]
    told: Text


def privileges(info: EngineInfo) -> Privileges:
    """Return the least that boots systemd under Compose on an engine."""
    if info.cgroup_version != _CGROUP_V2:
        return Privileges(
            {"cap_add": ["SYS_ADMIN"], "security_opt": ["apparmor=unconfined"]},
            Text(fr="CAP_SYS_ADMIN, sans AppArmor", en="CAP_SYS_ADMIN, no AppArmor"),
        )
    if info.major >= _WRITABLE_CGROUPS:
        return Privileges(
            {"security_opt": ["writable-cgroups=true"]},
            Text(fr="writable-cgroups=true", en="writable-cgroups=true"),
        )
    return Privileges({"privileged": True}, Text(fr="privilégiées (privileged)", en="privileged"))


def probing(info: EngineInfo) -> dict[str, Any]:
    """Return the health check by which Compose hears that systemd has booted, as quick as helps Compose.

    At 100 ms the probes of eight hosts slow down the boots that they ask for; a probe of a host that is healthy would
    only take time from what is measured next, so where the engine can, those come an hour apart.
    """
    if info.major >= _START_INTERVAL:
        pace = {"start_period": "5m", "start_interval": "250ms", "interval": "1h", "retries": 1}
    else:
        pace = {"interval": "250ms", "retries": 1000}
    return {"test": ["CMD", "systemctl", "is-system-running", "--quiet"], "timeout": "10s", **pace}


def compose_document(
    plan: Plan, images: Mapping[str, ImageSpec], references: Mapping[str, str], project: str, info: EngineInfo
) -> dict[str, Any]:
    """Return the Compose file of a plan: what can be equal to ours is.

    The placed files are left out, in Compose's favour: Docker gives its containers name, addresses and resolver.
    """
    marks = {labels.KIND: KIND, labels.INSTANCE: project}
    networks = {
        segment.name: {
            "internal": True,  # our labs have no route out either
            "ipam": {"config": [{"subnet": segment.subnet}]},
            "labels": marks,
        }
        for segment in plan.segments
    }
    services = {
        host.name: {
            **_service(host, images[host.image], references[host.image], privileges(info)),
            "healthcheck": probing(info),
            "labels": marks,
        }
        for host in plan.hosts
    }
    return {"name": project, "services": services, "networks": networks}


def _service(host: PlannedHost, image: ImageSpec, reference: str, needs: Privileges) -> dict[str, Any]:
    own = {key: value for key, value in needs.keys.items() if key != "cap_add"}
    return {
        "image": reference,
        "pull_policy": "never",
        "hostname": host.name,
        "entrypoint": ["/sbin/init"],  # not our init, which waits for our fabric
        "environment": {"container": "docker"},
        "cap_add": [*image.capabilities, *needs.keys.get("cap_add", ())],
        "cgroup": "private",
        "mem_limit": host.memory,
        "memswap_limit": host.memory,
        "cpu_shares": host.cpu_shares,
        "pids_limit": host.pids,
        "ulimits": {"nofile": {"soft": 4096, "hard": 16384}},
        "tmpfs": [f"{path}:{options}" for path, options in TMPFS.items()],
        "stop_signal": "SIGRTMIN+3",
        "restart": "always",
        "networks": {i.segment: {"ipv4_address": i.address.partition("/")[0]} for i in host.interfaces if i.address},
        **own,
    }


class ComposeProject:
    """A Compose project with a name of its own; at the end of the block nothing of it is left."""

    def __init__(
        self, plan: Plan, images: Mapping[str, ImageSpec], references: Mapping[str, str], engine: Engine
    ) -> None:
        """Write the project's file to a temporary folder."""
        info = engine.info()
        self.needs = privileges(info)
        self.name = f"breakfix-bench-{secrets.token_hex(3)}"
        self._engine = engine
        self._compose = compose_command()
        self._folder = tempfile.TemporaryDirectory(prefix="breakfix-bench-")
        self._file = Path(self._folder.name) / "compose.json"
        document = compose_document(plan, images, references, self.name, info)
        self._file.write_text(json.dumps(document), encoding="utf-8")

    def __enter__(self) -> Self:
        """Return the project itself; nothing is started yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove whatever is left, uninterrupted."""
        with interrupts.shielded():
            try:
                remove_project(self._engine, self.name, quiet=0.0 if error is None else _QUIET)
            finally:
                self._folder.cleanup()

    def up(self) -> None:
        """Create and start everything, and return when Compose says that all is healthy."""
        self._run("up", "-d", "--wait", "--wait-timeout", f"{_UP_LIMIT:.0f}", timeout=_UP_LIMIT + 30)

    def down(self) -> None:
        """Kill and remove everything."""
        self._run("down", "-t", "0", timeout=_DOWN_LIMIT)

    def containers(self) -> dict[str, str]:
        """Return the id of each host's container by the host's name."""
        found = self._engine.containers({labels.KIND: KIND, labels.INSTANCE: self.name})
        return {container.labels["com.docker.compose.service"]: container.id for container in found}

    def version(self) -> str:
        """Return Compose's version."""
        return run_command([*self._compose, "version", "--short"], timeout=30).strip()

    def _run(self, *words: str, timeout: float) -> None:
        run_command([*self._compose, "-f", str(self._file), *words], timeout=timeout)


def remove_project(engine: Engine, name: str | None = None, *, quiet: float = 0.0) -> None:
    """Remove a project's containers and networks, or those of every benchmark that was cut off.

    Args:
        engine: the engine.
        name: the project; by default all of them.
        quiet: seconds in which no more may appear: Docker goes on creating what a killed Compose had asked for.

    Raises:
        LabError: a network stays, because something foreign is attached to it.
    """
    marks = {labels.KIND: KIND} if name is None else {labels.KIND: KIND, labels.INSTANCE: name}
    while found := wait_until(lambda: engine.containers(marks), within=quiet, every=0.1):
        for container in found:
            engine.remove(container.id)
    docker = shutil.which("docker")
    if docker is None:
        return  # Compose was never here either
    filters = [f"--filter=label={key}={value}" for key, value in marks.items()]
    networks = run_command([docker, "network", "ls", "--quiet", *filters], timeout=60).split()
    if networks:
        run_command([docker, "network", "rm", *networks], timeout=60)
