"""A jury session on its day: where each candidate is, what the journal says, and what may be done now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from orchestrator.assessment.event_words import told
from orchestrator.assessment.events import KIND_OF, PROGRAM, Kind, SessionEvent
from orchestrator.assessment.extra_time import duration
from orchestrator.assessment.lottery import drawn_again
from orchestrator.assessment.roster import RosterRow, rows_of
from orchestrator.assessment.state import SessionState
from orchestrator.core.text import Text
from orchestrator.instances.instance import Instance
from orchestrator.labd.day_contract import (
    DayAct,
    DayEntry,
    DayFailure,
    DayPhase,
    DayRow,
    DayView,
    DrawnLine,
    Supervision,
)
from orchestrator.labd.session_times import session_time
from orchestrator.labd.told_refusals import speaks
from orchestrator.model.session_plan import Phase

_MOST_ENTRIES: Final = 60
LOUD: Final[frozenset[Kind]] = frozenset(KIND_OF.values()) - {"identity", "clock"}
"""Entries that tell something of the day."""
_TIME_RUNS: Final = frozenset({"reading", "working", "stopped"})
_UP: Final = frozenset({"running", "paused"})
_MOVED_S: Final = 900
"""Seconds for which a change of seats is told."""
_NOT_SAID: Final = Text(fr="La machine des labs a un problème.", en="The machine of the labs has a problem.")


@dataclass(frozen=True)
class Doing:
    """What is being done about a session besides what its journal says.

    Attributes:
        opening: the phases whose labs are being prepared.
        troubles: phase -> why its last opening came to nothing.
        supervised: whether a program supervises.
        trouble: why none could be started.
        silent: returns since how many seconds no browser is at a candidate's seat; 0: one is; None: none ever was.
        alarms: what is wrong with the machine, or with somebody's seat.
    """

    opening: Collection[str]
    troubles: dict[str, Text]
    supervised: bool
    trouble: Text | None
    silent: Callable[[str], float | None]
    alarms: tuple[Text, ...]


def day_of(
    state: SessionState,
    now: int,
    instances: Iterable[Instance],
    doing: Doing,
    *,
    title: Callable[[str], Text],
    name: Callable[[str], str],
    told_kinds: Collection[Kind] = LOUD,
) -> DayView:
    """Return a session on its day.

    Args:
        state: the session.
        now: the session's time.
        instances: all labs that run.
        doing: what is being done.
        title: returns a scenario's title.
        name: returns who a reference of the journal is.
        told_kinds: which entries of the journal are told.
    """
    rows = rows_of(state, now, instances)
    running = any(row.standing in _TIME_RUNS for row in rows)
    return DayView(
        id=state.id,
        title=state.plan.title,
        stage=state.stage,
        minute=state.minute,
        at=session_time(state, now),
        supervision=_supervision(state, supervised=doing.supervised),
        trouble=None if doing.supervised else doing.trouble,
        paused=state.open_pause(""),
        candidates=tuple((one.number, one.name) for one in state.plan.candidates),
        alarms=doing.alarms,
        phases=tuple(_phase(state, phase, now, rows, doing, title) for phase in state.plan.phases),
        entries=tuple(_entries(state, (one for one in state.events if one.kind in told_kinds), name)),
        acts=() if state.closed else tuple(_acts_on_all(state, running=running)),
    )


def must_be_supervised(state: SessionState) -> bool:
    """Return whether somebody's time runs, or is over and not sealed yet."""
    return any(one.started is not None and not one.sealed for one in state.sittings.values())


def _supervision(state: SessionState, *, supervised: bool) -> Supervision:
    if supervised:
        return "on"
    return "off" if must_be_supervised(state) else "idle"


def _acts_on_all(state: SessionState, *, running: bool) -> Iterator[DayAct]:
    if state.open_pause(""):
        yield "resume"
    elif running:
        yield "pause"
    yield from ("announce", "incident")


# A phase ------------------------------------------------------------------------------------------------------


