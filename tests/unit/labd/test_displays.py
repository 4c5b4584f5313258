"""Screens over the socket: seen and typed at by their owner, only seen by a trainer, and gone when nothing is on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pty
import struct
import threading
import time
import tty
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from websockets.asyncio.client import ClientConnection

from orchestrator.fabric.fabric_interface import HostRef
from orchestrator.labd import account_contract, lab_contract, lab_displays
from orchestrator.labd.calls import Nothing
from orchestrator.labd.lab_contract import OfLab
from orchestrator.labd.lab_desk import LabDesk
from orchestrator.labd.lab_displays import LabDisplays
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.lab_limits import LabLimits
from orchestrator.labd.labd_client import LabdClient
from tests.fakes.rfb import GREETING, FakeScreen, FakeVnc
from tests.labd_talk import SOON, closing_code, events_until, stopped
from tests.unit.core.conftest import write_content

from .conftest import Site, started

pytestmark = pytest.mark.slow

SOCKET = "/run/screen/vnc"
KEY = struct.pack(">BB2xI", 4, 1, ord("x"))
UPDATE = struct.pack(">BB4H", 3, 0, 0, 0, 320, 200)
FRAME = 320 * 200 * 4
LIMIT_S = 0.5
"""Of the clock that a test moves."""
OFF, MISSING, SIGNED_OUT, WRONG, AGAIN = 4410, 4404, 4401, 1008, 1013


@pytest.fixture(scope="module")
def common_content(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Content whose workstations have a screen."""
    root = write_content(tmp_path_factory.mktemp("content"))
    with (root / "images/host/image.yaml").open("a") as image:
        image.write(f"display: {{socket: {SOCKET}}}\n")
    return root, {}


@pytest.fixture
def screen(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeScreen]:
    """The screen of every workstation; it is on."""
    shown, servers = FakeScreen(), []

    def terminal(target: HostRef, argv: Sequence[str], *, rows: int, columns: int) -> int:  # noqa: ARG001
        assert argv[-1] == SOCKET
        site.fabric.commands.append((target.host, tuple(argv)))
        master, slave = pty.openpty()
        tty.setraw(slave)
        servers.append(threading.Thread(target=serve, args=(slave, shown)))
        servers[-1].start()
        return master

    monkeypatch.setattr(site.fabric, "terminal", terminal)
    site.fabric.on(f"look status {SOCKET}", stdout='{"kind": "socket"}')
    yield shown
    for server in servers:
        server.join(SOON)
        assert not server.is_alive(), "a line was not hung up"


def serve(slave: int, shown: FakeScreen) -> None:
    """Be the VNC server behind a terminal, until that is hung up."""
    vnc = FakeVnc(shown)
    said = GREETING
    while True:
        try:
            while said:
                said = said[os.write(slave, said) :]
            heard = os.read(slave, 4096)
        except OSError:
            break
        if not heard:
            break
        said = vnc.feed(heard)
    os.close(slave)


@asynccontextmanager
async def looking(client: LabdClient, lab: str, token: str, host: str = "pc1") -> AsyncIterator[ClientConnection]:
    """Give a viewer that has met the server."""
    async with client.display(lab, host, token) as viewer:
        assert await heard(viewer, len(GREETING)) == GREETING
        await viewer.send(GREETING + b"\1\0")
        await heard(viewer, 2 + 4 + 28)
        yield viewer


async def heard(viewer: ClientConnection, count: int) -> bytes:
    """Return so many bytes of what the screen says."""
    seen = b""
    async with asyncio.timeout(SOON):
        while len(seen) < count:
            message = await viewer.recv()
            assert isinstance(message, bytes)
            seen += message
    return seen


async def frame(viewer: ClientConnection) -> bytes:
    """Ask for the whole screen, and return its first pixel."""
    await viewer.send(UPDATE)
    return (await heard(viewer, 16 + FRAME))[16:20]


def test_the_owner_sees_and_types(site: Site, screen: FakeScreen) -> None:
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            view = await client.call(lab_contract.LAB, OfLab(lab), lea.token)
            assert {host.name: host.desktop for host in view.hosts} == {"pc1": True, "pc2": True, "r1": False}
            async with looking(client, lab, lea.token) as viewer:
                assert await frame(viewer) == bytes((160, 96, 32, 0))
                await viewer.send(KEY[:3])
                await viewer.send(KEY[3:] + struct.pack(">BxHHBx", 251, 8, 6, 0) + UPDATE)
                await heard(viewer, 16 + FRAME)
                assert (screen.typed, screen.other) == ("x", [])
                await viewer.send(b"\x07")
                assert await closing_code(viewer) == WRONG

    asyncio.run(play())


def test_a_trainer_looks_and_types_nothing(site: Site, screen: FakeScreen) -> None:
    lea, ada = site.member("lea"), site.member("ada", "trainer")
    site.a_class("tssr", ada, lea)

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            async with looking(client, lab, ada.token) as viewer:
                told = await events_until(client, lab, lea.token, "screen-watched")
                assert told[-1].body == {"host": "pc1", "by": "ada"}
                view = await client.call(lab_contract.LAB, OfLab(lab), lea.token)
                assert [host.watched for host in view.hosts] == ["ada", "", ""]
                await viewer.send(KEY + struct.pack(">BBHH", 5, 1, 3, 4))
                assert await frame(viewer) == bytes((160, 96, 32, 0))
                assert (screen.keys, screen.points) == ([], [])
            await events_until(client, lab, lea.token, "screen-watched", by="")
            async with looking(client, lab, lea.token) as viewer:
                await viewer.send(KEY)
                await frame(viewer)
            assert screen.typed == "x"
            told = await events_until(client, lab, lea.token, "screen-watched", by="")
            assert [event.body["by"] for event in told if event.kind == "screen-watched"] == ["ada", ""]

    asyncio.run(play())


