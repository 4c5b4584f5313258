"""What the live tests share: the program on the real engine, and one small lab that runs for a whole module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.app import App
from orchestrator.core.progress import Silent
from orchestrator.fabric.fabric_interface import HostRef
from orchestrator.labs import Running
from orchestrator.model.plan import Plan
from orchestrator.proof.model import Proof, Stage

CONTENT = Path(__file__).parent / "content"
collect_ignore = ["content"]  # its check files are for the grader


@pytest.fixture(scope="session")
def app() -> Iterator[App]:
    """Return the program with the tests' own content besides the built-in one."""
    program = App([CONTENT])
    yield program
    program.close()


@pytest.fixture(scope="module")
def pair(app: App) -> Iterator[Running]:
    """Return the running lab ``pair``, removed after the module's last test."""
    running = app.labs.lifecycle.start(app.labs.plans.of_lab("pair"), Silent())
    yield running
    app.labs.lifecycle.discard(running.instance)


@pytest.fixture
def driver(app: App, pair: Running) -> LabDriver:
    """Return what acts on ``pair``."""
    return app.labs.running.driver(pair)


@pytest.fixture
def a(pair: Running) -> HostRef:
    """Return the reference of the station A."""
    return HostRef(pair.instance.name, "a")


@pytest.fixture
def b(pair: Running) -> HostRef:
    """Return the reference of the station B."""
    return HostRef(pair.instance.name, "b")


class Watching:
    """Remembers how many stages a proof told."""

    def __init__(self) -> None:
        self.expected = 0
        self.ended = 0

    def begin(self, stages: int) -> None:
        """See ``orchestrator.proof.stages.Watch``."""
        self.expected = stages

    def end(self, plan: Plan, stage: Stage) -> None:  # noqa: ARG002 (the protocol's)
        """See ``orchestrator.proof.stages.Watch``."""
        self.ended += 1

    def proved(self, proof: Proof) -> None:
        """See ``orchestrator.proof.stages.Watch``."""


def parameters_of_run(request: pytest.FixtureRequest, name: str) -> tuple[str, ...]:
    """Return the values of a parameter with which the module's tests run: all of them, or those that were asked for."""
    items = [item for item in request.session.items if item.path == request.path]
    found = [item.callspec.params for item in items if isinstance(item, pytest.Function) and hasattr(item, "callspec")]
    return tuple(dict.fromkeys(str(values[name]) for values in found if name in values))


def told(proof: Proof) -> str:
    """Return what a trainer reads of a proof in English."""
    lines = []
    for finding in proof.findings():
        places = ", ".join(f"{' '.join(stage.key)} (seed {seed})" for seed, stage in finding.places)
        evidence = finding.verdict.evidence.en if finding.verdict.evidence else ""
        lines += [f"[{finding.verdict.kind}] {finding.verdict.text.en} {places}", evidence]
    return "\n".join(lines)
