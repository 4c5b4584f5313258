"""What waits for its start when labd ends or is killed: kept at every step, taken up in its order, or told why not."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.engine.engine_interface import engine_unreachable
from orchestrator.labd import class_contract as contract
from orchestrator.labd import lab_contract, path_contract, taking_up, waiting_book
from orchestrator.labd.calls import Nothing, Refusal
from orchestrator.labd.event_log import EventLog, EventLogs, LabNote
from orchestrator.labd.fair_turns import asker_of
from orchestrator.labd.kept_rights import LONGEST, NO_LONGER_YOURS, TOO_LATE, KeptRights, not_in_class
from orchestrator.labd.lab_contract import LabView, OfLab, StartLab
from orchestrator.labd.lab_limits import LabLimits
from orchestrator.labd.lab_room import LabRoom, TakenRoom
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.start_lengths import StartLengths
from orchestrator.labd.start_queue import QueuedStart, StartQueue
from orchestrator.labd.told_refusals import cut_short
from orchestrator.labd.waiting_book import KeptStart, WaitingBook
from orchestrator.records.groups import Groups
from orchestrator.records.people import People
from tests.labd_talk import SOON, events_until, stopped

from .conftest import SCENARIO, Member, Site
from .test_start_queue import asked, boots

pytestmark = pytest.mark.slow

TSSR = asker_of("tssr")


# Killed at every step, by the queue alone -------------------------------------------------------------------------


class Steps:
    """Copies a folder before and after each change of a file in it: what a labd leaves that is killed just there."""

    def __init__(self, folder: Path, copies: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.promised: list[str] = []
        """The labs whose callers were told to wait."""
        self._folder, self._copies = folder, copies
        self._left: list[tuple[Path, tuple[str, ...]]] = []
        for owner, name in ((WaitingBook, "_write"), (EventLog, "_write"), (EventLog, "begin_file"), (Path, "unlink")):
            monkeypatch.setattr(owner, name, self._around(getattr(owner, name)))

    def _around(self, change: Callable[..., None]) -> Callable[..., None]:
        def changed(*args: object, **named: object) -> None:
            self._copy()
            change(*args, **named)
            self._copy()

        return changed

    def _copy(self) -> None:
        if self._folder.is_dir():
            copy = self._copies / str(len(self._left))
            shutil.copytree(self._folder, copy)
            self._left.append((copy, tuple(self.promised)))

    def __iter__(self) -> Iterator[tuple[Path, tuple[str, ...]]]:
        """Yield what was left at each step, with what had been promised until then."""
        return iter(tuple(self._left))


def test_a_labd_that_is_killed_at_any_step_has_lost_no_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each start that somebody was told to wait for is kept, or its log says that it was begun; in the right order."""
    folder = tmp_path / "events"
    steps = Steps(folder, tmp_path / "copies", monkeypatch)
    book, logs, ends = WaitingBook(folder / "waiting.json"), EventLogs(folder), dict[str, asyncio.Event]()

    async def room() -> TakenRoom:
        return TakenRoom({}, 1000)

    def start(lab: str, asker: str) -> QueuedStart:
        note = LabNote(asker, "s", "1")

        def begin() -> asyncio.Event:
            logs.of(lab, note).add("began", {"act": "start"})
            return ends.setdefault(lab, asyncio.Event())

        return QueuedStart(lab, asker, 1, note, begin)

    async def play() -> None:
        making = lambda: sum(not one.is_set() for one in ends.values())  # noqa: E731
        queue = StartQueue(LabLimits(starts=1), room, making, logs, StartLengths(), book)
        for lab, asker in (("c1", TSSR), ("c2", TSSR), ("c3", TSSR), ("lea", "lea"), ("tom", "tom")):
            await queue.put(start(lab, asker))
            steps.promised.append(lab)
        assert [kept.lab for kept in book.starts] == ["c2", "lea", "tom", "c3"]
        steps.promised.remove("tom")  # before it is done: who takes it back while labd is killed may find it again
        assert queue.take_back("tom")
        for lab in ("c1", "c2", "lea", "c3"):
            while lab not in ends:
                await asyncio.sleep(0)
            ends[lab].set()
            queue.freed()
        await queue.finish()

    asyncio.run(play())
    monkeypatch.undo()
    seen = set[tuple[str, ...]]()
    for left, promised in steps:
        kept = WaitingBook(left / "waiting.json")
        names = [one.lab for one in kept.starts]
        found = EventLogs(left, names)
        begun = {lab for lab, log in found.noted() if log.begun}
        assert set(promised) <= {*names, *begun}, left
        again = StartQueue(LabLimits(), room, int, found, StartLengths(), kept)
        assert all(again.waits(lab) and found.get(lab) is not None for lab in names), "its page is there"
        seen.add(tuple(lab for lab in names if lab not in begun))
    put = {(), ("c2",), ("c2", "c3"), ("c2", "lea", "c3"), ("c2", "lea", "tom", "c3")}
    assert seen == {*put, ("lea", "c3"), ("c3",)}
    assert not (folder / "waiting.json").exists(), "nothing waits any more"


