"""Proving a scenario: every check red exactly when it should be, and green exactly when it should be.

Each stage runs on real hosts. Solutions and shortcuts each get an instance of their own, so that none profits from
what another left behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from grader.answers import is_answer
from grader.report import CheckResult, Report
from orchestrator.instances import wait_for_conditions
from orchestrator.interrupts import shielded
from orchestrator.model.plan import Plan, PlannedSolution
from orchestrator.progress import Progress
from orchestrator.service import Labs, Running
from orchestrator.text import Text

StageName = Literal["healthy", "broken", "solution", "reboot", "shortcut"]


@dataclass(frozen=True)
class Stage:
    """One stage of a proof: what was graded, and what is wrong with it (nothing, where it is as it should be)."""

    name: StageName
    subject: str
    seed: int
    report: Report
    problems: tuple[Text, ...]


@dataclass(frozen=True)
class Proof:
    """The recorded evidence of one scenario."""

    scenario: str
    digest: str
    stages: tuple[Stage, ...]

    @property
    def proven(self) -> bool:
        """Return whether every stage was as it should be."""
        return bool(self.stages) and not any(stage.problems for stage in self.stages)


def prove(labs: Labs, plan: Plan, progress: Progress, on_stage: Callable[[Stage], None]) -> Proof:
    """Run all stages for one variant of a scenario.

    Args:
        labs: the service.
        plan: the variant.
        progress: is told what is going on.
        on_stage: is told each stage as it ends.
    """
    stages: list[Stage] = []

    def record(name: StageName, subject: str, report: Report, problems: tuple[Text, ...]) -> None:
        stages.append(Stage(name, subject, plan.seed, report, problems))
        on_stage(stages[-1])

    with _instance(labs, plan, progress, broken=False) as running:
        health = labs.health(running)
        record("healthy", plan.lab, health, _all_green(health))
        if plan.faults:  # a task that nobody has begun is red
            before = labs.check(running)
            record("healthy", "", before, _all_green(_without_answers(before)))
        hands = labs.hands(running)
        labs.instances.inject(hands)
        broken = labs.check(running)
        record("broken", "", broken, _broken(broken))
    for solution in plan.solutions:
        with _instance(labs, plan, progress) as running:
            labs.apply(running, solution, lambda step: progress.detail(step.tell))
            repaired = labs.check(running)
            record("solution", solution.name, repaired, _all_green(repaired))
            hands = labs.hands(running)
            hands.reboot()
            wait_for_conditions(hands, plan.ready)
            rebooted = labs.check(running)
            record("reboot", solution.name, rebooted, _all_green(rebooted))
    for shortcut in plan.shortcuts:
        with _instance(labs, plan, progress) as running:
            labs.apply(running, shortcut, lambda step: progress.detail(step.tell))
            refused = labs.check(running)
            record("shortcut", shortcut.name, refused, _refused(refused, shortcut))
    return Proof(plan.scenario or plan.lab, plan.digest, tuple(stages))


@contextmanager
def _instance(labs: Labs, plan: Plan, progress: Progress, *, broken: bool = True) -> Iterator[Running]:
    running = labs.start(plan, progress, broken=broken)
    try:
        yield running
    finally:
        with shielded():
            labs.stop(running.instance)


def _without_answers(report: Report) -> Report:
    """Return the report of what nobody has been asked yet."""
    return replace(report, results=tuple(result for result in report.results if not is_answer(result)))


def _errors(report: Report) -> list[Text]:
    if not report.results:
        return [Text(fr="aucun contrôle n'a jugé", en="no check has judged")]
    return [
        Text(
            fr=f"{result.id} n'a pas pu juger : {result.evidence.fr if result.evidence else '?'}",
            en=f"{result.id} could not judge: {result.evidence.en if result.evidence else '?'}",
        )
        for result in report.results
        if result.outcome == "error"
    ]


def _all_green(report: Report) -> tuple[Text, ...]:
    problems = _errors(report)
    problems += [_colour(r, "vert", "green") for r in report.results if r.outcome == "fail"]
    return tuple(problems)


def _broken(report: Report) -> tuple[Text, ...]:
    """A symptom or objective must be red; a guard must be green."""
    problems = _errors(report)
    for result in report.results:
        if result.role == "guard" and result.outcome == "fail":
            problems.append(_colour(result, "vert (garde-fou)", "green (a guard)"))
        elif result.role != "guard" and result.outcome == "pass":
            problems.append(
                _colour(
                    result,
                    "rouge : ce contrôle ne voit pas la panne",
                    "red: this check does not see the fault",
                )
            )
    return tuple(problems)


def _refused(report: Report, shortcut: PlannedSolution) -> tuple[Text, ...]:
    problems = _errors(report)
    if not problems and report.verdict == "repaired":
        problems.append(
            Text(
                fr=f"le raccourci « {shortcut.name} » est accepté : aucun contrôle ne le voit",
                en=f"the shortcut '{shortcut.name}' is accepted: no check sees it",
            )
        )
    return tuple(problems)


def _colour(result: CheckResult, fr: str, en: str) -> Text:
    seen = result.evidence.en if result.evidence else ""
    return Text(fr=f"{result.id} devrait être {fr}. {seen}", en=f"{result.id} should be {en}. {seen}")
