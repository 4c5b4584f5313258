"""Decisions in a table that a spreadsheet has filled in, as ``session export csv`` writes it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Final

from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text

_NEEDED: Final = ("candidate", "subject", "decision", "reason")
"""The columns that are read; ``session export csv`` writes them, with others that are not."""
SEPARATORS: Final = (",", ";")
"""What is between two cells: spreadsheets write the second one where a comma stands before a number's fraction."""


@dataclass(frozen=True)
class DecisionRow:
    """One decision, with the line of the file that it stands in."""

    line: int
    candidate: str
    subject: str
    verdict: str
    reason: str


def read_decisions(content: bytes, name: str) -> tuple[DecisionRow, ...]:
    """Return the decisions of a table; a row without one is passed over.

    Args:
        content: the file, CSV in UTF-8.
        name: what it is called in errors.

    Raises:
        UsageError: it is not UTF-8, or lacks a column.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            Text(fr=f"{name} n'est pas en UTF-8.", en=f"{name} is not UTF-8."),
            Text(
                fr="Enregistrez-le en « CSV UTF-8 » depuis le tableur.", en="Save it as 'CSV UTF-8' in the spreadsheet."
            ),
        ) from error
    head = text.partition("\n")[0]
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(SEPARATORS, key=head.count))
    missing = [column for column in _NEEDED if column not in (table.fieldnames or ())]
    if missing:
        listed = ", ".join(missing)
        raise UsageError(
            Text(fr=f"{name} n'a pas de colonne : {listed}.", en=f"{name} lacks a column: {listed}."),
            Text(
                fr="« breakfix session export csv » écrit une table à remplir.",
                en="'breakfix session export csv' writes a table to fill in.",
            ),
        )
    rows = []
    for row in table:
        candidate, subject, verdict, reason = ((row[column] or "").strip().removeprefix("'") for column in _NEEDED)
        if verdict:
            rows.append(DecisionRow(table.line_num, candidate, subject, verdict, reason))
    return tuple(rows)
