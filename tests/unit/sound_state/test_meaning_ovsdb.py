"""What a switch's database says, whatever the log of it looks like."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from orchestrator.sound_state.meaning import meaning_of, statements_changed

PATH = "/etc/openvswitch/conf.db"
OPTIONAL, MANY = {"key": "integer", "min": 0}, {"key": "integer", "min": 0, "max": 4096}
ROWS = {"key": {"type": "uuid"}, "min": 0, "max": "unlimited"}
MAP = {"key": "string", "value": "string", "min": 0, "max": "unlimited"}
SCHEMA: dict[str, Any] = {
    "name": "Open_vSwitch",
    "tables": {
        "Bridge": {"columns": {"name": {"type": "string"}, "ports": {"type": ROWS}, "other_config": {"type": MAP},
                               "mirrors": {"type": ROWS}}},
        "Port": {"columns": {"name": {"type": "string"}, "tag": {"type": OPTIONAL}, "trunks": {"type": MANY},
                             "external_ids": {"type": MAP}, "status": {"type": MAP, "ephemeral": True}}},
        "Interface": {"columns": {"name": {"type": "string"}, "ofport": {"type": OPTIONAL}}},
        "Mirror": {"columns": {"select_all": {"type": "boolean"}}},
    },
}  # fmt: skip


def record(said: dict[str, Any]) -> str:
    body = json.dumps(said) + "\n"
    return f"OVSDB JSON {len(body)} {hashlib.sha1(body.encode(), usedforsecurity=False).hexdigest()}\n{body}"


def log(*changes: dict[str, Any], is_diff: bool = True) -> str:
    return "".join(map(record, (SCHEMA, *({"_is_diff": is_diff, "_date": n, **one} for n, one in enumerate(changes)))))


def port(name: str, **given: object) -> dict[str, Any]:
    return {"Port": {f"p-{name}": {"name": name, **given}}}


def changed(**given: object) -> dict[str, Any]:
    return {"Port": {"p-eth0": given}}


SOUND = log(port("eth0", trunks=["set", [10, 30]]), port("eth1", tag=10))


@pytest.mark.parametrize(
    "other",
    [
        log(port("eth1", tag=10), port("eth0", trunks=["set", [30, 10]])),
        log(port("eth0", trunks=["set", [10, 30]]), port("eth1", tag=10), is_diff=False),
        log(port("eth0", trunks=10), changed(trunks=30), port("eth1", tag=20), {"Port": {"p-eth1": {"tag": 10}}}),
        log(port("eth0", trunks=["set", [10, 20, 30]]), changed(trunks=20), port("eth1", tag=10)),
        log(port("x"), {"Port": {"p-x": None}}, port("eth0", trunks=["set", [10, 30]]), port("eth1", tag=10)),
        log(port("eth0", trunks=["set", [10, 30]], external_ids=["map", [["to", "sw1"]]]), port("eth1", tag=10),
            changed(external_ids=["map", [["to", "sw1"]]], status=["map", [["x", "y"]]])),
    ],
    ids=["order", "whole-rows", "piece-by-piece", "back-again", "gone-again", "notes-and-reports"],
)  # fmt: skip
def test_it_says_the_same(other: str) -> None:
    assert statements_changed(PATH, SOUND, other) == ((), ())


@pytest.mark.parametrize(
    ("change", "gone", "new"),
    [
        (changed(trunks=20), ("Port eth0: trunks=[10, 30]",), ("Port eth0: trunks=[10, 20, 30]",)),
        (changed(trunks=["set", [10, 30]]), ("Port eth0: trunks=[10, 30]",), ()),
        ({"Port": {"p-eth1": {"tag": ["set", []]}}}, ("Port eth1: tag=10",), ()),
        ({"Port": {"p-eth1": {"tag": 30}}}, ("Port eth1: tag=10",), ("Port eth1: tag=30",)),
        ({"Port": {"p-eth1": None}}, ("Port eth1", "Port eth1: tag=10"), ()),
        (port("eth2"), (), ("Port eth2",)),
        (
            {"Bridge": {"b": {"name": "br0", "ports": ["uuid", "p-eth1"], "other_config": ["map", [["stp", "on"]]]}}},
            (),
            ("Bridge br0", "Bridge br0: other_config=[stp=on]", "Bridge br0: ports=Port eth1"),
        ),
        (
            {"Bridge": {"b": {"name": "br0", "mirrors": ["uuid", "m"]}}, "Mirror": {"m": {"select_all": True}}},
            (),
            ("Bridge br0", "Bridge br0: mirrors=Mirror (select_all=true)", "Mirror (select_all=true)"),
        ),
    ],
)
def test_what_is_changed_is_told(change: dict[str, Any], gone: tuple[str, ...], new: tuple[str, ...]) -> None:
    whole = SOUND + record({"_is_diff": True, **change})
    assert statements_changed(PATH, SOUND, whole) == (gone, new)


@pytest.mark.parametrize(
    "text",
    ["", "OVSDB CLUSTER 2 00\n{}\n", SOUND.replace('"tag": 10', '"tag": 11'), SOUND[:-5], record({"a": 1}), record([])],  # type: ignore[arg-type]
    ids=["empty", "cluster", "forged", "cut", "no-schema", "no-object"],
)
def test_what_the_server_would_not_read_is_compared_as_it_is_written(text: str) -> None:
    assert meaning_of(PATH, text)[0] == "(as it is written)"
