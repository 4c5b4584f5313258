"""The command line works on labs beside labd: it tells labd, which freezes nothing there and shows what was done."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest

from orchestrator.core.progress import Silent
from orchestrator.instances.lifecycle import Instances
from orchestrator.instances.locks import BusyError, Holder
from orchestrator.labd import command_door, lab_contract, path_contract
from orchestrator.labd.calls import Nothing
from orchestrator.labd.command_contract import CommandAct, WaitingLab
from orchestrator.labd.idle_watch import IdleWatch
from orchestrator.labd.lab_contract import OfLab, QueueView
from orchestrator.labd.lab_desk import FoundLab
from orchestrator.labd.lab_limits import LabLimits
from orchestrator.labd.labd_client import LabdClient
from orchestrator.practice.recorder import PracticeRecorder
from tests.labd_talk import SOON, events_until

from .conftest import SCENARIO, Member, Site, started

pytestmark = pytest.mark.slow

LIMIT_S = 0.5
"""Of the clock that a test moves."""


class Clock:
    """A clock that goes on only where a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self) -> None:
        self.now += LIMIT_S * 0.6


@pytest.fixture
def clock(site: Site) -> Clock:
    made = Clock()
    site.clock, site.limits = made, LabLimits(freeze_s=LIMIT_S)
    return made


def paused(site: Site, lab: str) -> set[bool]:
    return {host.state == "paused" for host in site.labs.running.find(lab).hosts}


async def told(site: Site, lab: str, act: CommandAct) -> None:
    await asyncio.to_thread(site.command.acted, lab, act)


async def frozen(client: LabdClient, member: Member, lab: str, clock: Clock, after: int = 0) -> int:
    """Have a lab be frozen, and return the number of the event that says so."""
    clock.pass_by()
    await events_until(client, lab, member.token, "idle", after=after)
    clock.pass_by()
    return (await events_until(client, lab, member.token, "frozen", after=after))[-1].number


def unheard(_what: object) -> None:
    """Hear what a grading tells."""


def practice_of(site: Site, member: Member) -> PracticeRecorder:
    return PracticeRecorder.of_person(lambda: site.store, member.who.ref, site.world.content.scenario_document)


def test_work_at_the_command_line_thaws_and_keeps_awake(site: Site, clock: Clock) -> None:
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            last = await frozen(client, lea, lab, clock)
            await told(site, lab, "works")
            events = await events_until(client, lab, lea.token, "thawed", after=last)
            assert paused(site, lab) == {False}
            clock.pass_by()
            warned = await events_until(client, lab, lea.token, "idle", after=events[-1].number)
            await told(site, lab, "works")
            again = await events_until(client, lab, lea.token, "idle", after=warned[-1].number)
            assert again[-1].body == {"until": ""}, "the warning is taken back"

    asyncio.run(play())


