"""CSV as spreadsheets read and write it: cells are the text that they are, never a formula."""

from __future__ import annotations

import csv
import io
import re
from typing import Final

_FORMULA: Final = r"[=+\-@＝＋－＠]"
_AT_THE_START: Final = re.compile(rf"{_FORMULA}|[\t\r]")
_PARTED: Final = r'[;\t\r\n][\s"]*'
"""What another character than a comma may part, with what stands before a cell's text."""
_GUARDED_INSIDE: Final = re.compile(rf"({_PARTED})('*{_FORMULA})")
_GUARDED_AT_THE_START: Final = re.compile(rf"'*(?:{_FORMULA}|[\t\r])")
_FREED_INSIDE: Final = re.compile(rf"({_PARTED})'('*{_FORMULA})")


def csv_rows(text: str, more: str = "") -> csv.DictReader[str]:
    """Return the rows of a CSV text whose first line names the columns, parted by commas or by semicolons.

    Args:
        text: the text; what UTF-8 files of spreadsheets begin with is left out.
        more: the key of the cells for which there is no column.
    """
    text = text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    return csv.DictReader(io.StringIO(text), restkey=more, restval="", delimiter=delimiter, strict=True)


def harmless(value: object, separator: str = ",") -> object:
    """Return a cell with an apostrophe before whatever would begin a formula; what is no text stays as it is.

    A spreadsheet may part cells at another character than the file does: in French, Excel parts a file with commas at
    semicolons, so that the second half of a name would be a cell of its own.

    Args:
        value: the cell.
        separator: what is between two cells of the file.
    """
    if not isinstance(value, str):
        return value
    others = "".join({";", ",", "\t"} - {separator})
    inside = re.sub(rf'([{others}\r\n][\s"]*)({_FORMULA})', r"\1'\2", value)
    return f"'{inside}" if _AT_THE_START.match(inside) else inside


def guarded(text: str) -> str:
    """Return a cell of a file with commas as ``harmless`` does, in such a way that ``freed`` gives the text back."""
    inside = _GUARDED_INSIDE.sub(r"\1'\2", text)
    return f"'{inside}" if _GUARDED_AT_THE_START.match(inside) else inside


def freed(cell: str) -> str:
    """Return the text of which ``guarded`` made a cell."""
    inside = cell[1:] if cell.startswith("'") and _GUARDED_AT_THE_START.match(cell) else cell
    return _FREED_INSIDE.sub(r"\1\2", inside)
