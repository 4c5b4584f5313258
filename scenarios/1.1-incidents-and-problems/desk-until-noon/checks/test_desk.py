"""Was what is the agent's own repaired, and does the rest lie with whoever may act, with what they need for it?"""

import re
import unicodedata

import pytest

from grader import check, concurrently, ldap_values, reason
from lab_tools import TRAINEE, assert_answered_by_rt, desk, named, sftp, words_of, written

BASE = "dc=valbocage,dc=internal"
GROUPS = {
    "direction": {"afaure", "croux"},
    "comptabilite": {"croux", "kbenali"},
    "etudes": {"snguyen", "tgarnier"},
    "atelier": {"mlebreton", "tgarnier"},
}
"""Who has access to which department's folder."""
DOCUMENTS = {
    "direction": "compte-rendu-2026-10.txt",
    "comptabilite": "factures-2026-10.csv",
    "etudes": "escalier-saint-aubin.txt",
}
"""A document of each folder that somebody may want to read."""
INVOICES = f"/srv/partages/comptabilite/{DOCUMENTS['comptabilite']}"
OTHERS = {"fraud": "afaure", "program": "snguyen", "access": "mlebreton", "machine": "tgarnier"}
"""What is not the agent's to repair → who wrote."""
PARTS = {
    "to": ("destinataire", "recipient"),
    "symptom": ("symptome", "symptom"),
    "tests": ("essais", "tests"),
    "evidence": ("preuve", "evidence"),
    "urgency": ("urgence", "urgency"),
}
"""The parts of a sheet, and how each may be called."""
URGENCIES = {"bloquante": "Bloquante", "genante": "Gênante", "faible": "Faible"}
ENOUGH = 12
"""Characters of the shortest thing that is worth writing down."""
CACHE = 8
"""Seconds after which SSSD has surely asked the directory again."""


def subject_of(values, key):
    """Return what somebody's message is called."""
    return {
        "own": "Factures",
        "fraud": "Nouveau RIB",
        "program": "Devis",
        "access": "Compte rendu" if values["folder"] == "direction" else "Cotes",
        "machine": "Mot de passe du pupitre",
    }[key]


def expected(values):
    """Return of each ticket: owner (or anybody), category, statuses, whom to ask, evidence, urgency."""
    members = sorted(GROUPS[values["folder"]])
    boss = "faure" if values["folder"] == "direction" else "nguyen"
    return {
        "fraud": ("ibakari", "Sécurité", {"new", "open"}, "bakari", [values["lookalike"]], "bloquante"),
        "program": (
            "ldahan",
            "Logiciels",
            {"new", "open"},
            "dahan",
            [f"eq-{values['crash']}", values["version"]],
            "bloquante" if values["quotes"] == "all" else "genante",
        ),
        "access": (
            TRAINEE,
            "Comptes",
            {"waiting"},
            boss,
            [values["folder"], *members],
            "faible" if values["folder"] == "direction" else "genante",
        ),
        "machine": (
            None,
            "Hors contrat",
            {"rejected"},
            "maho",
            [str(values["console"]), str(values["machine"])],
            "bloquante" if values["halted"] == "everybody" else "genante",
        ),
    }


def plain(text):
    """Return a text without accents, capitals and unusual spaces."""
    bare = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return " ".join(bare.casefold().split())


def parts(text):
    """Return what a note says under each heading of a sheet: part → text; headings may stand anywhere."""
    called = {name: part for part, names in PARTS.items() for name in names}
    found = re.split(rf"\b({'|'.join(called)})\s*:", plain(text))
    return {called[name]: said.strip(" -*|") for name, said in zip(found[1::2], found[2::2], strict=True)}


def ticket(lab, held, key):
    """Return somebody's ticket, or None before it was written."""
    login = "croux" if key == "own" else OTHERS[key]
    return written(lab, held, login, subject_of(lab.values, key))


def in_the_directory(lab):
    """Return in words what the directory has against Karim Benali, or nothing."""
    ldap1 = lab.host("ldap1")
    try:
        if ldap_values(ldap1, f"uid=kbenali,ou=people,{BASE}", "pwdAccountLockedTime"):
            return reason(fr="le compte kbenali est verrouillé", en="the account kbenali is locked")
        members = ldap_values(ldap1, f"cn=comptabilite,ou=groups,{BASE}", "memberUid")
    except AssertionError:  # it does not answer just now, and may yet
        return ""
    if "kbenali" in members:
        return ""
    listed = ", ".join(members)
    return reason(
        fr=f"kbenali n'est pas dans le groupe comptabilite ({listed})",
        en=f"kbenali is not in the group comptabilite ({listed})",
    )


