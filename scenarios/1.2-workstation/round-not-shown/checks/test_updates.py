"""Does the round show again, and will the next update come too, on that workstation and on the others?"""

from grader import check
from lab_tools import (
    QUEUES,
    assert_archive_is_read,
    assert_conforms,
    assert_documents,
    assert_nothing_unfinished,
    assert_round_is_shown,
    assert_up_to_date,
)


@check(
    "symptom",
    points=3,
    competence="1.2",
    fr="La tournée du jour s'affiche sur {{ pc }}.",
    en="The round of the day shows on {{ pc }}.",
    before_fr="La tournée du jour ne s'affiche pas sur {{ pc }}.",
    before_en="The round of the day does not show on {{ pc }}.",
    host="{{ pc }}",
    because="ends with status 3",
)
def test_round(lab):
    assert_round_is_shown(lab, lab.values["pc"])


@check(
    "objective",
    points=3,
    competence="1.2",
    fr="Les programmes de {{ pc }} sont à la version de l'archive, installés entièrement.",
    en="The programs of {{ pc }} have the archive's version, installed whole.",
    before_fr="Les programmes de {{ pc }} ne sont pas ceux des autres postes.",
    before_en="The programs of {{ pc }} are not those of the other workstations.",
    host="{{ pc }}",
    because="has version|is not installed",
)
def test_versions(lab):
    assert_up_to_date(lab, lab.values["pc"])


@check(
    "objective",
    points=4,
    competence="1.2",
    fr="{{ pc }} lit l'archive, et rien n'y retient les mises à jour suivantes.",
    en="{{ pc }} reads the archive, and nothing on it holds the next updates back.",
    before_fr="Les mises à jour n'arrivent pas sur {{ pc }}.",
    before_en="Updates do not reach {{ pc }}.",
    host="{{ pc }}",
    because="apt-get update fails|do not offer|on hold|has not finished",
    timeout=90,
)
def test_next_update_comes(lab):
    assert_archive_is_read(lab, lab.values["pc"])
    assert_nothing_unfinished(lab, lab.values["pc"])


@check(
    "guard",
    points=1,
    competence="1.2",
    fr="Les autres postes sont conformes à la norme, et les documents de tous sont là.",
    en="The other workstations comply with the standard, and everybody's documents are there.",
    timeout=120,
)
def test_others(lab):
    for pc in QUEUES:
        assert_documents(lab, pc)
        if pc != lab.values["pc"]:
            assert_conforms(lab, pc)
            assert_round_is_shown(lab, pc)
