"""A cluster on paper: labs are placed whole on nodes, start by turns there, and are claimed where one stands ready.

Nothing runs, and nothing is measured: ``school_day`` says where its numbers come from. Times are seconds of the day's
own clock, memory is bytes. The same rules, labs and seed give the same day to the last digit.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

BESIDE: Final = 4 << 20
"""Bytes that a host takes outside its control group (``orchestrator/bench/capacity.py``)."""
NOTICED_S: Final = 13.8
"""Seconds until Swarm notices that a worker was killed: measured, three nodes on one machine."""
CLAIM_S, BUSY_CLAIM_S = 0.6, (0.7, 1.4)
"""Seconds from *start* to the prompt of a lab that stands ready: measured on a quiet machine, and on a loaded one."""
_DISPATCH_S: Final = 0.5
"""Seconds from a decision of Swarm's until the node has it: assumed; 3.3 s with five hosts' start were measured."""
_BETWEEN_S: Final = 10.0
"""Seconds between two looks of the warm pool (``orchestrator/labd/warm_pool.py``)."""
_QUIET: Final = 0.6
"""A node is quiet below this share of its processors: stands for the pressure that labd asks the kernel for."""
_RESERVE_PART: Final = 8
"""This part of a node's room stays free of labs that stand ready (``orchestrator/labd/pool_room.py``)."""


@dataclass(frozen=True)
class LabKind:
    """What is known of one lab.

    Attributes:
        name: its name.
        hosts: how many hosts it has.
        most: bytes that it may take at most: its hosts' limits. That is what a place for it reserves.
        memory: bytes that its hosts' control groups take.
        seconds: how long its start takes where nothing else runs.
        measured: whether memory and seconds were measured; else they follow from those that were.
    """

    name: str
    hosts: int
    most: int
    memory: int
    seconds: float
    measured: bool = True


@dataclass(frozen=True)
class ClusterRules:
    """What the nodes are, and how labs are shared among them.

    Attributes:
        room: bytes that the labs of one node may take together.
        nodes: how many there are.
        processors: of each node.
        hosts: how many hosts the kernel of a node lets run; None: as many as there are.
        starts_at_once: how many labs start at once on a node.
        gradings_at_once: how many are graded at once on a node.
        pool: how many labs shall stand ready on each node.
        by_measure: whether a place reserves what the lab takes as measured, instead of what it may take.
        start_load: processors that a start keeps busy.
        lab_load: processors that a lab keeps busy in which somebody works.
        placed_per_s: how many labs the one manager places in a second.
    """

    room: int
    nodes: int = 60
    processors: float = 8.0
    hosts: int | None = None
    starts_at_once: int = 2
    gradings_at_once: int = 2
    pool: int = 0
    by_measure: bool = False
    start_load: float = 1.0
    lab_load: float = 0.02
    placed_per_s: float = 20.0

    def needs(self, kind: LabKind) -> int:
        """Return the bytes that a place for a lab reserves."""
        return taken_by(kind) if self.by_measure else kind.most


def taken_by(kind: LabKind) -> int:
    """Return the bytes of a node's memory that a lab takes."""
    return kind.memory + kind.hosts * BESIDE


class DayClock:
    """The day's events, in their order; of two at one time, the one that was planned first."""

    def __init__(self) -> None:
        """Begin the day at 0."""
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()

    def at(self, time: float, act: Callable[[], object]) -> None:
        """Have something done at a time; what is past is done next."""
        heapq.heappush(self._events, (max(time, self.now), next(self._numbers), act))

    def run(self, until: float = float("inf")) -> None:
        """Do what comes up to a time; without one, until nothing more comes."""
        while self._events and self._events[0][0] <= until:
            self.now, _, act = heapq.heappop(self._events)
            act()
        self.now = self.now if until == float("inf") else until


@dataclass(eq=False)
class _Job:
    left: float
    load: float
    done: Callable[[], None]


