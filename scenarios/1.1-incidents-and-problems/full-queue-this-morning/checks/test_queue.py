"""Does each ticket say what it is, how grave and how soon it is, and whose, as the contract has it?"""

from datetime import timedelta

from grader import check, reason
from lab_tools import HOURS, MATRIX, OWNERS, PRIORITIES, assert_answered_by_rt, desk, named

SUBJECTS = {
    "mail": "Courrier",
    "account": "Session",
    "folder": "Dossier des études",
    "printer": "Imprimante de la comptabilité",
    "shouted": "URGENT !!! à faire tout de suite",
    "quotes": "Équerre",
    "given": "Pour information",
    "station": "Mon poste",
    "newcomer": "Lina Moreau",
    "absence": "Congés",
}
OUTSIDE = {
    "machine": ("La Maho est arrêtée", ("Maho", "02 99 00 14 20", "0299001420")),
    "site": ("Horaires faux sur le site", ("Pixelune", "contact@pixelune.example")),
    "telephone": ("Mon téléphone", ("Armorline", "3970")),
}
"""What is not covered → the ticket's subject, and whom the caller is to be told to ask."""
SLACK = timedelta(minutes=5)


def expected(values):
    """Return what the contract makes of each ticket: type, impact, urgency, category."""
    return {
        "mail": ("Incident", "Entreprise", "Bloquante", "Messagerie"),
        "account": ("Incident", "Personne", "Bloquante", "Comptes"),
        "folder": (
            "Incident",
            "Service",
            "Bloquante" if values["folder"] == "closed" else "Gênante",
            "Fichiers et réseau",
        ),
        "printer": ("Incident", "Service" if values["printer"] == "stripes" else "Personne", "Gênante", "Impression"),
        "shouted": (
            "Incident" if values["shouted"] == "clock" else "Demande",
            "Personne",
            "Faible",
            "Poste de travail",
        ),
        "quotes": ("Incident", "Service" if values["quotes"] == "several" else "Personne", "Gênante", "Logiciels"),
        "given": ("Incident", "Entreprise", "Bloquante", "Sécurité"),
        "station": (
            "Incident",
            "Personne",
            "Bloquante" if values["station"] == "dead" else "Gênante",
            "Poste de travail",
        ),
        "newcomer": ("Demande", "Personne", "Faible", "Comptes"),
        "absence": ("Demande", "Personne", "Faible", "Messagerie"),
    }


def twin_subject(values):
    """Return the subject of the ticket that tells of a failure a second time."""
    if values["twin"] == "mail":
        return "Kervella"
    return "Factures illisibles" if values["printer"] == "stripes" else "Mes graphiques"


def ticket_of(held, subject):
    """Return the ticket that came with a subject, whatever it is called now."""
    found = [one for one in held.tickets.values() if one.first_subject == subject]
    assert found, reason(fr=f"le ticket « {subject} » n'est plus là", en=f"the ticket '{subject}' is gone")
    return found[0]


def standing(held, subject):
    """Return the ticket itself, or the one that it was merged into."""
    one = ticket_of(held, subject)
    return held.tickets[one.merged_into] if one.merged_into else one


def covered(lab):
    """Return each ticket that the contract covers, with what it makes of it; twins that were merged are one."""
    held = desk(lab)
    return [(standing(held, SUBJECTS[key]), *wanted) for key, wanted in expected(lab.values).items()]


def assert_none(wrong, fr, en):
    """None of the tickets is wrong; how many are is told, not which."""
    assert not wrong, reason(fr=f"{len(wrong)} tickets sur 10 {fr}", en=f"{len(wrong)} of 10 tickets {en}")


@check(
    "objective",
    points=4,
    competence="1.1",
    fr="Chaque ticket a l'impact et l'urgence que le contrat lui donne.",
    en="Each ticket has the impact and the urgency that the contract gives it.",
)
def test_impact_and_urgency(lab):
    wrong = [
        one
        for one, _, impact, urgency, _ in covered(lab)
        if (one.field("Impact"), one.field("Urgence")) != (impact, urgency)
    ]
    assert_none(wrong, "n'ont pas l'impact et l'urgence du contrat", "lack the contract's impact and urgency")


