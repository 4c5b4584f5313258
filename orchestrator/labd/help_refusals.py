"""What somebody is told whose help, hint, comment or link is refused."""

from __future__ import annotations

from orchestrator.core.number_text import number_text
from orchestrator.core.text import Text
from orchestrator.labd.calls import Refusal


def not_looking() -> Refusal:
    """Return that a trainer has to see the terminal in which they want to type."""
    return Refusal(
        "wrong",
        Text(fr="Vous ne regardez pas ce terminal.", en="You are not looking at this terminal."),
        Text(fr="Ouvrez-le, puis demandez.", en="Open it, then ask."),
    )


def somebody_types(name: str) -> Refusal:
    """Return that another trainer has asked for the same terminal."""
    return Refusal(
        "busy",
        Text(
            fr=f"{name} tape déjà dans ce terminal, ou l'a demandé.",
            en=f"{name} types in this terminal already, or has asked to.",
        ),
        Text(fr="Attendez que ce soit fini.", en="Wait until that is over."),
    )


def just_refused(seconds: int) -> Refusal:
    """Return that a trainee has just refused this trainer: asked at once again, it would not be their choice."""
    return Refusal(
        "too-often",
        Text(fr="Votre stagiaire vient de refuser.", en="Your trainee has just refused."),
        Text(fr="Parlez-en d'abord ; redemandez dans une minute.", en="Speak first; ask again in a minute."),
        seconds=seconds,
    )


def no_question() -> Refusal:
    """Return that a question or consent is over, or somebody else's."""
    return Refusal(
        "missing",
        Text(fr="Cette demande n'est plus en cours.", en="This question is no longer open."),
    )


def wrong_text(most: int) -> Refusal:
    """Return that a hint or comment cannot be kept."""
    length = number_text(most)
    return Refusal(
        "wrong",
        Text(
            fr=f"Il faut un texte de {length.fr} caractères au plus, sans caractère de contrôle.",
            en=f"A text of at most {length.en} characters is needed, without control characters.",
        ),
        field="text",
    )


def nobody_works() -> Refusal:
    """Return that nobody has the scenario of the last launch running."""
    return Refusal(
        "wrong",
        Text(
            fr="Personne n'a le scénario du dernier lancement en cours.",
            en="Nobody has the scenario of the last launch running.",
        ),
        field="text",
    )


def no_trainee(handle: str) -> Refusal:
    """Return that somebody is no trainee of a class."""
    return Refusal(
        "missing",
        Text(
            fr=f"« {handle} » n'est pas stagiaire de cette classe.",
            en=f'"{handle}" is no trainee of this class.',
        ),
    )


def no_attempt() -> Refusal:
    """Return that a trainee has no attempt of a number."""
    return Refusal("missing", Text(fr="Cet essai n'existe pas.", en="There is no such attempt."))


def no_comment() -> Refusal:
    """Return that an attempt has no comment of a number."""
    return Refusal("missing", Text(fr="Ce commentaire n'existe pas.", en="There is no such comment."))


def anothers_comment() -> Refusal:
    """Return that a comment is its author's alone to change."""
    return Refusal(
        "forbidden",
        Text(
            fr="Seul son auteur peut modifier ou retirer un commentaire.",
            en="Only its author can change or withdraw a comment.",
        ),
    )


def withdrawn() -> Refusal:
    """Return that a comment was withdrawn, for good."""
    return Refusal(
        "wrong",
        Text(fr="Ce commentaire a été retiré.", en="This comment was withdrawn."),
        Text(fr="Écrivez-en un autre.", en="Write another one."),
        field="text",
    )


def administrators_link(handle: str) -> Refusal:
    """Return that a new link for somebody is for administrators."""
    return Refusal(
        "wrong",
        Text(
            fr=f"« {handle} » n'est pas seulement votre stagiaire : il y a un autre rôle, un compte de la machine ou "
            "la classe d'un autre formateur.",
            en=f'"{handle}" is not only your trainee: there is another role, an account of the machine, or the class '
            "of another trainer.",
        ),
        Text(fr="Demandez un lien à l'administration.", en="Ask an administrator for a link."),
    )
