"""A whole benchmark in memory: by turns, complete, and nothing left."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import pytest

from grader.job import GradeRequest
from grader.report import Outcome, Report
from orchestrator.core import labels
from orchestrator.core.errors import LabError, MachineError, UsageError
from orchestrator.core.progress import Silent
from orchestrator.core.text import Text
from orchestrator.engine.engine_interface import ContainerSpec
from tests.bench import benchmark, compose, statements
from tests.fakes.engine import FakeEngine

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.bench.conftest import FakePeer, Program

pytestmark = pytest.mark.slow


def leftovers(engine: FakeEngine) -> list[str]:
    return [c.name for c in engine.containers({labels.KIND: None}) if c.labels[labels.KIND] not in {"fabric", "pause"}]


class Told(Silent):
    def __init__(self) -> None:
        self.steps: list[str] = []

    def step(self, text: Text) -> None:
        self.steps.append(text.en)


def test_a_whole_run(program: Program) -> None:
    told = Told()
    report = benchmark.run(program.app, runs=2, grading=program.grading, progress=told)
    assert [c.name for c in report.comparisons] == [
        "ready",
        "stop",
        "checks",
        "exec-true",
        "exec-is-active",
        "memory",
        "restart",
    ]
    samples = {c.name: (len(c.ours.samples), [len(p.samples) for p in c.peers]) for c in report.comparisons}
    assert samples == {
        "ready": (2, [2]),
        "stop": (2, [2]),
        "checks": (2, [2, 2]),
        "exec-true": (20, [20, 20, 20]),
        "exec-is-active": (20, [20, 20, 20]),
        "memory": (8, [8]),
        "restart": (2, [2]),
    }
    targets = {c.name: c.target for c in report.comparisons if c.target}
    assert {n: t.ratio or t.limit for n, t in targets.items()} == {
        "ready": 1 / 2,
        "stop": 1 / 2,
        "checks": 1 / 15,
        "memory": 14.0,
    }
    assert program.fabric.pinged, "the helper runs before the clock does"
    assert (report.machine.compose, report.machine.docker) == ("2.26.1-4", program.engine.info().version)
    assert told.steps[0] == "Starts and stops, by turns"
    assert leftovers(program.engine) == []


def test_memory_counts_the_share_of_the_fabric(program: Program) -> None:
    report = benchmark.run(program.app, runs=1, grading=program.grading)
    memory = next(c for c in report.comparisons if c.name == "memory")
    assert memory.parts == {"cgroup": 6.0, "shim": 4.0, "fabric": 2 * 10.0 / 8}
    assert memory.ours.median == 12.5
    assert memory.peers[0].median == 10.0
    assert memory.met


def test_both_sides_take_turns(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    log: list[str] = []

    def noted(owner: object, name: str) -> None:
        real = getattr(owner, name)

        def call(*args: object, **named: object) -> object:
            log.append(name)
            return real(*args, **named)

        monkeypatch.setattr(owner, name, call)

    for owner, names in ((program.instances, ("start", "remove")), (program.peer, ("up", "down"))):
        for name in names:
            noted(owner, name)
    benchmark.run(program.app, runs=2, grading=program.grading)
    assert log[:8] == ["start", "remove", "up", "down"] * 2


def test_the_stock_backend_gets_the_same_hosts(program: Program) -> None:
    graded: list[GradeRequest] = []

    def grading(request: GradeRequest) -> Report:
        graded.append(request)
        return program.grading(request)

    benchmark.run(program.app, runs=1, grading=grading)
    request = graded[0]
    assert [f.name for f in request.files] == ["ours.py"]
    (stock,) = [words for words in program.stock if "pytest" in words]
    hosts = next(word for word in stock if word.startswith("--hosts="))
    assert hosts.count("docker://") == len(statements.HOSTS)
    assert stock[-1].endswith("stock.py")


@pytest.mark.parametrize("outcome", get_args(Outcome)[1:])
def test_checks_that_do_not_pass_are_no_measurement(program: Program, outcome: Outcome) -> None:
    def grading(request: GradeRequest) -> Report:
        report = program.grading(request)
        wrong = replace(report.results[0], outcome=outcome)
        return replace(report, results=(wrong, *report.results[1:]))

    with pytest.raises(LabError, match="don't pass") as caught:
        benchmark.run(program.app, runs=1, grading=grading)
    assert outcome in caught.value.evidence
    assert leftovers(program.engine) == []


def test_a_host_that_comes_back_without_its_cables_is_no_measurement(program: Program) -> None:
    program.fabric.on("ip -4 *", stdout="1: eth0\n")
    with pytest.raises(LabError, match="without its network"):
        benchmark.run(program.app, runs=1, grading=program.grading)
    assert leftovers(program.engine) == []


@pytest.mark.parametrize("times", [1, 2, 3])
def test_an_interruption_leaves_nothing(program: Program, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """In the starts by turns, and while both labs run."""
    up, count = program.peer.up, []

    def interrupted(self: FakePeer) -> None:
        count.append(1)
        up(self)
        if len(count) == times:
            raise KeyboardInterrupt

    monkeypatch.setattr(program.peer, "up", interrupted)
    with pytest.raises(KeyboardInterrupt):
        benchmark.run(program.app, runs=1, grading=program.grading)
    assert leftovers(program.engine) == []


def test_too_few_runs_are_refused_before_anything_starts(program: Program) -> None:
    with pytest.raises(UsageError):
        benchmark.run(program.app, runs=0)
    assert program.peers == []


def test_what_a_killed_run_left_is_gone_before_anything_starts(
    program: Program, reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = {labels.KIND: compose.KIND, labels.INSTANCE: "breakfix-bench-killed"}
    program.engine.start(program.engine.create(ContainerSpec("killed-ws1", reference, marks)))
    seen: list[list[str]] = []
    start = program.instances.start

    def started(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        seen.append(leftovers(program.engine))
        return start(*arguments, **named)

    monkeypatch.setattr(program.instances, "start", started)
    benchmark.run(program.app, runs=1, grading=program.grading)
    assert seen[0] == []


def test_the_peer_must_be_installed(program: Program, tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tools / "docker-compose").unlink()
    (tools / "docker").write_text("#!/bin/sh\nexit 1\n")
    monkeypatch.setenv("PATH", str(tools))
    with pytest.raises(MachineError, match="docker-compose"):
        benchmark.run(program.app)
    assert program.peers == []
