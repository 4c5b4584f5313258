"""A list of people is read whole before anybody is added, and every mistake has its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from orchestrator.core.errors import ContentError, UsageError
from orchestrator.records.csv_people import read_people
from orchestrator.records.models import ROLES


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "class.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(("delimiter", "encoding"), [(",", "utf-8"), (";", "utf-8-sig")])
def test_a_list_as_spreadsheets_write_it(tmp_path: Path, delimiter: str, encoding: str) -> None:
    text = (
        "handle,given_name,family_name,roles,born,candidate_number,extra_time,group\r\n"
        'zoe,Zoé,"Noël",candidate trainee,2004-05-17,C-7,1/3,tssr\r\nyann,,,,,,,\r\n'
    )
    zoe, yann = read_people(written(tmp_path, text.replace(",", delimiter), encoding))
    assert (zoe.line, zoe.group, yann.line, yann.group) == (2, "tssr", 3, None)
    assert (zoe.person.given_name, zoe.person.family_name, zoe.person.born) == ("Zoé", "Noël", date(2004, 5, 17))
    assert zoe.person.roles == frozenset({"candidate", "trainee"})
    assert (zoe.person.candidate_number, zoe.person.extra_time, zoe.person.email) == ("C-7", "1/3", None)
    assert yann.person.roles == frozenset({"trainee"})


def test_every_mistake_is_told_at_its_line(tmp_path: Path) -> None:
    text = "handle,born,roles,extra_time\nZoé,,,\nx,17/05/2004,,\ny,,boss,\nz,,,half\nok,,,\nok,,,\n"
    with pytest.raises(ContentError) as refused:
        read_people(written(tmp_path, text))
    assert [(problem.place.line, problem.text.en) for problem in refused.value.problems] == [
        (2, '"Zoé" cannot be used as a short name (lower-case letters, digits, . _ -)'),
        (3, "'17/05/2004' is no date (2004-05-17)"),
        (4, f'"boss" is no role; possible ones: {", ".join(ROLES)}.'),
        (5, '"half" is no extra time; write "1/3" or "20 min".'),
        (7, '"ok" is already on line 6'),
    ]


def test_columns_are_checked_first(tmp_path: Path) -> None:
    with pytest.raises(ContentError) as refused:
        read_people(written(tmp_path, "hanlde,given_name\nZoé,x\n"))
    assert [problem.text.en for problem in refused.value.problems] == [
        'Unknown column: "hanlde"; did you mean "handle"?',
        'The column "handle" (short name) is missing.',
    ]
    with pytest.raises(ContentError, match="is missing"):
        read_people(written(tmp_path, ""))


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_people(tmp_path / "none.csv")
    with pytest.raises(UsageError, match="not in UTF-8"):
        read_people(written(tmp_path, "handle,given_name\nzoe,Zoé\n", "latin-1"))
