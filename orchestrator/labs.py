"""What the command line, and later the portal, can do with labs: one layer of logic for both."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from grader.job import EVERYTHING, Factory, GradeRequest, Selection
from grader.report import Report
from grader.runner import OnResult, OnRunning, grade, processor_time
from orchestrator.access.cabling import replace_cable
from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import ContentError, LabError, UsageError
from orchestrator.core.kept_reads import KeptReads
from orchestrator.core.progress import Progress
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Language, Text
from orchestrator.deliverables.deliverables_store import CONVERSATION, DeliverablesStore
from orchestrator.deliverables.hand_in import HandIn
from orchestrator.engine.container_processor import container_processor_time
from orchestrator.engine.engine_interface import Engine, EngineInfo
from orchestrator.fabric.container import HELPER, SOCKET
from orchestrator.fabric.fabric_interface import Fabric, HostActivity, HostRef, PortState
from orchestrator.faults.registry import make_fault, problems_of, require_faults
from orchestrator.instances.instance import Instance, StartContext
from orchestrator.instances.instance_records import InstanceRecords
from orchestrator.instances.lab_names import require_free
from orchestrator.instances.lifecycle import Instances
from orchestrator.instances.locks import BusyError
from orchestrator.instances.readiness import wait_for_conditions
from orchestrator.instances.saving import SavedLabError
from orchestrator.loader.content import Content
from orchestrator.model.drawn_person import DrawnPerson
from orchestrator.model.image import ImageSpec
from orchestrator.model.lab import Lab
from orchestrator.model.persona import ExampleDialogue, PlannedPersona, TalkStep
from orchestrator.model.plan import Plan, PlannedSolution
from orchestrator.model.scenario import Scenario, Step
from orchestrator.model.turns import Turn, with_
from orchestrator.personas.conversation_file import line_of, turns_in
from orchestrator.personas.dialogue import Dialogue, MenuEntry
from orchestrator.personas.examples import lead, outcome_strays
from orchestrator.personas.hands import LabHands
from orchestrator.personas.slots import name_parts
from orchestrator.personas.word_forms import folded
from orchestrator.planning.planner import plan_lab, plan_scenario
from orchestrator.planning.printed_words import printed_words
from orchestrator.sound_state.comparison import compared, words_of
from orchestrator.sound_state.explained import ExplainedChange, VariantWords

LabState = Literal["starting", "started", "saved", "stopping", "cut off"]
"""How far an instance is; ``saved``: its hosts are stopped until it is resumed; ``cut off``: its start or its stop was
ended before it was done."""
Differences = Literal["green", "always"]
"""When a grading tells what differs from the lab's sound state: where every check is green, or always."""

_PLANS = 100
"""Plans that are kept: those of a few classes' labs."""


@dataclass(frozen=True)
class Running:
    """A running instance with the plan that it was started from and what acts on it."""

    instance: Instance
    plan: Plan
    images: Mapping[str, ImageSpec]


