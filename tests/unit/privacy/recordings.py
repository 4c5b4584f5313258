"""Recordings for tests, as the keeper writes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

LEA, TOM = "P-00000000000a", "P-00000000000b"


def record(
    folder: Path,
    lab: str,
    name: str,
    owner: str = LEA,
    *,
    began: datetime,
    events: Sequence[tuple[float, str, str]] = ((0.5, "o", "hello\r\n"),),
    rest: str = "",
) -> Path:
    """Write a recording; ``rest`` is what stands behind the last whole line."""
    path = folder / lab / f"{name}.cast"
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {"lab": lab, "identity": "1", "host": "pc1", "owner": owner}
    head = {"version": 2, "width": 100, "height": 30, "timestamp": int(began.timestamp()), "breakfix": about}
    lines = [json.dumps(head), *(json.dumps(list(event)) for event in events)]
    path.write_text("".join(f"{line}\n" for line in lines) + rest, encoding="utf-8")
    return path
