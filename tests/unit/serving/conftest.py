"""What the tests of serving share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.model.serve_settings import ServeSettings
from orchestrator.serving.serve_folders import ServeFolders
from orchestrator.serving.serve_plan import ServeOptions, ServePlan, plan_of

USUAL = ServeSettings(contract=1)


@pytest.fixture
def folders(tmp_path: Path) -> ServeFolders:
    made = ServeFolders(tmp_path / "s", tmp_path / "state")
    made.make()
    return made


@pytest.fixture
def planned() -> Callable[..., ServePlan]:
    """Return what plans from options alone."""

    def plan(**options: object) -> ServePlan:
        return plan_of(ServeOptions(**options), USUAL)  # type: ignore[arg-type]

    return plan
