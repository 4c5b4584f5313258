"""A list of people as CSV: read whole, every problem told at its place, before anybody is added."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from orchestrator.core.errors import ContentError, Place, Problem, UsageError
from orchestrator.core.spreadsheet import csv_rows
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.records.models import Role
from orchestrator.records.people import HANDLE, NewPerson, check_extra_time, role_named

COLUMNS = (
    *("handle", "given_name", "family_name", "roles", "born", "email", "organisation"),
    *("candidate_number", "extra_time", "account", "keep_until", "group"),
)
"""The columns that a list may have; only the first is needed. Several roles are separated by spaces."""


@dataclass(frozen=True)
class Listed:
    """One line of a list: somebody to be added, and the group that they go into, if any."""

    line: int
    person: NewPerson
    group: str | None


@dataclass(frozen=True)
class ListProblem:
    """One thing that is wrong in a list: on which line, in which column (empty: in the line as a whole), and what."""

    line: int
    column: str
    text: Text


class ListError(Exception):
    """A list of people is wrong; every problem found is in ``problems``."""

    def __init__(self, problems: Sequence[ListProblem]) -> None:
        """Make one error of all problems."""
        super().__init__("; ".join(f"{one.line}: {one.text.en}" for one in problems))
        self.problems = tuple(problems)


class _CellError(Exception):
    """A cell is wrong."""

    def __init__(self, column: str, text: Text) -> None:
        super().__init__(text.en)
        self.column = column
        self.text = text


def read_people(path: Path) -> tuple[Listed, ...]:
    """Read a file with a list of people: UTF-8, with commas or semicolons, the columns' names in the first line.

    Raises:
        UsageError: the file cannot be read.
        ContentError: something in it is wrong; every problem is listed with its line.
    """
    try:
        return people_in(_text(path))
    except ListError as error:
        raise ContentError(tuple(Problem(Place.of(path, one.line), one.text) for one in error.problems)) from error


def people_in(text: str) -> tuple[Listed, ...]:
    """Read the text of a list of people.

    Raises:
        ListError: something in it is wrong.
    """
    rows = csv_rows(text)
    try:
        problems = list(_wrong_columns(rows.fieldnames or ()))
        if problems:
            raise ListError(problems)
        listed, seen = [], dict[str, int]()
        for row in rows:
            line = rows.line_num
            try:
                one = Listed(line, _person(row), row.get("group", "").strip() or None)
                _refuse_twice(one.person.handle, line, seen)
                listed.append(one)
            except _CellError as error:
                problems.append(ListProblem(line, error.column, error.text))
    except csv.Error as error:  # a cell without end
        problems = [ListProblem(rows.line_num, "", _no_csv(str(error)))]
    if problems:
        raise ListError(problems)
    return tuple(listed)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            Text(fr=f"{path} n’est pas en UTF-8.", en=f"{path} is not in UTF-8."),
            Text(fr="Enregistrez-le en « CSV UTF-8 ».", en="Save it as 'CSV UTF-8'."),
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(
            Text(fr=f"Impossible de lire {path} : {reason}", en=f"Cannot read {path}: {reason}")
        ) from error


def _wrong_columns(names: Sequence[str]) -> Iterator[ListProblem]:
    for name in names:
        if name not in COLUMNS:
            unknown = Text(fr=f"Colonne inconnue : « {name} »", en=f'Unknown column: "{name}"')
            yield ListProblem(1, name, with_suggestion(unknown, name, COLUMNS))
    if "handle" not in names:
        yield ListProblem(
            1,
            "handle",
            Text(fr="La colonne « handle » (nom court) manque.", en='The column "handle" (short name) is missing.'),
        )


def _person(row: Mapping[str, str]) -> NewPerson:
    def cell(name: str) -> str | None:
        return (row.get(name) or "").strip() or None

    def day(name: str) -> date | None:
        word = cell(name)
        try:
            return date.fromisoformat(word) if word else None
        except ValueError as error:
            raise _CellError(name, _no_date(str(error))) from error

    return NewPerson(
        _handle(cell("handle") or ""),
        given_name=cell("given_name") or "",
        family_name=cell("family_name") or "",
        roles=_roles(cell("roles") or "trainee"),
        born=day("born"),
        email=cell("email"),
        organisation=cell("organisation"),
        candidate_number=cell("candidate_number"),
        extra_time=_extra_time(cell("extra_time")),
        account=cell("account"),
        keep_until=day("keep_until"),
    )


def _handle(word: str) -> str:
    if not HANDLE.fullmatch(word):
        raise _CellError(
            "handle",
            Text(
                fr=f"« {word} » ne peut pas servir de nom court (lettres minuscules, chiffres, . _ -)",
                en=f'"{word}" cannot be used as a short name (lower-case letters, digits, . _ -)',
            ),
        )
    return word


def _roles(words: str) -> frozenset[Role]:
    try:
        return frozenset(role_named(word) for word in words.split())
    except UsageError as error:
        raise _CellError("roles", error.text) from error


def _extra_time(word: str | None) -> str | None:
    try:
        if word is not None:
            check_extra_time(word)
    except UsageError as error:
        raise _CellError("extra_time", error.text) from error
    return word


def _refuse_twice(handle: str, line: int, seen: dict[str, int]) -> None:
    if handle in seen:
        raise _CellError(
            "handle",
            Text(
                fr=f"« {handle} » est déjà à la ligne {seen[handle]}",
                en=f'"{handle}" is already on line {seen[handle]}',
            ),
        )
    seen[handle] = line


def _no_date(said: str) -> Text:
    word = said.rpartition(": ")[2]
    return Text(fr=f"{word} n’est pas une date (2004-05-17)", en=f"{word} is no date (2004-05-17)")


def _no_csv(said: str) -> Text:
    return Text(fr=f"Ce n’est pas du CSV : {said}", en=f"This is no CSV: {said}")
