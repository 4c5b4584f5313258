"""What decides where a host sends packets: filters that lead them elsewhere, queues that rewrite them, its routes."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from grader.lines import lines_in, words_in
from orchestrator.fabric.fabric_interface import ForwardingState

_REMEMBERED = 256
"""Texts of the kernel's whose meaning is remembered: between two answers they seldom change."""
_HARMLESS = frozenset({
    "accept", "comment", "continue", "counter", "ct count", "ct helper", "ct timeout", "drop", "goto", "jump", "last",
    "limit", "log", "match", "meter", "notrack", "quota", "reject", "return", "set", "vmap",
})  # fmt: skip
"""Statements of a rule that change no packet: it goes where it is addressed to, or nowhere. Any other may lead packets
elsewhere, or answer in another's place: so does a sender's address that is written anew on arrival."""
_TRANSLATES_SENDERS = frozenset({"masquerade", "snat"})
"""What a firewall that translates by its plan does besides."""
_KEPT_COURSE = frozenset({"dscp", "ecn", "ttl", "hoplimit"})
"""Fields of a packet that do not decide where it goes."""
_OLD_TARGETS = frozenset({"REDIRECT", "DNAT", "NETMAP", "TPROXY", "NFQUEUE", "QUEUE", "TEE", "DNPT", "SNPT"})
"""Targets of iptables that do; nft(8) shows these by their name, or not at all."""


@dataclass(frozen=True)
class Translator:
    """A host that translates addresses by its plan: it may lead on what is sent to itself, and hide who sends.

    Attributes:
        own: its addresses.
        arriving: the interfaces by which what is asked arrives on its way to others.
    """

    own: Collection[str]
    arriving: Collection[str]


def redirections_of(state: ForwardingState, translator: Translator | None = None) -> tuple[str, ...]:
    """Return where a host leads packets elsewhere, or rewrites them: ``table/chain`` of each such rule (nft(8)).

    All hooks count: an answer is rewritten on its way out, a question on its way in.

    Args:
        state: the host's.
        translator: what it may, if it translates by its plan.
    """
    found = [
        f"{rule['table']}/{rule['chain']}"
        for rule in (entry["rule"] for entry in state.rules if "rule" in entry)
        if any(_leads(one, rule, translator) for one in rule.get("expr", ()) if isinstance(one, dict))
    ]
    return tuple(dict.fromkeys(found))


def _leads(expression: Mapping[str, Any], rule: Mapping[str, Any], translator: Translator | None) -> bool:
    """Return whether a statement of a rule may lead packets elsewhere: by its name, or by what it writes into them."""
    if "xt" in expression:
        name = (expression["xt"] or {}).get("name")
        return name is None or name in _OLD_TARGETS
    if "mangle" in expression:
        written = expression["mangle"].get("key") or {}
        return "payload" in written and written["payload"].get("field") not in _KEPT_COURSE
    if translator is not None and set(expression) <= _TRANSLATES_SENDERS:
        return False
    if translator is not None and set(expression) == {"dnat"}:
        matches = [match for e in rule["expr"] if (match := e.get("match"))]
        return bool(translator.arriving) and not any(_spares(match, translator) for match in matches)
    return not set(expression) <= _HARMLESS


def _spares(match: Mapping[str, Any], translator: Translator) -> bool:
    """Return whether a match does not mean what arrives on its way to others."""
    left, right = match.get("left"), match.get("right")
    if match.get("op") != "==" or not isinstance(left, dict):
        return False
    meant = (right.get("set") or ()) if isinstance(right, dict) else (right,)
    if not meant or not all(isinstance(one, str) for one in meant):
        return False
    field, meta = left.get("payload") or {}, left.get("meta") or {}
    if (field.get("protocol"), field.get("field")) == ("ip", "daddr"):
        return set(meant) <= set(translator.own)
    return meta.get("key") in {"iif", "iifname"} and not set(meant) & set(translator.arriving)


def intakes_of(state: ForwardingState) -> tuple[str, ...]:
    """Return the interfaces of a host at which rules of tc(8) handle what arrives: such rules may rewrite it."""
    return tuple(row.get("dev", "?") for row in state.queues if row.get("kind") in {"ingress", "clsact"})


def gateways_of(state: ForwardingState, address: str) -> tuple[tuple[str, str], ...]:
    """Return by which gateways a host's routing tables lead to an address: of each table, the closest routes'.

    Each comes with the interface that leads to it. A route that takes only some packets (by their type of service), or
    none as long as its link is down, leaves the others to the next closest ones.

    Raises:
        ValueError: a route's gateway is not told, but the number of an object that has it.
    """
    tables: dict[str, dict[int, list[Mapping[str, Any]]]] = {}
    for route in state.routes:
        destination = route.get("dst", "")
        if destination in {"", "default"}:
            destination = "0.0.0.0/0"
        network = IPv4Network(destination, strict=False)
        if IPv4Address(address) not in network:
            continue
        lengths = tables.setdefault(str(route.get("table", "main")), {})
        lengths.setdefault(network.prefixlen, []).append(route)
    found = []
    for lengths in tables.values():
        for _, routes in sorted(lengths.items(), reverse=True):
            found += [hop for route in routes for hop in _hops(route)]
            if not all(route.get("tos") or route.get("flags") for route in routes):
                break
    return tuple(dict.fromkeys(found))


def _hops(route: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give the gateways of a route with their interfaces."""
    if "nhid" in route and not {"dev", "gateway", "via", "nexthops"} & set(route):
        message = f"{route.get('dst')} nhid {route['nhid']}"
        raise ValueError(message)
    for hop in (route, *route.get("nexthops", ())):
        if gateway := hop.get("gateway") or (hop.get("via") or {}).get("host"):
            yield gateway, hop.get("dev", "")


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
