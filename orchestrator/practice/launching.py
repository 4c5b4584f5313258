"""A scenario for a whole group: each member their own variant, on a lab of their own."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass

from orchestrator.core.errors import BreakfixError, LabError, UsageError
from orchestrator.core.interrupts import shielded
from orchestrator.core.progress import Silent
from orchestrator.core.text import Text
from orchestrator.labs import Labs, Running
from orchestrator.model.plan import Plan
from orchestrator.model.scenario import ScenarioDocument
from orchestrator.practice.recorder import new_attempt
from orchestrator.records import attempts
from orchestrator.records.database import Database, Transaction
from orchestrator.records.groups import Groups
from orchestrator.records.models import Attempt, Person
from orchestrator.records.people import People

SEEDS = 100_000
"""Members' seeds are below this: short enough to be dictated."""


@dataclass(frozen=True)
class MemberPlace:
    """A member's place in a launch.

    Attributes:
        handle: the member's short name.
        name: the member's name.
        seed: their variant.
        instance: their lab; empty where it did not come up.
        kept: whether it ran already.
        trouble: why it did not come up; None where it did.
    """

    handle: str
    name: str
    seed: int
    instance: str = ""
    kept: bool = False
    trouble: BreakfixError | None = None


@dataclass(frozen=True)
class Stopped:
    """What came of stopping a group's labs: those that are gone now, and why others are not."""

    names: tuple[str, ...]
    busy: tuple[LabError, ...]


@dataclass(frozen=True)
class WantedLaunch:
    """What is to be launched.

    Attributes:
        group: the group's name.
        scenario: the scenario's id.
        seed: what the members' variants are drawn from.
        handles: the short names of those trainees who are meant; none: all.
    """

    group: str
    scenario: str
    seed: int
    handles: tuple[str, ...] = ()


@dataclass(frozen=True)
class LaunchSeat:
    """A trainee's seat in a launch: their variant, and their lab that runs already; empty: they are to be given one."""

    person: Person
    seed: int
    kept: str = ""


@dataclass(frozen=True)
class NotedLaunch:
    """A launch as the store knows it: its number, and the seats by the trainees' names."""

    number: int
    seats: tuple[LaunchSeat, ...]


@dataclass(frozen=True)
class _Missing:
    person: Person
    plan: Plan


class Launcher:
    """Launches scenarios for groups. Whatever interrupts a launch, the labs that it started are removed again."""

    def __init__(
        self, labs: Labs, database: Database, document: Callable[[str], ScenarioDocument], account: str
    ) -> None:
        """Take the parts.

        Args:
            labs: the labs of this machine.
            database: the store.
            document: returns a scenario as it is written.
            account: who runs the program.
        """
        self._labs = labs
        self._database = database
        self._document = document
        self._account = account
        self._over = threading.Event()

    def launch(
        self, group: str, scenario: str, seed: int, tell: Callable[[MemberPlace], None]
    ) -> tuple[MemberPlace, ...]:
        """Start a lab for each member of a group who has none of this scenario yet.

        Args:
            group: the group's name.
            scenario: the scenario's id.
            seed: what the members' variants are drawn from; the same one gives each member the same variant again.
            tell: is told each place as it is taken.

        Returns:
            The places of all members, in the order of their names.

        Raises:
            UsageError: there is no such group or scenario, or the group has no trainee.
            MachineError: an image cannot be built, or the engine or the store does not answer.
        """
        self._labs.plans.plan(scenario, seed)  # refuses what cannot be started before anything is written
        alive = {instance.name for instance in self._labs.running.all()}
        with self._database.write() as writing:
            me = People(writing).of_account(self._account)
            launch = note_launch(writing, WantedLaunch(group, scenario, seed), alive, by=me)
        places = {}
        for seat in (one for one in launch.seats if one.kept):
            member = seat.person
            places[member.id] = MemberPlace(member.handle, member.name, seat.seed, seat.kept, kept=True)
            tell(places[member.id])
        missing = [
            _Missing(one.person, self._labs.plans.plan(scenario, one.seed)) for one in launch.seats if not one.kept
        ]
        places |= self._start_all(missing, launch.number, me, tell)
        return tuple(places[seat.person.id] for seat in launch.seats)

    def stop(self, group: str) -> Stopped:
        """Stop the labs of a group's launches; what their trainees handed in stays.

        Raises:
            UsageError: there is no such group.
        """
        with self._database.read() as reading:
            groups = Groups(reading)
            named = [attempt.instance for attempt in groups.attempts(groups.find(group), running=True)]
        alive = [instance.name for instance in self._labs.running.all() if instance.name in named]
        busy = []
        for name in alive:
            try:
                self._labs.lifecycle.stop(name)
            except LabError as error:
                busy.append(error)
        left = {instance.name for instance in self._labs.running.all()}
        self._end([name for name in named if name not in left], alive)
        return Stopped(tuple(name for name in alive if name not in left), tuple(busy))

    def _end(self, names: Sequence[str], alive: Collection[str]) -> None:
        with self._database.write() as writing:
            me = People(writing).of_account(self._account)
            for name in names:
                attempt = attempts.current(writing, name)
                if attempt is not None:
                    attempts.end(writing, attempt, "stopped" if name in alive else "gone", by=me)

    def _start_all(
        self, missing: Sequence[_Missing], launch: int, me: Person, tell: Callable[[MemberPlace], None]
    ) -> dict[int, MemberPlace]:
        self._labs.lifecycle.prepare([one.plan for one in missing])
        places: dict[int, MemberPlace] = {}
        pool = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="launch")
        futures: dict[Future[Running], _Missing] = {}
        try:
            futures |= {pool.submit(self._start, one.plan): one for one in missing}
            for future in as_completed(futures):
                one = futures[future]
                places[one.person.id] = self._seat(one, future, launch, me)
                tell(places[one.person.id])
        except BaseException:
            with shielded():
                self._over.set()
                pool.shutdown(wait=True, cancel_futures=True)
                self._remove(futures)
            raise
        pool.shutdown()
        return places

    def _start(self, plan: Plan) -> Running:
        if self._over.is_set():
            raise UsageError(Text(fr="Le lancement a été interrompu.", en="The launch was interrupted."))
        return self._labs.lifecycle.start(plan, Silent())

    def _seat(self, one: _Missing, future: Future[Running], launch: int, me: Person) -> MemberPlace:
        place = MemberPlace(one.person.handle, one.person.name, one.plan.seed)
        try:
            running = future.result()
        except BreakfixError as error:
            return MemberPlace(place.handle, place.name, place.seed, trouble=error)
        new = new_attempt(running, self._document(running.plan.scenario or ""))
        with self._database.write() as writing:
            attempts.begin(writing, one.person, new, by=me, launch=launch)
        return MemberPlace(place.handle, place.name, place.seed, running.instance.name)

    def _remove(self, futures: Collection[Future[Running]]) -> None:
        """Remove the labs that came up, and take their attempts for ended."""
        names = []
        for future in futures:
            if not future.cancelled() and future.exception() is None:
                instance = future.result().instance
                names.append(instance.name)
                with suppress(LabError):  # somebody else is stopping it
                    self._labs.lifecycle.discard(instance)
        self._end(names, names)


