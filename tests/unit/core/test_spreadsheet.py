"""What a spreadsheet opens of ours is text."""

from __future__ import annotations

import csv
import io

import pytest

from orchestrator.core.spreadsheet import freed, guarded, harmless


@pytest.mark.parametrize(
    ("value", "separator", "cell"),
    [
        ("=1+1", ",", "'=1+1"),
        ("+33 1", ",", "'+33 1"),
        ("-5", ",", "'-5"),
        ("@SUM(A1)", ",", "'@SUM(A1)"),
        ("＝1+1", ",", "'＝1+1"),
        ("\t=1", ",", "'\t'=1"),
        ("Léa;=1+1", ",", "Léa;'=1+1"),
        ('Léa; "=1+1"', ",", 'Léa; "\'=1+1"'),
        ("Léa,=1+1", ";", "Léa,'=1+1"),
        ("Léa,=1+1", ",", "Léa,=1+1"),
        ("one\n=2", ",", "one\n'=2"),
        ("Jean-Luc d'Été; 2 = 2", ",", "Jean-Luc d'Été; 2 = 2"),
        ("", ",", ""),
        (-5, ",", -5),
        (None, ",", None),
    ],
)
def test_no_cell_begins_a_formula(value: object, separator: str, cell: object) -> None:
    assert harmless(value, separator) == cell


@pytest.mark.parametrize("ours", [",", ";"])
@pytest.mark.parametrize("theirs", [",", ";", "\t"])
@pytest.mark.parametrize("evil", ["x;=1+1", 'x;"=1+1";y', "x,=1+1", "x\t=1+1", "=1+1", "x\n=1+1"])
def test_none_does_by_whatever_the_file_is_parted(evil: str, ours: str, theirs: str) -> None:
    file = io.StringIO()
    csv.writer(file, delimiter=ours).writerow(["lea", harmless(evil, ours), "end"])
    cells = [cell for row in csv.reader(io.StringIO(file.getvalue()), delimiter=theirs) for cell in row]
    assert not any(cell.lstrip(' "').startswith("=") for cell in cells)


@pytest.mark.parametrize("theirs", [",", ";", "\t"])
@pytest.mark.parametrize(
    "text",
    ["=1+1", "'=1+1", "''=1", "x;=1+1", "x;'=1+1", 'x;"=1";-2', "\t=1", "ls; -la", "ls -la", "+", "'", "", "a;;@b"],
)
def test_what_was_typed_is_no_formula_and_is_read_as_it_was(text: str, theirs: str) -> None:
    assert freed(guarded(text)) == text
    file = io.StringIO()
    csv.writer(file).writerow([guarded(text), "end"])
    cells = [cell for row in csv.reader(io.StringIO(file.getvalue()), delimiter=theirs) for cell in row]
    assert not any(cell.lstrip(' "').startswith(("=", "+", "-", "@")) for cell in cells)
