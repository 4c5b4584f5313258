"""Which packets a match of nftables means, from the JSON of libnftables (libnftables-json(5)).

What is not understood is not guessed: a match says which packets it may mean, and which it surely means.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from grader.firewall_place import Family, interval
from grader.packet_sets import ALL, ANY, HIGHEST, NONE, Dimension, PacketSet, Side, common, joined, packets

Json = Any
"""Whatever libnftables puts in a place."""

PROTOCOLS: Final = {
    "icmp": 1,
    "igmp": 2,
    "tcp": 6,
    "udp": 17,
    "dccp": 33,
    "ipv6": 41,
    "gre": 47,
    "esp": 50,
    "ah": 51,
    "icmpv6": 58,
    "ipv6-icmp": 58,
    "ospf": 89,
    "comp": 108,
    "ipcomp": 108,
    "sctp": 132,
    "udplite": 136,
}
_ICMP: Final = {
    "echo-reply": 0,
    "destination-unreachable": 3,
    "source-quench": 4,
    "redirect": 5,
    "echo-request": 8,
    "router-advertisement": 9,
    "router-solicitation": 10,
    "time-exceeded": 11,
    "parameter-problem": 12,
    "timestamp-request": 13,
    "timestamp-reply": 14,
    "info-request": 15,
    "info-reply": 16,
    "address-mask-request": 17,
    "address-mask-reply": 18,
}
_ICMPV6: Final = {
    "destination-unreachable": 1,
    "packet-too-big": 2,
    "time-exceeded": 3,
    "parameter-problem": 4,
    "echo-request": 128,
    "echo-reply": 129,
    "mld-listener-query": 130,
    "mld-listener-report": 131,
    "mld-listener-done": 132,
    "mld-listener-reduction": 132,
    "nd-router-solicit": 133,
    "nd-router-advert": 134,
    "nd-neighbor-solicit": 135,
    "nd-neighbor-advert": 136,
    "nd-redirect": 137,
    "router-renumbering": 138,
    "ind-neighbor-solicit": 141,
    "ind-neighbor-advert": 142,
    "mld2-listener-report": 143,
}
_TCP_FLAGS: Final = {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "cwr": 128}
_SYN: Final = 2
"""The flags of the packet that opens a TCP connection."""
_WITH_PORTS: Final = ("tcp", "udp", "dccp", "sctp", "udplite")
_PORTED: Final = joined((PROTOCOLS[one],) * 2 for one in _WITH_PORTS)
_CONNTRACK: Final = -200
"""The priority at which conntrack looks at a packet; before, nothing is known of its connection."""
_SRCNAT: Final = 100
"""The priority at which the kernel translates sources."""


@dataclass(frozen=True)
class Match:
    """The packets that something may mean, and those that it surely means."""

    may: PacketSet = ALL
    sure: PacketSet = ALL

    def __and__(self, other: Match) -> Match:
        """Return what both mean."""
        may = self.may & other.may
        return Match(may, may if self.may == self.sure and other.may == other.sure else self.sure & other.sure)

    @property
    def doubtful(self) -> Match:
        """The same packets, none of them surely."""
        return Match(self.may, NONE)


class NotUnderstoodError(Exception):
    """An expression is none of those that are worked out."""


@dataclass(frozen=True)
class _Field:
    """What an expression reads of a packet.

    Attributes:
        side: which side a value means; all or nothing where the field is the same for all packets that count.
        dimension: the side's dimension.
        within: the packets that have the field; others match neither a value nor its opposite.
        doubt: the packets for which it reads something else, that is not known.
        flags: whether the field holds several values at once, which only some operators tell apart.
    """

    side: Callable[[Json], Side]
    dimension: Dimension = Dimension.TRANSLATION
    within: PacketSet = ALL
    doubt: PacketSet = NONE
    flags: bool = False


@dataclass(frozen=True)
class MatchReader:
    """Reads the matches of one chain.

    Attributes:
        family: the packets' IP version.
        names: the interfaces by their numbers in a packet set.
        hook: where the chain looks.
        priority: when.
        early: whether the packets' destination may still be translated afterwards.
        sets: the elements of the table's named sets and maps.
    """

    family: Family
    names: Sequence[str]
    hook: str
    priority: int
    early: bool
    sets: Mapping[str, Sequence[Json]]

    def match(self, statement: Mapping[str, Json]) -> Match:
        """Return what a ``match`` means."""
        operator, left, right = statement["op"], statement["left"], statement["right"]
        if isinstance(flags := _tcp_flags(left, operator, right), bool):
            return _exactly(_protocol("tcp")) if flags else Match(NONE, NONE)
        try:
            fields = self._fields(left)
        except NotUnderstoodError:
            return self._around(left).doubtful
        within = ALL
        for one in fields:
            within &= one.within
        try:
            meant = self._compared(fields, operator, right)
        except (NotUnderstoodError, ValueError):
            return Match(within, NONE)
        if operator in {"!=", "!"}:
            return Match(within - meant.sure, within - meant.may)
        return _exactly(within) & meant

    def entries(self, key: Json, data: Json) -> list[tuple[Match, Json]]:
        """Return the entries of a map by which packets have a key, each with its value; the last may be for the rest.

        Args:
            key: the expression that reads the key.
            data: the map, or a reference to it.
        """
        found, named, rest = [], NONE, None
        for element in self._elements(data):
            value, known = element[1], _plain(element[0])
            if known == "*":
                rest = value
                continue
            match = self.match({"op": "==", "left": key, "right": {"set": [element[0]]}})
            found.append((match, value))
            named |= match.sure
        if rest is not None:
            everything = self.match({"op": "==", "left": key, "right": {"set": ["*"]}})
            found.append((Match(everything.may - named, everything.sure - named), rest))
        return found

    def _around(self, left: Json) -> Match:
        """Return what a packet must be so that an expression can be read at all."""
        protocol = left.get("payload", {}).get("protocol") if isinstance(left, dict) else None
        return _exactly(_protocol(protocol)) if protocol in PROTOCOLS else Match()

    def _compared(self, fields: Sequence[_Field], operator: str, right: Json) -> Match:
        """Return the packets of which what is read compares with a value, or is an element of a set."""
        if any(one.flags for one in fields) and operator not in {"in", "!"}:
            raise NotUnderstoodError
        if operator in {"<", ">", "<=", ">="}:
            (one,) = fields
            ((low, high),) = one.side(right)
            ends = {"<": (0, low - 1), "<=": (0, high), ">": (high + 1, HIGHEST), ">=": (low, HIGHEST)}
            found = _boxes([_sides(fields, [joined([ends[operator]] if ends[operator][1] >= 0 else [])])])
            return Match(found | one.doubt, found - one.doubt)
        may: list[dict[Dimension, Side]] = []
        sure: list[dict[Dimension, Side]] = []
        doubtful = NONE
        for element in self._elements(right):
            sides, known = self._element(fields, _plain(element))
            may.append(_sides(fields, sides))
            if known and not _passing(element):
                sure.append(may[-1])
            for one in fields:
                if one.doubt:
                    others = [ANY if other is one else side for other, side in zip(fields, sides, strict=True)]
                    doubtful |= one.doubt & _boxes([_sides(fields, others)])
        meant = _boxes(may)
        return Match(meant | doubtful, (meant if len(sure) == len(may) else _boxes(sure)) - doubtful)

    @staticmethod
    def _element(fields: Sequence[_Field], value: Json) -> tuple[list[Side], bool]:
        """Return the sides of an element, and whether they are all that it means."""
        values = value["concat"] if isinstance(value, dict) and "concat" in value else [value]
        if value == "*":
            values = ["*"] * len(fields)
        if len(values) != len(fields):
            raise NotUnderstoodError
        try:
            return [ANY if one == "*" else part.side(one) for part, one in zip(fields, values, strict=True)], True
        except (NotUnderstoodError, ValueError):
            return [ANY] * len(fields), False

    def _elements(self, right: Json) -> list[Json]:
        """Return the elements of a set, a list of flags, a reference to a set, or a single value."""
        if isinstance(right, str) and right.startswith("@"):
            if right[1:] not in self.sets:
                raise NotUnderstoodError
            return list(self.sets[right[1:]])
        if isinstance(right, dict) and "set" in right:
            return list(right["set"])
        return right if isinstance(right, list) else [right]

    def _fields(self, left: Json) -> list[_Field]:
        if isinstance(left, dict) and "concat" in left:
            return [one for part in left["concat"] for one in self._fields(part)]
        if not isinstance(left, dict):
            raise NotUnderstoodError
        kind, what = next(iter(left.items()))
        if kind == "meta":
            return [self._meta(what["key"])]
        if kind == "payload" and "field" in what:
            return [self._payload(what["protocol"], what["field"])]
        if kind == "ct" and self.priority > _CONNTRACK:
            return [self._connection(what)]
        raise NotUnderstoodError

    def _meta(self, key: str) -> _Field:
        if key in {"iif", "iifname"}:
            return _Field(self._interface, Dimension.ARRIVES)
        if key in {"oif", "oifname"}:
            if self.hook == "output" and self.early:
                raise NotUnderstoodError  # a translation may yet change it
            unknown = self.hook in {"prerouting", "input"}
            return _Field(partial(_constant, "") if unknown else self._interface, Dimension.LEAVES)
        if key == "l4proto":
            return _Field(_protocol_side, Dimension.PROTOCOL)
        if key in {"nfproto", "protocol"}:
            return _Field(partial(_one_of, {f"ipv{self.family}", {4: "ip", 6: "ip6"}[self.family]}))
        raise NotUnderstoodError

    def _payload(self, protocol: str, name: str) -> _Field:
        if name in {"saddr", "sport"} and self.hook == "postrouting" and self.priority >= _SRCNAT:
            raise NotUnderstoodError  # it is another one by then
        if protocol in {"ip", "ip6"}:
            within = ALL if self.family == {"ip": 4, "ip6": 6}[protocol] else NONE
            if name in {"saddr", "daddr"}:
                return _Field(_addresses, Dimension.SOURCE if name == "saddr" else Dimension.DESTINATION, within)
            if (protocol, name) in {("ip", "protocol"), ("ip6", "nexthdr")}:
                return _Field(_protocol_side, Dimension.PROTOCOL, within)
        elif name in {"sport", "dport"} and protocol in {*_WITH_PORTS, "th"}:
            dimension = Dimension.SOURCE_PORT if name == "sport" else Dimension.PORT
            if protocol == "th":
                return _Field(_numbers, dimension, doubt=ALL - packets(protocol=_PORTED))
            return _Field(_numbers, dimension, _protocol(protocol))
        elif (protocol, name) in {("icmp", "type"), ("icmpv6", "type")}:
            words = {"icmp": _ICMP, "icmpv6": _ICMPV6}[protocol]
            return _Field(partial(_numbers, words=words), Dimension.ICMP_TYPE, _protocol(protocol))
        raise NotUnderstoodError

    def _connection(self, what: Mapping[str, Json]) -> _Field:
        if what["key"] == "state":
            return _Field(partial(_one_of, {"new"}))
        if what["key"] == "direction":
            return _Field(partial(_one_of, {"original"}))
        if what["key"] == "status":
            return _Field(self._status, flags=True)
        raise NotUnderstoodError

    def _status(self, value: Json) -> Side:
        """Return the side of a connection's state: of its flags, only the one of a translation is known."""
        if value != "dnat":
            raise NotUnderstoodError
        return () if self.early else ((1, HIGHEST),)

    def _interface(self, value: Json) -> Side:
        if not isinstance(value, str):
            raise NotUnderstoodError
        pattern = "".join(f"[{one}]" if one in "?[" else one for one in value)
        return joined((n, n) for n, name in enumerate(self.names) if name and fnmatch.fnmatchcase(name, pattern))


