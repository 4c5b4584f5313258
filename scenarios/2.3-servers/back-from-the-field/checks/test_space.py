"""Can people save again, with what was agreed, and nobody with more?"""

from grader import check
from lab_tools import (
    PEOPLE,
    assert_archives_are_whole,
    assert_lasts,
    assert_limit_is_as_agreed,
    assert_limits_hold,
    assert_nothing_is_gone,
    assert_saves,
    assert_volume_has_its_size,
)

COLLEAGUES = {
    "mkerbrat": "ibenhaddou",
    "ibenhaddou": "mkerbrat",
    "twolski": "nferhat",
    "nferhat": "twolski",
    "glenoir": "nferhat",
}
"""Who sits beside whom."""


@check(
    "symptom",
    points=3,
    competence="2.3",
    fr="{{ who }} enregistre un fichier de 4 Mo dans son dossier.",
    en="{{ who }} saves a file of 4 MB in their folder.",
    before_fr="Qui a appelé ne peut rien enregistrer.",
    before_en="Whoever called cannot save anything.",
    because="cannot save",
    host="pc2",
    lock="server",
    timeout=150,
)
def test_caller_saves(lab):
    assert_saves(lab, lab.values["who"])


@check(
    "symptom",
    points=2,
    competence="2.3",
    fr="Dans le bureau voisin, on enregistre aussi.",
    en="At the next desk files are saved as well.",
    before_fr="Au bureau voisin, rien ne s'enregistre non plus.",
    before_en="At the next desk nothing can be saved either.",
    because="cannot save",
    host="pc2",
    lock="server",
    timeout=150,
)
def test_colleague_saves(lab):
    assert_saves(lab, COLLEAGUES[lab.values["who"]])


@check(
    "objective",
    points=3,
    competence="2.3",
    fr="Le volume dossiers a la taille que dit la demande, et c'est le même.",
    en="The volume dossiers has the size that the request says, and is the same one.",
    before_fr="Le serveur n'a pas la place que dit la demande.",
    before_en="The server does not have the room that the request says.",
    because="GiB are agreed",
    host="hv1",
    lock="disks",
    timeout=60,
)
def test_volume(lab):
    assert_volume_has_its_size(lab)


@check(
    "objective",
    points=3,
    competence="2.3",
    fr="{{ who }} a l'espace que dit la demande.",
    en="{{ who }} has the space that the request says.",
    before_fr="Qui a appelé n'a pas l'espace que dit la demande.",
    before_en="Whoever called does not have the space that the request says.",
    because="MiB are agreed",
    host="hv1",
    lock="disks",
    timeout=60,
)
def test_quota(lab):
    assert_limit_is_as_agreed(lab, lab.values["who"])


@check(
    "guard",
    points=2,
    competence="2.3",
    fr="Personne d'autre n'a plus, ni moins, que ce qui est convenu.",
    en="Nobody else has more, or less, than what is agreed.",
    host="hv1",
    lock="disks",
    timeout=60,
)
def test_others(lab):
    assert_limit_is_as_agreed(lab, *(login for login in PEOPLE if login != lab.values["who"]))


@check(
    "guard",
    points=2,
    competence="2.3",
    fr="Qui a épuisé son espace est toujours refusé.",
    en="Whoever has used up their space is still refused.",
    host="pc2",
    lock="server",
    timeout=120,
)
def test_limits_hold(lab):
    assert_limits_hold(lab)


@check(
    "guard",
    points=2,
    competence="2.3",
    fr="Ce qui s'enregistre va dans le volume dossiers, et le prochain démarrage le monte pareil.",
    en="What is saved goes to the volume dossiers, and the next start mounts it the same.",
    host="hv1",
    lock="server",
    timeout=120,
)
def test_lasts(lab):
    assert_lasts(lab, COLLEAGUES[lab.values["who"]])


@check(
    "guard",
    points=3,
    competence="2.3",
    fr="Aucun dossier ne manque, archives comprises.",
    en="No file is missing, nor any of the archives.",
    host="hv1",
    lock="disks",
    timeout=60,
)
def test_files(lab):
    assert_nothing_is_gone(lab)
    assert_archives_are_whole(lab)
