"""The log of a switch's database, however long: it is compared by what it says."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from orchestrator.fabric.fabric_interface import ObjectChange
from orchestrator.sound_state import look
from orchestrator.sound_state.differences import Expectations, differences
from orchestrator.sound_state.explained import VariantWords
from orchestrator.sound_state.long_files import with_long_texts
from tests.fakes.fabric import FakeFabric
from tests.unit.sound_state.test_meaning_ovsdb import PATH, SOUND, changed, log, port

WAS = {"kind": "file", "mode": "0640", "owner": "0:0", "content": SOUND}
UNDONE = ({"Port": {"p-eth1": {"tag": 77}}}, {"Port": {"p-eth1": {"tag": 10}}})
LONG = log(port("eth0", trunks=["set", [10, 30]]), port("eth1", tag=10), *UNDONE * 500)
OTHER = LONG + log(changed(tag=99)).removeprefix(log())


def grown(text: str, **other: str) -> ObjectChange:
    digest = f"sha256 {hashlib.sha256(text.encode()).hexdigest()}"
    return ObjectChange("sw1", "files", PATH, WAS, {**WAS, "content": digest, **other})


def fabric(text: str | None = None) -> FakeFabric:
    made = FakeFabric()
    if text is not None:
        made.on(f"look content {PATH}", host="sw1", stdout=text)
    return made


@pytest.mark.parametrize(("text", "new"), [(LONG, None), (OTHER, "Port eth0: tag=99")])
def test_many_changes_that_were_undone_are_no_difference(text: str, new: str | None) -> None:
    assert len(LONG) > 1 << 16
    asked = fabric(text)
    asked.changes = [grown(text)]
    look.keep_sound_state(asked, "lab", {"sw1": ()})
    found, _ = look.changes_since(asked, "lab", {"sw1": ()})
    told = differences(found, Expectations(VariantWords({})))
    assert [one.now for one in told] == ([] if new is None else [new])


def test_what_is_written_while_it_is_looked_at_is_told_as_it_is_then() -> None:
    (told,) = with_long_texts(fabric(OTHER), "lab", [grown(LONG)])
    assert told.now["content"] == OTHER


@pytest.mark.parametrize(
    "change",
    [
        replace(grown(LONG), object="/usr/bin/x"),
        replace(grown(LONG), provider="services"),
        replace(grown(LONG), now={}),
        grown(LONG, kind="symlink"),
        grown(LONG, key="sha"),
        grown(LONG, content=SOUND),
    ],
)
def test_nothing_else_is_read_once_more(change: ObjectChange) -> None:
    asked = fabric(LONG)
    assert [*with_long_texts(asked, "lab", [change])] == [change]
    assert asked.calls == []


@pytest.mark.parametrize("text", [None, f"{LONG}-----BEGIN PRIVATE KEY-----\n", f"{LONG}\0"])
def test_what_cannot_be_told_keeps_its_digest(text: str | None) -> None:
    change = grown(LONG)
    assert [*with_long_texts(fabric(text), "lab", [change])] == [change]
