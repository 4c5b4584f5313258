"""Whether the machine has room for what nobody waits for, such as a proof, beside the labs that people work in."""

from __future__ import annotations

import re
from dataclasses import dataclass
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
    available = available_memory(meminfo)
    if available is not None and available < _MEMORY:
        return proof_refusals.NO_MEMORY
    return proof_refusals.NO_PROCESSOR if processors_busy(pressure) else None


def available_memory(meminfo: Path = _MEMINFO) -> int | None:
    """Return the bytes of memory that the kernel has for programs; None where it does not tell."""
    available = _found(meminfo, r"^MemAvailable:\s+(\d+) kB")
    return None if available is None else int(available) * 1024


def processors_busy(pressure: Path = _PRESSURE) -> bool:
    """Return whether tasks have waited for a processor for most of the last minute, as far as the kernel tells."""
    waited = _found(pressure, r"^some .*avg60=([\d.]+)")
    return waited is not None and waited >= _BUSY_PERCENT


@dataclass(frozen=True)
class MachineLoad:
    """How busy the machine is, whoever keeps it busy.

    Attributes:
        available: the bytes of memory that the kernel has for programs; None: it does not tell.
        busy: whether tasks have mostly waited for a processor lately.
    """

    available: int | None
    busy: bool


def machine_load() -> MachineLoad:
    """Return how busy the machine is now."""
    return MachineLoad(available_memory(), processors_busy())


def _found(file: Path, pattern: str) -> float | None:
    try:
        found = re.search(pattern, file.read_text(encoding="ascii"), re.MULTILINE)
    except OSError:
        return None
    return float(found[1]) if found else None
