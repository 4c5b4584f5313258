"""The two lines of the lab page that stay open: events, and terminals; the labd in memory listens at a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from starlette.applications import Starlette
from starlette.types import Message

from orchestrator.core.text import Text
from orchestrator.labd import account_contract, calls, lab_contract, lab_work_contract, labd_client
from orchestrator.labd.labd_client import LabdClient
from orchestrator.labd.wire import encode
from orchestrator.portal import browser_events
from orchestrator.portal.browser_events import in_language
from orchestrator.portal.browser_terminal import LARGEST_INPUT
from orchestrator.portal.open_lines import OpenLines
from orchestrator.portal.portal_settings import PortalSettings, WebOrigin
from orchestrator.portal.visit import form_key_of
from orchestrator.portal.web_app import make_app
from tests.fakes import labd_world as world
from tests.fakes.labd import FakeLabd
from tests.fakes.rfb import GREETING, FakeScreen

ORIGIN = "https://portal.test"
SECRET = "s" * 32
WITHIN = 20
"""Seconds after which a test that waits for nothing has failed."""


@dataclass
class Line:
    """An open request or WebSocket, seen from the browser."""

    heard: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    said: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)

    async def next(self) -> Message:
        async with asyncio.timeout(WITHIN):
            return await self.heard.get()

    async def frame(self) -> dict[str, Any]:
        message = await self.next()
        assert "text" in message, message
        return cast("dict[str, Any]", json.loads(message["text"]))

    async def shown(self, until: bytes) -> bytes:
        """Return what is shown until some text is there."""
        shown = b""
        while until not in shown:
            message = await self.next()
            shown += message.get("bytes") or b""
        return shown

    async def code(self) -> int:
        """Return the code that the WebSocket is closed with."""
        while True:
            message = await self.next()
            if message["type"] == "websocket.close":
                return int(message["code"])

    async def event(self) -> tuple[list[str], dict[str, Any]]:
        """Return the next event but that labd is there: its lines before the data, and the data."""
        while True:
            body: bytes = (await self.next()).get("body", b"")
            *before, data = body.decode().rstrip("\n").split("\n")
            if data.startswith("data: ") and body != browser_events.HERE:
                return before, json.loads(data.removeprefix("data: "))

    async def type(self, text: bytes) -> None:
        await self.said.put({"type": "websocket.receive", "bytes": text})

    async def tell(self, text: str) -> None:
        await self.said.put({"type": "websocket.receive", "text": text})


@dataclass
class Portal:
    """A portal before the labd in memory, and who uses it."""

    app: Starlette
    labd: FakeLabd
    client: LabdClient
    runner: asyncio.Runner

    def run(self, scenario: Callable[[], Awaitable[None]]) -> None:
        self.runner.run(asyncio.wait_for(scenario(), 3 * WITHIN))

    @asynccontextmanager
    async def open(self, path: str, handle: str = "lea", **headers: str) -> AsyncIterator[Line]:
        """Open a path as somebody's browser does; an empty handle is nobody's."""
        token = self.labd.sign_in(handle) if handle else None
        cookies = f"__Host-breakfix-key={SECRET}" + (f"; __Host-breakfix={token}" if token else "")
        path, _, query = path.partition("?")
        kind = "websocket" if "/terminals/" in path or "/screens/" in path else "http"
        named = {"host": "portal.test", "origin": ORIGIN, "cookie": cookies, **headers}
        scope = {
            "type": kind,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in named.items()],
            "client": ("192.0.2.7", 1),
            **({"method": "GET"} if kind == "http" else {}),
            "subprotocols": ["breakfix", f"key-{form_key_of(SECRET, token)}"],
        }
        line = Line()
        if kind == "websocket":
            await line.said.put({"type": "websocket.connect"})
        task = asyncio.create_task(self.app(scope, line.said.get, line.heard.put))
        try:
            yield line
        finally:
            await line.said.put({"type": f"{kind}.disconnect", "code": 1001})
            async with asyncio.timeout(WITHIN):
                await task

    @asynccontextmanager
    async def terminal(
        self, terminal: str, handle: str = "lea", query: str = "", **headers: str
    ) -> AsyncIterator[Line]:
        path = f"/labs/{world.LAB}/terminals/{terminal}{query}"
        async with self.open(path, handle, **headers) as line:
            assert (await line.next())["type"] == "websocket.accept"
            yield line

    def opened(self) -> str:
        """Return a new terminal's id."""
        who = self.labd.people["lea"]
        view: lab_contract.TerminalView = self.labd._open_terminal(
            who, lab_work_contract.OpenTerminal(world.LAB, "pc1", "root")
        )
        return view.id


