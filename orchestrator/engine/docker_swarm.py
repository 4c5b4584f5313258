"""Docker's own Swarm behind the ``Swarm`` protocol."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from typing import Any, Final

import docker
import docker.errors
import docker.types

from orchestrator.engine import refusals
from orchestrator.engine.docker_connection import DockerConnection, label_filter
from orchestrator.engine.swarm_interface import SwarmJob, SwarmMembership, SwarmNode, SwarmTask, TaskState

PORT: Final = 2377
"""Where managers are asked; nodes use 7946 (TCP and UDP) and 4789 (UDP) among themselves."""

_STATES: Final[Mapping[str, TaskState]] = {
    "running": "runs",
    "complete": "done",
    "failed": "failed",
    "rejected": "failed",
    "shutdown": "lost",
    "orphaned": "lost",
    "remove": "lost",
}
"""Swarm's state of a task -> ours; every other one comes before it runs."""

_NANO: Final = 1_000_000_000
_LOG: Final[Any] = {"Name": "json-file", "Options": {"max-size": "64m", "max-file": "1"}}
"""What tasks print is read by way of the manager, which not all ways to keep it allow."""
_HEADER: Final = struct.Struct(">BxxxI")
_SWARMS_NETWORK: Final = "docker_gwbridge"
"""Docker makes it for a machine that joins, and leaves it behind."""
_OUTPUT, _ERRORS, _TROUBLE = 1, 2, 3
"""Docker's numbers of what a task prints, and of what kept Docker from reading it."""
_SILENT_NODE: Final = 5
"""Seconds that a node may keep what its task printed: one that has died would have the manager wait for a minute."""


class DockerSwarm:
    """The swarm that this machine's Docker Engine belongs to; see ``Swarm`` for what each call does."""

    def __init__(self, address: str | None = None) -> None:
        """Connect.

        Args:
            address: of the engine; see ``DockerConnection``.

        Raises:
            MachineError: no engine answers there, this user may not use it, or it is too old.
        """
        self._connection = DockerConnection(address)
        self._api: Any = self._connection.api  # the stubs lack half of Swarm
        self._translated = self._connection.translated

    def membership(self) -> SwarmMembership | None:
        """Return how this machine belongs to a swarm; None: to none."""
        with self._translated("swarm"):
            found = self._api.info()["Swarm"]
        if found["LocalNodeState"] == "inactive":
            return None
        trouble = str(found.get("Error") or "")
        if found["LocalNodeState"] != "active" and not trouble:
            trouble = str(found["LocalNodeState"])
        return SwarmMembership(str(found["NodeID"]), str(found["NodeAddr"]), bool(found["ControlAvailable"]), trouble)

    def create(self, address: str) -> None:
        """Begin a swarm with this machine."""
        with self._translated("swarm"):
            self._api.init_swarm(advertise_addr=address or None, listen_addr=_own(address))

    def join(self, manager: str, token: str, address: str) -> None:
        """Belong to the swarm of a manager."""
        with self._translated("swarm"):
            self._api.join_swarm([_with_port(manager)], token, _own(address), address or None)

    def join_token(self) -> str:
        """Return the token by which a machine may join."""
        with self._translated("swarm"):
            return str(self._api.inspect_swarm()["JoinTokens"]["Worker"])

    def leave(self) -> None:
        """Belong to no swarm any more."""
        with self._translated("swarm"):
            self._api.leave_swarm(force=True)
            with suppress(docker.errors.APIError):  # something of somebody else's is on it
                self._api.remove_network(_SWARMS_NETWORK)

    def nodes(self) -> tuple[SwarmNode, ...]:
        """Return the machines of the swarm, by name."""
        with self._translated("swarm"):
            found = self._api.nodes()
        return tuple(sorted(map(_node, found), key=lambda node: (node.name, node.id)))

    def drain(self, node: str, *, wanted: bool) -> None:
        """Give a node no jobs any more, or give it jobs again."""
        self._change(node, lambda spec: spec.update(Availability="drain" if wanted else "active"))

    def note(self, node: str, labels: Mapping[str, str]) -> None:
        """Set labels of a node; others stay."""
        self._change(node, lambda spec: spec.update(Labels={**(spec.get("Labels") or {}), **labels}))

    def _change(self, node: str, change: Any) -> None:  # noqa: ANN401 - of Docker's own document
        with self._translated("swarm"):
            found = self._api.inspect_node(node)
            change(found["Spec"])
            self._api.update_node(node, found["Version"]["Index"], found["Spec"])

    def forget(self, node: str) -> None:
        """Strike a node off."""
        with self._translated("swarm"):
            self._api.remove_node(node, force=True)

    def submit(self, job: SwarmJob) -> str:
        """Have a job done and return the id of its service."""
        container = docker.types.ContainerSpec(
            job.image,
            command=list(job.command),
            env=[f"{name}={value}" for name, value in job.environment.items()],
            labels=dict(job.labels),
            mounts=[docker.types.Mount(target, source, type="bind") for source, target in job.binds.items()],
            stop_grace_period=round(job.grace * _NANO),
        )
        once_a_node = job.times is None
        template = docker.types.TaskTemplate(
            container,
            restart_policy=docker.types.RestartPolicy(
                "none" if once_a_node else "on-failure", delay=_NANO, max_attempts=job.attempts - 1
            ),
            placement=docker.types.Placement(list(job.constraints), maxreplicas=None if once_a_node else job.at_once),
            log_driver=_LOG,
        )
        # No "replicated-job": Swarm does not begin its tasks again where their node is lost (seen with 26.1).
        mode = docker.types.ServiceMode("global-job" if once_a_node else "replicated", replicas=job.times)
        with self._translated(job.name):
            made = self._api.create_service(template, job.name, dict(job.labels), mode)
        return str(made["ID"])

    def tasks(self, service: str) -> tuple[SwarmTask, ...]:
        """Return a job's tasks, the oldest first."""
        with self._translated(service):
            every = self._api.tasks()  # Docker does not look for tasks of a service that was ended
        found = [one for one in every if one.get("ServiceID") == service]
        return tuple(map(_task, sorted(found, key=lambda one: str(one["CreatedAt"]))))

    def output(self, task: str) -> tuple[bytes, bytes]:
        """Return what a task has printed so far: its output, and its errors."""
        asked = {"stdout": True, "stderr": True, "tail": "all"}
        with (
            self._translated(task),
            closing(self._api.request_stream("GET", f"/tasks/{task}/logs", asked, silence=_SILENT_NODE)) as response,
        ):
            content = response.content
        printed = {_OUTPUT: b"", _ERRORS: b"", _TROUBLE: b""}
        for stream, piece in _pieces(content):
            printed[stream] += piece
        if trouble := printed[_TROUBLE].decode("utf-8", "replace").strip():
            raise refusals.no_output(trouble)
        return printed[_OUTPUT], printed[_ERRORS]

    def services(self, labels: Mapping[str, str | None]) -> Mapping[str, Mapping[str, str]]:
        """Return the services that carry every label."""
        with self._translated("swarm"):
            found = self._api.services(filters={"label": label_filter(labels)})
        return {str(one["ID"]): one["Spec"].get("Labels") or {} for one in found}

    def remove(self, service: str) -> None:
        """End a job, whatever of it still runs."""
        with self._translated(service):
            try:
                self._api.remove_service(service)
            except docker.errors.NotFound:
                return

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()


