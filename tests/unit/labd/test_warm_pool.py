"""Labs that stand ready, over the socket: claimed, replaced, given up, taken up by the next labd."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from orchestrator.core.errors import LabError
from orchestrator.core.progress import Silent
from orchestrator.core.text import same
from orchestrator.core.waiting import wait_until
from orchestrator.instances.instance import Instance
from orchestrator.labd import class_contract, lab_contract, path_contract, warm_pool
from orchestrator.labd.calls import Nothing
from orchestrator.labd.event_contract import LabEvent
from orchestrator.labd.event_log import EventLogs, LabNote
from orchestrator.labd.lab_contract import OfLab, StartLab
from orchestrator.labd.lab_jobs import LabJobs
from orchestrator.labd.lab_limits import memory_of
from orchestrator.labd.lab_room import TakenRoom
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.machine_room import MachineLoad
from orchestrator.labd.pool_room import PoolRoom
from orchestrator.labd.pool_wishes import PoolWishes
from orchestrator.labd.told_refusals import busy_with
from orchestrator.records import attempts
from tests.labd_talk import SOON, events_until

from .conftest import SCENARIO, Member, Site, refusal_of, started

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a round come soon."""
    monkeypatch.setattr(warm_pool, "_BETWEEN_S", 0.05)


@pytest.fixture
def site(site: Site) -> Site:
    """A site where one lab shall stand ready."""
    wish(site, PoolWishes({SCENARIO: 1}, reserve=0))
    return site


def wish(site: Site, wishes: PoolWishes) -> None:
    """Have other labs stand ready from the next labd on."""
    site.limits = replace(site.limits, pool=wishes)


async def soon(holds: Callable[[], object]) -> None:
    assert await asyncio.to_thread(wait_until, lambda: bool(holds()), within=SOON, every=0.02)


def pooled(site: Site) -> dict[str, Instance]:
    """The labs that stand ready, frozen, as the engine knows them."""
    names = site.labs.running.pooled()
    there = {one.name: one for one in site.labs.running.all() if one.name in names}
    return {
        name: one
        for name, one in there.items()
        if len(one.hosts) == one.expected
        and {host.state for host in one.hosts} == {"paused"}
        and site.labs.running.state_of(one) == "started"
    }


async def ready(site: Site, count: int = 1) -> tuple[str, ...]:
    """Return the names of the labs that stand ready, once it is so many."""
    await soon(lambda: len(pooled(site)) == count)
    return tuple(pooled(site))


async def claimed(client: LabdClient, member: Member, name: str, seed: int | None = None) -> list[LabEvent]:
    """Start the scenario until a certain lab is handed over: labd may just not have seen it yet."""
    lab = (await client.call(lab_contract.START, StartLab(SCENARIO, seed), member.token)).lab
    assert lab == name
    return await events_until(client, lab, member.token, "ended", act="start", refusal=None)


def steps(events: list[LabEvent]) -> list[str]:
    return [event.body["text"]["en"] for event in events if event.kind == "step"]


def test_who_starts_one_gets_it_and_another_takes_its_place(site: Site) -> None:
    lea, tom = site.member("lea"), site.member("tom")

    async def play() -> None:
        async with site.labd() as client:
            (name,) = await ready(site)
            path = await client.call(path_contract.PATH, Nothing(), lea.token)
            assert path.running == (), "it is nobody's"
            assert (await refusal_of(client, lab_contract.LAB, OfLab(name), lea.token)).kind == "missing"
            await soon(lambda: warm_in(site, name))
            events = await claimed(client, lea, name)
            assert steps(events) == ["A lab stood ready: it goes on"]
            view = await client.call(lab_contract.LAB, OfLab(name), lea.token)
            assert (view.state, view.yours, {host.state for host in view.hosts}) == ("started", True, {"running"})
            assert view.since, "its time begins now"
            assert (await refusal_of(client, lab_contract.LAB, OfLab(name), tom.token)).kind == "missing"
            assert (await client.call(lab_contract.START, StartLab(SCENARIO), lea.token)).lab == name
            (other,) = await ready(site)
            assert other != name
            await soon(lambda: warm_in(site, other))
            await claimed(client, tom, other)

    asyncio.run(play())
    with site.store.read() as reading:
        assert len(attempts.instances_of(reading, {lea.who.ref, tom.who.ref})) == 2


