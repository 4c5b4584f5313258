"""Can a blank workstation be delivered? Asked from the network, then played whole once."""

import pytest

from grader import check, reason
from lab_tools import (
    WORKSTATIONS,
    assert_card_starts,
    assert_file_is_to_standard,
    assert_first_start_can_be_done,
    assert_workstation_is_installed,
)

SERVICES = ("kea-dhcp4-server", "named", "nginx", "tftpd-hpa")


@pytest.mark.parametrize("architecture", [0, 7])
@check(
    "guard",
    fr="Une carte réseau reçoit de quoi démarrer (architecture {{ architecture }}).",
    en="A network card is given what it starts from (architecture {{ architecture }}).",
    host="depot1",
    lock="",
)
def test_card(lab, architecture):
    assert_card_starts(lab, architecture)


@pytest.mark.parametrize("serial", WORKSTATIONS)
@check(
    "guard",
    fr="Les fichiers de {{ serial }} disent ce que dit le standard.",
    en="The files of {{ serial }} say what the standard says.",
    host="depot1",
    lock="",
)
def test_files(lab, serial):
    assert_file_is_to_standard(lab, serial)


@check(
    "guard",
    fr="Ce que le premier démarrage va chercher est là, avec les bonnes sommes.",
    en="What the first start fetches is there, with the right checksums.",
    host="depot1",
    lock="",
)
def test_first_start(lab):
    assert_first_start_can_be_done(lab)


@pytest.mark.parametrize("name", SERVICES)
@check(
    "guard",
    fr="{{ name }} tourne sur depot1, et démarre avec lui.",
    en="{{ name }} runs on depot1, and starts with it.",
    host="depot1",
    lock="",
)
def test_services(lab, name):
    service = lab.host("depot1").service(name)
    assert service.is_running, reason(fr=f"{name} ne tourne pas", en=f"{name} does not run")
    assert service.is_enabled, reason(fr=f"{name} ne démarre pas avec depot1", en=f"{name} does not start with depot1")


@check(
    "guard",
    fr="Un poste neuf s'installe par le réseau et démarre de son disque, conforme au standard.",
    en="A new workstation installs itself over the network and starts from its disk, to the standard.",
    host="banc1",
    lock="bench",
    timeout=240,
)
def test_installation(lab):
    assert_workstation_is_installed(lab, "TB24-0117")
