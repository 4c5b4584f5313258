"""The session's clock: it goes on evenly whatever becomes of the machine's clock, of this program or of its hour.

The kernel counts the seconds since the machine was started (CLOCK_BOOTTIME of clock_gettime(2), which also counts sleep
and which nobody can set). The first reading is kept in the journal as an anchor together with the hour that the
machine showed; from then on the session's time is that hour plus what the kernel counted. A machine that was restarted
counts from zero again: then its hour is all there is, and it may not lie before anything in the journal.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from orchestrator.core.documents import document_of, read_as

_SECOND: Final = 1_000_000_000
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class Source(Protocol):
    """Where time comes from."""

    def wall(self) -> int:
        """Return nanoseconds since 1970 as the machine's clock has it, which somebody may set."""

    def count(self) -> int:
        """Return nanoseconds since the machine was started, sleep included."""

    def boot(self) -> str:
        """Return what tells one start of the machine from another."""


class Kernel:
    """The machine's own clocks."""

    def wall(self) -> int:
        """See ``Source``."""
        return time.time_ns()

    def count(self) -> int:
        """See ``Source``."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def boot(self) -> str:
        """See ``Source``."""
        return _BOOT_ID.read_text(encoding="ascii").strip()


@dataclass(frozen=True)
class Anchor:
    """What the session's time is counted from.

    Attributes:
        time: nanoseconds since 1970 of the session's time then.
        count: the kernel's count then.
        boot: the machine's start that the count belongs to.
    """

    time: int
    count: int
    boot: str

    def to_document(self) -> dict[str, Any]:
        """Return it as JSON's types."""
        document: dict[str, Any] = document_of(self)
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Anchor:
        """Return what ``to_document`` wrote."""
        return read_as(document, cls)


class SessionClock:
    """Tells the session's time in whole seconds.

    Attributes:
        anchor: what it counts from; a new one (``renewed``) is to be kept.
        renewed: whether the anchor given was of an earlier start of the machine, or there was none.
        behind: whether the machine's clock then showed an hour before the last one in the journal, which stood instead.
    """

    def __init__(self, source: Source, anchor: Anchor | None = None, *, last: int = 0) -> None:
        """Count from an anchor.

        Args:
            source: where time comes from.
            anchor: the last one that was kept.
            last: the session's time of the last event of the journal, seconds: time never goes back behind it.
        """
        self._source = source
        self.renewed = anchor is None or anchor.boot != source.boot()
        self.behind = self.renewed and source.wall() < last * _SECOND
        if anchor is None or self.renewed:
            anchor = Anchor(max(source.wall(), last * _SECOND), source.count(), source.boot())
        self.anchor = anchor

    def now(self) -> int:
        """Return the session's time: whole seconds since 1970."""
        return self._now() // _SECOND

    def until(self, second: int) -> float:
        """Return how many seconds it is until a second begins; negative once it has."""
        return (second * _SECOND - self._now()) / _SECOND

    def drift(self) -> int:
        """Return by how many whole seconds the machine's clock is ahead of the session's (behind: negative)."""
        difference = self._source.wall() - self._now()
        return difference // _SECOND if difference >= 0 else -(-difference // _SECOND)

    def _now(self) -> int:
        return self.anchor.time + self._source.count() - self.anchor.count
