"""Roles of people who are there already, as the portal's administrators change them. Called from threads."""

from __future__ import annotations

from collections.abc import Callable

from orchestrator.labd import account_words
from orchestrator.labd.account_contract import ChangeRoles
from orchestrator.labd.calls import Who
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.records import credentials
from orchestrator.records.database import Database, Transaction
from orchestrator.records.models import Person
from orchestrator.records.people import People, are_apart


class AccountRoles:
    """Changes what people are, and with it what they may do from the next call on."""

    def __init__(self, database: Database, require_password: Callable[[Who, str], None]) -> None:
        """Take the store, and what refuses somebody who does not know their own password."""
        self._database = database
        self._require_password = require_password

    def change(self, by: Who, asked: ChangeRoles) -> None:
        """Make somebody all of what is named, and nothing else; the journal keeps who did it.

        Raises:
            RefusedCallError: the password is another, there is nobody of that name, nobody may be all of that, or
                nobody would be left who can administer the portal.
        """
        self._require_password(by, asked.password)
        roles = frozenset(asked.roles)
        with self._database.write() as writing:
            people = People(writing)
            # Of two who take the role from each other at once, the second one waits here, and sees what is left.
            people.hold("administrator")
            person = people.with_handle(asked.handle)
            if person is None or person.anonymised_at is not None:
                raise RefusedCallError(account_words.nobody(asked.handle))
            if roles == person.roles:
                return
            if not roles - {"candidate"}:
                raise RefusedCallError(account_words.no_role())
            if not are_apart(roles):
                raise RefusedCallError(account_words.roles_apart())
            if "administrator" in person.roles - roles and not is_another_administrator(writing, person):
                raise RefusedCallError(account_words.last_administrator())
            people.set_roles(person, roles, by=by.ref)


def is_another_administrator(transaction: Transaction, person: Person) -> bool:
    """Return whether somebody else than a person can sign in as an administrator."""
    with_password = credentials.have_password(transaction)
    others = (one for one in People(transaction).list("administrator") if one.id != person.id)
    return any(one.id in with_password for one in others)
