"""A whole program without Docker: content on disk, an engine and a fabric in memory, hosts that are dictionaries."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from textwrap import dedent
from typing import Any, TypeVar

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core import labels
from orchestrator.core.errors import LabError
from orchestrator.core.progress import Silent
from orchestrator.core.text import Text, same
from orchestrator.deliverables.deliverables_store import DeliverablesStore
from orchestrator.engine.engine_interface import ContainerSpec, EngineInfo
from orchestrator.fabric.fabric_interface import Completed, HostRef, PortState
from orchestrator.instances.instance import Instance, StartContext
from orchestrator.instances.instance_records import InstanceRecords
from orchestrator.instances.lifecycle import Instances
from orchestrator.instances.locks import Locks
from orchestrator.labs import Labs, Running
from orchestrator.loader.content import Content
from orchestrator.model.plan import Plan
from tests.fakes.engine import FakeEngine
from tests.fakes.fabric import FakeFabric
from tests.unit.reading import ReadOnce

T = TypeVar("T")

CHECKS = """\
from grader import check


@check("guard", fr="pc1 répond.", en="pc1 answers.", host="pc1")
def test_answers(lab):
    assert lab.host("pc1").check_output("hostname") == "pc1", "pc1 has another name"
"""

LAB = """\
contract: 1
name: pair
title: {fr: Petit lab, en: Small lab}
summary: {fr: Deux postes et un routeur, en: Two workstations and a router}
domain: pair.example
segments:
  office: {title: {fr: Bureau, en: Office}, subnet: 192.168.10.0/24}
  servers: {title: {fr: Serveurs, en: Servers}, subnet: 192.168.20.0/24}
hosts:
  pc1:
    image: host
    title: {fr: Poste 1, en: Workstation 1}
    interfaces: {eth0: {segment: office, address: dhcp}}
  pc2:
    image: host
    title: {fr: Poste 2, en: Workstation 2}
    interfaces: {eth0: {segment: office, address: dhcp}}
    memory: 96M
    cpu_shares: 256
    pids: 64
  r1:
    image: router
    title: {fr: Routeur, en: Router}
    interfaces:
      eth0: {segment: office, address: 192.168.10.1}
      eth1: {segment: servers, address: 192.168.20.1}
    files:
      /etc/bind/rndc.key: {owner: bind, group: www-data, mode: "0640"}
ready:
  - {host: r1, run: [systemctl, is-active, named], within: 1}
  - {host: pc1, run: [ping, -c1, 192.168.10.1], within: 1}
  - {host: pc2, run: [ping, -c1, 192.168.10.1], within: 1}
"""

SCENARIO = """\
contract: 1
id: moved-desks
title: {fr: Postes déplacés, en: Moved desks}
competences: ["1.3"]
lab: pair
kind: fault
difficulty: 1
minutes: 15
variables:
  user: {draw: person}
  old: {draw: address, subnet: 192.168.30.0/24, first: 20, last: 200}
faults:
  - {fault: link-wrong-segment, parameters: {host: pc1, segment: servers}}
  - {fault: link-wrong-segment, parameters: {host: pc2, segment: servers}}
  - {fault: link-unplugged, parameters: {host: pc2}}
hints:
  - {fr: "Demandez à {{ user.full }}", en: "Ask {{ user.full }}"}
  - {fr: "L'ancienne adresse : {{ old }}", en: "The old address: {{ old }}"}
"""

SOLUTION = """\
contract: 1
summary: {fr: Tout recâbler, en: Cable everything again}
reference: true
steps:
  - {tell: {fr: Câble 1, en: Cable 1}, cable: {host: pc1, interface: eth0, segment: office}}
  - {tell: {fr: Câble 2, en: Cable 2}, cable: {host: pc2, interface: eth0, plug: true, segment: office}}
  - tell: {fr: Relancer, en: Renew}
    shell: {host: pc1, script: "dhcpcd --rebind eth0\\n"}