class Processors:
    """A node's processors, shared evenly: where more is asked for than there is, everything takes that much longer."""

    def __init__(self, clock: DayClock, count: float) -> None:
        """Take the clock, and how many processors there are."""
        self._clock, self._count = clock, count
        self._jobs: list[_Job] = []
        self._background = 0.0
        self._since = 0.0
        self._version = 0

    @property
    def load(self) -> float:
        """Return how many processors are asked for."""
        return self._background + sum(job.load for job in self._jobs)

    def add_background(self, load: float) -> None:
        """Have so many processors more, or fewer, be busy for good."""
        self._go_on()
        self._background = max(0.0, self._background + load)
        self._plan()

    def begin(self, seconds: float, load: float, done: Callable[[], None]) -> None:
        """Begin what takes so many seconds where it has the processors that it asks for; ``done`` is called then."""
        self._go_on()
        self._jobs.append(_Job(seconds, load, done))
        self._plan()

    def stop(self) -> None:
        """Stop everything: nothing that was begun is ever done."""
        self._jobs, self._background = [], 0.0
        self._version += 1

    def _pace(self) -> float:
        return min(1.0, self._count / self.load) if self.load else 1.0

    def _go_on(self) -> None:
        passed = (self._clock.now - self._since) * self._pace()
        self._since = self._clock.now
        for job in self._jobs:
            job.left -= passed

    def _plan(self) -> None:
        self._version += 1
        if self._jobs:
            version, first = self._version, min(job.left for job in self._jobs)
            self._clock.at(self._clock.now + max(0.0, first) / self._pace(), partial(self._end, version))

    def _end(self, version: int) -> None:
        if version != self._version:
            return  # something has begun or ended since this was planned
        self._go_on()
        first = min(self._jobs, key=lambda job: job.left)
        self._jobs.remove(first)
        self._plan()
        first.done()


@dataclass(eq=False)
class PlacedLab:
    """A lab that somebody wants.

    Attributes:
        kind: which one.
        occasion: what it was asked for at, such as the bell: its wait is counted there.
        asked: when.
        node: where it is; None: nowhere yet.
        ready: whether there is a prompt.
        wanted: whether it was not stopped.
    """

    kind: LabKind
    occasion: str
    asked: float
    node: ClusterNode | None = None
    ready: bool = False
    wanted: bool = True


