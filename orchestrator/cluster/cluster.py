"""A cluster of machines: who belongs to it, and which of them can work for it."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from orchestrator.cluster import cluster_refusals, task_program
from orchestrator.cluster.node_lines import documents_in
from orchestrator.cluster.node_mark import clear_mark, set_mark
from orchestrator.cluster.node_report import NodeReport
from orchestrator.cluster.task_program import MARK
from orchestrator.core.documents import read_as
from orchestrator.core.held_folder import held, is_abandoned
from orchestrator.core.interrupts import shielded
from orchestrator.core.waiting import wait_until
from orchestrator.engine.engine_interface import Engine
from orchestrator.engine.swarm_interface import Swarm, SwarmJob, SwarmMembership, SwarmNode, SwarmTask

JOB: Final = "breakfix.cluster.job"
"""Label of the services that Breakfix makes: what they are for."""
HELD: Final = "breakfix.cluster.held"
"""Label of the same: the folder that the command holds for which they are."""
FIT: Final = "breakfix.fit"
"""Label of a node that can work: the program that it was seen to have."""
_SOCKET: Final = "/var/run/docker.sock"
_REPORTED_S: Final = 60.0
"""Seconds until a node must have told what it is: it reads the content of all images for that."""
_ENDED_S: Final = 90.0
"""Seconds until a node has ended what it did for a job: it removes the labs that it has for it."""
_SLICE: Final = 0.5

Fitness = Literal["fit", "drained", "silent", "unmarked", "images", "program", "no-answer", "failed"]
"""Whether a node can work: ``unmarked``: it joined without Breakfix; ``images``, ``program``: they are not this
machine's; ``no-answer``: it did not tell in time."""


@dataclass(frozen=True)
class ClusterNode:
    """A machine of the cluster.

    Attributes:
        node: as Swarm knows it.
        fitness: whether it can work, or why not.
        report: what it says of itself; None where it says nothing.
        said: what it printed instead.
    """

    node: SwarmNode
    fitness: Fitness
    report: NodeReport | None = None
    said: str = ""


