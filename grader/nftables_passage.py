"""Which packets a ruleset of nftables lets open a connection, worked out from the rules.

It goes through the rules backwards: what passes before a rule follows from what passes after it. So each packet is seen
as its sender wrote it, however it is translated on its way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from grader.firewall_place import ITSELF, UNICAST, Family, Firewall, Translation, interval
from grader.nftables_matches import Json, Match, MatchReader, NotUnderstoodError
from grader.packet_sets import ALL, HIGHEST, NONE, PacketSet, packets

_DSTNAT: Final = -100
"""The priority at which the kernel translates destinations, whatever that of the chain."""
_SEEN_APART: Final = {"netdev", "bridge", "arp"}
"""Families whose rules see frames, not what is routed."""
_SILENT: Final = {"counter", "log", "comment", "ct helper", "ct timeout", "ct expectation", "secmark"}
"""Statements that neither match nor change what is compared here."""
_DOUBTFUL: Final = {"limit", "quota", "ct count", "connlimit", "last", "meter", "set", "map"}
"""Statements that may end a rule, by what they have counted."""
_SOURCE_CHANGED: Final = {"snat", "masquerade"}
_HARMLESS_MARKS: Final = {"mark", "nftrace", "priority", "label", "secmark"}
_ADDRESSES: Final = {"saddr", "daddr", "sport", "dport", "protocol", "nexthdr"}
_UNKNOWN: Final = "unknown"


@dataclass(frozen=True)
class Passage:
    """What a ruleset lets pass.

    Attributes:
        may: the packets that may pass, as far as the rules are understood.
        sure: those that pass whatever the rest means.
        alterations: statements that change packets, each as its place and its keyword.
        not_understood: places that only ``may`` and ``sure`` together allow for, each with its keyword.
    """

    may: PacketSet
    sure: PacketSet
    alterations: tuple[tuple[str, str], ...]
    not_understood: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Rule:
    """A rule's outcomes, one after the other, each for the packets that its match means: a verdict and its argument."""

    outcomes: tuple[tuple[Match, str, Json], ...]


@dataclass
class _Table:
    """A table as nft(8) lists it."""

    family: str
    name: str
    chains: dict[str, dict[str, Json]] = field(default_factory=dict)
    rules: dict[str, list[list[dict[str, Json]]]] = field(default_factory=dict)
    sets: dict[str, Sequence[Json]] = field(default_factory=dict)


def lets_pass(listing: str, firewall: Firewall, family: Family = 4) -> Passage:
    """Return which packets a ruleset lets through the firewall, to it, and from it.

    Of a connection, the packet that opens it counts; what answers it passes as usual. Packets are described as their
    senders write them, with the interface by which the firewall passes them on, and with what becomes of their
    destination.

    Args:
        listing: what ``nft -j list ruleset`` prints.
        firewall: the firewall in its place.
        family: the packets' IP version.

    Raises:
        TooManyPartsError: the rules are more than can be compared.
    """
    return _Ruleset(listing, firewall, family).passage()