def _own(address: str) -> str:
    return f"{address or '0.0.0.0'}:{PORT}"  # noqa: S104 - Docker's own default


def _with_port(address: str) -> str:
    host, colon, port = address.rpartition(":")
    return address if colon and port.isdigit() and not host.endswith(":") else f"{address}:{PORT}"


def _node(found: Mapping[str, Any]) -> SwarmNode:
    described, manager = found["Description"], found.get("ManagerStatus") or {}
    resources = described["Resources"]
    return SwarmNode(
        id=str(found["ID"]),
        name=str(described["Hostname"]),
        address=str(found["Status"].get("Addr") or manager.get("Addr", "").rpartition(":")[0]),
        manager=bool(manager),
        leader=bool(manager.get("Leader")),
        drained=found["Spec"]["Availability"] != "active",
        answers=found["Status"]["State"] == "ready",
        processors=int(resources["NanoCPUs"]) / _NANO,
        memory=int(resources["MemoryBytes"]),
        labels=found["Spec"].get("Labels") or {},
    )


def _task(found: Mapping[str, Any]) -> SwarmTask:
    status = found["Status"]
    return SwarmTask(
        id=str(found["ID"]),
        slot=int(found.get("Slot") or 0),
        node=str(found.get("NodeID") or ""),
        state=_STATES.get(status["State"], "waits"),
        message=str(status.get("Err") or status.get("Message") or ""),
    )


def _pieces(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the pieces of a stream that Docker has joined, and which each is of."""
    place = 0
    while place + _HEADER.size <= len(content):
        stream, size = _HEADER.unpack_from(content, place)
        place += _HEADER.size
        yield stream, content[place : place + size]
        place += size
