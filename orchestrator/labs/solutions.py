"""Hints, one after the other, and solutions carried out as a trainee would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.deliverables.deliverables_store import DeliverablesStore
from orchestrator.deliverables.hand_in import HandIn
from orchestrator.instances.instance_records import InstanceRecords
from orchestrator.labs.conversations import Conversations
from orchestrator.labs.running_lab import Running
from orchestrator.labs.running_labs import RunningLabs
from orchestrator.model.plan import PlannedSolution
from orchestrator.model.scenario import Step


@dataclass(frozen=True)
class StepRun:
    """What came of one step of a solution: its status (0: done) and what it printed."""

    step: Step
    status: int
    output: str


class Solutions:
    """Shows a trainee the way, and goes it."""

    def __init__(
        self,
        labs: RunningLabs,
        records: InstanceRecords,
        deliverables: DeliverablesStore,
        conversations: Conversations,
    ) -> None:
        """Take the parts; the records say how many hints were shown."""
        self._labs = labs
        self._records = records
        self._deliverables = deliverables
        self._conversations = conversations

    def hint(self, running: Running) -> tuple[int, int, Text]:
        """Return the next hint with its number and how many there are; after the last one, the last again."""
        hints = running.plan.hints
        if not hints:
            raise UsageError(Text(fr="Ce lab n'a pas d'indices.", en="This lab has no hints."))
        with self._labs.exclusive(running):
            record = self._records.get(running.instance.name)
            number = min(record.hints_shown + 1, len(hints))
            self._records.put(replace(record, instance=running.instance.name, hints_shown=number))
        return number, len(hints), hints[number - 1]

    def apply(
        self, running: Running, solution: PlannedSolution, on_step: Callable[[Step], None]
    ) -> tuple[StepRun, ...]:
        """Do what a solution or shortcut says, step by step, as a trainee would.

        A step that fails does not stop the rest: what counts is what the checks see afterwards.

        Args:
            running: the instance.
            solution: the solution or shortcut.
            on_step: is told each step before it is done.
        """
        with self._labs.instances.exclusive(running.instance.name, awake=True):
            driver = self._labs.driver(running)
            handed_in = HandIn(self._deliverables, running.instance.name, running.plan)
            done = []
            for step in solution.steps:
                on_step(step)
                handed_in.do(step)
                done.append(self._talk(running, step) or carry_out(driver, step))
            return tuple(done)

    def _talk(self, running: Running, step: Step) -> StepRun | None:
        """Say what a step says; what comes out otherwise than stated fails it."""
        if step.talk is None:
            return None
        well, heard = self._conversations.lead_step(running, step.talk)
        return StepRun(step, 0 if well else 1, heard)


def carry_out(driver: LabDriver, step: Step) -> StepRun:
    """Do one step on the lab; one that hands something in does nothing to it.

    Raises:
        LabError: the lab has no such host or cable.
    """
    if step.cable is not None and step.cable.replace:
        driver.replace_cable(step.cable.host, step.cable.interface)
    elif step.cable is not None:
        driver.cable(step.cable.host, step.cable.interface, plugged=step.cable.plug, segment=step.cable.segment)
    elif step.shell is not None:
        done = driver.run_script(step.shell.host, step.shell.script)
        return StepRun(step, done.status, (done.stdout + done.stderr).decode(errors="replace"))
    elif step.device is not None:
        return StepRun(step, 0, driver.configure(step.device.host, step.device.lines, save=step.device.save))
    elif step.file is not None:
        driver.write(step.file.host, step.file.path, step.file.content.encode(), mode=step.file.mode)
    elif step.reboot is not None:
        driver.reboot(step.reboot.host)
    return StepRun(step, 0, "")
