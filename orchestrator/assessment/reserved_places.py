"""What jury sessions still need of this machine: a lab for each candidate and scenario that is not open yet."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from orchestrator.assessment.plan_file import zone_of
from orchestrator.assessment.session_registry import SessionRegistry
from orchestrator.assessment.state import SessionState
from orchestrator.core.errors import BreakfixError
from orchestrator.model.session_plan import DrawRule, Phase

_log = logging.getLogger(__name__)

_SECOND: Final = 1_000_000_000

Place = frozenset[str]
"""The scenarios of which a candidate's lab may be; several as long as it is not drawn."""


class Offered(Protocol):
    """What a drawing goes by of a scenario."""

    @property
    def competences(self) -> Sequence[str]:
        """Return the competences that it works on."""

    @property
    def difficulty(self) -> int:
        """Return how hard it is, from 1 to 4."""


class ReservedPlaces:
    """Looks at the sessions that were planned on this machine. Called from threads, one at a time."""

    def __init__(self, registry: SessionRegistry) -> None:
        """Take all sessions."""
        self._registry = registry
        self._over: set[str] = set()

    def wanted(self, offers: Mapping[str, Offered]) -> tuple[Place, ...]:
        """Return a place for each lab that a jury will still open; ``offers``: all scenarios.

        Those of a session count on its day, and those of a phase whose opening has begun on any day.

        Raises:
            BreakfixError: the store does not answer.
        """
        return tuple(place for state in self._sessions() for place in _wanted(state, self._now(), offers))

    def _sessions(self) -> Iterator[SessionState]:
        for session in self._registry.log.sessions():
            if session in self._over or not (self._registry.folder / session).is_dir():
                continue  # it is over, or another machine's that keeps its people in the same store
            try:
                state = self._registry.jury_session(session).state()
            except BreakfixError as error:  # its journal is damaged: that must keep nobody from working
                _log.warning("no room can be kept for the session %s: %s", session, error)
                continue
            if state.closed:
                self._over.add(session)
            elif not state.withdrawn:  # another plan may take the place of one that was
                yield state

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._registry.source.wall() / _SECOND).astimezone()


def _wanted(state: SessionState, now: datetime, offers: Mapping[str, Offered]) -> Iterator[Place]:
    today = now.astimezone(zone_of(state.plan)).date().isoformat() == state.plan.date
    for phase in state.plan.phases:
        sittings = {who: one for (name, who), one in state.sittings.items() if name == phase.name}
        if sittings and all(one.sealed for one in sittings.values()):
            continue  # who has no lab by now will have none
        if not (sittings or today):
            continue
        yield from still_to_open(state, phase, offers)


def still_to_open(state: SessionState, phase: Phase, offers: Mapping[str, Offered]) -> Iterator[Place]:
    """Yield a place for each lab of a phase that is not open yet, whatever day it is."""
    for candidate in state.plan.candidates:
        sitting = state.sittings.get((phase.name, candidate.number))
        opened = {lab.scenario for lab in sitting.labs} if sitting is not None else set()
        yield from (one for one in _places(state, phase, candidate.number, offers) if not one & opened)


def _places(state: SessionState, phase: Phase, candidate: str, offers: Mapping[str, Offered]) -> Iterator[Place]:
    drawing = state.drawings.get(phase.name)
    drawn = phase.scenarios if drawing is None else drawing.drawn.get(candidate, ())
    yield from (frozenset((scenario,)) for scenario in drawn)
    if drawing is None and not phase.scenarios:
        for rule in phase.draw:
            yield from [pool_for(rule, offers)] * rule.count


def pool_for(rule: DrawRule, offers: Mapping[str, Offered]) -> Place:
    """Return what a rule may draw, proven or not: it may be proven until then."""
    return frozenset(
        name
        for name, offer in offers.items()
        if rule.competence in offer.competences and rule.easiest <= offer.difficulty <= rule.hardest
    )
