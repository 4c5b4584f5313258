"""Do both pages come back with the hypervisor, by libvirt's own means?"""

import pytest

from grader import check, reason
from lab_tools import SHOWN, assert_runs_as_defined, assert_starts_with_the_machine


@check(
    "symptom",
    points=2,
    competence="3.1",
    fr="La page des départs s'ouvre sur pc2, avec toutes ses heures.",
    en="The departures page opens on pc2, with all its times.",
    before_fr="La page des départs ne s'ouvre pas au quai.",
    before_en="The departures page does not open at the landing stage.",
    because="is off",
    host="pc2",
    lock="horaires",
    timeout=120,
)
def test_departures(lab):
    SHOWN["horaires"](lab)


@check(
    "symptom",
    points=2,
    competence="3.1",
    fr="Le carnet de bord s'ouvre sur pc2, avec toutes ses traversées.",
    en="The logbook opens on pc2, with all its crossings.",
    before_fr="Le carnet de bord ne s'ouvre pas au quai.",
    before_en="The logbook does not open at the landing stage.",
    because="is off",
    host="pc2",
    lock="carnet",
    timeout=120,
)
def test_logbook(lab):
    SHOWN["carnet"](lab)


@check(
    "objective",
    points=5,
    competence="2.3",
    fr="libvirt démarre le réseau et les deux machines avec hv1.",
    en="libvirt starts the network and both machines with hv1.",
    before_fr="Après un redémarrage de l'hyperviseur, les pages ne reviennent pas d'elles-mêmes.",
    before_en="After a restart of the hypervisor the pages do not come back by themselves.",
    because="nothing starts|does not start with the machine",
    host="hv1",
    lock="",
)
def test_starts_with_the_machine(lab):
    for guest in SHOWN:
        assert_starts_with_the_machine(lab, guest)


@pytest.mark.parametrize("guest", SHOWN)
@check(
    "guard",
    points=1,
    competence="3.1",
    fr="{{ guest }}, si elle tourne, tourne telle qu'elle est définie.",
    en="{{ guest }}, if it runs, runs as it is defined.",
    host="hv1",
    lock="",
    timeout=90,
)
def test_as_defined(lab, guest):
    hv1 = lab.host("hv1")
    assert hv1.file(f"/etc/libvirt/qemu/{guest}.xml").exists, reason(
        fr=f"{guest} n'est plus définie", en=f"{guest} is no longer defined"
    )
    if hv1.file(f"/run/libvirt/qemu/{guest}.xml").exists:
        assert_runs_as_defined(lab, guest)
