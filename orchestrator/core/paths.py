"""Where Breakfix keeps a user's files (XDG Base Directory Specification)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where Breakfix keeps its state of what runs: it may be lost without harm."""
    base = environment.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "breakfix"


def data_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where Breakfix keeps what a user has made."""
    base = environment.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "breakfix"
