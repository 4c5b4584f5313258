"""A launch for a group: whoever has no lab yet gets one of their own, and an interrupted launch leaves nothing."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from orchestrator.core.errors import LabError, UsageError
from orchestrator.core.progress import Silent
from orchestrator.core.text import same
from orchestrator.instances.lifecycle import Instances
from orchestrator.labs import Labs
from orchestrator.labs.lab_lifecycle import LabLifecycle
from orchestrator.practice.launching import Launcher, MemberPlace, member_seeds
from orchestrator.practice.recorder import PracticeRecorder
from orchestrator.records import attempts
from orchestrator.records.database import Database
from orchestrator.records.groups import Groups
from orchestrator.records.location import database_url
from orchestrator.records.models import Attempt
from orchestrator.records.people import NewPerson, People

if TYPE_CHECKING:
    from .conftest import World

pytestmark = pytest.mark.slow

SCENARIO = "moved-desks"


@pytest.fixture
def store(empty_store: Path, tmp_path: Path) -> Iterator[Database]:
    """A store with the group ``tssr`` of three."""
    database = Database(database_url(str(shutil.copy(empty_store, tmp_path / "records.sqlite")), {}))
    with database.write() as session:
        people, groups = People(session), Groups(session)
        group = groups.create("tssr", by="P-0")
        groups.create("empty", by="P-0")
        for handle in ("zoe", "lea", "yann"):
            groups.add(group, people.add(NewPerson(handle)), trainer=False, by="P-0")
    yield database
    database.close()


def launcher(world: World, store: Database, labs: Labs | None = None) -> Launcher:
    return Launcher(labs or world.labs(), store, world.content.scenario_document, "alice")


def running(store: Database) -> dict[str, Attempt]:
    with store.read() as session:
        groups = Groups(session)
        return {a.person.handle: a for a in groups.attempts(groups.find("tssr"), running=True)}


def test_each_member_gets_a_variant_and_a_lab_of_their_own(world: World, store: Database) -> None:
    told: list[MemberPlace] = []
    places = launcher(world, store).launch("tssr", SCENARIO, 7, told.append)
    assert [place.handle for place in places] == ["lea", "yann", "zoe"]
    assert sorted(told, key=lambda place: place.handle) == list(places)
    instances = {instance.name: instance for instance in world.instances.all()}
    assert {place.instance for place in places} == set(instances)
    assert [instances[place.instance].seed for place in places] == [place.seed for place in places]
    assert len({place.seed for place in places}) == 3
    begun = running(store)
    assert {handle: a.instance for handle, a in begun.items()} == {p.handle: p.instance for p in places}
    assert {(a.scenario, a.competences[0], a.launch_id) for a in begun.values()} == {(SCENARIO, "1.3", 1)}


def test_launching_again_is_for_those_who_have_none(world: World, store: Database) -> None:
    first = {p.handle: p for p in launcher(world, store).launch("tssr", SCENARIO, 7, lambda _place: None)}
    world.instances.remove(first["yann"].instance)
    again = {p.handle: p for p in launcher(world, store).launch("tssr", SCENARIO, 7, lambda _place: None)}
    assert {handle: place.kept for handle, place in again.items()} == {"lea": True, "yann": False, "zoe": True}
    assert again["lea"].instance == first["lea"].instance
    assert again["yann"].seed == first["yann"].seed, "the same variant again"
    assert again["yann"].instance != first["yann"].instance
    with store.read() as session:
        yann = attempts.of_person(session, People(session).find("yann"))
        assert [attempt.end for attempt in yann] == ["gone", None]


def test_a_lab_that_a_member_started_alone_becomes_part_of_the_launch(world: World, store: Database) -> None:
    lab = world.labs().lifecycle.start(world.plan(), Silent())
    PracticeRecorder.of_account(lambda: store, "alice", world.content.scenario_document).started(lab)
    with store.write() as session:
        alone = People(session).of_account(lab.instance.owner)
        Groups(session).add(Groups(session).find("tssr"), alone, trainer=False, by="P-0")
    places = {p.handle: p for p in launcher(world, store).launch("tssr", SCENARIO, 7, lambda _place: None)}
    assert (places[alone.handle].instance, places[alone.handle].kept) == (lab.instance.name, True)
    assert running(store)[alone.handle].instance == lab.instance.name


class OneFails(LabLifecycle):
    """Starts labs of which the second one does not come up."""

    begun = 0
    lock = threading.Lock()

    def start(self, *words: Any, **named: Any) -> Any:  # noqa: ANN401 - passed on
        with self.lock:
            self.begun += 1
            number = self.begun
        if number == 2:
            raise LabError(same("the host pc1 did not come up"))
        return super().start(*words, **named)


def of_class(world: World, kind: type[LabLifecycle]) -> Labs:
    labs = world.labs()
    labs.lifecycle.__class__ = kind
    return labs


def test_a_lab_that_does_not_come_up_is_told_and_the_others_stay(world: World, store: Database) -> None:
    places = launcher(world, store, of_class(world, OneFails)).launch("tssr", SCENARIO, 7, lambda _place: None)
    failed = [place for place in places if place.trouble is not None]
    assert [str(place.trouble) for place in failed] == ["the host pc1 did not come up"]
    assert len(world.instances.all()) == len(running(store)) == 2
    assert failed[0].handle not in running(store)


def test_an_interrupted_launch_removes_what_it_started(world: World, store: Database) -> None:
    kept = world.start()

    def interrupt(_place: MemberPlace) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        launcher(world, store).launch("tssr", SCENARIO, 7, interrupt)
    assert [instance.name for instance in world.instances.all()] == [kept.name]
    assert running(store) == {}


@pytest.mark.parametrize(
    ("group", "scenario", "why"),
    [
        ("tsrs", SCENARIO, 'did you mean "tssr"'),
        ("empty", SCENARIO, "has no trainee"),
        ("tssr", "moved-desk", "moved-desk"),
    ],
)
def test_what_cannot_be_launched_is_refused_before_anything(
    world: World, store: Database, group: str, scenario: str, why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        launcher(world, store).launch(group, scenario, 7, lambda _place: None)
    assert world.instances.all() == ()
    with store.read() as session:
        assert [one.launches for one in Groups(session).list()] == [0, 0]


def test_stopping_a_group_leaves_other_labs(world: World, store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = world.start()
    places = {p.handle: p for p in launcher(world, store).launch("tssr", SCENARIO, 7, lambda _place: None)}
    world.instances.remove(places["zoe"].instance)
    remove = Instances.remove

    def refuse(instances: Instances, name: str) -> None:
        if name == places["yann"].instance:
            raise LabError(same("another program is at work on it"))
        remove(instances, name)

    with monkeypatch.context() as busy:
        busy.setattr(Instances, "remove", refuse)
        stopped = launcher(world, store).stop("tssr")
    assert stopped.names == (places["lea"].instance,)
    assert [str(error) for error in stopped.busy] == ["another program is at work on it"]
    assert set(running(store)) == {"yann"}
    assert launcher(world, store).stop("tssr").names == (places["yann"].instance,)
    assert [instance.name for instance in world.instances.all()] == [kept.name]
    with store.read() as session:
        ends = {h: attempts.of_person(session, People(session).find(h))[0].end for h in ("lea", "yann", "zoe")}
    assert ends == {"lea": "stopped", "yann": "stopped", "zoe": "gone"}


def test_seeds_of_members_are_their_own_and_the_same_again() -> None:
    refs = [f"P-{number:012x}" for number in range(400)]
    seeds = member_seeds(7, refs)
    assert len(set(seeds.values())) == 400
    assert all(0 <= seed < 100_000 for seed in seeds.values())
    assert member_seeds(7, refs[::-1]) == seeds
    assert member_seeds(8, refs) != seeds
