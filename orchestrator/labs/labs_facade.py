"""The one door to labs: each call is handed on to the part that does it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from grader.job import EVERYTHING, Selection
from grader.report import Report
from grader.runner import OnResult, OnRunning
from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.progress import Progress
from orchestrator.core.text import Language, Text
from orchestrator.deliverables.deliverables_store import DeliverablesStore
from orchestrator.deliverables.hand_in import HandIn
from orchestrator.engine.engine_interface import Engine, EngineInfo
from orchestrator.fabric.fabric_interface import Fabric, HostActivity, HostRef, PortState
from orchestrator.instances.instance import Instance
from orchestrator.instances.instance_records import InstanceRecords
from orchestrator.instances.lifecycle import Instances
from orchestrator.labs.conversations import Conversations
from orchestrator.labs.lab_grading import Differences, LabGrading
from orchestrator.labs.lab_lifecycle import LabLifecycle
from orchestrator.labs.running_lab import LabState, Running
from orchestrator.labs.running_labs import RunningLabs
from orchestrator.labs.solutions import Solutions, StepRun
from orchestrator.labs.variant_plans import VariantPlans, images_of
from orchestrator.loader.content import Content
from orchestrator.model.image import ImageSpec
from orchestrator.model.lab import Lab
from orchestrator.model.persona import ExampleDialogue, PlannedPersona
from orchestrator.model.plan import Plan, PlannedSolution
from orchestrator.model.scenario import Scenario, Step
from orchestrator.model.turns import Turn
from orchestrator.personas.dialogue import MenuEntry
from orchestrator.sound_state.explained import ExplainedChange, VariantWords


class Labs:
    """Labs of one content on one engine."""

    def __init__(
        self,
        *,
        content: Content,
        instances: Callable[[], Instances],
        records: InstanceRecords,
        deliverables: DeliverablesStore,
        build: Callable[[Sequence[str]], Mapping[str, str]],
        explained: Callable[[str, int], Collection[ExplainedChange] | None] = lambda _scenario, _seed: None,
    ) -> None:
        """Take the parts.

        Args:
            content: where labs and scenarios are found.
            instances: returns the instances on the engine; plans are made without asking for them.
            records: the records of this user's instances.
            deliverables: what this user hands in.
            build: builds the named images where they are missing and returns their references by name.
            explained: returns the changes that a scenario's solutions bring, by its id and a seed; None where nobody
                has learnt them.
        """
        self._deliverables = deliverables
        self._plans = VariantPlans(content, records)
        self._running_labs = RunningLabs(instances, records, self._plans)
        self._lifecycle = LabLifecycle(self._running_labs, self._plans, deliverables, build)
        self._conversations = Conversations(self._running_labs, deliverables)
        self._grading = LabGrading(self._running_labs, self._plans, deliverables, self._conversations, explained)
        self._solutions = Solutions(self._running_labs, records, deliverables, self._conversations)

    # Plans -----------------------------------------------------------------------------------------------

    def plan(self, scenario: str, seed: int) -> Plan:
        """See ``VariantPlans.plan``."""
        return self._plans.plan(scenario, seed)

    def preview(self, scenario: str, seed: int) -> Plan:
        """See ``VariantPlans.preview``."""
        return self._plans.preview(scenario, seed)

    def plan_of_lab(self, lab: str) -> Plan:
        """See ``VariantPlans.of_lab``."""
        return self._plans.of_lab(lab)

    def scenario(self, name: str) -> Scenario:
        """See ``VariantPlans.scenario``."""
        return self._plans.scenario(name)

    def images(self, plan: Plan) -> dict[str, ImageSpec]:
        """Return the descriptions of the images that a plan's hosts use."""
        return images_of(self._plans.content, plan)

    def words(self, plan: Plan) -> VariantWords:
        """See ``VariantPlans.words``."""
        return self._plans.words(plan)

    def lab_of(self, instance: Instance) -> Lab:
        """See ``VariantPlans.lab_of``."""
        return self._plans.lab_of(instance)

    def explain(self, running: Running) -> tuple[Text, ...]:
        """Return what was broken, one sentence per fault, for the debrief."""
        return self._plans.explain_faults(running.instance, running.plan)

    # Finding labs, and how far they are ------------------------------------------------------------------

    def all(self) -> tuple[Instance, ...]:
        """See ``RunningLabs.all``."""
        return self._running_labs.all()

    def find(self, name: str | None) -> Instance:
        """See ``RunningLabs.find``."""
        return self._running_labs.find(name)

    def running(self, name: str | None) -> Running:
        """See ``RunningLabs.running``."""
        return self._running_labs.running(name)

    def stale(self, running: Running) -> bool:
        """See ``RunningLabs.stale``."""
        return self._running_labs.stale(running)

    def recorded(self, instance: Instance) -> bool:
        """See ``RunningLabs.recorded``."""
        return self._running_labs.recorded(instance)

    def state_of(self, instance: Instance) -> LabState:
        """See ``RunningLabs.state_of``."""
        return self._running_labs.state_of(instance)

    def cut_off(self, instance: Instance) -> bool:
        """Return whether an instance's start or stop was ended before it was done, so that nothing can be graded."""
        return self.state_of(instance) == "cut off"

    def unready(self, instance: Instance) -> dict[str, Text]:
        """See ``RunningLabs.unready``."""
        return self._running_labs.unready(instance)

    # Starting, keeping, removing -------------------------------------------------------------------------

    def prepare(self, plans: Sequence[Plan]) -> None:
        """See ``LabLifecycle.prepare``."""
        self._lifecycle.prepare(plans)

    def start(self, plan: Plan, progress: Progress, *, broken: bool = True, name: str | None = None) -> Running:
        """See ``LabLifecycle.start``."""
        return self._lifecycle.start(plan, progress, broken=broken, name=name)

    def reset(self, running: Running, progress: Progress) -> Running:
        """See ``LabLifecycle.reset``."""
        return self._lifecycle.reset(running, progress)

    def inject(self, running: Running) -> None:
        """See ``LabLifecycle.inject``."""
        self._lifecycle.inject(running)

    def revert(self, running: Running) -> None:
        """See ``LabLifecycle.revert``."""
        self._lifecycle.revert(running)

    def wait_until_ready(self, running: Running) -> None:
        """See ``LabLifecycle.wait_until_ready``."""
        self._lifecycle.wait_until_ready(running)

    def thaw(self, name: str) -> None:
        """See ``LabLifecycle.thaw``."""
        self._lifecycle.thaw(name)

    def save(self, instance: Instance, *, rest_only: bool = False) -> None:
        """See ``LabLifecycle.save``."""
        self._lifecycle.save(instance, rest_only=rest_only)

    def resume(self, running: Running, progress: Progress) -> Running:
        """See ``LabLifecycle.resume``."""
        return self._lifecycle.resume(running, progress)

    def stop(self, name: str) -> None:
        """See ``LabLifecycle.stop``."""
        self._lifecycle.stop(name)

    def stop_all(self, spare: Callable[[Instance], bool]) -> tuple[str, ...]:
        """See ``LabLifecycle.stop_all``."""
        return self._lifecycle.stop_all(spare)

    def discard(self, instance: Instance) -> None:
        """See ``LabLifecycle.discard``."""
        self._lifecycle.discard(instance)

    # Hosts -----------------------------------------------------------------------------------------------

    def exclusive(self, running: Running) -> AbstractContextManager[None]:
        """See ``RunningLabs.exclusive``."""
        return self._running_labs.exclusive(running)

    def driver(self, running: Running) -> LabDriver:
        """See ``RunningLabs.driver``."""
        return self._running_labs.driver(running)

    def fabric(self) -> Fabric:
        """See ``RunningLabs.fabric``."""
        return self._running_labs.fabric()

    def engine(self) -> Engine:
        """See ``RunningLabs.engine``."""
        return self._running_labs.engine()

    def engine_info(self) -> EngineInfo:
        """Return what the engine says of itself and of its machine; raises as ``engine``."""
        return self._running_labs.engine().info()

    def activity(self, instances: Iterable[Instance]) -> Mapping[HostRef, HostActivity]:
        """See ``RunningLabs.activity``."""
        return self._running_labs.activity(instances)

    def cables(self, instance: Instance) -> tuple[PortState, ...]:
        """See ``RunningLabs.cables``."""
        return self._running_labs.cables(instance)

    def move_cable(self, target: HostRef, interface: str, *, plugged: bool, segment: str | None = None) -> None:
        """See ``RunningLabs.move_cable``."""
        self._running_labs.move_cable(target, interface, plugged=plugged, segment=segment)

    def replace_cable(self, target: HostRef, interface: str) -> None:
        """See ``RunningLabs.replace_cable``."""
        self._running_labs.replace_cable(target, interface)

    # Grading ---------------------------------------------------------------------------------------------

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
        """See ``LabGrading.check``."""
        return self._grading.check(
            running,
            selection=selection,
            on_result=on_result,
            on_running=on_running,
            giving_way=giving_way,
            differences=differences,
        )

    def health(self, running: Running, *, on_result: OnResult | None = None) -> Report:
        """See ``LabGrading.health``."""
        return self._grading.health(running, on_result=on_result)

    def explained(self, plan: Plan) -> Collection[ExplainedChange] | None:
        """See ``LabGrading.explained``."""
        return self._grading.explained(plan)

    def processor_time(self) -> float:
        """See ``LabGrading.processor_time``."""
        return self._grading.processor_time()

    # What is handed in -----------------------------------------------------------------------------------

    def hand_in(self, running: Running) -> HandIn:
        """Return what takes and gives back an instance's answers and report."""
        return HandIn(self._deliverables, running.instance.name, running.plan)

    def handed_in(self, instance: str, plan: Plan) -> HandIn:
        """Return what was handed in on a lab by its name, also once it is gone."""
        return HandIn(self._deliverables, instance, plan)

    def kept(self, instance: Instance) -> tuple[Path, ...]:
        """Return the files that an instance's trainee handed in; they stay when the lab is stopped."""
        return self._deliverables.kept(instance.name)

    # People who answer -----------------------------------------------------------------------------------

    def people(self, plan: Plan) -> tuple[PlannedPersona, ...]:
        """Return the people of a variant who can be talked to."""
        return tuple(plan.personas.values())

    def person(self, plan: Plan, name: str | None) -> PlannedPersona:
        """See ``Conversations.person``."""
        return self._conversations.person(plan, name)

    def say(self, running: Running, name: str | None, said: str, language: Language) -> Turn:
        """See ``Conversations.say``."""
        return self._conversations.say(running, name, said, language)

    def turns(self, instance: str, person: PlannedPersona | None = None) -> tuple[Turn, ...]:
        """See ``Conversations.turns``."""
        return self._conversations.turns(instance, person)

    def opening(self, person: PlannedPersona, language: Language) -> str:
        """See ``Conversations.opening``."""
        return self._conversations.opening(person, language)

    def menu(self, running: Running, person: PlannedPersona, language: Language) -> tuple[MenuEntry, ...]:
        """See ``Conversations.menu``."""
        return self._conversations.menu(running, person, language)

    def play(self, running: Running, person: PlannedPersona, dialogue: ExampleDialogue) -> tuple[Text, ...]:
        """See ``Conversations.play``."""
        return self._conversations.play(running, person, dialogue)

    # Hints and solutions ---------------------------------------------------------------------------------

    def hint(self, running: Running) -> tuple[int, int, Text]:
        """See ``Solutions.hint``."""
        return self._solutions.hint(running)

    def apply(
        self, running: Running, solution: PlannedSolution, on_step: Callable[[Step], None]
    ) -> tuple[StepRun, ...]:
        """See ``Solutions.apply``."""
        return self._solutions.apply(running, solution, on_step)