def note_launch(writing: Transaction, wanted: WantedLaunch, alive: Collection[str], *, by: Person) -> NotedLaunch:
    """Note a launch, and who is to be given a lab by it.

    Whoever has a lab of the scenario keeps it; one that they started by themselves becomes part of the launch. Their
    attempts on labs that are gone are ended.

    Args:
        writing: a transaction.
        wanted: what is launched.
        alive: the names of all labs that are there.
        by: who launches.

    Raises:
        UsageError: there is no such group, it has no trainee, or somebody who is meant is none of them.
    """
    groups = Groups(writing)
    found = groups.find(wanted.group)
    members = groups.members(found)
    if not members:
        raise _nobody(wanted.group)
    if strangers := set(wanted.handles) - {member.handle for member in members}:
        raise _no_trainee(wanted.group, sorted(strangers))
    meant = [member for member in members if not wanted.handles or member.handle in wanted.handles]
    running: dict[int, Attempt] = {}
    for attempt in attempts.open_of(writing, wanted.scenario, [member.id for member in meant]):
        if attempt.instance in alive:
            running[attempt.person_id] = attempt
        else:
            attempts.end(writing, attempt, "gone", by=by)
    launch = groups.launched(found, wanted.scenario, wanted.seed, by=by.ref).id
    for attempt in running.values():
        if attempt.launch_id is None:
            attempt.launch_id = launch
    seeds = member_seeds(wanted.seed, [member.ref for member in members])
    seats = (
        LaunchSeat(one, int(running[one.id].seed), running[one.id].instance)
        if one.id in running
        else LaunchSeat(one, seeds[one.ref])
        for one in meant
    )
    return NotedLaunch(launch, tuple(seats))


def member_seeds(seed: int, refs: Sequence[str]) -> dict[str, int]:
    """Return a seed for each member, drawn from a launch's seed and their ``ref``; no two have the same.

    Args:
        seed: the launch's seed.
        refs: the members' references.
    """
    seeds: dict[str, int] = {}
    for ref in sorted(refs):
        drawn = int.from_bytes(hashlib.sha256(f"breakfix member\0{seed}\0{ref}".encode()).digest()[:8]) % SEEDS
        while drawn in seeds.values():
            drawn = (drawn + 1) % SEEDS
        seeds[ref] = drawn
    return seeds


def _nobody(group: str) -> UsageError:
    return UsageError(
        Text(fr=f"Le groupe « {group} » n’a pas de stagiaire.", en=f'The group "{group}" has no trainee.'),
        Text(
            fr=f"« breakfix group add {group} PERSONNE » y met quelqu’un.",
            en=f"'breakfix group add {group} PERSON' puts somebody into it.",
        ),
    )


def _no_trainee(group: str, handles: Sequence[str]) -> UsageError:
    named = ", ".join(handles)
    return UsageError(
        Text(
            fr=f"Aucun stagiaire de ce nom dans le groupe « {group} » : {named}.",
            en=f'No trainee of the group "{group}": {named}.',
        )
    )
