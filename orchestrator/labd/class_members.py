"""Putting a list of people into a class: all of it, or nothing; what a trainer's list may do is less than anybody's.

A trainer who could put anybody into their class, or make anybody a link, would see any lab and become anybody. So they
add trainees only, to the store as to the class, and get links for those who are new, and for trainees who have neither
a password nor an account on the machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.labd import class_words
from orchestrator.labd.account_contract import NewLink
from orchestrator.labd.account_people import LONGEST_NAME, fits_a_name
from orchestrator.labd.calls import Who
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.trainee_view import iso
from orchestrator.records import credentials
from orchestrator.records.csv_people import Listed, ListError, ListProblem, people_in
from orchestrator.records.database import Transaction
from orchestrator.records.groups import Groups
from orchestrator.records.models import PeopleGroup, Person
from orchestrator.records.people import People

_MOST: Final = 500
"""People in one list."""
_TRAINEES: Final = frozenset({"trainee", "candidate"})
_FOR_ADMINISTRATORS: Final = ("account", "candidate_number", "extra_time", "keep_until")
_TEXTS: Final = ("given_name", "family_name", "email", "organisation", "account", "candidate_number")


@dataclass(frozen=True)
class _Row:
    """A line of a list, and who it is about where the store knows them."""

    listed: Listed
    known: Person | None

    @property
    def trainer(self) -> bool:
        return "trainer" in self.listed.person.roles

    def wrong(self, column: str, text: Text) -> ListProblem:
        return ListProblem(self.listed.line, column, text)


class MemberList:
    """A list of people for a class, within one transaction."""

    def __init__(self, writing: Transaction, group: PeopleGroup, by: Who) -> None:
        """Take the transaction, the class, and who adds."""
        self._writing = writing
        self._group = group
        self._by = by
        self._administers = "administrator" in by.roles

    def add(self, text: str, now: datetime) -> tuple[NewLink, ...]:
        """Add the people of a list (CSV), and return links for those without a password.

        Raises:
            RefusedCallError: something in it is wrong; every problem is told. The transaction must not be kept.
        """
        try:
            listed = people_in(text.removeprefix("\ufeff"))
        except ListError as error:
            raise RefusedCallError(class_words.wrong_list(error.problems)) from error
        people = People(self._writing)
        rows = [_Row(one, people.with_handle(one.person.handle)) for one in listed]
        problems = [problem for row in rows for problem in self._problems(row)]
        if len(rows) > _MOST:
            problems = [rows[_MOST].wrong("", class_words.long_list(_MOST))]
        if problems:
            raise RefusedCallError(class_words.wrong_list(problems))
        with_password = credentials.have_password(self._writing)
        members = [(row, self._member(row)) for row in rows]
        return tuple(
            self._link(person, now)
            for row, person in members
            if person.id not in with_password and self._may_link(row, person)
        )

    def _problems(self, row: _Row) -> Iterator[ListProblem]:
        one = row.listed
        if one.group not in {None, self._group.name}:
            yield row.wrong("group", class_words.other_group())
        for column in _TEXTS:
            if not fits_a_name(getattr(one.person, column) or ""):
                yield row.wrong(column, class_words.long_cell(LONGEST_NAME))
        if row.known is not None:
            yield from self._problems_of_known(row, row.known)
        elif not self._administers:
            for column in _FOR_ADMINISTRATORS:
                if getattr(one.person, column) is not None:
                    yield row.wrong(column, class_words.administrators_only())
            if one.person.roles != {"trainee"}:
                yield row.wrong("roles", class_words.administrators_only())

    def _problems_of_known(self, row: _Row, known: Person) -> Iterator[ListProblem]:
        if known.anonymised_at is not None:
            yield row.wrong("handle", class_words.forgotten(known.handle))
        elif row.trainer:
            if "trainer" not in known.roles:
                yield row.wrong("roles", class_words.no_trainer(known.handle))
        elif not self._administers and not known.roles <= _TRAINEES and self._role(known) is None:
            yield row.wrong("handle", class_words.no_trainee(known.handle))

    def _role(self, person: Person) -> str | None:
        return Groups(self._writing).role_of(self._group, person)

    def _member(self, row: _Row) -> Person:
        """Return who a line is about, in the class now; who was in it stays what they are there."""
        person = row.known
        if person is None:
            try:
                person = People(self._writing).add(row.listed.person, by=self._by.ref)
            except UsageError as error:  # a number or an account is somebody else's, one of this list's perhaps
                raise RefusedCallError(class_words.wrong_list([row.wrong("", error.text)])) from error
        if self._role(person) is None:
            Groups(self._writing).add(self._group, person, trainer=row.trainer, by=self._by.ref)
        return person

    def _may_link(self, row: _Row, person: Person) -> bool:
        if not credentials.may_sign_in(person):
            return False
        return self._administers or row.known is None or (person.roles <= _TRAINEES and person.account is None)

    def _link(self, person: Person, now: datetime) -> NewLink:
        made = credentials.make_link(self._writing, person, by=self._by.ref, now=now)
        return NewLink(person.handle, made.secret, iso(made.until))
