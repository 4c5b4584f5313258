"""What a lab is handed over with is not told as its trainee's, and what they add to it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from grader.report import Difference
from orchestrator.core.errors import LabError
from orchestrator.core.text import same
from orchestrator.fabric.fabric_interface import ObjectChange, States
from orchestrator.sound_state.comparison import Besides, compared
from orchestrator.sound_state.differences import Expectations, differences
from orchestrator.sound_state.explained import VariantWords
from orchestrator.sound_state.handed_over import (
    HandedOver,
    Inheritance,
    document_of,
    handed_over,
    handed_over_of,
    look_at_broken,
)
from orchestrator.sound_state.look import keep_sound_state
from tests.fakes.fabric import FakeFabric
from tests.unit.sound_state.test_comparison import GREEN, PLAN

FILE = {"kind": "file", "mode": "0644", "owner": "0:0", "content": "one\n"}
SAVED = ObjectChange("pc1", "files", "/srv/share/saved.csv", {}, FILE)
"""What a colleague saves after the fault."""
SETTING = ObjectChange("pc2", "files", "/etc/x", {**FILE, "content": "a\nb\n"}, {**FILE, "content": "a\nc\n"})
"""What the fault writes."""


def unlike(change: ObjectChange, content: str) -> ObjectChange:
    return replace(change, now={**change.now, "content": content})


class Lab:
    """A lab that is broken, in which people then do something."""

    def __init__(self) -> None:
        self.fabric = FakeFabric()
        keep_sound_state(self.fabric, "lab", {"pc1": (), "pc2": ()})
        self.kept: tuple[HandedOver, ...] = ()

    def hand_over(self, by_faults: list[ObjectChange], by_people: list[ObjectChange]) -> None:
        self.fabric.changes = by_faults
        broken = look_at_broken(self.fabric, "lab", PLAN)
        self.fabric.changes = [*by_faults, *by_people]
        self.kept = handed_over(broken, look_at_broken(self.fabric, "lab", PLAN), self.kept)

    def told(self, *changes: ObjectChange) -> list[tuple[str, str, str | None, str | None]]:
        self.fabric.changes = list(changes)
        besides = Besides(inherited=lambda: handed_over_of(document_of(self.kept)))
        report = compared(GREEN, PLAN, ("pc1", "pc2"), self.fabric, tuple, besides=besides)
        return [(one.object, one.standing, one.before, one.now) for one in report.differences]


@pytest.fixture
def lab() -> Lab:
    lab = Lab()
    lab.hand_over([SETTING], [SAVED])
    return lab


def test_what_people_did_after_the_fault_explains_itself(lab: Lab) -> None:
    assert [one[:2] for one in lab.told(SAVED)] == [("/srv/share/saved.csv", "explained")]


def test_what_is_done_to_it_since_is_asked_about(lab: Lab) -> None:
    assert [one[:2] for one in lab.told(unlike(SAVED, "two\n"))] == [("/srv/share/saved.csv", "unexplained")]


def test_what_the_fault_left_is_told_as_found(lab: Lab) -> None:
    lab.fabric.changes = [SETTING]
    besides = Besides(inherited=lambda: lab.kept)
    (found,) = compared(GREEN, PLAN, ("pc1", "pc2"), lab.fabric, tuple, besides=besides).differences
    assert found.standing == "unexplained"
    assert found.sentence.en == "What is in /etc/x has changed. It was already so when you began."
    assert found.sentence.fr.endswith("C'était déjà le cas quand vous avez commencé.")


def test_of_a_file_only_what_came_since_is_told(lab: Lab) -> None:
    assert lab.told(unlike(SETTING, "a\nc\nd\n")) == [("/etc/x", "unexplained", None, "d")]
    assert lab.told(unlike(SETTING, "a\nb\nd\n")) == [("/etc/x", "unexplained", None, "d")]
    assert lab.told(unlike(SETTING, "d\n")) == [("/etc/x", "unexplained", "a", "d")]


def test_what_is_forbidden_stays_forbidden(lab: Lab) -> None:
    everybody = replace(SAVED, now={**FILE, "mode": "0666"})
    lab.hand_over([], [everybody])
    assert "forbidden" in [one[1] for one in lab.told(everybody)]


def test_what_people_did_is_theirs_after_a_second_break_too(lab: Lab) -> None:
    lab.hand_over([SETTING, SAVED], [])
    assert [(one.object, one.by) for one in lab.kept] == [("/etc/x", "faults"), ("/srv/share/saved.csv", "people")]
    lab.hand_over([SETTING, unlike(SAVED, "three\n")], [])
    assert {one.by for one in lab.kept} == {"faults"}


def test_an_accepted_change_is_known_with_and_without_what_the_fault_left(lab: Lab) -> None:
    words = VariantWords({})
    change = unlike(SETTING, "a\nc\nd\n")
    (whole,) = differences([change], Expectations(words))
    own = Inheritance(lab.kept).without(whole)
    assert own != whole
    for one in (whole, own):
        expected = Expectations(words, explained={words.told(one).key()}, own=Inheritance(lab.kept).without)
        assert [found.standing for found in differences([change], expected)] == ["explained"]


def test_a_host_that_cannot_be_looked_at_is_left_out() -> None:
    class Deaf(FakeFabric):
        def state_changes(
            self, instance: str, hosts: Sequence[str], more: States, *, timeout: float = 1.0
        ) -> tuple[tuple[ObjectChange, ...], tuple[str, ...]]:
            if "pc2" in hosts:
                raise LabError(same("pc2 does not answer"))
            return super().state_changes(instance, hosts, more, timeout=timeout)

    fabric = Deaf()
    keep_sound_state(fabric, "lab", {"pc1": (), "pc2": ()})
    fabric.changes = [SAVED, SETTING]
    assert [one.object for one in look_at_broken(fabric, "lab", PLAN)] == ["/srv/share/saved.csv"]


@pytest.mark.parametrize("document", [b"", b"{", b'[{"host": 1}]', b"5", b"\xff"])
def test_a_file_that_says_nothing_is_no_trouble(document: bytes) -> None:
    assert handed_over_of(document) == ()
    other = Difference("pc1", "files", "/x", "presence", None, "x", "unexplained", same("x"))
    assert Inheritance(handed_over_of(document)).without(other) == other
