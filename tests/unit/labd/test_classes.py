"""A class over the socket: made, filled, launched, looked at on its board, spoken to, stopped; codes and joining."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from orchestrator.core.errors import LabError
from orchestrator.core.progress import Silent
from orchestrator.core.text import same
from orchestrator.labd import account_contract, lab_contract, lab_work_contract, path_contract
from orchestrator.labd import class_contract as contract
from orchestrator.labd.calls import Nothing
from orchestrator.labd.class_contract import BoardView, OfClass
from orchestrator.labd.event_log import EventLogs, LabNote
from orchestrator.labd.lab_contract import OfLab
from orchestrator.labd.lab_limits import LabLimits
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.told_refusals import cut_short
from orchestrator.records import audit, journal
from orchestrator.records.groups import Groups
from tests.labd_talk import SOON, closing_code, events_until, shown, told

from .conftest import SCENARIO, Member, Site, refusal_of, started

pytestmark = pytest.mark.slow

TSSR = OfClass("tssr")


@pytest.fixture
def ada(site: Site) -> Member:
    """The trainer of the class ``tssr``, in which Léa and Tom are; Max is in none."""
    ada = site.member("ada", "trainer")
    site.a_class("tssr", ada, site.member("lea"), site.member("tom"))
    return ada


async def board_once(client: LabdClient, ada: Member, *states: str) -> BoardView:
    """Return the board of the class once its trainees are in these states."""
    async with asyncio.timeout(SOON):
        while True:
            board = await client.call(contract.BOARD, TSSR, ada.token)
            if tuple(row.state for row in board.rows) == states and not board.launching:
                return board


async def launched(client: LabdClient, ada: Member) -> dict[str, str]:
    """Launch the scenario for the class, and return the labs by short name once they run."""
    await client.call(contract.LAUNCH, contract.LaunchForClass("tssr", SCENARIO), ada.token)
    return {row.handle: row.lab for row in (await board_once(client, ada, "running", "running")).rows}


def test_a_class_from_its_list_to_its_results(site: Site) -> None:
    ada = site.member("ada", "trainer")

    async def play() -> None:
        async with site.labd() as client:
            await client.call(contract.ADD_CLASS, TSSR, ada.token)
            people = "handle;given_name;family_name\nlea;Léa;Petit\ntom;Tom;Roux\n"
            links = await client.call(contract.ADD_MEMBERS, contract.AddMembers("tssr", people), ada.token)
            assert [link.handle for link in links] == ["lea", "tom"]
            used = account_contract.UseLink(links[0].link, "three plain words")
            lea = await client.call(account_contract.USE_LINK, used)
            view = await client.call(contract.CLASS, TSSR, ada.token)
            assert [(one.handle, one.trainer, one.password) for one in view.members] == [
                ("ada", True, False),
                ("lea", False, True),
                ("tom", False, False),
            ]
            assert (view.launches, view.code) == ((), None)
            empty = await client.call(contract.BOARD, TSSR, ada.token)
            assert (empty.scenario, empty.checks, {row.state for row in empty.rows}) == ("", (), {"none"})

            labs = await launched(client, ada)
            assert await client.call(contract.CLASSES, Nothing(), ada.token) == (contract.ClassLine("tssr", 2, 2),)
            (launch,) = (await client.call(contract.CLASS, TSSR, ada.token)).launches
            assert (launch.scenario, launch.title.en) == (SCENARIO, "Moved desks")
            path = await client.call(path_contract.PATH, Nothing(), lea.token)
            assert [one.name for one in path.running] == [labs["lea"]], "the lab is the trainee's"
            events = await events_until(client, labs["lea"], lea.token, "ended", act="start")
            assert events[0].kind == "began"

            await client.call(contract.ANNOUNCE, contract.Announce("tssr", " Pause ! "), ada.token)
            said = await events_until(client, labs["lea"], lea.token, "announced")
            assert said[-1].body == {"text": "Pause !", "by": "ada"}

            export = await client.call(contract.EXPORT, TSSR, ada.token)
            assert sorted(line.split(",")[3] for line in export.csv.splitlines()) == ["lea", "person", "tom"]
            await client.call(contract.STOP_CLASS, TSSR, ada.token)
            await board_once(client, ada, "ended", "ended")
            assert site.labs.running.all() == ()

    asyncio.run(play())
    with site.store.read() as reading:
        groups = Groups(reading)
        done = groups.attempts(groups.find("tssr"))
        assert sorted((one.person.handle, one.launch_id, one.end) for one in done) == [
            ("lea", 1, "stopped"),
            ("tom", 1, "stopped"),
        ]
        assert len({one.seed for one in done}) == 2, "each has a variant of their own"
        actors = {one.event.actor for one in journal.entries(reading) if one.event.kind.startswith("attempt.")}
        assert actors == {ada.who.ref}


def test_whoever_has_a_lab_keeps_it(site: Site, ada: Member) -> None:
    lea = site.again("lea")

    async def play() -> None:
        async with site.labd() as client:
            mine = await started(client, lea)
            labs = await launched(client, ada)
            assert labs["lea"] == mine, "it is part of the launch now"
            assert await launched(client, ada) == labs
            only = contract.LaunchForClass("tssr", SCENARIO, ("max",))
            assert (await refusal_of(client, contract.LAUNCH, only, ada.token)).kind == "wrong"

    asyncio.run(play())


def test_the_board_shows_colours_and_a_trainer_may_have_a_lab_graded(site: Site, ada: Member) -> None:
    lea = site.again("lea")

    async def play() -> None:
        async with site.labd() as client:
            labs = await launched(client, ada)
            board = await client.call(contract.BOARD, TSSR, ada.token)
            assert (board.title.en, board.checks) == ("Moved desks", ())
            await client.call(lab_work_contract.CHECK, OfLab(labs["lea"]), ada.token)
            await events_until(client, labs["lea"], lea.token, "ended", act="check", refusal=None)
            assert await launched(client, ada) == labs
            board = await client.call(contract.BOARD, TSSR, ada.token)
            assert [check.sentence.en for check in board.checks] == ["pc1 has the network.", "pc2 has the network."]
            assert [(row.colours, row.gradings) for row in board.rows] == [(("fail", "fail"), 1), (("", ""), 0)]
            assert {(row.minutes, row.stuck, row.trouble, bool(row.looked)) for row in board.rows} == {
                (15, False, None, True)
            }

    asyncio.run(play())
    with site.store.read() as reading:
        kept = next(one for one in journal.entries(reading) if one.event.kind == audit.REPORT_KEPT)
        assert kept.event.actor == ada.who.ref


def test_a_trainer_looks_at_a_terminal_and_is_announced(site: Site, ada: Member) -> None:
    """What a trainer types is dropped; only the first look and the end of the last are told."""
    lea = site.again("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab = (await launched(client, ada))["lea"]
            opening = lab_work_contract.OpenTerminal(lab, "pc1", "root")
            terminal = (await client.call(lab_work_contract.OPEN_TERMINAL, opening, lea.token)).id
            async with (
                client.terminal(lab, terminal, ada.token, None) as looking,
                client.terminal(lab, terminal, lea.token, None) as typing,
            ):
                assert (await told(looking))["rows"] == 24
                watched = await events_until(client, lab, lea.token, "watched")
                assert watched[-1].body == {"terminal": terminal, "by": "ada"}
                view = await client.call(lab_contract.LAB, OfLab(lab), lea.token)
                assert ([one.watched for one in view.terminals], view.yours) == (["ada"], True)
                assert not (await client.call(lab_contract.LAB, OfLab(lab), ada.token)).yours
                async with client.terminal(lab, terminal, ada.token, None) as again:
                    await told(again)
                await looking.send(b"by the trainer\r")
                await looking.send('{"resize": [40, 120]}')
                await looking.send(b"more\r")
                await typing.send(b"by lea\r")
                seen = await shown(looking, b"by lea\r\nby lea\r\n")
                assert b"trainer" not in seen
                await looking.send("what nobody understands")
                assert await closing_code(looking) == 1008
            end = await events_until(client, lab, lea.token, "watched", by="")
            assert [event.body["by"] for event in end if event.kind == "watched"] == ["ada", ""]
            view = await client.call(lab_contract.LAB, OfLab(lab), lea.token)
            assert [one.watched for one in view.terminals] == [""]

            async with client.terminal(lab, terminal, ada.token, None) as looking:
                await told(looking)
                await client.call(contract.REMOVE_MEMBER, contract.RemoveMember("tssr", "lea"), ada.token)
                assert await closing_code(looking) == 4404

    asyncio.run(play())


def running(site: Site) -> dict[str, str]:
    """Return the labs of the class's attempts that run, by short name."""
    with site.store.read() as reading:
        groups = Groups(reading)
        return {one.person.handle: one.instance for one in groups.attempts(groups.find("tssr"), running=True)}


