"""The decorator that makes a test function a check: role, points, competence and the trainee's sentence."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType
from typing import Any, TypeVar

from orchestrator.model.check import ROLES, Role

__all__ = ["DECLARED", "ROLES", "CheckMark", "Declared", "Role", "check"]

_COMPETENCE = re.compile(r"[1-9]\.[1-9]")
_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True)
class CheckMark:
    """What ``@check`` states; sentences and ``host`` are Jinja2 templates of the variant's values.

    Attributes:
        role: what the check stands for.
        points: what a pass earns.
        competence: ``1.3``, or None (a lab's own health check).
        fr: the trainee's sentence in French.
        en: the same in English.
        host: the host looked at.
        lock: what the check needs for itself; checks with the same run one after another, all others at once. None
            stands for the host; empty, the check disturbs no other and is disturbed by none.
        timeout: seconds, or None for the grading's default.
        because: a regular expression (and template) that the evidence of a red must match while the fault is in
            place, so that a proof sees that the check is red for its fault and for nothing else; or None.
    """

    role: Role
    points: int
    competence: str | None
    fr: str
    en: str
    host: str | None
    timeout: float | None
    because: str | None = None
    lock: str | None = None
    before_fr: str | None = None
    before_en: str | None = None

    def problems(self) -> tuple[str, ...]:
        """Return what is wrong with the statement, in English for the author's terminal."""
        rules = (
            (self.role in ROLES, f"role {self.role!r} is none of {', '.join(ROLES)}"),
            (_is_count(self.points), f"points {self.points!r} is not a whole number from 0"),
            (
                self.competence is None or _COMPETENCE.fullmatch(str(self.competence)) is not None,
                f"competence {self.competence!r} is no code such as '1.3'",
            ),
            (_is_sentence(self.fr), "fr (the French sentence) is missing"),
            (_is_sentence(self.en), "en (the English sentence) is missing"),
            (self.host is None or _is_sentence(self.host), f"host {self.host!r} is no host's name"),
            (
                self.timeout is None or self.timeout > 0,
                f"timeout {self.timeout!r} is not a number of seconds",
            ),
            (self.because is None or _is_sentence(self.because), f"because {self.because!r} is no regular expression"),
            (self.lock is None or isinstance(self.lock, str), f"lock {self.lock!r} is no name"),
            (
                (self.before_fr is None) is (self.before_en is None),
                "before_fr and before_en go together: both or none",
            ),
            *(
                (before is None or _is_sentence(before), f"{name} {before!r} is no sentence")
                for name, before in (("before_fr", self.before_fr), ("before_en", self.before_en))
            ),
        )
        return tuple(problem for good, problem in rules if not good)


@dataclass(frozen=True)
class Declared:
    """One use of ``@check``: whatever pytest collects, this function is meant to be a check."""

    name: str
    file: str
    line: int
    code: CodeType


DECLARED: list[Declared] = []
"""Every check that the imported files declare, so that one that pytest does not collect is noticed."""


def check(  # noqa: PLR0913 (each but the role is a keyword of its own)
    role: Role,
    *,
    points: int = 1,
    competence: str | None = None,
    fr: str = "",
    en: str = "",
    host: str | None = None,
    timeout: float | None = None,
    because: str | None = None,
    lock: str | None = None,
    before_fr: str | None = None,
    before_en: str | None = None,
) -> Callable[[_F], _F]:
    """Mark a test function as a check.

    Args:
        role: ``symptom``, ``guard`` or ``objective``.
        points: what a pass earns.
        competence: the code of the referential, such as ``1.3``.
        fr: the trainee's sentence in French; a Jinja2 template of the variant's values.
        en: the same in English.
        host: the host that is looked at, by name or as a template.
        timeout: seconds that the check may take.
        because: what the evidence says when the check is red for its fault: a regular expression, and a template
            like the sentences. ``breakfix prove`` refuses a check that is red with other evidence.
        lock: what the check needs for itself, a name of the author's (or a template): checks with the same lock run
            one after another, and at once with all others. Without it, the host is the lock. ``lock=""`` says that the
            check neither disturbs another one nor is disturbed: it only looks, or acts on what is its own.
        before_fr: what a trainee reads in place of the sentence as long as the check is red, in French: what a user
            would notice, and nothing of the cause; a template too.
        before_en: the same in English; both or none.

    Raises:
        ValueError: something is missing or wrong; all problems are listed.
    """
    import pytest  # noqa: PLC0415 (the program that only starts gradings must not pay for it)

    mark = CheckMark(role, points, competence, fr, en, host, timeout, because, lock, before_fr, before_en)

    def decorate(function: _F) -> _F:
        problems = mark.problems()
        if not inspect.isfunction(function):
            problems += ("it marks a function, not a class or other object",)
        name = getattr(function, "__qualname__", repr(function))
        if problems:
            message = f"@check on {name}: {'; '.join(problems)}"
            raise ValueError(message)
        code = inspect.unwrap(function).__code__
        DECLARED.append(Declared(name, code.co_filename, code.co_firstlineno, code))
        marked: _F = pytest.mark.check.with_args(mark)(function)
        return marked

    return decorate


def _is_sentence(text: object) -> bool:
    return isinstance(text, str) and bool(text.strip())


def _is_count(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number >= 0
