"""A job that nodes of a cluster work at side by side: what each of its tasks tells, while it runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, Protocol

from orchestrator.cluster import cluster_refusals
from orchestrator.cluster.cluster import Cluster
from orchestrator.cluster.node_lines import documents_in
from orchestrator.core.errors import LabError, MachineError
from orchestrator.core.waiting import wait_until
from orchestrator.engine.swarm_interface import SwarmTask

ATTEMPTS: Final = 3
"""How often a task that fails is tried, on whatever node has room."""
_EVERY: Final = 1.0
_STRANDED: Final = 120
"""Looks in a row at which no task runs before the job is given up: a node that restarts is back by then."""


class JobWatch(Protocol):
    """Is told how the tasks of a job go on, by one thread. A task that fails or is lost begins again."""

    def begins(self, slot: int, node: str) -> None:
        """Say that a node, by its name, begins with a task, by its number from 1."""

    def tells(self, slot: int, node: str, kind: str, of: Any) -> None:  # noqa: ANN401 - JSON's types
        """Say what a task told: the kind of a document, and the document."""

    def fails(self, slot: int, node: str, why: str, *, last: bool) -> None:
        """Say that a task failed, and whether it is given up."""


def run_job(
    cluster: Cluster, name: str, arguments: Sequence[str], *, times: int, at_once: int = 1, watch: JobWatch
) -> None:
    """Have a job done, and return when each of its tasks is done or given up.

    Whatever interrupts it, the nodes end what they do for it and leave nothing.

    Args:
        cluster: whose nodes work; those that were seen fit.
        name: what it is for.
        arguments: of the nodes' ``node_work``; see ``Cluster.job``.
        times: how many tasks.
        at_once: how many of them a node has at once, at most.
        watch: is told what they tell.

    Raises:
        MachineError: no node can work for it any more, or one tells what nobody understands.
    """
    with cluster.job(name, arguments, times=times, at_once=at_once, attempts=ATTEMPTS) as job:
        _Following(cluster, job, times, watch).to_the_end()


class _Following:
    """Reads what the tasks of one job tell, again and again: each look reads what came since the last one."""

    def __init__(self, cluster: Cluster, job: str, times: int, watch: JobWatch) -> None:
        self._swarm = cluster.swarm
        self._job = job
        self._times = times
        self._watch = watch
        self._names = {node.id: node.name for node in self._swarm.nodes()}
        self._told: dict[str, int] = {}
        self._failed: dict[str, int] = {}
        self._over: set[int] = set()
        self._stranded = 0

    def to_the_end(self) -> None:
        wait_until(self._look, within=math.inf, every=_EVERY)

    def _look(self) -> bool:
        tasks = self._swarm.tasks(self._job)
        for task in tasks:
            over = task.slot in self._over or task.id in self._failed
            if task.state in {"runs", "done", "failed"} and not over:
                self._hear(task)
        if len(self._over) == self._times:
            return True
        self._stranded = 0 if any(task.state == "runs" for task in tasks) else self._stranded + 1
        if self._stranded > _STRANDED:
            raise cluster_refusals.stranded(next((task.message for task in tasks if task.message), ""))
        return False

    def _hear(self, task: SwarmTask) -> None:
        node = self._names.get(task.node, task.node)
        if task.id not in self._told:
            self._told[task.id] = 0
            self._watch.begins(task.slot, node)
        try:
            output, errors = self._swarm.output(task.id)
        except (LabError, MachineError):
            return  # its node is slow, or gone: the next look asks again, or finds the task elsewhere
        try:
            documents = documents_in(output)
        except ValueError as error:
            raise cluster_refusals.not_understood(node, str(error)) from error
        for one in documents[self._told[task.id] :]:
            self._watch.tells(task.slot, node, one["kind"], one["of"])
        self._told[task.id] = len(documents)
        if task.state == "done":
            self._over.add(task.slot)
        elif task.state == "failed":
            self._failed[task.id] = task.slot
            last = [*self._failed.values()].count(task.slot) >= ATTEMPTS
            why = errors.decode("utf-8", "replace").strip() or task.message
            self._watch.fails(task.slot, node, why, last=last)
            if last:
                self._over.add(task.slot)
