"""No attack of a trainee, who is root in each host, makes a check green that was red.

A lab of a scenario is started once, and its attacks are played in it one after another; labs are played side by side,
because a red grading mostly waits. The tests only say what came of it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from _pytest.mark import ParameterSet

from grader.job import Selection
from grader.report import Report
from orchestrator.app import App
from orchestrator.core.progress import Silent
from orchestrator.fabric.fabric_interface import Completed, HostRef
from tests.tamper.attacks import ATTACKS, CORE, Attack

pytestmark = [pytest.mark.live, pytest.mark.slow]

SEED = 1
AT_ONCE = 1 + (os.cpu_count() or 1)


@dataclass(frozen=True)
class Played:
    """An attack that was played: the gradings before and during it, and how its script and its undoing ended."""

    before: Report
    during: Report | None
    typed: Completed
    undone: Completed


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    program = App()
    yield program
    program.close()


@pytest.fixture(scope="module")
def played(app: App, request: pytest.FixtureRequest) -> Mapping[str, Played | BaseException]:
    """Return what came of each attack that a test of this run asks for."""
    asked = {item.name for item in request.session.items}
    wanted = [a for a in ATTACKS if f"test_no_check_turns_green[{a.scenario}: {a.name}]" in asked]
    scenarios = dict.fromkeys(a.scenario for a in wanted)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = [pool.submit(play, app, s, [a for a in wanted if a.scenario == s]) for s in scenarios]
    return {name: came for job in jobs for name, came in job.result().items()}


def play(app: App, scenario: str, attacks: list[Attack]) -> dict[str, Played | BaseException]:
    """Play attacks on one lab."""
    came: dict[str, Played | BaseException] = {}
    try:
        running = app.labs.lifecycle.start(app.labs.plans.plan(scenario, SEED), Silent())
    except Exception as error:
        return {attack.name: error for attack in attacks}
    try:
        before = app.labs.grading.check(running)
        red = tuple(result.id for result in before.results if result.outcome != "pass")
        with app.fabric.another_connection() as fabric:
            for attack in attacks:
                target = HostRef(running.instance.name, attack.host.format(**running.plan.values))

                def typed(script: str, target: HostRef = target) -> Completed:
                    return fabric.run(target, ("/bin/bash", "-e", "-s"), stdin=script.encode(), timeout=90)

                begun = typed(attack.script)
                try:
                    seen = Selection(only=(*red, *attack.sees))
                    during = app.labs.grading.check(running, selection=seen) if begun.status == 0 else None
                finally:
                    undone = typed(attack.undo)
                came[attack.name] = Played(before, during, begun, undone)
    except Exception as error:
        came = {**{attack.name: error for attack in attacks}, **came}
    finally:
        app.labs.lifecycle.discard(running.instance)
    return came


def marked(attack: Attack) -> ParameterSet:
    """Return an attack as a parameter, marked where it is also played without ``--all``."""
    core = pytest.mark.core if attack.name in CORE.values() else ()
    return pytest.param(attack, id=f"{attack.scenario}: {attack.name}", marks=core)


@pytest.mark.parametrize("attack", [marked(attack) for attack in ATTACKS])
def test_no_check_turns_green(played: Mapping[str, Played | BaseException], attack: Attack) -> None:
    came = played[attack.name]
    if isinstance(came, BaseException):
        raise came
    assert any(r.outcome == "fail" and r.role == "symptom" for r in came.before.results), "nothing to gain"
    assert came.before.verdict == "not_repaired", "the grading must be valid before the attack"
    assert came.typed.status == 0, f"the attack itself failed: {came.typed.stderr.decode()}"
    assert came.during is not None
    red = {r.id for r in came.before.results if r.outcome != "pass"}
    assert not red & set(attack.sees), "it is asked without being named"
    outcomes = {r.id: r.outcome for r in came.during.results}
    assert red <= outcomes.keys(), f"not graded: {sorted(red - outcomes.keys())}"
    gained = [name for name in red if outcomes[name] == "pass"]
    assert not gained, f"gained: {gained}"
    reasons = [r.evidence.en for r in came.during.results if r.outcome != "pass" and r.evidence is not None]
    if attack.reason:
        assert any(re.search(attack.reason, reason) for reason in reasons), f"nothing says why: {reasons}"
    assert came.undone.status == 0, came.undone.stderr.decode()


@pytest.mark.core
def test_each_attack_is_stated_once() -> None:
    assert len({a.name for a in ATTACKS}) == len(ATTACKS)
