"""Web sites over labd's socket: as a host of the lab reaches them, for whom it may, and no more than so many."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from orchestrator.core.errors import LabError
from orchestrator.core.text import same
from orchestrator.fabric.fabric_interface import CommandTimeoutError, HostRef, HostUnreachableError
from orchestrator.labd import account_contract, lab_contract, lab_web
from orchestrator.labd.calls import Nothing
from orchestrator.labd.lab_contract import OfLab
from orchestrator.labd.lab_limits import LabLimits
from orchestrator.labd.labd_client import LabdClient
from tests.labd_talk import SOON, closing_code, events_until, stopped
from tests.loopback import V6, v6_only

from .conftest import Site, started

pytestmark = pytest.mark.slow

MISSING, SIGNED_OUT, AGAIN = 4404, 4401, 1013
ADDRESS = "192.0.2.80"
LIMIT_S = 0.5
"""Of the clock that a test moves."""


class WebServer:
    """What the hosts' connections lead to.

    Attributes:
        wanted: host, address and port of each connection.
        trouble: why the next ones fail.
        ends: the server's ends of the connections.
    """

    def __init__(self) -> None:
        self.wanted: list[tuple[str, str, int]] = []
        self.trouble: LabError | None = None
        self.ends: list[socket.socket] = []
        self.may = threading.Event()
        self.may.set()

    def connect(self, target: HostRef, port: int, *, address: str, timeout: float) -> socket.socket:  # noqa: ARG002
        self.wanted.append((target.host, address, port))
        assert self.may.wait(SOON)
        if self.trouble is not None:
            raise self.trouble
        ours, theirs = socket.socketpair()
        theirs.settimeout(SOON)
        self.ends.append(theirs)
        return ours


@pytest.fixture
def server(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    """A server that every host reaches by one name."""
    made = WebServer()
    monkeypatch.setattr(site.fabric, "connect", made.connect)
    site.fabric.on("getent ahosts shop.lab", stdout=f"{ADDRESS}  STREAM shop.lab\n{ADDRESS}  DGRAM\n")
    site.fabric.on("getent ahosts no.lab", status=2)
    site.fabric.on("getent ahosts odd.lab", stdout="-x evil\n")
    yield made
    for end in made.ends:
        assert end.recv(1) == b"", "a connection was not hung up"
        end.close()


@asynccontextmanager
async def connecting(
    client: LabdClient, lab: str, token: str, host: str = "pc1", **asked: str
) -> AsyncIterator[ClientConnection]:
    """Give the WebSocket of a connection."""
    async with client.web(lab, host, {"name": "shop.lab", "port": "80", **asked}, token) as viewer:
        yield viewer


async def opening(viewer: ClientConnection) -> Mapping[str, Any]:
    """Return how a connection went."""
    async with asyncio.timeout(SOON):
        said: Mapping[str, Any] = json.loads(await viewer.recv())
        return said


def test_bytes_pass_in_both_directions(site: Site, server: WebServer) -> None:
    lea = site.member("lea")
    much = b"0123456789abcdef" * (1 << 14)

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            async with connecting(client, lab, lea.token) as viewer:
                assert await opening(viewer) == {"state": "open", "yours": True, "address": ADDRESS, "authorities": ""}
                await viewer.send(b"GET / HTTP/1.1\r\n")
                assert await asyncio.to_thread(server.ends[0].recv, 100) == b"GET / HTTP/1.1\r\n"
                sending = asyncio.create_task(asyncio.to_thread(server.ends[0].sendall, much))
                seen = b""
                async with asyncio.timeout(SOON):
                    while len(seen) < len(much):
                        seen += bytes(await viewer.recv(decode=False))
                await sending
                assert seen == much
                server.ends[0].shutdown(socket.SHUT_WR)
                assert await closing_code(viewer) == 1000
            async with connecting(client, lab, lea.token, name=ADDRESS, port="8080") as viewer:
                assert (await opening(viewer))["address"] == ADDRESS
            assert server.wanted == [("pc1", ADDRESS, 80), ("pc1", ADDRESS, 8080)]

    asyncio.run(play())


def test_what_becomes_of_a_connection(site: Site, server: WebServer) -> None:
    lea = site.member("lea")
    words = "pc1: 192.0.2.80:80: "
    troubles: list[tuple[LabError, str]] = [
        (LabError(same(f"{words}Connection refused")), "refused"),
        (LabError(same(f"{words}No route to host")), "no-way"),
        (LabError(same(f"{words}Network is unreachable")), "no-way"),
        (CommandTimeoutError(same("pc1: not done")), "no-answer"),
        (HostUnreachableError(same("pc1")), "host-down"),
    ]

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            for trouble, state in troubles:
                server.trouble = trouble
                async with connecting(client, lab, lea.token) as viewer:
                    assert (await opening(viewer))["state"] == state
                    assert await closing_code(viewer) == 1000
            for name in ("no.lab", "odd.lab"):
                async with connecting(client, lab, lea.token, name=name) as viewer:
                    assert (await opening(viewer))["state"] == "no-name"
            server.trouble = LabError(same("pc1: something else"))
            async with connecting(client, lab, lea.token) as viewer:
                assert await closing_code(viewer) == 1011

    asyncio.run(play())


ODD = "fd00::99"


class RealWeb:
    """Hosts in this machine's own network; ``unheard`` are addresses of which nothing ever comes."""

    def __init__(self) -> None:
        self.tried: list[str] = []
        self.unheard: set[str] = set()

    def connect(self, target: HostRef, port: int, *, address: str, timeout: float) -> socket.socket:
        self.tried.append(address)
        if address in self.unheard:
            raise CommandTimeoutError(same(f"{target}: {address}:{port}: timed out"))
        if address == ODD:
            raise LabError(same(f"{target}: {address}:{port}: something else"))
        try:
            return socket.create_connection((address, port), timeout)
        except OSError as error:
            raise LabError(same(f"{target}: {address}:{port}: {error.strerror}")) from error