@check(
    "symptom",
    points=3,
    competence="1.1",
    fr="Karim Benali ouvre les factures d'octobre depuis pc1.",
    en="Karim Benali can open October's invoices on pc1.",
    before_fr="Karim Benali n'arrive pas à ouvrir les factures d'octobre.",
    before_en="Karim Benali cannot open October's invoices.",
    timeout=60,
)
def test_invoices_open(lab):
    def reads():
        done = sftp(lab, "kbenali", INVOICES, station="pc1")
        said = words_of(done.stderr)
        assert done.status == 0, reason(fr=f"kbenali sur pc1 : {said}", en=f"kbenali on pc1: {said}")
        return True

    lab.wait(reads, within=CACHE, every=0.5, unless=lambda: in_the_directory(lab))


@check(
    "objective",
    points=2,
    competence="1.1",
    fr="Ce que l'agent pouvait traiter lui-même est traité : ticket à son nom, réponse envoyée, résolu.",
    en="What the agent could deal with is dealt with: a ticket of their own, answered, resolved.",
    before_fr="Clémence Roux attend une réponse.",
    before_en="Clémence Roux is waiting for an answer.",
)
def test_own_is_solved(lab):
    one = ticket(lab, desk(lab), "own")
    if one is None:  # before anybody has written
        return
    assert one.owner == TRAINEE, reason(fr="le ticket n'est pas à vous", en="the ticket is not yours")
    assert one.field("Catégorie") == "Comptes", reason(fr="ce n'est pas sa catégorie", en="that is not its category")
    assert one.replies(), reason(fr="personne n'a répondu", en="nobody has replied")
    assert one.status == "solved", reason(fr="il n'est pas résolu", en="it is not resolved")
    opens = sftp(lab, "kbenali", INVOICES, station="pc1").status == 0
    assert opens, reason(fr="il est résolu, et rien n'est réparé", en="it is resolved, and nothing is repaired")


@pytest.mark.parametrize("key", OTHERS)
@check(
    "objective",
    points=2,
    competence="1.1",
    fr="Le ticket {{ {'fraud': 'Anne Faure', 'program': 'Sophie Nguyen', 'access': 'Maël Lebreton', "
    "'machine': 'Thomas Garnier'}[key] | de }} est chez qui peut agir, dans le bon état.",
    en="{{ {'fraud': 'Anne Faure', 'program': 'Sophie Nguyen', 'access': 'Maël Lebreton', "
    "'machine': 'Thomas Garnier'}[key] }}'s ticket lies with whoever can act, and stands as it should.",
    before_fr="{{ {'fraud': 'Anne Faure', 'program': 'Sophie Nguyen', 'access': 'Maël Lebreton', "
    "'machine': 'Thomas Garnier'}[key] }} attend, et personne qui puisse agir n'a son ticket.",
    before_en="{{ {'fraud': 'Anne Faure', 'program': 'Sophie Nguyen', 'access': 'Maël Lebreton', "
    "'machine': 'Thomas Garnier'}[key] }} is waiting, and nobody who can act has the ticket.",
)
def test_right_place(lab, key):
    one = ticket(lab, desk(lab), key)
    if one is None:
        return
    owner, category, statuses, *_ = expected(lab.values)[key]
    assert owner in {None, one.owner}, reason(fr="il n'est pas au bon agent", en="another agent should have it")
    assert one.field("Catégorie") == category, reason(fr="ce n'est pas sa catégorie", en="that is not its category")
    assert one.status in statuses, reason(fr="il n'est pas dans le bon état", en="its status is not the right one")
    if key in {"access", "machine"}:
        told = plain(" ".join(reply.text for reply in one.replies()))
        assert told, reason(fr="l'appelant n'a pas de réponse", en="the caller has no answer")
        contact = key == "access" or "maho" in told or "0299001420" in told.replace(" ", "")
        assert contact, reason(fr="la réponse ne dit pas à qui s'adresser", en="the reply does not say whom to ask")


