"""Any course of a session, second by second: what a person with a watch and a sheet of paper would find at its end."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.assessment.jury_session import JurySession
from orchestrator.core.errors import UsageError
from tests.unit.assessment.sessions import SECOND, START, Played, make_jury_session, open_in_memory

pytestmark = pytest.mark.slow

Act = Callable[[JurySession, "Watch", str], None]

PHASE: Final = "reseau"
TOTALS: Final = {"C-01": 75, "C-02": 100}
"""Seconds, with a minute that lasts one: the second candidate has a third more."""


@dataclass
class Watch:
    """Counts each candidate's seconds down, one by one."""

    left: dict[str, int] = field(default_factory=lambda: dict(TOTALS))
    begun: set[str] = field(default_factory=set)
    everybody: int | None = None
    absent: set[str] = field(default_factory=set)
    stopped: set[str] = field(default_factory=set)
    ended: dict[str, int] = field(default_factory=dict)
    now: int = START

    def go(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            for candidate in self.left:
                if not self.stopped & {"", candidate}:
                    self._count(candidate)

    def _count(self, candidate: str) -> None:
        """A second has passed that counts: also for the absent, whose time began with everybody's."""
        if candidate in self.begun or self.everybody is not None:
            self.left[candidate] -= self.left[candidate] > 0
            if self.left[candidate] == 0:
                self.ended.setdefault(candidate, self.now)

    def runs(self, candidate: str) -> bool:
        return candidate in self.begun and candidate not in self.ended


def _start(jury_session: JurySession, watch: Watch, who: str) -> None:
    meant = {who} if who else set(TOTALS) - watch.absent
    fresh = meant - watch.begun
    attempt(lambda: jury_session.start(PHASE, "x", who), allowed=bool(fresh))
    if fresh and not who and watch.everybody is None:
        watch.everybody = watch.now
    for candidate in fresh:
        watch.left[candidate] = TOTALS[candidate]
        watch.ended.pop(candidate, None)
    watch.begun |= fresh


def _pause(jury_session: JurySession, watch: Watch, who: str) -> None:
    attempt(lambda: jury_session.pause("x", "Panne", who), allowed=who not in watch.stopped)
    watch.stopped.add(who)


def _resume(jury_session: JurySession, watch: Watch, who: str) -> None:
    attempt(lambda: jury_session.resume("x", who), allowed=who in watch.stopped)
    watch.stopped.discard(who)


def _finish(jury_session: JurySession, watch: Watch, who: str) -> None:
    runs = watch.runs(who)
    attempt(lambda: jury_session.finish(PHASE, who, "x"), allowed=runs)
    if runs:
        watch.ended[who] = watch.now


def _extend(jury_session: JurySession, watch: Watch, who: str) -> None:
    runs = watch.runs(who)
    attempt(lambda: jury_session.extend(PHASE, who, 20, "x", "Panne"), allowed=runs)
    if runs:
        watch.left[who] += 20


def _arrive(jury_session: JurySession, watch: Watch, who: str) -> None:
    late = who not in watch.begun and watch.everybody is not None and who not in watch.ended
    attempt(lambda: jury_session.arrive(PHASE, who, "x"), allowed=watch.runs(who) or late)
    if late:
        watch.begun.add(who)
    if watch.runs(who):
        watch.absent.discard(who)


def _absent(jury_session: JurySession, watch: Watch, who: str) -> None:
    jury_session.absent(PHASE, who, "x")
    watch.absent.add(who)


def attempt(do: Callable[[], object], *, allowed: bool) -> None:
    """Do what the watch allows; what it does not, the program refuses as well."""
    with nullcontext() if allowed else pytest.raises(UsageError):
        do()


somebody = st.sampled_from(sorted(TOTALS))
acts = st.one_of(
    st.tuples(st.sampled_from((_start, _pause, _resume)), st.one_of(st.just(""), somebody)),
    st.tuples(st.sampled_from((_finish, _arrive, _absent, _extend)), somebody),
)
courses = st.lists(st.tuples(acts, st.integers(0, 40), st.integers(-7200, 7200), st.booleans()), max_size=14)


@given(courses)
def test_it_is_what_a_person_with_a_watch_finds(course: list[tuple[tuple[Act, str], int, int, bool]]) -> None:
    """Everybody's and one's own pauses, absences, minutes more, late, early, a set clock and a restarted machine."""
    with tempfile.TemporaryDirectory() as folder:
        source, watch = Played(START), Watch()
        jury_session = make_jury_session(Path(folder), source, minute=1)
        open_in_memory(jury_session, PHASE)
        for number, ((act, who), seconds, set_by, restarted) in enumerate(course):
            act(jury_session, watch, who)
            source.go(seconds, clock_set_by=set_by)
            watch.go(seconds)
            if restarted:  # with a clock that is right again, and looked at before somebody sets it
                source.boot_id, source.count_ns, source.wall_ns = str(number), SECOND, watch.now * SECOND
                jury_session.clock(jury_session.state())
        state = jury_session.state()
        now = jury_session.clock(state).now()
        assert now == watch.now
        for candidate in watch.begun:
            sitting = state.sittings[PHASE, candidate]
            end = state.deadline(sitting)
            if candidate in watch.ended:
                assert end == watch.ended[candidate]
            else:
                left = watch.left[candidate]
                assert end == (None if watch.stopped & {"", candidate} else watch.now + left)
                assert state.may_type(sitting, now) == (not watch.stopped & {"", candidate})
