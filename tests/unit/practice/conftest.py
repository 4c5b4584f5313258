"""A store and a lab for the tests of practice: the store is real, the lab is only described."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from grader.report import CheckResult, Outcome, Report
from orchestrator.core.text import Text, same
from orchestrator.instances.instance import Instance
from orchestrator.labs import Running
from orchestrator.loader.content import Content
from orchestrator.loader.roots import built_in_root
from orchestrator.model.plan import Plan
from orchestrator.practice.recorder import PracticeRecorder
from orchestrator.records.database import Database
from orchestrator.records.location import database_url

SCENARIO = "no-network-after-move"
PLAN = Plan(
    scenario=SCENARIO,
    lab="small-office",
    domain="lab.internal",
    seed=3,
    digest="d" * 64,
    title=same("No network"),
    values={},
    hosts=(),
    segments=(),
    ready=(),
    ticket=same("It does not work"),
    hints=(same("look"), same("closer")),
    debrief=None,
    faults=(),
    solutions=(),
    shortcuts=(),
    checks=(),
    health=(),
)


def lab(name: str, **changes: object) -> Running:
    """A lab of alice's that runs."""
    plan = replace(PLAN, **changes)  # type: ignore[arg-type]
    scenario = plan.scenario or ""
    return Running(Instance(name, scenario, plan.lab, plan.seed, "alice", plan.digest, 0, ()), plan, {})


def graded(*outcomes: Outcome, instance: str = "lab-1") -> Report:
    """A report with a check for each outcome."""
    results = tuple(
        CheckResult(f"test_x.py::c{n}", "symptom", 2, "1.3", Text(fr=f"phrase {n}", en=f"sentence {n}"), outcome)
        for n, outcome in enumerate(outcomes)
    )
    return Report(instance, SCENARIO, 3, "d" * 64, "2026-11-25T10:00:00Z", 0.3, results)


@pytest.fixture
def store(empty_store: Path, tmp_path: Path) -> Iterator[Database]:
    """An empty store."""
    database = Database(database_url(str(shutil.copy(empty_store, tmp_path / "records.sqlite")), {}))
    yield database
    database.close()


@pytest.fixture(scope="session")
def content() -> Content:
    return Content([built_in_root()])


@pytest.fixture
def recorder(store: Database, content: Content) -> PracticeRecorder:
    """What records for alice."""
    return PracticeRecorder.of_account(lambda: store, "alice", content.scenario_document)
