"""Whether the machine has room for a proof beside the labs that people work in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from orchestrator.labd import proof_refusals
from orchestrator.labd.calls import Refusal

_MEMINFO: Final = Path("/proc/meminfo")
_PRESSURE: Final = Path("/proc/pressure/cpu")
_MEMORY: Final = 1 << 30
"""Bytes that must be available: the largest lab takes 0.4 GB, what grades it a little, and the labs want a reserve."""
_BUSY_PERCENT: Final = 60.0
"""The share of the last minute in which some task waited for a processor, from which on there is no room.

One lab at a time and what grades it take less than one processor for most of the time; where labs wait for theirs more
than half of the time already, a trainee would feel it, and checks of the proof would come late.
"""


def no_room(meminfo: Path = _MEMINFO, pressure: Path = _PRESSURE) -> Refusal | None:
    """Return why there is no room for a proof; None: there is. What the kernel does not tell keeps nobody from it.

    Args:
        meminfo: where the kernel tells how much memory is available.
        pressure: where it tells how long tasks wait for a processor
            (https://docs.kernel.org/accounting/psi.html).
    """
    available = _found(meminfo, r"^MemAvailable:\s+(\d+) kB")
    if available is not None and available * 1024 < _MEMORY:
        return proof_refusals.NO_MEMORY
    waited = _found(pressure, r"^some .*avg60=([\d.]+)")
    return proof_refusals.NO_PROCESSOR if waited is not None and waited >= _BUSY_PERCENT else None


def _found(file: Path, pattern: str) -> float | None:
    try:
        found = re.search(pattern, file.read_text(encoding="ascii"), re.MULTILINE)
    except OSError:
        return None
    return float(found[1]) if found else None