def warm_in(site: Site, name: str) -> bool:
    """Return whether labd hands a lab out, which it has seen a moment after it was frozen."""
    pool = site.pools[-1]
    return any(one.name == name for one in pool.warm)


def test_of_two_at_once_one_gets_it(site: Site) -> None:
    lea, tom = site.member("lea"), site.member("tom")

    async def play() -> None:
        async with site.labd() as client:
            (name,) = await ready(site)
            await soon(lambda: warm_in(site, name))
            asked = [client.call(lab_contract.START, StartLab(SCENARIO), one.token) for one in (lea, tom)]
            labs = [one.lab for one in await asyncio.gather(*asked)]
            assert labs.count(name) == 1
            for lab, who in zip(labs, (lea, tom), strict=True):
                events = await events_until(client, lab, who.token, "ended", act="start", refusal=None)
                assert ("A lab stood ready: it goes on" in steps(events)) is (lab == name)

    asyncio.run(play())


def test_a_chosen_variant_and_a_class_start_as_ever(site: Site) -> None:
    lea, ada = site.member("lea"), site.member("ada", "trainer")
    site.a_class("tssr", ada, lea)

    async def play() -> None:
        async with site.labd() as client:
            (name,) = await ready(site)
            await soon(lambda: warm_in(site, name))
            seed = pooled(site)[name].seed
            lab = await started(client, lea, seed + 1)
            assert lab != name
            tom = site.member("tom")
            await claimed(client, tom, name, seed)
            (name,) = await ready(site)
            await client.call(lab_contract.STOP, OfLab(lab), lea.token)
            await soon(lambda: lab not in {one.name for one in site.labs.running.all()})
            await client.call(class_contract.LAUNCH, class_contract.LaunchForClass("tssr", SCENARIO), ada.token)
            await soon(lambda: len(site.labs.running.all()) == 3)
            assert name in site.labs.running.pooled()

    asyncio.run(play())


