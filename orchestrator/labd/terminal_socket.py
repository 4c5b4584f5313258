"""A terminal's WebSocket: bytes and sizes between its viewer and the keeper, as long as the viewer may see it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from orchestrator.core.documents import read_json_as
from orchestrator.keeper.keeper_client import Attachment, KeeperDownError
from orchestrator.keeper.keeper_protocol import Opening, Resized
from orchestrator.labd.standing_watch import Over
from orchestrator.labd.typing_consent import MayType

MISSING: Final = 4404
SIGNED_OUT: Final = 4401
CLOSED: Final = 4409
GOING_AWAY: Final = 1001
WRONG: Final = 1008
TRY_AGAIN: Final = 1013
TROUBLE: Final = 1011
"""What a WebSocket is closed with where the keeper, the store or the engine does not answer."""
_CODES: Final[Mapping[Over, int]] = {"signed-out": SIGNED_OUT, "missing": MISSING, "closing": GOING_AWAY}
_Side = Annotated[int, msgspec.Meta(ge=1, le=500)]


class _Size(msgspec.Struct, forbid_unknown_fields=True):
    """What a viewer says of its window: rows and columns."""

    resize: tuple[_Side, _Side]


async def bridge(
    viewer: WebSocket,
    seen: Attachment,
    over: Callable[[], Awaitable[Over]],
    typed: Callable[[], None],
    may_type: MayType | None = None,
) -> None:
    """Join a viewer, which was accepted, to a terminal, until one of them ends; then close the viewer.

    Args:
        viewer: the WebSocket.
        seen: the terminal.
        over: returns when the viewer may see it no longer.
        typed: called when what they type gets there.
        may_type: says whether what they type gets there, asked each time; they change no size. None: it is their own.
    """
    await viewer.send_text(opening_frame(seen.opening))
    ways = [show(viewer, seen), _pass_on(viewer, seen, typed, may_type), closed_by(over())]
    await until_one_ends(viewer, ways)


async def until_one_ends(viewer: WebSocket, ways: Sequence[Awaitable[int]]) -> None:
    """Do several things for a viewer until one of them ends, and close the viewer with the code that it gives."""
    tasks = [asyncio.ensure_future(_until_gone(way)) for way in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    codes = [task.result() for task in tasks if task in done]
    if None not in codes:
        await viewer.close(codes[0] or GOING_AWAY)


async def _until_gone(doing: Awaitable[int]) -> int | None:
    """Return the code to close with; None where the viewer has gone by itself, or the keeper's end is no answer."""
    try:
        return await doing
    except WebSocketDisconnect:
        return None
    except KeeperDownError:
        return TRY_AGAIN


async def closed_by(over: Awaitable[Over]) -> int:
    """Return the code that says why somebody may see something no longer, once that is so."""
    return _CODES[await over]


async def show(viewer: WebSocket, seen: Attachment) -> int:
    """Send what the terminal shows, until somebody closes it."""
    async for event in seen:
        if isinstance(event, bytes):
            await viewer.send_bytes(event)
        elif isinstance(event, Opening):
            await viewer.send_text(opening_frame(event))
        elif isinstance(event, Resized):
            await viewer.send_text(json.dumps({"rows": event.rows, "columns": event.columns}))
        else:
            await viewer.send_text(json.dumps({"ended": True}))
    return CLOSED


async def _pass_on(viewer: WebSocket, seen: Attachment, on_typed: Callable[[], None], may_type: MayType | None) -> int:
    """Type what the viewer types, into nothing where it may only look, until it says what nobody understands."""
    while True:
        message = await viewer.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code") or GOING_AWAY)
        typed = message.get("bytes")
        if typed is not None:
            if may_type is None or may_type(len(typed)):
                on_typed()
                await seen.type(typed)
            continue
        size = size_in(message)
        if size is None:
            return WRONG
        if may_type is None:
            await seen.resize(*size)


def size_in(message: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the rows and columns that a viewer's message says; None: nobody understands it."""
    try:
        return read_json_as(message["text"], _Size).resize
    except ValueError:
        return None


def opening_frame(opening: Opening) -> str:
    """Return what tells a viewer where the bytes that follow begin."""
    return json.dumps(
        {
            "at": opening.at,
            "reset": opening.reset,
            "rows": opening.rows,
            "columns": opening.columns,
            "ended": opening.ended,
            "end": opening.end,
        }
    )
