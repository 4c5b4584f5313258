"""The board as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response

from orchestrator.labd.class_contract import BOARD, BoardView, OfClass
from orchestrator.portal.board_view import board_context, essence, looked
from orchestrator.portal.browser_events import EventStream, frame
from orchestrator.portal.class_addresses import class_of
from orchestrator.portal.pages import rendered
from orchestrator.portal.polled_frames import polled_frames
from orchestrator.portal.visit import ask

POLL_SECONDS = 3.0
"""How often labd is asked, for each page that is open."""


async def events(request: Request) -> Response:
    """Answer with the board as it is now, then as it changes."""
    return EventStream(request, board_frames(request, class_of(request)))


def board_frames(request: Request, name: str) -> AsyncIterator[bytes]:
    """Return the frames: each holds the whole board (``html``), or only when its labs were looked at (``looked``)."""

    async def look() -> BoardView:
        view: BoardView = await ask(request, BOARD, OfClass(name))
        return view

    def news(told: BoardView | None, view: BoardView) -> bytes:
        if told is None or essence(told) != essence(view):
            return frame({"html": rendered(request, "board_table.html.j2", board_context(view))})
        return b"" if looked(told) == looked(view) else frame({"looked": looked(view)})

    return polled_frames(look, news, POLL_SECONDS)
