"""Applications that are found by their program, whatever a host's image states."""

from __future__ import annotations

import pytest

from orchestrator.fabric.fabric_interface import HostRef, ObjectChange
from orchestrator.sound_state import look
from orchestrator.sound_state.differences import Expectations, differences
from orchestrator.sound_state.explained import VariantWords
from orchestrator.sound_state.found_applications import found_on, without_news
from tests.fakes.fabric import FakeFabric

CONFIGURATION = {"answers": "yes", "not saved": "", "not running": ""}


def fabric(*programs: str) -> FakeFabric:
    made = FakeFabric()
    for program in programs:
        made.on(f"look status {program}", host="r1", stdout="{}")
    return made


@pytest.mark.parametrize(
    ("programs", "found"),
    [((), ()), (("/usr/bin/vtysh",), ("frr",)), (("/usr/bin/doveadm",), ("mail",))],
)
def test_an_application_is_where_its_program_is(programs: tuple[str, ...], found: tuple[str, ...]) -> None:
    assert found_on(fabric(*programs), HostRef("lab", "r1")) == found


def test_it_is_kept_beside_what_the_image_states() -> None:
    asked = fabric("/usr/bin/vtysh")
    asked.on("*show running-config*", host="r1", stdout="hostname r1\n\0hostname r1\n")
    look.keep_sound_state(asked, "lab", {"r1": (), "pc1": ()})
    assert asked.kept[HostRef("lab", "r1")]["r1"]["frr"] == {"configuration": CONFIGURATION}


def test_what_nobody_looked_at_in_the_sound_state_is_not_compared() -> None:
    kept = ObjectChange("r1", "frr", "configuration", CONFIGURATION, {"answers": "no"})
    new = ObjectChange("r2", "frr", "configuration", {}, CONFIGURATION)
    mailbox = ObjectChange("mail1", "mail", "mailbox ann", {}, {"open": "no"})
    first = ObjectChange("mail2", "mail", "queue", {}, {"held": "0", "removed": "0"})
    with_it = ObjectChange("mail2", "mail", "mailbox ann", {}, {"open": "no"})
    file = ObjectChange("r2", "files", "/etc/frr/frr.conf", {}, {"kind": "file"})
    assert without_news((kept, new, mailbox, first, with_it, file)) == (kept, mailbox, file)


@pytest.mark.parametrize(
    ("gone", "standing"),
    [
        (ObjectChange("r1", "frr", "configuration", CONFIGURATION, {}), "unexplained"),
        (ObjectChange("mail1", "mail", "mailbox ann", {"open": "no", "messages": "1"}, {}), "forbidden"),
    ],
)
def test_what_is_not_found_any_more_is_told(gone: ObjectChange, standing: str) -> None:
    told = differences(without_news([gone]), Expectations(VariantWords({})))
    assert [(one.field, one.standing) for one in told] == [("presence", standing)]