def test_a_damaged_book_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "waiting.json"
    path.write_text('{"starts": [{"note": 7}]}', encoding="utf-8")
    book = WaitingBook(path)
    assert (book.starts, book.seats) == ((), ())
    kept = KeptStart(LabNote("lea", "s", "1", 3), "lea", "lea", lab="s-1")
    book.keep_starts([kept])
    assert WaitingBook(path).starts == (kept,)
    assert WaitingBook(path).starts[0].note.launch == 3


def test_a_full_disk_keeps_nobody_from_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_book: WaitingBook, _content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(WaitingBook, "_write", full)
    book = WaitingBook(tmp_path / "waiting.json")
    book.keep_starts([KeptStart(LabNote("lea", "s", "1"), "lea", "lea", lab="s-1")])
    assert len(book.starts) == 1


# Who may no longer ------------------------------------------------------------------------------------------------

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


def forget(site: Site, handle: str) -> None:
    with site.store.write() as writing:
        People(writing).find(handle).anonymised_at = NOW


def leave(site: Site, handle: str) -> None:
    with site.store.write() as writing:
        groups, person = Groups(writing), People(writing).find(handle)
        groups.remove(groups.find("tssr"), person, by=person.ref)


def change_nothing(_site: Site, _handle: str) -> None:
    """Leave all as it was."""


@pytest.mark.parametrize(
    ("asker", "before", "act", "lost"),
    [
        ("lea", timedelta(), change_nothing, None),
        ("lea", LONGEST, change_nothing, None),
        ("lea", LONGEST + timedelta(seconds=1), change_nothing, TOO_LATE),
        ("lea", timedelta(), forget, NO_LONGER_YOURS),
        ("lea", timedelta(), leave, None),
        (TSSR, timedelta(), change_nothing, None),
        (TSSR, timedelta(), leave, not_in_class("tssr")),
        (asker_of("gone"), timedelta(), change_nothing, not_in_class("gone")),
    ],
)
def test_who_may_no_longer_start_what_they_waited_for(
    site: Site, asker: str, before: timedelta, act: Callable[[Site, str], None], lost: Refusal | None
) -> None:
    lea = site.member("lea")
    site.a_class("tssr", site.member("ada", "trainer"), lea)
    kept = KeptStart(LabNote(lea.who.ref, SCENARIO, "7"), asker, lea.who.ref, (NOW - before).isoformat())
    act(site, "lea")
    assert KeptRights(site.store).lost(kept, NOW) == lost


def test_whom_nobody_knows_may_start_nothing(site: Site) -> None:
    kept = KeptStart(LabNote("nobody", SCENARIO, "7"), "nobody", "nobody", NOW.isoformat())
    assert KeptRights(site.store).lost(kept, NOW) == NO_LONGER_YOURS


# Over the socket --------------------------------------------------------------------------------------------------


def kept_of(site: Site) -> list[str]:
    return [one.lab for one in WaitingBook(site.folder / "events" / "waiting.json").starts]


async def view(client: LabdClient, lab: str, member: Member) -> LabView:
    return await client.call(lab_contract.LAB, OfLab(lab), member.token)


