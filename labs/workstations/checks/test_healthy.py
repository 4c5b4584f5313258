"""Is every workstation as the standard says? Asked as its user has it, then point by point."""

import pytest

from grader import check
from lab_tools import (
    QUEUES,
    assert_archive_is_read,
    assert_conforms,
    assert_documents,
    assert_keyboard,
    assert_prints,
    assert_round_is_shown,
)


@pytest.mark.parametrize("pc", QUEUES)
@check(
    "guard",
    fr="Sur {{ pc }}, la tournée du jour s'affiche.",
    en="On {{ pc }} the round of the day is shown.",
    host="{{ pc }}",
)
def test_round(lab, pc):
    assert_round_is_shown(lab, pc)


@pytest.mark.parametrize("pc", QUEUES)
@check(
    "guard",
    fr="Une page imprimée sur {{ pc }} sort en PDF de l'imprimante du poste, pour chaque compte.",
    en="A page printed on {{ pc }} comes out of the workstation's printer as a PDF, for each account.",
    host="{{ pc }}",
    timeout=120,
)
def test_print(lab, pc):
    for account in ("utilisateur", "technicien"):
        assert_prints(lab, pc, account)


@pytest.mark.parametrize("pc", QUEUES)
@check(
    "guard",
    fr="Sur {{ pc }}, apt lit l'archive de la maison, qui est signée.",
    en="On {{ pc }} apt reads the dairy's signed archive.",
    host="{{ pc }}",
    timeout=90,
)
def test_archive(lab, pc):
    assert_archive_is_read(lab, pc)


@pytest.mark.parametrize("pc", QUEUES)
@check(
    "guard",
    fr="{{ pc }} est conforme à la norme : heure, langue, programmes, imprimante, dossier personnel.",
    en="{{ pc }} complies with the standard: time, language, programs, printer, home folder.",
    host="{{ pc }}",
)
def test_standard(lab, pc):
    assert_conforms(lab, pc)
    assert_documents(lab, pc)


@pytest.mark.parametrize("pc", QUEUES)
@check(
    "guard",
    fr="Une session qui s'ouvre sur {{ pc }} a un clavier français.",
    en="A session that opens on {{ pc }} has a French keyboard.",
    host="{{ pc }}",
    timeout=90,
)
def test_keyboard(lab, pc):
    assert_keyboard(lab, pc)
