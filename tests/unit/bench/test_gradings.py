"""How long verdicts take: broken, then repaired; what is of another colour shows, and no lab stays."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from grader.report import CheckResult, Outcome, Report
from orchestrator.bench.gradings import measure_gradings
from orchestrator.core.errors import LabError, UsageError
from orchestrator.core.progress import Silent
from orchestrator.core.text import same
from orchestrator.engine.container_processor import container_processor_time

if TYPE_CHECKING:
    from orchestrator.app import App

NAMES = ("cable-out", "dns-down")


def report(outcome: Outcome) -> Report:
    results = [
        CheckResult(name, "symptom", 1, None, same(name), outcome, seconds=seconds)
        for name, seconds in (("t.py::quick", 0.2), ("t.py::slow", 2.5))
    ]
    return Report("i", "s", 1, "d", "2026-11-25T00:00:00Z", 2.6, tuple(results))


@dataclass
class Labs:
    """Labs that are green once the reference is applied, unless ``stubborn``; ``done`` notes what was asked."""

    stubborn: str = ""
    fails: bool = False
    green: set[str] = field(default_factory=set)
    done: list[str] = field(default_factory=list)
    asked: Iterator[int] = field(default_factory=itertools.count)

    plans = running = lifecycle = grading = solutions = property(lambda self: self)
    """Each part is this one."""

    def plan(self, scenario: str, seed: int) -> Any:  # noqa: ANN401 - as much of a plan as is needed
        assert seed == 1
        solutions = [SimpleNamespace(name=name, reference=name == "best") for name in ("other", "best")]
        return SimpleNamespace(scenario=scenario, solutions=solutions)

    def prepare(self, plans: Sequence[Any]) -> None:
        self.done.append(f"prepare {len(plans)}")

    def start(self, plan: Any, _progress: object) -> Any:  # noqa: ANN401
        return SimpleNamespace(instance=plan.scenario, plan=plan)

    def check(self, running: Any) -> Report:  # noqa: ANN401
        self.done.append(f"check {running.instance}")
        return report("pass" if running.instance in self.green else "fail")

    def apply(self, running: Any, solution: Any, _on_step: Callable[[object], None]) -> Any:  # noqa: ANN401
        self.done.append(f"apply {solution.name}")
        self.green |= {running.instance} - {self.stubborn}
        return [SimpleNamespace(status=int(self.fails), output="no such file")]

    def discard(self, instance: str) -> None:
        self.done.append(f"stop {instance}")

    def processor_time(self) -> float:
        """Each grading takes three quarters of a second."""
        return 0.75 * next(self.asked)


def app_of(labs: Labs) -> App:
    content = SimpleNamespace(scenarios=lambda: dict.fromkeys(NAMES))
    return cast("App", SimpleNamespace(labs=labs, content=content))


def test_each_scenario_is_graded_broken_and_repaired(tmp_path: Path) -> None:
    labs = Labs()
    found = measure_gradings(app_of(labs), (), runs=2, output=tmp_path / "b.json", progress=Silent())
    one = ["check {0}", "check {0}", "apply best", "check {0}", "check {0}", "stop {0}"]
    assert labs.done == ["prepare 2", *(line.format(name) for name in NAMES for line in one)]
    assert [row.scenario for row in found.rows] == list(NAMES)
    assert found.mistaken == ()
    document = json.loads((tmp_path / "b.json").read_text())
    assert document == json.loads(json.dumps(found.to_document()))
    assert document["scenarios"][0]["broken"]["slowest"] == {"check": "t.py::slow", "seconds": 2.5}
    assert document["scenarios"][1]["repaired"]["processor"] == 0.75
    for language, words in (("en", ("0.75 s", "median")), ("fr", ("0,75 s", "médiane"))):
        text = found.to_text(language)  # type: ignore[arg-type]  # one of the two
        assert all(word in text for word in (*words, "t.py::slow", *NAMES))


def test_a_verdict_of_another_colour_is_told() -> None:
    found = measure_gradings(app_of(Labs(stubborn="dns-down")), NAMES, runs=1, progress=Silent())
    assert found.mistaken == ("dns-down",)
    assert "Of another colour: dns-down" in found.to_text("en")


def test_a_repair_that_fails_ends_it_and_nothing_stays() -> None:
    labs = Labs(fails=True)
    with pytest.raises(LabError, match="cable-out: no such file"):
        measure_gradings(app_of(labs), NAMES[:1], runs=1, progress=Silent())
    assert labs.done[-1] == "stop cable-out"


def test_nothing_starts_for_a_report_that_cannot_be_written(tmp_path: Path) -> None:
    labs = Labs()
    with pytest.raises(UsageError, match="no such folder"):
        measure_gradings(app_of(labs), (), runs=1, output=tmp_path / "none" / "b.json", progress=Silent())
    assert labs.done == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("cpuacct/docker/abc/cpuacct.usage", "1500000000\n"),
        ("cpu,cpuacct/docker/abc/cpuacct.usage", "1500000000\n"),
        ("docker/abc/cpu.stat", "usage_usec 1500000\nuser_usec 1\n"),
        ("system.slice/docker-abc.scope/cpu.stat", "usage_usec 1500000\n"),
    ],
)
def test_processor_time_is_the_control_group_s(tmp_path: Path, path: str, text: str) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(text)
    assert container_processor_time("abc", cgroups=tmp_path) == 1.5


def test_a_container_without_a_control_group_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="abc: no processor cgroup"):
        container_processor_time("abc", cgroups=tmp_path)
