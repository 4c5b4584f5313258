"""Connections that say nothing, or not enough, in time; and a request that takes long."""

from __future__ import annotations

import asyncio

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from orchestrator.portal import prompt_http
from orchestrator.portal.prompt_http import PromptHttp

WITHIN = 20
WHOLE = b"GET / HTTP/1.1\r\nHost: portal.test\r\n\r\n"


def test_who_begins_no_request_in_time_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt_http, "HEAD_SECONDS", 0.01)

    async def play() -> None:
        may_answer = asyncio.Event()

        async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
            await may_answer.wait()
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})

        config = uvicorn.Config(app, lifespan="off", log_config=None)
        config.load()
        state, loop = ServerState(), asyncio.get_running_loop()
        server = await loop.create_server(lambda: PromptHttp(config, state, {}), "127.0.0.1", 0)
        where = server.sockets[0].getsockname()
        async with server, asyncio.timeout(WITHIN):
            asking, asked = await asyncio.open_connection(*where)
            asked.write(WHOLE)
            for begun in (b"", WHOLE[:-2]):
                reading, writing = await asyncio.open_connection(*where)
                writing.write(begun)
                assert await reading.read() == b""
                writing.close()
            may_answer.set()  # what was asked for whole may take as long as it takes
            assert (await asking.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
            asked.write(WHOLE[:9])  # the next one on the same connection
            assert await asking.read() == b""
            asked.close()

    asyncio.run(play())
