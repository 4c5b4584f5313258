"""What comparisons cost: what is measured of which lab, and that no lab stays."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.bench import shares as module
from tests.bench.shares import run_shares

if TYPE_CHECKING:
    from orchestrator.app import App

pytestmark = pytest.mark.slow


class Labs:
    """Labs of two hosts; a comparison costs 0.25 s here and 0.1 s in each host, a grading 2 s."""

    def __init__(self) -> None:
        self.used = 0.0
        self.in_hosts = 0.0
        self.done: list[str] = []

    plans = running = lifecycle = grading = solutions = property(lambda self: self)
    """Each part is this one."""

    def plan(self, scenario: str, seed: int) -> Any:  # noqa: ANN401 - as much of a plan as is needed
        hosts = (SimpleNamespace(name="pc1"), SimpleNamespace(name="r1"))
        return SimpleNamespace(scenario=scenario, seed=seed, hosts=hosts)

    def start(self, plan: Any, _progress: object, *, broken: bool) -> Any:  # noqa: ANN401
        self.done.append(f"start {plan.scenario} {'broken' if broken else 'healthy'}")
        hosts = (SimpleNamespace(container="c1"), SimpleNamespace(container="c2"))
        return SimpleNamespace(plan=plan, instance=SimpleNamespace(name=plan.scenario, hosts=hosts))

    def check(self, _running: object) -> str:
        self.used += 2.0
        return "report"

    def fabric(self) -> str:
        return "fabric"

    def explained(self, _plan: object) -> tuple[()]:
        return ()

    def processor_time(self) -> float:
        return self.used

    def discard(self, instance: Any) -> None:  # noqa: ANN401
        self.done.append(f"stop {instance.name}")


def test_one_scenario_of_each_lab_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    labs = Labs()

    def compared(*_given: object, differences: str) -> None:
        assert differences == "always"
        labs.used += 0.25
        labs.in_hosts += 0.1

    monkeypatch.setattr(module, "compared", compared)
    monkeypatch.setattr(module, "container_processor_time", lambda _container: labs.in_hosts)
    monkeypatch.setattr(time, "process_time", lambda: 0.0)
    lab_of = {"a": "mail", "b": "mail", "c": "shop"}
    content = SimpleNamespace(
        scenarios=lambda: tuple(lab_of), scenario_document=lambda name: SimpleNamespace(lab=lab_of[name])
    )
    found = run_shares(cast("App", SimpleNamespace(labs=labs, content=content)), runs=3)
    assert labs.done == ["start a healthy", "stop a", "start c healthy", "stop c"]
    assert [(row.scenario, row.hosts, row.look, row.inside, row.grading) for row in found.rows] == [
        ("a", 2, 0.25, 0.2, 2.0),
        ("c", 2, 0.25, 0.2, 2.0),
    ]
    assert "12%" in found.to_text("en")
    assert "Secondes de processeur" in found.to_text("fr")
    assert found.to_document()["shares"][0]["scenario"] == "a"