def _phase(
    state: SessionState, phase: Phase, now: int, rows: Iterable[RosterRow], doing: Doing, title: Callable[[str], Text]
) -> DayPhase:
    drawing = state.drawings.get(phase.name)
    mine = [row for row in rows if row.phase == phase.name]
    each = sum(rule.count for rule in phase.draw) or len(phase.scenarios)
    labs = each * len(state.plan.candidates)
    opened = sum(len(one.labs) for (name, _), one in state.sittings.items() if name == phase.name)
    opening = phase.name in doing.opening
    begun = state.begun.get(phase.name)
    return DayPhase(
        name=phase.name,
        title=phase.title,
        length=duration(state.length(phase)),
        seed=drawing.seed if drawing is not None and phase.draw else "",
        same=drawing is None or drawn_again(drawing, phase),
        drawn=()
        if drawing is None
        else tuple(DrawnLine(number, tuple(map(title, names))) for number, names in drawing.drawn.items()),
        labs=labs,
        opened=opened,
        opening=opening,
        trouble=doing.troubles.get(phase.name),
        failures=tuple(_failures(state, phase.name)),
        begun="" if begun is None else session_time(state, begun),
        rows=tuple(_row(state, row, now, doing, title) for row in mine),
        acts=() if state.closed else tuple(_acts_on_phase(state, phase, mine, missing=labs - opened, opening=opening)),
    )


def _acts_on_phase(
    state: SessionState, phase: Phase, rows: Collection[RosterRow], *, missing: int, opening: bool
) -> Iterator[DayAct]:
    over = bool(rows) and all(row.standing in {"absent", "sealed"} for row in rows)
    if phase.draw and phase.name not in state.drawings and not opening:
        yield "draw"
    if missing and not opening and not over:
        yield "open"
    everybody = len(rows) == len(state.plan.candidates)
    if everybody and not opening and any(row.standing == "ready" for row in rows):
        yield "begin"


def _failures(state: SessionState, phase: str) -> Iterator[DayFailure]:
    """Yield the labs that could not be prepared and are not there yet, each once."""
    failed = {
        (event.candidate, event.details["scenario"]): event.details["why"]
        for event in state.of("unopened")
        if event.phase == phase and event.details
    }
    for (candidate, scenario), why in failed.items():
        sitting = state.sittings.get((phase, candidate))
        if sitting is None or all(lab.scenario != scenario for lab in sitting.labs):
            yield DayFailure(candidate, scenario, _said(Text(fr=why["fr"], en=why["en"])))


# A candidate --------------------------------------------------------------------------------------------------


def _row(state: SessionState, row: RosterRow, now: int, doing: Doing, title: Callable[[str], Text]) -> DayRow:
    silent = doing.silent(row.candidate) if row.standing in {"ready", *_TIME_RUNS} else None
    moved = [event.at for event in state.of("seated", row.candidate) if event.details["changed"]]
    hosts = [host for some in row.hosts.values() for host in some.values()]
    return DayRow(
        number=row.candidate,
        name=row.name,
        standing=row.standing,
        state=row.state,
        left=row.seconds,
        deadline="" if row.deadline is None else session_time(state, row.deadline),
        hosts=row.machines,
        lost=row.standing in {"ready", *_TIME_RUNS} and not _UP.issuperset(hosts),
        paused=state.open_pause(row.candidate),
        acts=() if state.closed else tuple(_acts_on_candidate(state, row)),
        subjects=tuple((scenario, title(scenario)) for scenario in row.hosts),
        browser="unknown" if silent is None else "gone" if silent else "there",
        gone=session_time(state, now - int(silent)) if silent else "",
        moved=session_time(state, moved[-1]) if moved and now - moved[-1] < _MOVED_S else "",
    )


def _acts_on_candidate(state: SessionState, row: RosterRow) -> Iterator[DayAct]:
    sitting = state.sittings[row.phase, row.candidate]
    begun = sitting.started is not None or row.phase in state.begun
    if row.standing in {"ready", "absent"} and sitting.started is None:
        yield "begin"
    if begun and sitting.arrived is None and row.standing in {"absent", *_TIME_RUNS} and "cut" not in sitting.steps:
        yield "arrived"
    if row.standing in {"ready", *_TIME_RUNS}:
        yield "absent"
    if row.standing in _TIME_RUNS:
        yield "finished"
        yield "resume" if state.open_pause(row.candidate) else "pause"
        yield "extend"
    if row.standing in {"ready", "absent", "stopped"}:
        yield "replace"
    yield from ("announce", "incident")


# The journal --------------------------------------------------------------------------------------------------


def _entries(state: SessionState, events: Iterable[SessionEvent], name: Callable[[str], str]) -> Iterator[DayEntry]:
    """Yield the last entries, the newest first."""
    for event in reversed(list(events)[-_MOST_ENTRIES:]):
        by = "" if event.by in {PROGRAM, event.candidate} else name(event.by)
        yield DayEntry(
            event.number, session_time(state, event.at), by, event.candidate, event.phase, _said(told(event))
        )


def _said(text: Text) -> Text:
    """Return what is told in a browser."""
    return text if speaks(text) else _NOT_SAID
