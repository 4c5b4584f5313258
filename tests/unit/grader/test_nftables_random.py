"""What is worked out for all packets at once, against a little interpreter that follows single packets."""

from __future__ import annotations

import ipaddress
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from grader.firewall_place import Firewall, Translation
from grader.nftables_passage import lets_pass
from grader.packet_sets import NONE, Box, Dimension, PacketSet, Side, packets

FIREWALL = Firewall({"a": ("10.0.0.0/29",), "b": ("10.0.1.0/29",), "c": ()}, ("10.0.0.1", "10.0.1.1", "20.0.0.1"))
NAMES = ("", "a", "b", "c")
BEHIND = {1: ("10.0.0.2", "10.0.0.3"), 2: ("10.0.1.2", "10.0.1.3"), 3: ("20.0.0.5", "30.0.0.1")}
OWN = FIREWALL.addresses
EVERYBODY = (*BEHIND[1], *BEHIND[2], *BEHIND[3], *OWN)
PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1}

Json = Any
Outcome = tuple[int, int] | None
"""The interface by which a packet leaves, with what became of its destination; nothing for a dropped one."""


@dataclass(frozen=True)
class Packet:
    """One packet on its way."""

    arrives: int
    source: str
    destination: str
    protocol: int
    source_port: int
    port: int
    icmp_type: int
    leaves: int = 0
    translated: bool = False


def leads_to(address: str) -> int:
    """Return by which interface a destination is reached; 0 for the firewall itself."""
    if address in OWN:
        return 0
    return next((number for number, those in BEHIND.items() if address in those), 3)


