"""Are the documents back, and does the desk know why they were gone: a problem, a known error, an answer to each?"""

import pytest

from grader import check, concurrently, reason
from lab_tools import assert_answered_by_rt, assert_service, desk, named, sftp, words_of, written

CALLERS = {
    "croux": ("pc1", "Factures", "comptabilite/factures-2026-10.csv"),
    "mlebreton": ("pc2", "Planning", "atelier/planning-semaine-48.txt"),
    "snguyen": ("pc2", "Mot de passe", "etudes/escalier-saint-aubin.txt"),
}
"""Who writes: from where, under what subject, and the document that they want."""
FOURTH = {"access": "Dossier direction", "battery": "Portable"}
WORDS = {
    "directory": ("sssd",),
    "closed": ("ssh", "sftp"),
    "address": ("dns", "zone", "enregistrement", "record", "adresse", "address", "named"),
}
"""Cause → words of which a known error has at least one, if it says what was wrong."""
SOON = 10
ENOUGH = 12
"""Characters of the shortest thing that is worth writing down."""


def incidents(lab, held):
    """Return the three callers' tickets, the newest of each; none before anybody has written."""
    found = (written(lab, held, login, subject) for login, (_, subject, _) in CALLERS.items())
    return [one for one in found if one]


def problems(held, three):
    """Return the tickets of the queue of problems that are linked to all of the incidents."""
    return [
        one
        for one in held.tickets.values()
        if one.queue == "Problèmes" and all(held.linked(one.number, incident.number) for incident in three)
    ]


def fourth(lab, held):
    """Return the ticket that has nothing to do with it."""
    return written(lab, held, "afaure", FOURTH[lab.values["fourth"]])


@pytest.mark.parametrize("login", CALLERS)
@check(
    "symptom",
    points=1,
    competence="1.1",
    fr="{{ login }} ouvre son document depuis son poste.",
    en="{{ login }} can open the document from the workstation.",
    before_fr="{{ login }} n'arrive pas à ouvrir son document.",
    before_en="{{ login }} cannot open the document.",
    timeout=60,
)
def test_document_opens(lab, login):
    host, _, path = CALLERS[login]

    def reads():
        done = sftp(lab, login, f"/srv/partages/{path}", "--connect-timeout", "3", station=host)
        said = words_of(done.stderr)
        assert done.status == 0, reason(fr=f"{login} sur {host} : {said}", en=f"{login} on {host}: {said}")
        return True

    lab.wait(reads, within=SOON, every=0.5, unless=lambda: broken(lab))


def broken(lab):
    """Return what keeps the documents away, or nothing."""
    server, address = lab.host("files1"), lab.address("files1")
    for name in ("ssh", "sssd"):
        if not server.service(name).is_running:
            return reason(fr=f"{name} est arrêté sur files1", en=f"{name} is stopped on files1")
    records = lab.client("pc1").resolve(f"files1.{lab.domain}", lab.address("srv1")).records
    if records != (address,):
        said = ", ".join(records) or reason(fr="rien", en="nothing")
        return reason(fr=f"le DNS donne pour files1 {said}", en=f"DNS gives {said} for files1")
    return ""


@check(
    "objective",
    points=1,
    competence="1.1",
    fr="La réparation tient : services et noms reviennent avec les machines.",
    en="The repair lasts: services and names come back with the machines.",
    before_fr="Les documents ne sont pas encore là pour de bon.",
    before_en="The documents are not back for good yet.",
    timeout=60,
)
def test_repair_lasts(lab):
    concurrently(lambda name: assert_service(lab, "files1", name), ("ssh", "sssd"))
    assert_service(lab, "srv1", "named")
    why = broken(lab)
    assert not why, why