@pytest.mark.parametrize("killed", [True, False])
def test_who_waited_goes_on_waiting_after_a_restart(site: Site, *, killed: bool) -> None:
    lea, tom, max_ = (site.member(handle) for handle in ("lea", "tom", "max"))
    site.limits, events, left = LabLimits(labs=1), site.folder / "events", site.folder / "left"
    labs = dict[str, str]()

    async def before() -> None:
        async with site.labd() as client:
            labs["lea"] = await asked(client, lea)
            await events_until(client, labs["lea"], lea.token, "ended", act="start")
            labs["tom"], labs["max"] = await asked(client, tom), await asked(client, max_)
            shutil.copytree(events, left)

    async def after() -> None:
        async with site.labd() as client:
            for place, member in ((1, "tom"), (2, "max")):
                waiting = await view(client, labs[member], {"tom": tom, "max": max_}[member])
                assert waiting.state == "waiting"
                assert waiting.queue is not None
                assert (waiting.queue.place, waiting.queue.why) == (place, "room")
            assert await asked(client, tom) == labs["tom"], "they ask for no second one"
            await stopped(client, labs["lea"], lea.token)
            await events_until(client, labs["tom"], tom.token, "ended", act="start", refusal=None)
            await client.call(lab_contract.STOP, OfLab(labs["max"]), max_.token)

    asyncio.run(before())
    if killed:
        shutil.rmtree(events)
        shutil.move(left, events)
    assert kept_of(site) == [labs["tom"], labs["max"]]
    asyncio.run(after())
    assert kept_of(site) == []


def test_a_class_that_waited_goes_on_without_who_has_left_it(site: Site) -> None:
    ada, members = site.member("ada", "trainer"), [site.member(handle) for handle in ("lea", "max", "tom")]
    site.a_class("tssr", ada, *members)
    site.limits = LabLimits(starts=1)
    labs = dict[str, str]()

    async def before() -> None:
        async with site.labd() as client:
            site.fabric.may_boot.clear()
            await client.call(contract.LAUNCH, contract.LaunchForClass("tssr", SCENARIO), ada.token)
            await boots(site)
            async with asyncio.timeout(SOON):
                while len(labs) < 3:
                    board = await client.call(contract.BOARD, contract.OfClass("tssr"), ada.token)
                    labs.update({row.handle: row.lab for row in board.rows if row.lab})

    async def after() -> None:
        async with site.labd() as client:
            last = labs[waiting[1]]
            await events_until(client, last, site.again(waiting[1]).token, "ended", act="start", refusal=None)
            gone = await view(client, labs[waiting[0]], site.again(waiting[0]))
            assert (gone.state, gone.trouble) == ("failed", not_in_class("tssr"))

    asyncio.run(before())
    waiting = [next(handle for handle, lab in labs.items() if lab == one) for one in kept_of(site)]
    assert len(waiting) == 2
    leave(site, waiting[0])
    asyncio.run(after())
    assert {one.name for one in site.labs.running.all()} == {
        lab for handle, lab in labs.items() if handle != waiting[0]
    }
    assert kept_of(site) == []


def test_seats_of_a_launch_that_were_not_in_the_queue_yet_are_put_there(site: Site) -> None:
    lea, tom, ada = site.member("lea"), site.member("tom"), site.member("ada", "trainer")
    site.a_class("tssr", ada, lea, tom)
    with site.store.write() as writing:
        groups = Groups(writing)
        launch = groups.launched(groups.find("tssr"), SCENARIO, 7, by=ada.who.ref)
        seats = [KeptStart(LabNote(one.who.ref, SCENARIO, "7", launch.id), TSSR, ada.who.ref) for one in (lea, tom)]
    path = site.folder / "events" / "waiting.json"
    WaitingBook(path).add_seats(seats)
    leave(site, "tom")

    async def after() -> None:
        async with site.labd() as client, asyncio.timeout(SOON):
            while not (mine := (await client.call(path_contract.PATH, Nothing(), lea.token)).running):
                pass
            await events_until(client, mine[0].name, lea.token, "ended", act="start", refusal=None)
            while path.exists():
                await asyncio.sleep(0)

    asyncio.run(after())
    assert [one.scenario for one in site.labs.running.all()] == [SCENARIO]


