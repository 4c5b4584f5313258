"""Shares of the machine beyond a person's number of labs: a class's, a person's memory, processors, a jury's room."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from orchestrator.core.errors import LabError
from orchestrator.core.text import same
from orchestrator.labd import class_contract as contract
from orchestrator.labd import lab_contract
from orchestrator.labd.event_log import EventLogs, LabNote
from orchestrator.labd.fair_turns import asker_of
from orchestrator.labd.jury_room import JuryRoom, KeptRoom
from orchestrator.labd.lab_contract import OfLab, StartLab
from orchestrator.labd.lab_desk import LabDesk
from orchestrator.labd.lab_limits import STOP_ONE, LabLimits, memory_of, too_large
from orchestrator.labd.lab_room import LabRoom, TakenRoom
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.person_room import PersonRoom
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.start_lengths import StartLengths
from orchestrator.labd.start_queue import QueuedStart, StartQueue
from orchestrator.labd.waiting_book import WaitingBook
from tests.labd_talk import events_until, stopped

from .conftest import SCENARIO, Member, Site, refusal_of, started

pytestmark = pytest.mark.slow

# What is begun, by the queue alone --------------------------------------------------------------------------------


@dataclass
class Machine:
    """A queue whose starts end when a test says so.

    Attributes:
        limits: what may be on the machine.
        room: what is taken of it.
        begun: the labs that were begun, in order.
    """

    folder: Path
    limits: LabLimits
    room: TakenRoom = field(default_factory=lambda: TakenRoom({}, 100))
    begun: list[str] = field(default_factory=list)
    ends: dict[str, asyncio.Event] = field(default_factory=dict)

    def queue(self) -> StartQueue:
        async def room() -> TakenRoom:
            return self.room

        logs = EventLogs(self.folder)
        return StartQueue(
            self.limits, room, lambda: self.starting, logs, StartLengths(), WaitingBook(self.folder / "waiting.json")
        )

    @property
    def starting(self) -> int:
        return sum(not end.is_set() for end in self.ends.values())

    def start(self, lab: str, asker: str, memory: int = 10) -> QueuedStart:
        def begin() -> asyncio.Event:
            self.begun.append(lab)
            return self.ends.setdefault(lab, asyncio.Event())

        return QueuedStart(lab, asker, memory, LabNote(asker, "s", "1"), begin)


TSSR = asker_of("tssr")


@pytest.mark.parametrize(
    ("limits", "room", "begun", "whys"),
    [
        pytest.param(
            LabLimits(class_labs=1),
            TakenRoom({}, 100),
            ["c1", "lea"],
            {"c2": "class", "c3": "class"},
            id="a class has one lab, and who comes behind it does not wait",
        ),
        pytest.param(
            LabLimits(class_labs=2),
            TakenRoom({"old": 10, "gone-on": 10}, 100, {"old": "tssr", "gone-on": "other"}),
            ["c1", "lea"],
            {"c2": "class", "c3": "class"},
            id="its labs that are there count, those of another class do not",
        ),
        pytest.param(
            LabLimits(class_labs=1),
            TakenRoom({}, 100, {"removed": "tssr"}),
            ["c1", "lea"],
            {"c2": "class", "c3": "class"},
            id="a lab that the store has not seen the end of counts no longer",
        ),
        pytest.param(
            LabLimits(class_memory=25),
            TakenRoom({}, 100),
            ["c1", "c2", "lea"],
            {"c3": "class"},
            id="a class has memory for two",
        ),
        pytest.param(
            LabLimits(),
            TakenRoom({}, 100, {}, KeptRoom(3, 90)),
            ["c1"],
            {"c2": "jury", "c3": "jury", "lea": "jury"},
            id="a jury's room is left free",
        ),
        pytest.param(
            LabLimits(labs=5),
            TakenRoom({}, 100, {}, KeptRoom(4, 40)),
            ["c1"],
            {"c2": "jury", "c3": "jury", "lea": "jury"},
            id="of a number of labs too",
        ),
        pytest.param(
            LabLimits(),
            TakenRoom({"a": 95}, 100, {}, KeptRoom(1, 10)),
            [],
            {"c1": "room", "c2": "room", "c3": "room", "lea": "room"},
            id="what has no room without a jury either waits for room",
        ),
        pytest.param(
            LabLimits(starts=2),
            TakenRoom({}, 100, starting=2),
            [],
            {"c1": "turn", "c2": "turn", "c3": "turn", "lea": "turn"},
            id="while as many labs of a jury start as may at once, no other does",
        ),
    ],
)
def test_who_is_begun_and_what_the_others_wait_for(
    tmp_path: Path, limits: LabLimits, room: TakenRoom, begun: list[str], whys: dict[str, str]
) -> None:
    machine = Machine(tmp_path, limits, room)

    async def play() -> None:
        queue = machine.queue()
        for lab in ("c1", "c2", "c3"):
            await queue.put(machine.start(lab, TSSR))
            end_all(machine)
        await queue.put(machine.start("lea", "lea"))
        assert machine.begun == begun
        views = {lab: queue.view(lab) for lab in ("c1", "c2", "c3", "lea")}
        assert {lab: view.why for lab, view in views.items() if view is not None} == whys
        end_all(machine)
        queue.close()
        await queue.finish()

    asyncio.run(play())


def end_all(machine: Machine) -> None:
    """Have the starts be made: they are no longer begun, and what was looked at of the machine has not changed."""
    for end in machine.ends.values():
        end.set()


def test_a_class_goes_on_when_one_of_its_labs_ends(tmp_path: Path) -> None:
    machine = Machine(tmp_path, LabLimits(class_labs=1), TakenRoom({"old": 10}, 100, {"old": "tssr"}))

    async def play() -> None:
        queue = machine.queue()
        over = await queue.put(machine.start("c1", TSSR))
        assert machine.begun == []
        machine.room = TakenRoom({}, 100)
        machine.ends["c1"] = asyncio.Event()
        machine.ends["c1"].set()
        queue.freed()
        await over.wait()
        assert machine.begun == ["c1"]
        await queue.finish()

    asyncio.run(play())


def test_a_lab_that_is_there_is_started_again_beside_a_jurys_room(tmp_path: Path) -> None:
    machine = Machine(tmp_path, LabLimits(), TakenRoom({"mine": 50}, 100, {}, KeptRoom(9, 90)))

    async def play() -> None:
        queue = machine.queue()
        await queue.put(machine.start("mine", "lea", 0))
        assert machine.begun == ["mine"]
        end_all(machine)
        await queue.finish()

    asyncio.run(play())


# Over the socket --------------------------------------------------------------------------------------------------


async def asked(client: LabdClient, member: Member) -> str:
    return (await client.call(lab_contract.START, StartLab(SCENARIO, 7), member.token)).lab


def test_a_class_has_its_share_and_what_it_launched_counts_after_a_restart(site: Site) -> None:
    lea, tom, ada = site.member("lea"), site.member("tom"), site.member("ada", "trainer")
    site.a_class("tssr", ada, lea, tom)
    site.limits = LabLimits(class_labs=1)
    launch = contract.LaunchForClass("tssr", SCENARIO)

    async def first() -> None:
        async with site.labd() as client:
            await client.call(contract.LAUNCH, contract.LaunchForClass("tssr", SCENARIO, ("lea",)), ada.token)
            await board_has(client, ada, "running", "none")

    async def then() -> None:
        async with site.labd() as client:
            await client.call(contract.LAUNCH, launch, ada.token)
            board = await board_has(client, ada, "running", "waiting")
            lea_lab, tom_lab = (row.lab for row in board.rows)
            queue = (await client.call(lab_contract.LAB, OfLab(tom_lab), tom.token)).queue
            assert queue is not None
            assert (queue.why, queue.seconds) == ("class", None)
            await stopped(client, lea_lab, lea.token)
            await events_until(client, tom_lab, tom.token, "ended", act="start", refusal=None)

    asyncio.run(first())
    asyncio.run(then())


async def board_has(client: LabdClient, ada: Member, *states: str) -> contract.BoardView:
    """Return the board of the class once its trainees are in these states."""
    async with asyncio.timeout(60):
        while True:
            board = await client.call(contract.BOARD, contract.OfClass("tssr"), ada.token)
            if tuple(row.state for row in board.rows) == states:
                return board


def test_a_lab_that_is_larger_than_a_share_is_refused(site: Site) -> None:
    lea, ada = site.member("lea"), site.member("ada", "trainer")
    site.a_class("tssr", ada, lea)
    site.limits = LabLimits(person_memory=64 << 20, class_memory=64 << 20)

    async def play() -> None:
        async with site.labd() as client:
            launch = contract.LaunchForClass("tssr", SCENARIO)
            for call, request, member in (
                (lab_contract.START, StartLab(SCENARIO), lea),
                (contract.LAUNCH, launch, ada),
            ):
                refusal = await refusal_of(client, call, request, member.token)
                assert refusal.kind == "wrong"
                assert "may take 0.1\N{NO-BREAK SPACE}GiB only" in refusal.text.en

    asyncio.run(play())


@pytest.mark.parametrize(("spared", "refused"), [(0, False), (1, True)])
def test_the_labs_of_a_person_share_their_memory(site: Site, spared: int, *, refused: bool) -> None:
    """Labs that wait count, those whose start failed do not."""
    lea, logs, plan = site.member("lea").who.ref, EventLogs(site.folder / "events"), site.world.plan(7)
    waits = logs.of("moved-desks-0001", LabNote(lea, SCENARIO, "7"))
    failed = logs.of("moved-desks-0002", LabNote(lea, SCENARIO, "8"))
    failed.add("ended", {"act": "start", "refusal": too_large(2, 1).refusal})
    desk = LabDesk(site.parts, logs, lambda lab: "queue" if lab == "moved-desks-0001" else "", 9)
    room = PersonRoom(desk, LabRoom(lambda: site.labs, None), 2 * memory_of(plan) - spared)
    assert waits.note.owner == lea
    if refused:
        with pytest.raises(RefusedCallError) as told:
            room.require(lea, plan)
        assert (told.value.refusal.kind, told.value.refusal.hint) == ("busy", STOP_ONE)
        assert "With this lab yours would take" in told.value.refusal.text.en
    else:
        assert room.require(lea, plan) == memory_of(plan)


@pytest.mark.parametrize("limited", [None, 0.5])
def test_each_host_of_a_lab_has_its_processors(site: Site, limited: float | None) -> None:
    lea = site.member("lea")
    site.limits = LabLimits(host_processors=limited)

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            assert processors(site, lab) == {limited}
            await client.call(lab_contract.RESET, OfLab(lab), lea.token)
            await events_until(client, lab, lea.token, "ended", act="reset", refusal=None)
            assert processors(site, lab) == {limited}

    asyncio.run(play())


def processors(site: Site, lab: str) -> set[float | None]:
    engine = site.world.engine
    return {engine.processors(host.container) for host in site.labs.running.find(lab).hosts}


def test_a_lab_whose_processors_cannot_be_limited_starts_all_the_same(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    lea = site.member("lea")
    site.limits = LabLimits(host_processors=1)

    def refuses(_container: str, _processors: float) -> None:
        raise LabError(same("no such control group"))

    monkeypatch.setattr(site.world.engine, "limit_processors", refuses)

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            assert (await client.call(lab_contract.LAB, OfLab(lab), lea.token)).state == "started"

    asyncio.run(play())


# A jury's room ----------------------------------------------------------------------------------------------------


def test_a_jurys_room_is_what_the_largest_lab_of_each_place_takes(site: Site) -> None:
    site.jury_places = (frozenset({SCENARIO}), frozenset({SCENARIO, "gone"}), frozenset())
    one = memory_of(site.world.plan(0))
    assert JuryRoom(site.parts).kept() == KeptRoom(3, 2 * one)


def test_where_the_store_does_not_answer_nothing_is_kept(site: Site) -> None:
    def fails(_offers: object) -> tuple[frozenset[str], ...]:
        raise LabError(same("no store"))

    assert JuryRoom(replace(site.parts, jury_places=fails)).kept() == KeptRoom()


def test_a_start_waits_for_a_jury_and_begins_after_it(site: Site) -> None:
    lea = site.member("lea")
    one = memory_of(site.world.plan(7))
    site.limits, site.jury_places = LabLimits(memory=2 * one), (frozenset({SCENARIO}),) * 2

    async def play() -> None:
        async with site.labd() as client:
            lab = await asked(client, lea)
            queue = (await client.call(lab_contract.LAB, OfLab(lab), lea.token)).queue
            assert queue is not None
            assert queue.why == "jury"
            site.jury_places = site.jury_places[:1]
            tom = site.member("tom")
            await client.call(lab_contract.STOP, OfLab(await asked(client, tom)), tom.token)  # looks for room at once
            await events_until(client, lab, lea.token, "ended", act="start", refusal=None)

    asyncio.run(play())


def test_the_labs_that_others_are_just_starting_are_counted() -> None:
    @dataclass(frozen=True)
    class Opened:
        name: str
        assessed: bool
        scenario: str = "s"
        lab: str = "l"
        seed: int = 1
        digest: str = "d"
        expected: int = 1
        hosts: tuple[()] = ()

    class Service:
        running = property(lambda self: self)
        """Each part is this one."""

        def all(self) -> tuple[Opened, ...]:
            return (Opened("a", assessed=True), Opened("b", assessed=True), Opened("c", assessed=False))

        def pooled(self, *, ours: bool) -> frozenset[str]:
            assert ours
            return frozenset()

        def state_of(self, one: Opened) -> str:
            return "started" if one.name == "b" else "starting"

        def planned(self, _name: str) -> None:
            raise LabError(same("gone"))

    room = LabRoom(Service, 1000)  # type: ignore[arg-type]
    assert room.taken().starting == 2
