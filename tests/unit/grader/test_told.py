"""What a trainee is told of a grading: what a user would notice before the repair, guards in one line till then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.marks import Role, check
from grader.report import ANSWERS, CheckResult, Outcome, Report
from grader.told import KEPT, report_for_trainee, result_for_trainee, running_for_trainee
from orchestrator.core.text import Text, same
from tests.unit.differences import EVERY

BEFORE = Text(fr="La boutique est fermée.", en="The shop is closed.")


def result(name: str, outcome: Outcome, role: Role = "symptom", points: int = 2) -> CheckResult:
    seen = None if outcome == "pass" else same(f"saw {name}")
    return CheckResult(name, role, points, "3.4", same(f"{name} is right."), outcome, seen, because="x")


def report(*results: CheckResult) -> Report:
    return Report("lab", "s", 7, "d", "2026-11-30T12:00:00Z", 0.1, results)


SHOP = replace(result("shop", "fail"), before=BEFORE)
GUARDS = (result("first", "pass", "guard", 1), result("second", "pass", "guard", 3))


@pytest.mark.parametrize(
    ("results", "told"),
    [
        ([SHOP, *GUARDS], [("shop", BEFORE.en), (KEPT, "What worked still works.")]),
        ([replace(SHOP, outcome="error"), *GUARDS], [("shop", BEFORE.en), (KEPT, "What worked still works.")]),
        (
            [GUARDS[0], SHOP, result("third", "fail", "guard"), GUARDS[1]],
            [(KEPT, "The rest of what worked still works."), ("shop", BEFORE.en), ("third", "third is right.")],
        ),
        (
            [replace(SHOP, outcome="pass"), *GUARDS],
            [("shop", "shop is right."), ("first", "first is right."), ("second", "second is right.")],
        ),
        (
            [replace(SHOP, outcome="pass"), GUARDS[0], result("third", "fail", "guard")],
            [("shop", "shop is right."), ("first", "first is right."), ("third", "third is right.")],
        ),
        (
            [replace(SHOP, outcome="pass"), *GUARDS, result(f"{ANSWERS}who", "fail", "objective")],
            [
                ("shop", "shop is right."),
                ("first", "first is right."),
                ("second", "second is right."),
                (f"{ANSWERS}who", f"{ANSWERS}who is right."),
            ],
        ),
        ([result("task", "fail", "objective")], [("task", "task is right.")]),
        (GUARDS, [("first", "first is right."), ("second", "second is right.")]),
    ],
    ids=["red", "error", "a guard is red", "green", "only a guard is red", "answers left", "no guard", "a lab's own"],
)
def test_before_the_repair_it_is_what_a_user_would_notice(
    results: list[CheckResult], told: list[tuple[str, str]]
) -> None:
    graded = report(*results)
    seen = report_for_trainee(graded)
    assert [(one.id, one.sentence.en) for one in seen.results] == told
    assert (seen.verdict, seen.points, seen.points_total) == (graded.verdict, graded.points, graded.points_total)


def test_a_result_that_has_just_come_tells_no_guard_that_is_green() -> None:
    assert result_for_trainee(GUARDS[0]).id == KEPT
    assert result_for_trainee(result("third", "fail", "guard")).sentence.en == "third is right."
    assert result_for_trainee(SHOP).sentence == BEFORE
    assert result_for_trainee(replace(SHOP, outcome="pass")).sentence.en == "shop is right."


def test_what_runs_is_told_as_before_the_repair() -> None:
    assert running_for_trainee(SHOP) == BEFORE
    assert running_for_trainee(result("other", "error")).en == "other is right."
    assert running_for_trainee(GUARDS[0]) == Text(fr="Ce qui marchait", en="What worked")


def test_nothing_of_how_it_was_seen_is_told() -> None:
    wrong = result(f"{ANSWERS}who", "fail", "objective")
    seen = report_for_trainee(replace(report(SHOP, result("dns", "error"), wrong), differences=EVERY))
    assert [one.evidence and one.evidence.en for one in seen.results] == [None, "saw dns", f"saw {ANSWERS}who"]
    assert all(one.because is None and one.before is None and not one.commands for one in seen.results)
    assert seen.differences == ()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"before_fr": "La boutique est fermée."}, "before_fr and before_en go together"),
        ({"before_fr": "La boutique est fermée.", "before_en": " "}, "before_en ' ' is no sentence"),
    ],
)
def test_it_is_said_in_both_languages(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):

        @check("symptom", fr="Elle s'ouvre.", en="It opens.", **given)  # type: ignore[arg-type]
        def test_shop() -> None:
            """Is never reached."""