def _exactly(meant: PacketSet) -> Match:
    return Match(meant, meant)


def _protocol(name: str) -> PacketSet:
    return packets(protocol=((PROTOCOLS[name],) * 2,))


def _plain(element: Json) -> Json:
    """Return an element's value, without what the kernel keeps beside it."""
    return element["elem"]["val"] if isinstance(element, dict) and "elem" in element else element


def _passing(element: Json) -> bool:
    """Return whether an element leaves its set after a time, or may be there in part only."""
    kept = element.get("elem", {}) if isinstance(element, dict) else {}
    return bool({"timeout", "expires", "limit", "quota", "ct count"} & set(kept))


def _sides(fields: Sequence[_Field], sides: Sequence[Side]) -> dict[Dimension, Side]:
    found: dict[Dimension, Side] = {}
    for one, side in zip(fields, sides, strict=True):
        found[one.dimension] = common(found.get(one.dimension, ANY), side)
    return found


def _boxes(meant: Sequence[dict[Dimension, Side]]) -> PacketSet:
    """Return boxes as a set, of those with one dimension first one for all."""
    if meant and all(one.keys() == meant[0].keys() for one in meant) and len(meant[0]) == 1:
        (dimension,) = meant[0]
        return packets(**{dimension.name.lower(): joined(part for one in meant for part in one[dimension])})
    found = NONE
    for one in meant:
        found |= packets(**{dimension.name.lower(): side for dimension, side in one.items()})
    return found


