"""Machines that belong together, in memory: each look at a job's tasks lets a moment pass on all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count

from orchestrator.core.errors import LabError
from orchestrator.core.text import same
from orchestrator.engine.swarm_interface import (
    SwarmJob,
    SwarmMembership,
    SwarmNode,
    SwarmTask,
)

Play = Callable[[SwarmJob, int, SwarmNode], Iterator[bytes]]
"""Plays a task, by its job and slot, on a node: yields what it prints in each moment, or raises ``TaskFailsError``."""


class TaskFailsError(Exception):
    """A task ends with an error; its text is what it printed on its side of errors."""


@dataclass
class _Running:
    task: SwarmTask
    play: Iterator[bytes]
    output: bytes = b""
    errors: bytes = b""


@dataclass
class _Submitted:
    job: SwarmJob
    waiting: list[int]
    removed: bool = False
    tasks: list[_Running] = field(default_factory=list)


class FakeSwarm:
    """The swarm as its first machine sees it; see ``Swarm`` for what each call does.

    Attributes:
        play: plays tasks.
        jobs: every job that was submitted.
        closed: whether it was closed.
    """

    def __init__(self, *names: str, play: Play, member: bool = True) -> None:
        """Make machines that belong together; the first one is the manager.

        Args:
            names: of the machines.
            play: plays tasks.
            member: whether the first one belongs to them yet.
        """
        self.play = play
        self.jobs: list[SwarmJob] = []
        self.closed = False
        self.token = "SWMTKN-1-fake"
        self._member = member
        self._nodes = {
            name: SwarmNode(f"id-{name}", name, f"192.0.2.{n}", n == 1, n == 1, False, True, 2.0, 4 << 30)
            for n, name in enumerate(names, start=1)
        }
        self._submitted: dict[str, _Submitted] = {}
        self._numbers = count(1)

    def change(self, name: str, *, answers: bool) -> None:
        """Have a machine fall silent, with what it does, or come back."""
        self._nodes[name] = replace(self._nodes[name], answers=answers)
        for submitted in self._submitted.values():
            for running in submitted.tasks:
                if not answers and running.task.node == f"id-{name}" and running.task.state == "runs":
                    self._lose(submitted, running)

    def membership(self) -> SwarmMembership | None:
        first = next(iter(self._nodes.values()))
        return SwarmMembership(first.id, first.address, manager=first.manager) if self._member else None

    def create(self, address: str) -> None:
        if address == "198.51.100.1":
            raise LabError(same("must specify a listening address"), evidence="no such address")
        self._member = True

    def join(self, manager: str, token: str, address: str) -> None:
        if token != self.token:
            raise LabError(same("invalid join token"), evidence=f"{manager} {address}")
        first = next(iter(self._nodes))
        self._nodes[first] = replace(self._nodes[first], manager=False, leader=False)
        self._member = True

    def join_token(self) -> str:
        return self.token

    def leave(self) -> None:
        self._member = False

    def nodes(self) -> tuple[SwarmNode, ...]:
        return tuple(self._nodes.values())

    def drain(self, node: str, *, wanted: bool) -> None:
        name = self._name(node)
        self._nodes[name] = replace(self._nodes[name], drained=wanted)

    def note(self, node: str, labels: Mapping[str, str]) -> None:
        name = self._name(node)
        self._nodes[name] = replace(self._nodes[name], labels={**self._nodes[name].labels, **labels})

    def forget(self, node: str) -> None:
        del self._nodes[self._name(node)]

    def submit(self, job: SwarmJob) -> str:
        self.jobs.append(job)
        service = f"service-{next(self._numbers)}"
        slots = [0] if job.times is None else list(range(1, job.times + 1))
        self._submitted[service] = _Submitted(job, slots)
        if job.times is None:
            self._submitted[service].waiting = []
            for node in self._nodes.values():
                if node.answers and not node.drained:
                    self._begin(self._submitted[service], 0, node)
        return service

    def tasks(self, service: str) -> tuple[SwarmTask, ...]:
        submitted = self._submitted[service]
        self._pass(submitted)
        waiting = [SwarmTask(f"waits-{slot}", slot, "", "waits", "no suitable node") for slot in submitted.waiting]
        return (*(one.task for one in submitted.tasks), *waiting)

    def output(self, task: str) -> tuple[bytes, bytes]:
        (found,) = (one for each in self._submitted.values() for one in each.tasks if one.task.id == task)
        return found.output, found.errors

    def services(self, labels: Mapping[str, str | None]) -> Mapping[str, Mapping[str, str]]:
        return {
            service: one.job.labels
            for service, one in self._submitted.items()
            if not one.removed and all(value in {None, one.job.labels.get(key)} for key, value in labels.items())
        }

    def remove(self, service: str) -> None:
        submitted = self._submitted[service]
        submitted.removed, submitted.waiting = True, []

    def close(self) -> None:
        self.closed = True

    def _name(self, node: str) -> str:
        return next(name for name, one in self._nodes.items() if one.id == node)

    def _pass(self, submitted: _Submitted) -> None:
        """Let a moment pass: what runs prints, what waits is placed."""
        for running in submitted.tasks:
            if running.task.state != "runs":
                continue
            if submitted.removed:
                running.task = replace(running.task, state="lost")
                continue
            try:
                running.output += next(running.play)
            except StopIteration:
                running.task = replace(running.task, state="done")
            except TaskFailsError as error:
                running.errors = str(error).encode()
                self._fail(submitted, running)
        for slot in list(submitted.waiting):
            if node := self._free(submitted):
                submitted.waiting.remove(slot)
                self._begin(submitted, slot, node)

    def _fail(self, submitted: _Submitted, running: _Running) -> None:
        slot = running.task.slot
        running.task = replace(running.task, state="failed", message="task: non-zero exit (1)")
        failures = sum(one.task.state == "failed" and one.task.slot == slot for one in submitted.tasks)
        if slot and failures < submitted.job.attempts:
            submitted.waiting.append(slot)

    def _lose(self, submitted: _Submitted, running: _Running) -> None:
        running.task = replace(running.task, state="lost")
        submitted.waiting.append(running.task.slot)

    def _free(self, submitted: _Submitted) -> SwarmNode | None:
        at_work = [one.task.node for one in submitted.tasks if one.task.state == "runs"]
        for node in self._nodes.values():
            labels = {f"node.labels.{key}=={value}" for key, value in node.labels.items()}
            fits = labels.issuperset(submitted.job.constraints)
            if fits and node.answers and not node.drained and at_work.count(node.id) < submitted.job.at_once:
                return node
        return None

    def _begin(self, submitted: _Submitted, slot: int, node: SwarmNode) -> None:
        task = SwarmTask(f"task-{next(self._numbers)}", slot, node.id, "runs")
        submitted.tasks.append(_Running(task, self.play(submitted.job, slot, node)))
