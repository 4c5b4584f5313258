"""A lab's events as server-sent events, in the reader's language; the browser resumes by number."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Send

from orchestrator.core.language import Language, printed
from orchestrator.labd.account_contract import ME
from orchestrator.labd.calls import Nothing, Refusal
from orchestrator.labd.event_contract import LabEvent
from orchestrator.labd.labd_client import LabdClient, RefusedError
from orchestrator.portal.lab_addresses import lab_of
from orchestrator.portal.open_lines import OpenLines
from orchestrator.portal.visit import ask, visit_of

BEAT_SECONDS = 15.0
"""How long a stream may be silent: proxies end those that are for longer. The sign-in is looked up as often."""
_WAITING = 50
"""Events that wait for a slow reader; then labd waits."""
PASSING = frozenset({"machine", "busy", "too-often", "broken"})
"""Refusals after which the browser comes again by itself."""
BEAT = b"event: beat\ndata: {}\n\n"
"""Says that the line is alive: a page hears no comments, and lets a line go that is silent for much longer."""
HERE = b"event: here\ndata: {}\n\n"
"""Says that labd is there: the stream itself begins without it."""
_Queue = asyncio.Queue[LabEvent | Refusal | bytes | None]


async def events(request: Request) -> StreamingResponse:
    """Answer with a lab's events after the number that the browser has seen last."""
    return EventStream(request, _frames(request, lab_of(request), _after(request)))


class EventStream(StreamingResponse):
    """A stream of frames, one of its reader's open lines; its source is closed with it, whenever the browser leaves."""

    body_iterator: AsyncIterator[Any]

    def __init__(self, request: Request, frames: AsyncIterator[bytes]) -> None:
        """Take whose it is, and the source of its frames."""
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(frames, media_type="text/event-stream", headers=headers)
        self._request = request

    async def stream_response(self, send: Send) -> None:
        """Send the frames, until there are no more or the browser leaves; none where its reader has too many lines."""
        lines: OpenLines = self._request.app.state.lines
        async with aclosing(self.body_iterator):  # type: ignore[type-var]
            with lines.one_more(self._request) as may:
                if not may or self._request.method == "HEAD":  # which asks for no frame, and would wait for ever
                    self.body_iterator = _nothing()
                await super().stream_response(send)


async def _nothing() -> AsyncIterator[bytes]:
    yield b": \n\n"


def _after(request: Request) -> int:
    """Return the last number that the browser has: it says so itself when it comes again, else its page does."""
    for number in (request.headers.get("last-event-id"), request.query_params.get("after")):
        if number is not None and number.isascii() and number.isdigit() and len(number) < len(str(1 << 53)):
            return int(number)
    return 0


async def _frames(request: Request, lab: str, after: int) -> AsyncIterator[bytes]:
    """Yield frames until the browser leaves, labd does, or who reads may no longer."""
    language = visit_of(request).language
    yield b": \n\n"  # the browser knows that it is connected
    queue: _Queue = asyncio.Queue(_WAITING)
    reader = asyncio.create_task(_read(request, lab, after, queue))
    try:
        while (said := await _next(request, queue)) is not None:
            if isinstance(said, Refusal):
                if said.kind not in PASSING:
                    yield frame({"kind": said.kind}, "event: end\n")
                return
            yield _heard(said, language) if isinstance(said, LabEvent) else said
    finally:
        reader.cancel()


async def _read(request: Request, lab: str, after: int, queue: _Queue) -> None:
    """Put what labd tells into the queue; None, or a refusal, where it tells nothing more."""
    labd: LabdClient = request.app.state.labd
    try:
        await ask(request, ME, Nothing())
        await queue.put(HERE)
        async with aclosing(labd.events(lab, after, visit_of(request).token or "")) as heard:
            async for event in heard:
                await queue.put(event)
        await queue.put(None)
    except RefusedError as error:
        await queue.put(error.refusal)


async def _next(request: Request, queue: _Queue) -> LabEvent | Refusal | bytes | None:
    """Return what comes next; a beat where none comes for a while and somebody is still signed in."""
    try:
        async with asyncio.timeout(BEAT_SECONDS):
            return await queue.get()
    except TimeoutError:
        try:
            await ask(request, ME, Nothing())
        except RefusedError as error:
            return error.refusal
        return BEAT


def _heard(event: LabEvent, language: Language) -> bytes:
    told = {"kind": event.kind, "number": event.number, "at": event.at, "body": in_language(event.body, language)}
    return frame(told, f"id: {event.number}\n")


def frame(told: object, before: str = "") -> bytes:
    """Return a frame with a value as JSON, after other lines of it."""
    return f"{before}data: {json.dumps(told, ensure_ascii=False)}\n\n".encode()


def in_language(value: Any, language: Language) -> Any:  # noqa: ANN401 - any JSON
    """Return a JSON value with each text in one language."""
    if isinstance(value, dict):
        if value.keys() == {"fr", "en"}:
            return printed(value["fr"]) if language == "fr" else value["en"]
        return {name: in_language(inner, language) for name, inner in value.items()}
    return [in_language(inner, language) for inner in value] if isinstance(value, list | tuple) else value
