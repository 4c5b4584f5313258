"""What the loaders of labs, scenarios and images share: collecting problems, check files, digests."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from pydantic import BaseModel

from orchestrator.core.errors import ContentError, Place, Problem
from orchestrator.core.suggest import nearest
from orchestrator.core.text import Text
from orchestrator.loader.check_source import read_checks
from orchestrator.loader.check_statements import CheckFile
from orchestrator.loader.files import MAX_FILE, files_below, problem, read_bytes, read_text
from orchestrator.loader.model_validation import validate
from orchestrator.loader.yaml_source import YamlSource, read_yaml

P = ParamSpec("P")
T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


MAX_PROBLEMS: Final = 200
"""The most problems of which anybody wants to see the column: each is looked up in its file."""


def _with_column(found: Problem) -> Problem:
    """Return a problem with the column of its word in its line: in a template's tag, else anywhere."""
    place = found.place
    if not found.word or place.column or not place.line:
        return found
    try:
        line = Path(place.file).read_text(encoding="utf-8").splitlines()[place.line - 1]
    except (OSError, ValueError, IndexError):
        return found
    begin = _begin_of(found.word, line)
    return found if begin is None else replace(found, place=replace(place, column=begin + 1))


def _begin_of(word: str, line: str) -> int | None:
    """Return where a word begins in a line, in one pass: in a template's tag, else anywhere."""
    inside, anywhere = False, None
    for seen in re.finditer(rf"\{{[{{%]|\}}|(?<!\w)(?P<word>{re.escape(word)})(?!\w)", line):
        if seen["word"] is None:
            inside = seen[0] != "}"
        elif inside:
            return seen.start()
        elif anywhere is None:
            anywhere = seen.start()
    return anywhere


class Problems:
    """Every problem of a folder, so that its author sees them all at once."""

    def __init__(self) -> None:
        """Begin without any."""
        self._found: dict[tuple[Place, str], Problem] = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._found)

    def __iter__(self) -> Iterator[Problem]:
        """Yield them in the order in which they were found."""
        return iter(self._found.values())

    def add(self, problems: Iterable[Problem]) -> None:
        """Add problems; the same one at the same place counts once."""
        for one in problems:
            found = _with_column(one) if len(self._found) < MAX_PROBLEMS else one
            self._found.setdefault((found.place, found.text.en), found)

    def files(self) -> frozenset[str]:
        """Return the files that have a problem."""
        return frozenset(found.place.file for found in self)

    def attempt(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return what a function returns, or None after adding the problems of the error that it raises."""
        try:
            return function(*args, **kwargs)
        except ContentError as error:
            self.add(error.problems)
            return None

    def document(self, path: Path, model: type[M], *, within: Path) -> tuple[M | None, YamlSource | None]:
        """Read a YAML file and make a model of it; None for what could not be made."""
        source = self.attempt(read_yaml, path, within=within)
        if source is None:
            return None, None
        document, problems = validate(source, model)
        self.add(problems)
        return document, source

    def sorted(self) -> tuple[Problem, ...]:
        """Return all of them, by file and line."""
        return tuple(sorted(self._found.values(), key=lambda found: found.place))

    def error(self) -> ContentError:
        """Return the error that tells all of them."""
        return ContentError(self.sorted())

    def raise_if_any(self) -> None:
        """Raise that error where there is something to tell.

        Raises:
            ContentError: there is at least one problem.
        """
        if self._found:
            raise self.error()


def check_files(
    folder: Path, problems: Problems, below: str = "checks", *, beside: Collection[str] = ()
) -> tuple[CheckFile, ...]:
    """Return the check files of a folder, ``checks/test_*.py``, sorted, read without being run.

    A file that pytest would not collect, or could not read, would be missing from the grade without a word.

    Args:
        folder: the folder of the lab or scenario.
        problems: takes what is wrong.
        below: where its check files are.
        beside: the names of files that may stand there without being graded.
    """
    found = sorted((folder / below).glob("*.py"))
    paths = tuple(path for path in found if path.name.startswith("test_"))
    problems.add(
        problem(
            path,
            "ce fichier ne serait pas noté : un fichier de contrôles s'appelle test_*.py",
            "this file would not be graded: a file with checks is named test_*.py",
        )
        for path in found
        if path not in paths and path.name not in {"conftest.py", *beside} and not path.name.startswith("_")
    )
    read = []
    for path in paths:
        source = problems.attempt(read_text, path, within=folder)
        read.append(CheckFile(path) if source is None else read_checks(source, path))
        problems.add(read[-1].problems)
    return tuple(read)


def misnamed_entries(folder: Path, expected: Iterable[str]) -> Iterable[Problem]:
    """Yield a problem for each entry that looks like an expected one misspelt, and would be passed over."""
    names = list(expected)
    for entry in sorted(folder.iterdir()) if folder.is_dir() else ():
        near = nearest(entry.name, names, count=1)
        if entry.name not in names and near and not (folder / near[0]).exists():
            yield problem(
                entry,
                f"nom inconnu ; vouliez-vous dire « {near[0]} » ?",
                f'unknown name; did you mean "{near[0]}"?',
            )


def folder_name(folder: Path, name: str, source: YamlSource, key: str) -> Iterable[Problem]:
    """Yield a problem where a folder is not named as its document says."""
    actual = folder.resolve().name
    if actual != name:
        yield Problem(
            source.place((key,)),
            Text(
                fr=f"« {key} » est « {name} », mais le dossier est « {actual} » ; donnez-leur le même nom",
                en=f'"{key}" is "{name}", but the folder is "{actual}"; give them the same name',
            ),
        )


def digest_of(folder: Path, problems: Problems, *, also: str = "") -> str:
    """Return the SHA-256 of every file below a folder, by path and content, and of another digest.

    A file that cannot be read, or is a link out of the folder, is told unless something was told of it before.
    """
    digest = hashlib.sha256(also.encode())
    told = problems.files()
    for path in files_below(folder):
        content = problems.attempt(read_bytes, path, within=folder, limit=MAX_FILE) if _news(path, told) else None
        if content is not None:
            name = os.fsencode(path.relative_to(folder).as_posix())
            digest.update(b"%d:%s%d:" % (len(name), name, len(content)))
            digest.update(content)
    return digest.hexdigest()


def _news(path: Path, told: frozenset[str]) -> bool:
    return not told or Place.of(path).file not in told
