"""The command line with fakes behind it: no Docker, no content folders, one lab with two segments."""

# ruff: noqa: ARG002 (the fakes have the real parts' parameters)

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from grader.report import CheckResult, Report
from orchestrator.access.cabling import replace_cable
from orchestrator.cli import language_choice, run
from orchestrator.cli.command_words import own
from orchestrator.cli.invocation import Invocation
from orchestrator.core.errors import BreakfixError, UsageError
from orchestrator.core.language import Language
from orchestrator.core.paths import state_folder
from orchestrator.core.progress import Progress
from orchestrator.core.text import Text
from orchestrator.deliverables.deliverables_store import DeliverablesStore
from orchestrator.deliverables.hand_in import HandIn
from orchestrator.fabric.fabric_interface import HostRef, PortState
from orchestrator.instances.instance import HostState, Instance
from orchestrator.instances.locks import BusyError, Holder
from orchestrator.labs import LabState, Running, StepRun
from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root
from orchestrator.model.image import Device, ImageSpec, MachineKind
from orchestrator.model.lab import Lab
from orchestrator.model.plan import Plan, PlannedHost, PlannedInterface, PlannedSegment, PlannedSolution
from orchestrator.model.scenario import Scenario, ScriptStep, Step
from orchestrator.mutation.mutant_store import MutantStore
from orchestrator.proof.ledger import Ledger
from orchestrator.proof.proof_status import Proofs
from orchestrator.proof.proof_store import ProofStore
from orchestrator.proof.trust import Trust
from tests.fakes.engine import FakeEngine
from tests.fakes.fabric import FakeFabric
from tests.unit.differences import EVERY, HARMLESS, UNEXPLAINED
from tests.unit.reading import ReadOnce

LAB = "cable-out-1a2b"


def text(word: str) -> Text:
    return Text(fr=f"{word} (fr)", en=f"{word} (en)")


def host(name: str, *interfaces: tuple[str, str, str | None]) -> PlannedHost:
    cables = tuple(
        PlannedInterface(n, s, "02:00:00:00:00:01", None if a == "dhcp" else a, a == "dhcp") for n, s, a in interfaces
    )
    kind: MachineKind = "router" if len(interfaces) > 1 else "workstation"
    image = "router" if kind == "router" else "host"
    return PlannedHost(name, f"{name}.lab.internal", text(name), image, kind, cables, None, 512, 256, 1 << 30, ())


SOLUTION = PlannedSolution(
    "reference",
    text("plug it in"),
    True,
    (Step(tell=text("I bring it up"), shell=ScriptStep(host="pc1", script="ip link set eth0 up\n")),),
)

PLAN = Plan(
    scenario="cable-out",
    lab="pair",
    domain="lab.internal",
    seed=3,
    digest="d1",
    title=text("Cable out"),
    values={},
    hosts=(
        host("pc1", ("eth0", "office", "dhcp")),
        host("r1", ("eth0", "office", "192.168.10.1/24"), ("eth1", "servers", "192.168.20.1/24")),
        host("web1", ("eth0", "servers", "192.168.20.10/24")),
    ),
    segments=(
        PlannedSegment("office", text("Office"), "192.168.10.0/24"),
        PlannedSegment("servers", text("Servers"), "192.168.20.0/24"),
    ),
    ready=(),
    ticket=text("Nothing works"),
    hints=(text("look"), text("closer")),
    debrief=text("It was the cable"),
    faults=(),
    solutions=(SOLUTION,),
    shortcuts=(),
    checks=(),
    health=(),
)

PORTS = tuple(PortState(h.name, i.name, i.segment, True) for h in PLAN.hosts for i in h.interfaces)


def result(name: str, outcome: str, role: str = "symptom") -> CheckResult:
    evidence = None if outcome == "pass" else text(f"evidence of {name}")
    return CheckResult(f"test_x.py::{name}", role, 2, "1.3", text(name), outcome, evidence)  # type: ignore[arg-type]


def report(*results: CheckResult) -> Report:
    return Report(LAB, "cable-out", 3, "d1", "2026-01-01T00:00:00Z", 0.1, results)


RED = report(result("address", "fail"), result("page", "fail"), result("neighbour", "pass", "guard"))
GREEN = report(result("address", "pass"), result("page", "pass"), result("neighbour", "pass", "guard"))
CHANGED = replace(GREEN, differences=(UNEXPLAINED, HARMLESS))
FORBIDDING = replace(GREEN, differences=EVERY)
BROKEN = report(result("address", "error"), result("neighbour", "pass", "guard"))


def instance(name: str = LAB, **changes: object) -> Instance:
    hosts = tuple(HostState(h.name, f"id-{h.name}", "running") for h in PLAN.hosts)
    return replace(Instance(name, "cable-out", "pair", 3, "alice", "d1", 3, hosts), **changes)  # type: ignore[arg-type]


