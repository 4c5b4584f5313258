"""Rules of packet filters that are understood: what each asks of a packet, and the one order in which they are told.

Rules have no order where they do the same or no packet can meet both. A rule that is not understood stays as it is
written, where it stands.
"""

from __future__ import annotations

import heapq
import ipaddress
import itertools
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeAlias

from grader.nftables_matches import PROTOCOLS

_MOST_RULES: Final = 256
"""Rules that one is written as, and of a chain that are put in order; beyond that they stay as they are."""
_SERVICES: Final[Mapping[str, str]] = {
    "ftp": "21", "ssh": "22", "telnet": "23", "smtp": "25", "domain": "53", "bootps": "67", "bootpc": "68",
    "tftp": "69", "http": "80", "kerberos": "88", "pop3": "110", "sunrpc": "111", "ntp": "123", "imap2": "143",
    "imap": "143", "snmp": "161", "snmp-trap": "162", "ldap": "389", "https": "443", "microsoft-ds": "445",
    "submissions": "465", "syslog": "514", "submission": "587", "ldaps": "636", "imaps": "993", "pop3s": "995",
    "openvpn": "1194", "nfs": "2049", "mysql": "3306", "ms-wbt-server": "3389", "postgresql": "5432",
    "http-alt": "8080",
}  # fmt: skip
"""Names that /etc/services of Debian gives the ports of a lab."""
KEYS: Final = (
    "iifname", "oifname", "ip saddr", "ip daddr", "ip6 saddr", "ip6 daddr", "meta l4proto", "icmp type",
    "icmpv6 type", "tcp sport", "udp sport", "th sport", "tcp dport", "udp dport", "th dport", "ct state", "ct status",
)  # fmt: skip
"""What a rule may ask of a packet, in the order in which it is told."""
_SAME_KEYS: Final[Mapping[str, str]] = {"meta iifname": "iifname", "meta oifname": "oifname"}
_VERDICT: Final = re.compile(
    r"accept|drop|return|reject( with [a-z0-9-]+( type)? [a-z0-9-]+)?|(jump|goto) \S+"
    r"|(dnat|snat)( ip6?)? to \S+|masquerade|redirect( to \S+)?"
)
_DNAT_TO_PORT: Final = re.compile(r"(?P<address>dnat [^:]*):(?P<port>[^:]*)")
BITS: Final = "ct status"
"""A packet may have several of these at once, and an element of a set is all that it has."""
VALUE: Final = re.compile(r"(?!(and|or|lt|gt|le|ge|eq|ne|in|vmap|map)$)[A-Za-z0-9*][A-Za-z0-9_.:/*+-]*")
"""A value that stands for itself: no other set, no operator."""
_PROTOCOL_NAMES: Final[Mapping[int | str, str]] = {
    known: name for name, number in reversed(PROTOCOLS.items()) for known in (number, str(number))
}
"""The number of a protocol → the first of its names."""
_NUMBER: Final = re.compile(r"0|[1-9][0-9]*")
_PLAIN_NAME: Final = re.compile(r"[a-z][a-z-]*")
_ICMP_TYPES: Final[Mapping[str, str]] = {"0": "echo-reply", "3": "destination-unreachable", "8": "echo-request"}


@dataclass(frozen=True)
class PacketRule:
    """A rule that is understood: what it asks of a packet, one value of each key, and what becomes of the packet."""

    matches: tuple[tuple[str, str], ...]
    verdict: str

    def __str__(self) -> str:
        """Return the rule as nft prints it, its matches in the order of ``KEYS``."""
        return " ".join([*(f"{key} {value}" for key, value in self.matches), self.verdict])

    @property
    def protocol(self) -> str:
        """Return the protocol that it asks for, or nothing."""
        values = dict(self.matches)
        asked = {key.split()[0] for key in values} & {"tcp", "udp", "icmp", "icmpv6"}
        asked |= {values.get("meta l4proto", "")} & PROTOCOLS.keys()
        return asked.pop() if len(asked) == 1 else ""

    def may_change_places(self, other: PacketRule) -> bool:
        """Return whether it does not matter which of two rules stands first."""
        if self.verdict == other.verdict or (self.protocol and other.protocol and self.protocol != other.protocol):
            return True
        values = dict(other.matches)
        return any(key in values and _are_apart(key, value, values[key]) for key, value in self.matches)


Values: TypeAlias = "tuple[tuple[str, str], ...]"
"""Values of keys; a verdict has the empty key."""


def in_one_order(rules: Iterable[tuple[str, Callable[[], Sequence[PacketRule]]]]) -> list[str]:
    """Return the rules of a chain in one form and order.

    Args:
        rules: each as it is written, with what returns the rules that it stands for and raises ValueError where it is
            not understood.
    """
    told: list[str] = []
    understood: list[PacketRule] = []
    for written, read in rules:
        found: Sequence[PacketRule] = ()
        with suppress(ValueError):
            found = read()
        if found and len(understood) + len(found) <= _MOST_RULES:
            understood += found
            continue
        told += [*map(str, _ordered(understood)), written]
        understood = []
    return [*told, *map(str, _ordered(understood))]