def test_where_it_does_not_go_on_another_one_starts(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            (name,) = await ready(site)
            await soon(lambda: warm_in(site, name))
            old = pooled(site)[name].identity

            def fails(_container: str) -> None:
                raise LabError(same("no"))

            monkeypatch.setattr(site.world.engine, "unpause", fails)
            events = await claimed(client, lea, name)
            assert "It does not go on: another one starts in its place" in steps(events)
            found = site.labs.running.find(name)
            assert found.identity != old
            assert name not in site.labs.running.pooled()

    asyncio.run(play())


def test_where_something_else_is_done_with_it_just_now_another_one_starts(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    lea = site.member("lea")
    begin = LabJobs.begin
    held: list[str] = []

    def busy(jobs: LabJobs, lab: str, *given: object, **more: object) -> asyncio.Event:
        if lab in held:
            raise busy_with("stop")
        return begin(jobs, lab, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(LabJobs, "begin", busy)

    async def play() -> None:
        async with site.labd() as client:
            (name,) = await ready(site)
            await soon(lambda: warm_in(site, name))
            held.append(name)
            lab = (await client.call(lab_contract.START, StartLab(SCENARIO), lea.token)).lab
            assert lab != name
            events = await events_until(client, lab, lea.token, "ended", act="start", refusal=None)
            assert "A lab stood ready: it goes on" not in steps(events)
            assert name in site.labs.running.pooled()

    asyncio.run(play())


def test_the_next_labd_goes_on_with_them_unless_the_program_has_changed(site: Site) -> None:
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd():
            (name,) = await ready(site)
        identity = pooled(site)[name].identity
        async with site.labd() as client:
            await soon(lambda: warm_in(site, name))
            assert pooled(site)[name].identity == identity
            await client.call(path_contract.PATH, Nothing(), lea.token)
        site.version = "2"
        async with site.labd():
            await soon(lambda: pooled(site) and name not in pooled(site))
        wish(site, PoolWishes())
        async with site.labd():
            await soon(lambda: not site.labs.running.all())

    asyncio.run(play())


def test_one_whose_claim_was_cut_off_is_removed_before_anybody_calls(site: Site) -> None:
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd():
            (name,) = await ready(site)
        seed = pooled(site)[name].seed
        wish(site, PoolWishes())
        log = EventLogs(site.folder / "events").of(name, LabNote(lea.who.ref, SCENARIO, str(seed)))
        log.add("began", {"act": "start"})
        async with site.labd() as client:
            assert site.labs.running.all() == ()
            path = await client.call(path_contract.PATH, Nothing(), lea.token)
            assert [(one.name, one.state) for one in path.running] == [(name, "failed")]
            await client.call(lab_contract.RESET, OfLab(name), lea.token)
            await events_until(client, name, lea.token, "ended", act="reset", refusal=None)

    asyncio.run(play())


def test_one_that_was_cut_off_or_touched_is_replaced(site: Site) -> None:
    async def play() -> None:
        site.labs.lifecycle.start(site.world.plan(7), Silent(), name="touched", pooled="x")
        site.labs.lifecycle.thaw("touched")
        async with site.labd():
            (name,) = await ready(site)
            await soon(lambda: {one.name for one in site.labs.running.all()} == {name})
            site.labs.lifecycle.thaw(name)
            await soon(lambda: pooled(site) and name not in pooled(site))

    asyncio.run(play())


def test_it_is_given_up_where_somebody_needs_its_memory(site: Site) -> None:
    lea, tom = site.member("lea"), site.member("tom")
    one = memory_of(site.world.plan(7))
    site.limits = replace(site.limits, memory=2 * one, starts=1)

    async def play() -> None:
        async with site.labd() as client:
            (name,) = await ready(site)
            await soon(lambda: warm_in(site, name))
            seed = (pooled(site)[name].seed + 1) % 1000
            await started(client, lea, seed)
            await soon(lambda: warm_in(site, name))  # there is room for both
            lab = await started(client, tom, seed)
            await soon(lambda: {one.name for one in site.labs.running.all()} == {lab, *labs_of(site, lea)})

    asyncio.run(play())


def labs_of(site: Site, member: Member) -> tuple[str, ...]:
    with site.store.read() as reading:
        return attempts.instances_of(reading, {member.who.ref})


@pytest.mark.parametrize("load", [MachineLoad(10, busy=False), MachineLoad(None, busy=True)])
def test_nothing_is_filled_on_a_machine_without_room(
    site: Site, load: MachineLoad, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    has_room = PoolRoom.has_room

    def looked(room: PoolRoom, taken: TakenRoom, needs: int) -> bool:
        seen.append(has_room(room, taken, needs))
        return seen[-1]

    monkeypatch.setattr(PoolRoom, "has_room", looked)
    site.load = load

    async def play() -> None:
        async with site.labd():
            await soon(lambda: len(seen) > 2)
            assert set(seen) == {False}
            assert site.labs.running.all() == ()

    asyncio.run(play())


@pytest.mark.parametrize("image", ["host", ""])
def test_what_cannot_be_made_is_left(site: Site, image: str, caplog: pytest.LogCaptureFixture) -> None:
    wish(site, PoolWishes({SCENARIO if image else "gone": 1}))
    site.unbuilt |= {image} - {""}

    async def play() -> None:
        async with site.labd():
            await soon(lambda: "can stand ready" in caplog.text)
            assert site.labs.running.all() == ()

    asyncio.run(play())


def test_by_use_counts_what_people_choose(site: Site) -> None:
    lea = site.member("lea")
    wish(site, PoolWishes(by_use=1))

    async def play() -> None:
        async with site.labd() as client:
            await started(client, lea)
            assert len(await ready(site)) == 1

    asyncio.run(play())
