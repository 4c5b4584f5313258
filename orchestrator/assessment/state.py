"""A session as its events tell it; nothing else is kept of it, so that whoever reads them gets the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from orchestrator.assessment.events import Kind, SessionEvent, damaged
from orchestrator.assessment.extra_time import ExtraTime
from orchestrator.assessment.lottery import Drawing
from orchestrator.assessment.session_clock import Anchor
from orchestrator.assessment.timing import Allowance, Pause
from orchestrator.core.text import Text
from orchestrator.model.session_plan import Phase, SessionPlan

MINUTE: Final = 60
STEPS: Final[tuple[Kind, ...]] = ("cut", "collected", "rebooted", "graded", "frozen", "sealed")
"""What becomes of a candidate's labs when the time is over, one after another."""
Stage = Literal["planned", "open", "sealed", "closed"]
"""How far a session is: no lab was opened; some are, or were; all evidence is sealed; the record is signed."""
ANONYMOUS: Final = "—"
"""What stands for a name that was forgotten."""


@dataclass(frozen=True)
class SessionLab:
    """One lab of a candidate in a phase.

    Attributes:
        scenario: the scenario's id.
        instance: the instance's name.
        digest: the digest of the plan that it was started from.
        hosts: the names of its hosts.
        variant: which variant of the candidate's it is: 0, or the number of labs that failed before it.
    """

    scenario: str
    instance: str
    digest: str
    hosts: tuple[str, ...]
    variant: int = 0


@dataclass(frozen=True)
class Sitting:
    """One candidate in one phase.

    Attributes:
        candidate: the number.
        phase: the phase's name.
        labs: the labs, in the order of the scenarios.
        started: when the phase began for the candidate, or None.
        arrived: when they came, or None where nobody noted it.
        finished: when they gave up the rest of their time, or None.
        absent: whether they did not come.
        granted: the minutes that were added to their time, by decision.
        warned: the warnings that were given, in minutes.
        steps: what was done after the deadline.
    """

    candidate: str
    phase: str
    labs: tuple[SessionLab, ...] = ()
    started: int | None = None
    arrived: int | None = None
    finished: int | None = None
    absent: bool = False
    granted: int = 0
    warned: frozenset[int] = frozenset()
    steps: Mapping[str, SessionEvent] = field(default_factory=dict)

    @property
    def sealed(self) -> bool:
        """Return whether the evidence is sealed."""
        return "sealed" in self.steps

    @property
    def running(self) -> bool:
        """Return whether the phase has begun and is not over."""
        return self.started is not None and "cut" not in self.steps