def _ordered(rules: Sequence[PacketRule]) -> list[PacketRule]:
    """Return the first by name, of all orders in which rules do the same; what decides twice in a row is said once."""
    behind: list[list[int]] = [[] for _ in rules]
    before = [0] * len(rules)
    for (place, rule), (later, other) in itertools.combinations(enumerate(rules), 2):
        if not rule.may_change_places(other):
            behind[place].append(later)
            before[later] += 1
    free = [(str(rule), place) for place, rule in enumerate(rules) if not before[place]]
    heapq.heapify(free)
    ordered: list[PacketRule] = []
    while free:
        _, place = heapq.heappop(free)
        if ordered[-1:] != [rules[place]] or rules[place].verdict.startswith("jump "):
            ordered.append(rules[place])
        for later in behind[place]:
            before[later] -= 1
            if not before[later]:
                heapq.heappush(free, (str(rules[later]), later))
    return ordered


def packet_rules(choices: Sequence[Sequence[Values]]) -> list[PacketRule]:
    """Return a rule for each choice of one alternative of each match.

    Args:
        choices: of each match what it allows; the verdict is one too.

    Raises:
        ValueError: they are not understood, or too many.
    """
    if math.prod(map(len, choices)) > _MOST_RULES:
        raise ValueError("more rules than one is written as")
    rules = (tuple(itertools.chain(*chosen)) for chosen in itertools.product(*choices))
    return [_packet_rule(rule) for pairs in rules if (rule := _once(pairs))]


def _once(pairs: Values) -> Values:
    """Return what is asked twice once; nothing where no packet is so."""
    if sum(not key for key, _ in pairs) != 1:
        raise ValueError("not one verdict")
    values = dict(pairs)
    twice = [(key, value) for key, value in pairs if value != values[key]]
    if any(_are_apart(key, value, values[key]) for key, value in twice):
        return ()
    if twice:
        raise ValueError("two values of a key that a packet may have both")
    return tuple(values.items())


def known_key(key: str, family: str) -> str:
    """Return the name of a key that has several."""
    return "meta l4proto" if key == "ip protocol" and family == "ip" else _SAME_KEYS.get(key, key)


def _packet_rule(pairs: Values) -> PacketRule:
    """Return the rule of these values and this verdict."""
    values = dict(pairs)
    verdict = values.pop("")
    if not _VERDICT.fullmatch(verdict):
        raise ValueError("a verdict that is not known")
    protocol = values.get("meta l4proto", "")
    for port in ("sport", "dport"):
        if protocol in {"tcp", "udp"} and f"th {port}" in values:
            values[f"{protocol} {port}"] = values.pop(f"th {port}")
        if f"{protocol} {port}" in values:
            values.pop("meta l4proto", None)
    to = _DNAT_TO_PORT.fullmatch(verdict)
    if to and to["port"] in {values.get("tcp dport"), values.get("udp dport")}:
        verdict = to["address"]
    return PacketRule(tuple(sorted(values.items(), key=lambda pair: KEYS.index(pair[0]))), verdict)


def plain_value(key: str, word: str) -> str:
    """Return a value as nft prints it: a port as a number, addresses as a network where they are one."""
    if key.endswith("port"):
        return _SERVICES.get(word, word)
    if key == "meta l4proto":
        return _PROTOCOL_NAMES.get(PROTOCOLS.get(word, word), word)
    if key == "icmp type":
        return _ICMP_TYPES.get(word, word)
    return _addresses(word) if key.endswith("addr") else word


def _addresses(word: str) -> str:
    first, dash, last = word.partition("-")
    try:
        if dash:
            ends = ipaddress.IPv4Address(first), ipaddress.IPv4Address(last)
            network, *more = ipaddress.summarize_address_range(*ends)
            if more:
                return word
        else:
            network = ipaddress.IPv4Network(word, strict=False)
    except ValueError:
        return word
    return str(network[0]) if network.num_addresses == 1 else str(network)


def _are_apart(key: str, one: str, other: str) -> bool:
    """Return whether surely no packet has both values of a key."""
    if one == other or key == BITS or "!=" in one + other:
        return False
    if key.endswith("addr"):
        try:
            return not ipaddress.IPv4Network(one).overlaps(ipaddress.IPv4Network(other))
        except ValueError:
            return False
    if key.endswith("port"):
        return all(map(_NUMBER.fullmatch, (one, other)))
    if key in {"iifname", "oifname"}:
        return "*" not in one + other
    return key in {"ct state", "icmp type"} and all(map(_PLAIN_NAME.fullmatch, (one, other)))
