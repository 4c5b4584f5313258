"""What somebody is told whose sign-in, password or link is refused."""

from __future__ import annotations

from orchestrator.core.text import Text
from orchestrator.labd.calls import Refusal

_MINUTE_S = 60
_ASK = Text(
    fr="Demandez un nouveau lien à qui administre le portail.",
    en="Ask whoever administers the portal for a new link.",
)


def signed_out() -> Refusal:
    """Return that nobody is signed in with this token."""
    return Refusal("signed-out", Text(fr="Vous n’êtes plus connecté.", en="You are no longer signed in."))


def no_match() -> Refusal:
    """Return that a name and a password do not belong together; which of both is wrong is not said."""
    return Refusal(
        "wrong",
        Text(fr="Ce nom et ce mot de passe ne vont pas ensemble.", en="This name and this password do not match."),
        Text(
            fr="Mot de passe oublié : demandez un lien à qui administre le portail.",
            en="Password forgotten: ask whoever administers the portal for a link.",
        ),
        field="password",
    )


def too_often(seconds: int) -> Refusal:
    """Return that there were too many tries, and how long to wait."""
    minutes = -(-seconds // _MINUTE_S)
    fr = f"{minutes} minutes" if minutes > 1 else f"{seconds} secondes" if seconds > 1 else "une seconde"
    en = f"{minutes} minutes" if minutes > 1 else f"{seconds} seconds" if seconds > 1 else "one second"
    return Refusal(
        "too-often",
        Text(fr=f"Trop d’essais. Réessayez dans {fr}.", en=f"Too many tries. Try again in {en}."),
        seconds=seconds,
    )


def crowded() -> Refusal:
    """Return that too many sign in at this moment."""
    return Refusal(
        "busy",
        Text(fr="Trop de connexions en ce moment.", en="Too many people sign in right now."),
        Text(fr="Réessayez dans quelques secondes.", en="Try again in a few seconds."),
        seconds=5,
    )


def wrong_password() -> Refusal:
    """Return that somebody's own password is another."""
    return Refusal(
        "wrong",
        Text(fr="Ce n’est pas votre mot de passe actuel.", en="This is not your present password."),
        field="old",
    )


def short_password(least: int, field: str) -> Refusal:
    """Return that a password is too short."""
    return Refusal(
        "wrong",
        Text(fr=f"Il faut au moins {least} caractères.", en=f"At least {least} characters are needed."),
        Text(
            fr="Quelques mots sans rapport entre eux se retiennent bien.",
            en="A few words that have nothing to do with each other are easy to remember.",
        ),
        field=field,
    )


def long_password(most: int, field: str) -> Refusal:
    """Return that a password is too long."""
    return Refusal(
        "wrong",
        Text(fr=f"Il y a plus de {most} caractères.", en=f"There are more than {most} characters."),
        field=field,
    )


def handle_as_password(field: str) -> Refusal:
    """Return that a password is the name of its owner."""
    return Refusal(
        "wrong",
        Text(fr="Le mot de passe ne peut pas être votre nom court.", en="The password cannot be your short name."),
        field=field,
    )


def common_password(field: str) -> Refusal:
    """Return that a password is among the first that are tried."""
    return Refusal(
        "wrong",
        Text(
            fr="C’est un des premiers mots de passe que l’on essaierait.",
            en="This is one of the first passwords that anybody would try.",
        ),
        Text(fr="Choisissez-en un qui ne soit qu’à vous.", en="Choose one that is yours alone."),
        field=field,
    )


def no_link() -> Refusal:
    """Return that no link has this secret, or that a newer one has taken its place."""
    return Refusal(
        "wrong",
        Text(
            fr="Ce lien n’existe pas, ou un plus récent l’a remplacé.",
            en="There is no such link, or a newer one has taken its place.",
        ),
        _ASK,
        field="link",
    )


def used_link() -> Refusal:
    """Return that a link was used."""
    return Refusal(
        "wrong",
        Text(fr="Ce lien a déjà servi.", en="This link was already used."),
        Text(
            fr="Si c’était vous, connectez-vous. Sinon, demandez un nouveau lien à qui administre le portail.",
            en="If that was you, sign in. If not, ask whoever administers the portal for a new link.",
        ),
        field="link",
    )


def old_link() -> Refusal:
    """Return that a link's time is over."""
    return Refusal(
        "wrong", Text(fr="Ce lien n’est plus valable.", en="This link is no longer valid."), _ASK, field="link"
    )


def no_such_sign_in() -> Refusal:
    """Return that somebody has no such sign-in, or that it has ended."""
    return Refusal("missing", Text(fr="Cette connexion n’existe plus.", en="This sign-in is gone."))


def nobody(handle: str) -> Refusal:
    """Return that nobody has a short name."""
    return Refusal(
        "missing",
        Text(fr=f"Personne ne s’appelle « {handle} ».", en=f'There is nobody called "{handle}".'),
        field="handle",
    )


def wrong_name(field: str, most: int) -> Refusal:
    """Return that a given or family name cannot be kept."""
    return Refusal(
        "wrong",
        Text(
            fr=f"Un nom tient sur une ligne de {most} caractères au plus.",
            en=f"A name is one line of at most {most} characters.",
        ),
        field=field,
    )


def no_role() -> Refusal:
    """Return that somebody would have no role with which they can sign in."""
    return Refusal(
        "wrong",
        Text(
            fr="Il faut un rôle au moins, et un candidat seul n’a pas de mot de passe.",
            en="At least one role is needed, and a candidate alone has no password.",
        ),
        Text(fr="Ajoutez-lui un autre rôle : stagiaire, par exemple.", en="Add another one: trainee, for example."),
        field="roles",
    )


def roles_apart() -> Refusal:
    """Return that somebody would organise sessions and judge in them."""
    return Refusal(
        "wrong",
        Text(
            fr="Qui organise des sessions n’y juge pas : un compte n’a pas à la fois ces deux rôles.",
            en="Who organises sessions does not judge in them: no account has both of these roles.",
        ),
        Text(
            fr="Gardez l’un des deux ; donnez l’autre à quelqu’un d’autre, sous son propre compte.",
            en="Keep one of the two; give the other to somebody else, who has an account of their own.",
        ),
        field="roles",
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
        field="roles",
    )


def of_store(text: Text, hint: Text | None, field: str) -> Refusal:
    """Return what the store says of a wrong value."""
    return Refusal("wrong", text, hint, field=field)