"""

SHORTCUT = """\
contract: 1
summary: {fr: Adresse en dur, en: Hard-coded address}
steps:
  - tell: {fr: Une adresse, en: An address}
    file: {host: pc1, path: /etc/network/interfaces, content: "iface eth0 inet static\\n", mode: "0600"}
"""

_FOLDER = "scenarios/1.3-network-connection/moved-desks"

FILES = {
    "images/base/image.yaml": """\
        contract: 1
        name: base
        bootstrap: debian
        summary: {fr: Racine, en: Root}
        """,
    "images/host/image.yaml": """\
        contract: 1
        name: host
        parent: base
        summary: {fr: Machine, en: Machine}
        memory: 160M
        """,
    "images/router/image.yaml": """\
        contract: 1
        name: router
        parent: host
        summary: {fr: Routeur, en: Router}
        capabilities: [NET_ADMIN]
        devices: [/dev/net/tun]
        writable_net_sysctls: true
        device: {type: cisco_ios, user: admin, password: admin}
        """,
    "images/base/Dockerfile": "FROM scratch\n",
    "images/host/Dockerfile": "FROM scratch\n",
    "images/router/Dockerfile": "FROM scratch\n",
    "labs/pair/lab.yaml": LAB,
    "labs/pair/files/r1/etc/bind/rndc.key": "key",
    "labs/pair/files/pc1/etc/motd": "Bonjour\r\n",
    "labs/pair/checks/test_healthy.py": CHECKS,
    f"{_FOLDER}/scenario.yaml": SCENARIO,
    f"{_FOLDER}/ticket.fr.md": "{{ user.full }} n'a plus de réseau.\n",
    f"{_FOLDER}/ticket.en.md": "{{ user.full }} has no network.\n",
    f"{_FOLDER}/debrief.fr.md": "Les câbles.\n",
    f"{_FOLDER}/debrief.en.md": "The cables.\n",
    f"{_FOLDER}/checks/test_network.py": CHECKS,
    f"{_FOLDER}/solutions/reference.yaml": SOLUTION,
    f"{_FOLDER}/solutions/second.yaml": SOLUTION.replace("reference: true\n", ""),
    f"{_FOLDER}/shortcuts/hard-coded.yaml": SHORTCUT,
    f"{_FOLDER}/shortcuts/other.yaml": SHORTCUT,
}

PASSWD = b"root:x:0:0:root:/root:/bin/bash\nbind:x:101:103::/var/cache/bind:/usr/sbin/nologin\n"
GROUP = b"root:x:0:\nwww-data:x:33:\n"


class Machines(FakeFabric):
    """A fabric whose hosts keep files, lose their carrier with their cable, and remember what was done to them."""

    def __init__(self) -> None:
        super().__init__(
            ports=[
                PortState("pc1", "eth0", "office", plugged=True),
                PortState("pc2", "eth0", "office", plugged=True),
                PortState("r1", "eth0", "office", plugged=True),
                PortState("r1", "eth1", "servers", plugged=True),
            ]
        )
        self.files: dict[tuple[str, str], bytes] = {}
        self.done: list[str] = []
        """Everything that was done, in order: ``HOST: COMMAND`` or ``cable HOST INTERFACE CHANGE…``."""
        self.typed: list[tuple[str, bytes]] = []
        """Input of commands other than dd, by host."""
        self.exists: Callable[[str], bool] = lambda _instance: True
        """Tells whether an instance has hosts, and so its segments."""
        self.on("ping *")
        self.on("systemctl is-active *")

    def run(
        self,
        target: HostRef,
        argv: Sequence[str],
        *,
        timeout: float = 20.0,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        vouched: bool = False,
    ) -> Completed:
        host, words = target.host, tuple(argv)
        self.done.append(f"{host}: {shlex.join(words)}")
        match words:
            case ("cat", path) if path.startswith("/sys/class/net/"):
                cable = self.cables.get((host, path.split("/")[4]))
                if cable is None:
                    return Completed(1, b"", b"cat: No such file or directory\n")
                return Completed(0, b"1\n" if cable.plugged else b"0\n", b"")
            case ("cat", "--", path):
                content = self.files.get((host, path))
                return Completed(1, b"", b"cat: No such file\n") if content is None else Completed(0, content, b"")
            case ("dd", target_, "status=none"):
                self.files[host, target_.removeprefix("of=")] = stdin
                return Completed(0, b"", b"")
        if stdin:
            self.typed.append((host, stdin))
        return super().run(target, argv, timeout=timeout, stdin=stdin, environment=environment, vouched=vouched)

    def set_port(
        self,
        target: HostRef,
        interface: str,
        *,
        plugged: bool | None = None,
        segment: str | None = None,
        mtu: int | None = None,
        rate: int | None = None,
        loss: int | None = None,
    ) -> None:
        changes = {"plugged": plugged, "segment": segment, "mtu": mtu, "rate": rate, "loss": loss}
        said = [f"{name}={value}" for name, value in changes.items() if value is not None]
        self.done.append(" ".join(["cable", target.host, interface, *said]))
        super().set_port(target, interface, plugged=plugged, segment=segment, mtu=mtu, rate=rate, loss=loss)

    def observe(
        self,
        instance: str,
        segment: str,
        address: str,
        argv: Sequence[str],
        *,
        gateway: str = "",
        timeout: float = 20.0,
    ) -> Completed:
        if not self.exists(instance):
            raise LabError(same(f"{instance}: no segment {segment}"))
        return super().observe(instance, segment, address, argv, gateway=gateway, timeout=timeout)

    def wait_ready(self, instance: str, hosts: Sequence[str], *, timeout: float) -> None:
        self.done.append(f"ready {' '.join(sorted(hosts))}")
        super().wait_ready(instance, hosts, timeout=timeout)


class Engine(FakeEngine):
    """An engine whose images have accounts, and that tells in which order it was asked."""

    def __init__(self, *, apparmor: bool = False) -> None:
        options = ("name=seccomp", *(["name=apparmor"] if apparmor else []))
        super().__init__(info=EngineInfo("28.0.0", 2, "overlay2", options, ("runc",), 2, 4 << 30))
        self.steps: list[tuple[str, str]] = []
        """Call and host, in order."""
        self._steps = threading.Lock()

    def _step(self, call: str, container: str) -> None:
        with self._steps:
            self.steps.append((call, self.spec(container).hostname or ""))

    def create(self, spec: ContainerSpec) -> str:
        made = super().create(spec)
        self._step("create", made)
        return made

    def put_archive(self, container: str, archive: bytes) -> None:
        super().put_archive(container, archive)
        self._step("put_archive", container)

    def start(self, container: str) -> None:
        super().start(container)
        self._step("start", container)

    def restart(self, container: str, *, grace: int) -> None:
        super().restart(container, grace=grace)
        self._step("restart", container)

    def read_file(self, container: str, path: str) -> bytes:
        self._step(f"read {path}", container)
        return {"/etc/passwd": PASSWD, "/etc/group": GROUP}[path]


class Told(Silent):
    """Progress that remembers its steps and details, in English."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.details: list[str] = []

    def step(self, text: Text) -> None:
        self.steps.append(text.en)

    def detail(self, text: Text) -> None:
        self.details.append(text.en)


