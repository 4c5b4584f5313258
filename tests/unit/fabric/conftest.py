"""The helper's own modules, outside its container: its two foreign packages are stubs, its Docker a dictionary."""

from __future__ import annotations

import importlib
import os
import selectors
import socket
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from orchestrator.fabric.helper import disks, dockerd, hosts, namespaces
from orchestrator.fabric.helper.dockerd import DockerUnavailableError, HostContainer

if TYPE_CHECKING:
    from orchestrator.fabric.helper.links import Port
    from orchestrator.fabric.helper.reconciler import Reconciler

_HELPER = "orchestrator.fabric.helper"
_NEED_STUBS = (
    "links", "port_states", "reconciler", "confinement", "exec_agent", "agent_client", "tool_runs", "access",
    "access_processes", "pause", "server",
)  # fmt: skip


class NetlinkError(Exception):
    """What the kernel says no with, as pyroute2's class of this name has it."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Modules:
    """Modules that import only in the helper's container."""

    links: ModuleType
    port_states: ModuleType
    reconciler: ModuleType
    pause: ModuleType
    server: ModuleType


@pytest.fixture(scope="module")
def modules() -> Iterator[Modules]:
    """Import the helper's modules with stubs for pyroute2's socket and seccomp, and forget them afterwards."""
    interrupted = type("NetlinkDumpInterrupted", (Exception,), {})
    stubs: dict[str, dict[str, object]] = {
        f"{_HELPER}.iproute": {"IPRoute": object, "NetlinkError": NetlinkError, "NetlinkDumpInterrupted": interrupted},
        "seccomp": {},
    }
    names = [f"{_HELPER}.{name}" for name in _NEED_STUBS]
    with pytest.MonkeyPatch.context() as patch:
        for name, contents in stubs.items():
            stub = ModuleType(name)
            vars(stub).update(contents)
            patch.setitem(sys.modules, name, stub)
        made = {name: importlib.import_module(f"{_HELPER}.{name}") for name in _NEED_STUBS}
        yield Modules(made["links"], made["port_states"], made["reconciler"], made["pause"], made["server"])
    for name in names:
        del sys.modules[name]


class FakeLinks:
    """Bridges and cables as a set and a dictionary; ``calls`` tells the order."""

    def __init__(self, modules: Modules) -> None:
        self._names = modules.links
        self.calls: list[tuple[Any, ...]] = []
        self.bridges: set[tuple[str, str]] = set()
        self.cables: dict[tuple[str, str, str], tuple[int, Port]] = {}
        """Cable -> the process in whose network it ends, and its state."""
        self.aliases: dict[str, str] = {}
        """Interfaces of which nobody knows any more: name -> instance."""
        self.trouble: dict[str, Exception] = {}
        """Host -> what happens when it is cabled."""

    def ensure_bridge(self, instance: str, segment: str) -> int:
        self.bridges.add((instance, segment))
        return len(self.bridges)

    def reaches(self, name: str, pid: int) -> bool:
        return any(self._names.port_name(*cable) == name and end == pid for cable, (end, _) in self.cables.items())

    def plug_in(self, instance: str, host: str, interface: str, *, pid: int, mac: str, port: Port) -> None:
        if host in self.trouble:
            raise self.trouble[host]
        self.calls.append(("plug_in", host, interface, pid, mac))
        self.cables[instance, host, interface] = (pid, port)

    def apply(self, instance: str, host: str, interface: str, port: Port) -> None:
        self.calls.append(("apply", host, interface))
        self.cables[instance, host, interface] = (self.cables[instance, host, interface][0], port)

    def strays(self, instances: set[str]) -> list[str]:
        return [name for name, instance in self.aliases.items() if instance not in instances]

    def remove(self, name: str) -> None:
        self.calls.append(("remove", name))
        del self.aliases[name]

    def forget(self, instance: str, segments: set[str], ports: set[tuple[str, str]]) -> None:
        self.calls.append(("forget", instance, segments, ports))


