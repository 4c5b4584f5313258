"""A screen's WebSocket: RFB between its viewer and the host's VNC server, as long as the viewer may see it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from orchestrator.labd.display_line import DisplayLine
from orchestrator.labd.lab_displays import greeted
from orchestrator.labd.rfb_viewer import GREETING, ViewerMessages, WrongMessageError
from orchestrator.labd.terminal_socket import GOING_AWAY, WRONG, until_one_ends

OFF: Final = 4410
"""The code that says that the screen is off: it may come on again."""


async def show_display(
    viewer: WebSocket,
    line: DisplayLine,
    over: Callable[[], Awaitable[int]],
    typed: Callable[[], None] | None,
    may: Callable[[], bool] = lambda: True,
) -> None:
    """Join a viewer, which was accepted, to a screen, until one of them ends; then close the viewer.

    Args:
        viewer: the WebSocket.
        line: the line to the screen's server.
        over: returns the code to close with when the viewer may see it no longer.
        typed: called when they act. None: they only look, and their keys, pointer and copied texts are dropped here.
        may: returns whether anything they say still gets there; asked each time.

    Raises:
        DisplayOffError: no VNC server is there.
    """
    await greeted(line)
    await viewer.send_bytes(GREETING)
    await until_one_ends(viewer, [_show(viewer, line), _pass_on(viewer, line, typed, may), over()])


async def _show(viewer: WebSocket, line: DisplayLine) -> int:
    while data := await line.read():
        await viewer.send_bytes(data)
    return OFF


async def _pass_on(
    viewer: WebSocket, line: DisplayLine, typed: Callable[[], None] | None, may: Callable[[], bool]
) -> int:
    messages = ViewerMessages(typing=typed is not None)
    while True:
        message = await viewer.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code") or GOING_AWAY)
        try:
            passed = messages.passed_on(message.get("bytes") or b"")
        except WrongMessageError:
            return WRONG
        if not may():
            continue
        if messages.acted and typed is not None:
            typed()
        if passed:
            await line.write(passed)
