"""Opening a phase: every candidate's labs are prepared, seen to be broken as they should be, and looked at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Final

from grader.report import Report
from orchestrator.assessment.candidate import as_assessed
from orchestrator.assessment.candidate_seeds import assessed_seed
from orchestrator.assessment.collecting import keep, look_at
from orchestrator.assessment.events import PROGRAM, Draft, Kind
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.selectors import require_phase, sitting_of
from orchestrator.assessment.session_folder import write_whole
from orchestrator.assessment.session_retention import discard
from orchestrator.assessment.state import SessionLab, SessionState
from orchestrator.core.errors import BreakfixError, LabError, UsageError
from orchestrator.core.interrupts import shielded
from orchestrator.core.progress import Silent
from orchestrator.core.text import Text
from orchestrator.labs import Labs
from orchestrator.model.plan import Plan
from orchestrator.model.session_plan import ProofRule
from orchestrator.proof.proof_status import Reliance

VARIANTS: Final = 3
"""How many variants of a scenario are tried before a candidate's lab is given up."""
JOBS: Final = 4
"""How many labs are started at once: each waits for its services most of the time."""


@dataclass(frozen=True)
class CandidatePlace:
    """One candidate's one scenario of a phase."""

    phase: str
    candidate: str
    scenario: str


@dataclass(frozen=True)
class Opened:
    """What came of opening a phase.

    Attributes:
        ready: the labs that are ready, those of an earlier call among them.
        failed: those that no variant of came up, with the last reason.
        relied: the proof of each scenario that was relied on.
    """

    ready: tuple[CandidatePlace, ...]
    failed: Mapping[CandidatePlace, Text]
    relied: Mapping[str, Reliance]


class _TooLateError(UsageError):
    """The candidate's time has ended while their lab was prepared."""


