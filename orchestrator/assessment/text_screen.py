"""What a terminal shows at last, as lines of text: for who looks at many at once.

It is given what ``terminal_watch`` lets pass. Colours are left out; what a candidate's program sends can neither leave
its line nor take more time and room than is foreseen here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final

MOST_ROWS: Final = 100
MOST_COLUMNS: Final = 250
"""Rows and columns of the largest screen: a larger window is shown as far as that."""
_MOST_WORK: Final = 1 << 17
"""Characters that are drawn, and steps that are made, for one piece; the rest of it is not."""
_TOKEN: Final = re.compile(
    r"\x1b\[(?P<private>\??)(?P<numbers>[0-9;:]*)(?P<order>[@-~])"
    r"|\x1b(?P<set>[()])(?P<charset>.)|\x1b(?P<escape>.)"
    r"|(?P<text>[^\x00-\x1f\x7f-\x9f]+)|(?P<key>[\x00-\x1f\x7f-\x9f])",
    re.DOTALL,
)
_FRAMES: Final = str.maketrans("jklmnqtuvwx`a~", "┘┐┌└┼─├┤┴┬│◆▒·")
"""What letters are while the set for frames is chosen."""
_UNSEEN: Final = frozenset({"Mn", "Me", "Cf", "Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Characters that stand in no column of their own, or turn others round."""
_TAB: Final = 8