@pytest.fixture(scope="module")
def socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FakeLabd, Path]]:
    labd = FakeLabd()
    with labd.serving(tmp_path_factory.mktemp("labd")) as socket:
        yield labd, socket


@pytest.fixture
def portal(socket: tuple[FakeLabd, Path], runner: asyncio.Runner) -> Iterator[Portal]:
    labd, path = socket
    labd.__dict__.update({k: v for k, v in FakeLabd().__dict__.items() if k in RESET})
    client = LabdClient(path)
    yield Portal(make_app(PortalSettings((WebOrigin.parse(ORIGIN),)), client), labd, client, runner)
    runner.run(client.close())


RESET = ("people", "tokens", "labs", "owners", "events", "terminals", "refusals", "asked", "screen")

# Terminals ----------------------------------------------------------------------------------------------------


def test_a_terminal_shows_what_is_typed_and_takes_a_size(portal: Portal) -> None:
    terminal = portal.opened()

    async def scenario() -> None:
        async with portal.terminal(terminal) as line:
            first = await line.frame()
            assert first == {"at": 0, "reset": True, "rows": 24, "columns": 80, "ended": False, "end": 12}
            await line.shown(b"# ")
            await line.type("é\x1b[A".encode())
            assert await line.shown(b"A") == "é\x1b[A".encode()
            await line.tell('{"resize": [30, 100], "more": 1}')
            assert await line.frame() == {"rows": 30, "columns": 100}
            portal.labd.terminal(terminal).end()
            assert await line.frame() == {"ended": True}

    portal.run(scenario)


def test_a_browser_that_comes_again_gets_what_it_has_not_seen(portal: Portal) -> None:
    terminal = portal.opened()
    portal.labd.terminal(terminal).write(b"abcdef\n")

    async def scenario() -> None:
        async with portal.terminal(terminal, query="?after=15") as line:
            assert (await line.frame())["at"] == 15
            assert await line.shown(b"\n") == b"def\n"
        async with portal.terminal(terminal, query="?after=x") as line:
            assert (await line.frame())["reset"] is True

    portal.run(scenario)


@pytest.mark.parametrize(
    ("handle", "which", "code"),
    [("lea", "none", 4404), ("nour", "", 4404), ("", "", 4401), ("lea", "x?y", 4404), ("lea", ".x", 4404)],
)
def test_what_is_not_ones_own_is_closed_with_a_code(portal: Portal, handle: str, which: str, code: int) -> None:
    terminal = which or portal.opened()

    async def scenario() -> None:
        async with portal.terminal(terminal.replace("?", "%3F"), handle) as line:
            assert await line.code() == code

    portal.run(scenario)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://portal.test", ""])
def test_another_page_opens_no_terminal(portal: Portal, origin: str) -> None:
    terminal = portal.opened()

    async def scenario() -> None:
        async with portal.open(f"/labs/{world.LAB}/terminals/{terminal}", origin=origin) as line:
            message = await line.next()
            assert (message["type"], message["code"]) == ("websocket.close", 4403)

    portal.run(scenario)


def test_a_terminal_that_is_closed_elsewhere_says_so(portal: Portal) -> None:
    terminal = portal.opened()

    async def scenario() -> None:
        async with portal.terminal(terminal) as line:
            await line.frame()
            portal.labd._close_terminal(portal.labd.people["lea"], lab_work_contract.CloseTerminal(world.LAB, terminal))
            assert await line.code() == 4409

    portal.run(scenario)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"bytes": b"x" * (LARGEST_INPUT + 1)}, 1009),
        ({"text": "ls\n"}, 1008),
        ({"text": '{"resize": [0, 80]}'}, 1008),
        ({"text": '{"resize": [24, 501]}'}, 1008),
        ({"text": '{"resize": [true, 80]}'}, 1008),
        ({"text": '{"resize": [24.5, 80]}'}, 1008),
        ({"text": '{"resize": [24]}'}, 1008),
        ({"text": "[]"}, 1008),
        ({"text": "[" * 200}, 1008),
        ({"text": '{"resize": [24, 80]}' + " " * 200}, 1008),
    ],
)
def test_what_is_no_typing_and_no_size_ends_it(portal: Portal, message: Mapping[str, Any], code: int) -> None:
    terminal = portal.opened()

    async def scenario() -> None:
        async with portal.terminal(terminal) as line:
            await line.frame()
            await line.said.put({"type": "websocket.receive", **message})
            assert await line.code() == code

    portal.run(scenario)


