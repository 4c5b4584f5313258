"""The events of a lab as a reader gets them: those after a number, then each as it happens, as lines of JSON."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from orchestrator.labd.event_log import EventLog
from orchestrator.labd.standing_watch import Over

HEARTBEAT_S: Final = 15.0
"""Seconds between two lines where nothing happens; an empty one shows that labd is there."""


async def event_lines(
    log: EventLog, after: int, over: Callable[[], Awaitable[Over]], heartbeat: float = HEARTBEAT_S
) -> AsyncIterator[bytes]:
    """Yield a lab's events until it is gone or the reader may read on no longer.

    Args:
        log: the lab's.
        after: the number of the last event that the reader has.
        over: returns when the reader may read on no longer.
        heartbeat: seconds until an empty line.
    """
    loop, wake = asyncio.get_running_loop(), asyncio.Event()

    def tell() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(wake.set)

    watching = asyncio.ensure_future(over())
    watching.add_done_callback(lambda _: wake.set())
    try:
        with log.listening(tell):
            while True:
                wake.clear()
                closed = log.closed
                for number, line in log.after(after):
                    after = number
                    yield line
                if closed or watching.done():
                    return
                try:
                    await asyncio.wait_for(wake.wait(), heartbeat)
                except TimeoutError:
                    yield b"\n"
    finally:
        watching.cancel()
