"""Sets of packets that open a connection, as unions of boxes: what a firewall lets pass is such a set.

A box has one side per dimension, and a side is a union of intervals: a rule with sets and ranges is one box. A set
keeps its boxes as a tree, by one dimension after the other, in which what is the same is there once: a rule touches a
few branches only, and two sets with the same packets are the same tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final
from weakref import WeakValueDictionary

from orchestrator.core.errors import LabError
from orchestrator.core.text import Text


class Dimension(IntEnum):
    """What tells one packet from another; what a packet does not have, such as a ping's ports, is any."""

    ARRIVES = 0
    LEAVES = 1
    SOURCE = 2
    DESTINATION = 3
    PROTOCOL = 4
    SOURCE_PORT = 5
    PORT = 6
    ICMP_TYPE = 7
    TRANSLATION = 8


Side = tuple[tuple[int, int], ...]
"""Numbers, as intervals with both ends: in order, apart from each other, and not adjacent."""
Box = tuple[Side, ...]

HIGHEST: Final = (1 << 160) - 1
ANY: Final[Side] = ((0, HIGHEST),)
"""Every number; operations know it by its identity."""
MOST_PARTS: Final = 20000
"""What takes more is not worked out: a ruleset that does is nothing that a person has written."""


class TooManyPartsError(LabError):
    """A set has become too large to work with."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(Text(fr="Trop de règles à comparer.", en="There are too many rules to compare."))


def joined(intervals: Iterable[tuple[int, int]]) -> Side:
    """Return intervals in any order, overlapping or not, as a side."""
    if intervals is ANY:
        return ANY
    found: list[tuple[int, int]] = []
    for low, high in sorted(intervals):
        if found and low <= found[-1][1] + 1:
            if high > found[-1][1]:
                found[-1] = found[-1][0], high
        else:
            found.append((low, high))
    return ANY if found == [ANY[0]] else tuple(found)


def common(one: Side, other: Side) -> Side:
    """Return the numbers of both sides."""
    if one is ANY or one is other:
        return other
    if other is ANY:
        return one
    found, i, j = [], 0, 0
    while i < len(one) and j < len(other):
        low, high = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if low <= high:
            found.append((low, high))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return ANY if found == [ANY[0]] else tuple(found)


def without(one: Side, other: Side) -> Side:
    """Return the numbers of one side that are not of the other."""
    if other is ANY or one is other:
        return ()
    gaps, begin = [], 0
    for low, high in other:
        if begin < low:
            gaps.append((begin, low - 1))
        begin = high + 1
    if begin <= HIGHEST:
        gaps.append((begin, HIGHEST))
    return common(one, tuple(gaps) if gaps != [ANY[0]] else ANY)


class _Node:
    """A set's packets by one dimension: for each part of its numbers, the packets by the next dimensions.

    The parts do not overlap, and what is behind them is not the same; so one set is one node, whoever made it.
    """

    __slots__ = ("__weakref__", "parts")

    def __init__(self, parts: tuple[tuple[Side, _Node], ...]) -> None:
        self.parts = parts


_known: WeakValueDictionary[tuple[tuple[Side, int], ...], _Node] = WeakValueDictionary()
_EMPTY, _END = _Node(()), _Node(())
"""No packet; and what is behind the last dimension."""


def _node(behind: Mapping[_Node, Iterable[tuple[int, int]]]) -> _Node:
    """Return the node with some parts, each by the node behind it."""
    parts = [(joined(intervals), node) for node, intervals in behind.items() if node is not _EMPTY and intervals]
    if not parts:
        return _EMPTY
    if len(parts) > 1:
        parts.sort(key=_begin)
    key = tuple((side, id(node)) for side, node in parts)
    made = _known.get(key)
    if made is None:
        made = _known[key] = _Node(tuple(parts))
    return made


def _begin(part: tuple[Side, _Node]) -> int:
    return part[0][0][0]


def _all_behind() -> list[_Node]:
    """Return the node of all packets for each dimension, and the end."""
    found = [_END]
    for _ in Dimension:
        found.append(_node({found[-1]: ANY}))
    return found[::-1]


_ALL: Final = _all_behind()


class _Operation(Enum):
    """How two sets make a third one: which of the packets count that only one of them has, or both have."""

    UNION = (True, True, True)
    BOTH = (False, False, True)
    WITHOUT = (True, False, False)

    def of(self, one: _Node, other: _Node, depth: int = 0) -> _Node:
        """Return the node that two of the same dimension make.

        Raises:
            TooManyPartsError: there are too many parts.
        """
        return self._of(one, other, depth, {})

    def _of(self, one: _Node, other: _Node, depth: int, made: dict[tuple[_Node, _Node], _Node]) -> _Node:
        found = self._at_once(one, other, depth) or made.get((one, other))
        if found is None:
            if len(made) > MOST_PARTS:
                raise TooManyPartsError
            found = made[one, other] = _node(self._by_parts(one, other, depth, made))
        return found

    def _at_once(self, one: _Node, other: _Node, depth: int) -> _Node | None:
        """Return the node that two make of which one is empty or has all packets, or that are the same."""
        mine, others, both = self.value
        if other is _EMPTY:
            return one if mine else _EMPTY
        if one is _EMPTY:
            return other if others else _EMPTY
        if one is other or other is _ALL[depth]:
            return other if others else one if both else _EMPTY
        if one is _ALL[depth] and (others or not mine):
            return one if others else other
        return None

    def _by_parts(
        self, one: _Node, other: _Node, depth: int, made: dict[tuple[_Node, _Node], _Node]
    ) -> dict[_Node, list[tuple[int, int]]]:
        """Return what is behind the numbers that the parts of two nodes share, and behind those of one alone."""
        mine, others, _ = self.value
        behind: dict[_Node, list[tuple[int, int]]] = {}
        for side, node in one.parts:
            left = side
            for another, beyond in other.parts:
                if shared := common(side, another):
                    behind.setdefault(self._of(node, beyond, depth + 1, made), []).extend(shared)
                    left = without(left, another)
            if mine:
                behind.setdefault(node, []).extend(left)
        if others:
            taken = joined(interval for side, _ in one.parts for interval in side)
            for side, node in other.parts:
                behind.setdefault(node, []).extend(without(side, taken))
        return behind


@dataclass(frozen=True, eq=False)
class PacketSet:
    """Packets that open a connection; two with the same packets are equal."""

    _node: _Node = _EMPTY

    def __eq__(self, other: object) -> bool:
        """Return whether both have the same packets."""
        return isinstance(other, PacketSet) and self._node is other._node

    def __hash__(self) -> int:
        """Return a number that is the same for equal sets."""
        return hash(self._node)

    def __or__(self, other: PacketSet) -> PacketSet:
        """Return the packets of either."""
        return PacketSet(_Operation.UNION.of(self._node, other._node))

    def __and__(self, other: PacketSet) -> PacketSet:
        """Return the packets of both."""
        return PacketSet(_Operation.BOTH.of(self._node, other._node))

    def __sub__(self, other: PacketSet) -> PacketSet:
        """Return the packets of this set that are not of the other."""
        return PacketSet(_Operation.WITHOUT.of(self._node, other._node))

    def __bool__(self) -> bool:
        """Return whether there is a packet in it."""
        return self._node is not _EMPTY

    def whatever(self, *dimensions: Dimension) -> PacketSet:
        """Return the packets that are some of this set in all other dimensions than these."""
        return PacketSet(_whatever(self._node, set(dimensions), 0, {}))

    def boxes(self) -> Iterator[Box]:
        """Yield boxes that are the set together, and do not overlap: the same ones in the same order for equal sets."""
        return _boxes(self._node)


def _whatever(node: _Node, dimensions: Set[Dimension], depth: int, made: dict[_Node, _Node]) -> _Node:
    if node not in made:
        behind: dict[_Node, list[tuple[int, int]]] = {}
        union = _EMPTY
        for side, beyond in node.parts:
            rest = _whatever(beyond, dimensions, depth + 1, made)
            behind.setdefault(rest, []).extend(side)
            if depth in dimensions:
                union = _Operation.UNION.of(union, rest, depth + 1)
        made[node] = node if node in {_EMPTY, _END} else _node({union: ANY} if depth in dimensions else behind)
    return made[node]


def _boxes(node: _Node) -> Iterator[Box]:
    if node is _END:
        yield ()
    for side, beyond in node.parts:
        for rest in _boxes(beyond):
            yield (side, *rest)


_NAMES: Final = [one.name.lower() for one in Dimension]
ALL: Final = PacketSet(_ALL[0])
NONE: Final = PacketSet()


def packets(**sides: Side) -> PacketSet:
    """Return the packets with some sides, each named as its dimension in lower case: ``packets(port=((80, 80),))``."""
    if not all(sides.values()):
        return NONE
    node = _END
    for depth in reversed(range(len(_NAMES))):
        side = sides.get(_NAMES[depth], ANY)
        node = _ALL[depth] if side is ANY and node is _ALL[depth + 1] else _node({node: side})
    return PacketSet(node)