@dataclass
class Running:
    """A host's process: what its init and its systemd do."""

    at_gate: bool = True
    booted: bool = False
    gate: int = -1
    """Where the test reads what was written to the gate."""
    notify: socket.socket | None = None
    prepared: list[bool] = field(default_factory=list)
    told: str = ""
    """What was written to its first gate."""
    capabilities: frozenset[int] = frozenset()
    """Those that it may have, by number."""
    disk: int = -1
    """The size of the disk that it was given, in bytes."""


class FakeDocker:
    """Hosts that run, and the events about them."""

    def __init__(self) -> None:
        self.hosts: dict[str, HostContainer] = {}
        self.stopped: dict[str, str] = {}
        self.processes: dict[int, Running] = {}
        self.answers = True
        self.failing: dict[str, Callable[[], object]] = {}
        """Containers whose last start failed, and what comes of the next one."""
        self.restarted: list[str] = []
        self.subscriptions: list[FakeEvents] = []

    def run(
        self,
        host: str,
        pid: int,
        *,
        instance: str = "demo",
        sysctls: bool = False,
        disk: int = 0,
        adds: Sequence[str] = (),
        **more: Any,  # noqa: ANN401 - a process's fields
    ) -> Running:
        """Start a host's container (again)."""
        wiring = {
            "segments": ["office", "servers"],
            "interfaces": [{"name": "eth0", "segment": "office", "mac": f"02:bf:{host}"}],
            "sysctls": sysctls,
            **({"disk": disk} if disk else {}),
            **({"capabilities": adds} if adds else {}),
        }
        container = f"{instance}-{host}"
        self.hosts[container] = HostContainer(container, instance, host, pid, wiring)
        self.stopped.pop(container, None)
        self.processes[pid] = Running(**more)
        self.tell("start", container, instance, host)
        return self.processes[pid]

    def end(self, host: str, instance: str = "demo", *, destroy: bool = False) -> None:
        """End a host's process, and remove its container where asked."""
        container = f"{instance}-{host}"
        if self.hosts.pop(container, None) is not None:
            self.stopped[container] = instance
            self.tell("die", container, instance, host)
        if destroy:
            del self.stopped[container]
            self.tell("destroy", container, instance, host)

    def tell(self, *event: str) -> None:
        for subscription in self.subscriptions[-1:]:
            subscription.happen(event)

    # What the helper calls

    def inspect(self, container: str) -> HostContainer | None:
        if not self.answers:
            raise DockerUnavailableError("Connection refused")
        return self.hosts.get(container)

    def containers(self) -> list[tuple[str, str, bool]]:
        if not self.answers:
            raise DockerUnavailableError("Connection refused")
        running = [(c.id, c.instance, True) for c in self.hosts.values()]
        return running + [(container, instance, False) for container, instance in self.stopped.items()]

    def failed(self) -> list[str]:
        if not self.answers:
            raise DockerUnavailableError("Connection refused")
        return list(self.failing)

    def start(self, container: str) -> None:
        self.failing[container]()
        del self.failing[container]

    def subscribe(self) -> FakeEvents:
        if not self.answers:
            raise DockerUnavailableError("Connection refused")
        self.subscriptions.append(FakeEvents())
        return self.subscriptions[-1]

    def has_entered(self, pid: int) -> bool:
        return bool(self.processes[pid].prepared)

    def require_confined(self, pid: int, capabilities: Collection[int]) -> None:
        self.processes[pid].capabilities = frozenset(capabilities)

    def try_gate(self, pid: int, path: str) -> int | None:
        process = self.processes[pid]
        if not process.at_gate:
            return None
        assert path == (hosts.START if process.prepared else hosts.GATE)
        if process.gate >= 0:
            process.told = os.read(process.gate, 4096).decode()
            os.close(process.gate)
        process.gate, writing = os.pipe()
        return writing

    def has_booted(self, pid: int) -> bool:
        return self.processes[pid].booted

    def prepare(self, pid: int, container: str, *, writable_net_sysctls: bool, disk: int) -> None:
        (disks.FOLDER / container).mkdir(parents=True, exist_ok=True)
        self.processes[pid].prepared.append(writable_net_sysctls)
        self.processes[pid].disk = disk

    def listen_for_ready(self, pid: int) -> socket.socket:
        receiver, self.processes[pid].notify = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        receiver.setblocking(False)
        return receiver

    def close(self) -> None:
        for process in self.processes.values():
            if process.gate >= 0:
                os.close(process.gate)
            if process.notify is not None:
                process.notify.close()
        for subscription in self.subscriptions:
            subscription.close()


