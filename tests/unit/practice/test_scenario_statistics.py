"""How a scenario goes, over many people, and nothing of one person outside one's own classes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.practice.scenario_statistics import GROUP, MOST, Counted, counted, statistics_of
from orchestrator.records.first_attempts import FirstAttempt
from orchestrator.records.models import Attempt, CheckReport

BEGAN = datetime(2026, 11, 20, 9, tzinfo=UTC)


def first(number: int, *, over: bool = True) -> FirstAttempt:
    return FirstAttempt(number, f"P-{number}", BEGAN + timedelta(minutes=number) if over else None)


def attempt(number: int, *gradings: dict[str, str], hints: int = 0, solved: bool = False) -> Attempt:
    """Return an attempt whose gradings, one each ten minutes, found outcomes by check."""
    reports = [
        CheckReport(at=BEGAN + timedelta(minutes=10 * place), valid=True, report={"results": results_of(one)})
        for place, one in enumerate(gradings, start=1)
    ]
    made = Attempt(id=number, started_at=BEGAN, hints=hints, solved_at=BEGAN if solved else None)
    made.reports = reports
    return made


def results_of(outcomes: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"id": check, "outcome": outcome, "sentence": {"fr": f"{check} marche", "en": f"{check} works"}}
        for check, outcome in outcomes.items()
    ]


@pytest.mark.parametrize(
    ("own", "others", "still", "counts"),
    [
        (1, 0, 0, 0),
        (0, GROUP - 1, 0, 0),
        (0, GROUP, 0, GROUP),
        (3, GROUP + 2, 0, GROUP),
        (0, 2 * GROUP, 0, 2 * GROUP),
        (0, GROUP - 1, 4, 0),
        (0, MOST + 2 * GROUP, 0, MOST),
    ],
)
def test_others_count_in_groups_and_once_they_are_through(own: int, others: int, still: int, counts: int) -> None:
    mine = [first(number) for number in range(own)]
    rest = [first(1000 + number) for number in range(others)]
    going = [first(5000 + number, over=False) for number in range(still)]
    found = counted([*mine, *rest, *going], {one.person for one in mine}, "P-reader")
    assert (len(found.own), len(found.others)) == (own, counts)
    assert found.waiting == (counts < min(others, MOST) + still)


def test_ones_own_trial_counts_for_nothing() -> None:
    everybody = [first(number) for number in range(GROUP)]
    found = counted(everybody, (), "P-0")
    assert found == Counted((), (), waiting=True)
    assert counted(everybody, {"P-0"}, "P-0").own == ()


def test_who_joins_later_never_changes_the_numbers_alone() -> None:
    """Whatever the size, the numbers of today and of yesterday differ by whole groups."""
    sizes = {len(counted([first(n) for n in range(size)], (), "").others) for size in range(3 * GROUP)}
    assert sizes == {0, GROUP, 2 * GROUP}


def everyones(attempts: Sequence[Attempt]) -> Counted:
    return Counted(tuple(one.id for one in attempts), (), waiting=False)


def test_red_at_first_and_how_long_until_green() -> None:
    attempts = [
        attempt(1, {"web": "fail", "dns": "pass"}, {"web": "pass", "dns": "fail"}, hints=2, solved=True),
        attempt(2, {"web": "fail"}, {"web": "fail"}, {"web": "pass"}),
        attempt(3, {"web": "fail"}),
        attempt(4, {"web": "pass"}),
        attempt(5, {"web": "error"}, {"web": "fail"}),
        attempt(6),
    ]
    found = statistics_of(attempts, everyones(attempts))
    assert (found.people, found.own, found.hinted, found.hints, found.solved) == (6, 6, 1, 2, 1)
    web, dns = found.checks
    assert (web.id, web.sentence.en, web.people, web.red, web.green) == ("web", "web works", 4, 3, 2)
    assert web.seconds == 25 * 60, "the median of 20 and of 30 minutes"
    assert (dns.people, dns.red, dns.green, dns.seconds) == (1, 0, 0, None)


def test_an_invalid_grading_is_no_first_one() -> None:
    one = attempt(1, {"web": "fail"}, {"web": "pass"})
    one.reports[0].valid = False
    (web,) = statistics_of([one], everyones([one])).checks
    assert (web.people, web.red) == (1, 0)


def test_a_check_that_few_others_had_leaves_them_out() -> None:
    others = [attempt(number, {"web": "fail"}) for number in range(GROUP)]
    rare, own = attempt(50, {"rare": "fail"}), attempt(60, {"rare": "pass"})
    which = Counted((60,), (*range(GROUP), 50), waiting=False)
    by_name = {one.id: one for one in statistics_of([*others, rare, own], which).checks}
    assert (by_name["web"].people, by_name["web"].red) == (GROUP, GROUP)
    assert (by_name["rare"].people, by_name["rare"].red) == (1, 0), "only the own one"
    alone = statistics_of([rare], Counted((), (50,), waiting=False))
    assert alone.checks == ()