def a_kept(site: Site, lab: str, member: Member, *, again: bool = False, asked_at: str | None = None) -> EventLog:
    """Have an earlier labd have left somebody's start."""
    note = LabNote(member.who.ref, SCENARIO, "7")
    book = WaitingBook(site.folder / "events" / "waiting.json")
    log = EventLogs(site.folder / "events", [one.lab for one in book.starts]).of(lab, note)
    log.add("queued", {"place": 1, "waiting": 1, "why": "turn", "seconds": None})
    at = waiting_book.now_text() if asked_at is None else asked_at
    book.keep_starts([*book.starts, KeptStart(note, member.who.ref, member.who.ref, at, lab, again)])
    return log


def test_a_start_that_was_just_begun_is_not_begun_twice(site: Site) -> None:
    lea = site.member("lea")
    a_kept(site, "moved-desks-0001", lea).add("began", {"act": "start"})

    async def after() -> None:
        async with site.labd() as client:
            told = await view(client, "moved-desks-0001", lea)
            assert (told.state, told.trouble) == ("failed", cut_short())

    asyncio.run(after())
    assert (site.labs.running.all(), kept_of(site)) == ((), [])


def test_a_failed_lab_that_waited_to_be_started_again_is(site: Site) -> None:
    lea = site.member("lea")
    log = a_kept(site, "moved-desks-0001", lea, again=True)
    log.add("began", {"act": "start"})
    log.add("ended", {"act": "start", "refusal": cut_short()})

    async def after() -> None:
        async with site.labd() as client:
            await events_until(client, "moved-desks-0001", lea.token, "ended", act="reset", refusal=None)

    asyncio.run(after())
    assert [one.name for one in site.labs.running.all()] == ["moved-desks-0001"]


def test_who_waited_too_long_is_told_so(site: Site) -> None:
    lea = site.member("lea")
    a_kept(site, "moved-desks-0001", lea, asked_at="2026-01-01T08:00:00+00:00")

    async def after() -> None:
        async with site.labd() as client:
            assert (await view(client, "moved-desks-0001", lea)).trouble == TOO_LATE
            await asked(client, lea)

    asyncio.run(after())
    assert len(site.labs.running.all()) == 1


def test_where_the_engine_is_silent_what_waits_is_not_lost(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is shown as waiting, can be taken back, and begins once the engine answers."""
    lea, tom = site.member("lea"), site.member("tom")
    a_kept(site, "moved-desks-0001", lea)
    a_kept(site, "moved-desks-0002", tom)
    monkeypatch.setattr(taking_up, "_AGAIN_S", 0.01)

    def silent(*_: object) -> int:
        raise engine_unreachable("it sleeps")

    async def after() -> None:
        with monkeypatch.context() as sleeping:
            sleeping.setattr(LabRoom, "require", silent)
            async with site.labd() as client:
                assert (await view(client, "moved-desks-0001", lea)).state == "waiting"
                await client.call(lab_contract.STOP, OfLab("moved-desks-0002"), tom.token)
                assert kept_of(site) == ["moved-desks-0001"]
                sleeping.undo()
                await events_until(client, "moved-desks-0001", lea.token, "ended", act="start", refusal=None)

    asyncio.run(after())
    assert [one.name for one in site.labs.running.all()] == ["moved-desks-0001"]


def test_a_scenario_that_is_gone_is_told_of(site: Site) -> None:
    lea = site.member("lea")
    note = LabNote(lea.who.ref, "gone", "7")
    EventLogs(site.folder / "events").of("gone-0001", note).add("queued", {"place": 1})
    kept = KeptStart(note, lea.who.ref, lea.who.ref, waiting_book.now_text(), "gone-0001")
    WaitingBook(site.folder / "events" / "waiting.json").keep_starts([kept])

    async def after() -> None:
        async with site.labd() as client:
            await client.call(lab_contract.START, StartLab(SCENARIO, 7), lea.token)

    asyncio.run(after())
    log = EventLogs(site.folder / "events").get("gone-0001")
    assert log is not None
    assert log.failed
    assert kept_of(site) == []