@check(
    "objective",
    points=3,
    competence="1.1",
    fr="Chaque ticket a la priorité du contrat, et l'échéance qui en vient.",
    en="Each ticket has the contract's priority, and the due date that follows from it.",
)
def test_priority(lab):
    wrong = []
    for one, _, impact, urgency, _ in covered(lab):
        level = MATRIX[impact, urgency]
        late = one.due is None or abs(one.due - one.created - timedelta(hours=HOURS[level])) > SLACK
        if one.priority != PRIORITIES[level] or late:
            wrong.append(one)
    assert_none(wrong, "n'ont pas la priorité du contrat, ou son échéance", "lack the contract's priority or due date")


@check(
    "objective",
    points=2,
    competence="1.1",
    fr="Chaque ticket est classé : type et catégorie.",
    en="Each ticket is filed: type and category.",
)
def test_category(lab):
    wrong = [
        one
        for one, kind, _, _, category in covered(lab)
        if (one.field("Type"), one.field("Catégorie")) != (kind, category)
    ]
    assert_none(wrong, "n'ont pas le bon type ou la bonne catégorie", "have another type or category")


@check(
    "objective",
    points=2,
    competence="1.1",
    fr="Chaque ticket est à l'agent qui traite sa catégorie.",
    en="Each ticket belongs to the agent who handles its category.",
)
def test_owner(lab):
    wrong = [one for one, _, _, _, category in covered(lab) if one.owner != OWNERS[category]]
    assert_none(wrong, "ne sont pas à l'agent prévu", "don't belong to the agent in charge")


@check(
    "objective",
    points=2,
    competence="1.1",
    fr="Les deux tickets d'une même panne n'en font plus qu'un.",
    en="The two tickets about one failure have become one.",
)
def test_twins_are_merged(lab):
    held, subject = desk(lab), twin_subject(lab.values)
    one, other = ticket_of(held, SUBJECTS[lab.values["twin"]]), ticket_of(held, subject)
    assert standing(held, subject).number == standing(held, one.first_subject).number, reason(
        fr="une même panne a encore deux tickets", en="one failure still has two tickets"
    )
    assert "deleted" not in {one.status, other.status}, reason(fr="l'un est supprimé", en="one of them is deleted")


@check(
    "objective",
    points=2,
    competence="1.1",
    fr="L'appelant hors contrat sait à qui s'adresser, et son ticket est rejeté.",
    en="The caller who isn't covered knows whom to ask, and the ticket is rejected.",
)
def test_outside_the_contract(lab):
    subject, contact = OUTSIDE[lab.values["outside"]]
    one = ticket_of(desk(lab), subject)
    told = " ".join(reply.text for reply in one.replies()).casefold()
    assert any(word.casefold() in told for word in contact), reason(
        fr="aucune réponse à l'appelant ne dit à qui s'adresser", en="no reply tells the caller whom to ask"
    )
    assert one.status == "rejected", reason(fr="le ticket n'est pas rejeté", en="the ticket is not rejected")
    assert one.field("Catégorie") == "Hors contrat", reason(
        fr="sa catégorie n'est pas « Hors contrat »", en="its category is not 'Hors contrat'"
    )


@check(
    "guard",
    points=1,
    competence="1.1",
    fr="Personne n'a été éconduit : aucun autre ticket n'est clos, rejeté ou supprimé.",
    en="Nobody was turned away: no other ticket is closed, rejected or deleted.",
)
def test_nobody_is_turned_away(lab):
    assert_answered_by_rt(lab)
    held = desk(lab)
    gone = [
        one
        for one in (standing(held, subject) for subject in (*SUBJECTS.values(), twin_subject(lab.values)))
        if one.status in {"solved", "rejected", "deleted"}
    ]
    assert not gone, reason(fr=f"clos : {named(gone)}", en=f"closed: {named(gone)}")
