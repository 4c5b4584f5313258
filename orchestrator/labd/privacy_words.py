"""What somebody is told whose wish about their data is refused, and what the archive of their data says of itself."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.core.text import Text
from orchestrator.labd.calls import Refusal


def still_running(labs: Sequence[str]) -> Refusal:
    """Return that somebody's labs have to be stopped before they are forgotten."""
    listed = ", ".join(labs)
    return Refusal(
        "busy",
        Text(fr=f"Des labs de cette personne sont en marche : {listed}.", en=f"Labs of this person run: {listed}."),
        Text(
            fr="Ils doivent d'abord être arrêtés : par elle-même, ou depuis le tableau de sa classe.",
            en="They have to be stopped first: by this person, or from the board of their class.",
        ),
    )


def no_request() -> Refusal:
    """Return that nobody of that name asks to be forgotten."""
    return Refusal(
        "missing",
        Text(fr="Personne de ce nom ne demande à être effacé.", en="Nobody of that name asks to be erased."),
        Text(
            fr="La demande a peut-être été retirée, ou déjà exécutée.",
            en="The request may have been withdrawn, or carried out already.",
        ),
    )


def last_administrator() -> Refusal:
    """Return that the portal would be left without an administrator."""
    return Refusal(
        "wrong",
        Text(
            fr="C'est la seule personne qui puisse administrer le portail.",
            en="This is the only person who can administer the portal.",
        ),
        Text(
            fr="Donnez d'abord ce rôle à quelqu'un d'autre, qui choisisse un mot de passe.",
            en="First give that role to somebody else, who chooses a password.",
        ),
    )


def exporting_already() -> Refusal:
    """Return that somebody's data is being sent already, or that of others is."""
    return Refusal(
        "busy",
        Text(fr="Un téléchargement est déjà en cours.", en="A download is under way already."),
        Text(fr="Réessayez quand il sera fini.", en="Try again once it is over."),
        seconds=30,
    )


def exported_often(most: int, seconds: int) -> Refusal:
    """Return that somebody has downloaded their data as often as they may for now."""
    minutes = max(1, -(-seconds // 60))
    return Refusal(
        "too-often",
        Text(
            fr=f"Vos données se téléchargent {most} fois par heure au plus.",
            en=f"Your data can be downloaded {most} times an hour at most.",
        ),
        Text(fr=f"Réessayez dans {minutes} min.", en=f"Try again in {minutes} min."),
    )


README = Text(
    fr="""\
Ce que Breakfix garde sur vous
==============================

Fait le {at} (UTC) pour {name} ({handle}).

personne.json       qui vous êtes, vos classes, vos connexions, votre demande d'effacement s'il y en a une,
                    et quand quelqu'un d'autre a revu vos terminaux
essais/             un fichier par essai : scénario, dates, évaluations, indices lus, ce que vous avez rendu
rendus/             vos réponses et vos rapports, tels que vous les avez écrits
enregistrements/    ce que vos terminaux ont affiché (asciicast v2) : « asciinema play FICHIER » les rejoue
journal.json        ce que le journal dit de vous, et quand vous avez agi sur le travail d'autres personnes

Les heures sont en UTC. Les fichiers .json se lisent dans un navigateur ou un éditeur de texte.

Ce qui n'y est pas : votre mot de passe (seule une empreinte en existe), le nom d'autres personnes, le dossier
d'une session de jury (le jury vous le montre), et ce qu'une autre machine aurait enregistré.
""",
    en="""\
What Breakfix keeps about you
=============================

Made on {at} (UTC) for {name} ({handle}).

person.json         who you are, your classes, your sign-ins, your request for erasure if there is one,
                    and when somebody else looked at your terminals again
attempts/           a file for each attempt: scenario, times, checks, hints that you read, what you handed in
handed-in/          your answers and reports, as you wrote them
recordings/         what your terminals showed (asciicast v2): "asciinema play FILE" plays them again
journal.json        what the journal says of you, and when you acted on the work of others

Times are in UTC. A browser or a text editor reads the .json files.

What is not in it: your password (only a hash of it exists), names of other people, the record of a jury
session (the jury shows it to you), and what another machine may have recorded.
""",
)
"""The archive's own page."""
FOLDERS = {
    "README": Text(fr="LISEZ-MOI.txt", en="README.txt"),
    "person": Text(fr="personne.json", en="person.json"),
    "attempts": Text(fr="essais", en="attempts"),
    "handed-in": Text(fr="rendus", en="handed-in"),
    "recordings": Text(fr="enregistrements", en="recordings"),
    "journal": Text(fr="journal.json", en="journal.json"),
}
"""Names in the archive."""
