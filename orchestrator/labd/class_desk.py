"""Classes in the store: which there are, whose they are, who is in them, what is launched for them. For threads."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from orchestrator.core.control_characters import CONTROLS
from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text, same
from orchestrator.labd import account_words, class_words
from orchestrator.labd.account_contract import NewLink
from orchestrator.labd.calls import Who
from orchestrator.labd.class_contract import (
    AddMembers,
    Announce,
    ClassLine,
    ClassView,
    Export,
    JoinCode,
    LaunchForClass,
    LaunchLine,
    LimitClass,
    MemberView,
    RemoveMember,
)
from orchestrator.labd.class_labs import ClassShares
from orchestrator.labd.class_members import MemberList
from orchestrator.labd.lab_desk import LabDesk
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.trainee_view import iso
from orchestrator.practice.export import to_csv
from orchestrator.practice.launching import SEEDS, NotedLaunch, WantedLaunch, note_launch
from orchestrator.records import attempts, credentials, join_codes, journal
from orchestrator.records.groups import Groups
from orchestrator.records.models import Person
from orchestrator.records.people import People

LONGEST_ANNOUNCEMENT: Final = 500
"""Characters of an announcement."""
_TRAIN: Final = frozenset({"trainer", "administrator"})
_LAUNCHES: Final = 20
"""Launches that a class's page shows."""


@dataclass(frozen=True)
class ClassStanding:
    """A class that there is, and whether whoever asks is one of its trainers."""

    trains: bool


