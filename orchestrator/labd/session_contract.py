"""The part of the contract (``calls``) that is about jury sessions before their day: their plans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.core.text import Text
from orchestrator.labd.calls import Call, Nothing
from orchestrator.labd.catalogue_contract import ProofView
from orchestrator.labd.plan_form_contract import PlanFields

SessionStage = Literal["planned", "open", "sealed", "closed", "damaged"]
"""No lab was opened; some are, or were; all evidence is sealed; the record is signed; the journal cannot be read."""


@dataclass(frozen=True)
class SessionLine:
    """A session in the list; of one that is damaged only ``id`` and ``stage`` are known.

    Attributes:
        id: its name.
        stage: how far it is.
        title: what is assessed.
        date: its day, ISO 8601.
        candidates: how many there are.
        phases: how many there are.
        rehearsal: whether minutes are shorter than they are called.
    """

    id: str
    stage: SessionStage
    title: str = ""
    date: str = ""
    candidates: int = 0
    phases: int = 0
    rehearsal: bool = False


@dataclass(frozen=True)
class PlanSession:
    """Make a session of its plan.

    Attributes:
        plan: ``session.yaml``; not read where there are fields.
        candidates: the candidates as CSV; empty: the plan has them; not read where there are fields.
        rehearsal: how many seconds a minute lasts; None: sixty.
        anyway: whether what is hardly ever meant is meant here.
        fields: the plan by fields, which is checked as its text would be; None: it is the text.
    """

    plan: str = ""
    candidates: str = ""
    rehearsal: int | None = None
    anyway: bool = False
    fields: PlanFields | None = None


@dataclass(frozen=True)
class PlanMistake:
    """One thing that is wrong in a plan.

    Attributes:
        part: in which of both texts, or in the form.
        line: on which line, from 1; 0: in the text as a whole, or in a form.
        column: of a list, the name of the column; empty: none.
        text: what is wrong, with the nearest right choice.
        hint: what helps; None where the text says it.
        key: of a form, the field: keys and positions joined by hyphens, such as ``phases-0-draw-1-competence``; or the
            row or section; empty: the form as a whole.
    """

    part: Literal["plan", "candidates", "form"]
    line: int
    column: str
    text: Text
    hint: Text | None = None
    key: str = ""


@dataclass(frozen=True)
class PlanOutcome:
    """What became of a plan: a session, or why there is none.

    Attributes:
        session: the session's name; empty: none was made.
        mistakes: what is wrong.
        doubts: what is allowed and hardly ever meant, for somebody to agree to.
    """

    session: str = ""
    mistakes: tuple[PlanMistake, ...] = ()
    doubts: tuple[Text, ...] = ()


@dataclass(frozen=True)
class OfSession:
    """Ask about a session."""

    session: str


@dataclass(frozen=True)
class WithdrawSession:
    """Take back a plan of which no lab was opened."""

    session: str
    reason: str


@dataclass(frozen=True)
class MemberLine:
    """A member of the jury; ``name``: a dash where it was forgotten."""

    id: str
    name: str
    quality: str


@dataclass(frozen=True)
class CandidateLine:
    """A candidate.

    Attributes:
        number: the number.
        name: the name; a dash where it was forgotten.
        attendance: how they take part.
        extra_time: as the plan says it; empty: none.
        times: for each phase, in their order, the time as it is added: ``1 h 15 + 1/3 = 1 h 40``.
        trainers: who trained them.
    """

    number: str
    name: str
    attendance: Literal["on-site", "remote"]
    extra_time: str
    times: tuple[Text, ...]
    trainers: tuple[str, ...]


@dataclass(frozen=True)
class PoolScenario:
    """A scenario that candidates may get.

    Attributes:
        id: its id.
        title: its title; the id where it is there no longer.
        difficulty: from 1 to 4; 0 where it is there no longer.
        proof: what is known of its proof.
        relied: whether a jury may rely on that, by the plan's rule.
    """

    id: str
    title: Text
    difficulty: int
    proof: ProofView
    relied: bool


@dataclass(frozen=True)
class PoolView:
    """Where a phase's scenarios come from.

    Attributes:
        competence: what is drawn works on it; empty: these scenarios are everybody's, and nothing is drawn.
        title: the competence's; None where there is none.
        easiest: the lowest difficulty.
        hardest: the highest.
        count: how many each candidate gets of it.
        scenarios: all that fit, those first that may be drawn.
    """

    competence: str
    title: Text | None
    easiest: int
    hardest: int
    count: int
    scenarios: tuple[PoolScenario, ...]


@dataclass(frozen=True)
class PhaseView:
    """A phase of a session.

    Attributes:
        name: its short name.
        title: its title.
        length: how long it lasts without extra time, reading included.
        reading: how long tickets are read first; None: not at all.
        network: what a candidate's own workstation may reach.
        hints: whether candidates may ask for hints.
        report: whether a report is asked for of every scenario.
        same_for_all: whether one drawing serves all.
        pools: where its scenarios come from.
        drawn: whether they were drawn: its pools are then those of the drawing.
    """

    name: str
    title: str
    length: Text
    reading: Text | None
    network: Literal["none", "documentation", "internet"]
    hints: bool
    report: bool
    same_for_all: bool
    pools: tuple[PoolView, ...]
    drawn: bool


@dataclass(frozen=True)
class SessionView:
    """A session.

    Attributes:
        id: its name.
        stage: how far it is.
        title: what is assessed.
        date: its day, ISO 8601.
        timezone: the time zone of its hours.
        centre: the centre.
        room: the room.
        notes: notes on the room.
        ccps: the CCP that are assessed; none: the whole title.
        proof: which proofs the jury relies on.
        minute: how many seconds a minute lasts: 60, fewer in a rehearsal.
        planned: when it was planned, ISO 8601.
        by: who planned it.
        jury: the members of the jury.
        candidates: the candidates.
        phases: the phases.
        retention_months: after how many months names are forgotten.
    """

    id: str
    stage: SessionStage
    title: str
    date: str
    timezone: str
    centre: str
    room: str
    notes: str
    ccps: tuple[int, ...]
    proof: Literal["here", "recorded"]
    minute: int
    planned: str
    by: str
    jury: tuple[MemberLine, ...]
    candidates: tuple[CandidateLine, ...]
    phases: tuple[PhaseView, ...]
    retention_months: int


Verdict = Literal["ok", "warn", "fail", "unknown"]
"""As it has to be; it may do; it will not do; nobody can tell now."""


@dataclass(frozen=True)
class ReadinessPoint:
    """One thing that a session needs.

    Attributes:
        verdict: whether it is there.
        subject: what it is.
        seen: what is there.
        step: what to do; None where nothing is to be done.
    """

    verdict: Verdict
    subject: Text
    seen: Text
    step: Text | None = None


@dataclass(frozen=True)
class UnprovenScenario:
    """A scenario that has no proof to rely on: why not, and the command that makes one."""

    id: str
    title: Text
    why: Text
    step: Text | None


@dataclass(frozen=True)
class PhaseReadiness:
    """What a phase still needs.

    Attributes:
        name: its short name.
        title: its title.
        opened: how many labs are open, or were.
        labs: how many are still to be opened.
        known: whether it is known which scenarios these are of; else they will be drawn.
        points: the proofs, the images and the memory.
        unproven: which proofs are missing.
    """

    name: str
    title: str
    opened: int
    labs: int
    known: bool
    points: tuple[ReadinessPoint, ...]
    unproven: tuple[UnprovenScenario, ...]


@dataclass(frozen=True)
class ReadinessView:
    """Whether a session could be opened now.

    Attributes:
        id: the session's name.
        title: its title.
        at: when this was looked at, ISO 8601.
        phases: what each phase needs.
        machine: what all of them need together.
    """

    id: str
    title: str
    at: str
    phases: tuple[PhaseReadiness, ...]
    machine: tuple[ReadinessPoint, ...]


SESSIONS = Call("sessions", Nothing, tuple[SessionLine, ...])
"""Return the sessions, the last day first; those that were withdrawn are not there."""
PLAN_SESSION = Call("plan-session", PlanSession, PlanOutcome)
"""Make a session of its plan, or tell all that is wrong in it; nothing is made where something is, or is in doubt."""
SESSION = Call("session", OfSession, SessionView)
"""Return a session; refused: there is none of that name."""
WITHDRAW_SESSION = Call("withdraw-session", WithdrawSession, Nothing)
"""Withdraw a plan, so that another one may take its name; refused: a lab is open or was, or there is no reason."""

READINESS = Call("readiness", OfSession, ReadinessView)
"""Look at what a session needs: proofs, images, memory, disk, clock, a supervisor; nothing is changed or measured."""

SESSION_CALLS: tuple[Call[Any, Any], ...] = (SESSIONS, PLAN_SESSION, SESSION, WITHDRAW_SESSION, READINESS)