class _Ruleset:
    """Works out what one ruleset lets pass, for one IP version."""

    def __init__(self, listing: str, firewall: Firewall, family: Family) -> None:
        self._firewall, self._family, self.own = firewall, family, firewall.own(family)
        self._tables = _tables(listing)
        self._alterations: dict[tuple[str, str], None] = {}
        self._not_understood: dict[tuple[str, str], None] = {}
        self._compiled: dict[tuple[int, str, str], list[_Rule]] = {}
        self._doubts = False

    def passage(self) -> Passage:
        """Return what passes."""
        may = self._passes(surely=False)
        sure = self._passes(surely=True) if self._doubts else may
        if apart := dict.fromkeys(self._apart()):
            self._not_understood |= apart
            sure = NONE
        return Passage(may, sure, tuple(self._alterations), tuple(self._not_understood))

    def _apart(self) -> Iterator[tuple[str, str]]:
        """Yield the chains with rules of which only the name is known here, each with what they see in its place."""
        for table in self._tables:
            for name, rules in table.rules.items():
                hook = str(table.chains.get(name, {}).get("hook"))
                if rules and (table.family in _SEEN_APART or hook in {"ingress", "egress"}):
                    yield f"{table.family} {table.name} {name}", hook if table.family == "inet" else table.family

    def _passes(self, *, surely: bool) -> PacketSet:
        routed = self._firewall.routed(self._family)
        to_itself = packets(leaves=((ITSELF, ITSELF),), destination=self.own)
        from_itself = packets(arrives=((ITSELF, ITSELF),), source=self.own)
        out = self._through("postrouting", ALL, surely=surely)
        onward = self._through("forward", out & routed, surely=surely)
        inward = self._through("input", to_itself, surely=surely)
        arriving = self._firewall.arriving(self._family) & packets(destination=UNICAST[self._family])
        found = self._translated("prerouting", (onward | inward) & _from_elsewhere(), surely=surely) & arriving
        return found | (self._translated("output", out & routed & from_itself, surely=surely) & from_itself)

    def _base_chains(self, hook: str) -> list[tuple[_Table, str]]:
        seen = {"inet", "ip" if self._family == 4 else "ip6"}  # noqa: PLR2004 (IPv4)
        found = [
            (table, name)
            for table in self._tables
            if table.family in seen
            for name, chain in table.chains.items()
            if chain.get("hook") == hook
        ]
        return sorted(found, key=lambda place: place[0].chains[place[1]]["prio"])

    def _through(self, hook: str, passed: PacketSet, *, surely: bool) -> PacketSet:
        """Return what passes all chains of a hook and is then among the packets that pass."""
        for table, name in reversed(self._base_chains(hook)):
            passed = _Walk(self, table, name, passed, surely=surely).before()
        return passed

    def _translated(self, hook: str, passed: PacketSet, *, surely: bool) -> PacketSet:
        """Do the same as ``_through`` where destinations are translated on the way."""
        chains = self._base_chains(hook)
        translating = [(table, name) for table, name in chains if table.chains[name]["type"] == "nat"]
        others = [place for place in chains if place not in translating]
        late = [(table, name) for table, name in others if table.chains[name]["prio"] >= _DSTNAT]
        for table, name in reversed(late):
            passed = _Walk(self, table, name, passed, surely=surely).before()
        translated, passed = passed, passed & packets(translation=((0, 0),))
        for table, name in reversed(translating):
            passed = _Walk(self, table, name, passed, translated, surely=surely).before()
        for table, name in reversed([place for place in others if place not in late]):
            passed = _Walk(self, table, name, passed, surely=surely).before()
        return passed

    def rules(self, table: _Table, base: str, chain: str) -> list[_Rule]:
        """Return the rules of a chain, as packets come to them from a base chain."""
        key = id(table), base, chain
        if key not in self._compiled:
            hook, priority = table.chains[base]["hook"], table.chains[base]["prio"]
            early = hook in {"prerouting", "output"} and (table.chains[base]["type"] == "nat" or priority < _DSTNAT)
            reader = MatchReader(self._family, self._firewall.names, hook, priority, early, table.sets)
            place = f"{table.family} {table.name} {chain}"
            self._compiled[key] = [self._rule(reader, place, rule) for rule in table.rules.get(chain, [])]
        return self._compiled[key]

    def _rule(self, reader: MatchReader, place: str, statements: Sequence[dict[str, Json]]) -> _Rule:
        match, doubts = Match(), list[str]()
        outcomes: list[tuple[Match, str, Json]] = []
        for statement in statements:
            kind, what = next(iter((statement or {_UNKNOWN: {}}).items()))
            if kind == "match":
                meant = reader.match(what)
                doubts += [_keyword(what["left"])] if meant.may != meant.sure else []
                match &= meant
            elif kind in _DOUBTFUL:
                doubts.append(kind)
                match = match.doubtful
            elif kind == "mangle" and not _is_address(what["key"]):
                if not _is_mark(what["key"]):
                    self._alterations[place, _keyword(what["key"])] = None
            elif kind not in _SILENT:
                outcomes = self._outcomes(reader, place, match, kind, what)
                break
        for meant, verdict, how in outcomes:
            unknown = verdict == _UNKNOWN or (isinstance(how, Translation) and isinstance(how.address, str))
            self._doubts |= unknown or meant.may != meant.sure
        if any(meant.may != meant.sure for meant, _, _ in outcomes):
            self._not_understood |= dict.fromkeys((place, one) for one in doubts)
        return _Rule(tuple(outcomes))

    def _outcomes(
        self, reader: MatchReader, place: str, match: Match, kind: str, what: Json
    ) -> list[tuple[Match, str, Json]]:
        """Return what becomes of the packets that have come to a rule's last statement."""
        try:
            if kind in {*_SOURCE_CHANGED, "dnat", "redirect"}:
                self._alterations[place, kind] = None
            if kind == "vmap":
                entries = reader.entries(what["key"], what["data"])
                return [(match & meant, *_verdict(*next(iter(verdict.items())))) for meant, verdict in entries]
            if kind in {"dnat", "redirect"}:
                return [(match & meant, "translate", how) for meant, how in _translations(reader, what or {}, kind)]
        except NotUnderstoodError:
            self._not_understood[place, kind] = None
            return [(match, _UNKNOWN, None)]
        verdict, argument = _verdict(kind, what)
        if verdict == _UNKNOWN:
            self._alterations[place, kind] = self._not_understood[place, kind] = None
        return [(match, verdict, argument)]


