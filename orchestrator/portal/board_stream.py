"""The board as server-sent events: labd is asked while somebody looks, and told on is only what has changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response

from orchestrator.labd.class_contract import BOARD, BoardView, OfClass
from orchestrator.labd.labd_client import RefusedError
from orchestrator.portal.board_view import board_context, essence, looked
from orchestrator.portal.browser_events import BEAT_SECONDS, PASSING, EventStream, frame
from orchestrator.portal.class_addresses import class_of
from orchestrator.portal.pages import rendered
from orchestrator.portal.visit import ask

POLL_SECONDS = 3.0
"""How often labd is asked, for each page that is open."""


async def events(request: Request) -> Response:
    """Answer with the board as it is now, then as it changes."""
    name = class_of(request)
    return EventStream(request, board_frames(request, name))


async def board_frames(request: Request, name: str) -> AsyncIterator[bytes]:
    """Yield frames until the browser leaves, labd does not answer, or who looks may no longer.

    A frame holds the whole board (``html``), or only when its labs were looked at (``looked``).
    """
    yield b": \n\n"  # the browser knows that it is connected
    told: BoardView | None = None
    silent = 0.0
    while True:
        try:
            view: BoardView = await ask(request, BOARD, OfClass(name))
        except RefusedError as error:
            if error.refusal.kind not in PASSING:
                yield frame({"kind": error.refusal.kind}, "event: end\n")
            return
        said = _news(request, told, view)
        told, silent = view, 0.0 if said else silent + POLL_SECONDS
        if silent >= BEAT_SECONDS:
            said, silent = b": \n\n", 0.0
        if said:
            yield said
        await asyncio.sleep(POLL_SECONDS)


def _news(request: Request, told: BoardView | None, view: BoardView) -> bytes:
    """Return the frame for what has changed since the board that was told; nothing where nothing has."""
    if told is None or essence(told) != essence(view):
        return frame({"html": rendered(request, "board_table.html.j2", board_context(view))})
    return b"" if looked(told) == looked(view) else frame({"looked": looked(view)})
