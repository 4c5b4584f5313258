"""A web page's WebSocket: bytes between its caller and a connection from a host, as long as they may see the lab."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from orchestrator.labd.lab_web import PageReached
from orchestrator.labd.terminal_socket import GOING_AWAY, until_one_ends
from orchestrator.labd.web_contract import PageOpening
from orchestrator.labd.wire import encode

ENDED: Final = 1000
"""What the WebSocket is closed with where the site has said all."""
_CUT_OFF: Final = 1014
"""The site broke the connection off."""
_CHUNK: Final = 1 << 16


async def show_page(
    viewer: WebSocket, reached: PageReached, over: Callable[[], Awaitable[int]], *, yours: bool
) -> None:
    """Join a viewer, which was accepted, to a connection, until one of them ends; then close the viewer.

    Args:
        viewer: the WebSocket.
        reached: the connection, or why there is none.
        over: returns the code to close with when the viewer may see the lab no longer.
        yours: whether the lab is the viewer's own.
    """
    opening = PageOpening(reached.state, yours, reached.address, reached.authorities)
    await viewer.send_text(encode(opening).decode())
    if reached.connection is None:
        await viewer.close(ENDED)
        return
    reader, writer = await asyncio.open_connection(sock=reached.connection, limit=_CHUNK)
    try:
        await until_one_ends(viewer, [_show(viewer, reader), _pass_on(viewer, writer), over()])
    finally:
        writer.transport.abort()


async def _show(viewer: WebSocket, reader: asyncio.StreamReader) -> int:
    try:
        while data := await reader.read(_CHUNK):
            await viewer.send_bytes(data)
    except OSError:
        return _CUT_OFF
    return ENDED


async def _pass_on(viewer: WebSocket, writer: asyncio.StreamWriter) -> int:
    """Pass on what the viewer says; a site that takes no more may still have something to say."""
    while True:
        message = await viewer.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code") or GOING_AWAY)
        try:
            writer.write(message.get("bytes") or b"")
            await writer.drain()
        except OSError:
            continue
