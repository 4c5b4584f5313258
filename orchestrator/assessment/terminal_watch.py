"""A candidate's terminals as the staff looks at them: what they show, and nothing that would act on who looks.

A terminal obeys what it is sent: it answers questions as if its user had typed, fills the clipboard, reports the mouse.
A candidate may send anything, so that only what draws on a screen passes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_SEQUENCE: Final = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]+[0-~]|[0-OQ-WYZ\\`-~])"
)
_BEGUN: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[PX^_][^\x1b]*\x1b?|[ -/]*)\Z")
_DRAWS: Final = re.compile(
    r"\x1b(?:\[[0-9;:]*[@A-HJ-MPSTXabdefmr`]|\[\?(?:7|25|47|1047|1049)[hl]|[()][0AB]|[78DEHM=>])"
)
"""Movements, colours, what clears; the cursor, the line's end and the other screen; the set for frames."""
_CONTROLS: Final = re.compile(r"[\x00-\x06\x0e-\x1a\x1b-\x1f\x7f-\x9f]")
"""Single characters that a terminal may answer or obey, other than bell, backspace, tabulator and ends of lines."""
_LONGEST: Final = 4096
RESET: Final = "\x1b[?1049l\x1b[?25h\x1b[?7h\x1b[r\x1b[0m\x1b(B"
"""Gives a screen back as it was, whatever was left on it."""


class WatchedScreen:
    """Passes on what draws; a sequence that comes in pieces is judged once it is whole."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._begun = ""

    def drawn(self, shown: str) -> str:
        """Return what of a terminal's output may be shown to somebody else."""
        text = self._begun + shown
        begun = _BEGUN.search(text)
        self._begun = begun[0][:_LONGEST] if begun else ""
        text = text[: begun.start()] if begun else text
        parts, at = [], 0
        for sequence in _SEQUENCE.finditer(text):
            parts += [_CONTROLS.sub("", text[at : sequence.start()])]
            parts += [sequence[0]] if _DRAWS.fullmatch(sequence[0]) else []
            at = sequence.end()
        return "".join((*parts, _CONTROLS.sub("", text[at:])))


class Watching:
    """Reads recordings while they are written."""

    def __init__(self, folder: Path) -> None:
        """Take the folder of the recordings, which need not be there yet."""
        self._folder = folder
        self._read: dict[Path, int] = {}
        self._screens: dict[Path, WatchedScreen] = {}

    def news(self) -> Iterator[tuple[str, str]]:
        """Yield what the terminals have shown since the last call: the recording's name, and what to draw."""
        for path in sorted(self._folder.glob("*.cast")):
            screen = self._screens.setdefault(path, WatchedScreen())
            for line in self._lines(path):
                row = json.loads(line)
                if isinstance(row, list) and row[1] == "o" and (drawn := screen.drawn(row[2])):
                    yield path.stem, drawn

    def _lines(self, path: Path) -> Iterator[bytes]:
        with path.open("rb") as file:
            file.seek(self._read.get(path, 0))
            for line in file:
                if not line.endswith(b"\n"):  # it is being written
                    return
                self._read[path] = self._read.get(path, 0) + len(line)
                yield line
