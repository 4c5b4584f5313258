"""Whether somebody who follows a lab may still do so: a stream or a terminal is open for hours, a call for a moment."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Final, Literal

Over = Literal["signed-out", "missing", "closing"]
"""Why it is over: the sign-in has ended; the lab is gone, or another's by now; labd ends."""

ASKED_AGAIN_S: Final = 60.0


class Doorbell:
    """Rung when a sign-in may have ended; everybody who follows anything asks again. For the event loop's thread."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self.closing = False
        self._heard: set[asyncio.Event] = set()

    def ring(self) -> None:
        """Have everybody ask again."""
        for event in self._heard:
            event.set()

    def close(self) -> None:
        """Have everybody end."""
        self.closing = True
        self.ring()

    @contextlib.contextmanager
    def heard(self) -> Iterator[asyncio.Event]:
        """Give what is set within the block when the bell is rung."""
        event = asyncio.Event()
        self._heard.add(event)
        try:
            yield event
        finally:
            self._heard.discard(event)


async def until_over(
    bell: Doorbell, standing: Callable[[], Awaitable[Over | None]], every: float = ASKED_AGAIN_S
) -> Over:
    """Return why somebody may follow a lab no longer, once that is so.

    Args:
        bell: makes it ask at once.
        standing: asks; returns None where they still may.
        every: seconds between two questions where nobody rings.
    """
    with bell.heard() as rung:
        while True:
            if bell.closing:
                return "closing"
            over = await standing()
            if over is not None:
                return over
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(rung.wait(), every)
            rung.clear()