class FakeEvents:
    """A subscription: readable while there are events."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair()
        self._waiting: list[tuple[str, ...]] = []
        self.lost = False

    def happen(self, event: tuple[str, ...]) -> None:
        self._waiting.append(event)
        self._theirs.send(b".")

    def lose(self) -> None:
        """End the stream, as a Docker that is restarted does."""
        self.lost = True
        self._theirs.send(b".")

    def fileno(self) -> int:
        return self._ours.fileno()

    def read(self) -> list[tuple[str, ...]]:
        if self.lost:
            raise DockerUnavailableError("the event stream ended")
        self._ours.recv(4096)
        events, self._waiting = self._waiting, []
        return events

    def close(self) -> None:
        self._ours.close()
        self._theirs.close()


class Clock:
    """A clock that only a test moves; it is far from the machine's, so that whoever reads that one is found."""

    def __init__(self) -> None:
        self.now = 1e9

    def monotonic(self) -> float:
        return self.now


@dataclass
class Bench:
    """A reconciler with everything around it."""

    modules: Modules
    docker: FakeDocker
    links: FakeLinks
    clock: Clock
    selector: selectors.BaseSelector
    state: Path
    log: list[str] = field(default_factory=list)

    def reconciler(self) -> Reconciler:
        """Return a new reconciler, as a helper that was just started has it."""
        states = self.modules.port_states.PortStates(self.state)
        made: Reconciler = self.modules.reconciler.Reconciler(self.selector, self.links, states, self.log.append)
        return made

    def turn(self, reconciler: Reconciler) -> None:
        """Turn the main loop until nothing is left to do at once."""
        reconciler.follow_docker()
        for key, _ in self.selector.select(0):
            key.data()
        reconciler.next_event()
        reconciler.open_gates()
        while reconciler.busy:
            reconciler.next_event()
            reconciler.open_gates()

    def port(self, segment: str, **properties: Any) -> Port:  # noqa: ANN401 - a cable's fields
        made: Port = self.modules.links.Port(segment, **properties)
        return made


@pytest.fixture
def bench(modules: Modules, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A helper's surroundings without a kernel and a Docker."""
    docker, clock = FakeDocker(), Clock()
    monkeypatch.setattr(dockerd, "restart_aside", docker.restarted.append)
    for name in ("inspect", "containers", "failed", "start"):
        monkeypatch.setattr(dockerd, name, getattr(docker, name))
    for name in ("try_gate", "has_booted", "prepare", "listen_for_ready"):
        monkeypatch.setattr(hosts, name, getattr(docker, name))
    for name in ("has_entered", "require_confined"):
        monkeypatch.setattr(namespaces, name, getattr(docker, name))
    monkeypatch.setattr(disks, "FOLDER", tmp_path / "disks")
    monkeypatch.setattr(modules.reconciler, "Events", docker.subscribe)
    monkeypatch.setattr(modules.reconciler, "_LOOKS", ())  # else every reconciler has something to wait for
    monkeypatch.setattr(modules.reconciler, "time", SimpleNamespace(monotonic=clock.monotonic))
    with selectors.DefaultSelector() as selector:
        yield Bench(modules, docker, FakeLinks(modules), clock, selector, tmp_path / "ports.json")
        for key in list(selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
    docker.close()
