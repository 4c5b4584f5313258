"""A check that is not green at the deadline is asked a second time before it is sealed.

Nothing changes between the two gradings. Where they differ, the machine does not know: the check is an error, which is
no judgement, and shows what both found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from grader.job import Selection
from grader.report import CheckResult, Outcome, Report
from orchestrator.core.errors import BreakfixError
from orchestrator.core.text import Text
from orchestrator.labs import Labs, Running

_COLOURS: Final[Mapping[Outcome, Text]] = {
    "pass": Text(fr="vert", en="green"),
    "fail": Text(fr="rouge", en="red"),
    "error": Text(fr="sans avis", en="no judgement"),
}


@dataclass(frozen=True)
class GradedTwice:
    """What two gradings came to.

    Attributes:
        report: the judgement: of each check, what both gradings agree on.
        asked_again: the ids of the checks that the second grading asked.
        disagreed: the results, as judged, on which the gradings differ.
    """

    report: Report
    asked_again: tuple[str, ...] = ()
    disagreed: tuple[CheckResult, ...] = ()


def grade_twice(labs: Labs, running: Running) -> GradedTwice:
    """Grade an instance, then once more whatever was not green.

    Raises:
        LabError: the first grading cannot be done.
    """
    first = labs.grading.check(running)
    doubtful = tuple(result.id for result in first.results if result.outcome != "pass")
    if not doubtful:
        return GradedTwice(first)
    try:
        second = {
            result.id: result for result in labs.grading.check(running, selection=Selection(only=doubtful)).results
        }
        broke_off = None
    except BreakfixError as error:
        second, broke_off = {}, error.text
    results, disagreed = [], []
    for result in first.results:
        judged = _judged(result, second.get(result.id), broke_off) if result.id in doubtful else result
        results.append(judged)
        if judged is not result:
            disagreed.append(judged)
    return GradedTwice(replace(first, results=tuple(results)), doubtful, tuple(disagreed))


def _judged(first: CheckResult, second: CheckResult | None, broke_off: Text | None) -> CheckResult:
    """Return what two results of a check that is not green come to: the first one where both agree."""
    if second is not None and second.outcome == first.outcome:
        return first
    looks = [_said(first), _said(second) if second is not None else broke_off or _not_asked()]
    told = Text(
        fr="Deux évaluations, entre lesquelles rien n'a changé, ne s'accordent pas :\n"
        + "\n".join(f"{number}. {look.fr}" for number, look in enumerate(looks, 1)),
        en="Two gradings, between which nothing changed, do not agree:\n"
        + "\n".join(f"{number}. {look.en}" for number, look in enumerate(looks, 1)),
    )
    commands = (*first.commands, *(second.commands if second is not None else ()))
    return replace(first, outcome="error", evidence=told, commands=commands)


def _said(result: CheckResult) -> Text:
    colour, evidence = _COLOURS[result.outcome], result.evidence
    if evidence is None:
        return colour
    return Text(fr=f"{colour.fr} : {evidence.fr.strip()}", en=f"{colour.en}: {evidence.en.strip()}")


def _not_asked() -> Text:
    return Text(fr="le contrôle n'a pas répondu", en="the check did not answer")
