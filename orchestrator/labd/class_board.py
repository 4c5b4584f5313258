"""The board of a class: where each trainee is, from the store and one look at all labs, shared by all who look."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from orchestrator.core.text import Text
from orchestrator.labd.class_contract import BoardCheck, BoardRow, BoardView, MemberState
from orchestrator.labd.class_desk import ClassDesk
from orchestrator.labd.event_log import EventLog, EventLogs
from orchestrator.labd.lab_desk import WAITS
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.told_refusals import words_of
from orchestrator.labd.trainee_view import iso
from orchestrator.practice.looks import LabLook
from orchestrator.practice.standings import Check, Standing

STUCK: Final = timedelta(minutes=15)
"""Somebody who has neither typed, nor changed anything, nor found a new green for so long is stuck.

It is a quarter of an hour since most scenarios allow 15 to 40 minutes: whoever reads a manual for ten is at work, and
a trainer who comes after twenty comes too late.
"""
_FRESH_S: Final = 2.0
"""Seconds for which a board holds: several that are open cost one look."""
_COMING: Final[Mapping[str, MemberState]] = {
    "start": "starting",
    "reset": "starting",
    "resume": "starting",
    WAITS: "waiting",
}
"""What is done with a lab that does not run yet -> the state of whose it is."""


class ClassBoards:
    """The boards of all classes."""

    def __init__(
        self,
        desk: ClassDesk,
        board: Callable[[str], tuple[Standing, ...]],
        logs: EventLogs,
        act_on: Callable[[str], str],
        threads: WorkThreads,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the parts.

        Args:
            desk: the classes.
            board: returns where each trainee is, with a look at their labs.
            logs: the events of all labs.
            act_on: returns what is being done with a lab.
            threads: for what a caller waits for.
            clock: returns seconds.
        """
        self._desk = desk
        self._board = board
        self._logs = logs
        self._act_on = act_on
        self._threads = threads
        self._clock = clock
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._made: dict[str, tuple[float, BoardView]] = {}
        self._changes = 0

    async def board(self, name: str, left: Callable[[], int]) -> BoardView:
        """Return a class's board; ``left``: returns how many labs are still to be started.

        Raises:
            BreakfixError: the store does not answer; the engine's silence is told in the rows.
        """
        async with self._locks[name]:
            at, view = self._made.get(name, (0.0, None))
            if view is None or self._clock() - at >= _FRESH_S:
                changes = self._changes
                view = await self._threads.run(self._new, name, left())
                if changes == self._changes:
                    self._made[name] = self._clock(), view
            return view

    def forget(self, name: str) -> None:
        """Have the next who asks look again: the class is another now."""
        self._changes += 1
        self._made.pop(name, None)

    def _new(self, name: str, left: int) -> BoardView:
        _, scenario = self._desk.last_launch(name)
        standings, noted = self._board(name), self._launched()
        checks = _checks([one for one in standings if one.scenario == scenario])
        rows = tuple(self._row(one, noted.get(one.ref), scenario, checks) for one in standings)
        title = self._desk.title_of(scenario) if scenario else _NOTHING
        return BoardView(name, scenario, title, checks, rows, left)

    def _launched(self) -> Mapping[str, tuple[str, EventLog]]:
        """Return for each person, by their reference, the lab that was last begun for them by a launch, by its log."""
        return {log.note.owner: (lab, log) for lab, log in self._logs.noted() if log.note.launch}

    def _row(
        self, standing: Standing, noted: tuple[str, EventLog] | None, scenario: str, checks: Sequence[BoardCheck]
    ) -> BoardRow:
        lab, trouble = standing.instance, None if standing.trouble is None else words_of(standing.trouble)
        state: MemberState = standing.state
        found, works_on = standing, standing.scenario
        if lab and (coming := _COMING.get(self._act_on(lab))):
            state, trouble = coming, None
        elif noted is not None and noted[0] != lab and ((act := self._act_on(noted[0])) in _COMING or noted[1].failed):
            lab, log = noted  # the store does not know it yet, or it never came up
            works_on, found = log.note.scenario, Standing(standing.ref, standing.handle, standing.name)
            refusal = log.trouble if log.failed and not act else None
            state, trouble = (_COMING.get(act, "starting"), None) if refusal is None else ("broken", refusal.text)
        elif state == "running" and standing.look is not None and standing.look.saved:
            state, trouble = "saved", None
        elif state == "running" and _is_frozen(standing.look):
            state, trouble = "frozen", None
        seen = found.look or LabLook()
        outcomes = {check.id: check.outcome for check in found.checks} if works_on == scenario else {}
        active = _latest(_touched(seen))
        return BoardRow(
            handle=found.handle,
            name=found.name or found.handle,
            scenario=works_on,
            lab=lab,
            state=state,
            colours=tuple(outcomes.get(check.id, "") for check in checks),
            graded=_iso(found.graded_at),
            seconds=found.seconds,
            minutes=found.minutes,
            hints=found.hints,
            gradings=found.gradings,
            active=_iso(active),
            looked=_iso(seen.at),
            stuck=state == "running" and is_stuck(found),
            trouble=trouble,
        )


def is_stuck(standing: Standing) -> bool:
    """Return whether nothing has happened for long up to the last look at a lab; without one, nobody knows."""
    look = standing.look
    if standing.state != "running" or look is None or look.at is None or look.gone:
        return False
    last = _latest([standing.started_at, standing.green_at, *_touched(look)])
    return last is not None and look.at - last >= STUCK


def _is_frozen(look: LabLook | None) -> bool:
    return look is not None and any(host.life == "paused" for host in look.hosts)


def _touched(look: LabLook) -> list[datetime | None]:
    """Return when something was last typed, and when something was last changed in a lab."""
    return [look.typed.typed_at if look.typed else None, look.changed.changed_at if look.changed else None]


def _latest(moments: Sequence[datetime | None]) -> datetime | None:
    return max((one for one in moments if one is not None), default=None)


def _checks(standings: Sequence[Standing]) -> tuple[BoardCheck, ...]:
    """Return the columns: the checks of the newest grading, then those that only others have."""
    graded = sorted((one for one in standings if one.graded_at), key=lambda one: _iso(one.graded_at), reverse=True)
    found: dict[str, Check] = {}
    for check in (check for one in graded for check in one.checks):
        found.setdefault(check.id, check)
    return tuple(BoardCheck(one.id, one.sentence) for one in found.values())


def _iso(moment: datetime | None) -> str:
    return "" if moment is None else iso(moment)


_NOTHING: Final = Text(fr="Rien n'est lancé.", en="Nothing is launched.")