@dataclass
class World:
    """Everything that the core works with."""

    root: Path
    engine: Engine
    fabric: Machines
    records: InstanceRecords
    state: Path
    known: dict[str, Any]
    built: list[tuple[str, ...]] = field(default_factory=list)
    progress: Told = field(default_factory=Told)

    def __post_init__(self) -> None:
        for name in ("host", "router"):
            self.engine.add_image(f"breakfix/{name}:1")
        self.engine.add_image("breakfix/fabric:1")
        self.fabric.exists = lambda instance: bool(self.engine.containers({labels.INSTANCE: instance}))

    def of_another_user(self) -> World:
        """The same engine and fabric, as somebody sees them who has a home of their own."""
        state = self.state.parent / "another" / "state"
        return replace(self, records=InstanceRecords(state), state=state)

    @property
    def content(self) -> Content:
        """The content as it is on disk since the last ``edit``."""
        return self._read("content", lambda: ReadOnce((self.root,)))

    @property
    def instances(self) -> Instances:
        return Instances(self.engine, lambda: self.fabric, self.records, self.locks, "alice")

    @property
    def locks(self) -> Locks:
        return Locks(self.state.parent / "lock", patience=0)

    def build(self, names: Sequence[str]) -> dict[str, str]:
        self.built.append(tuple(names))
        return {name: f"breakfix/{name}:1" for name in names}

    def labs(self, content: Content | None = None) -> Labs:
        """The service, as a new command has it."""
        return Labs(
            content=content or self.content,
            instances=lambda: self.instances,
            records=self.records,
            deliverables=DeliverablesStore(self.state.parent / "deliverables"),
            build=self.build,
            explained=lambda _scenario, _cases: (),
        )

    def plan(self, seed: int = 7) -> Plan:
        return self._read(f"plan {seed}", lambda: self.labs().plans.plan("moved-desks", seed))

    def bare(self) -> Plan:
        return self._read("bare", lambda: self.labs().plans.of_lab("pair"))

    @property
    def around(self) -> StartContext:
        return self._read("around", self._around)

    def _around(self) -> StartContext:
        images = {name: self.content.image(name) for name in ("host", "router")}
        return StartContext(images, {name: f"breakfix/{name}:1" for name in images}, (str(self.root),))

    def _read(self, what: str, read: Callable[[], T]) -> T:
        """Return what the content says; as long as nobody edits it, it is read once for all tests."""
        if what not in self.known:
            self.known[what] = read()
        found: T = self.known[what]
        return found

    def start(self, plan: Plan | None = None, *, broken: bool = True) -> Instance:
        return self.instances.start(plan or self.plan(), self.around, self.progress, broken=broken)

    def start_with(self, locks: Locks, fabric: Callable[[], Machines]) -> Instance:
        """Start an instance of somebody whose locks and fabric are others."""
        instances = Instances(self.engine, fabric, self.records, locks, "alice")
        return instances.start(self.plan(), self.around, self.progress)

    def driver(self, instance: Instance, plan: Plan | None = None) -> LabDriver:
        return self.instances.driver(instance, plan or self.plan(), self.around.images)

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text of a content file that is there once, in a content of this test's own."""
        if self.root != self.state.parent / "content":
            self.root, self.known = write_content(self.state.parent / "content"), {}
        self.known.clear()
        path = self.root / name
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new))

    @property
    def left(self) -> tuple[list[str], list[str]]:
        """The containers and the records' files that exist."""
        files = sorted(f.name for f in self.state.iterdir()) if self.state.exists() else []
        return [c.name for c in self.engine.containers({})], files


