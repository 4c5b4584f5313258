"""How long a grading waits: longer on a machine that has more to do than its processors can.

A deadline tells "no answer" from "not yet". On a loaded machine the observer itself comes late, and would take the one
for the other: a check that is green would be red by the neighbour's work.
"""

from __future__ import annotations

import functools
import math
import os
import re
import time
from pathlib import Path

MOST = 6.0
"""How many times longer at most."""
_PLENTY = 2.0
"""As many runnable processes for each processor change no deadline."""
_BRIEF = 3.0
"""Seconds of the longest deadline for an answer that takes milliseconds; what takes longer waits for work of others."""
_MOMENT, _MOMENT_OF_BRIEF = 4.0, 3.0
"""Runnable processes for each processor that count at most where they are a moment's: a grading that begins makes as
many itself, and is done with them before what it waits for is due."""
_LASTING = 60.0
"""Per cent of the last ten seconds in which somebody waited for a processor, from which it is no moment's."""
_LOAD = Path("/proc/loadavg")
_PRESSURE = Path("/proc/pressure/cpu")
_HELD = 1.0
"""Seconds for which the longest deadlines hold: a tool with a time-out of its own must not outlast who waits for it."""
_LITTLE = 0.25
"""Seconds more than whole ones that a tool's time-out leaves out."""
_NEWS = 0.1
"""Seconds for which the machine's load is taken to be what it was."""


class _Longest:
    """How many times longer deadlines have lately been, and when that was found."""

    def __init__(self) -> None:
        self._factor = 1.0
        self._found = 0.0

    def factor(self, load: float, now: float) -> float:
        """Return the factor for a load now, or the greater one that still holds."""
        factor = min(MOST, max(1.0, load / _PLENTY))
        if factor >= self._factor or now - self._found > _HELD:
            self._factor, self._found = factor, now
        return self._factor


_LONGEST = {True: _Longest(), False: _Longest()}
"""Of brief deadlines, and of others."""


def scaled_deadline(seconds: float) -> float:
    """Return a deadline as it is to be taken now: the same on a machine with time to spare, up to ``MOST`` times it."""
    brief = seconds <= _BRIEF
    return seconds * _LONGEST[brief].factor(_load(_MOMENT_OF_BRIEF if brief else _MOMENT), time.monotonic())


def scaled_timeout(seconds: float) -> int:
    """Return the whole seconds that a tool's own time-out is to be now: ``("curl", "--max-time", ...)``."""
    return math.ceil(scaled_deadline(seconds) - _LITTLE)


def _load(most: float) -> float:
    """Return the runnable processes for each processor: now, ``most`` of a moment, or over the last minute if more."""
    lasting, moment = _load_told(_LOAD, _PRESSURE, int(time.monotonic() / _NEWS))
    return max(lasting, min(moment, most))


@functools.lru_cache(1)
def _load_told(load: Path, pressure: Path, _when: int) -> tuple[float, float]:
    """Return the load that lasts and that of now: read once for all deadlines of a moment, as each look has one."""
    minute, _, _, now, *_ = load.read_text(encoding="ascii").split()
    processors = os.cpu_count() or 1
    runnable = float(now.partition("/")[0]) / processors
    lasting = float(minute) / processors
    return max(lasting, runnable) if _lasts(pressure) else lasting, runnable


def _lasts(pressure: Path) -> bool:
    """Return whether processors have been short for some seconds; also where the kernel does not tell (PSI)."""
    try:
        told = re.search(r"^some avg10=([\d.]+)", pressure.read_text(encoding="ascii"))
    except OSError:
        told = None
    return told is None or float(told[1]) >= _LASTING