@V6
def test_a_site_is_reached_by_ipv6(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its address, and by a name of which the first address that answers is taken, as a browser does."""
    lea, web = site.member("lea"), RealWeb()
    monkeypatch.setattr(site.fabric, "connect", web.connect)
    web.unheard.add("fd00::80")
    for name, addresses in {
        "six.lab": ("::1",),
        "both.lab": ("127.0.0.1", "::1"),
        "far.lab": ("fd00::80", "::1"),
        "odd.lab6": (ODD, "::1"),
        "four.lab": ("127.0.0.1",),
        "link.lab": ("fe80::1", "fe80::1%eth0"),
        "none.lab": ("fd00::80", "127.0.0.1"),
    }.items():
        lines = [f"{one:16}{kind} {name}" for one in addresses for kind in ("STREAM", "DGRAM ", "RAW   ")]
        site.fabric.on(f"getent ahosts {name}", stdout="\n".join(lines) + "\n")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            with closing(v6_only()) as server:
                port = str(server.getsockname()[1])
                for name in ("::1", "six.lab", "both.lab", "far.lab", "odd.lab6"):
                    async with connecting(client, lab, lea.token, name=name, port=port) as viewer:
                        said = await opening(viewer)
                        assert (said["state"], said["address"]) == ("open", "::1"), name
                        theirs, _ = await asyncio.to_thread(server.accept)
                        with theirs:
                            await viewer.send(b"tea")
                            assert await asyncio.to_thread(theirs.recv, 3) == b"tea"
                for name, state, address in (
                    ("four.lab", "refused", "127.0.0.1"),
                    ("none.lab", "refused", "127.0.0.1"),
                    ("link.lab", "no-name", ""),
                ):
                    async with connecting(client, lab, lea.token, name=name, port=port) as viewer:
                        said = await opening(viewer)
                        assert (said["state"], said["address"]) == (state, address), name
            for name in ("[::1]", "fe80::1", "0::1", "::ffff:127.0.0.1", "FD00::80", "fd00::80%eth0"):
                async with connecting(client, lab, lea.token, name=name) as viewer:
                    assert await closing_code(viewer) == MISSING, name

    asyncio.run(play())
    assert web.tried == [
        "::1", "::1", "127.0.0.1", "::1", "fd00::80", "::1", ODD, "::1", "127.0.0.1", "fd00::80", "127.0.0.1",
    ]  # fmt: skip


def test_what_a_host_trusts_is_told_on_request(site: Site, server: WebServer) -> None:
    lea = site.member("lea")
    site.fabric.on("look content /etc/ssl/certs/ca-certificates.crt", host="*pc1", stdout="-----BEGIN")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            for host, asked, expected in (("pc1", "1", True), ("pc1", "0", False), ("r1", "1", False)):
                async with connecting(client, lab, lea.token, host, authorities=asked) as viewer:
                    said = await opening(viewer)
                    assert (said["state"], bool(said["authorities"])) == ("open", expected), (host, asked)
            assert len(server.wanted) == 3

    asyncio.run(play())


def test_a_web_site_is_for_nobody_else(site: Site, server: WebServer) -> None:
    lea, tom, bob, ada = (
        site.member("lea"), site.member("tom"), site.member("bob", "trainer"), site.member("ada", "trainer"),
    )  # fmt: skip
    root = site.member("root", "administrator")
    site.a_class("other", bob, tom)

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            for place, host, token, code in (
                (lab, "pc1", tom.token, MISSING),
                (lab, "pc1", bob.token, MISSING),
                (lab, "pc1", ada.token, MISSING),
                (lab, "pc1", root.token, MISSING),
                (lab, "pc1", "no token", SIGNED_OUT),
                (lab, "none", lea.token, MISSING),
                ("moved-desks-0000", "pc1", lea.token, MISSING),
            ):
                async with connecting(client, place, token, host) as viewer:
                    assert await closing_code(viewer) == code, (place, host)
            for asked in (
                {"name": "-h"}, {"name": "a;b"}, {"name": ""}, {"name": "a b"}, {"name": "A"},
                {"name": "a." + "b" * 300},
                {"port": "0"}, {"port": "65536"}, {"port": "-1"}, {"port": "x"}, {"port": ""}, {"port": "1" * 30},
            ):  # fmt: skip
                async with connecting(client, lab, lea.token, **asked) as viewer:
                    assert await closing_code(viewer) == MISSING, asked
            assert server.wanted == []
            site.a_class("tssr", ada, lea)
            async with connecting(client, lab, ada.token) as viewer:
                assert (await opening(viewer))["yours"] is False

    asyncio.run(play())


def test_a_connection_ends_with_what_it_hangs_on(site: Site, server: WebServer) -> None:
    lea = site.member("lea")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            async with connecting(client, lab, lea.token) as viewer:
                await opening(viewer)
                await client.call(account_contract.SIGN_OUT, Nothing(), lea.token)
                assert await closing_code(viewer) == SIGNED_OUT
            again = site.again("lea")
            await stopped(client, lab, again.token)
            async with connecting(client, lab, again.token) as viewer:
                assert await closing_code(viewer) == MISSING
            assert len(server.ends) == 1

    asyncio.run(play())


def test_who_leaves_before_it_is_open_leaves_nothing_open(site: Site, server: WebServer) -> None:
    lea = site.member("lea")
    server.may.clear()

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            async with connecting(client, lab, lea.token):
                while not server.wanted:
                    await asyncio.sleep(0.01)
            server.may.set()
            async with connecting(client, lab, lea.token) as viewer:
                assert (await opening(viewer))["state"] == "open"

    asyncio.run(play())


def test_so_many_connections_and_no_more(site: Site, server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    lea = site.member("lea")
    monkeypatch.setattr(lab_web, "MOST_LINES", 1)

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            async with connecting(client, lab, lea.token) as one, connecting(client, lab, lea.token) as other:
                codes = {await _end(one), await _end(other)}
                assert codes == {"open", str(AGAIN)}
            assert len(server.ends) == 1

    async def _end(viewer: ClientConnection) -> str:
        try:
            return str((await opening(viewer))["state"])
        except ConnectionClosed:
            return str(viewer.close_code)

    asyncio.run(play())


def test_a_lab_goes_on_by_an_act_and_by_nothing_else(site: Site, server: WebServer) -> None:
    lea, clock = site.member("lea"), [1000.0]
    site.clock, site.limits = lambda: clock[0], LabLimits(freeze_s=LIMIT_S)

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, lea)
            for kind in ("idle", "frozen"):
                clock[0] += LIMIT_S * 0.6
                await events_until(client, lab, lea.token, kind)
            async with connecting(client, lab, lea.token, act="0") as viewer:
                assert (await opening(viewer))["state"] == "frozen"
            assert (await client.call(lab_contract.LAB, OfLab(lab), lea.token)).state == "frozen"
            async with connecting(client, lab, lea.token, act="1") as viewer:
                assert (await opening(viewer))["state"] == "open"
            await events_until(client, lab, lea.token, "thawed")
            assert len(server.wanted) == 1

    asyncio.run(play())