async def begun(site: Site, client: LabdClient) -> Member:
    """Launch for a class of four, of which two labs are just starting; return its trainer."""
    bob = site.member("bob", "trainer")
    site.a_class("tssr", bob, *(site.member(handle) for handle in ("lea", "max", "tom", "zoe")))
    site.fabric.may_boot.clear()
    await client.call(contract.LAUNCH, contract.LaunchForClass("tssr", SCENARIO), bob.token)
    for _ in range(LabLimits().starts):
        assert await asyncio.to_thread(site.fabric.booting.acquire, timeout=SOON)
    return bob


def test_a_launch_that_ends_with_labd_leaves_nothing_half(site: Site) -> None:
    """What was just starting becomes its trainees'; what waited is taken up by the next labd."""

    async def before() -> None:
        async with site.labd() as client:
            bob = await begun(site, client)
            states = [""]
            async with asyncio.timeout(SOON):
                while states != ["starting", "starting", "waiting", "waiting"]:
                    board = await client.call(contract.BOARD, TSSR, bob.token)
                    assert board.launching == 4
                    states = sorted(row.state for row in board.rows)

    async def after() -> None:
        bob = site.again("bob")
        async with site.labd() as client:
            await board_once(client, bob, *["running"] * 4)

    asyncio.run(before())
    kept = running(site)
    assert len(kept) == len(site.labs.running.all()) == LabLimits().starts
    asyncio.run(after())
    assert kept.items() <= running(site).items()