class Opening:
    """Opens phases of a session."""

    def __init__(self, jury_session: JurySession, labs: Labs, require: Callable[[str, ProofRule], Reliance]) -> None:
        """Take the parts.

        Args:
            jury_session: the session.
            labs: the labs.
            require: returns the proof to rely on for a scenario by the plan's rule, or raises where there is none.
        """
        self._jury_session = jury_session
        self._labs = labs
        self._require = require
        self._stop = threading.Event()

    def open(self, phase: str, by: str, tell: Callable[[CandidatePlace], None] = lambda _place: None) -> Opened:
        """Open a phase; what an earlier call has opened stays, so that one that was killed goes on.

        Args:
            phase: the phase.
            by: who opens it.
            tell: is told each lab that is ready, from several threads.

        Raises:
            UsageError: a scenario has no proof by the plan's rule, there is no such phase, another program opens labs
                of the session, or ``stop`` was called.
            MachineError: the engine does not answer, or an image cannot be built.
        """
        require_phase(self._jury_session.state(), phase)
        with self._jury_session.folder.opening():
            return self._open_phase(phase, by, tell)

    def replace(self, phase: str, candidate: str, scenario: str, by: str, reason: str) -> None:
        """Give a candidate another variant of a scenario whose lab has failed them; the former lab goes.

        Their report goes with them; answers about the former lab do not.

        Args:
            phase: the phase.
            candidate: whose lab it is.
            scenario: which of theirs.
            by: who decides it.
            reason: why; the journal keeps it before anything is done.

        Raises:
            UsageError: there is no such lab, the candidate's time runs or is over, there is no reason, another program
                opens labs of the session, or ``stop`` was called.
            LabError: no variant came up; the former lab is still there.
            MachineError: the engine does not answer, or an image cannot be built.
        """
        with self._jury_session.folder.opening():
            former = former_lab(self._jury_session, phase, candidate, scenario)
            place = CandidatePlace(phase, candidate, scenario)
            state = self._jury_session.state()
            self._jury_session.intervene(by, state.sittings[phase, candidate], scenario, "replace", reason)
            proof = self._require(scenario, state.plan.proof)
            secret = self._jury_session.folder.secret()
            self._remove_leftovers(state, [place], secret, former.variant)
            self._labs.lifecycle.prepare([self._plan(place, former.variant + 1, secret)])
            if why := self._open(place, secret, proof, former.variant + 1):
                raise LabError(why)
            self._hand_over(place, former)

    def _hand_over(self, place: CandidatePlace, former: SessionLab) -> None:
        """Take the report along, and remove the former lab."""
        state, labs = self._jury_session.state(), self._labs
        phase = state.plan.phase(place.phase)
        now = next(lab for lab in state.sittings[place.phase, place.candidate].labs if lab.scenario == place.scenario)
        for instance in labs.running.all():
            if instance.name == former.instance:
                text = labs.hand_in(as_assessed(labs.running.planned(instance.name), phase)).report_text()
                taker = as_assessed(labs.running.planned(now.instance), phase)
                if text is not None and taker.plan.report:
                    labs.hand_in(taker).take_report(text)
                discard(labs, instance)

    def stop(self) -> None:
        """Have ``open``, which runs in another thread, begin no lab any more; those that are being started are."""
        self._stop.set()

    def _open_phase(self, phase: str, by: str, tell: Callable[[CandidatePlace], None]) -> Opened:
        state = self._jury_session.state()
        if phase not in state.drawings:
            self._jury_session.draw(phase, by)
            state = self._jury_session.state()
        places = tuple(_places(state, phase))
        rule = state.plan.proof
        relied = {name: self._require(name, rule) for name in sorted({place.scenario for place in places})}
        secret = self._jury_session.folder.secret()
        missing = [place for place in places if not _is_open(state, place)]
        self._remove_leftovers(state, missing, secret)
        self._labs.lifecycle.prepare([self._plan(place, 0, secret) for place in missing])
        failed = self._open_all(missing, secret, relied, tell)
        return Opened(tuple(place for place in places if place not in failed), failed, relied)

    def _open_all(
        self,
        missing: Sequence[CandidatePlace],
        secret: bytes,
        relied: Mapping[str, Reliance],
        tell: Callable[[CandidatePlace], None],
    ) -> dict[CandidatePlace, Text]:
        failed: dict[CandidatePlace, Text] = {}
        with ThreadPoolExecutor(JOBS, thread_name_prefix="open") as pool:
            futures = {pool.submit(self._open, place, secret, relied[place.scenario]): place for place in missing}
            try:
                for future in as_completed(futures):
                    if why := future.result():
                        failed[futures[future]] = why
                    else:
                        tell(futures[future])
            except BaseException:
                self._stop.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        return failed

    def _open(self, place: CandidatePlace, secret: bytes, proof: Reliance, first: int = 0) -> Text | None:
        """Open one lab with the first variant that comes up, from one on; return why none did."""
        why: Text | None = None
        for variant in range(first, first + VARIANTS):
            if self._stop.is_set():
                raise UsageError(
                    Text(fr="L'ouverture a été interrompue.", en="Opening was interrupted."),
                    Text(fr="Relancez-la : elle continue.", en="Call it again: it goes on."),
                )
            try:
                self._try(place, variant, secret, proof)
            except _TooLateError:
                raise
            except BreakfixError as error:
                why = error.text
                details = {"scenario": place.scenario, "variant": variant, "why": {"fr": why.fr, "en": why.en}}
                self._keep("replaced", place, details)
            else:
                return None
        if why is not None:
            self._keep("unopened", place, {"scenario": place.scenario, "why": {"fr": why.fr, "en": why.en}})
        return why

    def _try(self, place: CandidatePlace, variant: int, secret: bytes, proof: Reliance) -> None:
        running = self._labs.lifecycle.start(self._plan(place, variant, secret), Silent())
        try:
            report = self._labs.grading.check(running)
            require_as_proven(report)
            folder = self._jury_session.folder.sitting(place.phase, place.candidate)
            write_whole(folder / f"{place.scenario}.start-report.json", report.to_json().encode())
            driver = self._labs.running.driver(running)
            with driver.fabric.another_connection() as fabric:
                files = look_at(fabric, running.instance.name, [host.name for host in running.plan.hosts])
            seen = keep(folder / f"{place.scenario}.start.json.gz", files)
            details = {
                "scenario": place.scenario,
                "instance": running.instance.name,
                "variant": variant,
                "hosts": [host.name for host in running.plan.hosts],
                "begun": self._labs.running.begun(running.instance),
                "seen": seen,
                "proof": proof.to_document(),
            }
            self._require_in_time(place)
            self._keep("opened", place, details, running.plan.digest)
        except BaseException:
            with shielded():
                self._labs.lifecycle.discard(running.instance)
            raise

    def _require_in_time(self, place: CandidatePlace) -> None:
        """Refuse a lab for somebody whose time was let go on meanwhile, and has ended."""
        sitting = self._jury_session.state().sittings.get((place.phase, place.candidate))
        if sitting is not None and "cut" in sitting.steps:
            raise _TooLateError(_over(place.candidate))

    def _plan(self, place: CandidatePlace, variant: int, secret: bytes) -> Plan:
        return self._labs.plans.plan(place.scenario, seed_of(secret, place.scenario, place.candidate, variant))

    def _remove_leftovers(
        self, state: SessionState, missing: Sequence[CandidatePlace], secret: bytes, last: int = 0
    ) -> None:
        """Remove labs that a killed call had started for these places, or left behind: no sitting has them."""
        known = {lab.instance for sitting in state.sittings.values() for lab in sitting.labs}
        seeds = {seed_of(secret, p.scenario, p.candidate, v) for p in missing for v in range(last + VARIANTS + 1)}
        for instance in self._labs.running.all():
            if instance.seed in seeds and instance.name not in known:
                self._labs.lifecycle.discard(instance)

    def _keep(self, kind: Kind, place: CandidatePlace, details: Mapping[str, object], digest: str = "") -> None:
        state = self._jury_session.state()
        now = self._jury_session.clock(state).now()
        self._jury_session.keep(Draft(kind, PROGRAM, now, place.candidate, place.phase, details, digest))


