"""What is done with labs: each act, from the service layer's call to the store's record. Called from threads."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from grader.report import CheckResult
from orchestrator.core.errors import BreakfixError
from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.deliverables.report_file import ReportParts
from orchestrator.labd import trainee_view
from orchestrator.labd.cable_moves import act_on_cable
from orchestrator.labd.event_log import EventLog
from orchestrator.labd.lab_contract import CableView
from orchestrator.labd.lab_desk import FoundLab, LabDesk
from orchestrator.labd.lab_work_contract import AnswerQuestion, DebriefView, HintView, MoveCable, WriteReport
from orchestrator.labd.told_refusals import refused
from orchestrator.labs import Labs, Running
from orchestrator.model.plan import Plan
from orchestrator.practice.recorder import PracticeRecorder

_log = logging.getLogger(__name__)

_WOKEN = Text(fr="Un lab était prêt : il se remet en marche", en="A lab stood ready: it goes on")
_NOT_WOKEN = Text(
    fr="Il ne repart pas : un autre démarre à sa place", en="It does not go on: another one starts in its place"
)


class EventProgress:
    """Tells the steps of a start as events."""

    def __init__(self, log: EventLog) -> None:
        """Take where they are told."""
        self._log = log

    def step(self, text: Text) -> None:
        """Tell a step."""
        self._log.add("step", {"text": text})

    def detail(self, text: Text) -> None:
        """Say nothing: a trainee waits for steps."""


class LabWork:
    """Acts on labs for their owners."""

    def __init__(self, desk: LabDesk, processors: Callable[[int], float | None] = lambda _launch: None) -> None:
        """Take what finds labs.

        Args:
            desk: finds labs.
            processors: returns how many each host may keep busy once it has started, by the number of the lab's
                launch; None: all.
        """
        self._desk = desk
        self._processors = processors
        self._writing = threading.Lock()

    @property
    def _labs(self) -> Labs:
        return self._desk.parts.labs()

    def _record(self, ref: str, act: Callable[[PracticeRecorder], BreakfixError | None], by: str | None = None) -> None:
        """Record something for a person, who acts unless somebody else does; trouble of the store stops no lab."""
        trouble = act(self._desk.parts.practice_of(ref, by or ref))
        if trouble is not None:
            _log.warning("not recorded: %s", trouble.text.en)

    # Beginning and end ----------------------------------------------------------------------------------------

    def start(self, name: str, plan: Plan, log: EventLog, by: str | None = None) -> None:
        """Start a lab for whom its log names.

        Args:
            name: the lab's name.
            plan: what it is to be.
            log: its events.
            by: the reference of who starts it; None: whose it is.

        Raises:
            BreakfixError: it did not come up; nothing is left of it.
        """
        try:
            running = self._labs.lifecycle.start(plan, EventProgress(log), name=name)
        except BaseException:
            log.add("state", {"state": "failed"})
            raise
        self._limit_processors(running, log.note.launch)
        self._record(log.note.owner, lambda practice: practice.started(running, log.note.launch or None), by)
        log.add("state", {"state": "started"})

    def claim(self, name: str, plan: Plan, log: EventLog, by: str) -> None:
        """Hand a lab over that stands ready to whom its log names; where it does not go on, one is started instead.

        Args:
            name: the lab's name.
            plan: what it is.
            log: its events.
            by: the reference of who starts it.

        Raises:
            BreakfixError: neither goes; nothing is left of it.
        """
        log.add("step", {"text": _WOKEN})
        try:
            running = self._labs.lifecycle.claim(name)
        except BreakfixError as error:
            _log.warning("%s stood ready, and does not go on: %s", name, error)
            log.add("step", {"text": _NOT_WOKEN})
            left = next((one for one in self._labs.running.all() if one.name == name), None)
            if left is not None:
                self._labs.lifecycle.discard(left)
            self.start(name, plan, log, by)
            return
        self._limit_processors(running, log.note.launch)
        self._record(log.note.owner, lambda practice: practice.started(running), by)
        log.add("state", {"state": "started"})

    def reset(self, found: FoundLab, by: str) -> None:
        """Start a lab again as it was at first, also one whose start failed; ``by``: the reference of who does.

        Raises:
            BreakfixError: it did not come up, or another program is at work on it.
        """
        if found.instance is None:
            plan = self._labs.plans.plan(found.log.note.scenario, int(found.log.note.seed))
            self.start(found.name, plan, found.log, by)
            return
        running = self._desk.running(found)
        found.log.add("state", {"state": "starting"})
        try:
            again = self._labs.lifecycle.reset(running, EventProgress(found.log))
        except BaseException:
            self._after_failed_reset(found, running)
            raise
        self._limit_processors(again, found.log.note.launch)
        self._record(found.owner, lambda practice: practice.reset(running, again, found.log.note.launch or None), by)
        found.log.add("state", {"state": "started"})

    def _limit_processors(self, running: Running, launch: int) -> None:
        """Limit what each host may take, once a start was as fast as it can be; a lab without is better than none."""
        processors = self._processors(launch)
        if processors is None:
            return
        try:
            for host in running.instance.hosts:
                self._labs.running.engine().limit_processors(host.container, processors)
        except BreakfixError as error:
            _log.warning("the processors of %s are not limited: %s", running.instance.name, error)

    def _after_failed_reset(self, found: FoundLab, running: Running) -> None:
        if any(one.name == found.name for one in self._labs.running.all()):  # it was refused before anything was done
            found.log.add("state", {"state": self._labs.running.state_of(running.instance)})
            return
        self._record(found.owner, lambda practice: practice.stopped(running.instance))
        found.log.add("state", {"state": "failed"})

    def resume(self, found: FoundLab) -> None:
        """Boot the hosts of a saved lab.

        Raises:
            BreakfixError: a host did not boot, so that it is saved as before; or another program is at work on it.
        """
        found.log.add("state", {"state": "starting"})
        try:
            self._labs.lifecycle.resume(self._desk.running(found), EventProgress(found.log))
        except BaseException:
            found.log.add("state", {"state": "saved"})
            raise
        found.log.add("state", {"state": "started"})

    def stop(self, found: FoundLab, by: str) -> None:
        """Stop a lab and remove all of it but what was handed in; ``by``: the reference of who does.

        Raises:
            BusyError: another program is at work on it.
        """
        if found.instance is None:
            return
        found.log.add("state", {"state": "stopping"})
        instance = found.instance
        self._labs.lifecycle.stop(found.name)
        self._record(found.owner, lambda practice: practice.stopped(instance), by)

    # Acts -----------------------------------------------------------------------------------------------------

    def check(self, found: FoundLab, by: str) -> None:
        """Grade a lab; each result is told as it comes; ``by``: the reference of who has it graded.

        Raises:
            BreakfixError: it is not whole, or another program is at work on it.
        """
        running, look = self._desk.running(found), self._desk.attempt(found)
        marks = look.marks if look else {}
        shown: tuple[Text, ...] = ()

        def on_result(result: CheckResult) -> None:
            found.log.add("result", trainee_view.fields(trainee_view.check_view(result, marks, _now())))

        def on_running(sentences: tuple[Text, ...]) -> None:
            nonlocal shown
            if sentences != shown:
                shown = sentences
                found.log.add("running", {"sentences": sentences})

        report = self._labs.grading.check(running, on_result=on_result, on_running=on_running)
        self._record(found.owner, lambda practice: practice.checked(running, report), by)
        found.log.add("graded", trainee_view.fields(trainee_view.grading_view(report, marks, _now())))

    def cable(self, found: FoundLab, asked: MoveCable) -> CableView:
        """Act on a cable, and return how it is then.

        Raises:
            UsageError: there is no such host, interface or segment.
            BreakfixError: another program is at work on the lab.
        """
        cable = asked.host, asked.interface
        port = act_on_cable(self._labs, self._desk.running(found), cable, asked.action, asked.segment)
        now = trainee_view.cable_view(port)
        found.log.add("cable", trainee_view.fields(now))
        return now

    def hint(self, found: FoundLab) -> HintView:
        """Return the next hint.

        Raises:
            UsageError: there are none.
            BreakfixError: another program is at work on the lab.
        """
        running = self._desk.running(found)
        view = HintView(*self._labs.solutions.hint(running))
        self._record(found.owner, lambda practice: practice.hinted(running, view.number))
        found.log.add("hint", trainee_view.fields(view))
        return view

    def answer(self, found: FoundLab, asked: AnswerQuestion, language: Language) -> None:
        """Keep an answer; an empty one takes it back.

        Raises:
            UsageError: there is no such question, or the answer is not of its kind.
            BreakfixError: another program is at work on the lab.
        """
        running = self._desk.running(found)
        with self._writing, self._labs.running.exclusive(running):
            self._labs.hand_in(running).answer({asked.question: asked.value}, language)
        self._record(found.owner, lambda practice: practice.handed_in(running, "answer"))

    def report(self, found: FoundLab, asked: WriteReport) -> None:
        """Keep the intervention report.

        Raises:
            UsageError: none is asked for.
            BreakfixError: another program is at work on the lab.
        """
        running = self._desk.running(found)
        parts = ReportParts(asked.symptom, asked.cause, asked.action, asked.test, asked.minutes)
        with self._writing, self._labs.running.exclusive(running):
            self._labs.hand_in(running).write_report(parts, asked.language)
        self._record(found.owner, lambda practice: practice.handed_in(running, "report"))

    def debrief(self, found: FoundLab) -> DebriefView:
        """Return what was broken.

        Raises:
            RefusedCallError: the lab has not been solved yet.
        """
        running, look = self._desk.running(found), self._desk.attempt(found)
        if look is None or not look.solved:
            raise refused(
                "forbidden",
                Text(fr="Le bilan s'ouvre une fois le lab résolu.", en="The debrief opens once the lab is solved."),
            )
        return DebriefView(self._labs.plans.explain_faults(running.instance, running.plan), running.plan.debrief)


def _now() -> datetime:
    return datetime.now(UTC)