class Interpreter:
    """Follows one packet through a ruleset, by every way that it may take where a rule depends on more than it."""

    def __init__(self, listing: Json) -> None:
        self._chains: dict[str, Json] = {}
        self._rules: dict[str, list[Json]] = {}
        self._sets: dict[str, Json] = {}
        for entry in listing["nftables"]:
            kind, what = next(iter(entry.items()))
            if kind == "chain":
                self._chains[what["name"]] = what
                self._rules[what["name"]] = []
            elif kind == "rule":
                self._rules[what["chain"]].append(what["expr"])
            elif kind == "set":
                self._sets[what["name"]] = what["elem"]

    def outcomes(self, packet: Packet) -> set[Outcome]:
        """Return what may become of a packet."""
        first = "prerouting" if packet.arrives else "output"

        def routed(now: Packet) -> set[Outcome]:
            now = replace(now, leaves=leads_to(now.destination))
            change = Translation(
                number(now.destination) if now.destination != packet.destination else None,
                now.port if now.port != packet.port else None,
            )
            how = change.number if now.translated else 0

            def gone(_: Packet) -> set[Outcome]:
                return {(now.leaves, how)}

            if not packet.arrives:
                local: set[Outcome] = {None}
                late = [*self._base("output", late=True), *self._base("postrouting")]
                return self._hooks(late, now, gone) if now.leaves else local
            if now.leaves == 0:
                return self._hooks(self._base("input"), now, gone)
            return self._hooks([*self._base("forward"), *self._base("postrouting")], now, gone)

        def after(now: Packet) -> set[Outcome]:
            late = self._base("prerouting", late=True) if packet.arrives else []
            return self._hooks(late, now, routed)

        return self._hooks(self._base(first, late=False), packet, lambda now: self._nat(first, now, after))

    def _base(self, hook: str, *, late: bool | None = None) -> list[str]:
        found = [
            name
            for name, chain in self._chains.items()
            if chain.get("hook") == hook and chain["type"] != "nat" and (late is None or (chain["prio"] > -100) == late)
        ]
        return sorted(found, key=lambda name: self._chains[name]["prio"])

    def _hooks(self, chains: list[str], packet: Packet, then: Callable[[Packet], set[Outcome]]) -> set[Outcome]:
        if not chains:
            return then(packet)
        name, rest = chains[0], chains[1:]

        def accepted(now: Packet) -> set[Outcome]:
            return self._hooks(rest, now, then)

        dropped = self._chains[name]["policy"] == "drop"
        return self._chain(name, 0, packet, accepted, lambda now: {None} if dropped else accepted(now), name)

    def _nat(self, hook: str, packet: Packet, then: Callable[[Packet], set[Outcome]]) -> set[Outcome]:
        for name, chain in self._chains.items():
            if chain.get("hook") == hook and chain["type"] == "nat":
                return self._chain(name, 0, packet, then, then, name)
        return then(packet)

    def _chain(
        self,
        name: str,
        place: int,
        packet: Packet,
        accepted: Callable[[Packet], set[Outcome]],
        ended: Callable[[Packet], set[Outcome]],
        base: str,
    ) -> set[Outcome]:
        if place == len(self._rules[name]):
            return ended(packet)

        def onward(now: Packet) -> set[Outcome]:
            return self._chain(name, place + 1, now, accepted, ended, base)

        found: set[Outcome] = set()
        for verdict, argument in self._verdicts(self._rules[name][place], packet, self._chains[base]["hook"]):
            if verdict == "accept":
                found |= accepted(packet)
            elif verdict in {"drop", "reject"}:
                found |= {None}
            elif verdict == "return":
                found |= ended(packet)
            elif verdict == "jump":
                found |= self._chain(argument["target"], 0, packet, accepted, onward, base)
            elif verdict == "goto":
                found |= self._chain(argument["target"], 0, packet, accepted, ended, base)
            elif verdict == "dnat":
                address, port = argument.get("addr", packet.destination), argument.get("port", packet.port)
                changed = (address, port) != (packet.destination, packet.port)
                found |= accepted(replace(packet, destination=address, port=port, translated=changed))
            else:
                found |= onward(packet)
        return found

    def _verdicts(self, rule: list[Json], packet: Packet, hook: str) -> list[tuple[str, Json]]:
        """Return what a rule may say of a packet."""
        possible = {True}
        for statement in rule:
            kind, what = next(iter(statement.items()))
            if kind == "match":
                possible = {one and other for one in possible for other in self._matches(what, packet, hook)}
            elif kind == "limit":
                possible |= {False}
            elif kind == "vmap":
                for key, verdict in what["data"]["set"]:
                    if True in self._matches({"op": "==", "left": what["key"], "right": key}, packet, hook):
                        return self._either(possible, next(iter(verdict.items())))
                return [("continue", None)]
            elif kind != "counter":
                return self._either(possible, (kind, what))
        return [("continue", None)]

    @staticmethod
    def _either(possible: set[bool], verdict: tuple[str, Json]) -> list[tuple[str, Json]]:
        return [verdict if one else ("continue", None) for one in possible]

    def _matches(self, match: Json, packet: Packet, hook: str) -> set[bool]:
        read = self._read(match["left"], packet, hook)
        if read == "unknown":
            return {True, False}
        if read is None:
            return {False}
        right = match["right"]
        if isinstance(right, str) and right.startswith("@"):
            right = {"set": self._sets[right[1:]]}
        several = right["set"] if isinstance(right, dict) and "set" in right else right
        found = any(equal(one, read) for one in (several if isinstance(several, list) else [several]))
        if match["op"] == ">":
            found = read > right
        if found and isinstance(read, list) and "unknown" in read:
            return {True, False}
        return {found != (match["op"] in {"!=", "!"})}

    def _read(self, left: Json, packet: Packet, hook: str) -> Json:  # noqa: PLR0911 (one answer per kind)
        kind, what = next(iter(left.items()))
        if kind == "concat":
            parts = [self._read(one, packet, hook) for one in what]
            return None if None in parts else parts
        if kind == "ct":
            return {"state": "new", "status": "dnat" if packet.translated else "-"}[what["key"]]
        if kind == "meta":
            names = {"iifname": NAMES[packet.arrives], "l4proto": packet.protocol, "mark": "unknown"}
            names["oifname"] = "" if hook in {"prerouting", "input"} else NAMES[packet.leaves]
            if hook == "output" and not packet.leaves:
                return "unknown" if what["key"] == "oifname" else names[what["key"]]
            return names[what["key"]]
        protocol, name = what["protocol"], what["field"]
        if protocol == "ip":
            return {"saddr": packet.source, "daddr": packet.destination}[name]
        if protocol == "icmp":
            return packet.icmp_type if packet.protocol == 1 else None
        ports = {"sport": packet.source_port, "dport": packet.port}
        if protocol == "th":
            return ports[name] if packet.protocol in {6, 17} else "unknown"
        return ports[name] if packet.protocol == PROTOCOLS[protocol] else None


def number(address: str) -> int:
    """Return an address as a number."""
    return int(ipaddress.ip_address(address))


def equal(element: Json, value: Json) -> bool:
    """Return whether an element of a set is a value, or has it."""
    if isinstance(element, dict) and "concat" in element:
        return all(equal(one, other) for one, other in zip(element["concat"], value, strict=True))
    if isinstance(element, dict) and "prefix" in element:
        network = ipaddress.ip_network(f"{element['prefix']['addr']}/{element['prefix']['len']}")
        return ipaddress.ip_address(value) in network
    if isinstance(element, dict):
        low, high = element["range"]
        return bool(number(low) <= number(value) <= number(high)) if isinstance(low, str) else low <= value <= high
    return bool(value == "unknown" or PROTOCOLS.get(element, element) == value)


