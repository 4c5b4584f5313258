"""How many of each lab fit on a machine: from what was measured of it there, and from what it may take at most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orchestrator.bench.lab_figures import LabFigure
from orchestrator.core.text import Text
from orchestrator.doctor.machine import INOTIFY_PER_HOST
from orchestrator.model.lab import bytes_of
from orchestrator.model.serve_settings import Limits, usual_memory

if TYPE_CHECKING:
    from orchestrator.model.plan import Plan

_BESIDE: Final = 4 << 20
"""Bytes that a host takes outside its control group: an idle one takes 13 MB in all, and 9.6 of them inside."""
_INOTIFY: Final = Path("/proc/sys/fs/inotify/max_user_instances")


@dataclass(frozen=True)
class Room:
    """What there is for labs.

    Attributes:
        memory: bytes that all labs may take together.
        labs: how many the portal lets be there at once; None: as many as memory allows.
        starts: how many start at once in the portal.
        hosts: how many hosts the kernel's limit of inotify instances lets run; None: it does not tell.
    """

    memory: int
    labs: int | None
    starts: int
    hosts: int | None


def room_of(limits: Limits, machine: int, inotify: Path = _INOTIFY) -> Room:
    """Return what there is for labs; ``machine``: the bytes of memory that the machine has."""
    memory = bytes_of(limits.memory) if limits.memory else usual_memory(machine)
    try:
        hosts = int(inotify.read_text(encoding="ascii")) // INOTIFY_PER_HOST
    except (OSError, ValueError):
        hosts = None
    return Room(memory, limits.labs, limits.starts_at_once, hosts)


@dataclass(frozen=True)
class LabCapacity:
    """How many of one lab there may be, where nothing else runs.

    Attributes:
        lab: its name.
        hosts: how many hosts it has.
        most: bytes that it may take: its hosts' limits.
        memory: bytes that it takes while nobody works in it, as measured; None: it was not, or is another since.
        seconds: how long a start takes, as measured.
        fit: how many fit on the machine whose trainees do little; None: nobody has measured.
        admitted: how many the portal starts, since each counts with what it may take.
        by_hosts: whether the kernel's limit of inotify instances keeps ``fit`` from being more.
    """

    lab: str
    hosts: int
    most: int
    memory: int | None
    seconds: float | None
    fit: int | None
    admitted: int
    by_hosts: bool = False


@dataclass(frozen=True)
class CapacityReport:
    """How many of each lab fit on a machine."""

    room: Room
    labs: Sequence[LabCapacity]

    def to_document(self) -> dict[str, Any]:
        """Return the report as JSON's types."""
        return {"room": asdict(self.room), "labs": [asdict(one) for one in self.labs]}

    @property
    def unmeasured(self) -> tuple[str, ...]:
        """Return the labs of which nothing is measured."""
        return tuple(one.lab for one in self.labs if one.memory is None)


def capacity(plans: Mapping[str, Plan], figures: Mapping[str, LabFigure], room: Room) -> CapacityReport:
    """Return how many of each lab there may be.

    Args:
        plans: lab -> its plan, healthy.
        figures: lab -> what was measured of it on this machine.
        room: what there is for labs.
    """
    return CapacityReport(room, [_of(name, plan, figures.get(name), room) for name, plan in sorted(plans.items())])


def _of(lab: str, plan: Plan, figure: LabFigure | None, room: Room) -> LabCapacity:
    hosts, most = len(plan.hosts), sum(host.memory or 0 for host in plan.hosts)
    by_hosts = None if room.hosts is None else room.hosts // hosts
    admitted = _least(room.memory // most if most else None, room.labs, by_hosts) or 0
    if figure is None or figure.digest != plan.digest:
        return LabCapacity(lab, hosts, most, None, None, None, admitted)
    by_memory = room.memory // (figure.memory + hosts * _BESIDE)
    fit = _least(by_memory, by_hosts)
    limited = by_hosts is not None and by_hosts < by_memory
    return LabCapacity(lab, hosts, most, figure.memory, figure.seconds, fit, admitted, limited)


def _least(*numbers: int | None) -> int | None:
    return min((one for one in numbers if one is not None), default=None)


def why_no_more() -> Text:
    """Return what is said where memory is not what ends first."""
    return Text(
        fr="* : la mémoire en porterait plus ; c'est la limite fs.inotify.max_user_instances du noyau qui compte.",
        en="*: memory would bear more; it is the kernel's limit fs.inotify.max_user_instances that counts.",
    )


def why_two_numbers() -> Text:
    """Return what the two numbers of a lab mean."""
    return Text(
        fr="« supportés » : d'après la mémoire mesurée ici, si les stagiaires chargent peu leurs machines. « admis » : "
        "ce que le portail démarre, car chaque lab y compte pour ce qu'il peut prendre au plus.",
        en='"fit": by the memory that was measured here, where trainees keep their machines little busy. "admitted": '
        "what the portal starts, for each lab counts there with what it may take at most.",
    )
