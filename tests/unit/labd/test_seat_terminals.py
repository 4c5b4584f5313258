"""Terminals at candidates' seats: only in their time, in their labs, from their seat; recorded, and found again."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from orchestrator.assessment.asciicast import timeline, transcript
from orchestrator.assessment.terminal_watch import Watching
from orchestrator.keeper.keeper_client import KeeperClient
from orchestrator.labd import seat_contract as seats
from orchestrator.labd import seat_terminal_contract as contract
from orchestrator.labd import seat_terminals
from orchestrator.labd.calls import Refusal
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.session_contract import OfSession
from tests.labd_talk import SOON, closing_code, shown, told

from .conftest import SCENARIO, Member, Site, refusal_of
from .test_day import Supervisors, act, opened, supervisors, until
from .test_sessions import HERE, LIST, PLAN, planned

__all__ = ["supervisors"]
pytestmark = pytest.mark.slow

TITLE = "moved-desks pc1"
PLAN_WITH_READING = PLAN.replace("minutes: 75,", "minutes: 75, reading_minutes: 10,")


@pytest.fixture
def site(site: Site) -> Site:
    site.proofs.known = HERE
    return site


@pytest.fixture
def organiser(site: Site, supervisors: Supervisors) -> Member:
    site.supervising = supervisors.command
    return site.member("ines", "organiser")


async def seated(client: LabdClient, organiser: Member, number: str) -> str:
    """Sit down at a candidate's seat, and return the browser's token."""
    codes = await client.call(seats.MAKE_CODES, seats.MakeCodes("december", number), organiser.token)
    taken = await client.call(seats.TAKE_SEAT, seats.TakeSeat(codes.codes[0].code, "192.0.2.7"), None)
    (asked,) = (await client.call(seats.SEATS, OfSession("december"), organiser.token)).asked
    await client.call(seats.ANSWER_SEAT, seats.AnswerSeat("december", "confirm", number, asked.id), organiser.token)
    return taken.token


async def begun(client: LabdClient, organiser: Member) -> tuple[str, str]:
    """Open and begin the first phase, and return the tokens of both candidates' browsers."""
    await opened(client, organiser)
    await act(client, organiser, "begin", "reseau")
    return await seated(client, organiser, "C-01"), await seated(client, organiser, "C-02")


def asked(host: str = "pc1", **other: object) -> contract.OpenSeatTerminal:
    fields = {"phase": "reseau", "scenario": SCENARIO, "host": host, "kind": "root", **other}
    return contract.OpenSeatTerminal(**fields)  # type: ignore[arg-type]


async def terminal(client: LabdClient, token: str, host: str = "pc1") -> contract.SeatTerminalView:
    return await client.call(contract.OPEN_SEAT_TERMINAL, asked(host), token)


async def refused(client: LabdClient, token: str, **other: object) -> Refusal:
    return await refusal_of(client, contract.OPEN_SEAT_TERMINAL, asked(**other), token)  # type: ignore[arg-type]


async def view(client: LabdClient, token: str) -> contract.SeatTerminalsView:
    return await client.call(contract.SEAT_TERMINALS, contract.OfSeatPhase(), token)


def recordings(site: Site, number: str = "C-01") -> list[Path]:
    return sorted((site.folder / "sessions" / "december" / "sittings" / "reseau" / number).glob("recordings/*.cast"))


async def code_of(client: LabdClient, token: str, one: contract.SeatTerminalView, phase: str = "reseau") -> int | None:
    async with client.seat_terminal(phase, one.id, token, None) as viewer:
        return await closing_code(viewer)


