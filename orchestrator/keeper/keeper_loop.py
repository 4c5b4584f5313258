"""The keeper's turns: who can be read or written gets one bounded piece per turn, so that nobody starves.

Not asyncio: its import alone takes the keeper's whole budget of memory, and with the descriptors that come by
SCM_RIGHTS, and terminals that are read at their own pace, nothing of its streams could be used.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import selectors
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

Act = Callable[[], None]


def note(text: str) -> None:
    """Tell whoever runs the keeper something; whoever read that may be gone, which must end nobody's terminal."""
    with contextlib.suppress(OSError):
        print(f"keeper: {text}", file=sys.stderr, flush=True)  # noqa: T201 - for the service's log


@dataclass(frozen=True)
class _Watched:
    reading: Act
    writing: Act | None


class KeeperLoop:
    """Calls who can go on, in turns."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._selector = selectors.DefaultSelector()
        self._watched: dict[int, _Watched] = {}
        self._timers: list[tuple[float, int, Act]] = []
        self._count = itertools.count()
        self._stopped = False

    def watch(self, descriptor: int, reading: Act, writing: Act | None = None) -> None:
        """Have somebody called whenever a descriptor can be read, and written if that is wanted.

        What is called takes or sends one bounded piece; a call in vain is harmless to it, because a descriptor's
        number may have a new owner since the turn began.
        """
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if writing else 0)
        before = self._watched.get(descriptor)
        self._watched[descriptor] = _Watched(reading, writing)
        if before is None:
            self._selector.register(descriptor, events)
        elif bool(before.writing) != bool(writing):
            self._selector.modify(descriptor, events)

    def unwatch(self, descriptor: int) -> None:
        """Call nobody for a descriptor any more; to be done before it is closed."""
        if self._watched.pop(descriptor, None):
            self._selector.unregister(descriptor)

    def later(self, seconds: float, act: Act) -> None:
        """Have something done once, after some time."""
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._count), act))

    def run(self) -> None:
        """Go on until somebody stops it."""
        while not self._stopped:
            self.turn()

    def turn(self) -> None:
        """Wait until somebody can go on, and call each of them once."""
        wait = max(0.0, self._timers[0][0] - time.monotonic()) if self._timers else None
        for key, events in self._selector.select(wait):
            self._serve(key.fd, events)
        while self._timers and self._timers[0][0] <= time.monotonic():
            self._guard(heapq.heappop(self._timers)[2])

    def stop(self) -> None:
        """End after this turn."""
        self._stopped = True

    def _serve(self, descriptor: int, events: int) -> None:
        watched = self._watched.get(descriptor)
        if watched and events & selectors.EVENT_READ and not self._guard(watched.reading):
            self.unwatch(descriptor)  # it would fail again, in each turn
        watched = self._watched.get(descriptor)
        if watched and watched.writing and events & selectors.EVENT_WRITE and not self._guard(watched.writing):
            self.unwatch(descriptor)

    @staticmethod
    def _guard(act: Act) -> bool:
        """Return whether something could be done: a mistake of ours costs one terminal, not those of all labs."""
        try:
            act()
        except Exception:
            note(traceback.format_exc())
            return False
        return True
