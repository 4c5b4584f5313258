"""The journal's head as this machine last saw it, kept outside the database that it vouches for."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from orchestrator.records.journal import ChainHead

FILE = "journal-heads.json"


class Witness:
    """One file with the last head of each database: whoever cuts a journal's end off must know of it, too."""

    def __init__(self, folder: Path) -> None:
        """Keep heads in a file of ``folder``, the user's data folder."""
        self._path = folder / FILE

    def seen(self, database: str) -> ChainHead | None:
        """Return the last head that was noted of a database; None where there is none that can be read."""
        try:
            seq, hash_ = self._all()[database]
            return ChainHead(int(seq), str(hash_))
        except (KeyError, TypeError, ValueError):
            return None

    def note(self, database: str, head: ChainHead) -> None:
        """Note a head; where the file cannot be written, only a later comparison is lost."""
        heads = {**self._all(), database: [head.seq, head.hash]}
        draft = self._path.with_suffix(f".{os.getpid()}.new")
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft.write_text(json.dumps(heads, indent=1), encoding="utf-8")
            draft.replace(self._path)

    def _all(self) -> dict[str, Any]:
        try:
            document = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return document if isinstance(document, dict) else {}
