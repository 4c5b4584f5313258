"""What is removed behind a labd of a test's: what it has begun itself, and nothing else of that scenario and seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.errors import LabError
from orchestrator.core.paths import state_folder
from orchestrator.core.text import same
from orchestrator.instances.instance import Instance
from orchestrator.labd.event_log import EventLogs, LabNote
from tests.labd_labs import discard_begun


class _Labs:
    def __init__(self, *instances: Instance) -> None:
        self._instances = instances
        self.discarded: list[str] = []

    @property
    def running(self) -> _Labs:
        return self

    lifecycle = running

    def all(self) -> tuple[Instance, ...]:
        return self._instances

    def discard(self, instance: Instance) -> None:
        self.discarded.append(instance.name)
        if instance.name == "begun-2":
            raise LabError(same("busy"))


def test_what_was_begun_is_removed_and_nothing_else(folder: Path) -> None:
    logs = EventLogs(state_folder({"XDG_STATE_HOME": str(folder / "state")}) / "labd")
    note = LabNote("P-000000000001", "no-network-after-move", "7")
    for name in ("begun-1", "begun-2", "begun-3", "stopped-1"):
        logs.of(name, note)
    logs.forget("stopped-1")
    there = ("another-1", "begun-1", "begun-2", "begun-3", "stopped-1")
    labs = _Labs(*(Instance(name, note.scenario, "small-office", 7, "root", "", 0, ()) for name in there))
    with pytest.raises(LabError):
        discard_begun(labs, folder)
    assert sorted(labs.discarded) == ["begun-1", "begun-2", "begun-3"]