def test_much_is_shown_whole(portal: Portal) -> None:
    terminal = portal.opened()
    much = b"0123456789abcdef" * (1 << 15)
    portal.labd.terminal(terminal).write(much + b"the end")

    async def scenario() -> None:
        async with portal.terminal(terminal) as line:
            await line.frame()
            assert (await line.shown(b"the end")).endswith(much + b"the end")

    portal.run(scenario)


def test_without_labd_a_browser_comes_again(runner: asyncio.Runner, tmp_path: Path) -> None:
    client = LabdClient(tmp_path / "nobody")
    portal = Portal(make_app(PortalSettings((WebOrigin.parse(ORIGIN),)), client), FakeLabd(), client, runner)

    async def scenario() -> None:
        async with portal.terminal("a") as line:
            assert await line.code() == 1012
        async with portal.open(f"/labs/{world.LAB}/events") as line:
            assert (await line.next())["status"] == 200
            assert [await line.next() for _ in range(2)][1]["more_body"] is False

    portal.run(scenario)
    runner.run(client.close())


# Screens ------------------------------------------------------------------------------------------------------

SCREEN = f"/labs/{world.LAB}/screens/pc1"


def test_a_screen_is_seen_and_typed_at(portal: Portal) -> None:
    screen = portal.labd.screen = FakeScreen()

    async def scenario() -> None:
        async with portal.open(SCREEN) as line:
            assert (await line.next())["type"] == "websocket.accept"
            await line.shown(GREETING)
            await line.type(GREETING + b"\1\1")
            await line.shown(b"fake")
            await line.type(b"\4\1\0\0\0\0\0x" + b"\3\0" + b"\0\0\0\0\0\x10\0\x10")
            await line.shown(bytes((160, 96, 32, 0)) * 1000)
            assert screen.typed == "x"
            await line.tell("text")
            assert await line.code() == 1008

    portal.run(scenario)


@pytest.mark.parametrize(
    ("handle", "host", "code"),
    [
        ("lea", "pc1", 4410),
        ("lea", "srv1", 4404),
        ("lea", "none", 4404),
        ("lea", "x%3Fy", 4404),
        ("nour", "pc1", 4404),
        ("", "pc1", 4401),
    ],
)
def test_a_screen_that_is_off_or_anothers_says_so(portal: Portal, handle: str, host: str, code: int) -> None:
    async def scenario() -> None:
        async with portal.open(f"/labs/{world.LAB}/screens/{host}", handle) as line:
            assert await line.code() == code

    portal.run(scenario)


def test_another_page_opens_no_screen(portal: Portal) -> None:
    async def scenario() -> None:
        async with portal.open(SCREEN, origin="https://evil.example") as line:
            message = await line.next()
            assert (message["type"], message["code"]) == ("websocket.close", 4403)

    portal.run(scenario)


# Events -------------------------------------------------------------------------------------------------------


def test_events_come_in_the_readers_language_and_are_resumed(portal: Portal) -> None:
    portal.labd.people["lea"].language = "en"
    portal.labd.emit("began", {"act": "check"})
    portal.labd.emit("running", {"sentences": [Text(fr="Un", en="One"), Text(fr="Deux", en="Two")]})

    async def scenario() -> None:
        async with portal.open(f"/labs/{world.LAB}/events?after=1") as line:
            start = await line.next()
            headers = dict(start["headers"])
            assert headers[b"content-type"].startswith(b"text/event-stream")
            assert headers[b"cache-control"] == b"no-store"
            before, told = await line.event()
            assert before == ["id: 2"]
            assert (told["kind"], told["body"]) == ("running", {"sentences": ["One", "Two"]})
            portal.labd.emit("result", world.CHECKS[0])
            before, told = await line.event()
            assert (before, told["body"]["sentence"]) == (["id: 3"], world.CHECKS[0].sentence.en)
        async with portal.open(f"/labs/{world.LAB}/events?after=0", last_event_id="2") as line:
            assert (await line.event())[0] == ["id: 3"]

    portal.run(scenario)


