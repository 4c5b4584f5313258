"""The jobs of one variant's proof, each with a lab of its own.

One job breaks, reverts and breaks again; every solution and every shortcut has its own, so that none profits from
what another left.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from grader.job import EVERYTHING, Selection
from grader.report import Difference, Report
from orchestrator.core.errors import FaultMistakeError, LabError
from orchestrator.core.text import Text
from orchestrator.instances.instance import Instance
from orchestrator.instances.readiness import wait_for_conditions
from orchestrator.labs import Differences, Labs, Running
from orchestrator.model.plan import Plan, PlannedSolution
from orchestrator.model.scenario import Step
from orchestrator.proof import judging, lab_verdicts, repair_verdicts
from orchestrator.proof.applying import apply, said
from orchestrator.proof.job_lab import AtWork, JobLab, JobOverError, job_lab
from orchestrator.proof.judging import Judged
from orchestrator.proof.model import Key, Stage, VariantProof, Verdict
from orchestrator.proof.stages import (
    ProofSubject,
    Watch,
    chosen_repairs,
    dialogues_of,
    keys_of,
    shortcut_key,
    stages_of,
)
from orchestrator.sound_state.explained import ExplainedChange

_NOWHERE = "nowhere"
"""A name that no instance can have: theirs end with a dash and four digits."""


_BEFORE_REPAIRS = frozenset({"healthy", "broken", "restored", "again", "not-begun"})
"""The stages of the job that breaks, reverts and breaks again."""


@dataclass(frozen=True)
class ProofJob:
    """What is done one after another, and the stages that come of it."""

    act: Callable[[Clock], None]
    keys: tuple[Key, ...]


class Clock:
    """Tells how long each stage of a job took."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    def lap(self) -> float:
        """Return the seconds since the last lap."""
        before, self._since = self._since, time.monotonic()
        return round(self._since - before, 2)