class _Walk:
    """One way through a base chain and what it jumps to, backwards.

    Args:
        ruleset: whose chains these are.
        table: the base chain's table.
        name: the base chain.
        passed: what passes behind the base chain.
        translated: the same for packets whose destination the chain translates, as they are then.
        surely: whether to work out what surely passes, or what may.
    """

    def __init__(
        self,
        ruleset: _Ruleset,
        table: _Table,
        name: str,
        passed: PacketSet,
        translated: PacketSet = NONE,
        *,
        surely: bool,
    ) -> None:
        self._ruleset, self._table, self._name = ruleset, table, name
        self._passed, self._translated, self._surely = passed, translated, surely
        self._accepts = table.chains[name].get("policy") != "drop"

    def before(self) -> PacketSet:
        """Return what passes, as it comes to the base chain."""
        return self._chain(self._name, self._passed if self._accepts else NONE)

    def _chain(self, name: str, behind: PacketSet) -> PacketSet:
        """Return what passes as it comes to a chain, by what passes that comes to its end."""
        after = behind
        for rule in reversed(self._ruleset.rules(self._table, self._name, name)):
            for match, verdict, argument in reversed(rule.outcomes):
                after = self._rule(match, (verdict, argument), after, behind)
        return after

    def _rule(self, match: Match, verdict: tuple[str, Json], after: PacketSet, behind: PacketSet) -> PacketSet:
        """Return what passes as it comes to a rule, by what passes after it and behind its chain.

        Of packets that the match may mean or not, those pass surely that pass either way.
        """
        if not match.may or verdict[0] == "continue":
            return after
        then = self._then(match, verdict, after, behind)
        if verdict[0] == "accept" and not self._translated:  # what passes later passes here too
            return after | ((match.sure if self._surely else match.may) & then)
        if not self._surely:
            return (after - match.sure) | (match.may & then)
        either = after & then & match.may if match.may != match.sure else NONE
        return (after - match.may) | (match.sure & then) | either

    def _then(self, match: Match, verdict: tuple[str, Json], after: PacketSet, behind: PacketSet) -> PacketSet:
        """Return what passes of the packets that get a verdict."""
        kind, argument = verdict
        if kind == "accept":
            return self._passed
        if kind == "return":
            return behind
        if kind in {"jump", "goto"}:
            return self._chain(argument, (after if kind == "jump" else behind) & match.may)
        if isinstance(argument, Translation):
            return argument.backwards(self._translated, self._ruleset.own, surely=self._surely)
        return ALL if kind == _UNKNOWN and not self._surely else NONE


