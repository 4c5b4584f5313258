"""Plays mutants on real hosts, each on a lab of its own: what one leaves would decide what comes of the next.

The accepted repairs are played first: from what they change comes what there is to spoil.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Final, TypeVar

from grader.job import EVERYTHING, Selection
from grader.report import CheckResult, Difference, Report
from grader.report_formats import difference_sentence
from orchestrator.core.errors import LabError
from orchestrator.core.interrupts import shielded
from orchestrator.core.text import Text
from orchestrator.instances.readiness import wait_for_conditions
from orchestrator.labs import Labs
from orchestrator.model.plan import Plan, PlannedSolution
from orchestrator.model.scenario import Step
from orchestrator.mutation.choosing import in_turns, mutants_of
from orchestrator.mutation.kinds import printed, probe
from orchestrator.mutation.mutant import NOT_HERE, Fate, HostFile, Mutant, PlayedMutant, PlayedRepair
from orchestrator.mutation.runs import MutantWatch, MutationRun, MutationSubject
from orchestrator.planning.step_lines import step_lines
from orchestrator.proof.admission import Admission
from orchestrator.proof.applying import said
from orchestrator.proof.job_lab import AtWork, JobLab, job_lab
from orchestrator.sound_state import file_state
from orchestrator.sound_state.explained import VariantWords

S = TypeVar("S")
T = TypeVar("T")
_UNCOUNTED: Final = frozenset({"void", "equivalent"})
"""The fates of mutants that are no wrong repairs."""


def play_mutants(
    labs: Labs, subject: MutationSubject, *, count: int, seed: int, jobs: int | None, watch: MutantWatch
) -> MutationRun:
    """Play a variant's accepted repairs, then mutants of them.

    Whatever interrupts it, every lab that was started is removed.

    Args:
        labs: starts, breaks, grades and stops labs.
        subject: the variant.
        count: how many mutants are played; one that finds nothing to spoil, or is as good as a repair, does not count.
        seed: draws which.
        jobs: how many labs run at once; None: as many as the machine bears.
        watch: is told each one as it ends.

    Raises:
        LabError: an accepted repair does not repair the lab.
        MachineError: the engine or the fabric does not answer.
    """
    began = time.monotonic()
    plan = subject.plan
    labs.lifecycle.prepare([plan])
    at_work = AtWork(labs)
    player, lanes = _Player(labs, plan, at_work), _Lanes(at_work, len(plan.hosts), jobs)
    with lanes.open():
        watch.repairs(plan)
        played = lanes.play(player.repair, plan.solutions, lambda _: None)
        repairs = [replace(one, others=subject.others) for one in played]
        player.accepted = frozenset(one.left for one in repairs)
        ordered = in_turns(mutants_of(repairs, subject.operators), seed)
        watch.mutants(plan, min(count, len(ordered)), len(ordered))

        def tell(one: PlayedMutant) -> None:
            watch.played(one, known=False)

        found: dict[str, PlayedMutant] = {}
        left = list(ordered)
        while left and (missing := count - sum(one.fate not in _UNCOUNTED for one in found.values())) > 0:
            chosen, left = left[:missing], left[missing:]
            known = {m.name: subject.known[m.name] for m in chosen if _is_known(m, subject.known)}
            for one in known.values():
                watch.played(one, known=True)
            new = lanes.play(player.mutant, [m for m in chosen if m.name not in known], tell)
            found |= known | {one.name: one for one in new}
    came = [found[m.name] for m in ordered if m.name in found]
    return MutationRun(
        plan,
        frozenset(m.name for m in ordered),
        tuple(one for one in came if one.fate not in _UNCOUNTED),
        round(time.monotonic() - began, 1),
        tuple(one for one in came if one.fate in _UNCOUNTED),
    )


def _is_known(mutant: Mutant, known: Mapping[str, PlayedMutant]) -> bool:
    """Return whether a mutant need not be played again; one of which nothing is known but a trouble is."""
    before = known.get(mutant.name)
    return before is not None and before.digest == mutant.digest and before.fate != "unjudged"


class _Lanes:
    """Plays several on labs side by side; an interrupt removes the labs."""

    def __init__(self, at_work: AtWork, hosts: int, jobs: int | None) -> None:
        self._at_work = at_work
        self._hosts = hosts
        self._admission = Admission(jobs)
        self._pool = ThreadPoolExecutor(self._admission.most, thread_name_prefix="mutants")

    def play(self, play: Callable[[S], T], ones: Sequence[S], tell: Callable[[T], None]) -> list[T]:
        """Return what came of each, in their order; ``tell`` is told in the order in which they end."""

        def run(one: S) -> T:
            with self._admission.turn(self._hosts):
                self._at_work.go_on()
                return play(one)

        futures: list[Future[T]] = [self._pool.submit(run, one) for one in ones]
        for future in as_completed(futures):
            tell(future.result())
        return [future.result() for future in futures]

    @contextmanager
    def open(self) -> Iterator[None]:
        """Run the block; what still runs when it fails is ended, and its labs are removed."""
        try:
            yield
        except BaseException:
            with shielded():
                self._at_work.abandon()
                self._admission.end()
                self._pool.shutdown(wait=True, cancel_futures=True)
            raise
        self._pool.shutdown()


class _Player:
    """Plays one repair or one mutant on a lab of its own.

    Attributes:
        accepted: how each accepted repair leaves the lab, once they were played.
    """

    def __init__(self, labs: Labs, plan: Plan, at_work: AtWork) -> None:
        self._labs = labs
        self._plan = plan
        self._at_work = at_work
        self._words: VariantWords = labs.plans.words(plan)
        self._symptoms: tuple[str, ...] = ()
        self.accepted: frozenset[frozenset[tuple[str, ...]]] = frozenset()

    def repair(self, solution: PlannedSolution) -> PlayedRepair:
        """Play an accepted repair, and return what it changed.

        Raises:
            LabError: it does not repair the lab.
        """
        with self._broken_lab() as lab:
            broken = self._graded(lab, EVERYTHING)
            self._symptoms = tuple(one.id for one in broken.results if one.outcome == "fail")
            self._labs.solutions.apply(lab.running, solution, _nobody)
            report = self._graded(lab, EVERYTHING)
            fate, by = fate_of(report, ())
            if fate != "survived":
                raise _not_accepted(solution, by)
            changed = _files(broken.differences) ^ _files(report.differences)
            touched = tuple(sorted({HostFile(host, path) for host, path, _, _ in changed}))
            played = PlayedRepair(self._plan, solution, touched, self._left(report))
            return replace(played, has={host: _had(lab, host) for host in played.hosts})

    def mutant(self, mutant: Mutant) -> PlayedMutant:
        """Play a mutant; a survivor is graded once more after a reboot."""
        began = time.monotonic()
        done = PlayedMutant(
            mutant.name,
            mutant.operator,
            mutant.digest,
            mutant.summary,
            (),
            "void",
            solution=mutant.solution,
            subject=mutant.subject,
        )
        try:
            done = self._played(mutant, done)
        except LabError as error:  # a lab that a mutant has ruined says nothing of the others
            self._at_work.go_on()
            done = replace(done, fate="unjudged", by=said(error))
        return replace(done, seconds=round(time.monotonic() - began, 1))

    def _played(self, mutant: Mutant, done: PlayedMutant) -> PlayedMutant:
        with self._broken_lab() as lab:
            saved = {file: content for file in mutant.reads if (content := _content(lab, file)) is not None}
            steps = (*mutant.steps, *mutant.then(saved))
            done = replace(done, lines=tuple(line for step in steps for line in step_lines(step)))
            solution = PlannedSolution(mutant.name, mutant.summary, reference=False, steps=steps)
            if self._is_done(lab, solution):
                report = self._graded(lab, Selection(first=self._symptoms, until_red=True))
                fate, by = self._fate(report)
                done = replace(done, fate=fate, by=by)
                if fate == "survived":
                    left = self._left(report)
                    same = any(left <= accepted for accepted in self.accepted)
                    done = replace(done, same=same, lost=self._is_lost(lab))
                    if mutant.omits and same and not done.lost:
                        done = replace(done, fate="equivalent")
        return done

    def _is_done(self, lab: JobLab, solution: PlannedSolution) -> bool:
        """Do what a mutant says; return whether it found something to spoil.

        A step that does not end is given up, as a person does, with all that comes after it.
        """
        try:
            runs = self._labs.solutions.apply(lab.running, solution, _nobody)
        except LabError:
            self._at_work.go_on()
            return True
        return all(run.status != NOT_HERE for run in runs)

    def _is_lost(self, lab: JobLab) -> bool:
        lab.driver.reboot()
        with suppress(LabError):  # what does not come back is red
            wait_for_conditions(lab.driver, self._plan.ready)
        fate, _ = self._fate(self._graded(lab, Selection(first=self._symptoms, until_red=True)))
        return fate == "refused"

    def _fate(self, report: Report) -> tuple[Fate, Text | None]:
        brought = frozenset[tuple[str, ...]]().union(*self.accepted)
        return fate_of(report, [one for one in report.unexplained if self._words.told(one).key() not in brought])

    @contextmanager
    def _broken_lab(self) -> Iterator[JobLab]:
        with job_lab(self._labs, self._plan, self._at_work, _nothing_left) as lab:
            if self._plan.faults:
                self._labs.lifecycle.inject(lab.running)
            self._at_work.go_on()
            yield lab

    def _graded(self, lab: JobLab, selection: Selection) -> Report:
        self._at_work.go_on()
        return self._labs.grading.check(lab.running, selection=selection, differences="always")

    def _left(self, report: Report) -> frozenset[tuple[str, ...]]:
        """Return what is not in its sound state; of what is explained not how, which may be another each time."""
        told = ((self._words.told(one), one.standing == "explained") for one in report.differences)
        return frozenset((one.host, one.provider, one.object, one.field) if known else one.key() for one, known in told)


def fate_of(report: Report, unexplained: Sequence[Difference]) -> tuple[Fate, Text | None]:
    """Return what a grading makes of a mutant, and the check or change that decides.

    Args:
        report: what was found.
        unexplained: the changes that no accepted repair brings.
    """
    decided: tuple[tuple[Fate, Iterable[Text]], ...] = (
        ("refused", (result.sentence for result in report.results if result.outcome == "fail")),
        ("unjudged", (_with_reason(result) for result in report.results if result.outcome == "error")),
        ("refused", map(difference_sentence, report.forbidden)),
        ("flagged", map(difference_sentence, unexplained)),
    )
    return next(((fate, by) for fate, sentences in decided for by in sentences), ("survived", None))


def _with_reason(result: CheckResult) -> Text:
    """Return a check's sentence, and why it could not judge."""
    sentence, why = result.sentence, result.evidence
    return sentence if why is None else Text(fr=f"{sentence.fr} ({why.fr})", en=f"{sentence.en} ({why.en})")