class ProvenVariant:
    """The proof of one variant while it is being made."""

    def __init__(self, labs: Labs, subject: ProofSubject, at_work: AtWork, watch: Watch) -> None:
        self.plan = subject.plan
        self.began = float("inf")
        self.ended = 0.0
        self._subject = subject
        self._words = labs.plans.words(subject.plan)
        self._learning = subject.learning or labs.grading.explained(subject.plan) is None
        self._labs = labs
        self._at_work = at_work
        self._watch = watch
        self._stages: dict[Key, Stage] = {}
        self._left: list[Text] = []
        self._stopping = 0.0
        self.proof_jobs = self._planned_jobs()
        self._jobs_left = len(self.proof_jobs)

    def _planned_jobs(self) -> tuple[ProofJob, ...]:
        """Return the jobs, the longest first."""
        if self._subject.repairs is not None:
            return tuple(self._repair_jobs(*chosen_repairs(self.plan, self._subject.repairs)))
        first, others = next(iter(self.plan.solutions), None), self.plan.solutions[1:]
        keys = tuple(key for key in stages_of(self._subject) if key[0] in _BEFORE_REPAIRS)
        proof_jobs = [ProofJob(partial(self._break_and_repair, first), (*keys, *(keys_of(first) if first else ())))]
        if self._subject.main_line:
            return tuple(proof_jobs)
        proof_jobs += self._repair_jobs(others, self.plan.shortcuts)
        if dialogues := dialogues_of(self.plan):
            proof_jobs.append(ProofJob(self._dialogues, dialogues))
        proof_jobs.append(ProofJob(self._nowhere, (("nowhere", ""),)))
        return tuple(proof_jobs)

    def _repair_jobs(
        self, solutions: Iterable[PlannedSolution], shortcuts: Iterable[PlannedSolution]
    ) -> Iterator[ProofJob]:
        for solution in solutions:
            yield ProofJob(partial(self._solution, solution), keys_of(solution))
        for shortcut in shortcuts:
            yield ProofJob(partial(self._shortcut, shortcut), (shortcut_key(shortcut),))

    def run(self, proof_job: ProofJob) -> None:
        """Run one job to its end, in a thread of the pool."""
        self.began = min(self.began, time.monotonic())
        try:
            self._at_work.go_on()
            proof_job.act(Clock())
        except JobOverError:
            pass
        except BaseException:
            self._at_work.abandoned = True  # at once: this thread would take up the next job
            raise
        for key in proof_job.keys:
            if key not in self._stages and not self._at_work.abandoned:
                self._record(Stage(*key, ran=False))
        with self._at_work.lock:
            self._jobs_left -= 1
            last = not self._jobs_left
        if last:
            left = tuple(dict.fromkeys(self._left))
            self._record(
                Stage("stopped", "", round(self._stopping, 2), verdicts=tuple(lab_verdicts.residue(t) for t in left))
            )
            self.ended = time.monotonic()

    def proof(self) -> VariantProof:
        """Return what was found; all jobs have ended."""
        stages = tuple(self._stages[key] for key in stages_of(self._subject))
        return VariantProof(self.plan.seed, self.plan.digest, stages, dict(self._subject.cases))

    # Jobs -----------------------------------------------------------------------------------------------

    def _nowhere(self, clock: Clock) -> None:
        """Grade with no lab at all: what is green then looks at nothing."""
        plan = self.plan
        none = Instance(_NOWHERE, plan.scenario or "", plan.lab, plan.seed, "", plan.digest, len(plan.hosts), ())
        running = Running(none, plan, self._labs.plans.images(plan))
        self._stage(("nowhere", ""), clock, lambda: judging.nowhere(self._labs.grading.check(running)))

    def _break_and_repair(self, reference: PlannedSolution | None, clock: Clock) -> None:
        """Break, revert and break again; the reference solution goes on there if the revert was seen to be whole."""
        with self._lab(("healthy", ""), clock) as lab:
            self._stage(("healthy", ""), clock, partial(self._healthy, lab))
            whole = self._break(lab, clock) if self.plan.faults else self._begin(lab, clock)
            if whole and reference is not None:
                self._solve(lab, reference, clock)
                return
        if reference is not None:
            self._solution(reference, clock)

    def _solution(self, solution: PlannedSolution, clock: Clock) -> None:
        key, _ = keys_of(solution)
        with self._lab(key, clock) as lab:
            self._inject(lab, key, clock)
            self._solve(lab, solution, clock)

    def _shortcut(self, shortcut: PlannedSolution, clock: Clock) -> None:
        key = shortcut_key(shortcut)

        def judge() -> Judged:
            failed = apply(self._labs, lab.running, shortcut, _nobody, is_shortcut=True)
            report = self._check(lab, self._after(shortcut))
            return judging.refused(report, shortcut.name).and_before(failed)

        with self._lab(key, clock) as lab:
            self._inject(lab, key, clock)
            self._stage(key, clock, judge)

    def _dialogues(self, clock: Clock) -> None:
        """Lead every dialogue that a persona states, each with a conversation of its own, in one lab."""
        people = self.plan.personas.values()
        stated = [(person, dialogue) for person in people for dialogue in person.document.dialogues]
        keys = dialogues_of(self.plan)
        with self._lab(keys[0], clock) as lab:
            self._inject(lab, keys[0], clock)
            for key, (person, dialogue) in zip(keys, stated, strict=True):
                strays = partial(self._labs.conversations.play, lab.running, person, dialogue)
                self._stage(key, clock, partial(_led, strays, person.full, dialogue.kind))

    def _check(self, lab: JobLab, selection: Selection = EVERYTHING) -> Report:
        """Grade a lab, and tell what differs from its sound state whatever the checks find."""
        return self._labs.grading.check(lab.running, selection=selection, differences="always")

    def _check_repair(self, lab: JobLab) -> Report:
        """Grade a lab after a solution: while that is learnt, what it changes is not forbidden for being new."""
        told: Differences = "learning" if self._learning else "always"
        return self._labs.grading.check(lab.running, differences=told)

    def _after(self, shortcut: PlannedSolution) -> Selection:
        """Return which checks are asked after a shortcut: one that is red refuses it as well as all would."""
        if self._subject.red_first is None:
            return EVERYTHING
        return Selection(first=self._subject.red_first.get(shortcut.name, ()), until_red=True)

    # Stages ---------------------------------------------------------------------------------------------

    def _healthy(self, lab: JobLab) -> Judged:
        health = self._labs.grading.health(lab.running) if self.plan.health else None
        before = self._check(lab) if self.plan.faults else None
        judged = judging.healthy(health, before)
        return judged._replace(verdicts=(*judged.verdicts, *self._composed_again()))

    def _composed_again(self) -> Iterator[Verdict]:
        """Compose the same variant once more: another plan means that something depends on chance."""
        if self.plan.scenario is None:
            return
        other = self._labs.plans.plan(self.plan.scenario, self.plan.seed)
        if other.digest == self.plan.digest:  # else somebody has just edited the content
            for part in dataclasses.fields(Plan):
                if getattr(other, part.name) != getattr(self.plan, part.name):
                    yield lab_verdicts.unsteady_plan(part.name)

    def _begin(self, lab: JobLab, clock: Clock) -> bool:
        self._stage(("not-begun", ""), clock, lambda: judging.broken(self._check(lab), task=True))
        return True

    def _break(self, lab: JobLab, clock: Clock) -> bool:
        """Break, revert, break again; return whether the lab is broken now as a fresh one would be.

        The main line reverts nothing.
        """
        self._inject(lab, ("broken", ""), clock)
        broken = self._stage(("broken", ""), clock, lambda: judging.broken(self._check(lab), task=False))
        if self._subject.main_line:
            return True
        restored = self._stage(("restored", ""), clock, partial(self._restore, lab))
        if not restored.sound:
            return False
        self._inject(lab, ("again", ""), clock)
        again = self._stage(("again", ""), clock, lambda: judging.again(broken, self._check(lab)))
        return again.sound

    def _restore(self, lab: JobLab) -> Judged:
        try:
            self._labs.lifecycle.revert(lab.running)
            wait_for_conditions(lab.driver, self.plan.ready)
        except FaultMistakeError as error:
            return Judged((), (lab_verdicts.fault_mistake("not-reverted", said(error)),))
        except LabError as error:
            return Judged((), (lab_verdicts.not_reverted(None, said(error)),))
        health = self._labs.grading.health(lab.running) if self.plan.health else None
        return judging.restored(health, self._check(lab))

    def _solve(self, lab: JobLab, solution: PlannedSolution, clock: Clock) -> None:
        """Apply a solution, grade, reboot every host, grade again."""
        key, after = keys_of(solution)

        def repair() -> Judged:
            failed = apply(self._labs, lab.running, solution, _nobody, is_shortcut=False)
            report = self._check_repair(lab)
            judged = judging.repaired(report, solution.name, learning=self._learning)
            return judged.and_before(failed)

        def reboot() -> Judged:
            lab.driver.reboot()
            reason: Text | None = None
            try:
                wait_for_conditions(lab.driver, self.plan.ready)
            except LabError as error:
                reason = said(error)
            report, learning = self._check_repair(lab), self._learning
            judged = judging.rebooted(report, solution.name, repaired, learning=learning)
            if reason is not None and repaired.sound and all(verdict.remark for verdict in judged.verdicts):
                return judged.and_before([repair_verdicts.not_ready(reason, solution=solution.name)])
            return judged

        repaired = self._stage(key, clock, repair)
        self._stage(after, clock, reboot)

    # Machinery ------------------------------------------------------------------------------------------

    @contextmanager
    def _lab(self, key: Key, clock: Clock) -> Iterator[JobLab]:
        """Run the block with a healthy lab of its own; ``key`` is the stage that does not come about without it."""
        with ExitStack() as stack:
            try:
                lab = stack.enter_context(job_lab(self._labs, self.plan, self._at_work, self._ended))
            except LabError as error:
                raise self._over(key, clock, lab_verdicts.trouble("healthy", said(error))) from error
            yield lab

    def _ended(self, left: tuple[Text, ...], seconds: float) -> None:
        with self._at_work.lock:
            self._left += left
            self._stopping += seconds

    def _inject(self, lab: JobLab, key: Key, clock: Clock) -> None:
        if not self.plan.faults:
            return
        self._at_work.go_on()
        try:
            self._labs.lifecycle.inject(lab.running)
        except FaultMistakeError as error:
            raise self._over(key, clock, lab_verdicts.fault_mistake("no-fault", said(error))) from error
        except LabError as error:
            raise self._over(key, clock, lab_verdicts.no_fault(said(error))) from error

    def _stage(self, key: Key, clock: Clock, act: Callable[[], Judged]) -> Stage:
        """Carry out a stage and record it."""
        self._at_work.go_on()
        try:
            judged = act()
        except LabError as error:
            raise self._over(key, clock, lab_verdicts.trouble(key[0], said(error))) from error
        changes, by_expressions = self._told(judged.differences)
        stage = Stage(
            *key,
            clock.lap(),
            judged.seen,
            judged.verdicts,
            changes=changes,
            by_expressions=by_expressions,
            differences=judged.differences,
        )
        self._record(stage)
        return stage

    def _told(
        self, differences: Iterable[Difference]
    ) -> tuple[tuple[ExplainedChange, ...], tuple[ExplainedChange, ...]]:
        """Return differences in the words of the variant, in both readings."""
        readings = {self._words.readings(one) for one in differences}
        ordered = sorted(readings, key=lambda both: (both[0].order(), both[-1].order()))
        return tuple(both[0] for both in ordered), tuple(both[-1] for both in ordered)

    def _over(self, key: Key, clock: Clock, verdict: Verdict) -> JobOverError:
        """Record why a stage did not come about, and return what ends its job."""
        self._record(Stage(*key, clock.lap(), verdicts=(verdict,)))
        return JobOverError()

    def _record(self, stage: Stage) -> None:
        with self._at_work.lock:
            if not self._at_work.abandoned:
                self._stages[stage.key] = stage
                self._watch.end(self.plan, stage)


def _nobody(_step: Step) -> None:
    """Tell nobody of a step."""


def _led(strays: Callable[[], tuple[Text, ...]], who: str, kind: str) -> Judged:
    """Judge a dialogue by what came out otherwise than stated."""
    return Judged((), tuple(repair_verdicts.dialogue_strays(who, kind, text) for text in strays()))
