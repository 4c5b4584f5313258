"""A lab's network as a picture: which bar, which box and which line goes where, in units of its own.

Segments are horizontal bars, one below the other. A host hangs in the row below the first bar that one of its cables
reaches; its other cables go down to lower bars. A cable that passes rows on its way keeps its column free in them.
Where a picture would become wide, hosts of one segment also stand in the row above its bar.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import PortState
from orchestrator.model.image import MachineKind
from orchestrator.model.plan import Plan, PlannedHost, PlannedInterface

_BESIDE = 4
"""Hosts that are beside each other before some stand on the other side of their bar."""
_MOST_ORDERED = 6
"""Segments of which every order is tried (720 orders at most); more keep the author's."""


@dataclass(frozen=True)
class Cable:
    """One cable as a person sees it who follows it.

    Attributes:
        interface: the interface's name.
        segment: the segment whose switch it is plugged into (or hangs beside).
        planned: the segment that the lab's documentation names.
        plugged: whether it is in.
        address: the documented address with prefix length, ``dhcp``, or empty.
    """

    interface: str
    segment: str
    planned: str
    plugged: bool
    address: str

    @property
    def moved(self) -> bool:
        """Return whether it is somewhere else than documented."""
        return self.segment != self.planned


@dataclass(frozen=True)
class Node:
    """One host with its place: the row below bar ``row`` (-1: above the first bar), and a column."""

    name: str
    title: Text
    kind: MachineKind
    row: int
    column: int
    up: tuple[Cable, ...]
    down: tuple[Cable, ...]

    @property
    def cables(self) -> tuple[Cable, ...]:
        """Return all its cables."""
        return (*self.up, *self.down)


@dataclass(frozen=True)
class Bar:
    """One segment; ``subnet`` is empty where it has none."""

    name: str
    title: Text
    subnet: str

    @property
    def labels(self) -> tuple[str, ...]:
        """Return what stands beside the title: the name, and the subnet if there is one."""
        return (self.name, self.subnet) if self.subnet else (self.name,)


@dataclass(frozen=True)
class Topology:
    """The picture: bars from top to bottom, hosts in rows and columns."""

    title: Text
    bars: tuple[Bar, ...]
    nodes: tuple[Node, ...]

    @property
    def columns(self) -> int:
        """Return how many columns there are."""
        return max((node.column for node in self.nodes), default=-1) + 1

    def index(self, segment: str) -> int:
        """Return a segment's place from the top."""
        return [bar.name for bar in self.bars].index(segment)

    def row(self, number: int) -> tuple[Node, ...]:
        """Return the hosts of a row, from left to right."""
        return tuple(sorted((n for n in self.nodes if n.row == number), key=lambda n: n.column))


def topology(plan: Plan, ports: Sequence[PortState] = ()) -> Topology:
    """Lay a plan out.

    Args:
        plan: the documented network.
        ports: the cables as they are; those that are not among them, or out of the trainee's reach, are as documented.
    """
    states = {(port.host, port.interface): port for port in seen(plan, ports)}
    known = {segment.name for segment in plan.segments}
    cables = {h.name: tuple(_cable(h, i, states, known) for i in h.interfaces) for h in plan.hosts}
    order = _order([s.name for s in plan.segments], cables.values())
    bars = tuple(Bar(s.name, s.title, s.subnet) for s in sorted(plan.segments, key=lambda s: order[s.name]))
    return Topology(plan.title, bars, _placed(plan.hosts, cables, order))


def seen(plan: Plan, ports: Sequence[PortState]) -> tuple[PortState, ...]:
    """Return those of a lab's cables that the trainee can see from where they are."""
    return tuple(port for port in ports if port.host not in plan.out_of_reach)


def _cable(
    host: PlannedHost, interface: PlannedInterface, states: dict[tuple[str, str], PortState], known: set[str]
) -> Cable:
    state = states.get((host.name, interface.name))
    where = state.segment if state and state.segment in known else interface.segment
    return Cable(
        interface=interface.name,
        segment=where,
        planned=interface.segment,
        plugged=state.plugged if state else True,
        address="dhcp" if interface.dhcp else interface.address or "",
    )


def _order(segments: list[str], hosts: object) -> dict[str, int]:
    """Return each segment's place such that hosts with several cables span as few bars as possible."""
    spans = [tuple({c.planned for c in cables}) for cables in hosts if len(cables) > 1]  # type: ignore[attr-defined]

    def length(order: Sequence[str]) -> int:
        places = {name: place for place, name in enumerate(order)}
        return sum(max(places[s] for s in span) - min(places[s] for s in span) for span in spans)

    best: Sequence[str] = segments
    if len(segments) <= _MOST_ORDERED:
        best = min(itertools.permutations(segments), key=length)  # the first of the best: the author's own
    return {name: place for place, name in enumerate(best)}


def _placed(
    hosts: Sequence[PlannedHost], cables: dict[str, tuple[Cable, ...]], order: dict[str, int]
) -> tuple[Node, ...]:
    """Give each host a row and a column; hosts stand above their bar where that makes a wide picture less wide."""
    spans = {host.name: _span([order[cable.segment] for cable in cables[host.name]]) for host in hosts}
    standing: frozenset[str] = frozenset()
    for bar in range(len(order)):
        alone = [host.name for host in hosts if spans[host.name] == (bar, bar)]
        tried = [standing.union(alone[:count]) for count in range(len(alone) + 1)]
        if _width(spans, standing) > _BESIDE:
            standing = min(tried, key=lambda some: _width(spans, some))  # the first of the best: the fewest
    nodes = []
    for host in hosts:
        row, column = _columns(spans, standing)[host.name]
        mine = sorted(cables[host.name], key=lambda c: order[c.segment])
        up = tuple(c for c in mine if order[c.segment] == row)
        nodes.append(Node(host.name, host.title, host.kind, row, column, up, tuple(c for c in mine if c not in up)))
    return tuple(sorted(nodes, key=lambda node: (node.row, spans[node.name][1])))


def _span(places: Sequence[int]) -> tuple[int, int]:
    return min(places), max(places)


def _width(spans: Mapping[str, tuple[int, int]], standing: Set[str]) -> int:
    """Return how many columns a picture has."""
    return 1 + max(column for _, column in _columns(spans, standing).values())


def _columns(spans: Mapping[str, tuple[int, int]], standing: Set[str]) -> dict[str, tuple[int, int]]:
    """Return each host's row and column: those with one bar first, so that lines to lower bars are at the right.

    Args:
        spans: the first and the last bar that each host reaches.
        standing: the hosts with one bar that stand above it.
    """
    rows = {
        name: range(first - 1, first) if name in standing else range(first, max(last, first + 1))
        for name, (first, last) in spans.items()
    }
    taken: set[tuple[int, int]] = set()
    places = {}
    for name in sorted(spans, key=lambda one: (rows[one].start, spans[one][1], one in standing)):
        column = next(c for c in itertools.count() if not any((row, c) in taken for row in rows[name]))
        taken |= {(row, column) for row in rows[name]}
        places[name] = rows[name].start, column
    return places