@dataclass(frozen=True)
class StepRun:
    """What came of one step of a solution: its status (0: done) and what it printed."""

    step: Step
    status: int
    output: str


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
        self._content = content
        self._of_engine = instances
        self._records = records
        self._deliverables = deliverables
        self._build = build
        self._explained = explained
        self._plans: KeptReads[tuple[Plan, Mapping[str, ImageSpec]]] = KeptReads(_PLANS)

    @property
    def _instances(self) -> Instances:
        return self._of_engine()

    # Plans ----------------------------------------------------------------------------------------------

    def plan(self, scenario: str, seed: int) -> Plan:
        """Return the plan of a scenario's variant, to be started; its faults are made once, which runs their modules.

        Raises:
            UsageError: there is no such scenario, or one of its faults cannot be made.
            ContentError: its content is invalid.
        """
        plan = self.preview(scenario, seed)
        require_faults(plan.faults, self._content.roots)
        return plan

    def preview(self, scenario: str, seed: int) -> Plan:
        """Return the plan of a scenario's variant, to be looked at; nothing of a trainer's is run.

        Raises:
            UsageError: there is no such scenario.
            ContentError: its content is invalid.
        """
        return self._planned(self._content, scenario, seed)[0]

    def plan_of_lab(self, lab: str) -> Plan:
        """Return the plan of a healthy lab without a scenario."""
        return _planned_lab(self._content, lab, 0)[0]

    def scenario(self, name: str) -> Scenario:
        """Return a scenario, wholly checked.

        Raises:
            UsageError: there is no such scenario.
            ContentError: its content is invalid.
        """
        return _scenario(self._content, name)

    # Instances ------------------------------------------------------------------------------------------

    def all(self) -> tuple[Instance, ...]:
        """Return every instance, by name."""
        return self._instances.all()

    def find(self, name: str | None) -> Instance:
        """Return an instance by name, or the only one where no name is given; its content may be gone.

        Raises:
            UsageError: there is none, or several and no name was given.
        """
        return self._instances.find(name)

    def prepare(self, plans: Sequence[Plan]) -> None:
        """Build what plans need, and start the fabric: then several threads may start their instances at once.

        Raises:
            MachineError: an image cannot be built, or the engine does not answer.
        """
        self._build(sorted({host.image for plan in plans for host in plan.hosts}))
        self._instances.prepare()

    def start(self, plan: Plan, progress: Progress, *, broken: bool = True, name: str | None = None) -> Running:
        """Build the images that are missing and start an instance, of that name where one is given.

        Raises:
            UsageError: the name cannot be a lab's, or is one's already.
            MachineError: an image cannot be built, or the engine does not answer.
            LabError: the lab did not come up; all of it was removed again.
        """
        if name is not None:  # before images are built
            require_free(name, [host.name for host in plan.hosts], self._instances.all())
        return self._start(plan, self._around(plan, self._content), progress, broken=broken, name=name)

    def running(self, name: str | None) -> Running:
        """Return a running instance with its plan, made again from the labels.

        Raises:
            UsageError: there is no such instance, or its content is not among the content roots any more.
        """
        instance = self._instances.find(name)
        content = self._content_of(instance)
        if instance.scenario:
            plan, images = self._planned(content, instance.scenario, instance.seed)
        else:
            plan, images = _planned_lab(content, instance.lab, instance.seed)
        return Running(instance, plan, images)

    def exclusive(self, running: Running) -> AbstractContextManager[None]:
        """Keep other programs from acting on an instance within the block; it exists there.

        Raises:
            LabError: another program is at work on it, or has just removed it.
        """
        return self._instances.exclusive(running.instance.name)

    def thaw(self, name: str) -> None:
        """Let the hosts of an instance go on that are frozen, but not a jury session's; who grades or acts does it too.

        Raises:
            UsageError: there is no such instance.
            LabError: a host does not go on.
        """
        self._instances.thaw(name)

    def stale(self, running: Running) -> bool:
        """Return whether the content has changed since the instance was started."""
        return running.plan.digest != running.instance.digest

    def state_of(self, instance: Instance) -> LabState:
        """Return how far an instance is: one that is not whole is so for good where nobody is at work on it any more.

        Where this user's records do not know, because somebody else started it, the mark that all users see tells.
        """
        if self._started(instance):
            return "saved" if self._instances.saved(instance) else "started"
        if self._instances.at_work(instance.name) is None:
            return "started" if self._started(instance) else "cut off"  # it may just have come to its end
        return "stopping" if self._records.get(instance.name).stopping else "starting"

    def _started(self, instance: Instance) -> bool:
        if not instance.hosts:
            return True
        record = self._records.get(instance.name)
        if record.started is None or record.identity != instance.identity:  # or somebody else has reset it since
            return self._instances.started(instance.name)
        return record.started

    def unready(self, instance: Instance) -> dict[str, Text]:
        """Return the hosts that run and are not wired or have not booted, each with why (``Instances.unready``)."""
        return self._instances.unready(instance)

    def cut_off(self, instance: Instance) -> bool:
        """Return whether an instance's start or stop was ended before it was done, so that nothing can be graded."""
        return self.state_of(instance) == "cut off"

    def driver(self, running: Running) -> LabDriver:
        """Return what acts on an instance."""
        return self._instances.driver(running.instance, running.plan, running.images)

    def reset(self, running: Running, progress: Progress) -> Running:
        """Start the same variant again under the same name, broken as it was at first; the old instance is removed.

        Raises:
            LabError: it did not come up, or another program is at work on the old one, which then stays as it is.
            MachineError: an image cannot be built, or the fabric does not come up; the old one stays as it is.
        """
        with self._instances.exclusive(running.instance.name):
            content = self._content_of(running.instance)  # known by its record, which goes with it
            around = self._around(running.plan, content)
            self._instances.prepare()  # all that can be lacking is there before the old one goes
            self._instances.remove(running.instance.name)
            return self._start(running.plan, around, progress, broken=True, name=running.instance.name)

    def inject(self, running: Running) -> None:
        """Inject the plan's faults; raises as ``Instances.inject``."""
        self._instances.inject(self.driver(running))

    def revert(self, running: Running) -> None:
        """Revert the injected faults; raises as ``Instances.revert``."""
        self._instances.revert(self.driver(running))

    def wait_until_ready(self, running: Running) -> None:
        """Wait until an instance's services do their work, as after its start; raises as ``wait_for_conditions``."""
        wait_for_conditions(self.driver(running), running.plan.ready)

    def save(self, instance: Instance, *, rest_only: bool = False) -> None:
        """Stop the hosts of an instance, whose files and cables stay, until it is resumed.

        Args:
            instance: it.
            rest_only: whether only what a killed program has left of saving is done; another instance goes on.

        Raises:
            UsageError: it is a jury session's: it must not go away under a candidate.
            LabError: its start was cut off, a host does not stop, or another program is at work on it.
        """
        if instance.assessed:
            raise UsageError(
                Text(
                    fr=f"{instance.name} est le lab d'un candidat : il ne se sauvegarde pas.",
                    en=f"{instance.name} is a candidate's lab: it cannot be saved.",
                ),
                Text(
                    fr="Seule sa session de jury l'arrête : « breakfix session clear » après la clôture.",
                    en="Only its jury session ends it: 'breakfix session clear' after the closing.",
                ),
            )
        state = self.state_of(instance)
        if state not in {"started", "saved"}:
            raise self._not_started(instance, state)
        self._instances.save(instance.name, rest_only=rest_only)

    def resume(self, running: Running, progress: Progress) -> Running:
        """Boot the hosts of a saved instance as they are; one that is not saved is left as it is.

        Raises:
            LabError: a host did not boot, so that it is saved as before; or another program is at work on it.
            MachineError: the fabric does not come up.
        """
        count = len(running.instance.hosts)
        progress.step(Text(fr=f"Remise en marche de {count} machines", en=f"Starting {count} hosts again"))
        return replace(running, instance=self._instances.resume(self.driver(running)))

    def stop(self, name: str) -> None:
        """Stop an instance and remove all of it but what was handed in.

        Raises:
            BusyError: another program is at work on it.
        """
        self._instances.remove(name)

    def stop_all(self, spare: Callable[[Instance], bool]) -> tuple[str, ...]:
        """Stop all instances but those to spare; where none is left, the fabric too (``Instances.remove_all``)."""
        return self._instances.remove_all(spare)

    def discard(self, instance: Instance) -> None:
        """Stop an instance and remove all of it, with what was handed in: nobody worked on it.

        Raises:
            LabError: another program is at work on it.
        """
        self._instances.remove(instance.name)
        self._deliverables.discard(instance.name)

    def recorded(self, instance: Instance) -> bool:
        """Return whether a record of an instance is kept on this machine."""
        return self._records.has(instance.name)

    # Hosts ----------------------------------------------------------------------------------------------

    def fabric(self) -> Fabric:
        """Return the calling thread's fabric, started where it does not run: commands, terminals, sockets in hosts.

        Raises:
            MachineError: it does not come up.
        """
        return self._instances.fabric()

    def cables(self, instance: Instance) -> tuple[PortState, ...]:
        """Return an instance's cables as they are."""
        return self._instances.fabric().ports(instance.name)

    def activity(self, instances: Iterable[Instance]) -> Mapping[HostRef, HostActivity]:
        """Return what a passing look tells of the hosts of all these instances at once; see ``Instances.activity``."""
        return self._instances.activity(instances)

    def move_cable(self, target: HostRef, interface: str, *, plugged: bool, segment: str | None = None) -> None:
        """Plug or unplug a host's cable, or plug it into another segment.

        Raises:
            LabError: there is no such cable or segment, or another program is at work on the instance.
        """
        with self._instances.exclusive(target.instance, awake=True):
            self._instances.fabric().set_port(target, interface, plugged=plugged, segment=segment)

    def replace_cable(self, target: HostRef, interface: str) -> None:
        """Put a new cable in the place of a host's; raises as ``move_cable``."""
        with self._instances.exclusive(target.instance, awake=True):
            replace_cable(self._instances.fabric(), target, interface)

    def engine(self) -> Engine:
        """Return the engine: it freezes, thaws and restarts hosts.

        Raises:
            MachineError: it does not answer.
        """
        return self._instances.engine

    def engine_info(self) -> EngineInfo:
        """Return what the engine says of itself and of its machine; raises as ``engine``."""
        return self._instances.engine.info()

    # Grading --------------------------------------------------------------------------------------------

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
            differences: when what differs from the sound state is told: where all is ``green``, or ``always``.

        Raises:
            UsageError: the instance is a bare lab, which has nothing to repair.
            LabError: the instance's start was cut off, or another program is at work on it (``BusyError``).
        """
        state = self.state_of(running.instance)
        if state != "started":
            raise self._not_started(running.instance, state)
        if running.plan.scenario is None:
            raise UsageError(
                Text(
                    fr=f"{running.instance.name} est un lab sans scénario : il n'y a rien à réparer.",
                    en=f"{running.instance.name} is a lab without a scenario: there is nothing to repair.",
                )
            )
        handed_in, only = self.hand_in(running), selection.only
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

    def _not_started(self, instance: Instance, state: LabState) -> LabError:
        """Return why nothing can be done in an instance that is not started."""
        if state == "saved":
            return SavedLabError(instance.name)
        if state in {"starting", "stopping"} and (holder := self._instances.at_work(instance.name)):
            return BusyError(instance.name, holder)
        return LabError(
            Text(
                fr=f"{instance.name} n'est pas entier, son démarrage ou son arrêt a été coupé : "
                "sa panne n'est peut-être pas en place.",
                en=f"{instance.name} is not whole, its start or its stop was cut off: its fault may not be in place.",
            ),
            Text(
                fr="« breakfix reset » le recommence, « breakfix stop » le retire.",
                en="'breakfix reset' starts it again, 'breakfix stop' removes it.",
            ),
        )

    def explained(self, plan: Plan) -> Collection[ExplainedChange] | None:
        """Return the changes that a variant's solutions bring; None where no proof has learnt them."""
        return None if plan.scenario is None else self._explained(plan.scenario, plan.seed)

    def words(self, plan: Plan) -> VariantWords:
        """Return what tells a variant's differences in its words."""
        return words_of(plan, partial(_printed, self._content, plan))

    def health(self, running: Running, *, on_result: OnResult | None = None) -> Report:
        """Grade an instance with its lab's own health checks."""
        return self._grade(running, running.plan.health, on_result, EVERYTHING)

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
        device = Factory("orchestrator.access.grading_devices:device_opener", {"devices": self._device_logins(running)})
        request = GradeRequest.of(
            running.plan,
            running.instance.name,
            files=files,
            fabric=Factory("orchestrator.fabric.client:FabricClient", {"socket_path": str(SOCKET)}),
            device=device,
        )
        talked = self.turns(running.instance.name)
        request = replace(request, selection=selection, facts=replace(request.facts, conversation=talked))
        if not running.instance.hosts:  # a proof grades where no lab is, to see what looks at nothing
            return grade(request, on_result=on_result, on_running=on_running)
        if giving_way:
            with self._instances.giving_way(running.instance) as go_on:
                report = grade(request, on_result=on_result, on_running=on_running, go_on=go_on)
                return self._compared(running, report, on_result, differences)
        with self._instances.exclusive(running.instance.name, awake=True):
            report = grade(request, on_result=on_result, on_running=on_running)
            return self._compared(running, report, on_result, differences)

    def _compared(
        self, running: Running, report: Report, on_result: OnResult | None, differences: Differences | None
    ) -> Report:
        """Return a report with what differs from the sound state; who is told the results hears what went wrong."""
        if differences is None:
            return report
        plan = running.plan
        hosts = self._instances.find(running.instance.name).running
        always = differences == "always"
        whole = compared(
            report,
            plan,
            hosts,
            self._instances.fabric(),
            lambda: self.explained(plan),
            printed=partial(_printed, self._content_of(running.instance), plan),
            always=always,
        )
        if on_result is not None:
            for result in whole.results[len(report.results) :]:
                on_result(result)
        return whole

    def processor_time(self) -> float:
        """Return the seconds of the processor that gradings used: this program's, as they end, and the fabric helper.

        Raises:
            LabError: the helper does not run, or its part cannot be told on this machine.
        """
        return processor_time() + container_processor_time(self._instances.engine.container(HELPER).id)

    @staticmethod
    def _device_logins(running: Running) -> dict[str, dict[str, str]]:
        logins = {h.name: running.images[h.image].device for h in running.plan.hosts}
        return {name: device.model_dump() for name, device in logins.items() if device is not None}

    # What is handed in ----------------------------------------------------------------------------------

    def hand_in(self, running: Running) -> HandIn:
        """Return what takes and gives back an instance's answers and report."""
        return HandIn(self._deliverables, running.instance.name, running.plan)

    def handed_in(self, instance: str, plan: Plan) -> HandIn:
        """Return what was handed in on a lab by its name, also once it is gone."""
        return HandIn(self._deliverables, instance, plan)

    def kept(self, instance: Instance) -> tuple[Path, ...]:
        """Return the files that an instance's trainee handed in; they stay when the lab is stopped."""
        return self._deliverables.kept(instance.name)

    # People who answer ----------------------------------------------------------------------------------

    def people(self, plan: Plan) -> tuple[PlannedPersona, ...]:
        """Return the people of a variant who can be talked to."""
        return tuple(plan.personas.values())

    def person(self, plan: Plan, name: str | None) -> PlannedPersona:
        """Return somebody who can be talked to: by their short name, a first or last name, or the only one.

        Raises:
            UsageError: there is nobody, nobody of that name, or several and no name was given.
        """
        people = plan.personas
        if not people:
            raise UsageError(Text(fr="Ce lab n'a personne à qui parler.", en="This lab has nobody to talk to."))
        listed = ", ".join(f"{one.name} ({one.full})" for one in people.values())
        if name is None and len(people) > 1:
            raise UsageError(
                Text(fr="À qui voulez-vous parler ?", en="Whom do you want to talk to?"),
                Text(fr=f"Nommez l'un d'eux : {listed}", en=f"Name one of them: {listed}"),
            )
        if name is None:
            return next(iter(people.values()))
        if name in people:
            return people[name]
        found = [one for one in people.values() if folded(name) in {folded(one.full), *folded(one.full).split()}]
        if len(found) == 1:
            return found[0]
        unknown = Text(fr=f"Personne ne s'appelle « {name} »", en=f'Nobody is called "{name}"')
        known = (*people, *(one.full for one in people.values()))
        raise UsageError(
            with_suggestion(unknown, name, known),
            Text(fr=f"On peut parler à : {listed}", en=f"You can talk to: {listed}"),
        )

    def say(self, running: Running, name: str | None, said: str, language: Language) -> Turn:
        """Say something to somebody, and return what came of it: understood, answered, done in the lab.

        Args:
            running: the instance.
            name: whom, as ``person`` finds them.
            said: what is said.
            language: the language of who says it; somebody who speaks one only answers in that one.

        Raises:
            UsageError: there is nobody of that name, or nothing was said.
            LabError: the lab is not started, something could not even be begun, or another program is at work on it.
            MachineError: the conversation cannot be written.
        """
        person = self.person(running.plan, name)
        if not said.strip():
            raise UsageError(Text(fr="Vous n'avez rien dit.", en="You have not said anything."))
        state = self.state_of(running.instance)
        if state != "started":
            raise self._not_started(running.instance, state)
        with self._instances.exclusive(running.instance.name, awake=True):
            return self._say(running, person, said, language)

    def turns(self, instance: str, person: PlannedPersona | None = None) -> tuple[Turn, ...]:
        """Return what was said in an instance, also once it is gone: to somebody, or to all."""
        turns = turns_in(self._deliverables.read(instance, CONVERSATION))
        return turns if person is None else with_(person.name, turns)

    def opening(self, person: PlannedPersona, language: Language) -> str:
        """Return what somebody says first when they are called."""
        return person.document.opens.in_(person.document.language or language).strip()

    def menu(self, running: Running, person: PlannedPersona, language: Language) -> tuple[MenuEntry, ...]:
        """Return what can be said to somebody now, a few phrases for each thing."""
        return self._dialogue(running, person).menu(self.turns(running.instance.name, person), language)

    def play(self, running: Running, person: PlannedPersona, dialogue: ExampleDialogue) -> tuple[Text, ...]:
        """Begin anew with somebody, lead a dialogue of their examples, and return what came out otherwise.

        Raises:
            LabError: something could not even be begun, or another program is at work on the instance.
        """
        with self._instances.exclusive(running.instance.name, awake=True):
            self._deliverables.discard(running.instance.name)
            language = person.document.language or "fr"
            turns, wrong = lead(dialogue.lines, lambda said: self._say(running, person, said, language), (), language)
            return (*wrong, *outcome_strays(dialogue.comes_of, turns))

    def _dialogue(self, running: Running, person: PlannedPersona) -> Dialogue:
        people = [value for value in running.plan.values.values() if isinstance(value, DrawnPerson)]
        return Dialogue(
            person,
            LabHands(lambda: self.driver(running)),
            hosts=[host.name for host in running.plan.hosts],
            names=name_parts([*(one.full for one in people), *(one.full for one in self.people(running.plan))]),
        )

    def _say(self, running: Running, person: PlannedPersona, said: str, language: Language) -> Turn:
        """Say something; the instance's lock is held. Each turn is on the disk before anybody hears of it."""
        instance = running.instance.name

        def keep(turn: Turn) -> None:
            self._deliverables.add(instance, CONVERSATION, line_of(turn))

        turn = self._dialogue(running, person).hear(said, self.turns(instance, person), language, keep)
        keep(turn)
        return turn

    def _talk(self, running: Running, step: Step, talk: TalkStep) -> StepRun:
        """Say what a solution's step says; what comes out otherwise than stated fails it."""
        person = self.person(running.plan, talk.to)
        language = person.document.language or "fr"
        before = self.turns(running.instance.name, person)
        turns, wrong = lead(talk.lines, lambda said: self._say(running, person, said, language), before, language)
        heard = [f"— {turn.said}\n{person.full} : {turn.reply}" for turn in turns]
        return StepRun(step, 1 if wrong else 0, "\n".join([*(text.in_(language) for text in wrong), *heard]))

    # Hints and solutions --------------------------------------------------------------------------------

    def hint(self, running: Running) -> tuple[int, int, Text]:
        """Return the next hint with its number and how many there are; after the last one, the last again."""
        hints = running.plan.hints
        if not hints:
            raise UsageError(Text(fr="Ce lab n'a pas d'indices.", en="This lab has no hints."))
        with self.exclusive(running):
            record = self._records.get(running.instance.name)
            number = min(record.hints_shown + 1, len(hints))
            self._records.put(replace(record, instance=running.instance.name, hints_shown=number))
        return number, len(hints), hints[number - 1]

    def explain(self, running: Running) -> tuple[Text, ...]:
        """Return what was broken, one sentence per fault, for the debrief."""
        roots = self._content_of(running.instance).roots
        return tuple(make_fault(spec, roots).explain() for spec in running.plan.faults)

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
        with self._instances.exclusive(running.instance.name, awake=True):
            driver, handed_in = self.driver(running), self.hand_in(running)
            done = []
            for step in solution.steps:
                on_step(step)
                handed_in.do(step)
                talked = None if step.talk is None else self._talk(running, step, step.talk)
                done.append(talked or carry_out(driver, step))
            return tuple(done)

    # --------------------------------------------------------------------------------------------------

    def lab_of(self, instance: Instance) -> Lab:
        """Return the lab that an instance was started from; raises as ``Content.lab``."""
        return self._content_of(instance).lab(instance.lab)

    def images(self, plan: Plan) -> dict[str, ImageSpec]:
        """Return the descriptions of the images that a plan's hosts use."""
        return _images(self._content, plan)

    def _around(self, plan: Plan, content: Content) -> StartContext:
        """Return what a plan's instance is made with; images that are missing are built."""
        images = _images(content, plan)
        return StartContext(images, self._build(sorted(images)), tuple(str(root) for root in content.roots))

    def _start(
        self, plan: Plan, around: StartContext, progress: Progress, *, broken: bool, name: str | None = None
    ) -> Running:
        instance = self._instances.start(plan, around, progress, broken=broken, name=name)
        self._deliverables.put_aside(instance.name)  # of an earlier instance of that name
        return Running(instance, plan, around.images)

    def _planned(self, content: Content, scenario: str, seed: int) -> tuple[Plan, Mapping[str, ImageSpec]]:
        """Return the plan of a variant and the images of its lab; made once, unless the scenario's files change.

        Its lab and its images are read once by ``Content`` anyway. Reading a scenario takes far longer than all else
        that a page of labd's needs.
        """
        if content is not self._content:
            return _planned(content, scenario, seed)
        folder = content.scenario_folder(scenario)
        return self._plans.of(folder, (folder, seed), lambda: _planned(content, scenario, seed))

    def _content_of(self, instance: Instance) -> Content:
        """Return the content that an instance was started from: its own roots where they are known."""
        recorded = tuple(Path(root) for root in self._records.get(instance.name).roots)
        roots = (*self._content.roots, *(r for r in recorded if r not in self._content.roots and r.is_dir()))
        return self._content if roots == self._content.roots else Content(roots)


def _scenario(content: Content, name: str) -> Scenario:
    return content.scenario(name, validate_fault=partial(problems_of, roots=content.roots))


def _printed(content: Content, plan: Plan, constant: Collection[str]) -> Mapping[str, str]:
    """Return what a scenario's expressions print; nothing of one that has gone, or been broken, meanwhile."""
    if plan.scenario is None:
        return {}
    try:
        return printed_words(content.scenario(plan.scenario), plan.values, constant)
    except (ContentError, UsageError):
        return {}


def _planned(content: Content, scenario: str, seed: int) -> tuple[Plan, Mapping[str, ImageSpec]]:
    """Return the plan of a variant and the images of its lab."""
    loaded = _scenario(content, scenario)
    images = content.images_of(loaded.lab)
    return plan_scenario(loaded, seed, images), images


def _planned_lab(content: Content, lab: str, seed: int) -> tuple[Plan, Mapping[str, ImageSpec]]:
    """Return the plan of a healthy lab and its images."""
    loaded = content.lab(lab)
    images = content.images_of(loaded)
    return plan_lab(loaded, seed, images), images


def _images(content: Content, plan: Plan) -> dict[str, ImageSpec]:
    return {name: content.image(name) for name in sorted({h.image for h in plan.hosts})}


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
