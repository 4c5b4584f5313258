"""What waits for its start, in a file: a labd that ends, or is killed, leaves it to the next one.

For the event loop's thread. The file is written whole, beside the old one, which it then replaces: it is as it was
before a change or after it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.labd.event_log import LabNote
from orchestrator.labd.wire import WireError, decode, encode

_log = logging.getLogger(__name__)


def now_text() -> str:
    """Return what time it is, as the book notes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class KeptStart:
    """A start that somebody was told to wait for.

    Attributes:
        note: what is noted of the lab.
        asker: whose turn it takes: a person, or a class.
        by: the reference of who starts it.
        asked: when it was asked for, ISO 8601.
        lab: the lab's name; empty as long as a launch has not put it into the queue.
        again: whether it is a lab that was begun before, and is started again.
    """

    note: LabNote
    asker: str
    by: str
    asked: str = field(default_factory=now_text)
    lab: str = ""
    again: bool = False


@dataclass(frozen=True)
class _Page:
    """All that the file holds: what waits in the queue, in its order, and what launches have still to put there."""

    starts: tuple[KeptStart, ...] = ()
    seats: tuple[KeptStart, ...] = ()


class WaitingBook:
    """Keeps what waits."""

    def __init__(self, path: Path) -> None:
        """Read what an earlier labd has kept in a file; one that cannot be read was damaged, and holds nothing."""
        self._path = path
        self._page = self._read()

    @property
    def starts(self) -> tuple[KeptStart, ...]:
        """Return what waits in the queue, in its order."""
        return self._page.starts

    @property
    def seats(self) -> tuple[KeptStart, ...]:
        """Return what launches have still to put into the queue, in their order."""
        return self._page.seats

    def keep_starts(self, starts: Sequence[KeptStart]) -> None:
        """Keep what waits in the queue now."""
        self._keep(replace(self._page, starts=tuple(starts)))

    def add_seats(self, seats: Sequence[KeptStart]) -> None:
        """Keep what a launch will put into the queue."""
        self._keep(replace(self._page, seats=(*self._page.seats, *seats)))

    def drop_seats(self, which: Callable[[KeptStart], bool]) -> None:
        """Forget what launches will put into the queue no longer, or have put there."""
        self._keep(replace(self._page, seats=tuple(seat for seat in self._page.seats if not which(seat))))

    def _keep(self, page: _Page) -> None:
        if page == self._page:
            return
        self._page = page
        try:
            if not (page.starts or page.seats):
                self._path.unlink(missing_ok=True)
                return
            self._write(encode(page))
        except OSError as error:  # a full disk keeps nobody from waiting
            _log.warning("what waits for its start cannot be kept: %s", error.strerror)

    def _write(self, content: bytes) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._path.with_suffix(".draft")
        draft.write_bytes(content)
        draft.replace(self._path)

    def _read(self) -> _Page:
        try:
            return decode(_Page, self._path.read_bytes())
        except FileNotFoundError:
            return _Page()
        except (OSError, WireError) as error:
            _log.warning("what waited for its start cannot be read: %s", error)
            return _Page()