@pytest.mark.parametrize("key", OTHERS)
@check(
    "objective",
    points=2,
    competence="1.1",
    fr="La fiche du ticket {{ {'fraud': 'Anne Faure', 'program': 'Sophie Nguyen', 'access': 'Maël Lebreton', "
    "'machine': 'Thomas Garnier'}[key] | de }} dit tout ce qu'il faut pour agir.",
    en="The sheet in {{ {'fraud': 'Anne Faure', 'program': 'Sophie Nguyen', 'access': 'Maël Lebreton', "
    "'machine': 'Thomas Garnier'}[key] }}'s ticket says all that is needed to act.",
    before_fr="Qui ouvrirait le ticket {{ {'fraud': 'Anne Faure', 'program': 'Sophie Nguyen', "
    "'access': 'Maël Lebreton', 'machine': 'Thomas Garnier'}[key] | de }} n'y trouverait pas de quoi agir.",
    before_en="Whoever opened {{ {'fraud': 'Anne Faure', 'program': 'Sophie Nguyen', 'access': 'Maël Lebreton', "
    "'machine': 'Thomas Garnier'}[key] }}'s ticket would not find what it takes to act.",
)
def test_sheet(lab, key):
    one = ticket(lab, desk(lab), key)
    if one is None:
        return
    *_, whom, tokens, urgency = expected(lab.values)[key]
    sheets = [found for note in one.messages if note.kind == "note" and len(found := parts(note.text)) > 1]
    sent = any(len(parts(reply.text)) > 1 for reply in one.replies())
    assert sheets or not sent, reason(fr="la fiche est partie chez l'appelant", en="the sheet went to the caller")
    assert sheets, reason(fr="aucune fiche en commentaire", en="no sheet among the comments")
    sheet = sheets[-1]
    short = [names for part, names in PARTS.items() if part not in sheet or not sheet[part]]
    short += [PARTS[part] for part in ("symptom", "tests") if 0 < len(sheet.get(part, "")) < ENOUGH]
    fr, en = ", ".join(names[0] for names in short), ", ".join(names[1] for names in short)
    assert not short, reason(fr=f"presque rien sous : {fr}", en=f"next to nothing under: {en}")
    assert whom in sheet["to"], reason(fr="ce n'est pas le bon destinataire", en="the recipient is not the right one")
    missing = [token for token in tokens if token.casefold() not in sheet["evidence"]]
    assert not missing, reason(
        fr=f"{len(missing)} valeur sur {len(tokens)} manque à la preuve",
        en=f"{len(missing)} of {len(tokens)} values is missing from the evidence",
    )
    said = [one for one in URGENCIES if one in sheet["urgency"]]
    assert said == [urgency], reason(fr="ce n'est pas l'urgence du contrat", en="the contract has another urgency")
    timely = key != "fraud" or re.search(rf"\b{lab.values['pay']}(?!\d)", sheet["urgency"])
    assert timely, reason(fr="l'heure limite manque", en="the time limit is missing")


@check(
    "guard",
    points=2,
    competence="1.1",
    fr="Personne n'a plus de droits qu'avant : groupes et dossiers sont à qui ils étaient.",
    en="Nobody has more rights than before: groups and folders belong to whom they did.",
    timeout=60,
)
def test_no_new_right(lab):
    ldap1 = lab.host("ldap1")
    for name, members in GROUPS.items():
        more = set(ldap_values(ldap1, f"cn={name},ou=groups,{BASE}", "memberUid")) - members - {"kbenalli"}
        listed = ", ".join(sorted(more))
        assert not more, reason(fr=f"{name} : {listed} en plus", en=f"{name}: {listed} as well")
    asked = (lab.values["folder"], "comptabilite")
    done = concurrently(
        lambda name: sftp(lab, "mlebreton", f"/srv/partages/{name}/{DOCUMENTS[name]}", station="pc2"), asked
    )
    read = ", ".join(name for name, one in zip(asked, done, strict=True) if one.status == 0)
    assert not read, reason(fr=f"mlebreton lit le dossier {read}", en=f"mlebreton reads the folder {read}")


@check(
    "guard",
    points=1,
    competence="1.1",
    fr="Rien de ce qui revient à d'autres n'est clos, fusionné ou supprimé.",
    en="Nothing that is for others was closed, merged or deleted.",
)
def test_left_open(lab):
    assert_answered_by_rt(lab)
    held = desk(lab)
    waits = [one for key in ("fraud", "program", "access") if (one := ticket(lab, held, key))]
    gone = [one for one in waits if one.merged_into or one.status in {"solved", "rejected", "deleted"}]
    assert not gone, reason(fr=f"clos : {named(gone)}", en=f"closed: {named(gone)}")
