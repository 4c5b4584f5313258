"""Groups: a class of trainees with its trainers, and the scenarios that were launched for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from orchestrator.core.errors import UsageError
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.records import journal
from orchestrator.records.models import Attempt, Launch, Membership, PeopleGroup, Person, Role
from orchestrator.records.people import HANDLE, People


@dataclass(frozen=True)
class Summary:
    """A group in a list: its name, how many trainees and trainers it has, and how often something was launched."""

    name: str
    trainees: int
    trainers: int
    launches: int


class Groups:
    """The groups of the store, within one transaction."""

    def __init__(self, session: Session) -> None:
        """Take the transaction."""
        self._session = session

    def create(self, name: str, *, by: str) -> PeopleGroup:
        """Make a group that has nobody yet.

        Raises:
            UsageError: there is one of that name, or it cannot be a name.
        """
        if not HANDLE.fullmatch(name):
            raise UsageError(
                Text(
                    fr=f"« {name} » ne peut pas être le nom d’un groupe.", en=f'"{name}" cannot be the name of a group.'
                ),
                Text(
                    fr="Il faut des lettres minuscules sans accent, des chiffres, « . », « _ » ou « - », 64 au plus.",
                    en="Use lower-case letters without accents, digits, '.', '_' or '-', at most 64.",
                ),
            )
        if self._named(name) is not None:
            raise UsageError(
                Text(fr=f"Le groupe « {name} » existe déjà.", en=f'There is a group "{name}" already.'),
                Text(
                    fr=f"« breakfix group add {name} PERSONNE » y met quelqu’un.",
                    en=f"'breakfix group add {name} PERSON' puts somebody into it.",
                ),
            )
        group = PeopleGroup(name=name, created_at=journal.now())
        self._session.add(group)
        self._session.flush()
        journal.append(
            self._session, journal.JournalEvent(by, "group.created", _subject(group), payload={"name": name})
        )
        return group

    def find(self, name: str) -> PeopleGroup:
        """Return a group by its name.

        Raises:
            UsageError: there is none; the nearest names are told.
        """
        group = self._named(name)
        if group is None:
            known = self._session.scalars(select(PeopleGroup.name).order_by(PeopleGroup.name)).all()
            none = Text(fr=f"Aucun groupe ne s’appelle « {name} »", en=f'There is no group "{name}"')
            hint = Text(fr=f"« breakfix group create {name} » le crée.", en=f"'breakfix group create {name}' makes it.")
            raise UsageError(with_suggestion(none, name, known), hint)
        return group

    def has(self, name: str) -> bool:
        """Return whether there is a group of that name."""
        return self._named(name) is not None

    def list(self) -> tuple[Summary, ...]:
        """Return all groups by name."""
        found = []
        for group in self._session.scalars(select(PeopleGroup).order_by(PeopleGroup.name)):
            roles = [row.role for row in group.memberships]
            launches = self._session.scalar(select(func.count(Launch.id)).where(Launch.group_id == group.id)) or 0
            found.append(Summary(group.name, roles.count("trainee"), roles.count("trainer"), launches))
        return tuple(found)

    def add(self, group: PeopleGroup, person: Person, *, trainer: bool, by: str) -> bool:
        """Put somebody into a group; return whether that is new."""
        role: Role = "trainer" if trainer else "trainee"
        row = self._session.get(Membership, (group.id, person.id))
        if row is not None and row.role == role:
            return False
        self._session.merge(Membership(group_id=group.id, person_id=person.id, role=role))
        People(self._session).give_role(person, role, by=by)
        self._session.flush()
        self._session.expire(group)
        event = journal.JournalEvent(by, "group.joined", _subject(group), payload={"person": person.ref, "role": role})
        journal.append(self._session, event)
        return True

    def remove(self, group: PeopleGroup, person: Person, *, by: str) -> None:
        """Take somebody out of a group; their attempts stay theirs.

        Raises:
            UsageError: they are not in it.
        """
        row = self._session.get(Membership, (group.id, person.id))
        if row is None:
            raise UsageError(
                Text(
                    fr=f"{person.handle} n’est pas dans le groupe « {group.name} ».",
                    en=f'{person.handle} is not in the group "{group.name}".',
                ),
                Text(
                    fr=f"« breakfix group members {group.name} » montre qui y est.",
                    en=f"'breakfix group members {group.name}' shows who is.",
                ),
            )
        self._session.delete(row)
        self._session.flush()
        self._session.expire(group)
        journal.append(
            self._session, journal.JournalEvent(by, "group.left", _subject(group), payload={"person": person.ref})
        )

    def members(self, group: PeopleGroup, role: str = "trainee") -> tuple[Person, ...]:
        """Return a group's trainees, or its trainers, by name."""
        wanted = (
            select(Person)
            .join(Membership, Membership.person_id == Person.id)
            .where(Membership.group_id == group.id, Membership.role == role)
            .order_by(Person.family_name, Person.given_name, Person.handle)
        )
        return tuple(self._session.scalars(wanted))

    def of_person(self, ref: str, role: Role) -> frozenset[str]:
        """Return the names of the groups in which a person, by their ``ref``, is a trainee or a trainer."""
        wanted = (
            select(PeopleGroup.name)
            .join(Membership, Membership.group_id == PeopleGroup.id)
            .join(Person, Person.id == Membership.person_id)
            .where(Person.ref == ref, Membership.role == role)
        )
        return frozenset(self._session.scalars(wanted))

    def role_of(self, group: PeopleGroup, person: Person) -> str | None:
        """Return what somebody is in a group; None where they are not in it."""
        row = self._session.get(Membership, (group.id, person.id))
        return None if row is None else row.role

    def running(self) -> Mapping[str, int]:
        """Return how many attempts of each group's launches run, by its name; a group without any is not there."""
        wanted = (
            select(PeopleGroup.name, func.count(Attempt.id))
            .join(Launch, Launch.group_id == PeopleGroup.id)
            .join(Attempt, Attempt.launch_id == Launch.id)
            .where(Attempt.ended_at.is_(None))
            .group_by(PeopleGroup.name)
        )
        return {row[0]: row[1] for row in self._session.execute(wanted)}

    def of_labs(self) -> Mapping[str, str]:
        """Return the name of the group for which a lab was launched, by the lab's, of the attempts that run."""
        wanted = (
            select(Attempt.instance, PeopleGroup.name)
            .join(Launch, Launch.id == Attempt.launch_id)
            .join(PeopleGroup, PeopleGroup.id == Launch.group_id)
            .where(Attempt.ended_at.is_(None))
        )
        return {row[0]: row[1] for row in self._session.execute(wanted)}

    def launches(self, group: PeopleGroup) -> tuple[Launch, ...]:
        """Return what was launched for a group, the newest first."""
        wanted = select(Launch).where(Launch.group_id == group.id).order_by(Launch.id.desc())
        return tuple(self._session.scalars(wanted))

    def launched(self, group: PeopleGroup, scenario: str, seed: int, *, by: str) -> Launch:
        """Note that a scenario is launched for a group."""
        launch = Launch(group_id=group.id, scenario=scenario, seed=str(seed), at=journal.now())
        self._session.add(launch)
        self._session.flush()
        payload = {"launch": launch.id, "scenario": scenario, "seed": seed}
        journal.append(self._session, journal.JournalEvent(by, "group.launched", _subject(group), payload=payload))
        return launch

    def attempts(self, group: PeopleGroup, *, running: bool = False) -> tuple[Attempt, ...]:
        """Return the attempts of a group's launches with their reports, oldest first; with ``running``, those open."""
        wanted = (
            select(Attempt)
            .join(Launch, Launch.id == Attempt.launch_id)
            .where(Launch.group_id == group.id)
            .order_by(Attempt.launch_id, Attempt.id)
            .options(selectinload(Attempt.reports), selectinload(Attempt.person))
        )
        if running:
            wanted = wanted.where(Attempt.ended_at.is_(None))
        return tuple(self._session.scalars(wanted))

    def _named(self, name: str) -> PeopleGroup | None:
        return self._session.scalars(select(PeopleGroup).where(PeopleGroup.name == name)).first()


def _subject(group: PeopleGroup) -> str:
    return f"group:{group.id}"
