"""Web pages at candidates' seats, over the socket: in their time, from their own hosts, from their seat alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import ClientConnection

from orchestrator.labd import lab_web, seat_gates
from orchestrator.labd import seat_contract as seats
from orchestrator.labd import seat_terminal_contract as contract
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.session_contract import OfSession
from tests.labd_talk import SOON, closing_code

from .conftest import Member, Site
from .test_day import Supervisors, act, opened, supervisors
from .test_lab_web import ADDRESS, WebServer, opening, server
from .test_seat_terminals import PLAN_WITH_READING, begun, organiser, seated, site

__all__ = ["Supervisors", "organiser", "server", "site", "supervisors"]
pytestmark = pytest.mark.slow

SHUT = {"state": "shut", "yours": True, "address": "", "authorities": ""}


@pytest.fixture(autouse=True)
def _as_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nobody see a session as it was a moment ago."""
    monkeypatch.setattr(seat_gates, "_FRESH_S", 0.0)


@asynccontextmanager
async def connecting(
    client: LabdClient, token: str, place: int = 1, host: str = "pc1", phase: str = "reseau", **asked: str
) -> AsyncIterator[ClientConnection]:
    """Give the WebSocket of a connection."""
    wanted = {"name": "shop.lab", "port": "80", **asked}
    async with client.seat_web(phase, place, host, wanted, token) as viewer:
        yield viewer


async def code_of(client: LabdClient, token: str, place: int = 1, host: str = "pc1", phase: str = "reseau") -> int:
    async with connecting(client, token, place, host, phase) as viewer:
        code = await closing_code(viewer)
        assert code is not None
        return code


def test_a_candidate_reaches_sites_as_their_host_does(site: Site, organiser: Member, server: WebServer) -> None:
    async def play() -> None:
        async with site.labd() as client:
            zoe, ali = await begun(client, organiser)
            hosts = await client.call(contract.SEAT_HOSTS, contract.OfSeatPhase(), zoe)
            assert all(one.kind for one in hosts.scenarios[0].hosts)
            async with connecting(client, zoe) as viewer:
                assert await opening(viewer) == {"state": "open", "yours": True, "address": ADDRESS, "authorities": ""}
                await viewer.send(b"GET / HTTP/1.1\r\n")
                assert await asyncio.to_thread(server.ends[0].recv, 100) == b"GET / HTTP/1.1\r\n"
                await asyncio.to_thread(server.ends[0].sendall, b"hello")
                assert await viewer.recv() == b"hello"
            async with connecting(client, ali) as viewer:
                assert (await opening(viewer))["state"] == "open"
            async with connecting(client, zoe, name="no.lab") as viewer:
                assert (await opening(viewer))["state"] == "no-name"

    asyncio.run(play())
    assert server.wanted == [("pc1", ADDRESS, 80)] * 2


def test_a_pause_the_end_and_another_seat_close_what_is_open(site: Site, organiser: Member, server: WebServer) -> None:
    async def play() -> None:
        async with site.labd() as client:
            zoe, ali = await begun(client, organiser)
            async with connecting(client, zoe) as viewer, connecting(client, ali) as alis:
                await opening(viewer)
                await opening(alis)
                await act(client, organiser, "pause", text="Alarme.")
                async with asyncio.timeout(SOON):
                    assert await closing_code(viewer) == 4425
                    assert await closing_code(alis) == 4425
            async with connecting(client, zoe) as viewer:
                assert await opening(viewer) == SHUT
                assert await closing_code(viewer) == 1000
            await act(client, organiser, "resume")
            async with connecting(client, zoe) as viewer, connecting(client, ali) as alis:
                await opening(viewer)
                await opening(alis)
                await act(client, organiser, "finished", "reseau", "C-01")
                assert await closing_code(viewer) == 4408
                again = await seated(client, organiser, "C-02")  # another seat: the former one's lines end
                assert await closing_code(alis) == 4401
            assert await code_of(client, ali) == 4401
            async with connecting(client, again) as viewer:
                assert (await opening(viewer))["state"] == "open"
            async with connecting(client, zoe) as viewer:
                assert await opening(viewer) == SHUT

    asyncio.run(play())
    assert len(server.wanted) == 5


