"""What check files state, and what is asked of all of them together: names, roles, competences."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from orchestrator.core.errors import Place, Problem
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.loader.check_calls import AskedName
from orchestrator.loader.check_imports import TakenTool
from orchestrator.templates.render import names_in

_KnownCompetence: TypeAlias = Callable[[str], Text | None]


@dataclass(frozen=True)
class Sentence:
    """A text of a check that is a template of the variant's values, with the place where it stands."""

    source: str
    place: Place


@dataclass(frozen=True)
class StatedCheck:
    """One ``@check`` as it is written.

    Attributes:
        name: the function's name.
        role: its role, with its place; None where it is not literal.
        fr: the trainee's sentence in French; None where it is not literal.
        en: the same in English.
        host: the host that it looks at; None where it names none, or not literally.
        competence: the competence's code, with its place; None where it states none.
        parameters: the names that ``pytest.mark.parametrize`` adds to the variant's.
        before: what a trainee reads as long as the check is red, in both languages; empty where it states none, or
            not literally.
    """

    name: str
    role: Sentence | None = None
    fr: Sentence | None = None
    en: Sentence | None = None
    host: Sentence | None = None
    competence: Sentence | None = None
    parameters: frozenset[str] = frozenset()
    before: tuple[Sentence, ...] = ()

    def templates(self) -> Iterator[Sentence]:
        """Yield the texts that are rendered when the check is graded."""
        yield from (text for text in (self.fr, self.en, *self.before, self.host) if text is not None)


@dataclass(frozen=True)
class CheckFile:
    """One file with checks: what it states, takes of its lab's tools and asks of the lab; what is wrong by itself."""

    path: Path
    checks: tuple[StatedCheck, ...] = ()
    problems: tuple[Problem, ...] = ()
    tools: tuple[TakenTool, ...] = ()
    asked: tuple[AskedName, ...] = ()


def names_are_known(files: Iterable[CheckFile], names: Collection[str]) -> Iterator[Problem]:
    """Yield a problem for each name in a sentence that neither the variant nor the check's parameters have."""
    for check in (check for file in files for check in file.checks):
        for text in check.templates():
            for name in sorted(names_in(text.source) - check.parameters - set(names)):
                unknown = Text(fr=f"le nom « {name} » n'est pas défini", en=f'the name "{name}" is not defined')
                yield Problem(text.place, with_suggestion(unknown, name, sorted({*names, *check.parameters})))


def asked_names(files: Iterable[CheckFile]) -> Iterator[AskedName]:
    """Yield the names that stand literally in check files and should be the lab's or the variant's."""
    for file in files:
        for check in file.checks:
            if check.host is not None and "{" not in check.host.source:
                yield AskedName("host", check.host.source, check.host.place)
        yield from file.asked


def are_guards(files: Iterable[CheckFile]) -> Iterator[Problem]:
    """Yield a problem for each check of these files that has another role than a guard's."""
    for check in (check for file in files for check in file.checks):
        if check.role is not None and check.role.source != "guard":
            text = Text(
                fr=f"« {check.name} » est dans checks/guards : son rôle est « guard »",
                en=f'"{check.name}" is in checks/guards: its role is "guard"',
            )
            yield Problem(check.role.place, text)


def competences_are_known(files: Iterable[CheckFile], unknown: _KnownCompetence) -> Iterator[Problem]:
    """Yield a problem for each competence of a check that the certification does not have.

    Args:
        files: the check files.
        unknown: tells what is wrong with a code, or None.
    """
    for check in (check for file in files for check in file.checks):
        if check.competence is not None and (text := unknown(check.competence.source)) is not None:
            yield Problem(check.competence.place, text)
