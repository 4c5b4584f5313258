"""Which checks are asked at once, and which one after another: those that need the same thing."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import TypeAlias

from grader.job import Selection
from grader.plugin import Planned, refused
from grader.report import CheckResult
from orchestrator.core.text import Text

Numbered: TypeAlias = tuple[int, Planned]
"""A check that is asked, and its place in the report."""


def unknown(selection: Selection, known: Container[str]) -> Iterator[CheckResult]:
    """Yield an error for each check that was asked for and is none: a grading without it would look sound."""
    for name in selection.only or ():
        if name not in known:
            yield refused(name, Text(fr="Aucun contrôle ne porte ce nom.", en="No check has this name."))


def waves(planned: Sequence[Planned], selection: Selection) -> Iterator[list[Numbered]]:
    """Yield the checks that are asked at once; what comes first is alone where it may decide and spare the others."""
    places = {name: place for place, name in reversed([*enumerate(selection.first)])}
    numbered = list(enumerate(planned))
    first = sorted((n for n in numbered if n[1].result.id in places), key=lambda n: places[n[1].result.id])
    others = [n for n in numbered if n[1].result.id not in places]
    yield from (first, others) if selection.until_red else ([*first, *others],)


def groups_of(checks: Iterable[Numbered]) -> deque[deque[Numbered]]:
    """Group the checks by their lock; one without a lock is a group of its own.

    Those that may take longest come first: one that begins last is what the others wait for.
    """
    groups: dict[object, deque[Numbered]] = {}
    for number, check in checks:
        groups.setdefault(number if check.lock is None else check.lock, deque()).append((number, check))
    return deque(sorted(groups.values(), key=lambda group: -sum(check.timeout for _, check in group)))
