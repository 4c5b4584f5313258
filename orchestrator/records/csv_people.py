"""A list of people as CSV: read whole, every problem told at its place, before anybody is added."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from orchestrator.core.errors import BreakfixError, ContentError, Place, Problem, UsageError
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


def read_people(path: Path) -> tuple[Listed, ...]:
    """Read a list of people: UTF-8, with commas or semicolons, the columns' names in the first line.

    Raises:
        UsageError: the file cannot be read.
        ContentError: something in it is wrong; every problem is listed with its line.
    """
    text = _text(path)
    delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    rows = csv.DictReader(io.StringIO(text), delimiter=delimiter, restkey="", restval="")
    problems = list(_wrong_columns(path, rows.fieldnames or ()))
    if problems:
        raise ContentError(tuple(problems))
    listed, seen = [], dict[str, int]()
    for row in rows:
        line = rows.line_num
        try:
            one = Listed(line, _person(row), row.get("group", "").strip() or None)
            _refuse_twice(one.person.handle, line, seen)
            listed.append(one)
        except (UsageError, ValueError) as error:
            text_ = error.text if isinstance(error, BreakfixError) else _no_date(str(error))
            problems.append(Problem(Place.of(path, line), text_))
    if problems:
        raise ContentError(tuple(problems))
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


def _wrong_columns(path: Path, names: Sequence[str]) -> Iterator[Problem]:
    for name in names:
        if name not in COLUMNS:
            unknown = Text(fr=f"Colonne inconnue : « {name} »", en=f'Unknown column: "{name}"')
            yield Problem(Place.of(path, 1), with_suggestion(unknown, name, COLUMNS))
    if "handle" not in names:
        yield Problem(
            Place.of(path, 1),
            Text(fr="La colonne « handle » (nom court) manque.", en='The column "handle" (short name) is missing.'),
        )


def _person(row: Mapping[str, str]) -> NewPerson:
    def cell(name: str) -> str | None:
        return (row.get(name) or "").strip() or None

    handle = cell("handle") or ""
    if not HANDLE.fullmatch(handle):
        raise UsageError(
            Text(
                fr=f"« {handle} » ne peut pas servir de nom court (lettres minuscules, chiffres, . _ -)",
                en=f'"{handle}" cannot be used as a short name (lower-case letters, digits, . _ -)',
            )
        )
    if extra := cell("extra_time"):
        check_extra_time(extra)
    roles: frozenset[Role] = frozenset(role_named(word) for word in (cell("roles") or "trainee").split())
    born, until = cell("born"), cell("keep_until")
    return NewPerson(
        handle,
        given_name=cell("given_name") or "",
        family_name=cell("family_name") or "",
        roles=roles,
        born=date.fromisoformat(born) if born else None,
        email=cell("email"),
        organisation=cell("organisation"),
        candidate_number=cell("candidate_number"),
        extra_time=cell("extra_time"),
        account=cell("account"),
        keep_until=date.fromisoformat(until) if until else None,
    )


def _refuse_twice(handle: str, line: int, seen: dict[str, int]) -> None:
    if handle in seen:
        raise UsageError(
            Text(
                fr=f"« {handle} » est déjà à la ligne {seen[handle]}",
                en=f'"{handle}" is already on line {seen[handle]}',
            )
        )
    seen[handle] = line


def _no_date(said: str) -> Text:
    word = said.rpartition(": ")[2]
    return Text(fr=f"{word} n’est pas une date (2004-05-17)", en=f"{word} is no date (2004-05-17)")
