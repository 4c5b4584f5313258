"""Finding labs: which there are, whose each is, how far it is, and what its page shows. Called from threads."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from orchestrator.assessment.reserved_places import Offered, Place
from orchestrator.assessment.session_registry import SessionRegistry
from orchestrator.core.language import Language
from orchestrator.core.text import Text, same
from orchestrator.fabric.fabric_interface import PortState
from orchestrator.instances.instance import Instance
from orchestrator.labd import trainee_view
from orchestrator.labd.attempt_look import AttemptLook, look_at, owner_of
from orchestrator.labd.event_log import EventLog, EventLogs, LabNote
from orchestrator.labd.known_pages import known_pages
from orchestrator.labd.lab_contract import GradingView, LabMap, LabStateName, LabView, StartLab, TerminalView
from orchestrator.labd.lab_freezing import is_frozen
from orchestrator.labd.lab_limits import STOP_ONE, too_many
from orchestrator.labd.machine_room import MachineLoad, machine_load
from orchestrator.labd.proof_runs import ProofCommand
from orchestrator.labd.scenario_shelf import ScenarioShelf, page_of
from orchestrator.labd.told_refusals import busy_with, refused
from orchestrator.labs import Labs, Running
from orchestrator.model.plan import Plan
from orchestrator.model.seeds import MAX_CHOSEN, shown_seed
from orchestrator.practice.recorder import PracticeRecorder
from orchestrator.practice.standings import Standing
from orchestrator.records import attempts
from orchestrator.records.database import Database
from orchestrator.topology.layout import seen, topology
from orchestrator.topology.svg_picture import draw_svg

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
"""What a lab's name can look like; nothing else is looked for, nor becomes a file's name."""
_SEEDS: Final = 1000
"""A drawn seed is below this: short enough to be dictated."""
_TOLD: Final = frozenset({"start", "check", "reset", "resume", "stop"})
_OFF: Final = frozenset({"waiting", "starting", "saved", "stopping"})
"""States in which a lab's cables are shown as they are planned."""
_LONGEST_STEM: Final = 32
WAITS: Final = "queue"
"""What is being done with a lab that waits for its start, beside the acts of ``lab_jobs``."""


@dataclass(frozen=True)
class LabParts:
    """What labd serves.

    Attributes:
        labs: returns the service of labs; raises where the engine does not answer.
        database: the store.
        shelf: all scenarios.
        practice_of: returns what records for a person, by their reference and that of who acts.
        hints_shown: returns how many hints of a lab were read.
        board: returns where each trainee of a class is, by its name, with a look at all their labs.
        registry: returns the timed sessions of juries.
        missing_images: returns which of some images are not built; raises where the engine does not answer.
        proving: the process that proves a scenario.
        jury_places: returns the labs that juries will still open, by what scenarios offer; raises where the store does
            not answer.
        supervising: the command line of the program that supervises a session, whose name is added.
        made_of: returns a hash of all that a lab of a plan is made of: content, images and program.
        load: returns how busy the machine is.
    """

    labs: Callable[[], Labs]
    database: Database
    shelf: ScenarioShelf
    practice_of: Callable[[str, str], PracticeRecorder]
    hints_shown: Callable[[str], int]
    board: Callable[[str], tuple[Standing, ...]]
    registry: Callable[[], SessionRegistry]
    missing_images: Callable[[Collection[str]], tuple[str, ...]]
    proving: ProofCommand = field(default_factory=lambda: ProofCommand(("false",)))
    jury_places: Callable[[Mapping[str, Offered]], tuple[Place, ...]] = lambda _offers: ()
    supervising: Sequence[str] = ("false",)
    made_of: Callable[[Plan], str] = lambda plan: plan.digest
    load: Callable[[], MachineLoad] = machine_load


@dataclass(frozen=True)
class FoundLab:
    """A lab of somebody's.

    Attributes:
        name: its name.
        owner: the reference of whose it is.
        instance: what runs of it; None while it is being made, or where that failed.
        log: its events.
    """

    name: str
    owner: str
    instance: Instance | None
    log: EventLog


@dataclass(frozen=True)
class StartChoice:
    """What a start comes to: a lab that runs already, or a new one of a plan."""

    lab: str
    plan: Plan | None = None


