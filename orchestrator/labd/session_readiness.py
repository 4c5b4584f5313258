"""Whether a jury session could be opened now. Called from threads.

It asks what ``session open`` asks (proofs, images), what labd's limits leave, and what ``doctor`` sees of the machine.
Nothing is changed, and no lab is started.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.plan_context import organises
from orchestrator.assessment.reserved_places import Place, still_to_open
from orchestrator.assessment.session_clock import SessionClock
from orchestrator.assessment.state import SessionState
from orchestrator.core.errors import BreakfixError, UsageError
from orchestrator.core.text import Text
from orchestrator.doctor.machine import look_at_machine
from orchestrator.labd import readiness_words as words
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.lab_needs import LabNeeds
from orchestrator.labd.lab_room import LabRoom
from orchestrator.labd.scenario_shelf import ShelvedScenario
from orchestrator.labd.session_contract import (
    PhaseReadiness,
    PoolView,
    ReadinessPoint,
    ReadinessView,
    UnprovenScenario,
    Verdict,
)
from orchestrator.labd.session_people import accounts_of_members, found
from orchestrator.labd.session_view import pools_of
from orchestrator.labd.told_refusals import words_of
from orchestrator.model.session_plan import Phase, ProofRule
from orchestrator.records.people import People, are_apart

_OF_THE_MACHINE: Final = ("memory", "disk", "ptys", "inotify-instances")
"""What of the doctor's findings many labs at once depend on."""


class SessionReadiness:
    """Looks at what sessions need."""

    def __init__(self, parts: LabParts, room: LabRoom, most_labs: int | None) -> None:
        """Take what labd serves, what labs take, and how many there may be at once; None: not limited."""
        self._parts = parts
        self._room = room
        self._most_labs = most_labs
        self._needs = LabNeeds(parts)

    def look(self, jury_session: JurySession, state: SessionState) -> ReadinessView:
        """Look at a session."""
        shelf = self._parts.shelf.all()
        offers = {name: one.document for name, one in shelf.items()}
        places = {
            phase.name: () if _is_over(state, phase) else tuple(still_to_open(state, phase, offers))
            for phase in state.plan.phases
        }
        everything = [place for some in places.values() for place in some]
        return ReadinessView(
            id=state.id,
            title=state.plan.title,
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            phases=tuple(self._phase(state, phase, places[phase.name]) for phase in state.plan.phases),
            machine=(
                *self._limits(everything),
                *_doctor(),
                self._clock(state),
                self._roles(state),
                words.supervisor(state, supervised=jury_session.folder.is_supervised()),
            ),
        )

    # A phase --------------------------------------------------------------------------------------------------

    def _phase(self, state: SessionState, phase: Phase, places: Sequence[Place]) -> PhaseReadiness:
        opened = sum(len(one.labs) for (name, _), one in state.sittings.items() if name == phase.name)
        known = bool(phase.scenarios) or phase.name in state.drawings
        if not places:
            return PhaseReadiness(phase.name, phase.title, opened, 0, known, (), ())
        proofs, missing = self._proofs(state, phase, places, known=known)
        points = [proofs, self._images({name for place in places for name in place})]
        if points[-1].verdict != "unknown":
            points.append(words.memory_of_phase(sum(map(self._needs.most_memory, places))))
        unproven = tuple(self._unproven(name, state.plan.proof) for name in missing)
        return PhaseReadiness(phase.name, phase.title, opened, len(places), known, tuple(points), unproven)

    def _proofs(
        self, state: SessionState, phase: Phase, places: Sequence[Place], *, known: bool
    ) -> tuple[ReadinessPoint, tuple[str, ...]]:
        """Return how it is about proofs, and the scenarios whose proofs are missing."""
        shelf = self._parts.shelf.all()
        if known:
            wanted = sorted({name for place in places for name in place})
            missing = tuple(name for name in wanted if not _holds(shelf.get(name), state.plan.proof))
            return words.proofs_of_known(len(wanted), len(missing)), missing
        pools = pools_of(state, phase, shelf, self._parts.shelf.content.referential())
        short = [pool for pool in pools if _relied(pool) < pool.count]
        lacking = tuple(dict.fromkeys(one.id for pool in short for one in pool.scenarios if not one.relied))
        return words.proofs_of_pools([(pool, _relied(pool)) for pool in pools], enough=not short), lacking

    def _unproven(self, scenario: str, rule: ProofRule) -> UnprovenScenario:
        shelved = self._parts.shelf.all().get(scenario)
        title = Text(fr=scenario, en=scenario) if shelved is None else shelved.document.title
        try:
            self._parts.shelf.proofs().require(scenario, rule)
        except UsageError as error:
            return UnprovenScenario(scenario, title, error.text, error.hint)
        except BreakfixError as error:  # the scenario is broken, or an image of its is
            return UnprovenScenario(scenario, title, words_of(error), words.VALIDATE)
        return UnprovenScenario(scenario, title, words.JUST_PROVEN, None)

    def _images(self, scenarios: Collection[str]) -> ReadinessPoint:
        try:
            images = self._needs.images(scenarios)
            return words.images(len(images), self._parts.missing_images(images))
        except BreakfixError as error:
            return words.unknown(words.IMAGES, words_of(error))

    # The machine ----------------------------------------------------------------------------------------------

    def _limits(self, places: Sequence[Place]) -> Iterator[ReadinessPoint]:
        """Yield what labd's limits leave for all labs that are still to be opened."""
        try:
            taken = self._room.taken()
            needs = sum(map(self._needs.most_memory, places))
            yield words.memory(needs, sum(taken.labs.values()), taken.memory)
            yield words.labs(len(places), len(taken.labs), self._most_labs)
        except BreakfixError as error:
            yield words.unknown(words.MEMORY, words_of(error))

    def _roles(self, state: SessionState) -> ReadinessPoint:
        with self._parts.database.read() as reading:
            people = People(reading)
            both = [one.handle for one in people.list("organiser") if not are_apart(one.roles)]
            members = filter(None, (found(people, account) for _, account in accounts_of_members(state)))
            judging = [one.handle for one in members if organises(one, state.events[0].by)]
        return words.roles(judging, both)

    def _clock(self, state: SessionState) -> ReadinessPoint:
        clock = SessionClock(self._parts.registry().source, state.anchor, last=state.last)
        return words.clock(state, clock.now(), clock.drift(), behind=clock.behind)


def _is_over(state: SessionState, phase: Phase) -> bool:
    """Return whether a phase's evidence is sealed: who has no lab by then will have none."""
    sittings = [one for (name, _), one in state.sittings.items() if name == phase.name]
    return state.closed or (bool(sittings) and all(one.sealed for one in sittings))


def _holds(shelved: ShelvedScenario | None, rule: ProofRule) -> bool:
    return shelved is not None and shelved.status.holds(rule)


def _relied(pool: PoolView) -> int:
    return sum(one.relied for one in pool.scenarios)


def _doctor() -> Iterator[ReadinessPoint]:
    for finding in look_at_machine():
        if finding.id in _OF_THE_MACHINE:
            verdict: Verdict = finding.status
            step = finding.remedy if verdict != "ok" else None
            yield ReadinessPoint(verdict, finding.subject, finding.seen, step)
