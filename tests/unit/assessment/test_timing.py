"""The time arithmetic of a session: properties that hold for any start, length, extra time and pauses."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.assessment.extra_time import ExtraTime, duration
from orchestrator.assessment.timing import Allowance, Pause, merged

pytestmark = pytest.mark.slow

DAY = 86_400
starts = st.integers(0, 4 * 10**9)
lengths = st.integers(1, 12 * 3600)
fractions = st.builds(Fraction, st.integers(1, 99), st.integers(1, 99))
extras = st.one_of(
    st.just(ExtraTime()),
    st.builds(ExtraTime, fraction=fractions),
    st.builds(ExtraTime, minutes=st.integers(1, 999)),
)
offsets = st.tuples(st.integers(-3600, DAY), st.integers(0, 3600))


@st.composite
def allowances(draw: st.DrawFn) -> Allowance:
    start = draw(starts)
    pauses = [Pause(start + begin, start + begin + long) for begin, long in draw(st.lists(offsets, max_size=6))]
    return Allowance(start, draw(lengths), tuple(pauses))


def brute(allowance: Allowance) -> int:
    """Count second by second, as a person with a watch would."""
    left, now = allowance.seconds, allowance.start
    while left:
        if not any(p.begin <= now < (p.end or now + 1) for p in allowance.pauses):
            left -= 1
        now += 1
    return now


@given(starts, st.integers(1, 300), st.lists(st.tuples(st.integers(-60, 400), st.integers(0, 90)), max_size=5))
def test_it_is_what_a_person_with_a_watch_counts(start: int, seconds: int, found: list[tuple[int, int]]) -> None:
    pauses = tuple(Pause(start + begin, start + begin + long) for begin, long in found)
    allowance = Allowance(start, seconds, pauses)
    end = allowance.deadline()
    assert end is not None
    counted = brute(allowance)
    # A pause that begins with the very second after the last one is too late: the deadline has come.
    assert end == counted


@given(allowances())
def test_exactly_the_allowed_seconds_count(allowance: Allowance) -> None:
    end = allowance.deadline()
    assert end is not None
    assert allowance.elapsed(end) == allowance.seconds
    assert allowance.remaining(end) == 0
    assert allowance.over(end)
    assert not allowance.over(end - 1)
    assert allowance.remaining(end - 1) == 1


@given(allowances(), st.integers(0, DAY))
def test_what_is_left_never_grows(allowance: Allowance, after: int) -> None:
    now = allowance.start + after
    assert allowance.remaining(now + 1) in {allowance.remaining(now), max(0, allowance.remaining(now) - 1)}


@given(allowances(), st.randoms())
def test_the_order_of_the_pauses_does_not_count(allowance: Allowance, random: object) -> None:
    shuffled = list(allowance.pauses)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert Allowance(allowance.start, allowance.seconds, tuple(shuffled)).deadline() == allowance.deadline()


@given(starts, lengths, st.integers(0, 3600), st.integers(0, 3600))
def test_a_pause_moves_the_deadline_by_exactly_its_length(start: int, seconds: int, begin: int, long: int) -> None:
    before = Allowance(start, seconds).deadline()
    after = Allowance(start, seconds, (Pause(start + begin, start + begin + long),)).deadline()
    assert before is not None
    assert after == (before + long if begin < seconds else before)


@given(starts, lengths, extras, st.lists(st.integers(1, 600), max_size=4))
def test_breaks_stack_with_extra_time_and_are_not_multiplied(
    start: int, length: int, extra: ExtraTime, longs: list[int]
) -> None:
    """Breaks one after another from the first second on: the end is the start, the total and each break once."""
    pauses, at = [], start
    for long in longs:
        pauses.append(Pause(at, at + long))
        at += long
    end = Allowance(start, extra.total(length), tuple(pauses)).deadline()
    assert end == start + length + extra.seconds(length) + sum(longs)


@given(allowances(), st.integers(0, 3600))
def test_a_pause_of_all_and_one_s_own_at_once_stop_time_once(allowance: Allowance, begin: int) -> None:
    pause = Pause(allowance.start + begin, allowance.start + begin + 60)
    once = Allowance(allowance.start, allowance.seconds, (*allowance.pauses, pause))
    twice = Allowance(allowance.start, allowance.seconds, (*allowance.pauses, pause, pause))
    assert once.deadline() == twice.deadline()


@given(starts, lengths, st.integers(0, 12 * 3600))
def test_while_a_pause_lasts_there_is_no_deadline_and_time_stands(start: int, seconds: int, begin: int) -> None:
    allowance = Allowance(start, seconds, (Pause(start + begin),))
    if begin >= seconds:
        assert allowance.deadline() == start + seconds
        return
    assert allowance.deadline() is None
    assert allowance.remaining(start + begin) == allowance.remaining(start + begin + DAY) == seconds - begin
    assert allowance.paused(start + begin + DAY)
    ended = Allowance(start, seconds, (Pause(start + begin, start + begin + DAY),))
    assert ended.deadline() == start + seconds + DAY


@given(allowances(), st.integers(1, 3600))
def test_a_warning_comes_when_so_much_is_left(allowance: Allowance, left: int) -> None:
    at = allowance.at_remaining(left)
    if left >= allowance.seconds:
        assert at is None
    else:
        assert at is not None
        assert allowance.remaining(at) == left
        assert allowance.remaining(at - 1) == left + 1


@given(allowances())
def test_joined_pauses_neither_touch_nor_overlap(allowance: Allowance) -> None:
    joined = merged(allowance.pauses)
    assert all(a.end is not None and a.end < b.begin for a, b in itertools.pairwise(joined))


def test_a_pause_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="ends before"):
        Pause(2, 1)


@given(lengths, extras)
def test_extra_time_is_whole_and_to_the_candidate_s_good(length: int, extra: ExtraTime) -> None:
    exact = extra.fraction * length + extra.minutes * 60
    assert 0 <= extra.seconds(length) - exact < 1


@given(extras)
def test_extra_time_is_read_as_it_is_written(extra: ExtraTime) -> None:
    assert ExtraTime.parse(str(extra)) == extra


@pytest.mark.parametrize("text", ["1/0", "0/3", "a third", "20", "1000 min", "-1/3", "0 min", "1/3 "])
def test_what_is_no_extra_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no extra time"):
        ExtraTime.parse(text)


@pytest.mark.parametrize(
    ("length", "extra", "shown"),
    [
        (4500, "1/3", "1 h 15 + 1/3 = 1 h 40"),
        (3600, "", "1 h"),
        (1500, "20 min", "25 min + 20 min = 45 min"),
        (100, "1/3", "1 min 40 s + 1/3 = 2 min 14 s"),
        (3600, "1/7", "1 h + 1/7 = 1 h 8 min 35 s"),
    ],
)
def test_a_jury_reads_the_sum(length: int, extra: str, shown: str) -> None:
    found = ExtraTime.parse(extra).shown(length)
    assert found.fr.replace("\N{NO-BREAK SPACE}", " ") == shown
    assert found.en == found.fr


def test_in_a_rehearsal_the_sum_is_that_of_its_minutes() -> None:
    found = ExtraTime.parse("20 min").shown(25 * 10, 10)
    assert found.fr.replace("\N{NO-BREAK SPACE}", " ") == "4 min 10 s + 3 min 20 s = 7 min 30 s"


def test_no_time_at_all_has_a_name() -> None:
    assert duration(0).fr == "0\N{NO-BREAK SPACE}min"
