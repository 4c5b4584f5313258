"""Starts that wait over the socket: for their turn, for room, until they are taken back; and what is refused."""

from __future__ import annotations

import asyncio

import pytest

from orchestrator.core.errors import UsageError
from orchestrator.core.progress import Silent
from orchestrator.core.text import same
from orchestrator.engine.engine_interface import engine_unreachable
from orchestrator.labd import class_contract as contract
from orchestrator.labd import lab_contract, lab_work_contract, path_contract
from orchestrator.labd.calls import Nothing
from orchestrator.labd.event_log import EventLogs, LabNote
from orchestrator.labd.lab_contract import OfLab, QueueView, StartLab
from orchestrator.labd.lab_limits import LabLimits, memory_of, too_many
from orchestrator.labd.lab_room import LabRoom, TakenRoom
from orchestrator.labd.labd_client import LabdClient
from orchestrator.model.serve_settings import usual_memory
from tests.labd_talk import SOON, events_until, stopped

from .conftest import SCENARIO, Member, Site, refusal_of, started

pytestmark = pytest.mark.slow


async def asked(client: LabdClient, member: Member) -> str:
    """Start the scenario for somebody, and return at once."""
    return (await client.call(lab_contract.START, StartLab(SCENARIO, 7), member.token)).lab


async def place(client: LabdClient, member: Member, lab: str) -> QueueView:
    view = await client.call(lab_contract.LAB, OfLab(lab), member.token)
    assert (view.state, view.busy, view.hosts[0].state) == ("waiting", "", "created")
    assert view.queue is not None
    return view.queue


async def boots(site: Site) -> None:
    """Wait until one more lab boots, which lasts until ``may_boot`` is set."""
    assert await asyncio.to_thread(site.fabric.booting.acquire, timeout=SOON)


def test_a_start_waits_for_its_turn_and_says_so(site: Site) -> None:
    lea, tom = site.member("lea"), site.member("tom")
    site.limits = LabLimits(per_person=1, starts=1)

    async def play() -> None:
        async with site.labd() as client:
            site.fabric.may_boot.clear()
            first = await asked(client, lea)
            await boots(site)
            lab = await asked(client, tom)
            assert await asked(client, tom) == lab, "two clicks ask once"
            assert await place(client, tom, lab) == QueueView(1, 1, "turn", None), "nothing was measured yet"
            path = await client.call(path_contract.PATH, Nothing(), tom.token)
            assert [(one.name, one.state) for one in path.running] == [(lab, "waiting")]
            for call in (lab_work_contract.CHECK, lab_work_contract.HINT, lab_contract.RESET):
                assert (await refusal_of(client, call, OfLab(lab), tom.token)).kind in {"busy", "wrong"}
            opening = lab_work_contract.OpenTerminal(lab, "pc1", "root")
            assert (await refusal_of(client, lab_work_contract.OPEN_TERMINAL, opening, tom.token)).kind == "busy"
            site.fabric.may_boot.set()
            events = await events_until(client, lab, tom.token, "ended", act="start", refusal=None)
            assert [event.kind for event in events[:2]] == ["queued", "began"]
            assert (await client.call(lab_contract.LAB, OfLab(lab), tom.token)).queue is None
            assert {one.name for one in site.labs.running.all()} == {first, lab}

    asyncio.run(play())


@pytest.mark.parametrize(
    ("titles", "said"),
    [
        ((), "You can start no lab."),
        (("Moved desks",), 'You have a lab already, "Moved desks".'),
        (("Moved desks", "No DNS"), 'You have 2 labs already: "Moved desks", "No DNS".'),
    ],
)
def test_who_has_as_many_as_they_may_is_told_which(titles: tuple[str, ...], said: str) -> None:
    assert too_many(tuple(map(same, titles))).en == said


def test_without_room_a_start_waits_until_another_lab_ends(site: Site) -> None:
    lea, tom = site.member("lea"), site.member("tom")
    site.limits = LabLimits(labs=1)

    async def play() -> None:
        async with site.labd() as client:
            first = await started(client, lea)
            lab = await asked(client, tom)
            assert await place(client, tom, lab) == QueueView(1, 1, "room", None), "nobody knows when one is stopped"
            await stopped(client, first, lea.token)
            await events_until(client, lab, tom.token, "ended", act="start", refusal=None)

    asyncio.run(play())