class Cluster:
    """The cluster that this machine belongs to, or is to belong to."""

    def __init__(
        self, swarm: Swarm, engine: Engine, image: Callable[[], str], program: Callable[[], str], folder: Path
    ) -> None:
        """Take what it is made of.

        Args:
            swarm: this machine's way to the others.
            engine: this machine's engine.
            image: returns the id of the image that tasks run in; it may have to be built.
            program: returns the version and hash of this machine's program.
            folder: where commands hold what they are at.
        """
        self.swarm = swarm
        self._engine = engine
        self._image = image
        self._program = program
        self._folder = folder

    def create(self, address: str) -> str:
        """Begin a cluster with this machine and return the token by which others join.

        Args:
            address: by which the others reach this machine; empty: Docker finds it.

        Raises:
            UsageError: it belongs to one already, or has several addresses and none was given.
        """
        if self.swarm.membership() is not None:
            raise cluster_refusals.already_there()
        with cluster_refusals.of_address(address):
            self.swarm.create(address)
        set_mark(self._engine)
        return self.swarm.join_token()

    def join(self, manager: str, token: str, address: str) -> None:
        """Have this machine work for the cluster of a manager.

        Raises:
            UsageError: it belongs to one already, the manager is out of reach, or does not know the token.
        """
        if self.swarm.membership() is not None:
            raise cluster_refusals.already_there()
        with cluster_refusals.of_joining(manager):
            self.swarm.join(manager, token, address)
        set_mark(self._engine)

    def leave(self, *, force: bool) -> None:
        """Have this machine work for itself again.

        Raises:
            UsageError: it belongs to none; or, without ``force``, manages one that has other nodes, or it was not
                Breakfix that created or joined it.
        """
        me = self._membership()
        if not force and MARK not in self._engine.volumes({}):
            raise cluster_refusals.not_ours()
        if me.manager and not force and (others := [one.name for one in self.swarm.nodes() if one.id != me.node]):
            raise cluster_refusals.others_left(others)
        self.swarm.leave()
        clear_mark(self._engine)

    def drain(self, name: str, *, wanted: bool) -> SwarmNode:
        """Give a node no work any more, or give it work again, and return it.

        Raises:
            UsageError: this machine is no manager, or there is no such node.
        """
        chosen = self._node(name)
        self.swarm.drain(chosen.id, wanted=wanted)
        return chosen

    def forget(self, name: str) -> SwarmNode:
        """Strike a node off that has left or will not come back, and return it.

        Raises:
            UsageError: this machine is no manager, there is no such node, or it answers.
        """
        chosen = self._node(name)
        if chosen.answers:
            raise cluster_refusals.still_there(chosen.name)
        self.swarm.forget(chosen.id)
        return chosen

    def _node(self, name: str) -> SwarmNode:
        self.require_manager()
        found = self.swarm.nodes()
        chosen = [one for one in found if name in {one.name, one.id}]
        if len(chosen) != 1:
            raise cluster_refusals.no_such_node(name, [one.name for one in found], several=len(chosen) > 1)
        return chosen[0]

    def require_manager(self) -> None:
        """See that this machine may speak for its cluster.

        Raises:
            UsageError: it belongs to none, or only works for one.
        """
        if not self._membership().manager:
            raise cluster_refusals.no_manager()

    def address(self) -> str:
        """Return the address by which others reach this machine.

        Raises:
            UsageError: it belongs to no cluster.
        """
        return self._membership().address

    def _membership(self) -> SwarmMembership:
        me = self.swarm.membership()
        if me is None:
            raise cluster_refusals.not_there()
        return me

    def ready(self) -> tuple[ClusterNode, ...]:
        """Return the nodes that can work, once all have told what they are.

        Raises:
            UsageError: this machine is no manager, or no node can work.
        """
        found = self.look()
        ready = tuple(one for one in found if one.fitness == "fit")
        if not ready:
            raise cluster_refusals.none_fit([f"{one.node.name}: {one.fitness} {one.said}".rstrip() for one in found])
        return ready

    def look(self) -> tuple[ClusterNode, ...]:
        """Have all nodes tell what they are, and note which can work.

        Raises:
            UsageError: this machine is no manager.
        """
        self.require_manager()
        nodes = self.swarm.nodes()
        asked = {one.id for one in nodes if one.answers and not one.drained}
        with self.job("report", ("report",)) as job:
            tasks: dict[str, SwarmTask] = {}

            def told() -> bool:
                tasks.update({task.node: task for task in self.swarm.tasks(job) if task.node})
                return all(one in tasks and tasks[one].state in {"done", "failed", "lost"} for one in asked)

            wait_until(told, within=_REPORTED_S, every=_SLICE)
            seen = tuple(self._seen(one, tasks.get(one.id)) for one in nodes)
        for one in seen:
            fit = self._program() if one.fitness == "fit" else ""
            if one.node.labels.get(FIT, "") != fit:
                self.swarm.note(one.node.id, {FIT: fit})
        return seen

    def _seen(self, node: SwarmNode, task: SwarmTask | None) -> ClusterNode:
        if not node.answers or node.drained:
            return ClusterNode(node, "drained" if node.answers else "silent")
        if task is None or task.state in {"waits", "runs"}:
            return ClusterNode(node, "no-answer", said="" if task is None else task.message)
        output, errors = self.swarm.output(task.id)
        documents = documents_in(output) if task.state == "done" else ()
        reports = [read_as(one["of"], NodeReport) for one in documents if one["kind"] == "report"]
        said = errors.decode("utf-8", "replace").strip() or task.message
        return self._reported(node, reports[-1]) if reports else ClusterNode(node, _why_not(said), said=said)

    def _reported(self, node: SwarmNode, report: NodeReport) -> ClusterNode:
        if report.program != self._program():
            return ClusterNode(node, "program", report)
        return ClusterNode(node, "images" if report.missing else "fit", report)

    @contextmanager
    def job(
        self, name: str, arguments: Sequence[str], *, times: int | None = None, at_once: int = 1, attempts: int = 1
    ) -> Iterator[str]:
        """Have nodes work within the block, each by its own Breakfix, and give the id of the job's service.

        At its end the job is ended, and no node that answers works for it any more. A job whose command was killed is
        ended by the next one.

        Args:
            name: what it is for.
            arguments: of the nodes' ``node_work``; ``SLOT`` stands for the task's number.
            times: how many tasks, on nodes that can work; None: one on each node, whether it can or not.
            at_once: how many of them a node has at once, at most.
            attempts: how often a task that fails is tried.
        """
        for service, labels in self.swarm.services({JOB: None}).items():
            if is_abandoned(Path(labels[HELD])):
                self.swarm.remove(service)
        full_name = f"breakfix-{name}-{secrets.token_hex(4)}"
        folder = self._folder / full_name
        with ExitStack() as ends:
            ends.callback(shutil.rmtree, folder, ignore_errors=True)
            ends.enter_context(held(folder))
            source = Path(task_program.__file__).read_text(encoding="utf-8")
            service = self.swarm.submit(
                SwarmJob(
                    name=full_name,
                    labels={JOB: name, HELD: str(folder)},
                    image=self._image(),
                    command=("python3", "-I", "-u", "-c", source, *arguments),
                    environment={"BREAKFIX_TASK": "{{.Task.ID}}", "BREAKFIX_SLOT": "{{.Task.Slot}}"},
                    binds={_SOCKET: task_program.SOCKET},
                    times=times,
                    at_once=at_once,
                    attempts=attempts,
                    constraints=() if times is None else (f"node.labels.{FIT}=={self._program()}",),
                )
            )
            ends.callback(self._end, service)
            yield service

    def _end(self, job: str) -> None:
        def ended() -> bool:
            working = {task.node for task in self.swarm.tasks(job) if task.state == "runs"}
            return not working or not any(node.id in working and node.answers for node in self.swarm.nodes())

        with shielded():
            self.swarm.remove(job)
            wait_until(ended, within=_ENDED_S, every=_SLICE)

    def close(self) -> None:
        """Close the connections."""
        self.swarm.close()


def _why_not(said: str) -> Fitness:
    if task_program.NO_MARK in said:
        return "unmarked"
    return "images" if "No such image" in said else "failed"
