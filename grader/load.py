"""How long a grading waits: longer on a machine that has more to do than its processors can.

A deadline tells "no answer" from "not yet". On a loaded machine the observer itself comes late, and would take the one
for the other: a check that is green would be red by the neighbour's work.
"""

from __future__ import annotations

import functools
import math
import os
import time
from pathlib import Path

MOST = 6.0
"""How many times longer at most."""
_PLENTY = 2.0
"""As many runnable processes for each processor change no deadline."""
_LOAD = Path("/proc/loadavg")
_HELD = 1.0
"""Seconds for which the longest deadlines hold: a tool with a time-out of its own must not outlast who waits for it."""


_NEWS = 0.1
"""Seconds for which the machine's load is taken to be what it was."""


class _Longest:
    """How many times longer deadlines have lately been, and when that was found."""

    factor = 1.0
    found = 0.0


def scaled_deadline(seconds: float) -> float:
    """Return a deadline as it is to be taken now: the same on a machine with time to spare, up to ``MOST`` times it."""
    now, factor = time.monotonic(), min(MOST, max(1.0, _load() / _PLENTY))
    if factor >= _Longest.factor or now - _Longest.found > _HELD:
        _Longest.factor, _Longest.found = factor, now
    return seconds * _Longest.factor


def scaled_timeout(seconds: float) -> int:
    """Return the whole seconds that a tool's own time-out is to be now: ``("curl", "--max-time", ...)``."""
    return math.ceil(scaled_deadline(seconds))


def _load() -> float:
    """Return the runnable processes for each processor: now, or over the last minute where that is more."""
    return _load_told(_LOAD, int(time.monotonic() / _NEWS))


@functools.lru_cache(1)
def _load_told(path: Path, _when: int) -> float:
    """Return what a file tells, which is read once for all deadlines of a moment: each look at a host has one."""
    minute, _, _, now, *_ = path.read_text(encoding="ascii").split()
    return max(float(minute), float(now.partition("/")[0])) / (os.cpu_count() or 1)