@dataclass
class SessionState:
    """A session.

    Attributes:
        id: its id.
        plan: the plan; the names in it are those that are still known.
        minute: seconds of a minute: 60, fewer in a rehearsal.
        anchor: what the clock counts from.
        last: the session's time of the last event.
        drawings: by phase.
        sittings: by phase and candidate.
        events: all of them.
        begun: by phase, when it began for everybody who was there.
        pauses: by candidate; empty: everybody's.
    """

    id: str
    plan: SessionPlan
    minute: int = MINUTE
    anchor: Anchor | None = None
    last: int = 0
    drawings: dict[str, Drawing] = field(default_factory=dict)
    sittings: dict[tuple[str, str], Sitting] = field(default_factory=dict)
    events: tuple[SessionEvent, ...] = ()
    begun: dict[str, int] = field(default_factory=dict)
    pauses: dict[str, list[Pause]] = field(default_factory=dict)

    @property
    def rehearsal(self) -> bool:
        """Return whether minutes are shorter than they are called, so that nothing here is an assessment."""
        return self.minute != MINUTE

    @property
    def withdrawn(self) -> bool:
        """Return whether the plan was withdrawn before its labs were opened."""
        return any(event.kind == "withdrawn" for event in self.events)

    @property
    def begun_to_open(self) -> bool:
        """Return whether the labs of a phase are open, or were."""
        return bool(self.sittings)

    @property
    def stage(self) -> Stage:
        """Return how far the session is."""
        if self.closed:
            return "closed"
        if not self.begun_to_open:
            return "planned"
        begun = {phase for phase, _ in self.sittings}
        over = all(phase.name in begun for phase in self.plan.phases) and all(s.sealed for s in self.sittings.values())
        return "sealed" if over else "open"

    @property
    def closed(self) -> bool:
        """Return whether the record was signed and closed."""
        return any(event.kind == "closed" for event in self.events)

    def of(self, kind: Kind, candidate: str | None = None) -> tuple[SessionEvent, ...]:
        """Return the events of a kind, in order: all, or those about a candidate or about everybody."""
        return tuple(e for e in self.events if e.kind == kind and (candidate is None or e.candidate in {"", candidate}))

    def about(self, candidate: str, phase: str = "") -> tuple[SessionEvent, ...]:
        """Return the events that a candidate's result may rest on: their own and everybody's."""
        mine = {"", candidate}
        return tuple(e for e in self.events if e.candidate in mine and (not phase or e.phase in {"", phase}))

    # Time -----------------------------------------------------------------------------------------------

    def length(self, phase: Phase) -> int:
        """Return how long a phase lasts without extra time, reading included, in seconds."""
        return (phase.reading_minutes + phase.minutes) * self.minute

    def total(self, candidate: str, phase: str) -> int:
        """Return the seconds that a candidate has for a phase, extra time and what was granted included."""
        total = self._extra(candidate).total(self.length(self.plan.phase(phase)), self.minute)
        return total + self._granted(candidate, phase) * self.minute

    def given(self, candidate: str, phase: Phase) -> Text:
        """Return the sum that gives a candidate's time for a phase, as a person checks it."""
        return self._extra(candidate).shown(self.length(phase), self.minute, self._granted(candidate, phase.name))

    def _granted(self, candidate: str, phase: str) -> int:
        sitting = self.sittings.get((phase, candidate))
        return 0 if sitting is None else sitting.granted

    def _extra(self, candidate: str) -> ExtraTime:
        return ExtraTime.parse(self.plan.candidate(candidate).extra_time or "")

    def allowance(self, sitting: Sitting) -> Allowance | None:
        """Return a candidate's time in a phase; None before it began."""
        if sitting.started is None:
            return None
        seconds = self.total(sitting.candidate, sitting.phase)
        return Allowance(sitting.started, seconds, self.pauses_of(sitting.candidate))

    def come_late(self, sitting: Sitting, at: int) -> Sitting:
        """Return the part of a candidate who comes now: their time began with everybody's, absent or not till then."""
        started = self.begun.get(sitting.phase) if sitting.started is None else sitting.started
        return replace(sitting, arrived=at, absent=False, started=started)

    def pauses_of(self, candidate: str) -> tuple[Pause, ...]:
        """Return the pauses of everybody and of a candidate."""
        return (*self.pauses.get("", ()), *self.pauses.get(candidate, ()))

    def deadline(self, sitting: Sitting) -> int | None:
        """Return when a sitting's time is over; None before it began and while a pause lasts."""
        allowance = self.allowance(sitting)
        deadline = None if allowance is None else allowance.deadline()
        if sitting.finished is None:
            return deadline
        return sitting.finished if deadline is None else min(deadline, sitting.finished)

    def reading_until(self, sitting: Sitting) -> int | None:
        """Return when the machines open, after the reading; None before the phase began and while a pause lasts."""
        if sitting.started is None:
            return None
        reading = self.plan.phase(sitting.phase).reading_minutes * self.minute
        return Allowance(sitting.started, reading, self.pauses_of(sitting.candidate)).deadline() if reading else 0

    def may_type(self, sitting: Sitting, now: int) -> bool:
        """Return whether a candidate's machines take input now."""
        allowance, opens = self.allowance(sitting), self.reading_until(sitting)
        if allowance is None or opens is None or not sitting.running or sitting.finished is not None:
            return False
        return opens <= now and not allowance.over(now) and not allowance.paused(now)

    def open_pause(self, candidate: str) -> bool:
        """Return whether a pause of a candidate (empty: of all) lasts."""
        return any(pause.end is None for pause in self.pauses.get(candidate, ()))


def state_of(session: str, events: Iterable[SessionEvent]) -> SessionState:
    """Return the state that events lead to.

    Raises:
        ValueError: there is no plan among them.
        MachineError: one of them is damaged.
    """
    kept = since_planned(events)
    if not kept or kept[0].kind != "planned":
        message = f"session {session} has no plan"
        raise ValueError(message)
    last = kept[0]
    try:
        plan = _plan_with_names(kept)
        state = SessionState(session, plan, minute=int(kept[0].details.get("minute", MINUTE)), events=kept)
        for last in kept:
            state.last = max(state.last, last.at)
            if act := _ACTS.get(last.kind):
                act(state, last)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise damaged(session, last.number) from error
    return state


