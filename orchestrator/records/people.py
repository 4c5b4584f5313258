"""People: who is a candidate, a trainee, a trainer, a member of a jury, an organiser, and who trained whom."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from orchestrator.core.errors import UsageError
from orchestrator.core.language import Language
from orchestrator.core.suggest import nearest, with_suggestion
from orchestrator.core.text import Text
from orchestrator.records import journal
from orchestrator.records.models import ROLES, Membership, Person, PersonRole, Role, Training

HANDLE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""What a short name looks like: it may stand in a file's name and after ``@`` alike."""

EXTRA_TIME = re.compile(r"[1-9][0-9]?/[1-9][0-9]?|[1-9][0-9]{0,2} min")
"""More time for a candidate: a fraction of each phase, or minutes on top of it."""


@dataclass(frozen=True)
class NewPerson:
    """Somebody to be added; the columns are ``Person``'s."""

    handle: str
    given_name: str = ""
    family_name: str = ""
    roles: frozenset[Role] = frozenset({"trainee"})
    born: date | None = None
    email: str | None = None
    organisation: str | None = None
    candidate_number: str | None = None
    extra_time: str | None = None
    account: str | None = None
    language: Language | None = None
    keep_until: date | None = None


class People:
    """The people of the store, within one transaction."""

    def __init__(self, session: Session) -> None:
        """Take the transaction."""
        self._session = session

    def add(self, new: NewPerson, *, by: str = journal.PROGRAM) -> Person:
        """Add somebody; a candidate without a number is given the next free one.

        Args:
            new: who.
            by: the ``ref`` of who adds them.

        Raises:
            UsageError: the short name, the number or the account is somebody else's, or cannot be used.
        """
        self._refuse(new)
        number = new.candidate_number or (self._free_number() if "candidate" in new.roles else None)
        person = Person(
            ref=f"P-{secrets.token_hex(6)}",
            handle=new.handle,
            given_name=new.given_name,
            family_name=new.family_name,
            born=new.born,
            email=new.email,
            organisation=new.organisation,
            candidate_number=number,
            extra_time=new.extra_time,
            account=new.account,
            language=new.language,
            keep_until=new.keep_until,
            created_at=journal.now(),
            role_rows=[PersonRole(role=role) for role in sorted(new.roles)],
        )
        self._session.add(person)
        self._session.flush()
        payload = {"roles": sorted(new.roles)}
        journal.append(self._session, journal.JournalEvent(by, "person.added", person.ref, payload=payload))
        return person

    def find(self, word: str, *, role: Role | None = None) -> Person:
        """Return who is meant by a short name, a candidate's number or a ``ref``.

        Raises:
            UsageError: nobody is, or they are not what is asked for; the nearest names are told.
        """
        named = or_(Person.handle == word.lower(), Person.candidate_number == word, Person.ref == word)
        person = self._session.scalars(select(Person).where(named)).first()
        if person is None:
            known = self._session.scalars(
                select(Person.handle).where(Person.anonymised_at.is_(None)).order_by("handle")
            )
            nobody = Text(fr=f"Personne ne s’appelle « {word} »", en=f'There is nobody called "{word}"')
            hint = Text(fr="« breakfix people list » les montre tous.", en="'breakfix people list' shows them all.")
            raise UsageError(with_suggestion(nobody, word, known), hint)
        if role is not None and role not in person.roles:
            raise _other_role(person, role)
        return person

    def list(self, role: Role | None = None) -> tuple[Person, ...]:
        """Return people by family name: all, or those who are what is asked for; nobody who was forgotten."""
        everybody = self._session.scalars(
            select(Person)
            .where(Person.anonymised_at.is_(None))
            .order_by(Person.family_name, Person.given_name, Person.handle)
        )
        return tuple(person for person in everybody if role is None or role in person.roles)

    def trained_by(self, trainee: Person, trainer: Person) -> None:
        """State that a person was trained by another; stating it twice changes nothing."""
        self._session.merge(Training(trainee_id=trainee.id, trainer_id=trainer.id))
        self._session.flush()

    def trainers_of(self, person: Person) -> frozenset[str]:
        """Return the ``ref`` of each who trained a person: those stated, and the trainers of their groups."""
        stated = select(Person.ref).join(Training, Training.trainer_id == Person.id)
        groups = select(Membership.group_id).where(Membership.person_id == person.id, Membership.role == "trainee")
        of_groups = select(Person.ref).join(Membership, Membership.person_id == Person.id)
        return frozenset(
            [
                *self._session.scalars(stated.where(Training.trainee_id == person.id)),
                *self._session.scalars(
                    of_groups.where(
                        Membership.role == "trainer", Membership.group_id.in_(groups), Person.id != person.id
                    )
                ),
            ]
        )

    def with_handle(self, handle: str) -> Person | None:
        """Return who has a short name, as somebody types it; None where nobody has, or nobody could."""
        word = handle.strip().lower()
        if not HANDLE.fullmatch(word):
            return None
        return self._session.scalars(select(Person).where(Person.handle == word)).first()

    def of_account(self, account: str) -> Person:
        """Return whose practice an account's is; they are added as a trainee when they first practise."""
        known = self.with_account(account)
        return known or self.add(NewPerson(self.free_handle(account), account=account))

    def with_account(self, account: str) -> Person | None:
        """Return whose practice an account's is; None where nobody's is known yet."""
        return self._session.scalars(select(Person).where(Person.account == account)).first()

    def give_role(self, person: Person, role: Role, *, by: str = journal.PROGRAM) -> None:
        """Make somebody a trainee, a trainer and so on besides what they are; raises as ``set_roles``."""
        self.set_roles(person, person.roles | {role}, by=by)

    def hold(self, role: Role) -> None:
        """Have everybody of a role stay what they are until the transaction ends, but for what it does itself."""
        self._session.execute(select(PersonRole).where(PersonRole.role == role).with_for_update())

    def set_roles(self, person: Person, roles: Collection[str], *, by: str = journal.PROGRAM) -> None:
        """Make somebody all of what is named, and nothing else; a new candidate gets a number.

        Raises:
            UsageError: nobody may be all of that at once (``RolesApartError``), or nothing is named.
        """
        if set(roles) == person.roles:
            return
        require_apart(roles)
        if not roles:
            raise UsageError(
                Text(
                    fr=f"« {person.handle} » n’aurait plus de rôle.", en=f'"{person.handle}" would have no role left.'
                ),
                Text(fr="Donnez-en un autre d’abord.", en="Give another one first."),
            )
        person.role_rows[:] = [
            *(row for row in person.role_rows if row.role in roles),
            *(PersonRole(role=role) for role in sorted(set(roles) - person.roles)),
        ]
        if "candidate" in roles and person.candidate_number is None:
            person.candidate_number = self._free_number()
        self._session.flush()
        event = journal.JournalEvent(by, "person.changed", person.ref, payload={"roles": sorted(person.roles)})
        journal.append(self._session, event)

    def _refuse(self, new: NewPerson) -> None:
        if not HANDLE.fullmatch(new.handle):
            raise UsageError(
                Text(
                    fr=f"« {new.handle} » ne peut pas servir de nom court.",
                    en=f'"{new.handle}" cannot be used as a short name.',
                ),
                Text(
                    fr="Il faut des lettres minuscules sans accent, des chiffres, « . », « _ » ou « - », 64 au plus.",
                    en="Use lower-case letters without accents, digits, '.', '_' or '-', at most 64.",
                ),
            )
        require_apart(new.roles)
        if new.extra_time is not None:
            check_extra_time(new.extra_time)
        for column, value in (
            (Person.handle, new.handle),
            (Person.candidate_number, new.candidate_number),
            (Person.account, new.account),
        ):
            taken = value and self._session.scalars(select(Person).where(column == value)).first()
            if taken:
                raise UsageError(
                    Text(
                        fr=f"« {value} » est déjà pris, par {taken.handle}.",
                        en=f'"{value}" is already taken, by {taken.handle}.',
                    )
                )

    def _free_number(self) -> str:
        """Return the next candidate number: ``C001`` and so on, never one that was ever given."""
        given = self._session.scalars(select(Person.candidate_number).where(Person.candidate_number.is_not(None)))
        numbers = [int(match[1]) for number in given if (match := re.fullmatch(r"C(\d+)", number or ""))]
        return f"C{max(numbers, default=0) + 1:03d}"

    def free_handle(self, account: str) -> str:
        """Return a short name like an account's that nobody has: with a number where somebody has it."""
        base = re.sub(r"[^a-z0-9._-]", "-", account.lower()).strip("._-")[:48] or "user"
        taken = set(self._session.scalars(select(Person.handle).where(Person.handle.startswith(base))))
        return next(h for h in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if h not in taken)


