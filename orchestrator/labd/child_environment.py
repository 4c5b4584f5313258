"""The environment of a process of labd's own: it finds this very program, wherever labd was started."""

from __future__ import annotations

import os
from pathlib import Path

import orchestrator


def child_environment() -> dict[str, str]:
    """Return labd's environment, with the folder of this program first among those that Python looks in."""
    root = str(Path(orchestrator.__file__).parents[1])
    others = [place for place in os.environ.get("PYTHONPATH", "").split(os.pathsep) if Path(place).is_absolute()]
    return {**os.environ, "PYTHONPATH": os.pathsep.join([root, *others])}
