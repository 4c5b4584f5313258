"""The one root of all errors that a user can repair, each with an exit code and a next step."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import ClassVar

from orchestrator.core.text import Text


class ExitCode(IntEnum):
    """What the command line's exit status says."""

    DONE = 0
    NOT_REPAIRED = 1
    WRONG_USE = 2
    MACHINE = 3
    CONTENT = 4
    BROKEN = 5
    INTERRUPTED = 130


class BreakfixError(Exception):
    """An error that the user can repair: what happened, and what to do next.

    Attributes:
        text: what happened, in both languages.
        hint: the next step, in both languages, or None where the message already says it.
        evidence: output of the failing part (a log's last lines), untranslated.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.BROKEN

    def __init__(self, text: Text, hint: Text | None = None, evidence: str = "") -> None:
        """Make the error; ``str()`` of it is the English text."""
        super().__init__(text.en)
        self.text = text
        self.hint = hint
        self.evidence = evidence


class UsageError(BreakfixError):
    """The command was called with something that does not exist or does not fit."""

    exit_code = ExitCode.WRONG_USE


class MachineError(BreakfixError):
    """The machine lacks something: Docker Engine, a permission, memory, disk, a package."""

    exit_code = ExitCode.MACHINE


class LabError(BreakfixError):
    """A lab or a check broke: a host died, a fault did not take effect, the grader could not look."""

    exit_code = ExitCode.BROKEN


class FaultMistakeError(LabError):
    """The code of a fault failed by itself: its class has a mistake, whatever the lab is like."""


@dataclass(frozen=True, order=True)
class Place:
    """Where in a content file a thing is: lines and columns count from 1, 0 means the whole file or line."""

    file: str
    line: int = 0
    column: int = 0

    @classmethod
    def of(cls, path: Path, line: int = 0, column: int = 0) -> Place:
        """Return a place in a file, named as the user would type it: relative below the working folder."""
        here = Path.cwd()
        return cls(str(path.relative_to(here) if path.is_relative_to(here) else path), line, column)

    def __str__(self) -> str:
        """Return ``file:line:column`` as compilers print it, as far as it is known."""
        return ":".join([self.file, *(str(number) for number in (self.line, self.column) if number)])


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a content file.

    Attributes:
        place: where it is.
        text: what is wrong, and what should be there.
        hint: the next step, where the text does not say it.
        word: the word that is wrong, by which the column can be found in the line.
    """

    place: Place
    text: Text
    hint: Text | None = None
    word: str = field(default="", compare=False)


class ContentError(BreakfixError):
    """Content (a lab, scenario, image or referential) is invalid; every problem found is listed."""

    exit_code = ExitCode.CONTENT

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Make one error of all problems of a folder."""
        if not problems:
            message = "a content error needs at least one problem"
            raise ValueError(message)
        self.problems = problems
        super().__init__(
            Text(
                fr="\n".join(f"{p.place} : {p.text.fr}" for p in problems),
                en="\n".join(f"{p.place}: {p.text.en}" for p in problems),
            ),
            problems[0].hint if len(problems) == 1 else None,
        )
