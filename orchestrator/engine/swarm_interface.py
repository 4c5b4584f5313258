"""Docker Swarm as a cluster needs it: machines that belong together, and jobs that it places on them.

Swarm is eventually consistent: what was just asked for may not show yet. So each call may be repeated, and what is
looked for is found by its label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

TaskState = Literal["waits", "runs", "done", "failed", "lost"]
"""``waits``: it has no place yet, or is being started; ``failed``: it ended with an error, or was refused by its node;
``lost``: its node does not answer, or it was taken away from it."""


@dataclass(frozen=True)
class SwarmMembership:
    """How a machine belongs to a swarm.

    Attributes:
        node: its id there.
        address: by which the others reach it.
        manager: whether it decides where jobs run.
        trouble: what is wrong with it, as the engine says it; empty: nothing.
    """

    node: str
    address: str
    manager: bool
    trouble: str = ""


@dataclass(frozen=True)
class SwarmNode:
    """A machine of a swarm, as a manager sees it.

    Attributes:
        id: its id.
        name: its host name.
        address: by which the others reach it.
        manager: whether it decides where jobs run.
        leader: whether it is the one of the managers that does.
        drained: whether it gets no jobs.
        answers: whether it was heard of just now.
        processors: how many it has.
        memory: its memory in bytes.
        labels: what managers have noted of it.
    """

    id: str
    name: str
    address: str
    manager: bool
    leader: bool
    drained: bool
    answers: bool
    processors: float
    memory: int
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SwarmJob:
    """What runs once on each node, or so many times wherever there is room.

    Attributes:
        name: of its service.
        labels: of its service and its containers.
        image: the id of an image that the nodes have; nothing is ever fetched for it.
        command: what each task runs. It may hold ``{{.Task.Slot}}``, the task's number from 1.
        environment: of the command; placeholders as in the command.
        binds: paths of the node -> paths in the container.
        times: how many tasks; None: one on each node.
        at_once: how many of ``times`` a node has at once, at most.
        constraints: which nodes serve, in Swarm's own words.
        grace: seconds that a task has to end by itself.
        attempts: how many times a task that fails is tried, wherever there is room; one of ``times`` None once only.
    """

    name: str
    labels: Mapping[str, str]
    image: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    binds: Mapping[str, str] = field(default_factory=dict)
    times: int | None = None
    at_once: int = 1
    constraints: tuple[str, ...] = ()
    grace: float = 60.0
    attempts: int = 3


@dataclass(frozen=True)
class SwarmTask:
    """One task of a job; one that is lost or has failed may have a successor with the same slot.

    Attributes:
        id: its id.
        slot: its number, from 1; 0 in a job that runs on each node.
        node: the id of its node; empty: it has none yet.
        state: how far it is.
        message: why it waits or failed, as Swarm says it.
    """

    id: str
    slot: int
    node: str
    state: TaskState
    message: str = ""


class Swarm(Protocol):
    """One machine's way to the swarm that it belongs to. Every call raises MachineError where the engine is silent."""

    def membership(self) -> SwarmMembership | None:
        """Return how this machine belongs to a swarm; None: to none."""

    def create(self, address: str) -> None:
        """Begin a swarm with this machine; ``address``: by which the others reach it, empty: the engine finds it.

        Raises:
            LabError: it belongs to one already, or has several addresses and none was given.
        """

    def join(self, manager: str, token: str, address: str) -> None:
        """Belong to the swarm of a manager, by its address and the swarm's token.

        Raises:
            LabError: the manager is out of reach, or does not know the token.
        """

    def join_token(self) -> str:
        """Return the token by which a machine may join."""

    def leave(self) -> None:
        """Belong to no swarm any more, whatever else that ends."""

    def nodes(self) -> tuple[SwarmNode, ...]:
        """Return the machines of the swarm, by name."""

    def drain(self, node: str, *, wanted: bool) -> None:
        """Give a node no jobs any more and end those that it has, or give it jobs again."""

    def note(self, node: str, labels: Mapping[str, str]) -> None:
        """Set labels of a node; others stay."""

    def forget(self, node: str) -> None:
        """Strike a node off that has left or will not come back."""

    def submit(self, job: SwarmJob) -> str:
        """Have a job done and return the id of its service."""

    def tasks(self, service: str) -> tuple[SwarmTask, ...]:
        """Return a job's tasks, the oldest first; of a job that was ended, those that still run."""

    def output(self, task: str) -> tuple[bytes, bytes]:
        """Return what a task has printed so far: its output, and its errors.

        Raises:
            MachineError: its node does not tell it.
        """

    def services(self, labels: Mapping[str, str | None]) -> Mapping[str, Mapping[str, str]]:
        """Return the services that carry every label: the id of each, and its labels; None: any value."""

    def remove(self, service: str) -> None:
        """End a job; what of it still runs ends within its grace. One that is gone is no error."""

    def close(self) -> None:
        """Close the connections."""
