"""Do the ferries' virtual machines do what their people count on? Asked from where they are."""

import pytest

from grader import check
from lab_tools import (
    SHOWN,
    assert_departures_are_shown,
    assert_logbook_is_kept,
    assert_starts_with_the_machine,
)


@check("guard", fr="Le quai voit les départs.", en="The landing stage sees the departures.", host="pc2", timeout=90)
def test_departures(lab):
    assert_departures_are_shown(lab)


@check(
    "guard",
    fr="Le carnet de bord a toutes ses traversées, et l'on y note.",
    en="The logbook has all its crossings, and takes new ones.",
    host="pc2",
    lock="logbook",
    timeout=90,
)
def test_logbook(lab):
    assert_logbook_is_kept(lab)


@pytest.mark.parametrize("guest", SHOWN)
@check(
    "guard",
    fr="La machine virtuelle {{ guest }} démarre avec hv1.",
    en="The virtual machine {{ guest }} starts with hv1.",
    host="hv1",
    lock="",
)
def test_autostart(lab, guest):
    assert_starts_with_the_machine(lab, guest)
