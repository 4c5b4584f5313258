"""Labs as a whole: its parts, made once for one content and one engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from orchestrator.deliverables.deliverables_store import DeliverablesStore
from orchestrator.deliverables.hand_in import HandIn
from orchestrator.instances.instance import Instance
from orchestrator.instances.instance_records import InstanceRecords
from orchestrator.instances.lifecycle import Instances
from orchestrator.labs.conversations import Conversations
from orchestrator.labs.lab_grading import LabGrading, Learnt
from orchestrator.labs.lab_lifecycle import LabLifecycle
from orchestrator.labs.running_lab import Running
from orchestrator.labs.running_labs import RunningLabs
from orchestrator.labs.solutions import Solutions
from orchestrator.labs.variant_plans import VariantPlans
from orchestrator.loader.content import Content
from orchestrator.model.plan import Plan


class Labs:
    """Labs of one content on one engine.

    Attributes:
        plans: makes the plans of scenarios and labs.
        running: finds labs that run, tells how far they are, and reaches their hosts.
        lifecycle: starts, resets, saves and removes them.
        grading: grades them.
        conversations: talks with their people.
        solutions: gives hints and plays solutions.
    """

    def __init__(
        self,
        *,
        content: Content,
        instances: Callable[[], Instances],
        records: InstanceRecords,
        deliverables: DeliverablesStore,
        build: Callable[[Sequence[str]], Mapping[str, str]],
        explained: Learnt = lambda _scenario, _cases: None,
    ) -> None:
        """Take the parts.

        Args:
            content: where labs and scenarios are found.
            instances: returns the instances on the engine; plans are made without asking for them.
            records: the records of this user's instances.
            deliverables: what this user hands in.
            build: builds the named images where they are missing and returns their references by name.
            explained: returns the changes that a scenario's solutions bring, where somebody has learnt them.
        """
        self._deliverables = deliverables
        self.plans = VariantPlans(content, records)
        self.running = RunningLabs(instances, records, self.plans)
        self.lifecycle = LabLifecycle(self.running, self.plans, deliverables, build)
        self.conversations = Conversations(self.running, deliverables)
        self.grading = LabGrading(self.running, self.plans, deliverables, self.conversations, explained)
        self.solutions = Solutions(self.running, records, deliverables, self.conversations)

    def hand_in(self, running: Running) -> HandIn:
        """Return what takes and gives back an instance's answers and report."""
        return self.handed_in(running.instance.name, running.plan)

    def handed_in(self, instance: str, plan: Plan) -> HandIn:
        """Return what was handed in on a lab by its name, also once it is gone."""
        return HandIn(self._deliverables, instance, plan)

    def kept(self, instance: Instance) -> tuple[Path, ...]:
        """Return the files that an instance's trainee handed in; they stay when the lab is stopped."""
        return self._deliverables.kept(instance.name)
