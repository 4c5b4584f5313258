"""How many labs run at once: as many as the processors bear.

A lab mostly waits, for services, leases and time-outs, so a few labs leave the processors idle; too many make a check
come late that allows a second or two. The kernel tells how long tasks wait for a processor
(https://docs.kernel.org/accounting/psi.html): as long as that is little, one more lab may begin.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_PRESSURE = Path("/proc/pressure/cpu")
_MEMINFO = Path("/proc/meminfo")
_LOOK = 1.0
"""Seconds between two looks, and until a lab that has just begun shows in the next one."""
_LITTLE = 0.5
"""The share of the time in which some task waits for a processor, under which there is room for more.

More was no gain, measured once: four scenarios (62 stages) on two processors took 348 s with this, and 363 s with 0.8
and 35 hosts per processor. On a loaded machine a check waits longer before it is red.
"""
_MEMORY = 3 << 30
"""Bytes that must be available for another lab beyond the first few: the largest takes 0.4 GB."""
_MOST = 4
"""Labs per processor."""
_MOST_HOSTS = 25
"""Hosts per processor, beyond the first few labs. The pressure tells what is, not what comes: labs that wait, for a
check to turn red, may all reboot their hosts at once. Some fifty hosts, most of them in the largest lab, left two
processors idle for 32 to 44 % of the time.
"""


def least_jobs() -> int:
    """Return how many labs run at once on any machine: one more than there are processors."""
    return (os.cpu_count() or 1) + 1


class Admission:
    """Lets a piece of work begin when there is room for it."""

    def __init__(
        self,
        jobs: int | None,
        *,
        pressure: Path = _PRESSURE,
        meminfo: Path = _MEMINFO,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make it.

        Args:
            jobs: how many at once; None: as many as the machine bears.
            pressure: where the kernel tells how long tasks wait for a processor.
            meminfo: where it tells how much memory is available.
            clock: the time, in seconds.
        """
        self._pressure, self._meminfo, self._clock = pressure, meminfo, clock
        self.least = least_jobs() if jobs is None else jobs
        self.most = _MOST * (os.cpu_count() or 1) if jobs is None and self._waited() is not None else self.least
        self._most_hosts = _MOST_HOSTS * (os.cpu_count() or 1)
        self._running = self._hosts = 0
        self._room = threading.Condition()
        self._seen = (clock(), self._waited())
        self._ended = False

    @contextmanager
    def turn(self, hosts: int = 0) -> Iterator[None]:
        """Wait for room for a lab of some hosts; hold it until the block ends."""
        with self._room:
            while not (self._ended or self._may_begin(hosts)):
                self._room.wait(_LOOK)
            self._running += 1
            self._hosts += hosts
        try:
            yield
        finally:
            with self._room:
                self._running -= 1
                self._hosts -= hosts
                self._room.notify_all()

    def end(self) -> None:
        """Let all go on that wait: there is nothing to wait for any more."""
        with self._room:
            self._ended = True
            self._room.notify_all()

    def _may_begin(self, hosts: int) -> bool:
        if self._running < self.least:
            return True
        if self._running >= self.most or self._hosts + hosts > self._most_hosts:
            return False
        now, waited = self._clock(), self._waited()
        since, before = self._seen
        if now - since < _LOOK:
            return False
        self._seen = (now, waited)
        if waited is None or before is None:
            return False
        return (waited - before) / (now - since) < _LITTLE and self._available() > _MEMORY

    def _waited(self) -> float | None:
        """Return for how many seconds in all some task has waited for a processor; None where nobody counts."""
        try:
            found = re.search(r"^some .*total=(\d+)", self._pressure.read_text(encoding="ascii"), re.MULTILINE)
        except OSError:
            return None
        return int(found[1]) / 1e6 if found else None

    def _available(self) -> int:
        try:
            found = re.search(r"^MemAvailable:\s+(\d+) kB", self._meminfo.read_text(encoding="ascii"), re.MULTILINE)
        except OSError:
            return 0
        return int(found[1]) * 1024 if found else 0