class LabDesk:
    """Knows all labs of practice; those of jury sessions are not there."""

    def __init__(self, parts: LabParts, logs: EventLogs, act_on: Callable[[str], str], most_labs: int) -> None:
        """Take the parts.

        Args:
            parts: what is served.
            logs: the events of all labs.
            act_on: returns what is being done with a lab, or that it waits for its start; empty where nothing is.
            most_labs: how many labs one person may have at once.
        """
        self.parts = parts
        self._logs = logs
        self._act_on = act_on
        self._most_labs = most_labs

    def find(self, name: str) -> FoundLab | None:
        """Return a lab that is somebody's; None where there is none of that name, or it is nobody's here."""
        if not _NAME.fullmatch(name):
            return None
        return self._found(name, self._alive(name))

    def _alive(self, name: str) -> Instance | None:
        return next((one for one in self.parts.labs().running.all() if one.name == name), None)

    def mine(self, ref: str) -> tuple[FoundLab, ...]:
        """Return the labs of a person: those that run, that are being made, and those whose start failed."""
        return self.of_people({ref})

    def of_people(self, refs: Collection[str]) -> tuple[FoundLab, ...]:
        """Return the labs of several people, see ``mine``; the engine is asked once."""
        alive = {instance.name: instance for instance in self.parts.labs().running.all()}
        with self.parts.database.read() as reading:
            practised = [name for name in attempts.instances_of(reading, refs) if name in alive]
        noted = [name for name, log in self._logs.noted() if log.note.owner in refs]
        found = (self._found(name, alive.get(name)) for name in dict.fromkeys([*practised, *noted]))
        return tuple(one for one in found if one is not None and one.owner in refs)

    def _found(self, name: str, instance: Instance | None) -> FoundLab | None:
        log = self._logs.get(name)
        if instance is None:
            if log is None:
                return None
            if log.failed or self._act_on(name):
                return FoundLab(name, log.note.owner, None, log)
            instance = self._alive(name)  # it may have come up since it was looked for
            if instance is None:  # somebody has removed it at the command line
                self._logs.forget(name)
                return None
        if instance.assessed:
            return None
        owner = owner_of(self.parts.database, instance)
        if owner is None:  # it is being made, or the end of labd cut that off
            if log is None or (log.note.scenario, log.note.seed) != (instance.scenario, str(instance.seed)):
                return None
            owner = log.note.owner
        note = LabNote(owner, instance.scenario, str(instance.seed))
        return FoundLab(name, owner, instance, self._logs.of(name, note))

    def state_of(self, found: FoundLab) -> LabStateName:
        """Return how far a lab is: what labd itself does with it counts before what the locks say to others."""
        act = self._act_on(found.name)
        if act == "stop":
            return "stopping"
        if act in {"start", "reset", "resume"}:
            return "starting"
        if act == WAITS:
            return "waiting"
        if found.instance is None:
            return "failed"
        state = self.parts.labs().running.state_of(found.instance)
        return "frozen" if state == "started" and is_frozen(found.instance) else state

    def is_saved(self, found: FoundLab) -> bool:
        """Return whether the hosts of a lab are off until it is resumed, also while it waits for that."""
        return found.instance is not None and self.parts.labs().running.state_of(found.instance) == "saved"

    # What is to be started ------------------------------------------------------------------------------------

    def to_start(self, ref: str, asked: StartLab) -> StartChoice:
        """Return what a start comes to for a person.

        Raises:
            RefusedCallError: there is no such scenario or variant, they have as many labs as they may, or their lab of
                this scenario is just being stopped.
            UsageError: one of its faults cannot be made.
            ContentError: its content is invalid.
        """
        self.parts.shelf.one(asked.scenario)
        if asked.seed is not None and not 0 <= asked.seed <= MAX_CHOSEN:
            raise refused(
                "wrong", Text(fr="Cette variante n'existe pas.", en="There is no such variant."), field="seed"
            )
        mine = self._running_of(ref)
        for one in mine:
            if one.log.note.scenario == asked.scenario:
                if self.state_of(one) == "stopping":
                    raise busy_with("stop")
                return StartChoice(one.name)
        self._require_room(mine)
        seed = drawn_seed() if asked.seed is None else asked.seed
        return StartChoice(self.new_name(asked.scenario), self.parts.labs().plans.plan(asked.scenario, seed))

    def require_room(self, ref: str) -> None:
        """Refuse a person one more lab where they have as many as they may.

        Raises:
            RefusedCallError: they have.
        """
        self._require_room(self._running_of(ref))

    def _running_of(self, ref: str) -> list[FoundLab]:
        return [one for one in self.mine(ref) if self.state_of(one) != "failed"]

    def _require_room(self, mine: list[FoundLab]) -> None:
        if len(mine) >= self._most_labs:
            raise refused("busy", too_many(tuple(self._title_of(one) for one in mine)), STOP_ONE)

    def _title_of(self, found: FoundLab) -> Text:
        scenario = found.log.note.scenario
        shelved = self.parts.shelf.all().get(scenario)
        return same(scenario) if shelved is None else shelved.document.title

    def to_launch(self, note: LabNote) -> StartChoice:
        """Return what a class's launch comes to for a trainee; how many labs they have does not count.

        Raises:
            RefusedCallError: there is no such scenario.
            UsageError: one of its faults cannot be made.
            ContentError: its content is invalid.
        """
        self.parts.shelf.one(note.scenario)
        for one in self.mine(note.owner):
            if one.log.note.scenario == note.scenario and self.state_of(one) != "failed":
                return StartChoice(one.name)
        return StartChoice(self.new_name(note.scenario), self.parts.labs().plans.plan(note.scenario, int(note.seed)))

    def planned(self, found: FoundLab) -> Plan:
        """Return the plan of a lab that could not be made, to be started; raises as ``Labs.plan``."""
        return self.parts.labs().plans.plan(found.log.note.scenario, int(found.log.note.seed))

    def cut_off(self, name: str) -> FoundLab | None:
        """Return a lab whose start was cut off; None where it is another, or there is none of that name."""
        found = self.find(name)
        return None if found is None or self.state_of(found) != "cut off" else found

    def new_name(self, scenario: str) -> str:
        """Return a name for a lab of a scenario that no lab has."""
        taken = {instance.name for instance in self.parts.labs().running.all()} | {
            name for name, _ in self._logs.noted()
        }
        while True:
            name = f"{scenario[:_LONGEST_STEM].rstrip('-')}-{secrets.token_hex(2)}"
            if name not in taken:
                return name

    def failed(self, ref: str, scenario: str) -> tuple[str, ...]:
        """Return a person's labs of a scenario whose start failed."""
        return tuple(
            one.name for one in self.mine(ref) if one.log.note.scenario == scenario and self.state_of(one) == "failed"
        )

    # What is shown of a lab -----------------------------------------------------------------------------------

    def running(self, found: FoundLab) -> Running:
        """Return a lab that is there, with its plan.

        Raises:
            RefusedCallError: it is still to be made, or could not be.
            UsageError: its content is gone.
        """
        if found.instance is None:
            raise refused(
                "wrong",
                Text(fr="Ce lab n'est pas en marche.", en="This lab is not running."),
                Text(fr="Recommencez-le, ou arrêtez-le.", en="Start it again, or stop it."),
            )
        return self.parts.labs().running.planned(found.name)

    def attempt(self, found: FoundLab) -> AttemptLook | None:
        """Return what the store knows of the attempt on a lab."""
        return None if found.instance is None else look_at(self.parts.database, found.instance)

    def view(self, found: FoundLab, terminals: tuple[TerminalView, ...]) -> LabView:
        """Return all that the lab page shows."""
        last_event = found.log.last  # before all else: what happens meanwhile is told twice rather than not at all
        labs, state, act = self.parts.labs(), self.state_of(found), self._act_on(found.name)
        running = self.running(found) if found.instance is not None else None
        plan = running.plan if running else labs.plans.preview(found.log.note.scenario, int(found.log.note.seed))
        images = running.images if running else labs.plans.images(plan)
        look, handed_in = self.attempt(found), labs.hand_in(running) if running else None
        whole = running is not None and state not in _OFF
        scenario = plan.scenario or ""
        return LabView(
            name=found.name,
            scenario=scenario,
            title=plan.title,
            seed=str(shown_seed(plan.seed)),
            state=state,
            busy=act if act in _TOLD else "",
            since=trainee_view.iso(look.since) if look else "",
            minutes=look.minutes if look else self.parts.shelf.one(scenario).document.minutes,
            ticket=plan.ticket,
            ticket_language=plan.ticket_language,
            about=page_of(labs.plans.lab_of(running.instance) if running else self.parts.shelf.content.lab(plan.lab)),
            hosts=trainee_view.hosts_of(plan, images, running.instance if running else None),
            segments=trainee_view.segments_of(plan),
            pages=known_pages(plan),
            cables=tuple(map(trainee_view.cable_view, seen(plan, self._cables(running))))
            if running and whole
            else trainee_view.planned_cables(plan),
            terminals=terminals,
            hints=plan.hints[: self.parts.hints_shown(found.name)],
            hints_offered=len(plan.hints),
            questions=trainee_view.questions_of(plan, handed_in.answers().given if handed_in else {}),
            report=trainee_view.report_view(handed_in.report_parts()) if handed_in and plan.report else None,
            grading=_grading(look),
            solved=look is not None and look.solved,
            last_event=last_event,
            trouble=found.log.trouble if state in {"failed", "saved"} else None,
            attempt=look.number if look else 0,
            notes=trainee_view.notes_of(look.notes) if look else (),
            solved_at=trainee_view.iso(look.solved_at) if look and look.solved_at else "",
            people=tuple(map(trainee_view.person_view, labs.conversations.people(plan))),
        )

    def _cables(self, running: Running) -> tuple[PortState, ...]:
        return self.parts.labs().running.cables(running.instance)

    def map(self, found: FoundLab, language: Language) -> LabMap:
        """Return a lab's picture, with its cables as they are."""
        labs = self.parts.labs()
        if found.instance is None or self.state_of(found) in _OFF:
            drawn = topology(labs.plans.preview(found.log.note.scenario, int(found.log.note.seed)))
        else:
            running = self.running(found)
            drawn = topology(running.plan, self._cables(running))
        return LabMap(draw_svg(drawn, language, titled=False))  # the page that shows it bears the title


def drawn_seed() -> int:
    """Return the seed of a variant for whoever has not chosen one."""
    return secrets.randbelow(_SEEDS)


def _grading(look: AttemptLook | None) -> GradingView | None:
    if look is None or look.graded is None:
        return None
    at, report = look.graded
    return trainee_view.grading_view(report, look.marks, at)