def test_a_screen_is_for_nobody_else(site: Site, screen: FakeScreen) -> None:
    lea, tom, bob = site.member("lea"), site.member("tom"), site.member("bob", "trainer")
    site.a_class("other", bob, tom)

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            for place, host, token, code in (
                (lab, "pc1", tom.token, MISSING),
                (lab, "pc1", bob.token, MISSING),
                (lab, "pc1", "no token", SIGNED_OUT),
                (lab, "r1", lea.token, MISSING),
                (lab, "none", lea.token, MISSING),
                ("moved-desks-0000", "pc1", lea.token, MISSING),
            ):
                async with client.display(place, host, token) as viewer:
                    assert await closing_code(viewer) == code, (place, host)
            assert site.fabric.commands == []
            assert screen.keys == []

    asyncio.run(play())


def test_a_screen_closes_with_what_it_hangs_on(site: Site, screen: FakeScreen) -> None:
    """The sign-in ends, or the lab is stopped."""
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            async with looking(client, lab, lea.token) as viewer:
                await client.call(account_contract.SIGN_OUT, Nothing(), lea.token)
                assert await closing_code(viewer) == SIGNED_OUT
            again = site.again("lea")
            await stopped(client, lab, again.token)
            async with client.display(lab, "pc1", again.token) as viewer:
                assert await closing_code(viewer) == MISSING
            assert screen.keys == []

    asyncio.run(play())


def test_what_is_off_says_so(site: Site, screen: FakeScreen, monkeypatch: pytest.MonkeyPatch) -> None:
    """No socket is there, what is there is none, nobody answers, somebody says something else."""
    lea = site.member("lea")
    pieces: list[bytes | None] = [b"sh: 1: nc: not found", b"", None]

    def relay(_target: HostRef, _argv: Sequence[str], *, rows: int, columns: int) -> int:  # noqa: ARG001
        reading, writing = os.pipe()
        piece = pieces.pop(0)
        if piece is None:
            return pty.openpty()[0]
        os.write(writing, piece)
        os.close(writing)
        return reading

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            for state in ('{"kind": "file"}', '{"exists": false}'):
                site.fabric.on(f"look status {SOCKET}", stdout=state)
                async with client.display(lab, "pc1", lea.token) as viewer:
                    assert await closing_code(viewer) == OFF
            site.fabric.on(f"look status {SOCKET}", stdout='{"kind": "socket"}')
            monkeypatch.setattr(site.fabric, "terminal", relay)
            monkeypatch.setattr(lab_displays, "_GREETING_SECONDS", 0.01)
            while pieces:
                async with client.display(lab, "pc1", lea.token) as viewer:
                    assert await closing_code(viewer) == OFF, pieces
            assert screen.keys == []

    asyncio.run(play())


def test_so_many_lines_and_no_more(site: Site, screen: FakeScreen, monkeypatch: pytest.MonkeyPatch) -> None:
    lea = site.member("lea")
    monkeypatch.setattr(lab_displays, "MOST_LINES", 1)

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            async with looking(client, lab, lea.token), client.display(lab, "pc1", lea.token) as viewer:
                assert await closing_code(viewer) == AGAIN
            async with looking(client, lab, lea.token) as viewer:
                await frame(viewer)
            assert screen.keys == []

    asyncio.run(play())


@pytest.mark.usefixtures("screen")
def test_a_lab_goes_on_by_a_key_and_not_by_a_screen_that_is_shown(site: Site) -> None:
    """The relay reads from a terminal of the host all the time; a frozen screen is as one that is off."""
    lea, clock = site.member("lea"), [1000.0]
    site.clock, site.limits = lambda: clock[0], LabLimits(freeze_s=LIMIT_S)
    site.fabric.on("activity", host="*pc1", stdout=json.dumps({"typed": time.time() + 3600}))

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            async with looking(client, lab, lea.token) as viewer:
                for kind in ("idle", "frozen"):
                    clock[0] += LIMIT_S * 0.6
                    await events_until(client, lab, lea.token, kind)
                async with client.display(lab, "pc1", lea.token) as again:
                    assert await closing_code(again) == OFF
                await viewer.send(UPDATE)
                await heard(viewer, 16 + FRAME)
                assert (await client.call(lab_contract.LAB, OfLab(lab), lea.token)).state == "frozen"
                await viewer.send(KEY)
                await events_until(client, lab, lea.token, "thawed")

    asyncio.run(play())


def test_a_line_that_nobody_waits_for_any_more_is_hung_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its viewer has gone while the relay was being started."""
    begun, go_on = threading.Event(), threading.Event()
    master, slave = pty.openpty()
    tty.setraw(slave)

    def opened(*_: object) -> int:
        begun.set()
        assert go_on.wait(SOON)
        return master

    monkeypatch.setattr(LabDisplays, "_opened", opened)

    async def play() -> bytes:
        threads = WorkThreads(1, "test")
        displays = LabDisplays(cast("LabDesk", None), threads)

        async def look() -> None:
            async with displays.line_in("test", cast("Any", None), "pc1"):
                raise AssertionError("it was cancelled before")

        task = asyncio.create_task(look())
        assert await asyncio.to_thread(begun.wait, SOON)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert displays.shown() == frozenset()
        go_on.set()
        async with asyncio.timeout(SOON):
            end = await asyncio.to_thread(_end_of, slave)
        threads.close()
        return end

    assert asyncio.run(play()) == b""
    os.close(slave)


def _end_of(slave: int) -> bytes:
    """Return what a terminal says once its master has gone: nothing."""
    try:
        return os.read(slave, 1)
    except OSError:
        return b""
