"""What the live tests share: the program on the real engine, and one small lab that runs for a whole module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.access.hands import Hands
from orchestrator.app import App
from orchestrator.fabric.base import HostRef
from orchestrator.progress import Silent
from orchestrator.service import Running

CONTENT = Path(__file__).parent / "content"


@pytest.fixture(scope="session")
def app() -> Iterator[App]:
    """Return the program with the tests' own content besides the built-in one."""
    program = App([CONTENT])
    yield program
    program.close()


@pytest.fixture(scope="module")
def pair(app: App) -> Iterator[Running]:
    """Return the running lab ``pair``, removed after the module's last test."""
    running = app.labs.start(app.labs.plan_of_lab("pair"), Silent())
    yield running
    app.labs.stop(running.instance)


@pytest.fixture
def hands(app: App, pair: Running) -> Hands:
    """Return what acts on ``pair``."""
    return app.labs.hands(pair)


@pytest.fixture
def a(pair: Running) -> HostRef:
    """Return the reference of the station A."""
    return HostRef(pair.instance.name, "a")


@pytest.fixture
def b(pair: Running) -> HostRef:
    """Return the reference of the station B."""
    return HostRef(pair.instance.name, "b")
