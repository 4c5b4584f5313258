"""The bridge between a browser's WebSocket and a host's screen at labd: the same bytes, and no text."""

from __future__ import annotations

from starlette.websockets import WebSocket

from orchestrator.labd.labd_client import LabdClient
from orchestrator.portal.browser_terminal import OpeningLine, serve_line
from orchestrator.portal.lab_addresses import host_of, lab_of


async def display(socket: WebSocket) -> None:
    """Bridge a host's screen until one side leaves."""
    await serve_line(socket, _display, lambda _text: None)


def _display(socket: WebSocket, token: str) -> OpeningLine:
    labd: LabdClient = socket.app.state.labd
    return labd.display(lab_of(socket), host_of(socket), token)