class TextScreen:
    """A screen of characters."""

    def __init__(self, rows: int, columns: int) -> None:
        """Begin with an empty one of a size."""
        self._rows = self._columns = 1
        self._lines: list[str] = []
        self._main: tuple[list[str], int, int] | None = None
        self._saved = (0, 0)
        self._row = self._column = 0
        self._top = self._bottom = 0
        self._frames = False
        self._work = 0
        self._last = " "
        self.resize(rows, columns)

    def resize(self, rows: int, columns: int) -> None:
        """Give it another size: lines are cut at the right, and from above as far as the cursor needs it."""
        rows, columns = max(1, min(rows, MOST_ROWS)), max(1, min(columns, MOST_COLUMNS))
        gone = max(0, self._row - rows + 1)
        self._lines = [line[:columns] for line in self._lines[gone:][:rows]]
        self._lines += [""] * (rows - len(self._lines))
        self._rows, self._columns = rows, columns
        self._row, self._column = self._row - gone, min(self._column, columns)
        self._top, self._bottom = 0, rows - 1

    def emptied(self) -> TextScreen:
        """Return an empty one of its size."""
        return TextScreen(self._rows, self._columns)

    def draw(self, drawn: str) -> None:
        """Take what ``WatchedScreen.drawn`` returned."""
        self._work = _MOST_WORK
        for token in _TOKEN.finditer(drawn):
            self._work -= 1
            if self._work < 0:
                return
            if token["text"]:
                self._write(token["text"])
            elif token["key"]:
                self._press(token["key"])
            elif token["set"]:
                self._frames = token["charset"] == "0" if token["set"] == "(" else self._frames
            elif token["escape"]:
                self._obey(token["escape"])
            elif token["private"]:
                self._switch(token["numbers"], on=token["order"] == "h")
            else:
                self._order(token["order"], token["numbers"])

    def text(self) -> str:
        """Return its lines, without what is empty at their ends and below."""
        return "\n".join(line.rstrip() for line in self._lines).rstrip("\n")

    # What is drawn -----------------------------------------------------------------------------------------------

    def _write(self, text: str) -> None:
        seen = text if text.isascii() else "".join(c for c in text if unicodedata.category(c) not in _UNSEEN)
        if not seen:
            return
        if self._frames:
            seen = seen.translate(_FRAMES)
        self._last = seen[-1]
        self._work -= len(seen)
        while seen:
            if self._column >= self._columns:
                self._column = 0
                self._down()
            piece, seen = seen[: self._columns - self._column], seen[self._columns - self._column :]
            line, end = self._lines[self._row], self._column + len(piece)
            self._lines[self._row] = line[: self._column].ljust(self._column) + piece + line[end:]
            self._column = end

    def _press(self, key: str) -> None:
        if key == "\r":
            self._column = 0
        elif key in "\n\v\f":
            self._down()
        elif key == "\b":
            self._column = max(0, min(self._column, self._columns - 1) - 1)
        elif key == "\t":
            self._column = min(self._columns - 1, (self._column // _TAB + 1) * _TAB)

    def _obey(self, escape: str) -> None:
        match escape:
            case "7":
                self._saved = self._row, self._column
            case "8":
                self._move(*self._saved)
            case "D":
                self._down()
            case "E":
                self._column = 0
                self._down()
            case "M":
                self._up()

    def _switch(self, numbers: str, *, on: bool) -> None:
        """Go to the other screen, which editors fill, and back."""
        if not {"47", "1047", "1049"} & {*numbers.split(";")}:
            return
        if on and self._main is None:
            self._main = self._lines, self._row, self._column
            self._lines = [""] * self._rows
        elif not on and self._main is not None:
            (lines, row, column), self._main = self._main, None
            rows, columns = self._rows, self._columns
            self._lines, self._row, self._column = lines, row, column
            self.resize(rows, columns)

    def _order(self, order: str, numbers: str) -> None:
        words = [min(int(word[:4]), MOST_COLUMNS) if word.isdigit() else 0 for word in numbers.split(";")[:4]]
        if act := _ORDERS.get(order):
            act(self, words[0], words[1] if len(words) > 1 else 0)

    # Moving --------------------------------------------------------------------------------------------------------

    def _move(self, row: int, column: int) -> None:
        self._row, self._column = min(max(0, row), self._rows - 1), min(max(0, column), self._columns - 1)

    def _down(self) -> None:
        if self._row == self._bottom:
            self._scroll(self._top, 1)
        elif self._row < self._rows - 1:
            self._row += 1

    def _up(self) -> None:
        if self._row == self._top:
            self._scroll(self._top, -1)
        elif self._row > 0:
            self._row -= 1

    def _scroll(self, top: int, count: int) -> None:
        """Move the lines from one of them to the bottom of the region up (down: negative)."""
        part = self._lines[top : self._bottom + 1]
        count = max(-len(part), min(count, len(part)))
        empty = [""] * abs(count)
        self._work -= len(part) // 4
        self._lines[top : self._bottom + 1] = part[count:] + empty if count >= 0 else empty + part[:count]

    # Orders --------------------------------------------------------------------------------------------------------

    def _region(self, first: int, last: int) -> None:
        top, bottom = max(1, first) - 1, min(last or self._rows, self._rows) - 1
        if top < bottom:
            self._top, self._bottom = top, bottom
            self._move(0, 0)

    def _erase_line(self, which: int, _second: int = 0) -> None:
        line, at = self._lines[self._row], min(self._column, self._columns - 1)
        self._lines[self._row] = (line[:at], " " * (at + 1) + line[at + 1 :], "")[min(which, 2)]

    def _erase(self, which: int, _second: int = 0) -> None:
        if which < 2:  # noqa: PLR2004 - 0: what follows, 1: what precedes, others: all
            self._erase_line(which)
        empty = range(self._row + 1, self._rows) if which == 0 else range(self._row if which == 1 else self._rows)
        self._work -= len(empty) // 4
        for row in empty:
            self._lines[row] = ""

    def _lines_in(self, count: int, _second: int = 0) -> None:
        if self._top <= self._row <= self._bottom:
            self._scroll(self._row, -max(1, count))

    def _lines_out(self, count: int, _second: int = 0) -> None:
        if self._top <= self._row <= self._bottom:
            self._scroll(self._row, max(1, count))

    def _characters_in(self, count: int, _second: int = 0) -> None:
        line, at = self._lines[self._row].ljust(self._column), self._column
        self._lines[self._row] = (line[:at] + " " * max(1, count) + line[at:])[: self._columns]

    def _characters_out(self, count: int, _second: int = 0) -> None:
        line, at = self._lines[self._row], self._column
        self._lines[self._row] = line[:at] + line[at + max(1, count) :]

    def _characters_away(self, count: int, _second: int = 0) -> None:
        line, at = self._lines[self._row], self._column
        self._lines[self._row] = line[:at] + " " * len(line[at : at + max(1, count)]) + line[at + max(1, count) :]

    def _again(self, count: int, _second: int = 0) -> None:
        frames, self._frames = self._frames, False
        self._write(self._last * max(1, count))
        self._frames = frames


def _moving(down: int, right: int) -> Callable[[TextScreen, int, int], None]:
    def move(screen: TextScreen, count: int, _second: int) -> None:
        step = max(1, count)
        screen._move(screen._row + down * step, min(screen._column, screen._columns - 1) + right * step)  # noqa: SLF001

    return move


def _next_line(screen: TextScreen, count: int, _second: int) -> None:
    screen._move(screen._row + max(1, count), 0)  # noqa: SLF001


def _line_before(screen: TextScreen, count: int, _second: int) -> None:
    screen._move(screen._row - max(1, count), 0)  # noqa: SLF001


_ORDERS: Final[Mapping[str, Callable[[TextScreen, int, int], None]]] = {
    "A": _moving(-1, 0),
    "B": _moving(1, 0),
    "e": _moving(1, 0),
    "C": _moving(0, 1),
    "a": _moving(0, 1),
    "D": _moving(0, -1),
    "E": _next_line,
    "F": _line_before,
    "G": lambda screen, column, _: screen._move(screen._row, column - 1),  # noqa: SLF001
    "`": lambda screen, column, _: screen._move(screen._row, column - 1),  # noqa: SLF001
    "d": lambda screen, row, _: screen._move(row - 1, screen._column),  # noqa: SLF001
    "H": lambda screen, row, column: screen._move(row - 1, column - 1),  # noqa: SLF001
    "f": lambda screen, row, column: screen._move(row - 1, column - 1),  # noqa: SLF001
    "J": TextScreen._erase,  # noqa: SLF001
    "K": TextScreen._erase_line,  # noqa: SLF001
    "L": TextScreen._lines_in,  # noqa: SLF001
    "M": TextScreen._lines_out,  # noqa: SLF001
    "@": TextScreen._characters_in,  # noqa: SLF001
    "P": TextScreen._characters_out,  # noqa: SLF001
    "X": TextScreen._characters_away,  # noqa: SLF001
    "S": lambda screen, count, _: screen._scroll(screen._top, max(1, count)),  # noqa: SLF001
    "T": lambda screen, count, _: screen._scroll(screen._top, -max(1, count)),  # noqa: SLF001
    "b": TextScreen._again,  # noqa: SLF001
    "r": TextScreen._region,  # noqa: SLF001
}
