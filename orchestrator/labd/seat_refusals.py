"""What is said where a candidate's code, or an answer to a browser that waits, is refused."""

from __future__ import annotations

from orchestrator.core.text import Text
from orchestrator.labd.calls import Refusal


def no_code() -> Refusal:
    """Return that a code holds nowhere: wrong, replaced, or its session is over, which reads the same."""
    return Refusal(
        "wrong",
        Text(fr="Ce code ne permet pas d'entrer.", en="This code does not let you in."),
        Text(
            fr="Relisez-le sur votre feuille ; s'il est bien écrit, appelez la personne qui surveille.",
            en="Compare it with your sheet; if it is right, call the invigilator.",
        ),
        field="code",
    )


def over() -> Refusal:
    """Return that candidates' access has ended with the session."""
    return Refusal(
        "wrong",
        Text(
            fr="Cette session est finie : plus personne n'y prend place.",
            en="This session is over: nobody takes a seat in it any more.",
        ),
    )


def gone() -> Refusal:
    """Return that a browser waits no longer."""
    return Refusal(
        "missing",
        Text(
            fr="Cette demande n'attend plus : elle a reçu une réponse, ou une autre l'a remplacée.",
            en="This request waits no longer: it was answered, or another has taken its place.",
        ),
    )


def nobody_there() -> Refusal:
    """Return that nobody has a candidate's seat."""
    return Refusal("missing", Text(fr="Personne n'est à cette place.", en="Nobody is at this seat."))