@dataclass
class FakeInstances:
    """Running labs as a list."""

    running: list[Instance] = field(default_factory=lambda: [instance()])
    fabric_removed: bool = False
    busy: set[str] = field(default_factory=set)
    without_boot: dict[str, Text] = field(default_factory=dict)
    pooled: frozenset[str] = frozenset()
    """Those that are nobody's yet."""

    def all(self) -> tuple[Instance, ...]:
        return tuple(self.running)

    def find(self, name: str | None) -> Instance:
        for one in self.running:
            if name in {None, one.name}:
                return one
        raise UsageError(text("no such lab"), text("start one"))

    def exclusive(self, name: str) -> AbstractContextManager[None]:
        if name in self.busy:
            raise BusyError(name, Holder(4321, "breakfix reset", "bob"))
        return nullcontext()

    def switch(self, name: str, state: str) -> None:
        one = self.find(name)
        hosts = tuple(replace(host, state=state) for host in one.hosts)
        self.running = [replace(one, hosts=hosts) if known is one else known for known in self.running]

    def remove(self, name: str) -> None:
        self.running = [one for one in self.running if one.name != name]

    def remove_all(self, spare: Callable[[Instance], bool]) -> tuple[str, ...]:
        names = tuple(one.name for one in self.running if not spare(one))
        self.running = [one for one in self.running if spare(one)]
        self.fabric_removed = not self.running
        return names


@cache
def shipped(name: str) -> Scenario:
    """Return a scenario of ours; to read it with its lab takes longer than most tests, and no test edits it."""
    return Content([built_in_root()]).scenario(name)


@dataclass
class FakeLabs:
    """The service, with scripted reports; ``calls`` records what was asked."""

    instances: FakeInstances
    hosts: FakeFabric = field(default_factory=lambda: FakeFabric(ports=PORTS))
    reports: list[Report] = field(default_factory=lambda: [RED, GREEN])
    calls: list[str] = field(default_factory=list)
    is_stale: bool = False
    is_phase: LabState = "started"
    trouble: BaseException | None = None
    variant: Plan = PLAN

    plans = running = lifecycle = grading = solutions = conversations = property(lambda self: self)
    """Each part is this one."""

    @property
    def store(self) -> DeliverablesStore:
        return DeliverablesStore(state_folder() / "deliverables")

    def hand_in(self, running: Running) -> HandIn:
        return HandIn(self.store, running.instance.name, running.plan)

    def kept(self, one: Instance) -> tuple[Path, ...]:
        return self.store.kept(one.name)

    def _running(self, one: Instance) -> Running:
        device = Device(type="cisco_ios", user="admin", password="secret")
        summary = text("image")
        images = {
            "host": ImageSpec(contract=1, name="host", summary=summary),
            "router": ImageSpec(contract=1, name="router", summary=summary, device=device),
        }
        return Running(one, self.variant, images)

    def planned(self, name: str | None) -> Running:
        return self._running(self.instances.find(name))

    def plan(self, _scenario: str, seed: int) -> Plan:
        return replace(PLAN, seed=seed)

    preview = plan

    def of_lab(self, lab: str) -> Plan:
        return replace(PLAN, lab=lab)

    def scenario(self, name: str) -> Scenario:
        return shipped(name)

    def all(self) -> tuple[Instance, ...]:
        return self.instances.all()

    def find(self, name: str | None) -> Instance:
        return self.instances.find(name)

    def unready(self, _one: Instance) -> dict[str, Text]:
        return self.instances.without_boot

    def pooled(self) -> frozenset[str]:
        return self.instances.pooled

    def fabric(self) -> FakeFabric:
        return self.hosts

    def engine(self) -> FakeEngine:
        return FakeEngine()

    def cables(self, one: Instance) -> tuple[PortState, ...]:
        return self.hosts.ports(one.name)

    def move_cable(self, target: HostRef, interface: str, *, plugged: bool, segment: str | None = None) -> None:
        with self.instances.exclusive(target.instance):
            self.hosts.set_port(target, interface, plugged=plugged, segment=segment)

    def replace_cable(self, target: HostRef, interface: str) -> None:
        with self.instances.exclusive(target.instance):
            replace_cable(self.hosts, target, interface)

    def start(self, plan: Plan, progress: Progress, *, broken: bool = True, name: str | None = None) -> Running:
        self.calls.append("start")
        progress.step(text("starting"))
        if self.trouble:
            raise self.trouble
        self.instances.running.append(instance(name or "cable-out-9f9f"))
        return self._running(self.instances.running[-1])

    def reset(self, running: Running, progress: Progress) -> Running:
        self.calls.append("reset")
        self.instances.remove(running.instance.name)
        return self.start(running.plan, progress, name=running.instance.name)

    def save(self, one: Instance) -> None:
        self.calls.append("save")
        if self.trouble:
            raise self.trouble
        self.is_phase = "saved"
        self.instances.switch(one.name, "exited")

    def resume(self, running: Running, progress: Progress) -> Running:
        self.calls.append("resume")
        progress.step(text("booting"))
        self.is_phase = "started"
        self.instances.switch(running.instance.name, "running")
        return self.planned(running.instance.name)

    def stop(self, name: str) -> None:
        self.instances.remove(name)

    def stop_all(self, spare: Callable[[Instance], bool]) -> tuple[str, ...]:
        return self.instances.remove_all(spare)

    def discard(self, one: Instance) -> None:
        self.calls.append("discard")
        self.instances.remove(one.name)

    def check(
        self,
        running: Running,
        *,
        on_result: Callable[[CheckResult], None] | None = None,
        on_running: Callable[[tuple[Text, ...]], None] | None = None,
    ) -> Report:
        self.calls.append("check")
        if self.trouble:
            raise self.trouble
        graded = self.reports.pop(0)
        for one in graded.results:
            if on_result:
                on_result(one)
        return graded

    def apply(
        self, running: Running, solution: PlannedSolution, on_step: Callable[[Step], None]
    ) -> tuple[StepRun, ...]:
        self.calls.append("apply")
        for step in solution.steps:
            on_step(step)
        return ()

    def hint(self, running: Running) -> tuple[int, int, Text]:
        return 1, len(running.plan.hints), running.plan.hints[0]

    def exclusive(self, running: Running) -> AbstractContextManager[None]:
        return self.instances.exclusive(running.instance.name)

    def lab_of(self, one: Instance) -> Lab:
        return BUILT_IN.lab({"pair": "small-office"}[one.lab])

    def thaw(self, name: str) -> None:
        self.calls.append(f"thaw {name}")

    def stale(self, running: Running) -> bool:
        return self.is_stale

    def state_of(self, one: Instance) -> LabState:
        return self.is_phase


