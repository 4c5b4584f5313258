"""Every scenario and lab on real hosts: what is found in the content's folders is proven, there is no list."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from grader.answers import is_answer
from grader.render import render_text
from grader.report import Report
from orchestrator.app import App
from orchestrator.instances import wait_for_conditions
from orchestrator.loader.content import Content, built_in_root
from orchestrator.model.plan import Plan
from orchestrator.model.scenario import FaultChoice
from orchestrator.progress import Silent
from orchestrator.proof import Stage, prove
from orchestrator.service import Running
from orchestrator.variant import draw_variant

pytestmark = [pytest.mark.live, pytest.mark.slow]

CONTENT = Content([built_in_root()])
MOST_SEEDS = 500


def covering_seeds(scenario: str) -> list[tuple[int, str]]:
    """Return the first seeds that together draw every case of every ``one_of``, each with what it draws."""
    loaded = CONTENT.scenario(scenario)
    draws = [entry for entry in loaded.document.faults if isinstance(entry, FaultChoice)]
    wanted = {(entry.as_, case) for entry in draws for case in entry.one_of}
    found: list[tuple[int, str]] = []
    for seed in range(MOST_SEEDS):
        values = draw_variant(loaded, seed).values
        drawn = {(entry.as_, str(values[entry.as_])) for entry in draws}
        if drawn & wanted or not found:
            found.append((seed, "-".join(case for _, case in sorted(drawn)) or "only"))
            wanted -= drawn
        if not wanted:
            return found
    pytest.fail(f"{scenario}: no seed below {MOST_SEEDS} draws {sorted(wanted)}")


SEEDS = {name: covering_seeds(name) for name in CONTENT.scenarios()}
FIRST = [pytest.param(name, seeds[0][0], id=f"{name}-{seeds[0][0]}") for name, seeds in SEEDS.items()]
CASES = [pytest.param(name, seed, id=f"{name}-{case}-{seed}") for name, seeds in SEEDS.items() for seed, case in seeds]


@contextmanager
def started(app: App, plan: Plan) -> Iterator[Running]:
    running = app.labs.start(plan, Silent())
    try:
        yield running
    finally:
        app.labs.stop(running.instance)


def said(report: Report) -> str:
    return render_text(report, "en", commands=True)


def assert_green(report: Report) -> None:
    assert report.results, "nothing was graded"
    assert all(result.outcome == "pass" for result in report.results), said(report)


def assert_broken(report: Report) -> None:
    """Every symptom and objective is red, every guard green."""
    for result in report.results:
        assert result.outcome == ("pass" if result.role == "guard" else "fail"), said(report)


@pytest.mark.parametrize("lab", [name for name in CONTENT.labs() if CONTENT.lab(name).checks])
def test_lab_is_healthy(app: App, lab: str) -> None:
    plan = app.labs.plan_of_lab(lab)
    with started(app, plan) as running:
        assert_green(app.labs.health(running))
        hands = app.labs.hands(running)
        hands.reboot()
        wait_for_conditions(hands, plan.ready)
        assert_green(app.labs.health(running))


@pytest.mark.parametrize(("scenario", "seed"), CASES)
def test_each_case_breaks_reverts_and_is_repaired(app: App, scenario: str, seed: int) -> None:
    plan = app.labs.plan(scenario, seed)
    with started(app, plan) as running:
        assert_broken(app.labs.check(running))
        if plan.faults:
            hands = app.labs.hands(running)
            app.instances.revert(hands)
            reverted = app.labs.check(running)
            results = tuple(result for result in reverted.results if not is_answer(result))
            assert_green(replace(reverted, results=results))
            app.instances.inject(hands)
        reference = next(solution for solution in plan.solutions if solution.reference)
        typed = app.labs.apply(running, reference, lambda _: None)
        assert [t.output for t in typed if t.status] == []
        assert_green(app.labs.check(running))


@pytest.mark.parametrize(("scenario", "seed"), FIRST)
def test_scenario_is_proven(app: App, scenario: str, seed: int) -> None:
    def told(stage: Stage) -> str:
        problems = "; ".join(problem.en for problem in stage.problems)
        return f"{stage.name} {stage.subject}: {problems}\n{said(stage.report)}"

    proof = prove(app.labs, app.labs.plan(scenario, seed), Silent(), lambda _: None)
    assert proof.proven, "\n".join(told(stage) for stage in proof.stages if stage.problems)


def test_content_has_scenarios() -> None:
    assert SEEDS, f"no scenario below {Path(built_in_root(), 'scenarios')}"
