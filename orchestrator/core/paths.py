"""Where Breakfix keeps a user's files (XDG Base Directory Specification), or all of them where one folder is named."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

HOME = "BREAKFIX_HOME"
"""The environment variable that names one folder for all of them: an installed service has no user."""


def home_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the one folder of all files, or None where none is named."""
    named = environment.get(HOME)
    return Path(named) if named else None


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where Breakfix keeps its state of what runs: it may be lost without harm."""
    if home := home_folder(environment):
        return home / "state"
    base = environment.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "breakfix"


def data_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where Breakfix keeps what a user has made."""
    if home := home_folder(environment):
        return home / "data"
    base = environment.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "breakfix"