class Author:
    """Writes rulesets as nobody would."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._pick = self._random.choice

    def ruleset(self) -> Json:
        """Return a ruleset as nft lists it."""
        entries: list[Json] = [{"table": {"family": "ip", "name": "t"}}]
        bases = [("f1", "forward", 0), ("f2", "forward", 5), ("i", "input", 0), ("m", "prerouting", -150)]
        bases += [("l", "prerouting", 0), ("o", "output", 0), ("p", "postrouting", 0)]
        kept = [base for base in bases if base[0] == "f1" or self._random.random() < 0.5]
        chains = [("x", []), ("y", ["x"]), ("z", ["x", "y"])]
        entries += [{"chain": {"family": "ip", "table": "t", "name": name}} for name, _ in chains]
        for name, hook, priority in kept:
            more = {"type": "filter", "hook": hook, "prio": priority, "policy": self._pick(["accept", "drop"])}
            entries.append({"chain": {"family": "ip", "table": "t", "name": name, **more}})
        translating = [hook for hook in ("prerouting", "output") if self._random.random() < 0.6]
        for hook in translating:
            more = {"type": "nat", "hook": hook, "prio": -100, "policy": "accept"}
            entries.append({"chain": {"family": "ip", "table": "t", "name": f"n{hook}", **more}})
            entries += [self._rule(f"n{hook}", [], translates=True) for _ in range(4)]
        elements = [{"concat": [self._address(), self._pick(list(PROTOCOLS)), self._port()]} for _ in range(3)]
        entries.append({"set": {"family": "ip", "table": "t", "name": "s", "elem": elements}})
        for name, targets in [*chains, *((name, ["x", "y", "z"]) for name, _, _ in kept)]:
            entries += [self._rule(name, targets) for _ in range(self._random.randint(1, 6))]
        return {"nftables": entries}

    def packet(self) -> Packet:
        """Return a packet that can come."""
        arrives = self._random.randint(0, 3)
        source = self._pick(BEHIND.get(arrives, OWN))
        destination = self._pick([one for one in EVERYBODY if arrives or one not in OWN])
        ports = self._random.randint(1, 4), self._random.randint(1, 4)
        return Packet(arrives, source, destination, self._pick([1, 6, 17]), *ports, self._pick([0, 8]))

    def _rule(self, chain: str, targets: list[str], *, translates: bool = False) -> Json:
        statements = [self._match() for _ in range(self._random.randint(0, 3))]
        if self._random.random() < 0.1:
            statements.append({"limit": {"rate": 1, "per": "second"}})
        if self._random.random() < 0.2:
            statements.append({"counter": {"packets": 0, "bytes": 0}})
        statements.append(self._translation() if translates and self._random.random() < 0.7 else self._verdict(targets))
        return {"rule": {"family": "ip", "table": "t", "chain": chain, "expr": statements}}

    def _verdict(self, targets: list[str]) -> Json:
        verdicts: list[Json] = [{"accept": None}, {"accept": None}, {"drop": None}, {"return": None}]
        verdicts += [{kind: {"target": target}} for target in targets for kind in ("jump", "goto")]
        if self._random.random() < 0.15:
            key = {"payload": {"protocol": "tcp", "field": "dport"}}
            data = {"set": [[port, self._pick(verdicts)] for port in (1, 2, {"range": [3, 4]})]}
            return {"vmap": {"key": key, "data": data}}
        return self._pick([*verdicts, {"reject": None}])

    def _translation(self) -> Json:
        what = {"addr": self._pick(EVERYBODY), "port": self._port()}
        if self._random.random() < 0.6:
            del what[self._pick(["addr", "port"])]
        return {"dnat": what}

    def _address(self) -> str:
        return self._pick(EVERYBODY)

    def _port(self) -> int:
        return self._random.randint(1, 4)

    def _addresses(self) -> Json:
        prefix = {"prefix": {"addr": self._pick(["10.0.0.0", "10.0.1.0"]), "len": self._pick([29, 30])}}
        low, high = sorted([self._address(), self._address()], key=number)
        several = {"set": [self._address(), prefix]}
        return self._pick([self._address(), prefix, {"range": [low, high]}, several])

    def _match(self) -> Json:
        port = {"payload": {"protocol": self._pick(["tcp", "udp", "th"]), "field": self._pick(["dport", "sport"])}}
        concat = [
            {"payload": {"protocol": "ip", "field": self._pick(["saddr", "daddr"])}},
            {"meta": {"key": "l4proto"}},
            {"payload": {"protocol": self._pick(["th", "th", "tcp"]), "field": "dport"}},
        ]
        ports = self._pick([self._port(), {"range": [2, 3]}, {"set": [1, {"range": [3, 4]}]}])
        operator = self._pick(["==", "==", "!="])
        left, right = self._pick(
            [
                ({"meta": {"key": "iifname"}}, self._pick(["a", "b", "c", {"set": ["a", "c"]}])),
                ({"meta": {"key": "oifname"}}, self._pick(["a", "b", "c", {"set": ["b", "c"]}])),
                ({"payload": {"protocol": "ip", "field": "saddr"}}, self._addresses()),
                ({"payload": {"protocol": "ip", "field": "daddr"}}, self._addresses()),
                (port, ports),
                ({"meta": {"key": "l4proto"}}, self._pick(["tcp", {"set": ["udp", "icmp"]}, {"set": ["tcp", "udp"]}])),
                ({"payload": {"protocol": "icmp", "field": "type"}}, self._pick([0, 8])),
                ({"ct": {"key": "state"}}, self._pick(["new", {"set": ["established", "new"]}, "established"])),
                ({"concat": concat}, "@s"),
                ({"meta": {"key": "mark"}}, 1),
                (port, "more"),
                ({"ct": {"key": "status"}}, "dnat"),
            ]
        )
        if right == "more":
            operator, right = ">", 2
        if right == "dnat":
            operator = self._pick(["in", "!"])
        return {"match": {"op": operator, "left": left, "right": right}}


def outcomes_of(found: PacketSet, packet: Packet) -> set[Outcome]:
    """Return how a set has a packet: by which interfaces it leaves, and with what become of its destination."""
    fields = {
        Dimension.ARRIVES: packet.arrives,
        Dimension.SOURCE: number(packet.source),
        Dimension.DESTINATION: number(packet.destination),
        Dimension.PROTOCOL: packet.protocol,
        Dimension.SOURCE_PORT: packet.source_port,
        Dimension.PORT: packet.port,
        Dimension.ICMP_TYPE: packet.icmp_type,
    }

    def has(box: Box) -> bool:
        return all(any(low <= value <= high for low, high in box[one]) for one, value in fields.items())

    return {
        (leaves, how)
        for box in found.boxes()
        if has(box)
        for low, high in box[Dimension.LEAVES]
        for leaves in range(low, high + 1)
        for first, last in box[Dimension.TRANSLATION]
        for how in range(first, last + 1)
    }


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_all_packets_at_once_are_each_packet_alone(seed: int) -> None:
    author = Author(seed)
    seen: set[bool] = set()
    for _ in range(10):
        ruleset = author.ruleset()
        passage, interpreter = lets_pass(json.dumps(ruleset), FIREWALL), Interpreter(ruleset)
        for packet in (author.packet() for _ in range(25)):
            outcomes = interpreter.outcomes(packet)
            assert outcomes_of(passage.may, packet) == outcomes - {None}, (packet, ruleset)
            surely = outcomes if len(outcomes) == 1 else set()
            assert outcomes_of(passage.sure, packet) == surely - {None}, (packet, ruleset)
            seen |= {None in outcomes, len(outcomes) > 1}
    assert seen == {True, False}


@pytest.mark.slow
def test_sets_are_those_of_their_points() -> None:
    """Union, intersection, difference, emptiness and the canonical form, over a world of few points."""
    numbers = random.Random(7)

    def some() -> PacketSet:
        found = NONE
        for _ in range(numbers.randint(0, 4)):
            sides: dict[str, Side] = {}
            for one in ("source", "port", "protocol"):
                low = numbers.randint(0, 3)
                sides[one] = ((low, low + numbers.randint(0, 2)),)
            found |= packets(**sides)
        return found

    def points(found: PacketSet) -> set[tuple[int, int, int]]:
        return {
            (a, b, c)
            for a in range(6)
            for b in range(6)
            for c in range(6)
            for box in found.boxes()
            if all(
                any(low <= value <= high for low, high in box[one])
                for one, value in ((Dimension.SOURCE, a), (Dimension.PORT, b), (Dimension.PROTOCOL, c))
            )
        }

    for _ in range(25):
        one, other = some(), some()
        assert points(one | other) == points(one) | points(other)
        assert points(one & other) == points(one) & points(other)
        assert points(one - other) == points(one) - points(other)
        assert bool(one - other) == bool(points(one) - points(other))
        assert (one - other) | (one & other) == one
        assert list((one | other).boxes()) == list((other | (one - other)).boxes())
