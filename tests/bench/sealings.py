"""Whether right repairs are sealed green: rehearsals of a jury session in which every candidate repairs their lab."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from grader.report import CheckResult, Report
from orchestrator.assessment import session_retention
from orchestrator.assessment.closing import Closing
from orchestrator.assessment.journal_log import JournalLog
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.opening import Opening
from orchestrator.assessment.reopening import Reopening
from orchestrator.assessment.session_registry import SessionRegistry
from orchestrator.assessment.supervision import Supervisor
from orchestrator.assessment.written_plan import WrittenPlan
from orchestrator.core import interrupts
from orchestrator.core.errors import LabError
from orchestrator.core.text import Language, Text
from orchestrator.records.database import Database
from orchestrator.records.location import database_url
from tests.bench.flips import busy_machine

if TYPE_CHECKING:
    from orchestrator.app import App
    from orchestrator.core.progress import Progress

SCENARIO: Final = "no-network-after-move"
"""Its repair is about cables and leases: what is not back yet after a reboot looks like a wrong repair."""
_PHASE: Final = "repairs"
_MINUTE: Final = 30
_PLAN: Final = """\
contract: 1
id: sealings
title: Sealings
referential: rncp-227
ccps: [1]
date: "{date}"
centre: Bench
room: "1"
proof: recorded
jury:
  - {{id: one, name: One, quality: Bench}}
  - {{id: two, name: Two, quality: Bench}}
candidates:
{candidates}
phases:
  - {{name: {phase}, title: Repairs, minutes: 120, scenarios: [{scenario}]}}
"""


@dataclass(frozen=True)
class SealedWrong:
    """A check of a right repair that was sealed other than green, or that a later look sees otherwise.

    Attributes:
        round: the rehearsal's number, from 1.
        candidate: whose.
        check: the check's id.
        sealed: its sealed outcome.
        later: its outcome in a later grading of the kept lab; empty where that was not another one.
        evidence: what it said.
    """

    round: int
    candidate: str
    check: str
    sealed: str
    later: str
    evidence: str


@dataclass(frozen=True)
class Sealings:
    """What the rehearsals came to: how many labs were sealed, how many checks asked again, and what was wrong."""

    rounds: int
    sealed: int
    asked_again: int
    seconds: float
    wrong: tuple[SealedWrong, ...]

    def to_document(self) -> dict[str, Any]:
        """Return the report as JSON's types."""
        return asdict(self)

    def to_text(self, language: Language) -> str:
        """Return the report as plain text."""
        head = Text(
            fr=f"{self.sealed} réparations scellées en {self.rounds} répétitions ({self.seconds:.0f} s), "
            f"{self.asked_again} contrôle(s) redemandé(s) : {len(self.wrong)} faute(s)",
            en=f"{self.sealed} repairs sealed in {self.rounds} rehearsals ({self.seconds:.0f} s), "
            f"{self.asked_again} check(s) asked again: {len(self.wrong)} wrong",
        )
        lines = [head.in_(language)]
        for one in self.wrong:
            later = f" → {one.later}" if one.later else ""
            lines += [f"  ✘ {one.round} {one.candidate} {one.check}: {one.sealed}{later}", f"      {one.evidence}"]
        return "\n".join(lines) + "\n"


def run_sealings(app: App, *, rounds: int, candidates: int, progress: Progress) -> Sealings:
    """Hold rehearsals on a busy machine, in a store of their own; whatever interrupts them, their labs are removed.

    Args:
        app: the program.
        rounds: how many rehearsals.
        candidates: how many candidates each has.
        progress: is told each step.

    Raises:
        LabError: a lab did not come up, or was not repaired.
    """
    begun, wrong, asked_again = time.monotonic(), list[SealedWrong](), 0
    for number in range(1, rounds + 1):
        progress.step(Text(fr=f"Répétition {number} sur {rounds}", en=f"Rehearsal {number} of {rounds}"))
        with tempfile.TemporaryDirectory(prefix="breakfix-sealings-") as folder:
            log = JournalLog(Database(database_url(f"sqlite:///{folder}/journal.sqlite3")))
            registry = replace(app.registry, log=log, folder=Path(folder))
            jury_session = _planned(registry, Path(folder) / "plan.yaml", candidates)
            try:
                _hold(app, jury_session, progress)
                found, again = _looked_at(app, jury_session, number)
                wrong += found
                asked_again += again
            finally:
                with interrupts.shielded():
                    session_retention.clear(jury_session, app.labs, "bench", early=True)
    seconds = round(time.monotonic() - begun, 1)
    return Sealings(rounds, rounds * candidates, asked_again, seconds, tuple(wrong))


def _planned(registry: SessionRegistry, file: Path, candidates: int) -> JurySession:
    listed = "\n".join(f"  - {{number: C-{n:02}, name: Candidate {n}}}" for n in range(1, candidates + 1))
    date = time.strftime("%Y-%m-%d")
    file.write_text(_PLAN.format(date=date, candidates=listed, phase=_PHASE, scenario=SCENARIO), encoding="utf-8")
    return registry.create(WrittenPlan.read(file), "bench", minute=_MINUTE)


def _hold(app: App, jury_session: JurySession, progress: Progress) -> None:
    opened = Opening(jury_session, app.labs, app.proofs.require).open(_PHASE, "bench")
    for why in opened.failed.values():
        raise LabError(why)
    jury_session.start(_PHASE, "bench")

    def repair(instance: str) -> None:
        running = app.labs.running.planned(instance)
        reference = next(solution for solution in running.plan.solutions if solution.reference)
        app.labs.solutions.apply(running, reference, lambda _step: None)

    with busy_machine(progress):
        labs = [lab.instance for sitting in jury_session.state().sittings.values() for lab in sitting.labs]
        with ThreadPoolExecutor(len(labs)) as pool:
            list(pool.map(repair, labs))
        for _, candidate in sorted(jury_session.state().sittings):
            jury_session.finish(_PHASE, candidate, "bench")
        Supervisor(jury_session, Closing(jury_session, app.labs)).run()


def _looked_at(app: App, jury_session: JurySession, number: int) -> tuple[list[SealedWrong], int]:
    """Return what is wrong with what was sealed, and how many checks were asked again."""
    wrong, again = list[SealedWrong](), 0
    for _, candidate in sorted(jury_session.state().sittings):
        (graded,) = jury_session.state().of("graded", candidate)
        again += len(graded.details["labs"][SCENARIO].get("asked_again", ()))
        path = jury_session.folder.sitting(_PHASE, candidate) / f"{SCENARIO}.report.json"
        results = Report.from_json(path.read_text(encoding="utf-8")).results
        later = {
            difference.check: difference.after
            for difference in Reopening(jury_session, app.labs).reopen(_PHASE, candidate, "bench").differences
        }
        wrong += _wrong(number, candidate, results, later)
    return wrong, again


def _wrong(
    number: int, candidate: str, results: Iterable[CheckResult], later: Mapping[str, str]
) -> Iterator[SealedWrong]:
    for result in results:
        if result.outcome != "pass" or result.id in later:
            evidence = result.evidence.en if result.evidence is not None else ""
            yield SealedWrong(number, candidate, result.id, result.outcome, later.get(result.id, ""), evidence)