def former_lab(jury_session: JurySession, phase: str, candidate: str, scenario: str) -> SessionLab:
    """Return a candidate's lab that may be replaced now.

    Raises:
        UsageError: there is none, or their time runs or is over.
    """
    state = jury_session.state()
    sitting = sitting_of(state, phase, candidate)
    found = [lab for lab in sitting.labs if lab.scenario == scenario]
    if not found:
        raise UsageError(
            Text(
                fr=f"{candidate} n'a pas de lab « {scenario} » dans la phase {phase}.",
                en=f"{candidate} has no lab '{scenario}' in the phase {phase}.",
            )
        )
    if sitting.started is not None:
        allowance, now = state.allowance(sitting), jury_session.clock(state).now()
        if not sitting.running or sitting.finished is not None or allowance is None or allowance.over(now):
            raise UsageError(_over(candidate))
        if not allowance.paused(now):
            raise UsageError(
                Text(fr=f"Le temps de {candidate} court.", en=f"The time of {candidate} runs."),
                Text(
                    fr="Arrêtez-le d'abord : préparer un lab prend une minute ou deux.",
                    en="Stop it first: to prepare a lab takes a minute or two.",
                ),
            )
    return found[0]


def _over(candidate: str) -> Text:
    return Text(fr=f"Le temps de {candidate} est écoulé.", en=f"The time of {candidate} is over.")


def seed_of(secret: bytes, scenario: str, candidate: str, variant: int) -> int:
    """Return the seed of a candidate's variant of a scenario; 0 is the first, the others replace labs that failed."""
    return assessed_seed(secret, scenario, f"{candidate}#{variant}" if variant else candidate)


def require_as_proven(report: Report) -> None:
    """Refuse a lab whose checks are not as its proof saw them before the repair: symptoms red, guards green.

    Raises:
        LabError: a check has another colour; the error names the first.
    """
    if not report.results:
        raise LabError(Text(fr="Aucun contrôle n'a été lu.", en="No check was read."))
    for result in report.results:
        expected = "pass" if result.role == "guard" else "fail"
        if result.outcome != expected:
            raise LabError(
                Text(
                    fr=f"Avant l'épreuve, {result.id} devrait être « {expected} », et c'est « {result.outcome} ».",
                    en=f"Before the assessment {result.id} should be '{expected}', and is '{result.outcome}'.",
                ),
                evidence=result.evidence.en if result.evidence else "",
            )


def _places(state: SessionState, phase: str) -> Iterator[CandidatePlace]:
    for candidate, scenarios in state.drawings[phase].drawn.items():
        yield from (CandidatePlace(phase, candidate, scenario) for scenario in scenarios)


def _is_open(state: SessionState, place: CandidatePlace) -> bool:
    sitting = state.sittings.get((place.phase, place.candidate))
    return sitting is not None and any(lab.scenario == place.scenario for lab in sitting.labs)
