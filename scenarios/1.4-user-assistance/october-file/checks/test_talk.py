"""Was it asked which version is meant, is what was made since still there, and did they say that all is well?"""

from grader import check, reason

FOLDER = "/srv/partages/comptabilite"


def reminders(lab):
    """Return what the colleague has saved this morning."""
    return (
        "client;facture;montant;relance\n"
        "SCI Les Tilleuls;2026-232;12350,50;2026-11-16\n"
        f"SCI Les Tilleuls;2026-232;12350,50;2026-11-{lab.values['reminder']}\n"
        "Crèche du Bocage;2026-233;2790,00;2026-11-27\n"
    )


@check(
    "objective",
    points=2,
    competence="1.4",
    fr="{{ user }} a dit quelle version il fallait.",
    en="{{ user }} has said which version was needed.",
    before_fr="On ne sait pas encore quelle version {{ user }} demande.",
    before_en="It is not yet known which version {{ user }} is asking for.",
)
def test_version_asked(lab):
    talk = lab.conversation()
    assert talk.when("version"), reason(
        fr="personne n'a demandé quelle version il fallait", en="nobody asked which version was needed"
    )
    assert not talk.when("confirmed") or talk.in_order("version", "confirmed"), reason(
        fr="la version n'a été demandée qu'après coup", en="which version it was to be was asked afterwards only"
    )


@check(
    "objective",
    points=2,
    competence="1.4",
    fr="{{ user }} a confirmé que tout y est, avant la clôture.",
    en="{{ user }} has confirmed that everything is there, before closing.",
    before_fr="{{ user }} ne peut pas encore dire que tout y est.",
    before_en="{{ user }} cannot say yet that everything is there.",
)
def test_confirmed(lab):
    assert lab.conversation().confirmed_before(None), reason(
        fr="personne n'a demandé si tout y est", en="nobody was asked whether everything is there"
    )


@check(
    "guard",
    points=2,
    competence="1.4",
    fr="Ce qui a été fait depuis est toujours dans le dossier de la comptabilité.",
    en="What was made since is still in the accounts folder.",
)
def test_made_since(lab):
    folder = lab.host("files1").file(FOLDER)
    saved = lab.host("files1").file(f"{FOLDER}/relances-clients.csv")
    assert saved.exists and saved.content_string == reminders(lab), reason(  # noqa: PT018
        fr="relances-clients.csv n'est plus tel qu'il a été enregistré ce matin",
        en="relances-clients.csv is not as it was saved this morning",
    )
    if lab.values["cause"] == "deleted":
        return
    typed = (f"2026-251;Librairie des Halles;{lab.values['november']},00", "2026-252;Maison de santé du Bocage;6920,40")
    texts = [lab.host("files1").file(f"{FOLDER}/{one.path}") for one in folder.tree() if one.kind == "file"]
    found = "\n".join(text.content_string for text in texts)
    lost = [line for line in typed if line not in found]
    assert not lost, reason(
        fr=f"les factures de novembre ne sont plus dans le dossier : {', '.join(lost)}",
        en=f"November's invoices are no longer in the folder: {', '.join(lost)}",
    )
