"""What labd shows, as server-sent events: it is asked while somebody looks, and told on is only what has changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from orchestrator.labd.labd_client import RefusedError
from orchestrator.portal.browser_events import BEAT, BEAT_SECONDS, PASSING, frame

V = TypeVar("V")


async def polled_frames(
    look: Callable[[], Awaitable[V]],
    news: Callable[[V | None, V], bytes],
    every: float,
    over: Callable[[V], bool] = lambda _view: False,
) -> AsyncIterator[bytes]:
    """Yield frames until it is over, the browser leaves, labd does not answer, or who looks may no longer.

    Args:
        look: asks labd.
        news: returns the frame for what has changed since what was told (None: nothing was); nothing where nothing has.
        every: seconds between two questions, for each page that is open.
        over: returns whether nothing more will change.
    """
    yield b": \n\n"  # the browser knows that it is connected
    told: V | None = None
    silent = 0.0
    while True:
        try:
            view = await look()
        except RefusedError as error:
            if error.refusal.kind not in PASSING:
                yield frame({"kind": error.refusal.kind}, "event: end\n")
            return
        said = news(told, view)
        told, silent = view, 0.0 if said else silent + every
        if silent >= BEAT_SECONDS:
            said, silent = BEAT, 0.0
        if said:
            yield said
        if over(view):
            yield frame({"kind": "over"}, "event: end\n")
            return
        await asyncio.sleep(every)
