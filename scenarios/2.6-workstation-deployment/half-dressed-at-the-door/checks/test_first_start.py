"""Do new workstations get to the end of their first start, with all steps done?"""

from grader import check, reason
from lab_tools import (
    FIRST_START,
    HTTP,
    assert_card_starts,
    assert_first_start_can_be_done,
    assert_workstation_is_installed,
)

SERIALS = {"neuf1": "TB24-0117", "neuf2": "TB24-0118"}
RED = "DNS answers|cannot be downloaded|does not have the checksum"


@check(
    "symptom",
    points=4,
    competence="2.6",
    fr="Chaque étape du premier démarrage trouve ce qu'il lui faut, intact.",
    en="Each step of the first start finds what it needs, intact.",
    before_fr="Le premier démarrage d'un poste neuf s'arrête avant la fin.",
    before_en="The first start of a new workstation stops before its end.",
    because=RED,
    host="depot1",
    lock="",
    timeout=60,
)
def test_steps(lab):
    assert_first_start_can_be_done(lab)


@check(
    "objective",
    points=4,
    competence="2.6",
    fr="Un poste neuf s'installe, va au bout de son premier démarrage, et il est conforme au standard.",
    en="A new workstation installs itself, gets to the end of its first start, and is to the standard.",
    before_fr="Aucun poste neuf n'arrive au bout.",
    before_en="No new workstation gets to the end.",
    because=RED,
    host="banc1",
    lock="bench",
    timeout=240,
)
def test_installation(lab):
    assert_first_start_can_be_done(lab)
    assert_workstation_is_installed(lab, SERIALS[lab.values["unit"]])


@check(
    "guard",
    points=2,
    competence="2.6",
    fr="Le catalogue et les réglages sont ceux de la fabrique, yo-yo compris, et les postes démarrent par le réseau.",
    en="Catalogue and settings are the factory's, yo-yo included, and workstations boot from the network.",
    host="depot1",
    lock="",
    timeout=60,
)
def test_catalogue(lab):
    changed = [path for path in lab.altered("depot1", f"{HTTP}/premier-demarrage") if path.endswith(FIRST_START)]
    named = ", ".join(changed)
    assert not changed, reason(fr=f"modifié : {named}", en=f"changed: {named}")
    assert_card_starts(lab)
