"""People as the portal's administrators add them, and the first of these administrators."""

from __future__ import annotations

import re
from collections.abc import Collection

from orchestrator.core.control_characters import CONTROLS
from orchestrator.labd import account_words
from orchestrator.labd.account_contract import AddPerson
from orchestrator.labd.calls import RoleName
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.records import credentials
from orchestrator.records.database import Transaction
from orchestrator.records.models import ROLES, Person
from orchestrator.records.people import NewPerson, People, are_apart

LONGEST_NAME = 200
"""Characters of a given or family name."""
_FIRST = "admin"


def role_names(roles: Collection[str]) -> tuple[RoleName, ...]:
    """Return roles as the contract has them, in the store's order."""
    return tuple(role for role in ROLES if role in roles)


def fits_a_name(text: str) -> bool:
    """Return whether a text can be kept as a name: one line, not too long, without control characters."""
    return len(text) <= LONGEST_NAME and not CONTROLS.search(text) and len(text.splitlines()) <= 1


def new_person(asked: AddPerson) -> NewPerson:
    """Return somebody to be added, as the store takes them.

    Raises:
        RefusedCallError: a name cannot be kept, or with these roles nobody could sign in.
    """
    if not set(asked.roles) - {"candidate"}:
        raise RefusedCallError(account_words.no_role())
    if not are_apart(asked.roles):
        raise RefusedCallError(account_words.roles_apart())
    names = {field: getattr(asked, field).strip() for field in ("given_name", "family_name")}
    for field, name in names.items():
        if not fits_a_name(name):
            raise RefusedCallError(account_words.wrong_name(field, LONGEST_NAME))
    return NewPerson(asked.handle.strip().lower(), **names, roles=frozenset(asked.roles))


def first_administrator(writing: Transaction) -> Person | None:
    """Return who is to be the portal's first administrator, added where they are not there yet.

    Who was added for this once, and has not signed in since, is taken again. Nobody else is made an administrator by
    it, though they be called ``admin``: the account of that name on a machine may be anybody's.

    Returns:
        None where an administrator has a password.
    """
    people = People(writing)
    administrators = people.list("administrator")
    with_password = credentials.have_password(writing)
    if any(person.id in with_password for person in administrators):
        return None
    for person in administrators:
        if re.fullmatch(rf"{_FIRST}(-\d+)?", person.handle):
            return person
    return people.add(NewPerson(people.free_handle(_FIRST), roles=frozenset({"administrator"})))