def since_planned(events: Iterable[SessionEvent]) -> tuple[SessionEvent, ...]:
    """Return the events since a session's last plan: an earlier plan was withdrawn before anything came of it."""
    kept = tuple(events)
    plans = [number for number, event in enumerate(kept) if event.kind == "planned"]
    return kept[plans[-1] :] if plans else kept


def _plan_with_names(events: tuple[SessionEvent, ...]) -> SessionPlan:
    """Return the plan with the names that are still known: they stand in events of their own, to be forgotten alone."""
    names = {
        event.details["who"]: event.details["name"] for event in events if event.kind == "identity" and event.details
    }
    document = dict(events[0].details["plan"])
    document["candidates"] = [{"name": names.get(c["number"], ANONYMOUS), **c} for c in document["candidates"]]
    document["jury"] = [{"name": names.get(m["id"], ANONYMOUS), **m} for m in document["jury"]]
    return SessionPlan.model_validate(document)


def _clock(state: SessionState, event: SessionEvent) -> None:
    state.anchor = Anchor.from_document(event.details)


def _drawn(state: SessionState, event: SessionEvent) -> None:
    state.drawings[event.phase] = Drawing.from_document(event.details)


def _change(state: SessionState, event: SessionEvent, **changes: Any) -> None:  # noqa: ANN401 - fields of a sitting
    """Change the sittings that an event is about: a candidate's, or all of the phase."""
    for key, sitting in state.sittings.items():
        if key[0] == event.phase and event.candidate in {"", key[1]}:
            state.sittings[key] = replace(sitting, **changes)


def _opened(state: SessionState, event: SessionEvent) -> None:
    key = event.phase, event.candidate
    sitting = state.sittings.get(key, Sitting(event.candidate, event.phase))
    d = event.details
    lab = SessionLab(d["scenario"], d["instance"], event.content_hash, tuple(d["hosts"]), d["variant"])
    others = (other for other in sitting.labs if other.scenario != lab.scenario)
    order = state.drawings[event.phase].drawn[event.candidate]
    labs = sorted((*others, lab), key=lambda one: order.index(one.scenario))
    state.sittings[key] = replace(sitting, labs=tuple(labs))


def _started(state: SessionState, event: SessionEvent) -> None:
    if not event.candidate:
        state.begun.setdefault(event.phase, event.at)
    for key, sitting in state.sittings.items():
        meant = event.candidate == key[1] or (not event.candidate and not sitting.absent)
        if key[0] == event.phase and meant and sitting.started is None:
            state.sittings[key] = replace(sitting, started=event.at)


def _arrived(state: SessionState, event: SessionEvent) -> None:
    key = event.phase, event.candidate
    state.sittings[key] = state.come_late(state.sittings[key], event.at)


def _absent(state: SessionState, event: SessionEvent) -> None:
    _change(state, event, absent=True)


def _finished(state: SessionState, event: SessionEvent) -> None:
    _change(state, event, finished=event.at)


def _paused(state: SessionState, event: SessionEvent) -> None:
    if not state.open_pause(event.candidate):
        state.pauses.setdefault(event.candidate, []).append(Pause(event.at))


def _resumed(state: SessionState, event: SessionEvent) -> None:
    state.pauses[event.candidate] = [
        Pause(pause.begin, max(pause.begin, event.at)) if pause.end is None else pause
        for pause in state.pauses.get(event.candidate, ())
    ]


def _extended(state: SessionState, event: SessionEvent) -> None:
    """Add minutes; warnings whose time is to come again are given again."""
    sitting = state.sittings[event.phase, event.candidate]
    _change(state, event, granted=sitting.granted + event.details["minutes"])
    allowance = state.allowance(state.sittings[event.phase, event.candidate])
    if allowance is not None:
        left = allowance.remaining(event.at)
        _change(state, event, warned=frozenset(m for m in sitting.warned if m * state.minute >= left))


def _warned(state: SessionState, event: SessionEvent) -> None:
    sitting = state.sittings[event.phase, event.candidate]
    _change(state, event, warned=sitting.warned | {event.details["minutes"]})


def _step(state: SessionState, event: SessionEvent) -> None:
    sitting = state.sittings[event.phase, event.candidate]
    _change(state, event, steps={**sitting.steps, event.kind: event})


_ACTS = {
    "clock": _clock,
    "drawn": _drawn,
    "opened": _opened,
    "started": _started,
    "arrived": _arrived,
    "absent": _absent,
    "finished": _finished,
    "paused": _paused,
    "resumed": _resumed,
    "extended": _extended,
    "warned": _warned,
    **dict.fromkeys(STEPS, _step),
}