@pytest.mark.parametrize(("handle", "kind"), [("nour", "missing"), ("", "signed-out")])
def test_who_may_not_read_is_told_once(portal: Portal, handle: str, kind: str) -> None:
    async def scenario() -> None:
        async with portal.open(f"/labs/{world.LAB}/events", handle) as line:
            assert await line.event() == (["event: end"], {"kind": kind})
            assert (await line.next())["more_body"] is False

    portal.run(scenario)


def test_a_silent_stream_beats_and_ends_with_the_sign_in(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser_events, "BEAT_SECONDS", 0.01)

    async def scenario() -> None:
        async with portal.open(f"/labs/{world.LAB}/events") as line:
            await line.next()
            while (said := (await line.next())["body"]) != browser_events.HERE:
                assert said in {b": \n\n", browser_events.BEAT}
            assert [(await line.next())["body"] for _ in range(3)] == [browser_events.BEAT] * 3
            portal.labd.tokens.clear()
            assert await line.event() == (["event: end"], {"kind": "signed-out"})

    portal.run(scenario)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"fr": "l'un", "en": "one"}, "l’un"),
        ({"text": {"fr": "a", "en": "b"}, "n": 1}, {"text": "a", "n": 1}),
        ([{"fr": "a", "en": "b"}, None, "c"], ["a", None, "c"]),
        ({"fr": "a", "en": "b", "de": "c"}, {"fr": "a", "en": "b", "de": "c"}),
    ],
)
def test_texts_are_put_in_one_language_wherever_they_are(value: object, expected: object) -> None:
    assert in_language(value, "fr") == expected


# How many lines -----------------------------------------------------------------------------------------------


def test_nobody_takes_the_lines_of_others(portal: Portal) -> None:
    portal.app.state.lines = OpenLines(1)
    portal.labd.owners[world.LAB] = "lea"
    terminal, path = portal.opened(), f"/labs/{world.LAB}/events"

    async def scenario() -> None:
        async with portal.open(path) as first:
            await first.next()
            await first.next()
            async with portal.open(path) as second:
                assert [(await second.next()).get("more_body") for _ in range(3)] == [None, True, False]
            async with portal.terminal(terminal) as line:
                assert await line.code() == 1012
            async with portal.open(path, "nour") as others:
                assert await others.event() == (["event: end"], {"kind": "missing"})
        async with portal.terminal(terminal) as line:
            assert (await line.frame())["at"] == 0

    portal.run(scenario)


def test_streams_take_no_connection_of_calls(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labd_client, "_CONNECTIONS", 1)
    client = LabdClient(portal.client._socket)
    portal.app.state.labd = client
    token = portal.labd.sign_in("lea")
    portal.labd.emit("began", {"act": "check"})

    async def scenario() -> None:
        streams = [client.events(world.LAB, 0, token) for _ in range(2)]
        async with aclosing(streams[0]) as one, aclosing(streams[1]) as two:
            assert {(await anext(one)).kind, (await anext(two)).kind} == {"began"}
            assert (await client.call(account_contract.ME, calls.Nothing(), token)).handle == "lea"
        await client.close()

    portal.run(scenario)


@pytest.mark.parametrize(("most", "greedy"), [("_AT_ONCE", "greedy"), ("_OF_NOBODY", None)])
def test_one_person_s_calls_leave_room_for_others(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, most: str, greedy: str | None
) -> None:
    """A crowd of somebody's calls, or of nobody's, that all wait in labd; another's call is answered meanwhile."""
    monkeypatch.setattr(labd_client, most, 1)

    async def scenario() -> None:
        entered, may_answer = asyncio.Event(), asyncio.Event()

        async def slow(request: httpx.Request) -> httpx.Response:
            if request.headers.get("authorization") != "Bearer another":
                entered.set()
                await may_answer.wait()
            return httpx.Response(200, content=encode(calls.Nothing()))

        connections = asyncio.Semaphore(2)

        async def pooled(request: httpx.Request) -> httpx.Response:
            async with connections:
                return await slow(request)

        client = LabdClient(Path("unused"), httpx.MockTransport(pooled))
        crowd = [
            asyncio.create_task(client.call(account_contract.SIGN_OUT, calls.Nothing(), greedy)) for _ in range(20)
        ]
        await entered.wait()
        assert await client.call(account_contract.SIGN_OUT, calls.Nothing(), "another") == calls.Nothing()
        may_answer.set()
        await asyncio.gather(*crowd)
        await client.close()

    portal.run(scenario)
