"""What an instance is, as the engine's labels tell it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.core import labels
from orchestrator.engine.engine_interface import Container
from orchestrator.model.image import ImageSpec
from orchestrator.model.seeds import is_secret

RUNNING = "running"
"""Docker's word for a container whose first process runs and is not frozen."""
STOPPED = frozenset({"exited", "dead"})
"""Docker's words for a container that was started once and has no process: it takes no memory."""
PAUSED = "paused"
"""Docker's word for a container whose processes are frozen."""


@dataclass(frozen=True)
class HostState:
    """One host of an instance: its container and Docker's word for its state."""

    name: str
    container: str
    state: str


@dataclass(frozen=True)
class Instance:
    """A running (or broken) instance as the engine's labels tell it.

    Attributes:
        name: its name.
        scenario: the scenario's id; empty for a bare lab.
        lab: the lab's name.
        seed: the variant's seed.
        owner: the user who started it.
        digest: the digest of the plan that it was started from.
        expected: how many hosts the plan has; fewer in ``hosts`` means that the start was cut off.
    """

    name: str
    scenario: str
    lab: str
    seed: int
    owner: str
    digest: str
    expected: int
    hosts: tuple[HostState, ...]

    @property
    def assessed(self) -> bool:
        """Return whether it is a jury session's: then it is evidence, until the session clears it."""
        return is_secret(self.seed)

    @property
    def identity(self) -> str:
        """Return what tells it from an earlier one of its name: its containers."""
        return hashlib.sha256(" ".join(sorted(h.container for h in self.hosts)).encode()).hexdigest()[:16]

    @property
    def whole(self) -> bool:
        """Return whether every host exists and runs."""
        return len(self.hosts) == self.expected == len(self.running)

    @property
    def frozen(self) -> bool:
        """Return whether it is frozen; also one of which only a part is, as the end of labd has left it."""
        return any(h.state == PAUSED for h in self.hosts)

    @property
    def wholly_frozen(self) -> bool:
        """Return whether all its hosts are there, and frozen."""
        return len(self.hosts) == self.expected and all(h.state == PAUSED for h in self.hosts)

    @property
    def running(self) -> tuple[str, ...]:
        """Return the names of the hosts that run, as the engine sees it."""
        return tuple(h.name for h in self.hosts if h.state == RUNNING)


@dataclass(frozen=True)
class StartContext:
    """What an instance is made with.

    Attributes:
        images: the descriptions of the images that the plan's hosts use.
        references: the images' references by name.
        roots: the content roots, so that another command finds the scenario again.
        pooled: a hash of all that it is made of, where it is started for nobody yet (``pooling``); else empty.
    """

    images: Mapping[str, ImageSpec]
    references: Mapping[str, str]
    roots: tuple[str, ...]
    pooled: str = ""


def instance_of(name: str, containers: Sequence[Container]) -> Instance:
    """Return the instance that containers bear the labels of."""
    first = containers[0].labels
    return Instance(
        name=name,
        scenario=first.get(labels.SCENARIO, ""),
        lab=first.get(labels.LAB, ""),
        seed=int(first.get(labels.SEED, "0")),
        owner=first.get(labels.OWNER, ""),
        digest=first.get(labels.DIGEST, ""),
        expected=int(first.get(labels.HOSTS, "0")),
        hosts=tuple(
            HostState(c.labels.get(labels.HOST, "?"), c.id, c.state)
            for c in sorted(containers, key=lambda c: c.labels.get(labels.HOST, ""))
        ),
    )
