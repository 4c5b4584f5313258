"""The bridge between a browser's WebSocket and labd's: the same bytes, and nothing but what a terminal takes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress

from starlette.exceptions import HTTPException
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from orchestrator.labd.calls import RefusalKind
from orchestrator.labd.labd_client import LabdClient, RefusedError
from orchestrator.portal.lab_addresses import lab_of, terminal_of
from orchestrator.portal.open_lines import OpenLines
from orchestrator.portal.visit import visit_of
from orchestrator.portal.web_safety import comes_from_us

LARGEST_INPUT = 64 * 1024
"""Bytes that may be typed at once."""
_LARGEST_TEXT = 200
_MOST = 500
"""Rows, and columns, that a terminal may have."""

_LEFT, _WRONG, _TOO_MUCH, _COME_AGAIN = 1000, 1008, 1009, 1012
_MISSING, _SIGNED_OUT, _FORBIDDEN = 4404, 4401, 4403
_CODES: Mapping[RefusalKind, int] = {"missing": _MISSING, "signed-out": _SIGNED_OUT, "forbidden": _FORBIDDEN}
"""Refusal → close code; after any other one the browser comes again."""
_OURS = range(4400, 4500)
"""Close codes of labd's that are meant for the browser."""
OpeningLine = AbstractAsyncContextManager[ClientConnection]
LineOf = Callable[[WebSocket, str], OpeningLine]


async def terminal(socket: WebSocket) -> None:
    """Bridge a terminal until one side leaves."""
    await serve_line(socket, _terminal, resize_of)


async def serve_line(socket: WebSocket, line_of: LineOf, text_of: Callable[[str], str | None]) -> None:
    """Bridge a line of labd's until one side leaves.

    Args:
        socket: the browser's.
        line_of: gives labd's line for a sign-in's token.
        text_of: returns a text frame of the browser's as it may be passed on; None: it may not.

    What is refused is accepted first and closed with a code that says why: before, a browser would learn nothing, and
    the server would log a mistake.
    """
    await socket.accept()
    lines: OpenLines = socket.app.state.lines
    with lines.one_more(socket) as may:
        code = await _served(socket, line_of, text_of) if may else _COME_AGAIN
    if WebSocketState.DISCONNECTED not in {socket.client_state, socket.application_state}:
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(code)


async def _served(socket: WebSocket, line_of: LineOf, text_of: Callable[[str], str | None]) -> int:
    """Serve a line, and return the code to close with."""
    visit = visit_of(socket)
    if not comes_from_us(socket.headers, visit.origin):
        return _FORBIDDEN
    if visit.token is None:
        return _SIGNED_OUT
    try:
        async with line_of(socket, visit.token) as line:
            return await _bridged(socket, line, text_of)
    except HTTPException:
        return _MISSING
    except RefusedError as error:
        return _CODES.get(error.refusal.kind, _COME_AGAIN)


def _terminal(socket: WebSocket, token: str) -> OpeningLine:
    labd: LabdClient = socket.app.state.labd
    return labd.terminal(lab_of(socket), terminal_of(socket), token, after_of(socket))


def after_of(socket: WebSocket) -> int | None:
    """Return how many bytes the browser has seen; None: none, or it does not say so."""
    said = socket.query_params.get("after", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < len(str(1 << 53)) else None


async def _bridged(socket: WebSocket, line: ClientConnection, text_of: Callable[[str], str | None]) -> int:
    """Pass on what comes, in both directions, until either side ends; a slow side has the other one wait."""
    ways = [asyncio.create_task(_shown(line, socket)), asyncio.create_task(_typed(socket, line, text_of))]
    try:
        done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        return next(way.result() for way in ways if way in done)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _shown(line: ClientConnection, socket: WebSocket) -> int:
    try:
        async for message in line:
            if isinstance(message, str):
                await socket.send_text(message)
            else:
                await socket.send_bytes(message)
    except ConnectionClosed:
        pass
    except (RuntimeError, WebSocketDisconnect):
        return _LEFT  # the browser is gone
    return _ended(line)


async def _typed(socket: WebSocket, line: ClientConnection, text_of: Callable[[str], str | None]) -> int:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return _LEFT
        typed, text = message.get("bytes"), message.get("text")
        if len(typed or b"") > LARGEST_INPUT:
            return _TOO_MUCH
        passed = typed if typed is not None else text_of(text or "")
        if passed is None:
            return _WRONG
        try:
            await line.send(passed)
        except ConnectionClosed:
            return _ended(line)


def _ended(line: ClientConnection) -> int:
    """Return the code to close the browser's side with, once labd has closed its own."""
    code = line.close_code
    return code if code is not None and code in _OURS else _COME_AGAIN


def resize_of(text: str) -> str | None:
    """Return a frame that gives a terminal another size, as it may be passed on; None: it is no such frame."""
    if len(text) > _LARGEST_TEXT:
        return None
    try:
        asked = json.loads(text)
    except (ValueError, RecursionError):
        return None
    size = asked.get("resize") if isinstance(asked, dict) else None
    if not isinstance(size, list) or [type(one) for one in size] != [int, int]:
        return None
    rows, columns = size
    fits = 1 <= rows <= _MOST and 1 <= columns <= _MOST
    return json.dumps({"resize": [rows, columns]}) if fits else None