def _files(differences: Iterable[Difference]) -> set[tuple[str, str, str, str | None]]:
    return {(d.host, d.object, d.field, d.now) for d in differences if d.provider == file_state.NAME and d.host}


def _had(lab: JobLab, host: str) -> frozenset[tuple[str, str]]:
    """Return what operators by kind can spoil on a host; nothing of one that has no shell, such as a switch."""
    with suppress(LabError):
        return frozenset(printed(lab.driver.run_script(host, probe()).stdout.decode(errors="replace")))
    return frozenset()


def _content(lab: JobLab, file: HostFile) -> bytes | None:
    """Return what a file of the broken lab holds; None where it is not there, or no plain file."""
    look = ("sh", "-c", '[ -f "$1" ] && [ ! -L "$1" ] && base64 "$1"', "sh", file.path)
    done = lab.driver.run(file.host, look, check=False)
    return None if done.status else base64.b64decode(done.stdout)


def _not_accepted(solution: PlannedSolution, by: Text | None) -> LabError:
    why = by or Text(fr="rien n'est contrôlé", en="nothing is checked")
    return LabError(
        Text(
            fr=f"la solution {solution.name} ne répare pas le lab : {why.fr}",
            en=f"solution {solution.name} does not repair the lab: {why.en}",
        ),
        Text(
            fr="Prouvez d'abord le scénario : « breakfix prove » dit ce qui manque.",
            en="Prove the scenario first: 'breakfix prove' says what is missing.",
        ),
    )


def _nobody(_step: Step) -> None:
    """Tell nobody of a step."""


def _nothing_left(_left: tuple[Text, ...], _seconds: float) -> None:
    """Leave it to the proof to tell what a lab leaves."""
