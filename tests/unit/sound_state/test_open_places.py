"""What everybody may write of a host's data, and what runs there with another's rights."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestrator.fabric.fabric_interface import HostRef, ObjectChange, StateChange
from orchestrator.sound_state import look
from orchestrator.sound_state.differences import Expectations, differences
from orchestrator.sound_state.explained import VariantWords
from orchestrator.sound_state.found_applications import without_news
from orchestrator.sound_state.open_places import OpenPlacesProvider, open_places
from tests.fakes.fabric import FakeFabric

HEAD = {"looked at": "yes"}
HOST = HostRef("lab", "db1")


def row(path: str, mode: int, kind: str = "file", capabilities: str = "") -> dict[str, Any]:
    return {"path": path, "mode": mode, "kind": kind, "capabilities": capabilities}


def fabric(places: dict[str, list[dict[str, Any]]], modes: dict[str, int] | None = None) -> FakeFabric:
    """Return a fabric with folders, each with what in it gives rights."""
    made = FakeFabric()
    names = ["apt", *(place.removeprefix("/var/lib/") for place in places if place.startswith("/var/lib/"))]
    made.on("look status /var/lib", stdout='{"kind": "directory", "mode": 493}')
    made.on("look entries /var/lib", stdout=json.dumps(names))
    for place, rows in places.items():
        want = "rights"
        status = {"kind": "directory", "mode": (modes or {}).get(place, 0o755)}
        made.on(f"look status {place}", stdout=json.dumps(status))
        made.on(f"look {want} {place}", stdout=json.dumps(rows))
    return made


@pytest.mark.parametrize(
    ("places", "found"),
    [
        ({}, {}),
        ({"/var/lib/kea": [row("leases", 0o666)]}, {"/var/lib/kea/leases": {"writable": "others"}}),
        ({"/var/vmail": [row("ann", 0o777, "directory")]}, {"/var/vmail/ann": {"writable": "others"}}),
        ({"/var/lib/php": [row("sessions", 0o1733, "directory"), row("run.sock", 0o666, "socket")]}, {}),
        (
            {"/tmp": [row("a/sh", 0o4755), row("note", 0o666), row("d", 0o2775, "directory")]},
            {"/tmp/a/sh": {"set-id": "4755"}},
        ),
        ({"/tmp": [row("sh", 0o777, capabilities="cap_setuid=ep")]}, {"/tmp/sh": {"capabilities": "cap_setuid=ep"}}),
        (
            {"/var/lib/kea": [row("sh", 0o6755), row("python", 0o755, capabilities="cap_setuid=ep")]},
            {"/var/lib/kea/sh": {"set-id": "6755"}, "/var/lib/kea/python": {"capabilities": "cap_setuid=ep"}},
        ),
    ],
)
def test_what_gives_rights_is_told(places: dict[str, list[dict[str, Any]]], found: dict[str, dict[str, str]]) -> None:
    assert open_places(fabric(places), HOST) == {"all": HEAD, **found}


def test_a_place_itself_may_be_open() -> None:
    opened = fabric({"/var/lib/kea": []}, {"/var/lib/kea": 0o777})
    assert open_places(opened, HOST) == {"all": HEAD, "/var/lib/kea": {"writable": "others"}}


def test_it_is_kept_of_every_host() -> None:
    asked = fabric({"/var/spool": [row("x", 0o666)]})
    look.keep_sound_state(asked, "lab", {"db1": ()})
    assert asked.kept[HOST]["db1"]["open places"] == {"all": HEAD, "/var/spool/x": {"writable": "others"}}


@pytest.mark.parametrize(
    ("field", "before", "now", "standing", "said"),
    [
        ("writable", None, "others", "forbidden", "Everybody may change /var/lib/x."),
        ("set-id", None, "4755", "forbidden", "/var/lib/x runs with the rights"),
        ("set-id", "2755", "4755", "forbidden", "/var/lib/x runs with the rights"),
        ("capabilities", None, "cap_setuid=ep", "forbidden", "/var/lib/x may now do what only root may"),
        ("writable", "others", None, "harmless", ""),
    ],
)
def test_what_is_thought_of_a_change(field: str, before: str | None, now: str | None, standing: str, said: str) -> None:
    thought = OpenPlacesProvider().think(StateChange("db1", "open places", "/var/lib/x", field, before, now))
    assert thought.standing == standing
    assert said in thought.sentence.en


def test_an_older_lab_was_not_looked_at() -> None:
    opened = ObjectChange("db1", "open places", "/var/lib/x", {}, {"writable": "others"})
    head = ObjectChange("db1", "open places", "all", {}, HEAD)
    assert without_news([head, opened]) == ()
    (told,) = differences(without_news([opened]), Expectations(VariantWords({})))
    assert (told.field, told.standing) == ("presence", "forbidden")
