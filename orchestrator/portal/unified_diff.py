"""A unified difference as a page shows it: line by line, or what was beside what is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Final, Literal

MOST_LINES: Final = 2000
"""Lines of a difference that are shown."""
_HUNK: Final = re.compile(r"@@ -([0-9]{1,9})(?:,[0-9]{1,9})? \+([0-9]{1,9})(?:,[0-9]{1,9})? @@")

LineKind = Literal["same", "gone", "new", "hunk", "note"]


@dataclass(frozen=True)
class UnifiedLine:
    """A line: what became of it, its text without the sign, and its number before and after; 0 where it has none."""

    kind: LineKind
    text: str
    before: int = 0
    after: int = 0


@dataclass(frozen=True)
class SideBySide:
    """Two lines that stand beside each other; None: nothing stands there. What is no line of a file is ``whole``."""

    left: UnifiedLine | None
    right: UnifiedLine | None
    whole: UnifiedLine | None = None


def lines_of(difference: str) -> tuple[UnifiedLine, ...]:
    """Return the lines of a unified difference, without the names of the files; the first ones of a long one."""
    return tuple(islice(_lines(difference), MOST_LINES))


def is_cut(difference: str) -> bool:
    """Return whether a difference has more lines than are shown."""
    return next(islice(_lines(difference), MOST_LINES, None), None) is not None


def rows_of(difference: str) -> tuple[SideBySide, ...]:
    """Return a unified difference side by side: of what was replaced, the first line beside the first one."""
    rows: list[SideBySide] = []
    gone: list[UnifiedLine] = []
    new: list[UnifiedLine] = []

    def pair() -> None:
        rows.extend(SideBySide(left, right) for left, right in zip_longest(gone, new))
        gone.clear()
        new.clear()

    for line in lines_of(difference):
        if line.kind == "gone":
            if new:
                pair()
            gone.append(line)
        elif line.kind == "new":
            new.append(line)
        else:
            pair()
            rows.append(SideBySide(line, line) if line.kind == "same" else SideBySide(None, None, line))
    pair()
    return tuple(rows)


def _lines(difference: str) -> Iterator[UnifiedLine]:
    before = after = 0
    within = False  # a line of the file may look like the names above the first hunk
    for text in difference.removesuffix("\n").split("\n"):
        if hunk := _HUNK.match(text):
            before, after, within = int(hunk[1]), int(hunk[2]), True
            yield UnifiedLine("hunk", text)
        elif not within:
            continue
        elif text.startswith("-"):
            yield UnifiedLine("gone", text[1:], before=before)
            before += 1
        elif text.startswith("+"):
            yield UnifiedLine("new", text[1:], after=after)
            after += 1
        elif text and not text.startswith(" "):  # said about the file, not in it
            yield UnifiedLine("note", text)
        else:
            yield UnifiedLine("same", text[1:], before, after)
            before, after = before + 1, after + 1
