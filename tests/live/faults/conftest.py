"""The lab of a module of fault tests, and what acts on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orchestrator.access.hands import Hands
from orchestrator.app import App
from orchestrator.progress import Silent
from orchestrator.service import Running


@pytest.fixture(scope="module")
def running(app: App, request: pytest.FixtureRequest) -> Iterator[Running]:
    """Return the running lab that the module names in ``LAB``, removed after the module's last test."""
    started = app.labs.start(app.labs.plan_of_lab(request.module.LAB), Silent())
    yield started
    app.labs.stop(started.instance)


@pytest.fixture
def hands(app: App, running: Running) -> Hands:
    """Return what acts on the module's lab."""
    return app.labs.hands(running)
