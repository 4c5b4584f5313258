"""No attack of a trainee, who is root in each host, makes a check green that was red."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from grader.report import Report
from orchestrator.app import App
from orchestrator.fabric.base import HostRef
from orchestrator.progress import Silent
from orchestrator.service import Running
from tests.tamper.attacks import ATTACKS, Attack

pytestmark = [pytest.mark.live, pytest.mark.slow]

SEED = 1


@dataclass(frozen=True)
class Broken:
    """A broken instance and how its checks were before any attack."""

    running: Running
    before: Report


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    program = App()
    yield program
    program.close()


@pytest.fixture(scope="module")
def broken(app: App, request: pytest.FixtureRequest) -> Iterator[Broken]:
    running = app.labs.start(app.labs.plan(request.param, SEED), Silent())
    try:
        yield Broken(running, app.labs.check(running))
    finally:
        app.labs.stop(running.instance)


def by_scenario() -> list[object]:
    return [pytest.param(attack.scenario, attack, id=f"{attack.scenario}: {attack.name}") for attack in ATTACKS]


@pytest.mark.parametrize(("broken", "attack"), by_scenario(), indirect=["broken"], scope="module")
def test_no_check_turns_green(app: App, broken: Broken, attack: Attack) -> None:
    running, red = broken.running, {r.id for r in broken.before.results if r.outcome != "pass"}
    assert any(r.outcome == "fail" and r.role == "symptom" for r in broken.before.results), "nothing to gain"
    assert broken.before.verdict == "not_repaired", "the grading must be valid before the attack"
    target = HostRef(running.instance.name, attack.host.format(**running.plan.values))
    typed = app.fabric.run(target, ("/bin/bash", "-s"), stdin=attack.script.encode(), timeout=60)
    try:
        assert typed.status == 0, f"the attack itself failed: {typed.stderr.decode()}"
        report = app.labs.check(running)
    finally:
        undone = app.fabric.run(target, ("/bin/bash", "-s"), stdin=attack.undo.encode(), timeout=60)
    assert undone.status == 0, undone.stderr.decode()
    gained = [r.id for r in report.results if r.id in red and r.outcome == "pass"]
    assert not gained, f"gained: {gained}"
    assert report.verdict != "repaired"
    reasons = [r.evidence.en for r in report.results if r.outcome == "error" and r.evidence is not None]
    if attack.reason:
        assert any(re.search(attack.reason, reason) for reason in reasons), f"no error says why: {reasons}"


def test_each_attack_is_stated_once() -> None:
    assert len({(a.scenario, a.name) for a in ATTACKS}) == len(ATTACKS)