class ClassDesk:
    """Knows all classes; whether somebody may ask is for ``rules``."""

    def __init__(self, desk: LabDesk, shares: ClassShares, clock: Callable[[], datetime] = journal.now) -> None:
        """Take what finds labs, what those of classes may take, and what time it is."""
        self._desk = desk
        self._shares = shares
        self._database = desk.parts.database
        self._clock = clock

    # Whose it is ----------------------------------------------------------------------------------------------

    def find(self, who: Who, name: str) -> ClassStanding | None:
        """Return how somebody stands to a class; None where there is no such class."""
        with self._database.read() as reading:
            groups = Groups(reading)
            if not groups.has(name):
                return None
            return ClassStanding("trainer" in who.roles and name in groups.of_person(who.ref, "trainer"))

    def trains(self, who: Who, trainee: str) -> bool:
        """Return whether somebody trains a class in which a person, by their reference, is a trainee."""
        if not _TRAIN & set(who.roles):
            return False
        with self._database.read() as reading:
            classes = Groups(reading).of_person(trainee, "trainee")
            if "administrator" in who.roles:
                return bool(classes)
            return bool(classes & Groups(reading).of_person(who.ref, "trainer"))

    # Classes --------------------------------------------------------------------------------------------------

    def classes(self, who: Who) -> tuple[ClassLine, ...]:
        """Return the classes of a trainer by name; all are an administrator's."""
        with self._database.read() as reading:
            groups = Groups(reading)
            running, mine = groups.running(), groups.of_person(who.ref, "trainer")
            return tuple(
                ClassLine(one.name, one.trainees, running.get(one.name, 0))
                for one in groups.list()
                if one.name in mine or "administrator" in who.roles
            )

    def add(self, who: Who, name: str) -> None:
        """Make a class; who makes it is its trainer.

        Raises:
            RefusedCallError: there is one of that name, or it cannot be a name.
        """
        with self._database.write() as writing:
            groups = Groups(writing)
            if groups.has(name):
                there = Text(fr=f"La classe « {name} » existe déjà.", en=f'There is a class "{name}" already.')
                raise RefusedCallError(account_words.of_store(there, None, "name"))
            try:
                made = groups.create(name, by=who.ref)
            except UsageError as error:
                raise RefusedCallError(account_words.of_store(error.text, error.hint, "name")) from error
            groups.add(made, People(writing).find(who.ref), trainer=True, by=who.ref)

    def view(self, name: str) -> ClassView:
        """Return a class as its page shows it."""
        most = self._shares.most()
        with self._database.read() as reading:
            groups = Groups(reading)
            found = groups.find(name)
            with_password, code = credentials.have_password(reading), join_codes.of_group(reading, found, self._clock())
            members = [
                _member(one, trainer=role == "trainer", password=one.id in with_password)
                for role in ("trainer", "trainee")
                for one in groups.members(found, role)
            ]
            launches = tuple(
                LaunchLine(one.scenario, self.title_of(one.scenario), iso(one.at))
                for one in groups.launches(found)[:_LAUNCHES]
            )
            return ClassView(name, tuple(members), launches, _code(code), self._shares.view(reading, name), most)

    def title_of(self, scenario: str) -> Text:
        """Return a scenario's title; its name where it is gone."""
        found = self._desk.parts.shelf.all().get(scenario)
        return same(scenario) if found is None else found.document.title

    # Members --------------------------------------------------------------------------------------------------

    def add_members(self, who: Who, asked: AddMembers) -> tuple[NewLink, ...]:
        """Add the people of a list; see ``MemberList``.

        Raises:
            RefusedCallError: something in it is wrong; nobody was added.
        """
        with self._database.write() as writing:
            return MemberList(writing, Groups(writing).find(asked.name), who).add(asked.people, self._clock())

    def remove_member(self, who: Who, asked: RemoveMember) -> None:
        """Take somebody out of a class.

        Raises:
            RefusedCallError: they are not in it.
        """
        with self._database.write() as writing:
            groups = Groups(writing)
            found, person = groups.find(asked.name), People(writing).with_handle(asked.handle)
            if person is None or groups.role_of(found, person) is None:
                raise RefusedCallError(class_words.no_member(asked.handle))
            groups.remove(found, person, by=who.ref)

    def make_code(self, who: Who, name: str) -> JoinCode:
        """Make a class a new code, which ends the one before."""
        with self._database.write() as writing:
            made = join_codes.make(writing, Groups(writing).find(name), by=who.ref, now=self._clock())
            return JoinCode(made.code, iso(made.until))

    def end_code(self, who: Who, name: str) -> None:
        """End a class's code."""
        with self._database.write() as writing:
            join_codes.end(writing, Groups(writing).find(name), by=who.ref)

    # Labs -----------------------------------------------------------------------------------------------------

    def limit(self, who: Who, asked: LimitClass) -> None:
        """Set what the labs of a class may take; see ``ClassShares.put``."""
        self._shares.put(who, asked)

    def note_launch(self, who: Who, asked: LaunchForClass) -> NotedLaunch:
        """Note a launch, from a new seed, and return whom it gives a lab.

        Raises:
            RefusedCallError: there is no such scenario, or never room for its lab.
            UsageError: the class has no trainee, somebody is none of them, or a fault cannot be made.
            ContentError: the scenario's content is invalid.
        """
        self._desk.parts.shelf.one(asked.scenario)
        wanted = WantedLaunch(asked.name, asked.scenario, secrets.randbelow(SEEDS), asked.handles)
        labs = self._desk.parts.labs()
        self._shares.require(labs.plans.plan(asked.scenario, wanted.seed), asked.name)
        alive = {instance.name for instance in labs.running.all()}
        with self._database.write() as writing:
            return note_launch(writing, wanted, alive, by=People(writing).find(who.ref))

    def launched(self, who: Who, name: str, last: int) -> tuple[str, ...]:
        """Return the labs of a class's launches up to one, by its number; attempts on labs that are gone are ended.

        Labs that are being made, and those whose start failed, are among them.
        """
        with self._database.read() as reading:
            groups = Groups(reading)
            found = groups.find(name)
            running = [one for one in groups.attempts(found, running=True) if (one.launch_id or 0) <= last]
            names, people = {one.instance for one in running}, {one.person.ref for one in running}
            people |= {one.ref for one in groups.members(found)}
            numbers = {one.id for one in groups.launches(found) if one.id <= last}
        labs = self._desk.of_people(people)
        self._end(who, names - {instance.name for instance in self._desk.parts.labs().running.all()})
        return tuple(
            one.name for one in labs if one.name in names or (one.instance is None and one.log.note.launch in numbers)
        )

    def _end(self, who: Who, gone: set[str]) -> None:
        with self._database.write() as writing:
            for attempt in (attempts.current(writing, name) for name in sorted(gone)):
                if attempt is not None:
                    attempts.end(writing, attempt, "gone", by=People(writing).find(who.ref))

    def announce(self, who: Who, asked: Announce) -> None:
        """Say something in each lab of a class's trainees that runs.

        Raises:
            RefusedCallError: it is empty, too long, or holds control characters.
        """
        text = asked.text.strip().replace("\r\n", "\n")
        if not 0 < len(text) <= LONGEST_ANNOUNCEMENT or CONTROLS.search(text) or "\r" in text:
            raise RefusedCallError(class_words.wrong_announcement(LONGEST_ANNOUNCEMENT))
        for found in self._desk.of_people(self._trainees(asked.name)):
            if found.instance is not None:
                found.log.add("announced", {"text": text, "by": who.name})

    def _trainees(self, name: str) -> set[str]:
        with self._database.read() as reading:
            groups = Groups(reading)
            return {one.ref for one in groups.members(groups.find(name))}

    def last_launch(self, name: str) -> tuple[int, str]:
        """Return the number and the scenario of a class's last launch; 0 and an empty one: there was none."""
        with self._database.read() as reading:
            groups = Groups(reading)
            return next(((one.id, one.scenario) for one in groups.launches(groups.find(name))), (0, ""))

    def export(self, name: str) -> Export:
        """Return a class's results as CSV."""
        with self._database.read() as reading:
            groups = Groups(reading)
            return Export(to_csv(groups.attempts(groups.find(name)), anonymous=False))


def _member(person: Person, *, trainer: bool, password: bool) -> MemberView:
    return MemberView(person.handle, person.name or person.handle, trainer, password)


def _code(code: join_codes.HeldCode | None) -> JoinCode | None:
    return None if code is None else JoinCode(code.code, iso(code.until))