def write_content(root: Path) -> Path:
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(dedent(text).encode())
    return root


@pytest.fixture(scope="session")
def common_content(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Content that no test changes, and what was read of it."""
    return write_content(tmp_path_factory.mktemp("content")), {}


@pytest.fixture
def make_world(tmp_path: Path, common_content: tuple[Path, dict[str, Any]]) -> Callable[[Engine], World]:
    """``make_world(engine)``: a world on an engine of the test's."""
    root, known = common_content

    def make(engine: Engine) -> World:
        state = tmp_path / "state"
        return World(root, engine, Machines(), InstanceRecords(state), state, known)

    return make


@pytest.fixture
def world(make_world: Callable[[Engine], World]) -> World:
    """A world where nothing runs yet."""
    return make_world(Engine())


@pytest.fixture
def running(world: World) -> Running:
    """A broken instance of the scenario, seed 7."""
    return world.labs().lifecycle.start(world.plan(), world.progress)


@pytest.fixture
def engine_with_apparmor() -> Engine:
    """An engine on a machine with AppArmor."""
    return Engine(apparmor=True)


@pytest.fixture
def driver(world: World) -> LabDriver:
    """A driver of a healthy instance, whose fabric has forgotten how it was started."""
    made = world.driver(world.start(broken=False))
    world.fabric.done.clear()
    world.fabric.calls.clear()
    return made
