"""Can everybody save again on that workstation, will it last, and is everything that matters still there?"""

from grader import check, reason
from lab_tools import (
    HOME,
    QUEUES,
    as_account,
    assert_conforms,
    assert_documents,
    assert_home,
    assert_round_is_shown,
    assert_up_to_date,
    said,
)

LETTER = 8 << 20
"""Bytes of what is saved: a letter with photographs."""


def size_of_home(lab, pc):
    """Return the size in KiB of the home without its documents, where another check saves at the same time."""
    return int(lab.host(pc).run("du -sk --exclude=%s %s", f"{HOME}/Documents", HOME).stdout.split()[0])


@check(
    "symptom",
    points=3,
    competence="1.2",
    fr="Sur {{ pc }}, le compte du poste enregistre un document.",
    en="On {{ pc }} the workstation's account saves a document.",
    before_fr="Sur {{ pc }}, rien ne s'enregistre.",
    before_en="On {{ pc }} nothing can be saved.",
    host="{{ pc }}",
    because="No space left on device|cannot save",
)
def test_saves(lab):
    pc = lab.values["pc"]
    done = as_account(
        lab, pc, f"LC_ALL=C head -c {LETTER} /dev/zero >Documents/.essai; state=$?; rm -f Documents/.essai; exit $state"
    )
    assert done.rc == 0, reason(
        fr=f"{pc} : utilisateur ne peut pas enregistrer : {said(done)}",
        en=f"{pc}: utilisateur cannot save: {said(done)}",
    )


@check(
    "objective",
    points=4,
    competence="1.2",
    fr="Le dossier personnel de {{ pc }} tient dans la place prévue, et n'enfle plus quand on s'en sert.",
    en="The home folder of {{ pc }} fits in the space that the standard gives it, and no longer swells with use.",
    before_fr="Sur {{ pc }}, ce serait à refaire mardi.",
    before_en="On {{ pc }} it would be the same again by Tuesday.",
    host="{{ pc }}",
    because="instead of 40 at most",
    timeout=90,
)
def test_lasts(lab):
    pc = lab.values["pc"]
    assert_home(lab, pc)
    assert_round_is_shown(lab, pc)
    before = size_of_home(lab, pc)
    assert_round_is_shown(lab, pc)
    more = size_of_home(lab, pc) - before
    assert more < 1024, reason(
        fr=f"{pc} : à chaque tournée affichée, {HOME} grossit de {more >> 10} Mo",
        en=f"{pc}: each time a round is shown, {HOME} grows by {more >> 10} MB",
    )


@check(
    "guard",
    points=2,
    competence="1.2",
    fr="Les documents et les programmes sont tous là, sur tous les postes.",
    en="Documents and programs are all there, on every workstation.",
    timeout=120,
)
def test_nothing_lost(lab):
    for pc in QUEUES:
        assert_documents(lab, pc)
        if pc == lab.values["pc"]:
            assert_up_to_date(lab, pc)  # no more: apt cannot even take its lock on a full disk
        else:
            assert_conforms(lab, pc)
