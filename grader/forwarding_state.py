"""What decides where a host sends packets: filters that lead them elsewhere, queues that rewrite them, its routes."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from grader.lines import lines_in, words_in
from orchestrator.fabric.fabric_interface import ForwardingState

_REMEMBERED = 256
"""Texts of the kernel's whose meaning is remembered: between two answers they seldom change."""
_HARMLESS = frozenset({
    "accept", "comment", "continue", "counter", "ct count", "ct helper", "ct timeout", "drop", "goto", "jump", "last",
    "limit", "log", "masquerade", "match", "meter", "notrack", "quota", "reject", "return", "set", "snat", "vmap",
})  # fmt: skip
"""Statements of a rule after which a packet goes where it is addressed to, or nowhere; any other may lead elsewhere."""
_KEPT_COURSE = frozenset({"dscp", "ecn", "ttl", "hoplimit"})
"""Fields of a packet that do not decide where it goes."""
_OLD_TARGETS = frozenset({"REDIRECT", "DNAT", "NETMAP", "TPROXY", "NFQUEUE", "QUEUE", "TEE", "DNPT", "SNPT"})
"""Targets of iptables that do; nft(8) shows these by their name, or not at all."""


def redirections_of(state: ForwardingState, *, arriving: bool = False) -> tuple[str, ...]:
    """Return where packets that a host sends itself are led elsewhere: ``table/chain`` of each such rule (nft(8)).

    Args:
        state: the host's.
        arriving: ask for the packets that arrive from others instead.
    """
    entries = state.rules
    chains = {(c["family"], c["table"], c["name"]): c.get("hook") for e in entries if (c := e.get("chain"))}
    found, others = [], "output" if arriving else "prerouting"
    for rule in (e["rule"] for e in entries if "rule" in e):
        place = (rule["family"], rule["table"], rule["chain"])
        leads = any(_leads(expression) for expression in rule.get("expr", ()) if isinstance(expression, dict))
        if leads and chains.get(place) != others:  # a chain without a hook may be jumped to from anywhere
            found.append(f"{rule['table']}/{rule['chain']}")
    return tuple(dict.fromkeys(found))


def _leads(expression: Mapping[str, Any]) -> bool:
    """Return whether a statement of a rule may lead packets elsewhere: by its name, or by what it writes into them."""
    if "xt" in expression:
        name = (expression["xt"] or {}).get("name")
        return name is None or name in _OLD_TARGETS
    if "mangle" in expression:
        written = expression["mangle"].get("key") or {}
        return "payload" in written and written["payload"].get("field") not in _KEPT_COURSE
    return not set(expression) <= _HARMLESS


def intakes_of(state: ForwardingState) -> tuple[str, ...]:
    """Return the interfaces of a host at which rules of tc(8) handle what arrives: such rules may rewrite it."""
    return tuple(row.get("dev", "?") for row in state.queues if row.get("kind") in {"ingress", "clsact"})


def gateways_of(state: ForwardingState, address: str) -> tuple[tuple[str, str], ...]:
    """Return by which gateways a host's routing tables lead to an address: of each table, the closest routes'.

    Each comes with the interface that leads to it.
    """
    closest: dict[str, tuple[int, list[tuple[str, str]]]] = {}
    for route in state.routes:
        destination = route.get("dst", "")
        if destination in {"", "default"}:
            destination = "0.0.0.0/0"
        network = IPv4Network(destination, strict=False)
        if IPv4Address(address) not in network:
            continue
        hops = [route, *route.get("nexthops", ())]
        gateways = [
            (gateway, hop.get("dev", ""))
            for hop in hops
            if (gateway := hop.get("gateway") or (hop.get("via") or {}).get("host"))
        ]
        length, known = closest.get(str(route.get("table", "main")), (-1, []))
        if network.prefixlen >= length:
            kept = known if network.prefixlen == length else []
            closest[str(route.get("table", "main"))] = network.prefixlen, [*kept, *gateways]
    return tuple(dict.fromkeys(gateway for _, gateways in closest.values() for gateway in gateways))


@functools.lru_cache(_REMEMBERED)
def parse_fib_trie(text: str) -> tuple[IPv4Network, ...]:
    """Return where a host takes what arrives for its own: of all its routing tables, as /proc/net/fib_trie shows them.

    Raises:
        ValueError: that is no such file.
    """
    own, prefix = [], None
    for line in lines_in(text):
        if found := _LEAF.fullmatch(line):
            prefix = found[1]
        elif found := _OWN.match(line):
            if prefix is None:
                raise ValueError(line)
            own.append(IPv4Network((prefix, int(found[1]))))
    return tuple(dict.fromkeys(own))


@dataclass(frozen=True)
class Neighbour:
    """A machine of the same segment, as a host knows it.

    Attributes:
        address: its address.
        fixed: whether somebody said which machine it is, so that nobody is asked.
        published: whether the host answers in its place, when others ask for it.
    """

    address: str
    fixed: bool
    published: bool


@functools.lru_cache(_REMEMBERED)
def parse_arp(text: str) -> tuple[Neighbour, ...]:
    """Return the neighbours that /proc/net/arp shows (arp(7)).

    Raises:
        ValueError: that is no such file.
    """
    found = []
    for line in lines_in(text)[1:]:
        address, _, flags, *_ = words_in(line)
        published = bool(int(flags, 16) & _PUBLISHED)
        found.append(Neighbour(address, bool(int(flags, 16) & _PERMANENT) and not published, published))
    return tuple(found)


_PERMANENT, _PUBLISHED = 0x04, 0x08
"""ATF_PERM and ATF_PUBL of net/if_arp.h."""
_LEAF = re.compile(r"\s*\|-- ((?:\d{1,3}\.){3}\d{1,3})")
_OWN = re.compile(r"\s*/(\d{1,2}) \S+ LOCAL\b")
"""A route of the type ``local`` (rtnetlink(7)) below the leaf that has its prefix."""