def _ranged(value: Json, end: Callable[[Json], tuple[int, int]]) -> Side:
    """Return the side of a value, a range or a prefix, by what a single value is."""
    if isinstance(value, dict) and "range" in value:
        return ((end(value["range"][0])[0], end(value["range"][1])[1]),)
    if isinstance(value, dict) and "prefix" in value:
        prefix = value["prefix"]
        return (end(f"{prefix['addr']}/{prefix['len']}"),)
    if not isinstance(value, str | int):
        raise NotUnderstoodError
    return (end(value),)


def _addresses(value: Json) -> Side:
    return _ranged(value, lambda one: interval(str(one)))


def _numbers(value: Json, words: Mapping[str, int] | None = None) -> Side:
    def end(one: Json) -> tuple[int, int]:
        number = (words or {}).get(one, one)
        if not isinstance(number, int):
            raise NotUnderstoodError
        return number, number

    return _ranged(value, end)


def _protocol_side(value: Json) -> Side:
    return _numbers(value, PROTOCOLS)


def _constant(actual: str, value: Json) -> Side:
    return ANY if value == actual else ()


def _one_of(actual: Set[str], value: Json) -> Side:
    """Return all or nothing, by whether a value is one of those that packets have; none has several at once."""
    if isinstance(value, dict) and "|" in value:
        return ()
    if not isinstance(value, str):
        raise NotUnderstoodError
    return ANY if value in actual else ()


def _tcp_flags(left: Json, operator: str, right: Json) -> bool | None:
    """Return whether a match of TCP flags means the packet that opens a connection; nothing for another match."""
    expression, mask = left, 255
    try:
        if isinstance(left, dict) and "&" in left:
            expression, mask = left["&"][0], _flags(left["&"][1])
        if expression != {"payload": {"protocol": "tcp", "field": "flags"}}:
            return None
        if isinstance(right, dict) and "set" in right:
            equal = any(_SYN & mask == _flags(one) for one in right["set"])
            return equal == (operator == "==")
        wanted = _flags(right)
    except (KeyError, TypeError):
        return None
    seen = _SYN & mask
    return {"==": seen == wanted, "!=": seen != wanted, "in": bool(seen & wanted), "!": not seen & wanted}[operator]


def _flags(value: Json) -> int:
    names = value if isinstance(value, list) else value["|"] if isinstance(value, dict) else [value]
    return sum({one if isinstance(one, int) else _TCP_FLAGS[one] for one in names})