def _tables(listing: str) -> list[_Table]:
    """Return the tables that are in force."""
    found: dict[tuple[str, str], _Table] = {}
    for entry in json.loads(listing)["nftables"]:
        kind, what = next(iter(entry.items()))
        if kind == "table" and "dormant" not in what.get("flags", ()):
            found[what["family"], what["name"]] = _Table(what["family"], what["name"])
        table = found.get((what.get("family"), what.get("table")))
        if table and kind == "chain":
            table.chains[what["name"]] = what
        elif table and kind == "rule":
            table.rules.setdefault(what["chain"], []).append(what["expr"])
        elif table and kind in {"set", "map"}:
            table.sets[what["name"]] = what.get("elem", [])
    return list(found.values())


def _from_elsewhere() -> PacketSet:
    return packets(arrives=((ITSELF + 1, HIGHEST),))


def _verdict(kind: str, what: Json) -> tuple[str, Json]:
    """Return the verdict that a statement is, and the chain that it leads to."""
    if kind in {"jump", "goto"}:
        return kind, what["target"]
    if kind in {"accept", "drop", "continue", "return"}:
        return kind, None
    return ("drop" if kind == "reject" else "accept" if kind in _SOURCE_CHANGED else _UNKNOWN), None


def _translations(reader: MatchReader, what: dict[str, Json], kind: str) -> list[tuple[Match, Translation]]:
    """Return how a statement translates destinations: each translation with the packets that get it."""
    address, port = what.get("addr"), what.get("port")
    if kind == "redirect":
        address = "itself"
    for part in (address, port):
        if isinstance(part, dict) and "map" in part:
            entries = reader.entries(part["map"]["key"], part["map"]["data"])
            if part is port:
                return [(match, _translation(address, value)) for match, value in entries]
            return [(match, _translation(value, port)) for match, value in entries]
    return [(Match(), _translation(address, port))]


def _translation(address: Json, port: Json) -> Translation:
    if isinstance(address, dict) and len(address.get("concat", ())) == 2:  # noqa: PLR2004 (an address and a port)
        address, port = address["concat"]
    if address == "itself" and isinstance(port, int | None):
        return Translation("itself", port)
    try:
        low, high = interval(address) if isinstance(address, str) else (0, 0)
    except ValueError:
        low, high = 0, 1
    if low != high or not isinstance(address, str | None) or not isinstance(port, int | None):
        return Translation("unknown")
    return Translation(None if address is None else low, port)


def _keyword(expression: Json) -> str:
    """Return the word by which an expression is told to people."""
    if not isinstance(expression, dict):
        return _UNKNOWN
    kind, what = next(iter(expression.items()))
    if kind in {"meta", "ct"}:
        return f"{kind} {what['key']}"
    if kind == "payload" and "field" in what:
        return f"{what['protocol']} {what['field']}"
    if kind in {"concat", "&", "|", "^"}:
        return " ".join(_keyword(part) for part in what if isinstance(part, dict))
    return str(kind)


def _is_address(key: dict[str, Json]) -> bool:
    """Return whether a field decides where a packet goes, or whether it passes; one without a name may be that."""
    return "payload" in key and key["payload"].get("field", "saddr") in _ADDRESSES


def _is_mark(key: dict[str, Json]) -> bool:
    kind, what = next(iter(key.items()))
    return kind in {"meta", "ct"} and what.get("key") in _HARMLESS_MARKS
