"""Who somebody is: signing in, passwords, one-time links; and the people whom an administrator adds.

One method for each call of the contract's sections "Who" and "People". Who may call what is for the table of rules;
these methods decide whose password, link and sign-in something is. They wait for the store, and for their turn to hash:
call them from threads. What is slow (hashing) is done outside transactions; each transaction looks again at what it
rests on.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from orchestrator.core.errors import MachineError, UsageError
from orchestrator.core.language import Language
from orchestrator.labd import account_contract, account_words, calls, class_contract, class_words
from orchestrator.labd.account_passwords import PasswordHashes, check_password
from orchestrator.labd.account_people import first_administrator, new_person, role_names
from orchestrator.labd.account_roles import AccountRoles
from orchestrator.labd.account_tries import Tries
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.records import changes, credentials, join_codes, journal, sign_ins
from orchestrator.records.database import Database, Transaction
from orchestrator.records.groups import Groups
from orchestrator.records.models import PeopleGroup, Person
from orchestrator.records.people import NewPerson, People
from orchestrator.records.sign_ins import CurrentSignIn

_SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is known when a sign-in was last used: each note of it is written to the store."""
_MOST_TRAINEES = 200
"""Trainees of a class who may have come by its code: one that is known too widely fills no store."""


class PortalAccounts:
    """The accounts of the portal's people, over the store."""

    def __init__(
        self,
        database: Database,
        *,
        hashes: PasswordHashes | None = None,
        tries: Tries | None = None,
        clock: Callable[[], datetime] = journal.now,
    ) -> None:
        """Take the store; how passwords are hashed, how often they are tried and what time it is, for tests."""
        self._database = database
        self._hashes = hashes or PasswordHashes()
        self._tries = tries or Tries()
        self._clock = clock

    # Who: without a token ---------------------------------------------------------------------------------------

    def sign_in(self, asked: account_contract.SignIn) -> account_contract.SignedIn:
        """Sign somebody in.

        Raises:
            RefusedCallError: name and password do not match; it was tried too often; too many sign in at once.
        """
        handle = asked.handle.strip().lower()
        self._tries.refuse_too_many(handle, asked.address)
        with self._database.read() as reading:
            person = People(reading).with_handle(handle)
            served = person is not None and credentials.may_sign_in(person)
            kept = credentials.password_hash(reading, person) if person is not None and served else None
        renewed = self._tried(handle, asked.address, asked.password, kept)
        if person is None or kept is None:
            raise RefusedCallError(account_words.no_match())
        with self._database.write() as writing:
            if not credentials.is_still(writing, person, kept):  # changed meanwhile: what was tried is no longer it
                raise RefusedCallError(account_words.no_match())
            if renewed is not None:
                credentials.rehash(writing, person, kept, renewed)
            return self._signed_in(writing, person, asked.agent)

    def look_at_link(self, asked: account_contract.LookAtLink) -> account_contract.LinkView:
        """Return whose a link is.

        Raises:
            RefusedCallError: it cannot be used.
        """
        with self._database.read() as reading:
            found = self._link(reading, asked.link)
            return account_contract.LinkView(found.person.handle, found.person.name or found.person.handle, found.kind)

    def use_link(self, asked: account_contract.UseLink) -> account_contract.SignedIn:
        """Keep the password that somebody chooses by their link, and sign them in here and nowhere else.

        Raises:
            RefusedCallError: the link cannot be used, or not any more; the password would soon be guessed.
        """
        with self._database.read() as reading:
            handle = self._link(reading, asked.link).person.handle
        check_password(asked.password, handle, "password")
        with self._hashes.turn():
            made = self._hashes.made(asked.password)
        with self._database.write() as writing:
            person = credentials.use_link(writing, asked.link, self._clock())
            if person is None:  # used or replaced meanwhile
                self._link(writing, asked.link)
                raise RefusedCallError(account_words.used_link())
            credentials.choose_password(writing, person, made, now=self._clock(), way="link")
            sign_ins.end_all(writing, person.id, self._clock())
            return self._signed_in(writing, person, asked.agent)

    def look_at_code(self, asked: class_contract.LookAtCode) -> class_contract.CodeView:
        """Return which class a code is for; tries in vain count like those of passwords.

        Raises:
            RefusedCallError: no such code holds, or it was tried too often.
        """
        with self._database.read() as reading:
            return class_contract.CodeView(self._class_of(reading, asked.code, asked.address).name)

    def join(self, asked: class_contract.Join) -> account_contract.SignedIn:
        """Add somebody who comes with a class's code to the class, as a trainee with a password, and sign them in.

        Raises:
            RefusedCallError: no such code holds, or it was tried too often; the class is full; a field is wrong; the
                short name is somebody else's; the password would soon be guessed.
        """
        new = new_person(account_contract.AddPerson(asked.handle, asked.given_name, asked.family_name))
        with self._database.read() as reading:
            self._class_of(reading, asked.code, asked.address)
        check_password(asked.password, new.handle, "password")
        with self._hashes.turn():
            made = self._hashes.made(asked.password)
        with self._database.write() as writing:
            group, groups = self._class_of(writing, asked.code, asked.address), Groups(writing)
            if len(groups.members(group)) >= _MOST_TRAINEES:
                raise RefusedCallError(class_words.full_class())
            person = self._added(writing, new, journal.PROGRAM)
            groups.add(group, person, trainer=False, by=person.ref)
            credentials.choose_password(writing, person, made, now=self._clock(), way="join")
            return self._signed_in(writing, person, asked.agent)

    # Who: by the token ------------------------------------------------------------------------------------------

    def who(self, token: str) -> calls.Who | None:
        """Return who is signed in with a token; None where nobody is, or no longer. It is asked at each call."""
        with self._database.read() as reading:
            found = sign_ins.current(reading, token, self._clock())
        if found is None or not found.roles - {"candidate"}:
            return None
        if self._clock() - found.last_seen >= _SEEN_EVERY:
            with (
                contextlib.suppress(MachineError),
                self._database.write() as writing,
            ):  # it stays signed in all the same
                sign_ins.seen(writing, found.id, self._clock())
        return _who(found)

    def sign_out(self, token: str) -> None:
        """End a sign-in; of a token that is nobody's nothing is said."""
        with self._database.write() as writing:
            sign_ins.end(writing, token, self._clock())

    def set_language(self, who: calls.Who, asked: account_contract.SetLanguage) -> None:
        """Keep the language that somebody chose."""
        with self._database.write() as writing:
            person = People(writing).find(who.ref)
            changes.change(writing, person, {"language": asked.language}, by=who.ref)

    def change_password(self, token: str, asked: account_contract.ChangePassword) -> None:
        """Change somebody's own password; their other sign-ins end.

        Raises:
            RefusedCallError: they are signed out, the old one is another, or the new one would soon be guessed.
        """
        with self._database.read() as reading:
            here = self._here(reading, token)
            person = People(reading).find(here.ref)
            kept = credentials.password_hash(reading, person)
        check_password(asked.new, here.handle, "new")
        where = f"sign-in {here.id}"
        self._tries.refuse_too_many(here.handle, where)
        with self._hashes.turn():
            right = self._hashes.matches(asked.old, kept)
            made = self._hashes.made(asked.new) if right else ""
        if not right or kept is None:
            self._tries.in_vain(here.handle, where)
            raise RefusedCallError(account_words.wrong_password())
        with self._database.write() as writing:
            if not credentials.is_still(writing, person, kept):
                raise RefusedCallError(account_words.wrong_password())
            credentials.choose_password(writing, person, made, now=self._clock(), way="change")
            sign_ins.end_all(writing, person.id, self._clock(), but=here.id)

    def require_password(self, who: calls.Who, password: str) -> None:
        """Refuse somebody who is signed in what only they may do who know the password.

        Raises:
            RefusedCallError: it is another, or was tried too often.
        """
        with self._database.read() as reading:
            kept = credentials.password_hash(reading, People(reading).find(who.ref))
        where = f"person {who.ref}"
        self._tries.refuse_too_many(who.handle, where)
        with self._hashes.turn():
            right = self._hashes.matches(password, kept)
        if not right:
            self._tries.in_vain(who.handle, where)
            raise RefusedCallError(replace(account_words.wrong_password(), field="password"))

    def sign_ins(self, token: str) -> tuple[account_contract.SignInView, ...]:
        """Return where somebody is signed in, the last used first.

        Raises:
            RefusedCallError: they are signed out.
        """
        with self._database.read() as reading:
            here = self._here(reading, token)
            return tuple(
                account_contract.SignInView(
                    row.id, _iso(row.since), _iso(row.last_seen), row.agent, current=row.id == here.id
                )
                for row in sign_ins.of_person(reading, here.person_id, self._clock())
            )

    def end_sign_in(self, token: str, asked: account_contract.EndSignIn) -> None:
        """End one of somebody's sign-ins.

        Raises:
            RefusedCallError: they are signed out, or have none of that number.
        """
        with self._database.write() as writing:
            here = self._here(writing, token)
            if not sign_ins.end_one(writing, here.person_id, asked.id, self._clock()):
                raise RefusedCallError(account_words.no_such_sign_in())

    # People: for administrators ---------------------------------------------------------------------------------

    def people(self) -> tuple[account_contract.PersonView, ...]:
        """Return everybody, by family name; nobody who was forgotten."""
        with self._database.read() as reading:
            with_password, seen = credentials.have_password(reading), sign_ins.last_seen_of_all(reading)
            return tuple(
                account_contract.PersonView(
                    one.handle,
                    one.name or one.handle,
                    role_names(one.roles),
                    one.id in with_password,
                    _iso(seen[one.id]) if one.id in seen else None,
                )
                for one in People(reading).list()
            )

    def add_person(self, by: calls.Who, asked: account_contract.AddPerson) -> account_contract.NewLink:
        """Add somebody, with the link by which they choose a password.

        Raises:
            RefusedCallError: a field is wrong, or the short name is somebody else's.
        """
        new = new_person(asked)
        with self._database.write() as writing:
            return self._new_link(writing, self._added(writing, new, by.ref), by.ref)

    def make_link(self, by: calls.Who, asked: account_contract.MakeLink) -> account_contract.NewLink:
        """Make somebody a new link, which ends the ones before.

        Raises:
            RefusedCallError: there is nobody of that name, or they could not sign in with a password.
        """
        with self._database.write() as writing:
            person = People(writing).with_handle(asked.handle)
            if person is None or person.anonymised_at is not None:
                raise RefusedCallError(account_words.nobody(asked.handle))
            try:
                return self._new_link(writing, person, by.ref)
            except UsageError as error:
                # without its hint: that is a command line
                raise RefusedCallError(account_words.of_store(error.text, None, "handle")) from error

    def roles(self) -> AccountRoles:
        """Return what changes what people are."""
        return AccountRoles(self._database, self.require_password)

    def first_link(self) -> account_contract.NewLink | None:
        """Return a link for the first administrator, who is added or given a new one; None: some can sign in."""
        with self._database.write() as writing:
            person = first_administrator(writing)
            return None if person is None else self._new_link(writing, person, journal.PROGRAM)

    # ------------------------------------------------------------------------------------------------------------

    def _added(self, writing: Transaction, new: NewPerson, by: str) -> Person:
        try:
            return People(writing).add(new, by=by)
        except UsageError as error:
            raise RefusedCallError(account_words.of_store(error.text, error.hint, "handle")) from error

    def _class_of(self, transaction: Transaction, code: str, address: str) -> PeopleGroup:
        """Return the class of a code."""
        word = f"code {join_codes.as_read(code)}"
        self._tries.refuse_too_many(word, address)
        found = join_codes.find(transaction, code, self._clock())
        if found is None:
            self._tries.in_vain(word, address)
            raise RefusedCallError(class_words.no_code())
        return found

    def _tried(self, handle: str, address: str, password: str, kept: str | None) -> str | None:
        """Try a password in its turn; return its hash as it is made now, where the kept one was made otherwise."""
        with self._hashes.turn():
            self._tries.refuse_too_many(handle, address)  # again: others have had their turn since
            if not self._hashes.matches(password, kept):
                self._tries.in_vain(handle, address)
                raise RefusedCallError(account_words.no_match())
            return self._hashes.made(password) if kept is not None and self._hashes.outdated(kept) else None

    def _signed_in(self, writing: Transaction, person: Person, agent: str) -> account_contract.SignedIn:
        token = sign_ins.begin(writing, person, agent, self._clock())
        return account_contract.SignedIn(token, round(sign_ins.IDLE.total_seconds()), _who(self._here(writing, token)))

    def _here(self, transaction: Transaction, token: str) -> CurrentSignIn:
        found = sign_ins.current(transaction, token, self._clock())
        if found is None:
            raise RefusedCallError(account_words.signed_out())
        return found

    def _link(self, transaction: Transaction, secret: str) -> credentials.FoundLink:
        """Return the link of a secret, if it can be used."""
        found = credentials.find_link(transaction, secret, self._clock())
        if found is None:
            raise RefusedCallError(account_words.no_link())
        if found.used:
            raise RefusedCallError(account_words.used_link())
        if found.over:
            raise RefusedCallError(account_words.old_link())
        return found

    def _new_link(self, writing: Transaction, person: Person, by: str) -> account_contract.NewLink:
        made = credentials.make_link(writing, person, by=by, now=self._clock())
        return account_contract.NewLink(person.handle, made.secret, _iso(made.until))


def _who(found: CurrentSignIn) -> calls.Who:
    language: Language | None = "fr" if found.language == "fr" else "en" if found.language == "en" else None
    return calls.Who(found.ref, found.handle, found.name or found.handle, role_names(found.roles), language)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