class RolesApartError(UsageError):
    """Somebody would be what nobody may be at once."""


def are_apart(roles: Collection[str]) -> bool:
    """Return whether somebody may be all of this at once: who organises sessions does not judge in them."""
    return not {"organiser", "jury"} <= set(roles)


def require_apart(roles: Collection[str]) -> None:
    """Refuse roles that nobody may have at once.

    Raises:
        RolesApartError: they are such.
    """
    if not are_apart(roles):
        raise RolesApartError(
            Text(
                fr="Qui organise des sessions n’y juge pas : personne n’est à la fois organisateur et membre de jury.",
                en="Who organises sessions does not judge in them: nobody is both an organiser and a jury member.",
            ),
            Text(
                fr="Gardez l’un des deux rôles ; donnez l’autre à quelqu’un d’autre.",
                en="Keep one of the two roles; give the other to somebody else.",
            ),
        )


def check_extra_time(word: str) -> None:
    """Refuse more time that is neither a fraction nor minutes.

    Raises:
        UsageError: it is neither.
    """
    if not EXTRA_TIME.fullmatch(word):
        raise UsageError(
            Text(
                fr=f"« {word} » n’est pas un temps majoré ; écrivez « 1/3 » ou « 20 min ».",
                en=f'"{word}" is no extra time; write "1/3" or "20 min".',
            )
        )


