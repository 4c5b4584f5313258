"""Candidates' terminals as the room's staff sees them: read from their recordings. Called from threads.

Nothing of it is joined to a terminal, so that nothing that somebody who looks does can reach one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.screen_reading import MOST_AT_ONCE, LastScreen, RecordedScreen, SittingScreens
from orchestrator.assessment.state import SessionState, Sitting
from orchestrator.labd.calls import Who
from orchestrator.labd.day_screen_contract import OfScreen, ScreenView
from orchestrator.labd.screen_looks import ScreenLooks
from orchestrator.labd.session_desk import SessionDesk
from orchestrator.labd.session_times import session_time
from orchestrator.labd.told_refusals import missing_terminal

MOST_OF_ONE: Final = 3
"""Terminals of a candidate's that are shown beside the others'."""
_MOST_TERMINALS: Final = 100
"""Terminals of a candidate's among which one is looked for."""
_ROWS: Final = 16
_COLUMNS: Final = 80
"""Lines and columns of what is shown beside the others."""
_BYTES: Final = 1 << 18
"""Bytes of recordings that one look at all reads: it shares labd's processor with candidates' keys."""
_LEAST: Final = 1 << 12
"""Bytes that are read of each all the same: a screenful."""
_FRESH_S: Final = 0.7
"""Seconds for which all are not read again, however many people look."""


@dataclass
class _Wall:
    """What is kept of a session's terminals while somebody looks."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    sittings: dict[tuple[str, str], SittingScreens] = field(default_factory=dict)
    at: float = float("-inf")
    seen: tuple[ScreenView, ...] = ()


class DayScreens:
    """Shows them."""

    def __init__(self, desk: SessionDesk, looks: ScreenLooks, clock: Callable[[], float] = time.monotonic) -> None:
        """Take what finds sessions, what notes who looks, and what counts seconds."""
        self._desk = desk
        self._looks = looks
        self._clock = clock
        self._walls: dict[str, _Wall] = {}
        self._lock = threading.Lock()

    def all(self, session: str) -> tuple[ScreenView, ...]:
        """Return the last lines of all terminals.

        Raises:
            RefusedCallError: there is no session of that name.
            BreakfixError: its journal cannot be read.
        """
        jury_session, state = self._desk.found(session)
        wall = self._wall(session)
        with wall.lock:
            if self._clock() - wall.at >= _FRESH_S:
                wall.seen = tuple(map(_small, _looked_at(wall, jury_session, state)))
                wall.at = self._clock()
            return wall.seen

    def one(self, who: Who, asked: OfScreen) -> ScreenView:
        """Return a whole screen, and note who looks.

        Raises:
            RefusedCallError: there is no such session, candidate or terminal, or the evidence is sealed.
            BreakfixError: the journal cannot be read or kept.
        """
        jury_session, state = self._desk.organised(who, asked.session, invigilates=True)
        sitting = state.sittings.get((asked.phase, asked.number))
        if sitting is None or not _is_shown(sitting):
            raise missing_terminal()
        wall = self._wall(asked.session)
        with wall.lock:
            screens = _screens(wall, jury_session, sitting)
            found = next((one for one in screens.newest(_MOST_TERMINALS) if one.path.stem == asked.terminal), None)
            if found is None or not _look(found, MOST_AT_ONCE):
                raise missing_terminal()
            view = _view(state, sitting, found.last())
        self._looks.note(who, jury_session, state, sitting, "terminal", asked.terminal)
        return view

    def _wall(self, session: str) -> _Wall:
        with self._lock:
            return self._walls.setdefault(session, _Wall())


def _looked_at(wall: _Wall, jury_session: JurySession, state: SessionState) -> Iterator[ScreenView]:
    shown = [sitting for _, sitting in sorted(state.sittings.items()) if _is_shown(sitting)]
    wall.sittings = {key: kept for key, kept in wall.sittings.items() if _is_shown(state.sittings[key])}
    found = [(sitting, one) for sitting in shown for one in _screens(wall, jury_session, sitting).newest(MOST_OF_ONE)]
    busy = sum(one.waits() > 0 for _, one in found)
    most = max(_LEAST, min(MOST_AT_ONCE, _BYTES // max(1, busy)))
    for sitting, one in found:
        if _look(one, most):
            yield _view(state, sitting, one.last())


def _is_shown(sitting: Sitting) -> bool:
    return sitting.started is not None and not sitting.sealed


def _screens(wall: _Wall, jury_session: JurySession, sitting: Sitting) -> SittingScreens:
    folder = jury_session.folder.recordings(sitting.phase, sitting.candidate)
    return wall.sittings.setdefault((sitting.phase, sitting.candidate), SittingScreens(folder))


def _look(one: RecordedScreen, most: int) -> bool:
    """Read on, and return whether there is something to show."""
    try:
        one.look(most)
    except OSError:  # it has just been removed
        return False
    return True


def _view(state: SessionState, sitting: Sitting, last: LastScreen) -> ScreenView:
    at = session_time(state, last.at)
    name = state.plan.candidate(sitting.candidate).name
    host = last.name.rpartition(".")[2].rpartition("-")[0]
    return ScreenView(sitting.phase, sitting.candidate, name, last.name, host, at, last.text)


def _small(view: ScreenView) -> ScreenView:
    lines = view.text.split("\n")[-_ROWS:]
    return replace(view, text="\n".join(line[:_COLUMNS].rstrip() for line in lines))
