"""Trying a scenario while it is written: a lab that stays up, and what its checks should be in each of its states.

The states are stages of the proof, judged by the proof's own rules, so that a trial is a preview of it. Where the proof
takes a fresh lab, the trial does as well: a solution or shortcut begins in a lab that only the fault has touched.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader.report import CheckResult
from orchestrator.core.errors import ContentError, LabError, Place, Problem, UsageError
from orchestrator.core.progress import Progress
from orchestrator.core.text import Text
from orchestrator.faults.discovery import FOLDER, require_sound
from orchestrator.instances.readiness import wait_for_conditions
from orchestrator.labs import Labs, Running
from orchestrator.model.plan import Plan, PlannedSolution
from orchestrator.model.scenario import Step
from orchestrator.proof import judging, lab_verdicts
from orchestrator.proof.applying import apply, said
from orchestrator.proof.judging import Judged
from orchestrator.proof.model import Stage, StageName, Verdict

OnResult = Callable[[CheckResult], None]


@dataclass(frozen=True)
class State:
    """What the lab is in by what was done to it: a stage of the proof, with the name of a solution or shortcut."""

    name: StageName
    subject: str = ""


HEALTHY, RESTORED = State("healthy"), State("restored")
BROKEN, NOT_BEGUN = State("broken"), State("not-begun")


@dataclass(frozen=True)
class TrialSubject:
    """What is tried: where it is read from, again each time.

    Attributes:
        labs: returns the service on the content as it is on disk now.
        plan: returns the plan of what is tried.
        roots: the content roots.
        folders: returns the folders whose files make a plan.
    """

    labs: Callable[[], Labs]
    plan: Callable[[Labs], Plan]
    roots: tuple[Path, ...]
    folders: Callable[[Plan], tuple[Path, ...]]


class Trial:
    """One lab on which a scenario (or a bare lab) is tried.

    Attributes:
        plan: the last plan without a mistake.
        running: the lab, or None while there is none.
        state: what the lab is in.
        problems: the mistakes in the files as they are now; the last good ones count meanwhile.
        outdated: whether the lab itself has changed in the files since it was started: only a reset brings that in.
    """

    def __init__(self, subject: TrialSubject) -> None:
        """Read what is to be tried; nothing is started.

        Raises:
            UsageError: there is no such thing.
            ContentError: it has a mistake.
        """
        self._subject = subject
        self._labs, self.plan = self._read()
        self.running: Running | None = None
        self.state = HEALTHY
        self.problems: tuple[Problem, ...] = ()
        self.outdated = False
        self._failed: tuple[Verdict, ...] = ()

    @property
    def given(self) -> State:
        """Return the state in which a trainee gets the lab."""
        if self.plan.scenario is None:
            return HEALTHY
        return BROKEN if self.plan.faults else NOT_BEGUN

    def folders(self) -> tuple[Path, ...]:
        """Return the folders to watch: those of the scenario, of its lab, and of the trainer's own faults."""
        return (*self._subject.folders(self.plan), *(root / FOLDER for root in self._subject.roots))

    # What the keys do -----------------------------------------------------------------------------------

    def start(self, progress: Progress) -> None:
        """Start a healthy lab, in place of the one that runs.

        Raises:
            MachineError: an image cannot be built, or the engine does not answer.
            LabError: the lab did not come up; nothing of it is left.
        """
        self.stop()
        self.running = self._labs.lifecycle.start(self.plan, progress, broken=False)
        self.state, self._failed, self.outdated = HEALTHY, (), False

    def stop(self) -> None:
        """Remove the lab, if there is one."""
        if self.running is not None:
            running, self.running = self.running, None
            self._labs.lifecycle.discard(running.instance)

    def give(self, progress: Progress) -> None:
        """Bring the lab into the state in which a trainee gets it; a broken one is reverted and broken again.

        Raises:
            MachineError, LabError: see ``start``.
        """
        if self._touched:
            self.start(progress)
        elif self.state == BROKEN:
            self._revert()
            if self._failed:  # ``heal`` tells why; here a broken lab is wanted, and a whole one before
                self.start(progress)
        self._hand_over()

    def heal(self, progress: Progress) -> None:
        """Bring the lab back to health: revert the faults, or begin again where somebody has repaired in it.

        Raises:
            MachineError, LabError: see ``start``.
        """
        if self._touched:
            self.start(progress)
        elif self.state == BROKEN:
            self._revert()
        elif self.state == NOT_BEGUN:
            self.state = HEALTHY

    def repair(self, solution: PlannedSolution, progress: Progress, on_step: Callable[[Step], None]) -> None:
        """Apply a solution or a shortcut to a lab that only the fault has touched.

        Raises:
            MachineError, LabError: see ``start``.
        """
        if self._touched or self.state != self.given:
            self.give(progress)
        if self._failed:  # the fault is not in place: there is nothing to repair
            return
        is_shortcut = solution in self.plan.shortcuts
        self.state = State("shortcut" if is_shortcut else "solution", solution.name)
        self._failed = apply(self._labs, self._lab(), solution, on_step, is_shortcut=is_shortcut)

    def check(self, on_result: OnResult | None = None) -> Stage:
        """Grade the lab, and judge it as the proof does at this stage."""
        began = time.monotonic()
        try:
            judged = self._judged(on_result)
        except LabError as error:
            judged = Judged((), (lab_verdicts.trouble(self.state.name, said(error)),))
        took = round(time.monotonic() - began, 2)
        found = (*self._failed, *judged.verdicts)
        return Stage(self.state.name, self.state.subject, took, judged.seen, found)

    def reload(self, changed: Sequence[str], progress: Progress) -> None:
        """Read the files again; a mistake in them leaves the last good plan in place, and is kept in ``problems``.

        A broken lab whose faults have changed is reverted as it was broken, and broken as the files say now.

        Args:
            changed: the files that have changed.
            progress: is told what has to be started again.

        Raises:
            MachineError, LabError: see ``start``.
        """
        try:
            labs, plan = self._read()
        except (ContentError, UsageError) as error:  # a lab or fault that does not exist is told as a wrong use
            self.problems = error.problems if isinstance(error, ContentError) else (_problem(error),)
            return
        self.problems = ()
        other_faults = plan.faults != self.plan.faults or any(Path(name).parent.name == FOLDER for name in changed)
        self._take_up(labs, plan)
        if other_faults and self.state == BROKEN:
            self.give(progress)

    # ----------------------------------------------------------------------------------------------------

    @property
    def _touched(self) -> bool:
        """Return whether only a new lab will do: there is none, or more than the fault has changed it."""
        return self.running is None or bool(self._failed) or self.state.name in {"solution", "shortcut"}

    def _read(self) -> tuple[Labs, Plan]:
        require_sound(self._subject.roots)
        labs = self._subject.labs()
        return labs, self._subject.plan(labs)

    def _take_up(self, labs: Labs, plan: Plan) -> None:
        """Let a new plan count; the lab that runs stays as it was built."""
        old = self.plan
        self._labs, self.plan = labs, plan
        if self.running is not None:
            self.outdated = self.outdated or _built_of(plan) != _built_of(old)
            as_built = self.running.plan
            running = replace(plan, lab=as_built.lab, hosts=as_built.hosts, segments=as_built.segments)
            self.running = replace(self.running, plan=running)

    def _hand_over(self) -> None:
        if not self.plan.faults:
            self.state = self.given
            return
        self.state, self._failed = BROKEN, ()
        try:
            self._labs.lifecycle.inject(self._lab())
        except (LabError, UsageError) as error:  # UsageError: the fault's module has a mistake by now
            self._failed = (lab_verdicts.no_fault(said(error)),)

    def _revert(self) -> None:
        self.state, self._failed = RESTORED, ()
        try:
            self._labs.lifecycle.revert(self._lab())
            wait_for_conditions(self._labs.running.driver(self._lab()), self.plan.ready)
        except (LabError, UsageError) as error:  # UsageError: the fault's parameters are other ones now
            self._failed = (lab_verdicts.not_reverted(None, said(error)),)

    def _judged(self, on_result: OnResult | None) -> Judged:
        labs, running, plan = self._labs, self._lab(), self.plan
        if self.state in {HEALTHY, RESTORED}:
            health = labs.grading.health(running, on_result=on_result) if plan.health else None
            if self.state == RESTORED:
                return judging.restored(health, labs.grading.check(running, on_result=on_result))
            return judging.healthy(health, labs.grading.check(running, on_result=on_result) if plan.faults else None)
        report = labs.grading.check(running, on_result=on_result)
        match self.state.name:
            case "solution":
                return judging.repaired(report, self.state.subject, learning=True)
            case "shortcut":
                return judging.refused(report, self.state.subject)
        return judging.broken(report, task=self.state == NOT_BEGUN)

    def _lab(self) -> Running:
        if self.running is None:
            raise LabError(Text(fr="Aucun lab n'est en marche.", en="No lab is running."))
        return self.running


def expectation(state: State) -> Text:
    """Return what the proof expects of the checks in a state, in one line."""
    match state.name:
        case "broken" | "not-begun":
            return Text(
                fr="symptômes et objectifs rouges, garde-fous verts", en="symptoms and objectives red, guards green"
            )
        case "shortcut":
            return Text(fr="au moins un contrôle rouge, ou un changement", en="at least one check red, or a change")
        case "solution":
            return Text(fr="tout vert, rien à expliquer", en="all green, nothing to explain")
    return Text(fr="tout vert", en="all green")


def _built_of(plan: Plan) -> tuple[object, ...]:
    return plan.lab, plan.hosts, plan.segments


def _problem(error: UsageError) -> Problem:
    return Problem(Place("-"), error.text, error.hint)