class FakePractice:
    """Remembers what it was to record; may have trouble with it."""

    def __init__(self) -> None:
        self.recorded: list[tuple[str, ...]] = []
        self.trouble: BreakfixError | None = None

    def _record(self, what: str, *about: str) -> BreakfixError | None:
        self.recorded.append((what, *about))
        return self.trouble

    def started(self, running: Running) -> BreakfixError | None:
        return self._record("started", running.instance.name)

    def reset(self, old: Running, new: Running) -> BreakfixError | None:
        return self._record("reset", old.instance.name, new.instance.name)

    def checked(self, running: Running, report: Report) -> BreakfixError | None:
        return self._record("checked", running.instance.name, report.verdict)

    def hinted(self, running: Running, number: int) -> BreakfixError | None:
        return self._record("hinted", running.instance.name, str(number))

    def handed_in(self, running: Running, kind: str) -> BreakfixError | None:
        return self._record("handed_in", running.instance.name, kind)

    def stopped(self, *instances: Instance) -> BreakfixError | None:
        return self._record("stopped", *(one.name for one in instances))


@dataclass(frozen=True)
class Shelves:
    """Where records are kept in tests: not beside the scenarios of the repository."""

    folder: Path

    def scenario_folder(self, name: str) -> Path:
        (self.folder / name).mkdir(parents=True, exist_ok=True)
        return self.folder / name


BUILT_IN = ReadOnce([built_in_root()])
"""The content that comes with the program."""


class FakeApp:
    """The parts that commands use."""

    def __init__(self, data: Path) -> None:
        self.content: Content = BUILT_IN
        self.instances = FakeInstances()
        self.labs = FakeLabs(self.instances)
        self.fabric = self.labs.hosts
        self.practice = FakePractice()
        self.database: object = None
        self.launcher: object = None
        self.standings: object = None
        self.trust = Trust((data.parent / "allowed_signers",))
        self.ledger = Ledger(Shelves(data.parent / "records"), self.trust)  # type: ignore[arg-type]
        self.proofs = Proofs(self.content, lambda _image: "f1", ProofStore(data), self.ledger)
        self.mutants = MutantStore(data.parent / "mutants")
        self.engine = FakeEngine()
        self.cluster: object = None
        self.registry: object = None
        self.journal_log: object = None
        self.build_observer: object = None
        self.closed = False

    def content_with(self, folders: Sequence[Path]) -> Content:
        return Content((*self.content.roots, *folders))

    def close(self) -> None:
        self.closed = True


@dataclass
class Cli:
    """Runs command lines in one language against one fake app."""

    app: FakeApp
    monkeypatch: pytest.MonkeyPatch
    width: int = 100

    def __call__(self, *words: str, lang: Language = "en", stdin: str = "") -> Result:
        speak(lang, self.monkeypatch)
        invocation = Invocation(json=language_choice.flag("--json", own(words)), make=lambda *_: self.app)  # type: ignore[arg-type]

        @click.command(context_settings={"ignore_unknown_options": True})
        def program() -> None:
            sys.exit(run(list(words), invocation))

        return CliRunner().invoke(program, [], input=stdin, env={"COLUMNS": str(self.width), "NO_COLOR": "1"})


def speak(lang: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    """Choose a language, as the program does from its words."""
    monkeypatch.setattr(language_choice, "_chosen", lang)


@pytest.fixture
def app(tmp_path: Path) -> FakeApp:
    return FakeApp(tmp_path / "proofs")


@pytest.fixture
def cli(app: FakeApp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Cli]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    yield Cli(app, monkeypatch)
    language_choice.choose([], {})


def lines(output: str) -> Sequence[str]:
    return [line.rstrip() for line in output.splitlines()]