@dataclass(eq=False)
class ClusterNode:
    """One node: its labs by what they reserve, those that wait for their turn, those that stand ready for nobody."""

    name: str
    rules: ClusterRules
    processors: Processors
    wishes: tuple[LabKind, ...] = ()
    up: bool = True
    labs: list[PlacedLab] = field(default_factory=list)
    pooled: list[LabKind] = field(default_factory=list)
    turns: deque[PlacedLab] = field(default_factory=deque)
    starting: int = 0
    grading: int = 0
    gradings: deque[Callable[[], None]] = field(default_factory=deque)
    looks: bool = False
    fills: bool = False
    reserved: int = 0
    hosts: int = 0

    @property
    def tasks(self) -> int:
        """Return how many tasks Swarm counts here."""
        return len(self.labs) + len(self.pooled)

    @property
    def taken(self) -> int:
        """Return the bytes that labs take here, those that stand ready among them."""
        return sum(map(taken_by, (*(lab.kind for lab in self.labs), *self.pooled)))

    def bears(self, kind: LabKind) -> bool:
        """Return whether there is a place for one more; labs that stand ready are in nobody's way."""
        return self.up and self._fit([kind], self.rules.room)

    def bears_ready(self, kind: LabKind) -> bool:
        """Return whether one more may stand ready, beside the part of the room that stays free."""
        return self.up and self._fit([kind, *self.pooled], self.rules.room - self.rules.room // _RESERVE_PART)

    def _fit(self, kinds: Sequence[LabKind], room: int) -> bool:
        """Return whether labs have room beside those of people."""
        if self.rules.hosts is not None and self.hosts + sum(kind.hosts for kind in kinds) > self.rules.hosts:
            return False
        return self.reserved + sum(map(self.rules.needs, kinds)) <= room

    def take_in(self, lab: PlacedLab) -> None:
        """Note a lab as placed here, and give up what stands ready where that is too much now."""
        self.labs.append(lab)
        self.reserved, self.hosts = self.reserved + self.rules.needs(lab.kind), self.hosts + lab.kind.hosts
        lab.node = self
        while self.pooled and not self._fit(self.pooled, self.rules.room):
            counts = Counter(kind.name for kind in self.pooled)
            self.pooled.remove(max(self.pooled, key=lambda kind: (counts[kind.name], kind.name)))

    def let_go(self, lab: PlacedLab) -> None:
        """Note that a lab is here no longer."""
        self.labs.remove(lab)
        self.reserved, self.hosts = self.reserved - self.rules.needs(lab.kind), self.hosts - lab.kind.hosts
        lab.node = None

    def lacking(self) -> LabKind | None:
        """Return of which lab one more shall stand ready, the one that lacks most; None: there are enough."""
        lack = Counter(kind.name for kind in self.wishes)
        lack.subtract(Counter(kind.name for kind in self.pooled))
        most = max(self.wishes, key=lambda kind: (lack[kind.name], kind.name), default=None)
        return most if most is not None and lack[most.name] > 0 else None


class Cluster:
    """The nodes and their one manager.

    Attributes:
        clock: the day's clock.
        nodes: all nodes.
        pending: labs for which no node has room.
        waits: occasion -> seconds from the wish to the prompt, of each lab that has one.
    """

    def __init__(self, rules: ClusterRules, kinds: Sequence[LabKind], seed: int = 0) -> None:
        """Take the rules, the labs that shall stand ready by turns, and the seed of what is drawn."""
        self.clock = DayClock()
        self.rules = rules
        self._draw = random.Random(seed)
        width = len(str(rules.nodes))
        wishes = itertools.cycle(kinds)
        self.nodes = [
            ClusterNode(
                f"node-{number:0{width}}",
                rules,
                Processors(self.clock, rules.processors),
                tuple(itertools.islice(wishes, rules.pool)),
            )
            for number in range(1, rules.nodes + 1)
        ]
        self.pending: list[PlacedLab] = []
        self.waits: dict[str, list[float]] = {}
        self._manager_free = self._leader_back = 0.0
        for node in self.nodes:
            self._fill_at_night(node)

    # Asking ---------------------------------------------------------------------------------------------------

    def ask(self, kind: LabKind, occasion: str, *, warm: bool = True) -> PlacedLab:
        """Want a lab now: one that stands ready is claimed; else the manager looks for a place for one.

        Args:
            kind: which lab.
            occasion: what its wait is counted at.
            warm: whether one that stands ready will do: a class's launch and a chosen variant start cold.
        """
        lab = PlacedLab(kind, occasion, self.clock.now)
        ready = [node for node in self.nodes if warm and kind in node.pooled]
        if ready:
            self._claim(lab, min(ready, key=lambda node: (node.tasks, node.name)))
        else:
            self._queue_for_manager(lab)
        return lab

    def _claim(self, lab: PlacedLab, node: ClusterNode) -> None:
        node.pooled.remove(lab.kind)
        node.take_in(lab)
        seconds = self._draw.uniform(*BUSY_CLAIM_S) if node.starting else CLAIM_S
        self.clock.at(self.clock.now + seconds, partial(self._prompt, lab, node))

    def _prompt(self, lab: PlacedLab, node: ClusterNode) -> None:
        if lab.node is not node:
            return  # the node was lost, or the lab was stopped, before it was ready
        lab.ready = True
        self.waits.setdefault(lab.occasion, []).append(self.clock.now - lab.asked)
        node.processors.add_background(self.rules.lab_load)
        self._look_later(node)

    # Placing --------------------------------------------------------------------------------------------------

    def _queue_for_manager(self, lab: PlacedLab) -> None:
        begins = max(self.clock.now, self._manager_free, self._leader_back)
        self._manager_free = begins + 1 / self.rules.placed_per_s
        self.clock.at(self._manager_free, partial(self._decide, lab))

    def _decide(self, lab: PlacedLab) -> None:
        if self.clock.now < self._leader_back:
            self._queue_for_manager(lab)
        elif lab.wanted and not self._place(lab):
            self.pending.append(lab)

    def _place(self, lab: PlacedLab) -> bool:
        """Place a lab by Swarm's rule (spread): on the node with the fewest tasks that bears it, the first by name."""
        by_tasks = sorted(self.nodes, key=lambda one: (one.tasks, one.name))
        node = next((one for one in by_tasks if one.bears(lab.kind)), None)
        if node is None:
            return False
        node.take_in(lab)
        self.clock.at(self.clock.now + _DISPATCH_S, partial(self._arrive, lab, node))
        return True

    def _retry(self, node: ClusterNode) -> None:
        """Place what has no place once a node has room, in no order: Swarm keeps no queue, and small labs pass."""
        if self.clock.now < self._leader_back:
            self.clock.at(self._leader_back, partial(self._retry, node))
            return
        self._draw.shuffle(self.pending)
        self.pending = [lab for lab in self.pending if not (node.bears(lab.kind) and self._place(lab))]

    def _arrive(self, lab: PlacedLab, node: ClusterNode) -> None:
        if lab.node is node:
            node.turns.append(lab)
            self._next_start(node)

    def _next_start(self, node: ClusterNode) -> None:
        while node.turns and node.starting < self.rules.starts_at_once:
            lab = node.turns.popleft()
            if lab.node is node:
                node.starting += 1
                node.processors.begin(lab.kind.seconds, self.rules.start_load, partial(self._started, lab, node))

    def _started(self, lab: PlacedLab, node: ClusterNode) -> None:
        node.starting -= 1
        self._prompt(lab, node)
        self._next_start(node)

    # What happens in a day ------------------------------------------------------------------------------------

    def stop(self, lab: PlacedLab) -> None:
        """Stop a lab: its place is free at once, for whoever waits for one."""
        node, lab.wanted = lab.node, False
        if node is None:
            self.pending = [one for one in self.pending if one is not lab]
            return
        node.let_go(lab)
        if lab.ready:
            node.processors.add_background(-self.rules.lab_load)
        lab.ready = False
        self._look_later(node)
        self._retry(node)

    def lose(self, node: ClusterNode, occasion: str) -> None:
        """Lose a node with all that is on it; its labs are wanted elsewhere once Swarm has noticed.

        Args:
            node: which one.
            occasion: what the waits are counted at, from the loss on.
        """
        node.up = False
        node.processors.stop()
        node.pooled.clear()
        for lab in tuple(node.labs):
            node.let_go(lab)
            lab.ready, lab.occasion, lab.asked = False, occasion, self.clock.now
            # Cold: Swarm starts the task again, and knows of no lab that stands ready.
            self.clock.at(self.clock.now + NOTICED_S, partial(self._queue_for_manager, lab))

    def lose_leader(self, seconds: float) -> None:
        """Have nobody place labs for so long; what runs goes on."""
        self._leader_back = self.clock.now + seconds

    def grade(self, lab: PlacedLab, seconds: float, processor_s: float, occasion: str) -> None:
        """Have a lab graded by its node, which grades few at once; a lab without a prompt is not.

        Args:
            lab: which one.
            seconds: how long it takes where nothing else runs.
            processor_s: the seconds of a processor in it.
            occasion: what the wait for the verdict is counted at.
        """
        node, asked = lab.node, self.clock.now
        if node is None or not lab.ready:
            return

        def over() -> None:
            node.grading -= 1
            self.waits.setdefault(occasion, []).append(self.clock.now - asked)
            self._next_grading(node)

        node.gradings.append(partial(node.processors.begin, seconds, processor_s / seconds, over))
        self._next_grading(node)

    def _next_grading(self, node: ClusterNode) -> None:
        while node.gradings and node.grading < self.rules.gradings_at_once:
            node.grading += 1
            node.gradings.popleft()()

    # The warm pool --------------------------------------------------------------------------------------------

    def _fill_at_night(self, node: ClusterNode) -> None:
        for kind in node.wishes:
            if node.bears_ready(kind):
                node.pooled.append(kind)

    def _look_later(self, node: ClusterNode) -> None:
        if node.wishes and not node.looks:
            node.looks = True
            self.clock.at(self.clock.now + _BETWEEN_S, partial(self._look, node))

    def _look(self, node: ClusterNode) -> None:
        """Begin to start one lab that lacks, where nobody waits and the node is quiet."""
        node.looks = False
        kind = node.lacking()
        if kind is None or not node.up or node.fills or not node.bears_ready(kind):
            return  # the next lab that comes or goes has it looked again
        if node.starting or node.turns or node.processors.load > _QUIET * self.rules.processors:
            self._look_later(node)
            return
        node.fills = True
        node.processors.begin(kind.seconds, self.rules.start_load, partial(self._filled, kind, node))

    def _filled(self, kind: LabKind, node: ClusterNode) -> None:
        node.fills = False
        if node.bears_ready(kind):
            node.pooled.append(kind)
        self._look(node)