def test_what_is_typed_at_a_seat_is_evidence_as_at_the_command_line(site: Site, organiser: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            zoe, _ = await begun(client, organiser)
            hosts = await client.call(contract.SEAT_HOSTS, contract.OfSeatPhase(), zoe)
            assert [one.id for one in hosts.scenarios] == [SCENARIO]
            assert ("pc1", False) in [(one.name, one.device) for one in hosts.scenarios[0].hosts]
            one = await terminal(client, zoe)
            assert (one.scenario, one.host, one.kind, one.ended) == (SCENARIO, "pc1", "root", False)
            async with client.seat_terminal("reseau", one.id, zoe, None) as viewer:
                assert (await told(viewer))["at"] == 0
                await viewer.send(json.dumps({"resize": [40, 120]}))
                await viewer.send(b"hello\r")
                await shown(viewer, b"hello\r\nhello\r\n")
            seen = await view(client, zoe)
            assert (seen.phase, seen.open, seen.over, seen.why, seen.terminals) == ("reseau", True, False, None, (one,))

    asyncio.run(play())
    (path,) = recordings(site)
    assert path.name == f"{SCENARIO}.pc1-1.cast"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [line.line for line in timeline(path)] == ["hello"]
    assert transcript(path).splitlines() == ["hello", "hello"]
    assert "".join(drawn for _, drawn in Watching(path.parent).news()).replace("\r", "") == "hello\nhello\n"
    head = json.loads(path.read_text().splitlines()[0])
    assert (head["title"], head["width"]) == (TITLE, 80)
    assert abs(head["timestamp"] - site.registry.jury_session("december").state().last) < SOON


def test_a_terminal_is_for_the_candidates_own_machines_and_seat(site: Site, organiser: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            zoe, ali = await begun(client, organiser)
            mine = await terminal(client, zoe)
            for wrong in ({"host": "nowhere"}, {"host": "../pc1"}, {"scenario": "other"}):
                assert (await refused(client, zoe, **wrong)).kind == "wrong"
            for phase in ("tirage", "nowhere", "../../x"):
                assert (await refused(client, zoe, phase=phase)).kind == "missing"
            assert (await refused(client, zoe, kind="device")).field == "kind"
            assert (await refused(client, zoe, rows=0)).kind == "wrong"
            assert (await refused(client, organiser.token)).kind == "signed-out"
            assert (await refused(client, "no token")).kind == "signed-out"
            assert await code_of(client, ali, mine) == 4404
            assert await code_of(client, zoe, mine, "tirage") == 4404
            assert await code_of(client, organiser.token, mine) == 4401
            closing = contract.CloseSeatTerminal("reseau", mine.id)
            assert (await refusal_of(client, contract.CLOSE_SEAT_TERMINAL, closing, ali)).kind == "missing"
            async with client.seat_terminal("reseau", mine.id, zoe, None) as viewer:
                await told(viewer)
                await client.call(contract.CLOSE_SEAT_TERMINAL, closing, zoe)
                assert await closing_code(viewer) == 4409
            (lab,) = site.registry.jury_session("december").state().sittings["reseau", "C-01"].labs
            async with client.terminal(lab.instance, mine.id, organiser.token, None) as viewer:
                assert await closing_code(viewer) == 4404  # nor by the way of trainees' labs
            assert recordings(site, "C-02") == []

    asyncio.run(play())


def test_nothing_opens_before_reading_is_over(site: Site, organiser: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            await planned(client, organiser.token, PLAN_WITH_READING, candidates=LIST)
            await act(client, organiser, "open", "reseau")
            await until(client, organiser, lambda view: not view.phases[0].opening)
            zoe = await seated(client, organiser, "C-01")
            before = await view(client, zoe)
            assert (before.open, before.over, before.why and before.why.en) == (
                False, False, "The assessment has not begun.",
            )  # fmt: skip
            assert (await client.call(contract.SEAT_HOSTS, contract.OfSeatPhase(), zoe)).scenarios == ()
            assert "not begun" in (await refused(client, zoe)).text.en
            await act(client, organiser, "begin", "reseau")
            assert "reading time" in (await refused(client, zoe)).text.en
            assert (await client.call(contract.SEAT_HOSTS, contract.OfSeatPhase(), zoe)).scenarios != ()

    asyncio.run(play())
    assert recordings(site) == []


def test_a_pause_closes_a_terminal_and_its_end_gives_it_back(site: Site, organiser: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            zoe, _ = await begun(client, organiser)
            one = await terminal(client, zoe)
            async with client.seat_terminal("reseau", one.id, zoe, None) as viewer:
                await viewer.send(b"before\r")
                await shown(viewer, b"before\r\nbefore\r\n")
                await act(client, organiser, "pause", text="Alarme.")
                assert await closing_code(viewer) == 4425
            assert await code_of(client, zoe, one) == 4425
            assert "stands still" in (await refused(client, zoe)).text.en
            seen = await view(client, zoe)
            assert (seen.open, seen.over, seen.terminals) == (False, False, (one,))
            await act(client, organiser, "resume")
            async with client.seat_terminal("reseau", one.id, zoe, None) as viewer:
                await shown(viewer, b"before\r\nbefore\r\n")
                await viewer.send(b"after\r")
                await shown(viewer, b"after\r\nafter\r\n")

    asyncio.run(play())
    assert [line.line for line in timeline(recordings(site)[0])] == ["before", "after"]


def test_the_end_hangs_up_whoever_looks(site: Site, organiser: Member) -> None:
    """One terminal is on the screen, one is not: both are gone."""

    async def play() -> None:
        async with site.labd() as client:
            zoe, ali = await begun(client, organiser)
            one = await terminal(client, zoe)
            await terminal(client, zoe, "pc2")
            alis = await terminal(client, ali)
            async with client.seat_terminal("reseau", one.id, zoe, None) as viewer:
                await told(viewer)
                await act(client, organiser, "finished", "reseau", "C-01")
                assert await closing_code(viewer) in {4408, 4409}
            assert "time is over" in (await refused(client, zoe)).text.en
            async with asyncio.timeout(SOON):
                while (await view(client, zoe)).terminals:
                    await asyncio.sleep(0)
            assert (await view(client, zoe)).over
            assert await code_of(client, zoe, one) in {4404, 4408}
            assert (await view(client, ali)).terminals == (alis,)

    asyncio.run(play())


def test_a_seat_that_changed_closes_the_former_one(site: Site, organiser: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            zoe, _ = await begun(client, organiser)
            one = await terminal(client, zoe)
            async with client.seat_terminal("reseau", one.id, zoe, None) as viewer:
                await viewer.send(b"kept\r")
                await shown(viewer, b"kept\r\nkept\r\n")
                other = await seated(client, organiser, "C-01")
                assert await closing_code(viewer) == 4401
            assert await code_of(client, zoe, one) == 4401  # the token is replayed
            assert (await refused(client, zoe)).kind == "signed-out"
            async with client.seat_terminal("reseau", one.id, other, None) as viewer:
                await shown(viewer, b"kept\r\nkept\r\n")

    asyncio.run(play())


def test_a_terminal_outlives_labd_and_is_hung_up_by_the_next_one(site: Site, organiser: Member) -> None:
    async def before() -> tuple[str, contract.SeatTerminalView]:
        async with site.labd() as client:
            zoe, _ = await begun(client, organiser)
            one = await terminal(client, zoe)
            async with client.seat_terminal("reseau", one.id, zoe, None) as viewer:
                await viewer.send(b"one\r")
                await shown(viewer, b"one\r\none\r\n")
            return zoe, one

    async def after(zoe: str, one: contract.SeatTerminalView) -> None:
        async with site.labd() as client, client.seat_terminal("reseau", one.id, zoe, 0) as viewer:
            await shown(viewer, b"one\r\none\r\n")
            await viewer.send(b"two\r")
            await shown(viewer, b"two\r\ntwo\r\n")

    async def at_last() -> None:
        keeper = KeeperClient(site.folder / "keeper.sock")
        async with site.labd(), asyncio.timeout(SOON):
            while await keeper.terminals():
                await asyncio.sleep(0)

    zoe, one = asyncio.run(before())
    asyncio.run(after(zoe, one))
    site.registry.jury_session("december").finish("reseau", "C-01", "root")  # while no labd is there
    asyncio.run(at_last())
    (path,) = recordings(site)
    assert [line.line for line in timeline(path)] == ["one", "two"]


def test_terminals_are_limited(site: Site, organiser: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seat_terminals, "_OPENINGS", seat_terminals.MOST_OPEN + 1)

    async def play() -> None:
        async with site.labd() as client:
            zoe, ali = await begun(client, organiser)
            many = await asyncio.gather(
                *(client.call(contract.OPEN_SEAT_TERMINAL, asked(), zoe) for _ in range(seat_terminals.MOST_OPEN))
            )
            assert (await refused(client, zoe)).kind == "busy"
            await client.call(contract.CLOSE_SEAT_TERMINAL, contract.CloseSeatTerminal("reseau", many[0].id), zoe)
            again = await terminal(client, zoe)
            await client.call(contract.CLOSE_SEAT_TERMINAL, contract.CloseSeatTerminal("reseau", again.id), zoe)
            assert (await refused(client, zoe)).kind == "too-often"
            await terminal(client, ali)
            assert len({path.name for path in recordings(site)}) == seat_terminals.MOST_OPEN + 1

    asyncio.run(play())


@pytest.mark.parametrize(("limit", "most"), [("_MOST_RECORDINGS", 2), ("_MOST_AT_ALL", 1)])
def test_recordings_have_an_end(
    site: Site, organiser: Member, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    async def play() -> None:
        async with site.labd() as client:
            zoe, ali = await begun(client, organiser)
            for _ in range(2):
                one = await terminal(client, zoe)
                await client.call(contract.CLOSE_SEAT_TERMINAL, contract.CloseSeatTerminal("reseau", one.id), zoe)
            monkeypatch.setattr(seat_terminals, limit, most)
            before, commands = recordings(site), len(site.fabric.commands)
            refusal = await refused(client, zoe)
            assert (refusal.kind, refusal.text.en.split()[1]) == ("busy", "recordings")
            assert (recordings(site), len(site.fabric.commands)) == (before, commands), "no shell was begun"
            await terminal(client, ali)

    asyncio.run(play())


def test_who_comes_again_and_again_keeps_nobody_from_their_terminal(site: Site, organiser: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            zoe, ali = await begun(client, organiser)
            mine, alis = await terminal(client, zoe), await terminal(client, ali)
            codes = await asyncio.gather(*(code_of(client, zoe, mine, "nowhere") for _ in range(100)))
            assert {4404, 1013} == set(codes)
            async with client.seat_terminal("reseau", alis.id, ali, None) as viewer:
                await viewer.send(b"here\r")
                await shown(viewer, b"here\r\nhere\r\n")

    asyncio.run(play())


def test_who_floods_makes_nobody_wait(site: Site, organiser: Member) -> None:
    async def flood(client: LabdClient, token: str, one: contract.SeatTerminalView, sent: list[int]) -> None:
        async with client.seat_terminal("reseau", one.id, token, None) as viewer:
            reading = asyncio.create_task(closing_code(viewer))
            for number in range(1 << 20):
                await viewer.send(b"x" * 60_000 if number % 3 else b"")
                await viewer.send(json.dumps({"resize": [2 + number % 400, 80]}))
                sent.append(number)
            await reading

    async def play() -> None:
        async with site.labd() as client:
            zoe, ali = await begun(client, organiser)
            many = [await terminal(client, zoe) for _ in range(3)]
            one, sent = await terminal(client, ali), list[int]()
            floods = [asyncio.create_task(flood(client, zoe, each, sent)) for each in many]
            async with asyncio.timeout(SOON), client.seat_terminal("reseau", one.id, ali, None) as viewer:
                for number in range(50):
                    key = f"key-{number}\r".encode()
                    await viewer.send(key)
                    await shown(viewer, key)
            assert (await view(client, ali)).open
            for task in floods:
                task.cancel()
            await asyncio.gather(*floods, return_exceptions=True)
            assert len(sent) < 200  # they were slowed, not heard

    asyncio.run(play())
    for path in recordings(site):
        assert path.stat().st_size < 30 << 20
        assert sum(line.startswith("[") and '"r"' in line[:30] for line in path.read_text().splitlines()) < 100
