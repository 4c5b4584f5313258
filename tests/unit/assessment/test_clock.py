"""The session's clock: a set, wrong or summer-time clock does not move it; a restarted machine goes on."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.assessment.session_clock import Anchor, Kernel, SessionClock
from orchestrator.assessment.timing import Allowance
from tests.unit.assessment.sessions import SECOND, Played

pytestmark = pytest.mark.slow


@given(st.integers(10**9, 2 * 10**9), st.lists(st.tuples(st.integers(0, 5000), st.integers(-(10**6), 10**6))))
def test_setting_the_machine_s_clock_changes_nothing(wall: int, steps: list[tuple[int, int]]) -> None:
    source = Played(wall)
    anchor = SessionClock(source).anchor
    passed = 0
    for seconds, change in steps:
        source.go(seconds, clock_set_by=change)
        passed += seconds
        again = SessionClock(source, anchor, last=wall)  # another process: killed and started again
        assert (again.now(), again.renewed) == (wall + passed, False)
    assert SessionClock(source, anchor).drift() == sum(change for _, change in steps)


@given(st.integers(0, 10**6), st.integers(-(10**6), 10**6))
def test_a_restarted_machine_goes_on_and_never_back(down: int, wrong_by: int) -> None:
    source = Played(10**9)
    first = SessionClock(source)
    source.go(600)
    last = first.now()
    after = Played(last + down + wrong_by, count=SECOND, boot="second")
    clock = SessionClock(after, first.anchor, last=last)
    assert clock.renewed
    assert clock.now() == max(last, last + down + wrong_by)
    assert clock.behind == (down + wrong_by < 0)


def test_the_anchor_is_kept_as_json() -> None:
    anchor = SessionClock(Played(10**9)).anchor
    assert Anchor.from_document(anchor.to_document()) == anchor


def test_how_long_it_is_until_a_second_begins() -> None:
    source = Played(100)
    clock = SessionClock(source)
    source.count_ns += SECOND // 4
    assert (clock.until(103), clock.until(99)) == (2.75, -1.25)


@pytest.mark.parametrize(("month", "day", "shown"), [(3, 29, "04:30"), (10, 25, "02:30")])
def test_summer_time_begins_or_ends_within_a_phase(month: int, day: int, shown: str) -> None:
    """On 29 March 2026 there is no 2:30 in Paris, on 25 October it is 2:30 twice; two hours are two hours."""
    paris = ZoneInfo("Europe/Paris")
    start = dt.datetime(2026, month, day, 1, 30, tzinfo=paris)
    end = Allowance(int(start.timestamp()), 7200).deadline()
    assert end is not None
    assert dt.datetime.fromtimestamp(end, paris).strftime("%H:%M") == shown
    assert end - int(start.timestamp()) == 7200


def test_the_kernel_counts_and_has_a_name_for_its_start() -> None:
    kernel = Kernel()
    clock = SessionClock(kernel)
    assert clock.now() == SessionClock(kernel, clock.anchor).now()
    assert abs(clock.drift()) <= 1
    assert len(kernel.boot()) == 36