def test_the_memory_of_all_labs_counts_whoever_started_them(site: Site) -> None:
    lea, tom, max_ = site.member("lea"), site.member("tom"), site.member("max")
    one = memory_of(site.world.plan(7))
    site.labs.lifecycle.start(site.world.plan(7), Silent(), name="by-hand")
    site.limits = LabLimits(memory=3 * one - 1)

    async def play() -> None:
        async with site.labd() as client:
            await started(client, lea)
            lab = await asked(client, tom)
            assert (await place(client, tom, lab)).why == "room"
            behind = await asked(client, max_)
            assert (await place(client, max_, behind)).place == 2
            await asyncio.to_thread(site.labs.lifecycle.stop, "by-hand")
            await client.call(lab_contract.STOP, OfLab(lab), tom.token)  # looks for room at once
            await events_until(client, behind, max_.token, "ended", act="start", refusal=None)
            assert (await refusal_of(client, lab_contract.LAB, OfLab(lab), tom.token)).kind == "missing"

    asyncio.run(play())


def test_what_will_never_have_room_is_refused(site: Site) -> None:
    lea, ada = site.member("lea"), site.member("ada", "trainer")
    site.a_class("tssr", ada, lea)
    site.limits = LabLimits(memory=64 << 20)

    async def play() -> None:
        async with site.labd() as client:
            refusal = await refusal_of(client, lab_contract.START, StartLab(SCENARIO), lea.token)
            assert refusal.kind == "wrong"
            assert "0.1\N{NO-BREAK SPACE}GiB in all" in refusal.text.en
            launch = contract.LaunchForClass("tssr", SCENARIO)
            assert await refusal_of(client, contract.LAUNCH, launch, ada.token) == refusal

    asyncio.run(play())


def test_who_comes_alone_waits_for_one_of_a_class(site: Site) -> None:
    """And sees how long it takes, once a start was measured."""
    zoe, ada = site.member("zoe"), site.member("ada", "trainer")
    members = [site.member(handle) for handle in ("lea", "max", "tom", "yan")]
    site.a_class("tssr", ada, *members)
    site.limits = LabLimits(starts=1)

    async def play() -> None:
        async with site.labd() as client:
            await stopped(client, await started(client, zoe), zoe.token)
            site.fabric.booting.acquire()
            site.fabric.may_boot.clear()
            await client.call(contract.LAUNCH, contract.LaunchForClass("tssr", SCENARIO), ada.token)
            await boots(site)
            await states(client, ada, "starting", "waiting", "waiting", "waiting")
            lab = await asked(client, zoe)
            view = await place(client, zoe, lab)
            assert (view.place, view.waiting, view.why) == (2, 4, "turn")
            assert view.seconds is not None
            site.fabric.may_boot.set()
            await events_until(client, lab, zoe.token, "ended", act="start", refusal=None)

    asyncio.run(play())


async def states(client: LabdClient, trainer: Member, *expected: str) -> None:
    """Wait until these are the states on the class's board, in some order."""
    async with asyncio.timeout(SOON):
        while True:
            board = await client.call(contract.BOARD, contract.OfClass("tssr"), trainer.token)
            if sorted(row.state for row in board.rows) == sorted(expected):
                return


def test_what_waited_and_was_not_kept_leaves_no_trace(site: Site) -> None:
    lea, folder = site.member("lea"), site.folder / "events"
    note = LabNote(lea.who.ref, SCENARIO, "7")
    EventLogs(folder).of("moved-desks-0001", note).add("queued", {"place": 1})
    failed = EventLogs(folder).of("moved-desks-0002", note)
    failed.add("queued", {"place": 1})
    failed.add("began", {"act": "start"})

    async def play() -> None:
        async with site.labd() as client:
            path = await client.call(path_contract.PATH, Nothing(), lea.token)
            assert [(one.name, one.state) for one in path.running] == [("moved-desks-0002", "failed")]

    asyncio.run(play())
    assert [path.name for path in folder.iterdir()] == ["moved-desks-0002.events"]


def test_where_the_engine_is_silent_nothing_waits(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    lea = site.member("lea")

    def silent() -> None:
        raise engine_unreachable("it sleeps")

    async def play() -> None:
        async with site.labd() as client:
            with monkeypatch.context() as sleeping:
                sleeping.setattr(LabRoom, "taken", lambda _self: silent())
                assert (await refusal_of(client, lab_contract.START, StartLab(SCENARIO), lea.token)).kind == "machine"
            await started(client, lea)

    asyncio.run(play())
    assert len(site.labs.running.all()) == 1


def test_a_lab_whose_content_is_gone_takes_room_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = site.world.plan(7)
    site.labs.lifecycle.start(plan, Silent(), name="by-hand")
    room = LabRoom(lambda: site.labs, None)
    assert room.taken() == TakenRoom({"by-hand": memory_of(plan)}, usual_memory(4 << 30))

    def gone(_name: str) -> None:
        raise UsageError(same("there is no such scenario"))

    monkeypatch.setattr(site.labs.running, "planned", gone)
    assert room.taken().labs == {"by-hand": memory_of(plan)}, "it is remembered"
    assert LabRoom(lambda: site.labs, 1).taken() == TakenRoom({"by-hand": len(plan.hosts) * (192 << 20)}, 1)
