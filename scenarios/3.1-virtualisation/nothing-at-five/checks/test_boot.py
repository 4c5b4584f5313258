"""Do both pages come back with the hypervisor, by libvirt's own means?"""

from grader import check
from lab_tools import SHOWN, assert_starts_with_the_machine


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
