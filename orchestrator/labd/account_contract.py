"""The part of the contract (``calls``) that is about people: how they sign in, and who there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.core.language import Language
from orchestrator.labd.calls import Call, Nothing, RoleName, Who


@dataclass(frozen=True)
class SignIn:
    """Sign in with a password.

    Attributes:
        handle: the short name.
        password: the password.
        agent: the browser as it names itself, so that its owner recognises it among theirs.
        address: where they come from, by which too many tries are noticed.
    """

    handle: str
    password: str
    agent: str = ""
    address: str = ""


@dataclass(frozen=True)
class SignedIn:
    """A new sign-in; ``token`` is shown once, the store has its hash. ``seconds``: how long it holds while it rests."""

    token: str
    seconds: int
    who: Who


LinkKind = Literal["invitation", "reset"]


@dataclass(frozen=True)
class LookAtLink:
    """Ask whose a one-time link is, before a password is chosen."""

    link: str


@dataclass(frozen=True)
class LinkView:
    """Whose a one-time link is, and what it is for."""

    handle: str
    name: str
    kind: LinkKind


@dataclass(frozen=True)
class UseLink:
    """Choose a password by a one-time link, which ends; whoever was signed in under that name no longer is."""

    link: str
    password: str
    agent: str = ""
    address: str = ""


@dataclass(frozen=True)
class SetLanguage:
    """Choose one's language."""

    language: Language


@dataclass(frozen=True)
class ChangePassword:
    """Change one's own password; one's other sign-ins end."""

    old: str
    new: str


@dataclass(frozen=True)
class SignInView:
    """One of somebody's sign-ins: times in ISO 8601, UTC; ``current``: the one that asks."""

    id: int
    since: str
    last_seen: str
    agent: str
    current: bool


@dataclass(frozen=True)
class EndSignIn:
    """End one of one's own sign-ins."""

    id: int


@dataclass(frozen=True)
class PersonView:
    """Somebody in the store, as an administrator sees them.

    Attributes:
        handle: the short name.
        name: the name as it is read.
        roles: what they are.
        password: whether they have chosen one, so that they can sign in.
        last_seen: when they were last here, ISO 8601; None: never.
    """

    handle: str
    name: str
    roles: tuple[RoleName, ...]
    password: bool
    last_seen: str | None


@dataclass(frozen=True)
class AddPerson:
    """Add somebody, and make the link by which they choose a password."""

    handle: str
    given_name: str
    family_name: str
    roles: tuple[RoleName, ...] = ("trainee",)


@dataclass(frozen=True)
class MakeLink:
    """Make somebody a new link: the ones before end, and so does their password once it is used."""

    handle: str


@dataclass(frozen=True)
class NewLink:
    """A one-time link's secret, shown once; ``until``: ISO 8601."""

    handle: str
    link: str
    until: str


@dataclass(frozen=True)
class ChangeRoles:
    """Make somebody all of what is named, and nothing else.

    Attributes:
        handle: who.
        roles: what they are from then on.
        password: that of who changes it.
    """

    handle: str
    roles: tuple[RoleName, ...]
    password: str


SIGN_IN = Call("sign-in", SignIn, SignedIn)
LOOK_AT_LINK = Call("look-at-link", LookAtLink, LinkView)
USE_LINK = Call("use-link", UseLink, SignedIn)
SIGN_OUT = Call("sign-out", Nothing, Nothing)
ME = Call("me", Nothing, Who)
SET_LANGUAGE = Call("set-language", SetLanguage, Nothing)
CHANGE_PASSWORD = Call("change-password", ChangePassword, Nothing)
SIGN_INS = Call("sign-ins", Nothing, tuple[SignInView, ...])
END_SIGN_IN = Call("end-sign-in", EndSignIn, Nothing)
PEOPLE = Call("people", Nothing, tuple[PersonView, ...])
ADD_PERSON = Call("add-person", AddPerson, NewLink)
MAKE_LINK = Call("make-link", MakeLink, NewLink)
CHANGE_ROLES = Call("change-roles", ChangeRoles, Nothing)

ACCOUNT_CALLS: tuple[Call[Any, Any], ...] = (
    SIGN_IN,
    LOOK_AT_LINK,
    USE_LINK,
    SIGN_OUT,
    ME,
    SET_LANGUAGE,
    CHANGE_PASSWORD,
    SIGN_INS,
    END_SIGN_IN,
    PEOPLE,
    ADD_PERSON,
    MAKE_LINK,
    CHANGE_ROLES,
)
"""Every call of this part."""
