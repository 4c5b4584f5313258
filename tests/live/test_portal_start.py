"""The measurement from "start" to the first prompt, on real labs, of which none is left."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from orchestrator.app import App
from orchestrator.bench import portal_start
from orchestrator.core.progress import Silent
from orchestrator.labs import Running
from orchestrator.labs.lab_lifecycle import LabLifecycle

pytestmark = pytest.mark.live


def test_both_ways_are_measured_and_no_lab_is_left(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    start = LabLifecycle.start

    def noted(self: LabLifecycle, *given: object, **named: object) -> Running:
        running = start(self, *given, **named)  # type: ignore[arg-type]
        made.append(running.instance.name)
        return running

    monkeypatch.setattr(LabLifecycle, "start", noted)
    with tempfile.TemporaryDirectory(prefix="starts-") as folder:
        found = portal_start.starts(app, Path(folder) / "site", 2, Silent())
        there = {one.name for one in app.labs.running.all()}
        begun = {path.name.partition(".")[0] for path in Path(folder).glob("site/state/labd/*.events")}
    values = {one.name: one.value for one in found}
    assert values.keys() == {"start", "prompt", "prompt-beyond", "prompt-around"}
    assert min(values[name] or 0 for name in ("start", "prompt", "prompt-around")) > 0
    assert len(made) == 2
    assert begun == set(), "labd has stopped what it began"
    assert there.isdisjoint(made)
