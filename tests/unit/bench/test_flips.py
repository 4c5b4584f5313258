"""Gradings that should agree: what is graded, what counts as a change, and that no lab and no load stays."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from grader.report import CheckResult, Report
from orchestrator.core.text import Text, same
from tests.bench import flips as module
from tests.bench.flips import run_gradings
from tests.labd_talk import SOON
from tests.unit.differences import EVERY

if TYPE_CHECKING:
    from orchestrator.app import App

pytestmark = pytest.mark.slow


def report(**outcomes: str) -> Report:
    results = tuple(
        CheckResult(
            id=name,
            role="guard",
            points=1,
            competence=None,
            sentence=same(name),
            outcome=cast("Any", outcome),
            evidence=None if outcome == "pass" else same(f"{name} is {outcome}"),
        )
        for name, outcome in outcomes.items()
    )
    return Report("i", "s", 1, "d", "2026-11-25T00:00:00Z", 0.1, results)


@dataclass
class Labs:
    """A service whose gradings say what they are told, those under load by instance; ``done`` notes what was asked.

    Where there is a barrier, the eleventh grading of each instance waits for those of the others.
    """

    says: Report
    loaded: dict[str, Report] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    all_at_once: threading.Barrier | None = None

    plans = running = lifecycle = grading = solutions = property(lambda self: self)
    """Each part is this one."""

    def plan(self, scenario: str, seed: int) -> Any:  # noqa: ANN401 - as much of a plan as is needed
        return SimpleNamespace(scenario=scenario, seed=seed, solutions=(SimpleNamespace(name="best", reference=True),))

    def start(self, plan: Any, _progress: object, *, broken: bool) -> Any:  # noqa: ANN401
        self.done.append(f"start {plan.scenario} {'broken' if broken else 'healthy'}")
        return SimpleNamespace(instance=f"{plan.scenario}-{sum(line.startswith('start') for line in self.done)}")

    def check(self, running: Any) -> Report:  # noqa: ANN401
        again = (line := f"check {running.instance}") in self.done
        self.done.append(line)
        if self.all_at_once and self.done.count(line) == 11:
            self.all_at_once.wait(SOON)
        return self.loaded.get(running.instance, self.says) if again else self.says

    def apply(self, _running: object, solution: Any, _on_step: Callable[[object], None]) -> None:  # noqa: ANN401
        self.done.append(f"apply {solution.name}")

    def discard(self, instance: str) -> None:
        self.done.append(f"stop {instance}")


@pytest.fixture(autouse=True)
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BUSY", 0)


def app_of(labs: Labs) -> App:
    return cast("App", SimpleNamespace(labs=labs))


def test_each_state_is_graded_its_share_of_times_and_each_lab_goes() -> None:
    labs = Labs(report(a="pass"))
    found = run_gradings(app_of(labs), gradings=8, scenarios=("x",))
    assert labs.done[:4] == ["start x healthy", "start x broken", "start x broken", "apply best"]
    assert sorted(labs.done[4:8]) == ["check x-1", "check x-1", "check x-2", "check x-3"], "each its share"
    assert all(line.startswith("check x-") for line in labs.done[8:12])
    assert labs.done[12:] == ["stop x-3", "stop x-2", "stop x-1"]
    assert (found.gradings, len(found.idle), len(found.loaded), found.changes) == (8, 4, 4, ())


def test_scenarios_are_graded_one_after_the_other_while_the_machine_is_idle() -> None:
    labs = Labs(report(a="pass"))
    run_gradings(app_of(labs), gradings=12, scenarios=("x", "y"))
    graded = [line for line in labs.done if line.startswith("check")]
    assert sorted(graded[:3]) == ["check x-1", "check x-2", "check x-3"]
    assert sorted(graded[3:6]) == ["check y-4", "check y-5", "check y-6"]


def test_another_colour_is_a_change_with_its_evidence() -> None:
    labs = Labs(report(a="pass", b="fail"), {"x-1": report(a="error", b="pass")}, all_at_once=threading.Barrier(3))
    found = run_gradings(app_of(labs), gradings=60, scenarios=("x",))
    assert {(c.place.scenario, c.place.state) for c in found.changes} == {("x", "healthy")}
    assert [(c.place.loaded, c.place.number) for c in found.changes[:2]] == [(False, 2)] * 2
    assert any(c.place.loaded for c in found.changes)
    told = [(c.check, c.before, c.after, c.evidence) for c in found.changes[:2]]
    assert told == [("a", "pass", "error", "a is error"), ("b", "fail", "pass", "b is fail")]
    shown = found.to_text("en")
    assert "60 gradings of unchanged hosts" in shown
    assert "x (healthy, idle machine, 2) a: pass → error" in shown
    assert "changement(s)" in found.to_text("fr")
    assert found.to_document()["changes"][0]["check"] == "a"


def test_a_difference_that_comes_or_goes_is_a_change() -> None:
    """Whatever is thought of it: what nobody changed differs the same way each time, where differences are told."""
    green = report(a="pass")
    labs = Labs(replace(green, differences=EVERY), {"x-1": replace(green, differences=EVERY[1:])})
    found = run_gradings(app_of(labs), gradings=12, scenarios=("x",))
    assert {(c.check, c.before, c.after) for c in found.changes} == {("network office rule", "explained", "absent")}
    labs = Labs(replace(green, differences=EVERY), {"x-1": report(a="fail")})
    found = run_gradings(app_of(labs), gradings=12, scenarios=("x",))
    assert {c.check for c in found.changes} == {"a"}, "of a red grading no difference is told"


def test_how_many_were_made_is_told_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    shown = SimpleNamespace(step=lambda _text: None, detail=lambda text: told.append(text.en))
    monkeypatch.setattr(module, "_TOLD_EVERY", 5)
    run_gradings(app_of(Labs(report(a="pass"))), gradings=12, scenarios=("x",), progress=shown)
    assert [line for line in told if "of 12" in line] == ["5 gradings of 12", "10 gradings of 12"]


def test_a_check_that_is_missing_is_a_change() -> None:
    labs = Labs(report(a="pass", b="pass"), {"x-2": report(a="pass")})
    found = run_gradings(app_of(labs), gradings=12, scenarios=("x",))
    assert (found.changes[0].check, found.changes[0].before, found.changes[0].after) == ("b", "pass", "missing")


def test_a_lab_goes_when_grading_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    labs = Labs(report(a="pass"))

    def fails(_running: object) -> Report:
        raise RuntimeError(Text(fr="non", en="no"))

    monkeypatch.setattr(labs, "check", fails)
    with pytest.raises(RuntimeError):
        run_gradings(app_of(labs), gradings=3, scenarios=("x",))
    assert labs.done[-3:] == ["stop x-3", "stop x-2", "stop x-1"]


def test_one_failure_under_load_ends_the_gradings_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    labs, events = Labs(report(a="pass")), [threading.Event()]
    real, idle = labs.check, 3 * 10

    def event() -> threading.Event:
        events.append(made())
        return events[-1]

    def fails(running: Any) -> Report:  # noqa: ANN401
        under_load = sum(line.startswith("check") for line in labs.done) >= idle
        said = real(running)
        if under_load and running.instance == "x-2":
            raise RuntimeError(Text(fr="non", en="no"))
        if under_load:
            assert events[-1].wait(20), "the failure of another ends nothing"
        return said

    made = threading.Event
    monkeypatch.setattr(module, "threading", SimpleNamespace(Event=event, Lock=threading.Lock))
    monkeypatch.setattr(labs, "check", fails)
    with pytest.raises(RuntimeError):
        run_gradings(app_of(labs), gradings=60, scenarios=("x",))
    assert sum(line.startswith("check") for line in labs.done) <= idle + 3, "each had one grading left at most"
    assert labs.done[-3:] == ["stop x-3", "stop x-2", "stop x-1"]


def test_load_ends_with_its_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BUSY", 1)
    started: list[Any] = []
    real = subprocess.Popen

    def noted(*args: Any, **more: Any) -> Any:  # noqa: ANN401
        started.append(real(*args, **more))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", noted)
    labs = Labs(report(a="pass"))
    run_gradings(app_of(labs), gradings=6, scenarios=("x",))
    assert started
    assert all(process.returncode is not None for process in started)