def test_reading_time_opens_no_page(site: Site, organiser: Member, server: WebServer) -> None:
    async def play() -> None:
        async with site.labd() as client:
            await opened(client, organiser, PLAN_WITH_READING)
            zoe = await seated(client, organiser, "C-01")
            assert await code_of(client, zoe) == 4404, "it has not begun"
            await act(client, organiser, "begin", "reseau")
            async with connecting(client, zoe) as viewer:
                assert await opening(viewer) == SHUT

    asyncio.run(play())
    assert server.wanted == []


@pytest.mark.parametrize(
    ("place", "host", "phase"),
    [
        (0, "pc1", "reseau"), (2, "pc1", "reseau"), (-1, "pc1", "reseau"), (10**30, "pc1", "reseau"),
        (1, "nowhere", "reseau"), (1, "..", "reseau"), (1, "pc1", "tirage"), (1, "pc1", "nowhere"),
        (1, "pc1", "..reseau"),
    ],
)  # fmt: skip
def test_what_is_not_theirs_is_not_there(
    site: Site, organiser: Member, server: WebServer, place: int, host: str, phase: str
) -> None:
    async def play() -> None:
        async with site.labd() as client:
            zoe, _ = await begun(client, organiser)
            assert await code_of(client, zoe, place, host, phase) == 4404

    asyncio.run(play())
    assert server.wanted == []


@pytest.mark.usefixtures("server")
def test_nobody_else_gets_there(site: Site, organiser: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            zoe, _ = await begun(client, organiser)
            for token in (organiser.token, "no token"):
                assert await code_of(client, token) == 4401
            codes = await client.call(seats.MAKE_CODES, seats.MakeCodes("december", "C-02"), organiser.token)
            waiting = await client.call(seats.TAKE_SEAT, seats.TakeSeat(codes.codes[0].code, "192.0.2.9"), None)
            assert await code_of(client, waiting.token) == 4401, "nobody has confirmed"
            (lab,) = site.registry.jury_session("december").state().sittings["reseau", "C-01"].labs
            for token in (zoe, organiser.token):
                wanted = {"name": "shop.lab", "port": "80"}
                async with client.web(lab.instance, "pc1", wanted, token) as viewer:
                    assert await closing_code(viewer) in {4401, 4404}, "nor by the way of trainees' labs"
            ended = seats.AnswerSeat("december", "end", "C-01")
            async with connecting(client, zoe) as viewer:
                await opening(viewer)
                await client.call(seats.ANSWER_SEAT, ended, organiser.token)
                assert await closing_code(viewer) == 4401
            assert (await client.call(seats.SEATS, OfSession("december"), organiser.token)).seats[0].since == ""

    asyncio.run(play())


def test_a_time_that_ends_while_a_site_does_not_answer_opens_nothing(
    site: Site, organiser: Member, server: WebServer
) -> None:
    async def play() -> None:
        async with site.labd() as client:
            zoe, _ = await begun(client, organiser)
            server.may.clear()
            async with connecting(client, zoe) as viewer:
                async with asyncio.timeout(SOON):
                    while not server.wanted:
                        await asyncio.sleep(0.01)
                await act(client, organiser, "finished", "reseau", "C-01")
                server.may.set()
                assert await closing_code(viewer) in {1000, 4408}, "what opens so late is closed at once, or not told"

    asyncio.run(play())


@pytest.mark.usefixtures("server")
def test_a_candidate_has_so_many_connections_and_no_more(
    site: Site, organiser: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab_web, "MOST_LINES", 2)

    async def play() -> None:
        async with site.labd() as client:
            zoe, ali = await begun(client, organiser)
            async with connecting(client, zoe) as one, connecting(client, zoe) as two:
                await opening(one)
                await opening(two)
                assert await code_of(client, zoe) == 1013
                async with connecting(client, ali) as other:
                    assert (await opening(other))["state"] == "open"

    asyncio.run(play())
