"""A session's candidates as CSV, as spreadsheets write it: the columns are the keys that a plan has for a candidate."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.core.control_characters import CONTROLS, name_of
from orchestrator.core.errors import ContentError, Place, Problem
from orchestrator.core.spreadsheet import csv_rows
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.loader.yaml_source import KeyPath

COLUMNS: Final = ("number", "name", "person", "extra_time", "attendance", "trainers")
"""The columns that a list may have, as ``session.yaml`` names them. Several trainers are separated by spaces."""
NEEDED: Final = ("number", "name")
_MORE: Final = "\0"
"""The key of cells for which there is no column."""


@dataclass(frozen=True)
class CandidateList:
    """The candidates of a list, each with the line that it ends on.

    Attributes:
        file: the file's name as its reader knows it.
        columns: the columns, in the order of the file.
        candidates: what a plan says of each; empty cells are left out.
        lines: the line of each.
    """

    file: str
    columns: tuple[str, ...]
    candidates: tuple[Mapping[str, Any], ...]
    lines: tuple[int, ...]

    def place(self, path: KeyPath) -> Place:
        """Return the place of a candidate or of a cell; the column is the cell's number, from 1.

        Args:
            path: a candidate's position, and the key; empty: the list as a whole.
        """
        if not path:
            return Place(self.file)
        column = self.columns.index(path[1]) + 1 if len(path) > 1 and path[1] in self.columns else 0
        return Place(self.file, self.lines[int(path[0])], column)


def columns_of(text: str) -> tuple[str, ...]:
    """Return the columns of a list, as they are written."""
    try:
        return tuple(csv_rows(text, _MORE).fieldnames or ())
    except csv.Error:
        return ()


def read_candidates(text: str, file: str) -> CandidateList:
    """Read the text of a list.

    Raises:
        ContentError: something in it is wrong; every problem is told with its line, and its column's number.
    """
    rows = csv_rows(text, _MORE)
    candidates, lines, problems = [], [], []
    try:
        columns = tuple(rows.fieldnames or ())
        problems = [Problem(Place(file, 1, column), said) for column, said in _wrong_columns(columns)]
        for row in rows if not problems else ():
            lines.append(rows.line_num)
            cells = {name: row[name].strip() for name in columns}
            candidates.append({name: _value(name, cell) for name, cell in cells.items() if cell})
            found = _wrong_cells(columns, row)
            problems += [Problem(Place(file, rows.line_num, column), said) for column, said in found]
    except csv.Error as error:  # a cell without end
        said = Text(fr=f"ce n'est pas du CSV : {error}", en=f"this is no CSV: {error}")
        problems.append(Problem(Place(file, rows.line_num), said))
    if problems:
        raise ContentError(tuple(problems))
    return CandidateList(file, columns, tuple(candidates), tuple(lines))


def _wrong_columns(names: Sequence[str]) -> Iterator[tuple[int, Text]]:
    for column, name in enumerate(names, start=1):
        if name not in COLUMNS:
            unknown = Text(fr=f"colonne inconnue « {name} »", en=f'unknown column "{name}"')
            yield column, with_suggestion(unknown, name, COLUMNS)
        elif name in names[: column - 1]:
            yield column, Text(fr=f"la colonne « {name} » est déjà là", en=f'the column "{name}" is there already')
    for name in NEEDED:
        if name not in names:
            yield 0, Text(fr=f"la colonne « {name} » manque", en=f'the column "{name}" is missing')


def _wrong_cells(columns: Sequence[str], row: Mapping[str, Any]) -> Iterator[tuple[int, Text]]:
    if row.get(_MORE):
        yield (
            0,
            Text(
                fr=f"cette ligne a plus de {len(columns)} cases ; une case qui contient le séparateur s'écrit entre "
                "guillemets",
                en=f"this line has more than {len(columns)} cells; a cell that contains the separator needs quotes",
            ),
        )
    for column, name in enumerate(columns, start=1):
        if (found := CONTROLS.search(row[name])) is not None:
            what = name_of(found[0])
            yield (
                column,
                Text(
                    fr=f"cette case a un caractère de commande ({what}) ; retirez-le",
                    en=f"this cell has a control character ({what}); remove it",
                ),
            )


def _value(name: str, cell: str) -> str | list[str]:
    return cell.split() if name == "trainers" else cell
