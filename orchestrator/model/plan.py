"""What one seed makes of a scenario: the variant, and the plan that the engine carries out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.model.afterwards import LaterAction
from orchestrator.model.deliverables import Question
from orchestrator.model.drawn_person import DrawnPerson
from orchestrator.model.image import Application, MachineKind, VolatilePath
from orchestrator.model.lab import Condition
from orchestrator.model.persona import PlannedPersona
from orchestrator.model.scenario import FaultSpec, MayChange, Step, Unexplained

Value = str | int | DrawnPerson


@dataclass(frozen=True)
class Variant:
    """The values that one seed draws for the variables of a scenario."""

    seed: int
    values: Mapping[str, Value]


@dataclass(frozen=True)
class PlannedInterface:
    """One cable: an interface of a host on a segment.

    Attributes:
        name: the interface's name inside the host.
        segment: the segment's name.
        mac: a fixed, locally administered MAC address.
        address: ``192.168.10.1/24``, or None where it is had by DHCP or not configured.
        dhcp: whether the host asks for its address.
    """

    name: str
    segment: str
    mac: str
    address: str | None
    dhcp: bool


@dataclass(frozen=True)
class PlacedFile:
    """One file put into a host before it boots; ``mode`` is a number such as 0o644."""

    path: str
    content: bytes
    owner: str
    group: str
    mode: int


@dataclass(frozen=True)
class PlannedHost:
    """One host, ready to be created: sizes in bytes, ``image`` by its name."""

    name: str
    fqdn: str
    title: Text
    image: str
    kind: MachineKind
    interfaces: tuple[PlannedInterface, ...]
    memory: int | None
    cpu_shares: int
    pids: int
    disk: int
    files: tuple[PlacedFile, ...]
    applications: tuple[Application, ...] = ()
    volatile: tuple[VolatilePath, ...] = ()

    @property
    def asks_for_address(self) -> bool:
        """Return whether the host is a DHCP client."""
        return any(interface.dhcp for interface in self.interfaces)


@dataclass(frozen=True)
class PlannedSegment:
    """One L2 network of the plan.

    Attributes:
        subnet: its subnet, such as ``192.168.10.0/24``; empty where it has none. Segments of one subnet are one
            broadcast domain, with a switch between them.
    """

    name: str
    title: Text
    subnet: str


@dataclass(frozen=True)
class PlannedSolution:
    """A solution or shortcut of this variant; steps that do not apply are left out."""

    name: str
    summary: Text
    reference: bool
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Plan:
    """All that is needed to start, break, grade and repair one variant.

    A pure function of (scenario, seed): the same two give the same plan, byte for byte.

    Attributes:
        scenario: the scenario's id, or None for a bare lab.
        lab: the lab's name.
        domain: the DNS domain of the hosts.
        seed: the seed.
        digest: SHA-256 of the content that the plan was made from, with the seed.
        values: the variant's values plus ``lab`` (a ``LabView``), ``domain`` and ``seed``: what templates and
            checks may use.
        faults: what to inject, in order, with rendered parameters.
        passwords: the values that are passwords, drawn by the variant.
        ticket_language: the one language of the ticket, whichever its reader's; None: it is in both.
        afterwards: what is done after the faults, in order, rendered.
        checks: the files with the checks to grade.
        health: the lab's own health checks.
        tools: the file that both may import as ``lab_tools``, or None.
        questions: what the trainee is asked, by name, with the variant's truth.
        report: whether an intervention report is asked for.
        cases: what was drawn of each ``one_of``.
        may_change: what may differ from the sound state in whatever way: the task is about it.
        unexplained: what a difference that nobody has explained comes to.
        out_of_reach: the hosts whose cables the trainee cannot see from where they are.
        personas: the people who answer, by their short names.
    """

    scenario: str | None
    lab: str
    domain: str
    seed: int
    digest: str
    title: Text
    values: Mapping[str, Any]
    hosts: tuple[PlannedHost, ...]
    segments: tuple[PlannedSegment, ...]
    ready: tuple[Condition, ...]
    ticket: Text | None
    hints: tuple[Text, ...]
    debrief: Text | None
    faults: tuple[FaultSpec, ...]
    solutions: tuple[PlannedSolution, ...]
    shortcuts: tuple[PlannedSolution, ...]
    checks: tuple[Path, ...]
    health: tuple[Path, ...]
    questions: Mapping[str, Question] = field(default_factory=dict)
    report: bool = False
    cases: Mapping[str, str] = field(default_factory=dict)
    may_change: tuple[MayChange, ...] = ()
    unexplained: Unexplained = "ask"
    tools: Path | None = None
    afterwards: tuple[LaterAction, ...] = ()
    personas: Mapping[str, PlannedPersona] = field(default_factory=dict)
    ticket_language: Language | None = None
    passwords: tuple[str, ...] = ()
    out_of_reach: tuple[str, ...] = ()

    def host(self, name: str) -> PlannedHost:
        """Return a host by name.

        Raises:
            KeyError: the lab has no such host.
        """
        for host in self.hosts:
            if host.name == name:
                return host
        raise KeyError(name)
