"""A grading as a trainee is told it: what a user would notice, and nothing of what was expected or how it was seen.

As long as something is to be put right, the checks of what worked, and still works, are one line: read one by one, they
would tell where to look, and where not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from grader.report import CheckResult, Report, is_answer
from orchestrator.core.text import Text

KEPT: Final = "kept"
"""The id of the line that stands for the guards that are green."""
_KEPT: Final = Text(fr="Ce qui marchait marche toujours.", en="What worked still works.")
_REST_KEPT: Final = Text(fr="Le reste de ce qui marchait marche toujours.", en="The rest of what worked still works.")
"""Said beside a guard that is not green, which it would contradict otherwise."""
_KEEPING: Final = Text(fr="Ce qui marchait", en="What worked")


def report_for_trainee(report: Report) -> Report:
    """Return what a trainee may see of a grading; its verdict and its points are the same.

    An error keeps its evidence: it is about the grader's trouble, and says what to repair. So does an answer, whose
    evidence says only that it is missing, unreadable or wrong. The differences are left out until every check is
    green: before, the fault itself is one of them.
    """
    quiet = any(_to_be_put_right(result) for result in report.results)
    results = _with_one_line_of_guards(report.results) if quiet else report.results
    differences = report.differences if report.checks_green else ()
    return replace(report, results=tuple(map(_without_evidence, results)), differences=differences)


def result_for_trainee(result: CheckResult) -> CheckResult:
    """Return what a trainee may see of a result that has just come: whether others will be red is not known yet."""
    return _without_evidence(_one_line([result]) if _is_kept(result) else result)


def running_for_trainee(result: CheckResult) -> Text:
    """Return what a trainee may read of a check while it runs."""
    if result.role == "guard":
        return _KEEPING
    return result.before or result.sentence


def _to_be_put_right(result: CheckResult) -> bool:
    return result.role in {"symptom", "objective"} and result.outcome != "pass" and not is_answer(result)


def _is_kept(result: CheckResult) -> bool:
    return result.role == "guard" and result.outcome == "pass"


def _with_one_line_of_guards(results: Iterable[CheckResult]) -> Iterator[CheckResult]:
    """Yield the results with one in place of all guards that are green, where the first of them stands."""
    results = list(results)
    kept = [result for result in results if _is_kept(result)]
    whole = all(_is_kept(result) for result in results if result.role == "guard")
    for result in results:
        if not _is_kept(result):
            yield result
        elif result is kept[0]:
            yield _one_line(kept, _KEPT if whole else _REST_KEPT)


def _one_line(kept: list[CheckResult], said: Text = _KEPT) -> CheckResult:
    seconds = round(sum(result.seconds for result in kept), 3)
    return CheckResult(KEPT, "guard", sum(result.points for result in kept), None, said, "pass", seconds=seconds)


def _without_evidence(result: CheckResult) -> CheckResult:
    sentence = result.sentence if result.outcome == "pass" or result.before is None else result.before
    evidence = result.evidence if result.outcome == "error" or is_answer(result) else None
    return replace(result, sentence=sentence, evidence=evidence, commands=(), because=None, before=None)