def role_named(word: str) -> Role:
    """Return a role by its name in the program.

    Raises:
        UsageError: there is no such role.
    """
    for role in ROLES:
        if word == role:
            return role
    near = nearest(word, ROLES)
    return _no_role(word, near or ROLES)


def _no_role(word: str, near: Iterable[str]) -> Role:
    listed = ", ".join(near)
    raise UsageError(
        Text(
            fr=f"« {word} » n’est pas un rôle ; rôles possibles : {listed}.",
            en=f'"{word}" is no role; possible ones: {listed}.',
        )
    )


def _other_role(person: Person, role: Role) -> UsageError:
    names = ROLE_NAMES[role]
    article = "an" if role[0] in "aio" else "a"
    return UsageError(
        Text(
            fr=f"« {person.handle} » n’est pas {names.fr}.",
            en=f'"{person.handle}" is not {article} {names.en}.',
        ),
        Text(
            fr=f"« breakfix people change {person.handle} --role {role} » lui donne ce rôle.",
            en=f"'breakfix people change {person.handle} --role {role}' makes them one.",
        ),
    )


ROLE_NAMES: dict[Role, Text] = {
    "candidate": Text(fr="candidat", en="candidate"),
    "trainee": Text(fr="stagiaire", en="trainee"),
    "trainer": Text(fr="formateur", en="trainer"),
    "jury": Text(fr="membre de jury", en="jury member"),
    "invigilator": Text(fr="surveillant", en="invigilator"),
    "organiser": Text(fr="organisateur", en="organiser"),
    "administrator": Text(fr="administrateur", en="administrator"),
}


def roles_in_words(roles: Collection[str]) -> Text:
    """Return roles as a person reads them, in the order of ``ROLES``."""
    named = [ROLE_NAMES[role] for role in ROLES if role in roles]
    return Text(fr=", ".join(n.fr for n in named) or "—", en=", ".join(n.en for n in named) or "—")