def test_a_start_that_a_killed_labd_cut_off_is_done_by_the_next_launch(site: Site, ada: Member) -> None:
    lea = site.again("lea")
    with site.store.write() as writing:
        launch = Groups(writing).launched(Groups(writing).find("tssr"), SCENARIO, 1, by=ada.who.ref).id
    note = LabNote(lea.who.ref, SCENARIO, "7", launch)
    EventLogs(site.folder / "events").of("moved-desks-0001", note).add("began", {"act": "start"})
    site.labs.lifecycle.start(site.world.plan(7), Silent(), name="moved-desks-0001")
    site.world.records.cut_off("moved-desks-0001")

    async def play() -> None:
        async with site.labd() as client:
            row = (await client.call(contract.BOARD, TSSR, ada.token)).rows[0]
            assert (row.lab, row.state, row.trouble) == ("moved-desks-0001", "broken", cut_short().text)
            assert (await launched(client, ada))["lea"] == "moved-desks-0001"

    asyncio.run(play())
    with site.store.read() as reading:
        groups = Groups(reading)
        attempts = groups.attempts(groups.find("tssr"))
    assert {one.instance: one.launch_id for one in attempts}["moved-desks-0001"] == launch


def test_the_end_of_a_class_waits_for_what_is_being_done(site: Site, ada: Member) -> None:
    lea = site.again("lea")

    async def play() -> None:
        async with site.labd() as client:
            labs = await launched(client, ada)
            site.may_grade.clear()
            await client.call(lab_work_contract.CHECK, OfLab(labs["lea"]), lea.token)
            assert await asyncio.to_thread(site.entered.wait, SOON)
            async with aclosing(client.events(labs["lea"], 0, lea.token)) as stream:
                events = [await anext(stream)]
                await client.call(contract.STOP_CLASS, TSSR, ada.token)
                await board_once(client, ada, "running", "ended")
                assert (await client.call(lab_contract.LAB, OfLab(labs["lea"]), lea.token)).busy == "check"
                site.may_grade.set()
                events += [event async for event in stream]
            ends = [event.body for event in events if event.kind == "ended"]
            assert [(end["act"], end["refusal"]) for end in ends] == [("start", None), ("check", None), ("stop", None)]

    asyncio.run(play())
    assert site.labs.running.all() == ()


