"""The lab of a module of fault tests, and what acts on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.app import App
from orchestrator.labs import Running
from tests.live.faults.lending import Lending, Lent


@pytest.fixture(scope="session")
def lending(app: App) -> Iterator[Lending]:
    """Return the labs of this process, removed after its last test."""
    labs = Lending(app.labs)
    yield labs
    labs.close()


@pytest.fixture(scope="module")
def lent(lending: Lending, request: pytest.FixtureRequest) -> Iterator[Lent]:
    """Return the lab that the module names in ``LAB``."""
    lab, session = request.module.LAB, request.session
    modules = {item.module for item in session.items if isinstance(item, pytest.Function)}
    wanted_again = sum(getattr(module, "LAB", None) == lab for module in modules) > 1
    with lending.lend(lab, lambda: session.testsfailed, wanted_again=wanted_again) as lab_of_module:
        yield lab_of_module


@pytest.fixture(scope="module")
def running(lent: Lent) -> Running:
    """Return the module's running lab."""
    return lent.running


@pytest.fixture(scope="module")
def undo(lent: Lent) -> ExitStack:
    """Return what takes back, after the module's last test, what a fixture of the module did to the lab."""
    return lent.undo


@pytest.fixture
def driver(app: App, running: Running) -> LabDriver:
    """Return what acts on the module's lab."""
    return app.labs.running.driver(running)
