"""What somebody is told whose wish about their data is refused."""

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
        Text(fr=f"Réessayez dans {minutes}\N{NO-BREAK SPACE}min.", en=f"Try again in {minutes}\N{NO-BREAK SPACE}min."),
    )
