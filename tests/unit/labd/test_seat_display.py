"""Desktops at candidates' seats, over the socket: seen and typed at in their time, from their seat alone."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from PIL import Image
from starlette.websockets import WebSocketDisconnect
from websockets.asyncio.client import ClientConnection

from orchestrator.assessment.desktop_pictures import LIST, Happened, PictureFolder, folder_of, happened
from orchestrator.labd import desktop_recording
from orchestrator.labd import seat_contract as seats
from orchestrator.labd import seat_terminal_contract as contract
from orchestrator.labd.display_socket import _pass_on
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.rfb_looker import LookerError, ScreenLooker
from tests.fakes.rfb import GREETING, FakeScreen
from tests.labd_talk import SOON, closing_code

from .conftest import SCENARIO, Member, Site
from .test_day import Supervisors, act, day, opened, supervisors
from .test_displays import KEY, MISSING, SIGNED_OUT, common_content, frame, heard, screen
from .test_seat_terminals import PLAN_WITH_READING, begun, organiser, seated, site

__all__ = ["Supervisors", "common_content", "organiser", "screen", "site", "supervisors"]
pytestmark = pytest.mark.slow

OVER, STOPPED = 4408, 4425


@asynccontextmanager
async def looking(client: LabdClient, token: str, host: str = "pc1") -> AsyncIterator[ClientConnection]:
    """Give a viewer that has met the server."""
    async with client.seat_display("reseau", 1, host, token) as viewer:
        assert await heard(viewer, len(GREETING)) == GREETING
        await viewer.send(GREETING + b"\1\0")
        await heard(viewer, 2 + 4 + 28)
        yield viewer


async def code_of(client: LabdClient, token: str, place: int = 1, host: str = "pc1", phase: str = "reseau") -> int:
    async with client.seat_display(phase, place, host, token) as viewer:
        code = await closing_code(viewer)
        assert code is not None
        return code


def test_a_candidate_sees_and_types(site: Site, organiser: Member, screen: FakeScreen) -> None:
    async def play() -> None:
        async with site.labd() as client:
            zoe, _ = await begun(client, organiser)
            hosts = (await client.call(contract.SEAT_HOSTS, contract.OfSeatPhase(), zoe)).scenarios[0].hosts
            assert {host.name: host.desktop for host in hosts} == {"pc1": True, "pc2": True, "r1": False}
            async with looking(client, zoe) as viewer:
                await viewer.send(KEY + struct.pack(">BxHHBx", 251, 8, 6, 0))
                assert await frame(viewer) == bytes((160, 96, 32, 0))
                assert (screen.typed, screen.other) == ("x", [])

    asyncio.run(play())
    assert {host for host, _ in site.fabric.commands} == {"pc1"}


def test_a_pause_the_end_and_another_seat_close_a_screen(site: Site, organiser: Member, screen: FakeScreen) -> None:
    async def play() -> None:
        async with site.labd() as client:
            zoe, ali = await begun(client, organiser)
            async with looking(client, zoe) as viewer:
                await act(client, organiser, "pause", text="Alarme.")
                assert await closing_code(viewer) == STOPPED
            assert await code_of(client, zoe) == STOPPED
            await act(client, organiser, "resume")
            async with looking(client, zoe) as viewer, looking(client, ali, "pc2") as alis:
                await act(client, organiser, "finished", "reseau", "C-01")
                assert await closing_code(viewer) == OVER
                await seated(client, organiser, "C-02")
                assert await closing_code(alis) == SIGNED_OUT
            assert (await code_of(client, zoe), await code_of(client, ali)) == (OVER, SIGNED_OUT)

    asyncio.run(play())
    assert screen.keys == []


def test_what_is_said_behind_the_gate_gets_nowhere() -> None:
    """Each message is held against the gate: nobody has the tenths of a second until the next look."""
    said, written = [GREETING, b"\1", b"\0", KEY, KEY, KEY], list[bytes]()

    class Line:
        async def write(self, data: bytes) -> None:
            written.append(data)

    class Viewer:
        async def receive(self) -> Mapping[str, Any]:
            return {"type": "websocket.receive", "bytes": said.pop(0)} if said else {"type": "websocket.disconnect"}

    async def play() -> None:
        await _pass_on(Viewer(), Line(), lambda: None, lambda: len(said) > 1)  # type: ignore[arg-type]

    with pytest.raises(WebSocketDisconnect):
        asyncio.run(play())
    assert written[3:] == [KEY], "the first of three"


def test_reading_time_shows_no_screen(site: Site, organiser: Member) -> None:
    async def play() -> None:
        async with site.labd() as client:
            await opened(client, organiser, PLAN_WITH_READING)
            zoe = await seated(client, organiser, "C-01")
            assert await code_of(client, zoe) == MISSING, "it has not begun"
            await act(client, organiser, "begin", "reseau")
            assert await code_of(client, zoe) == STOPPED

    asyncio.run(play())
    assert site.fabric.commands == []


def test_a_screen_at_a_seat_is_for_nobody_else(site: Site, organiser: Member, screen: FakeScreen) -> None:
    async def play() -> None:
        async with site.labd() as client:
            zoe, _ = await begun(client, organiser)
            for place, host, phase in (
                (0, "pc1", "reseau"), (2, "pc1", "reseau"), (-1, "pc1", "reseau"), (10**30, "pc1", "reseau"),
                (1, "r1", "reseau"), (1, "none", "reseau"), (1, "pc1", "tirage"), (1, "pc1", "nowhere"),
            ):  # fmt: skip
                assert await code_of(client, zoe, place, host, phase) == MISSING, (place, host, phase)
            for token in (organiser.token, "no token"):
                assert await code_of(client, token) == SIGNED_OUT
            codes = await client.call(seats.MAKE_CODES, seats.MakeCodes("december", "C-02"), organiser.token)
            waiting = await client.call(seats.TAKE_SEAT, seats.TakeSeat(codes.codes[0].code, "192.0.2.9"), None)
            assert await code_of(client, waiting.token) == SIGNED_OUT, "nobody has confirmed"
            (lab,) = site.registry.jury_session("december").state().sittings["reseau", "C-01"].labs
            for token in (zoe, organiser.token):
                async with client.display(lab.instance, "pc1", token) as viewer:
                    assert await closing_code(viewer) in {MISSING, SIGNED_OUT}, "nor by the way of trainees' labs"

    asyncio.run(play())
    assert (site.fabric.commands, screen.keys) == ([], [])


def test_a_lost_browser_leaves_nothing_behind(site: Site, organiser: Member, screen: FakeScreen) -> None:
    async def play() -> None:
        async with site.labd() as client:
            zoe, _ = await begun(client, organiser)
            for _ in range(10):  # more than may be open at once
                async with asyncio.timeout(SOON):
                    async with looking(client, zoe) as viewer:
                        await frame(viewer)

    asyncio.run(play())
    assert screen.keys == []


# Recording ----------------------------------------------------------------------------------------------------


async def pictures(site: Site, count: int, host: str = "pc1", number: str = "C-01") -> tuple[Happened, ...]:
    """Return what the list of a recorded desktop says once it has so many pictures."""
    folder = site.registry.jury_session("december").folder.recordings("reseau", number)
    path = folder_of(folder, SCENARIO, host) / LIST
    async with asyncio.timeout(SOON):
        while True:
            said = happened(path.read_bytes()) if path.is_file() else ()
            if sum(one.kind == "picture" for one in said) >= count:
                return said
            await asyncio.sleep(0.02)


async def closed(site: Site, count: int = 1) -> list[str]:
    """Return what happened to a desktop, in words, once it was closed so often."""
    async with asyncio.timeout(SOON):
        while (kinds := [one.kind for one in await pictures(site, 0)]).count("closed") < count:
            await asyncio.sleep(0.02)
    return list(kinds)


def test_a_desktop_is_recorded_as_long_as_a_browser_shows_it(site: Site, organiser: Member, screen: FakeScreen) -> None:
    async def play() -> None:
        async with site.labd() as client:
            zoe, _ = await begun(client, organiser)
            began = site.registry.jury_session("december").state().sittings["reseau", "C-01"].started
            async with looking(client, zoe) as viewer, looking(client, zoe):
                await viewer.send(KEY)
                await frame(viewer)
                (picture,) = [one for one in await pictures(site, 1) if one.kind == "picture"]
                assert (picture.number, picture.width, picture.height) == (1, 320, 200)
                assert began is not None
                assert began <= picture.at < began + SOON, "the session's time"
                assert site.registry.jury_session("december").folder.recordings("reseau", "C-02").exists() is False
            said = await closed(site)
            assert (said.count("opened"), said.count("closed"), said.count("used")) == (1, 1, 1), "two windows are one"
            screen.colour = (1, 2, 3)
            async with looking(client, zoe):
                last = (await pictures(site, 2))[-1]
                assert last.number == 2
                await act(client, organiser, "pause", text="Alarme.")
                assert (await closed(site, 2))[-1] == "closed"
            folder = folder_of(
                site.registry.jury_session("december").folder.recordings("reseau", "C-01"), SCENARIO, "pc1"
            )
            with Image.open(folder / "000002.png") as read:
                assert (read.size, read.getpixel((5, 5))) == ((320, 200), (1, 2, 3))
            assert folder.stat().st_mode & 0o77 == 0
            assert (await day(client, organiser)).alarms == ()

    asyncio.run(play())
    assert (screen.typed, screen.other, screen.points) == ("x", [], []), "nothing but what the candidate did"


@pytest.mark.parametrize("trouble", ["screen", "disk"])
def test_trouble_with_a_recording_is_the_rooms_and_not_the_candidates(
    site: Site, organiser: Member, screen: FakeScreen, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr(desktop_recording, "_GRACE_S", 0.01)
    if trouble == "disk":
        monkeypatch.setattr(PictureFolder, "_add", lambda *_: os.close(-1))
    else:
        monkeypatch.setattr(desktop_recording, "ScreenLooker", Refusing)

    async def play() -> None:
        async with site.labd() as client:
            zoe, _ = await begun(client, organiser)
            async with looking(client, zoe) as viewer:
                async with asyncio.timeout(SOON):
                    while not (alarms := (await day(client, organiser)).alarms):
                        await asyncio.sleep(0.05)
                (told,) = [one.en for one in alarms]
                assert told.startswith("The desktop of pc1, candidate C-01, is not recorded: ")
                assert told.endswith({"disk": "the disk takes nothing.", "screen": "the screen is too large."}[trouble])
                await viewer.send(KEY)
                assert await frame(viewer) == bytes((160, 96, 32, 0))
            assert (await day(client, organiser)).alarms == ()

    asyncio.run(play())
    assert screen.typed == "x"


class Refusing(ScreenLooker):
    """Finds every screen too large."""

    async def meet(self) -> None:
        raise LookerError("large")
