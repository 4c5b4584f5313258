"""Grading running labs: checks, answers that were handed in, and what differs from the sound state."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from grader.job import EVERYTHING, Factory, GradeRequest, Selection
from grader.report import Report
from grader.runner import OnResult, OnRunning, grade, processor_time
from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.deliverables.deliverables_store import DeliverablesStore
from orchestrator.deliverables.hand_in import HandIn
from orchestrator.engine.container_processor import container_processor_time
from orchestrator.fabric.container import HELPER, SOCKET
from orchestrator.labs.conversations import Conversations
from orchestrator.labs.running_lab import Running
from orchestrator.labs.running_labs import RunningLabs
from orchestrator.labs.variant_plans import VariantPlans
from orchestrator.model.plan import Plan
from orchestrator.sound_state.comparison import Besides, Differences, compared
from orchestrator.sound_state.explained import ExplainedChange
from orchestrator.sound_state.handed_over import handed_over_of

Learnt: TypeAlias = Callable[[str, Mapping[str, str]], Collection[ExplainedChange] | None]
"""Returns the changes that a scenario's solutions bring, by its id and what was drawn of each ``one_of``; or None."""


class LabGrading:
    """Grades the labs that run."""

    def __init__(
        self,
        labs: RunningLabs,
        plans: VariantPlans,
        deliverables: DeliverablesStore,
        conversations: Conversations,
        explained: Learnt,
    ) -> None:
        """Take the parts; ``explained`` is that of ``Labs``."""
        self._labs = labs
        self._plans = plans
        self._deliverables = deliverables
        self._conversations = conversations
        self._explained = explained

    def check(
        self,
        running: Running,
        *,
        selection: Selection = EVERYTHING,
        on_result: OnResult | None = None,
        on_running: OnRunning | None = None,
        giving_way: bool = False,
        differences: Differences = "green",
    ) -> Report:
        """Grade an instance with its scenario's checks, and the answers that were handed in.

        Args:
            running: the instance.
            selection: which of both are graded; an answer costs nothing, so it is read whatever the checks find.
            on_result: is told each result.
            on_running: is told which checks run, each time that it changes.
            giving_way: whether other programs may act on the instance meanwhile, which ends the grading; as a rule they
                are kept from it.
            differences: when what differs from the sound state is told, and how (``comparison.Differences``).

        Raises:
            UsageError: the instance is a bare lab, which has nothing to repair.
            LabError: the instance's start was cut off, or another program is at work on it (``BusyError``).
        """
        self._labs.require(running.instance, "started")
        if running.plan.scenario is None:
            raise UsageError(
                Text(
                    fr=f"{running.instance.name} est un lab sans scénario : il n'y a rien à réparer.",
                    en=f"{running.instance.name} is a lab without a scenario: there is nothing to repair.",
                )
            )
        handed_in = HandIn(self._deliverables, running.instance.name, running.plan)
        only = selection.only
        if only is not None:
            questions = {result.id for result in handed_in.grade()}
            selection = replace(selection, only=tuple(name for name in only if name not in questions))
        report = self._grade(
            running,
            running.plan.checks,
            on_result,
            selection,
            on_running,
            giving_way=giving_way,
            differences=differences,
        )
        given = handed_in.grade()
        answers = tuple(result for result in given if only is None or result.id in only)
        if on_result is not None:
            for result in answers:
                on_result(result)
        return replace(
            report,
            results=(*report.results, *answers),
            written=handed_in.written(),
            whole=report.whole and answers == given,
        )

    def health(self, running: Running, *, on_result: OnResult | None = None) -> Report:
        """Grade an instance with its lab's own health checks."""
        return self._grade(running, running.plan.health, on_result, EVERYTHING)

    def explained(self, plan: Plan) -> Collection[ExplainedChange] | None:
        """Return the changes that a variant's solutions bring; None where no proof has learnt them."""
        return None if plan.scenario is None else self._explained(plan.scenario, plan.cases)

    def processor_time(self) -> float:
        """Return the seconds of the processor that gradings used: this program's, as they end, and the fabric helper.

        Raises:
            LabError: the helper does not run, or its part cannot be told on this machine.
        """
        return processor_time() + container_processor_time(self._labs.engine().container(HELPER).id)

    def _grade(
        self,
        running: Running,
        files: Sequence[Path],
        on_result: OnResult | None,
        selection: Selection,
        on_running: OnRunning | None = None,
        *,
        giving_way: bool = False,
        differences: Differences | None = None,
    ) -> Report:
        """Grade; what differs from the sound state is part of it where that is asked, before anybody else may act."""
        device = Factory("orchestrator.access.grading_devices:device_opener", {"devices": _device_logins(running)})
        request = GradeRequest.of(
            running.plan,
            running.instance.name,
            files=files,
            fabric=Factory("orchestrator.fabric.client:FabricClient", {"socket_path": str(SOCKET)}),
            device=device,
        )
        talked = self._conversations.turns(running.instance.name)
        request = replace(request, selection=selection, facts=replace(request.facts, conversation=talked))
        if not running.instance.hosts:  # a proof grades where no lab is, to see what looks at nothing
            return grade(request, on_result=on_result, on_running=on_running)
        if giving_way:
            with self._labs.instances.giving_way(running.instance) as go_on:
                report = grade(request, on_result=on_result, on_running=on_running, go_on=go_on)
                return self._compared(running, report, on_result, differences)
        with self._labs.instances.exclusive(running.instance.name, awake=True):
            report = grade(request, on_result=on_result, on_running=on_running)
            return self._compared(running, report, on_result, differences)

    def _compared(
        self, running: Running, report: Report, on_result: OnResult | None, differences: Differences | None
    ) -> Report:
        """Return a report with what differs from the sound state; who is told the results hears what went wrong."""
        if differences is None:
            return report
        plan = running.plan
        hosts = self._labs.find(running.instance.name).running
        whole = compared(
            report,
            plan,
            hosts,
            self._labs.fabric(),
            lambda: self.explained(plan),
            besides=Besides(
                printed=partial(self._plans.printed, self._plans.content_of(running.instance), plan),
                inherited=lambda: handed_over_of(self._labs.handed_over(running.instance)),
            ),
            differences=differences,
        )
        if on_result is not None:
            for result in whole.results[len(report.results) :]:
                on_result(result)
        return whole


def _device_logins(running: Running) -> dict[str, dict[str, str]]:
    logins = {h.name: running.images[h.image].device for h in running.plan.hosts}
    return {name: device.model_dump() for name, device in logins.items() if device is not None}
