"""The benchmark without Docker: an engine and a fabric in memory, docker-compose and docker as scripts."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from grader.job import GradeRequest
from grader.report import CheckResult, Report
from orchestrator.bench import boots, memory
from orchestrator.core import labels
from orchestrator.core.text import Text, same
from orchestrator.engine.engine_interface import ContainerSpec, EngineInfo
from orchestrator.instances.instance_records import InstanceRecords
from orchestrator.instances.lifecycle import Instances
from orchestrator.instances.locks import Locks
from orchestrator.model.image import ImageSpec
from orchestrator.model.plan import Plan
from tests.bench import compose, phases, statements
from tests.bench.bench_labs import IMAGE, bench_plan
from tests.bench.footprints import Footprint
from tests.fakes.engine import FakeEngine
from tests.fakes.fabric import FakeFabric

if TYPE_CHECKING:
    from orchestrator.app import App

REFERENCE = "breakfix/host:0123456789ab"


@pytest.fixture
def reference() -> str:
    """Return the image of every container."""
    return REFERENCE


@pytest.fixture
def engine_info() -> Callable[[str, int], EngineInfo]:
    """Return a function of an engine's version and cgroup version."""
    return lambda version, cgroup: EngineInfo(version, cgroup, "overlay2", (), ("runc",), 2, 4 << 30)


@pytest.fixture
def images() -> dict[str, ImageSpec]:
    return {IMAGE: ImageSpec(contract=1, name="host", parent="base", summary=same("host"), capabilities=("NET_ADMIN",))}


@pytest.fixture
def plan(images: dict[str, ImageSpec]) -> Plan:
    return bench_plan(images)


class _Content:
    def __init__(self, images: dict[str, ImageSpec]) -> None:
        self._images = images

    def image(self, name: str) -> ImageSpec:
        return self._images[name]

    def labs(self) -> tuple[str, ...]:
        return ("eight",)


class _Labs:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    @property
    def plans(self) -> _Labs:
        return self

    def of_lab(self, name: str) -> Plan:
        assert name == "eight"
        return self._plan


class FabricInMemory(FakeFabric):
    """A fabric that answers like a host of ours that has booted."""

    def __init__(self) -> None:
        interfaces = {"command": "ip -4 *", "stdout": "1: eth0\n2: eth1\n3: eth2\n"}
        no_file, no_process = {"command": "look status *", "status": 1}, {"command": "processes", "stdout": "[]"}
        super().__init__([{"command": "*"}, interfaces, no_file, no_process])
        self.pinged = False

    def ping(self) -> None:
        self.pinged = True


class FakePeer:
    """Compose's side: containers on the same engine in memory."""

    made: list[FakePeer]

    def __init__(self, plan: Plan, images: object, references: object, engine: FakeEngine) -> None:  # noqa: ARG002
        self.name, self.needs = "breakfix-bench-0a", compose.privileges(engine.info())
        self._plan, self._engine = plan, engine
        self.log: list[str] = []
        self.trouble: BaseException | None = None
        self.made.append(self)

    def __enter__(self) -> FakePeer:
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    def up(self) -> None:
        self.log.append("up")
        if self.trouble is not None:
            raise self.trouble
        for host in self._plan.hosts:
            marks = {labels.KIND: compose.KIND, labels.INSTANCE: self.name, labels.HOST: host.name}
            self._engine.start(self._engine.create(ContainerSpec(f"{self.name}-{host.name}", REFERENCE, marks)))

    def down(self) -> None:
        self.log.append("down")
        for container in self._engine.containers({labels.KIND: compose.KIND}):
            self._engine.remove(container.id)

    def containers(self) -> dict[str, str]:
        return {c.labels[labels.HOST]: c.id for c in self._engine.containers({labels.KIND: compose.KIND})}

    def version(self) -> str:
        return "2.26.1-4"


class FakeSdk:
    """Docker's SDK: every command succeeds."""

    def __enter__(self) -> FakeSdk:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, container: str, argv: Sequence[str]) -> int:  # noqa: ARG002
        return 0


@dataclass
class Program:
    """The program as the benchmark uses it."""

    images: dict[str, ImageSpec]
    engine: FakeEngine
    fabric: FabricInMemory
    instances: Instances
    peers: list[FakePeer]
    peer: type[FakePeer] = FakePeer
    stock: list[list[str]] = field(default_factory=list)

    @property
    def content(self) -> _Content:
        return _Content(self.images)

    @property
    def labs(self) -> _Labs:
        return _Labs(bench_plan(self.images))

    @property
    def app(self) -> App:
        return cast("App", self)

    def build(self, names: Sequence[str]) -> dict[str, str]:
        return dict.fromkeys(names, REFERENCE)

    def grading(self, request: GradeRequest) -> Report:
        """Pass all checks."""
        one = CheckResult("ours.py::test", "objective", 1, None, Text(fr="Oui.", en="Yes."), "pass")
        return Report(request.facts.instance, None, 0, "d", "2026-01-01T00:00:00Z", 0.1, (one,) * statements.COUNT)


@pytest.fixture
def program(tmp_path: Path, images: dict[str, ImageSpec], tools: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Return the program with all that it would start replaced."""
    del tools
    engine, fabric = FakeEngine(), FabricInMemory()
    engine.add_image(REFERENCE)
    for kind in ("fabric", "pause"):
        engine.start(engine.create(ContainerSpec(f"breakfix-{kind}", REFERENCE, {labels.KIND: kind})))
    FakePeer.made = []
    instances = Instances(
        engine, lambda: fabric, InstanceRecords(tmp_path / "records"), Locks(tmp_path / "lock"), "alice"
    )
    made = Program(images, engine, fabric, instances, FakePeer.made)
    monkeypatch.setattr("tests.bench.benchmark.ComposeProject", FakePeer)
    monkeypatch.setattr(phases, "SdkExec", FakeSdk)
    monkeypatch.setattr(memory, "_SETTLE_PAUSE", 0.0)
    monkeypatch.setattr(boots, "figures_file", lambda: tmp_path / "lab-figures.json")
    monkeypatch.setattr(phases, "footprints", lambda ids: {i: Footprint(6_000_000, 4_000_000) for i in ids})
    monkeypatch.setattr(boots, "container_memory", lambda _id: 6_000_000)

    def run_command(argv: Sequence[str], **_: object) -> str:
        made.stock.append(list(argv))
        return ""

    monkeypatch.setattr(phases, "run_command", run_command)
    return made


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder, first in PATH, with a docker-compose and a docker that write down how they are called."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in ("docker-compose", "docker"):
        _script(folder / name, f'echo "{name} $*" >>"{folder}/calls"')
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


@pytest.fixture
def script(tools: Path) -> Callable[[str, str], None]:
    """Return a function that replaces a command by a shell script."""
    return lambda name, body: _script(tools / name, body)


def _script(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
