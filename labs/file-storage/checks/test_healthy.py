"""Can everybody save, within what is agreed, in a volume of the size that is agreed?"""

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


@check(
    "guard",
    fr="Le terrain et le dessin enregistrent leurs fichiers.",
    en="The field crew and the drawing office save their files.",
    host="pc2",
    lock="server",
    timeout=150,
)
def test_saving(lab):
    assert_saves(lab, "mkerbrat", "nferhat")


@check(
    "guard",
    fr="Qui a épuisé son espace est refusé.",
    en="Whoever has used up their space is refused.",
    host="pc2",
    lock="server",
    timeout=120,
)
def test_limits_hold(lab):
    assert_limits_hold(lab)


@check(
    "guard",
    fr="Chacun a l'espace convenu, dans un volume de la taille convenue.",
    en="Everybody has the space that is agreed, in a volume of the size that is agreed.",
    host="hv1",
    lock="disks",
    timeout=60,
)
def test_agreed(lab):
    assert_limit_is_as_agreed(lab, *PEOPLE)
    assert_volume_has_its_size(lab)


@check(
    "guard",
    fr="Au prochain démarrage du serveur, tout est comme maintenant.",
    en="At the server's next start everything is as it is now.",
    host="hv1",
    lock="server",
    timeout=120,
)
def test_lasts(lab):
    assert_lasts(lab, "glenoir")


@check(
    "guard",
    fr="Aucun dossier ne manque, archives comprises.",
    en="No file is missing, nor any of the archives.",
    host="hv1",
    lock="disks",
    timeout=60,
)
def test_files(lab):
    assert_nothing_is_gone(lab)
    assert_archives_are_whole(lab)