@check(
    "objective",
    points=3,
    competence="1.1",
    fr="Un ticket de la file Problèmes est lié aux trois incidents.",
    en="A ticket in the queue Problèmes is linked to the three incidents.",
    before_fr="Aucun problème n'est ouvert pour ce que les trois ont en commun.",
    before_en="No problem is open for what the three have in common.",
)
def test_problem_is_linked(lab):
    held = desk(lab)
    three = incidents(lab, held)
    if not three:
        return
    found = problems(held, three)
    assert found, reason(
        fr="aucun ticket de la file Problèmes n'est lié aux trois incidents",
        en="no ticket in the queue Problèmes is linked to all three incidents",
    )
    assert len(found) == 1, reason(fr=f"il y en a {len(found)}", en=f"there are {len(found)} of them")


@check(
    "objective",
    points=3,
    competence="1.1",
    fr="Une erreur connue dit symptôme, cause et solution, et est liée au problème.",
    en="A known error gives symptom, cause and solution, and is linked to the problem.",
    before_fr="Qui aura la même panne ne trouvera rien dans la base.",
    before_en="Whoever meets the same failure will find nothing in the knowledge base.",
)
def test_known_error(lab):
    held = desk(lab)
    three = incidents(lab, held)
    if not three:
        return
    found = problems(held, three)
    assert found, reason(fr="aucun problème lié aux incidents", en="no problem linked to the incidents")
    articles = [
        one
        for one in held.articles.values()
        if one.category == "Erreurs connues" and held.documented(found[0].number, one.number)
    ]
    assert articles, reason(
        fr="aucune erreur connue n'est liée au problème", en="no known error is linked to the problem"
    )
    whole = [one for one in articles if not unfilled(one)]
    assert whole, reason(
        fr=f"{', '.join(unfilled(articles[-1]))} : pas rempli", en=f"{', '.join(unfilled(articles[-1]))}: not filled in"
    )
    told = " ".join(f"{one.fields['Cause']} {one.fields['Solution']}" for one in whole).casefold()
    assert any(word in told for word in WORDS[lab.values["cause"]]), reason(
        fr="elle ne dit pas ce qui était en panne", en="it does not say what had failed"
    )


def unfilled(article):
    """Return the parts of a known error that say next to nothing."""
    return [name for name in ("Symptôme", "Cause", "Solution") if len(article.fields.get(name, "").strip()) < ENOUGH]


@check(
    "objective",
    points=3,
    competence="1.1",
    fr="Chaque appelant a une réponse, et les incidents comme le problème sont résolus.",
    en="Each caller has an answer, and the incidents are resolved, like the problem.",
    before_fr="Les appelants attendent une réponse.",
    before_en="The callers are waiting for an answer.",
)
def test_all_are_told(lab):
    held = desk(lab)
    three = incidents(lab, held)
    if not three:
        return
    silent = [one for one in three if not one.replies()]
    assert not silent, reason(fr=f"sans réponse : {named(silent)}", en=f"without a reply: {named(silent)}")
    open_ones = [one for one in (*three, *problems(held, three)) if one.status != "solved"]
    assert not open_ones, reason(fr=f"pas résolus : {named(open_ones)}", en=f"not resolved: {named(open_ones)}")
    merged = [one for one in three if one.merged_into]
    assert not merged, reason(fr=f"fusionnés : {named(merged)}", en=f"merged: {named(merged)}")
    assert problems(held, three), reason(fr="aucun problème", en="no problem")


@check(
    "guard",
    points=1,
    competence="1.1",
    fr="La quatrième demande, qui n'a rien à voir, attend toujours d'être traitée.",
    en="The fourth request, which has nothing to do with it, still waits for its turn.",
)
def test_fourth_is_left_alone(lab):
    assert_answered_by_rt(lab)
    held = desk(lab)
    one = fourth(lab, held)
    if one is None:  # before anybody has written
        return
    tied = [other for other in problems(held, incidents(lab, held)) if held.linked(other.number, one.number)]
    assert not tied, reason(fr="elle est liée au problème", en="it is linked to the problem")
    assert one.status in {"new", "open", "waiting"}, reason(fr="elle est close", en="it has been closed")
    assert not one.merged_into, reason(fr="elle est fusionnée", en="it has been merged")
