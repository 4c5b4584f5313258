"""Candidates' desktops as the room's staff sees them: the last pictures of their recordings. Called from threads.

Nothing of it is joined to a machine, so that nothing that somebody who looks does can reach one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from orchestrator.assessment.desktop_pictures import ENDING, Happened, desktops_in, file_of, last_lines, named
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.state import SessionState, Sitting
from orchestrator.core.png_pixels import small_png_of
from orchestrator.labd.calls import Who
from orchestrator.labd.day_screen_contract import DesktopOnWall, OfDesktop, PictureOnWall
from orchestrator.labd.desktop_contract import DesktopPicture
from orchestrator.labd.screen_looks import ScreenLooks
from orchestrator.labd.session_desk import SessionDesk
from orchestrator.labd.session_times import session_time
from orchestrator.labd.told_refusals import missing_desktop

MOST_OF_ONE: Final = 3
"""Desktops of a candidate's that are shown beside the others'."""
_WIDEST: Final = 384
"""Pixels of a row of what is shown beside the others."""
_FRESH_S: Final = 2.0
"""Seconds for which all are not looked at again, however many people look."""
_LATEST: Final = 4
"""Pictures, the last ones, that are given: whoever was told of one may ask for it a moment later."""
_MOST_SMALL: Final = 100
"""Small pictures that are kept: each is made once, for all who look."""

IsOpen = Callable[[str, str, str, str], bool]
"""Tells whether a desktop is on a candidate's screen now: session, phase, number and the recording's name."""


@dataclass
class _Wall:
    """What is kept of a session's desktops while somebody looks."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    at: float = float("-inf")
    seen: tuple[DesktopOnWall, ...] = ()
    small: dict[Path, bytes] = field(default_factory=dict)


class DayDesktops:
    """Shows them."""

    def __init__(
        self, desk: SessionDesk, is_open: IsOpen, looks: ScreenLooks, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take what finds sessions, knows which desktops are open, notes who looks, and counts seconds."""
        self._desk = desk
        self._is_open = is_open
        self._looks = looks
        self._clock = clock
        self._walls: dict[str, _Wall] = {}
        self._lock = threading.Lock()

    def all(self, session: str) -> tuple[DesktopOnWall, ...]:
        """Return the desktops that are on candidates' screens now, and of which there is a picture.

        Raises:
            RefusedCallError: there is no session of that name.
            BreakfixError: its journal cannot be read.
        """
        jury_session, state = self._desk.found(session)
        wall = self._wall(session)
        with wall.lock:
            if self._clock() - wall.at >= _FRESH_S:
                wall.seen, wall.at = tuple(self._open(jury_session, state)), self._clock()
            return wall.seen

    def one(self, who: Who, asked: OfDesktop) -> DesktopOnWall:
        """Return what there is of a desktop, and note who looks.

        Raises:
            RefusedCallError: there is no such session, candidate or desktop, or the evidence is sealed.
            BreakfixError: the journal cannot be read or kept.
        """
        jury_session, state, sitting, folder = self._found(who, asked)
        view = self._view(state, sitting, folder)
        if view is None:
            raise missing_desktop()
        self._looks.note(who, jury_session, state, sitting, "desktop", asked.desktop)
        return view

    def picture(self, who: Who, asked: PictureOnWall) -> DesktopPicture:
        """Return one of the last pictures of a desktop; who looks at a whole one is noted. Raises as ``one``."""
        of = OfDesktop(asked.session, asked.phase, asked.number, asked.desktop)
        jury_session, state, sitting, folder = self._found(who, of)
        latest = [one.number for one in _pictures(folder)][-_LATEST:]
        path = folder / file_of(asked.picture)
        try:
            if asked.picture not in latest:
                raise missing_desktop()
            if asked.small:
                return DesktopPicture(self._small(asked.session, path))
            png = path.read_bytes()
        except (OSError, ValueError) as error:
            raise missing_desktop() from error
        self._looks.note(who, jury_session, state, sitting, "desktop", asked.desktop)
        return DesktopPicture(png)

    # Finding ----------------------------------------------------------------------------------------------------

    def _found(self, who: Who, asked: OfDesktop) -> tuple[JurySession, SessionState, Sitting, Path]:
        jury_session, state = self._desk.organised(who, asked.session, invigilates=True)
        sitting = state.sittings.get((asked.phase, asked.number))
        for folder in _folders(jury_session, sitting):
            if sitting is not None and _name(folder) == asked.desktop:
                return jury_session, state, sitting, folder
        raise missing_desktop()

    def _open(self, jury_session: JurySession, state: SessionState) -> Iterator[DesktopOnWall]:
        for _, sitting in sorted(state.sittings.items()):
            found = [self._view(state, sitting, folder) for folder in _folders(jury_session, sitting)]
            shown = [one for one in found if one is not None and one.open]
            yield from sorted(shown, key=lambda one: one.at, reverse=True)[:MOST_OF_ONE]

    def _view(self, state: SessionState, sitting: Sitting, folder: Path) -> DesktopOnWall | None:
        """Return what there is of a desktop; None: no picture."""
        pictures, name = _pictures(folder), _name(folder)
        if not pictures:
            return None
        last = pictures[-1]
        return DesktopOnWall(
            phase=sitting.phase,
            number=sitting.candidate,
            name=state.plan.candidate(sitting.candidate).name,
            desktop=name,
            host=named(name)[1],
            at=session_time(state, last.at),
            picture=last.number,
            width=last.width,
            height=last.height,
            open=self._is_open(state.id, sitting.phase, sitting.candidate, name),
        )

    def _small(self, session: str, path: Path) -> bytes:
        """Return a picture as it stands beside the others; raises what reading it does."""
        wall = self._wall(session)
        with wall.lock:
            if path not in wall.small:
                made = small_png_of(path.read_bytes(), _WIDEST)
                wall.small = {**dict([*wall.small.items()][-_MOST_SMALL + 1 :]), path: made}
            return wall.small[path]

    def _wall(self, session: str) -> _Wall:
        with self._lock:
            return self._walls.setdefault(session, _Wall())


def _folders(jury_session: JurySession, sitting: Sitting | None) -> tuple[Path, ...]:
    if sitting is None or sitting.started is None or sitting.sealed:
        return ()
    return desktops_in(jury_session.folder.recordings(sitting.phase, sitting.candidate))


def _name(folder: Path) -> str:
    return folder.name.removesuffix(ENDING)


def _pictures(folder: Path) -> list[Happened]:
    try:
        return [one for one in last_lines(folder) if one.kind == "picture"]
    except OSError:  # it has just been made, or removed
        return []
