"""Sets of packets that open a connection, as unions of boxes: what a firewall lets pass is such a set.

A box has one side per dimension, and a side is a union of intervals: a rule with sets and ranges is one box.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import Final

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
MOST_BOXES: Final = 4000
"""A set of more is not worked out: a ruleset that makes one is nothing that a person has written."""


class TooManyBoxesError(LabError):
    """A set has become too large to work with."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(Text(fr="Trop de règles à comparer.", en="There are too many rules to compare."))


def joined(intervals: Iterable[tuple[int, int]]) -> Side:
    """Return intervals in any order, overlapping or not, as a side."""
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
    if other is ANY:
        return ()
    gaps, begin = [], 0
    for low, high in other:
        if begin < low:
            gaps.append((begin, low - 1))
        begin = high + 1
    if begin <= HIGHEST:
        gaps.append((begin, HIGHEST))
    return common(one, tuple(gaps) if gaps != [ANY[0]] else ANY)


def _overlap(one: Box, other: Box) -> Box | None:
    sides = []
    for a, b in zip(one, other, strict=True):
        side = common(a, b)
        if not side:
            return None
        sides.append(side)
    return tuple(sides)


def _rest(one: Box, other: Box) -> list[Box]:
    """Return one box without another, in boxes that do not overlap."""
    if _overlap(one, other) is None:
        return [one]
    rest: list[Box] = []
    sides = list(one)
    for place, side in enumerate(other):
        if side is ANY:
            continue
        if outside := without(sides[place], side):
            rest.append((*sides[:place], outside, *sides[place + 1 :]))
        sides[place] = common(sides[place], side)
    return rest


@dataclass(frozen=True)
class PacketSet:
    """Packets that open a connection; the boxes may overlap, and the same set may have others."""

    boxes: tuple[Box, ...] = ()

    def __or__(self, other: PacketSet) -> PacketSet:
        """Return the packets of either."""
        return _bounded([*self.boxes, *other.boxes])

    def __and__(self, other: PacketSet) -> PacketSet:
        """Return the packets of both."""
        if ALL.boxes in (self.boxes, other.boxes):
            return other if self.boxes == ALL.boxes else self
        found: list[Box] = []
        for one in self.boxes:
            found.extend(box for box in (_overlap(one, another) for another in other.boxes) if box is not None)
        return _bounded(found)

    def __sub__(self, other: PacketSet) -> PacketSet:
        """Return the packets of this set that are not of the other."""
        left = list(self.boxes)
        for box in other.boxes:
            left = [part for one in left for part in _rest(one, box)]
            if len(left) > MOST_BOXES:
                raise TooManyBoxesError
        return PacketSet(tuple(left))

    def __bool__(self) -> bool:
        """Return whether there is a packet in it."""
        return bool(self.boxes)

    def canonical(self) -> PacketSet:
        """Return the same packets in boxes that do not overlap, as few and in the same order whoever made the set."""
        return PacketSet(_canonical(frozenset(self.boxes), {}))


def _bounded(boxes: list[Box]) -> PacketSet:
    unique = tuple(dict.fromkeys(boxes))
    if len(unique) > MOST_BOXES:
        raise TooManyBoxesError
    return PacketSet(unique)


def _canonical(boxes: frozenset[Box], known: dict[frozenset[Box], tuple[Box, ...]]) -> tuple[Box, ...]:
    """Return boxes by their first side: one for all numbers behind which the rest is the same."""
    if boxes in known:
        return known[boxes]
    if () in boxes or not boxes:
        return tuple(boxes)
    cuts = sorted({end for box in boxes for low, high in box[0] for end in (low, high + 1)})
    alike: dict[tuple[Box, ...], list[tuple[int, int]]] = {}
    for low, after in pairwise(cuts):
        behind = frozenset(box[1:] for box in boxes if any(a <= low <= b for a, b in box[0]))
        if behind:
            alike.setdefault(_canonical(behind, known), []).append((low, after - 1))
    ordered = sorted((joined(intervals), rest) for rest, intervals in alike.items())
    known[boxes] = tuple((side, *box) for side, rest in ordered for box in rest)
    return known[boxes]


ALL: Final = PacketSet(((ANY,) * len(Dimension),))
NONE: Final = PacketSet()


def packets(**sides: Side) -> PacketSet:
    """Return the packets with some sides, each named as its dimension in lower case: ``packets(port=((80, 80),))``."""
    if not all(sides.values()):
        return NONE
    return PacketSet((tuple(sides.get(one.name.lower(), ANY) for one in Dimension),))
