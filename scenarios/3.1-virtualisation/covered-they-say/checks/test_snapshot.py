"""Is there something to go back to, and does going back really bring it back?"""

from grader import check
from lab_tools import (
    assert_departures_are_shown,
    assert_logbook_is_kept,
    assert_snapshot_brings_back,
    assert_snapshot_is_on_disk,
    assert_starts_with_the_machine,
)


@check(
    "symptom",
    points=2,
    competence="3.1",
    fr="L'instantané {{ snapshot }} est dans le disque de carnet, avec sa mémoire.",
    en="The snapshot {{ snapshot }} is in the disk of carnet, with its memory.",
    before_fr="{{ snapshot }} est sur la liste, et il n'y a rien à quoi revenir.",
    before_en="{{ snapshot }} is on the list, and there is nothing to go back to.",
    because="has no snapshot",
    host="hv1",
    lock="",
)
def test_snapshot(lab):
    assert_snapshot_is_on_disk(lab, "carnet", lab.values["snapshot"])


@check(
    "objective",
    points=4,
    competence="3.1",
    fr="Revenir à {{ snapshot }} défait ce qu'on a noté depuis dans le carnet, et rien d'autre.",
    en="Going back to {{ snapshot }} undoes what was noted in the logbook since, and nothing else.",
    before_fr="Une ligne notée dans le carnet ne disparaît pas quand on veut revenir en arrière.",
    before_en="A line written in the logbook does not go when one wants to go back.",
    because="has no snapshot",
    host="hv1",
    lock="carnet",
    timeout=180,
)
def test_brings_back(lab):
    assert_snapshot_brings_back(lab, "carnet", lab.values["snapshot"])


@check(
    "guard",
    points=2,
    competence="3.1",
    fr="Le carnet de bord a toutes ses traversées, on y note, et il repart avec hv1.",
    en="The logbook has all its crossings, takes new ones, and starts again with hv1.",
    host="pc2",
    lock="carnet",
    timeout=120,
)
def test_logbook(lab):
    assert_logbook_is_kept(lab)
    assert_starts_with_the_machine(lab, "carnet")


@check(
    "guard",
    points=1,
    competence="3.1",
    fr="Les départs s'affichent toujours au quai.",
    en="The departures are still shown at the landing stage.",
    host="pc2",
    lock="horaires",
    timeout=120,
)
def test_departures(lab):
    assert_departures_are_shown(lab)
