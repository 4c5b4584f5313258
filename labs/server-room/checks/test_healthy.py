"""Does the theatre's server do all that its people count on? Asked from where they are."""

import pytest

from grader import check
from lab_tools import (
    QUEUES,
    assert_backup_can_be_restored,
    assert_cues_are_shown,
    assert_folder_opens,
    assert_has_come_up_by_itself,
    assert_prints,
    assert_seats_are_shown,
    assert_week_is_kept,
)


@check(
    "guard",
    fr="La billetterie voit les places libres de ce soir.",
    en="The box office sees this evening's free seats.",
    host="pc1",
)
def test_seats(lab):
    assert_seats_are_shown(lab)


@check("guard", fr="La régie voit sa conduite.", en="The stage sees its cue sheet.", host="pc2")
def test_cues(lab):
    assert_cues_are_shown(lab)


@pytest.mark.parametrize("name", ["guichet", "conduite", "smbd", "cups", "cron"])
@check(
    "guard",
    fr="Le service {{ name }} démarre avec srv1, sans aide.",
    en="The service {{ name }} starts with srv1, without help.",
    host="srv1",
    lock="",
)
def test_services(lab, name):
    assert_has_come_up_by_itself(lab, name)


@pytest.mark.parametrize("pc", QUEUES)
@check(
    "guard",
    fr="Le dossier partagé s'ouvre sur {{ pc }}, et l'on y écrit.",
    en="The shared folder opens on {{ pc }}, and can be written to.",
    host="{{ pc }}",
    timeout=60,
)
def test_folder(lab, pc):
    assert_folder_opens(lab, pc)


@pytest.mark.parametrize("pc", QUEUES)
@check(
    "guard",
    fr="Une page imprimée sur {{ pc }} sort en PDF de son imprimante.",
    en="A page printed on {{ pc }} comes out of its printer as a PDF.",
    host="{{ pc }}",
    timeout=90,
)
def test_print(lab, pc):
    assert_prints(lab, pc)


@check(
    "guard",
    fr="Une sauvegarde se fait, et un fichier de chaque dossier en ressort.",
    en="A backup can be made, and a file of each folder comes out of it.",
    host="srv1",
    lock="backups",
    timeout=240,
)
def test_backup(lab):
    assert_backup_can_be_restored(lab)
    assert_week_is_kept(lab)
