"""Units that live until the next boot only."""

from __future__ import annotations

import json

import pytest

from orchestrator.fabric.fabric_interface import HostRef, ObjectChange, StateChange
from orchestrator.sound_state import look
from orchestrator.sound_state.differences import Expectations, differences
from orchestrator.sound_state.explained import VariantWords
from orchestrator.sound_state.found_applications import without_news
from orchestrator.sound_state.runtime_units import RuntimeUnitsProvider, runtime_units
from tests.fakes.fabric import FakeFabric

HEAD = {"looked at": "yes"}
HOST = HostRef("lab", "web1")
TRANSIENT = "/run/systemd/transient"


def fabric(*names: str) -> FakeFabric:
    made = FakeFabric()
    made.on(f"look status {TRANSIENT}", stdout='{"kind": "directory"}')
    made.on(f"look entries {TRANSIENT}", stdout=json.dumps(names))
    return made


@pytest.mark.parametrize("name", ["later.timer", "later.service", "watch.path", "ssh.service.d", "door.socket"])
def test_what_somebody_named_is_told(name: str) -> None:
    assert runtime_units(fabric(name), HOST) == {"all": HEAD, name: {"place": TRANSIENT}}


@pytest.mark.parametrize(
    "name",
    ["run-u7.service", "run-r1f.timer", "session-3.scope", "session-c1.scope.d", "user@1000.service.d", "user-0.slice"],
)
def test_what_a_login_or_a_command_makes_is_not(name: str) -> None:
    assert runtime_units(fabric(name), HOST) == {"all": HEAD}


def test_they_are_kept_of_every_host() -> None:
    asked = fabric("later.timer")
    look.keep_sound_state(asked, "lab", {"web1": ()})
    assert asked.kept[HOST]["web1"]["runtime units"] == {"all": HEAD, "later.timer": {"place": TRANSIENT}}


@pytest.mark.parametrize(("before", "now", "standing"), [(None, "x", "unexplained"), ("x", None, "harmless")])
def test_what_is_thought_of_a_change(before: str | None, now: str | None, standing: str) -> None:
    thought = RuntimeUnitsProvider().think(StateChange("web1", "runtime units", "later.timer", "place", before, now))
    assert thought.standing == standing
    assert "later.timer" in thought.sentence.en


def test_an_older_lab_was_not_looked_at() -> None:
    timer = ObjectChange("web1", "runtime units", "later.timer", {}, {"place": TRANSIENT})
    assert without_news([ObjectChange("web1", "runtime units", "all", {}, HEAD), timer]) == ()
    (told,) = differences(without_news([timer]), Expectations(VariantWords({})))
    assert (told.field, told.standing) == ("presence", "unexplained")