def test_a_launch_can_be_stopped_in_between(site: Site) -> None:
    """What waits is not begun; what just starts is stopped once it has; what is launched after that stays."""

    async def play() -> None:
        async with site.labd() as client:
            bob = await begun(site, client)
            await client.call(contract.STOP_CLASS, TSSR, bob.token)
            assert (await client.call(contract.BOARD, TSSR, bob.token)).launching == LabLimits().starts
            only = contract.LaunchForClass("tssr", SCENARIO, ("zoe",))
            await client.call(contract.LAUNCH, only, bob.token)
            site.fabric.may_boot.set()
            await board_once(client, bob, "ended", "ended", "none", "running")

    asyncio.run(play())
    assert running(site).keys() == {"zoe"}


def test_a_lab_that_does_not_come_up_is_told_on_the_board(
    site: Site, ada: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its trainee can try it again, within the launch; the end of the class's labs takes it away."""
    lea = site.again("lea")

    def fail(*_: object, **__: object) -> None:
        raise LabError(same("the host pc1 did not come up"))

    async def play() -> None:
        async with site.labd() as client:
            with monkeypatch.context() as broken:
                broken.setattr(site.fabric, "wait_ready", fail)
                await client.call(contract.LAUNCH, contract.LaunchForClass("tssr", SCENARIO), ada.token)
                board = await board_once(client, ada, "broken", "broken")
            assert {row.trouble for row in board.rows} == {same("the host pc1 did not come up")}
            lab = board.rows[0].lab
            assert (await client.call(lab_contract.LAB, OfLab(lab), ada.token)).state == "failed"
            await client.call(lab_contract.RESET, OfLab(lab), lea.token)
            await events_until(client, lab, lea.token, "ended", act="reset")
            assert running(site) == {"lea": lab}
            await client.call(contract.STOP_CLASS, TSSR, ada.token)
            await board_once(client, ada, "ended", "none")

    asyncio.run(play())


def test_codes_and_joining(site: Site, ada: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            first = await client.call(contract.MAKE_CODE, TSSR, ada.token)
            code = await client.call(contract.MAKE_CODE, TSSR, ada.token)
            assert (await client.call(contract.CLASS, TSSR, ada.token)).code == code
            old = await refusal_of(client, contract.LOOK_AT_CODE, contract.LookAtCode(first.code), None)
            assert (old.kind, old.field) == ("wrong", "code")
            typed = f" {code.code.lower().replace('-', '')} "
            assert (await client.call(contract.LOOK_AT_CODE, contract.LookAtCode(typed))).name == "tssr"

            join = contract.Join(typed, "Zoe", "Zoé", "Noël", "three plain words", "Firefox")
            zoe = await client.call(contract.JOIN, join)
            assert (zoe.who.handle, zoe.who.name, zoe.who.roles) == ("zoe", "Zoé Noël", ("trainee",))
            assert (await client.call(account_contract.ME, Nothing(), zoe.token)).ref == zoe.who.ref
            assert (
                await client.call(account_contract.SIGN_IN, account_contract.SignIn("zoe", "three plain words"))
            ).who == zoe.who
            for wrong, field in (
                (join, "handle"),
                (contract.Join(typed, "no name", "", "", "three plain words"), "handle"),
                (contract.Join(typed, "yann", "\x1b[2J", "", "three plain words"), "given_name"),
                (contract.Join(typed, "yann", "", "", "short"), "password"),
            ):
                assert (await refusal_of(client, contract.JOIN, wrong, None)).field == field
            members = (await client.call(contract.CLASS, TSSR, ada.token)).members
            assert {one.handle for one in members} == {"ada", "lea", "tom", "zoe"}

            await client.call(contract.END_CODE, TSSR, ada.token)
            assert (await client.call(contract.CLASS, TSSR, ada.token)).code is None
            for _ in range(9):
                await refusal_of(client, contract.LOOK_AT_CODE, contract.LookAtCode("AAAA-0000", "192.0.2.1"), None)
            tried = contract.Join("aaaa 0000", "yann", "", "", "three plain words", address="192.0.2.1")
            assert (await refusal_of(client, contract.JOIN, tried, None)).kind == "wrong"
            assert (await refusal_of(client, contract.JOIN, tried, None)).kind == "too-often"

    asyncio.run(play())
    with site.store.read() as reading:
        kinds = [one.event.kind for one in journal.entries(reading)]
    assert [kind for kind in kinds if "code" in kind] == ["group.code-made", "group.code-made", "group.code-ended"]