def test_a_lab_that_is_frozen_while_somebody_calls_goes_on(
    site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call has found it awake, and comes to its point only once it is frozen."""
    lea = site.member("lea")
    awake = IdleWatch.awake

    async def play() -> None:
        looked, may_go_on = asyncio.Event(), asyncio.Event()

        async def late(watch: IdleWatch, found: FoundLab) -> FoundLab:
            looked.set()
            await may_go_on.wait()
            return await awake(watch, found)

        async with site.labd() as client:
            lab = await started(client, lea)
            monkeypatch.setattr(IdleWatch, "awake", late)
            telling = asyncio.create_task(told(site, lab, "works"))
            async with asyncio.timeout(SOON):
                await looked.wait()
            await frozen(client, lea, lab, clock)
            may_go_on.set()
            await telling
            assert paused(site, lab) == {False}

    asyncio.run(play())


def test_what_is_done_at_the_command_line_is_shown_at_once(site: Site) -> None:
    """A lab that is started, graded, reset and stopped there; whoever has its page open hears of each."""
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            await told(site, "by-hand", "start")
            running = await asyncio.to_thread(site.labs.lifecycle.start, site.world.plan(7), Silent(), name="by-hand")
            assert practice_of(site, lea).started(running) is None
            await told(site, "by-hand", "start")
            last = (await events_until(client, "by-hand", lea.token, "state", state="started"))[-1].number
            path = await client.call(path_contract.PATH, Nothing(), lea.token)
            assert [(one.name, one.state) for one in path.running] == [("by-hand", "started")]

            report = await asyncio.to_thread(site.labs.grading.check, running, on_result=unheard, on_running=unheard)
            assert practice_of(site, lea).checked(running, report) is None
            await told(site, "by-hand", "check")
            graded = (await events_until(client, "by-hand", lea.token, "graded", after=last))[-1]
            assert graded.body["verdict"] == "not_repaired"
            view = await client.call(lab_contract.LAB, OfLab("by-hand"), lea.token)
            assert view.grading is not None
            assert view.grading.at == graded.body["at"]

            again = await asyncio.to_thread(site.labs.lifecycle.reset, running, Silent())
            assert practice_of(site, lea).reset(running, again) is None
            await told(site, "by-hand", "reset")
            await events_until(client, "by-hand", lea.token, "state", after=graded.number, state="started")

            async with asyncio.timeout(SOON), aclosing(client.events("by-hand", 0, lea.token)) as events:
                seen = [await anext(events)]  # somebody has its page open
                await asyncio.to_thread(site.labs.lifecycle.stop, "by-hand")
                assert practice_of(site, lea).stopped(again.instance) is None
                await told(site, "by-hand", "stop")
                seen += [event async for event in events]
            assert (seen[-1].kind, seen[-1].body) == ("state", {"state": "gone"})

    asyncio.run(play())


def test_a_stop_at_the_command_line_makes_room_at_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    lea, tom = site.member("lea"), site.member("tom")
    site.limits = LabLimits(labs=1)
    monkeypatch.setattr("orchestrator.labd.start_queue.LOOKED_AGAIN_S", SOON * 10)

    async def play() -> None:
        async with site.labd() as client:
            first = await started(client, lea)
            lab = (await client.call(lab_contract.START, lab_contract.StartLab(SCENARIO, 7), tom.token)).lab
            (waiting,) = await asyncio.to_thread(site.command.waiting)
            assert waiting == WaitingLab(lab, SCENARIO, "tom", QueueView(1, 1, "room", None))
            await asyncio.to_thread(site.labs.lifecycle.stop, first)
            await told(site, first, "stop")
            await events_until(client, lab, tom.token, "ended", act="start")
            assert await asyncio.to_thread(site.command.waiting) == ()

    asyncio.run(play())


def test_a_start_at_the_command_line_is_one_of_those_at_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for nobody, but a start in the portal waits for it."""
    lea = site.member("lea")
    site.limits = LabLimits(starts=1)
    another = {"by-hand": Holder(4321, "breakfix start")}
    monkeypatch.setattr(Instances, "at_work", lambda _self, name: another.get(name))
    monkeypatch.setattr("orchestrator.labd.start_queue.LOOKED_AGAIN_S", SOON * 10)

    async def play() -> None:
        async with site.labd() as client:
            site.fabric.may_boot.clear()
            starting = asyncio.create_task(
                asyncio.to_thread(site.labs.lifecycle.start, site.world.plan(7), Silent(), name="by-hand")
            )
            assert await asyncio.to_thread(site.fabric.booting.acquire, timeout=SOON)
            lab = (await client.call(lab_contract.START, lab_contract.StartLab(SCENARIO, 7), lea.token)).lab
            (waiting,) = await asyncio.to_thread(site.command.waiting)
            assert waiting.queue == QueueView(1, 1, "turn", None)
            site.fabric.may_boot.set()
            await starting
            another.clear()
            await told(site, "by-hand", "start")
            await events_until(client, lab, lea.token, "ended", act="start", refusal=None)

    asyncio.run(play())


def test_whoever_has_another_key_is_refused(site: Site, clock: Clock) -> None:
    """Neither the key of the labd before, nor a person's token: nothing is told, and nobody fails."""
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            await frozen(client, lea, lab, clock)
            door = command_door.door_of(site.folder)
            assert door is not None
            for key in ("", door.key[:-1], lea.token):
                command_door.open_door(site.folder, replace(door, key=key))
                await told(site, lab, "works")
                assert await asyncio.to_thread(site.command.waiting) == ()
            assert paused(site, lab) == {True}

    asyncio.run(play())


def test_who_cannot_tell_is_seen(site: Site, clock: Clock) -> None:
    """Another user's command line has no key: labd sees that it has thawed a lab, and leaves it awake."""
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            last = await frozen(client, lea, lab, clock)
            await asyncio.to_thread(site.labs.lifecycle.thaw, lab)
            last = (await events_until(client, lab, lea.token, "thawed", after=last))[-1].number
            assert paused(site, lab) == {False}
            clock.pass_by()
            warned = await events_until(client, lab, lea.token, "idle", after=last)
            assert [event.kind for event in warned] == ["idle"], "it has all its time again"

    asyncio.run(play())


def test_a_lab_that_another_program_holds_is_not_frozen(
    site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            with monkeypatch.context() as held:
                held.setattr("orchestrator.labd.idle_watch.freeze_lab", _refuse)
                clock.pass_by()
                warned = await events_until(client, lab, lea.token, "idle")
                clock.pass_by()
                again = await events_until(client, lab, lea.token, "idle", after=warned[-1].number)
                assert again[-1].body == {"until": ""}
            await frozen(client, lea, lab, clock, again[-1].number)

    asyncio.run(play())


def _refuse(*_: object) -> None:
    raise BusyError("lab", Holder(4321))
