"""What was measured of labs on this machine, kept in a file of the user's data: how much memory, how long a start."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from orchestrator.core.paths import data_folder

_FILE: Final = "lab-figures.json"


@dataclass(frozen=True)
class LabFigure:
    """What was measured of one lab.

    Attributes:
        digest: the digest of the plan that was measured: another plan is another lab.
        hosts: how many hosts it has.
        memory: bytes of all its hosts' control groups once they settled, without file cache.
        seconds: from the request to ready, the median of the runs.
        at: when it was measured, ISO 8601.
    """

    digest: str
    hosts: int
    memory: int
    seconds: float
    at: str


def figures_file() -> Path:
    """Return where the figures of this user are kept."""
    return data_folder() / _FILE


def kept_figures(file: Path) -> dict[str, LabFigure]:
    """Return the figures that are kept, by lab; a file that cannot be read has none."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        return {lab: LabFigure(**figure) for lab, figure in document.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def keep_figures(new: Mapping[str, LabFigure], file: Path) -> None:
    """Keep what was measured of labs, by lab, beside what is known of others; a full disk keeps nothing."""
    document = {lab: asdict(figure) for lab, figure in sorted({**kept_figures(file), **new}.items())}
    draft = file.with_suffix(".new")
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        draft.replace(file)
