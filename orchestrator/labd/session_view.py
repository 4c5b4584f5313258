"""A jury session as its page shows it: each candidate's time as it is added, each scenario with its proof."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

from orchestrator.assessment.extra_time import duration
from orchestrator.assessment.reserved_places import pool_for
from orchestrator.assessment.state import SessionState
from orchestrator.core.text import same
from orchestrator.labd.catalogue_desk import proof_view
from orchestrator.labd.scenario_shelf import ShelvedScenario
from orchestrator.labd.session_contract import (
    CandidateLine,
    MemberLine,
    PhaseView,
    PoolScenario,
    PoolView,
    SessionView,
)
from orchestrator.model.referential import Referential
from orchestrator.model.session_plan import Phase, ProofRule
from orchestrator.proof.proof_status import Status

Shelf = Mapping[str, ShelvedScenario]
"""All scenarios, with what is known of their proofs."""


def view_of(state: SessionState, shelf: Shelf, referential: Referential) -> SessionView:
    """Return a session; when and by whom it was planned is left empty."""
    plan = state.plan
    return SessionView(
        id=state.id,
        stage=state.stage,
        title=plan.title,
        date=plan.date,
        timezone=plan.timezone,
        centre=plan.centre,
        room=plan.room,
        notes=plan.notes,
        ccps=plan.ccps,
        proof=plan.proof,
        minute=state.minute,
        planned="",
        by="",
        jury=tuple(MemberLine(one.id, one.name, one.quality) for one in plan.jury),
        candidates=tuple(
            CandidateLine(
                one.number,
                one.name,
                one.attendance,
                one.extra_time or "",
                tuple(state.given(one.number, phase) for phase in plan.phases),
                one.trainers,
            )
            for one in plan.candidates
        ),
        phases=tuple(_phase(state, phase, shelf, referential) for phase in plan.phases),
        retention_months=plan.retention_months,
    )


def _phase(state: SessionState, phase: Phase, shelf: Shelf, referential: Referential) -> PhaseView:
    return PhaseView(
        name=phase.name,
        title=phase.title,
        length=duration(state.length(phase)),
        reading=duration(phase.reading_minutes * state.minute) if phase.reading_minutes else None,
        network=phase.network,
        hints=phase.hints,
        report=phase.report,
        same_for_all=phase.same_for_all,
        pools=pools_of(state, phase, shelf, referential),
        drawn=phase.name in state.drawings,
    )


def pools_of(state: SessionState, phase: Phase, shelf: Shelf, referential: Referential) -> tuple[PoolView, ...]:
    """Return where a phase's scenarios come from."""
    scenarios = partial(_scenarios, shelf=shelf, rule=state.plan.proof)
    if phase.scenarios:
        return (PoolView("", None, 1, 4, len(phase.scenarios), scenarios(phase.scenarios)),)
    drawing = state.drawings.get(phase.name)
    offers = {name: one.document for name, one in shelf.items()}
    titles = referential.competences()
    pools = []
    for number, rule in enumerate(phase.draw):
        names: Collection[str] = pool_for(rule, offers) if drawing is None else drawing.pools[number]
        found = sorted(scenarios(names), key=lambda one: (not one.relied, one.difficulty, one.id))
        title = titles[rule.competence].title if rule.competence in titles else None
        pools.append(PoolView(rule.competence, title, rule.easiest, rule.hardest, rule.count, tuple(found)))
    return tuple(pools)


def _scenarios(names: Collection[str], *, shelf: Shelf, rule: ProofRule) -> tuple[PoolScenario, ...]:
    return tuple(_scenario(name, shelf.get(name), rule) for name in names)


def _scenario(name: str, shelved: ShelvedScenario | None, rule: ProofRule) -> PoolScenario:
    if shelved is None:  # its content has gone since
        return PoolScenario(name, same(name), 0, proof_view(Status("unproven")), relied=False)
    document, status = shelved.document, shelved.status
    return PoolScenario(name, document.title, document.difficulty, proof_view(status), status.holds(rule))
