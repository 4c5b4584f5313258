"""Whether what is sent in a lab arrives where it should: a host may lead it elsewhere, or play the server itself.

Only what the plan has no word of counts: a firewall whose planned packet filter translates addresses may do so.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, TypeVar

import pytest

from grader import forwarding_state
from grader.bilingual import reason
from grader.errors import ObservationError, unreadable
from grader.facts import LabFacts
from grader.forwarding_state import Translator
from grader.load import scaled_deadline
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import OUTSIDE_TIME, Fabric, ForwardingState, NetworkState

T = TypeVar("T")

_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_ADDRESS = re.compile(rf"(?<![\d.])(?:{_OCTET}\.){{3}}{_OCTET}(?![\d.])")
_LEADING_TABLES = frozenset({"nat", "mangle"})
"""Tables of the kernel's older packet filter by which it may lead packets elsewhere."""
_ROUTES, _NEIGHBOURS = "/proc/1/net/fib_trie", "/proc/1/net/arp"
"""What a host's kernel tells of its routing tables and of its neighbours."""


def redirections(state: ForwardingState, translator: Translator | None = None) -> tuple[str, ...]:
    """Return by which rules a host leads packets elsewhere than where they are addressed to, or rewrites them.

    Args:
        state: what decides where it sends packets.
        translator: what it may, if it translates by its plan.
    """
    found = forwarding_state.redirections_of(state, translator)
    intakes = forwarding_state.intakes_of(state)
    return (
        *(f"nftables {rule}" for rule in found),
        *(f"tc {interface}" for interface in intakes),
        *(f"iptables-legacy {table}" for table in state.old_tables if table in _LEADING_TABLES),
    )


@dataclass(frozen=True)
class _Way:
    """Whom an address is, and who is on the way there.

    Attributes:
        address: the address that was asked.
        holder: the host that has it by the plan.
        between: the routers that may be on the way.
        forwarded: whether the way leads out of the sender's subnet.
    """

    address: str
    holder: str
    between: tuple[str, ...]
    forwarded: bool


class PathChecker:
    """The hosts of a lab that what is sent in it passes or reaches."""

    def __init__(self, fabric: Fabric, facts: LabFacts, record: Callable[..., Any]) -> None:
        """Look at the hosts of one instance; ``record`` is a recorder's ``add``."""
        self._fabric = fabric
        self._facts = facts
        self._record = record

    def require_intact_path(self, addresses: Iterable[str], *, subnet: str = "", sender: str = "") -> None:
        """Refuse an answer that a host on the way, or at its end, may have led to another machine.

        Args:
            addresses: who was asked; those that the plan gives no host are passed over.
            subnet: the sender's subnet: within it nobody forwards.
            sender: a host of the lab that asked; what it leads elsewhere itself counts as well.

        Raises:
            ObservationError: a host leads packets elsewhere.
            pytest.fail.Exception: a host takes another's address for its own, or one that translates by its plan leads
                elsewhere what is sent to others.
        """
        addresses = tuple(dict.fromkeys(addresses))
        ways = [way for address in addresses if (way := self._way(address, subnet)) is not None]
        passed = dict.fromkeys([*([sender] if sender else ()), *(h for w in ways for h in (w.holder, *w.between))])
        if not passed:
            return
        state = self._look(tuple(passed))
        for host in state.forwarding:
            arriving = self._arriving(host, [way.address for way in ways], subnet, sender, state)
            self._require_none(host, state, arriving)
        for way in ways:
            for host in dict.fromkeys((*way.between, *({sender} - {"", way.holder}))):
                self._require_no_detour(host, way.address, state)
            self._require_alone(way, sender, state)
            self._require_no_proxy({sender, way.holder}, state)
        if sender:
            self._require_own(sender, addresses, state)

    def require_other(self, peer: str, asked: str, *, sender: str) -> None:
        """Refuse an answer that a host gave itself, unless it was asked for.

        Args:
            peer: the address that answered.
            asked: who was asked, by name or by address.
            sender: the host that asked.

        Raises:
            pytest.fail.Exception: it answered itself.
        """
        itself = asked in {peer, "localhost"} or asked.partition(".")[0] == sender
        if itself:
            return
        state = self._fabric.network(self._facts.instance, addressing=[sender], timeout=_time())
        if ip_address(peer).is_loopback or _within(peer, _own_of(sender, state)):
            raise pytest.fail.Exception(
                reason(
                    fr=f"{sender} répond lui-même quand {asked} est interrogé",
                    en=f"{sender} itself answers, when {asked} is asked",
                )
            )

    def _way(self, address: str, subnet: str) -> _Way | None:
        """Return the way to an address; None for one that the plan gives no host."""
        holder = self._facts.holder_of(address)
        if holder is None:
            return None
        forwarded = subnet not in self._subnets(holder)
        between = tuple(router for router in self._routers() if forwarded and router != holder)
        return _Way(address, holder, between, forwarded)

    def _look(self, passed: Sequence[str]) -> NetworkState:
        """Look at all hosts at once: for whom each answers, and where it sends packets.

        By which wires something passes, and who is told to be whose neighbour, the plan does not say: third hosts
        count as well, as far as they run.
        """
        began = time.monotonic()
        others = [host for host in self._facts.hosts if host not in passed]
        state = self._fabric.network(
            self._facts.instance,
            addressing=tuple(self._facts.hosts),
            forwarding=passed,
            beside=others,
            timeout=_time(),
        )
        told = (f"{h}: {len(s.rules)} rules, {len(s.routes)} routes" for h, s in state.forwarding.items())
        seconds = time.monotonic() - began
        self._record(f"{', '.join(passed)} (from outside)", "where packets go", None, "\n".join(told), seconds)
        return state

    def _require_no_detour(self, host: str, address: str, state: NetworkState) -> None:
        """Refuse an answer where a host's routes lead to an address by a machine that is no router.

        A route through a tunnel has a gateway at its end, which the plan may not name: it counts by its interface.
        """
        routers = self._facts.gateways | {i.address for r in self._routers() for i in self._facts.hosts[r]}
        cables = {i.name for i in self._facts.hosts[host]}
        subnets = [ip_network(subnet) for subnet in self._facts.segments.values() if subnet]
        gateways = _gateways(host, address, state)
        for gateway, interface in gateways:
            if gateway in routers:
                continue
            if interface.partition(".")[0] in cables or _planned(gateway, subnets):
                raise pytest.fail.Exception(
                    reason(
                        fr=f"{host} envoie ce qui est pour {address} par {gateway}, qui n'est pas un routeur",
                        en=f"{host} sends what is for {address} by {gateway}, which is no router",
                    )
                )
        fixed = {n.address for n in _neighbours_of(host, state) if n.fixed}
        for next_hop in (address, *(gateway for gateway, _ in gateways)):
            if next_hop in fixed:
                raise pytest.fail.Exception(
                    reason(
                        fr=f"sur {host}, une entrée ARP mise à la main dit quelle machine est {next_hop}",
                        en=f"{host} was told by hand which machine {next_hop} is",
                    )
                )

    def _require_alone(self, way: _Way, sender: str, state: NetworkState) -> None:
        """Refuse an answer where a host holds an address that is another's: the one asked, or a router's on the way."""
        routers = [i.address for r in self._routers() for i in self._facts.hosts[r] if i.address]
        for host, interfaces in self._facts.hosts.items():
            if host == sender:
                continue
            planned = {i.address for i in interfaces}
            others = [a for a in dict.fromkeys((way.address, *(routers if way.forwarded else ()))) if a not in planned]
            own = _own_of(host, state) if others else ()
            for other in others:
                if _within(other, own):
                    raise _taken(host, other)

    def _require_no_proxy(self, asking: set[str], state: NetworkState) -> None:
        """Refuse an answer where a third host's kernel answers ARP for any address: it may have played the server.

        All hosts count: by which wire, or in which VLAN, one stands now the plan does not say.
        """
        for host, addressing in state.addressing.items():
            if host in asking or host in self._facts.proxies or not addressing.for_others:
                continue
            interfaces = ", ".join(sorted({path.split("/")[-2] for path in addressing.for_others}))
            raise pytest.fail.Exception(
                reason(
                    fr=f"{host} répond à la place d'autres machines (proxy ARP : {interfaces})",
                    en=f"{host} answers in the place of others (proxy ARP: {interfaces})",
                )
            )

    def _require_own(self, sender: str, addresses: Iterable[str], state: NetworkState) -> None:
        own = {i.address for i in self._facts.hosts[sender]} | {"127.0.0.1", "::1"}
        for address in addresses:
            if address in own or self._may_be_leased(sender, address):
                continue
            if _within(address, _own_of(sender, state)):
                raise _taken(sender, address)

    def _may_be_leased(self, host: str, address: str) -> bool:
        """Return whether DHCP may have given a host an address, which the plan then has no word of."""
        if self._facts.holder_of(address) is not None:
            return False
        dynamic = (self._facts.segments[i.segment] for i in self._facts.hosts[host] if i.address is None)
        return any(ip_address(address) in ip_network(subnet) for subnet in dynamic if subnet)

    def _require_none(self, host: str, state: NetworkState, arriving: Collection[str]) -> None:
        """Refuse an answer where a host leads elsewhere what it may not: one that translates by its plan fails."""
        own = [i.address for i in self._facts.hosts[host] if i.address]
        translator = Translator(own, arriving) if host in self._facts.translators else None
        if found := redirections(state.forwarding[host], translator):
            raise (_led_on if translator else _diverted)(host, ", ".join(found))

    def _arriving(
        self, host: str, addresses: Iterable[str], subnet: str, sender: str, state: NetworkState
    ) -> frozenset[str]:
        """Return by which of a host's interfaces what is sent to others arrives at it; through a tunnel, by none."""
        own = {i.address for i in self._facts.hosts[host]}
        cables = {i.name for i in self._facts.hosts[sender]} if sender else set()
        if not any(
            address not in own and not (sender and self._by_tunnel(sender, cables, address, state))
            for address in addresses
        ):
            return frozenset()
        subnets = self._subnets(sender) if sender else {subnet}
        return frozenset(i.name for i in self._facts.hosts[host] if self._facts.segments[i.segment] in subnets)

    @staticmethod
    def _by_tunnel(sender: str, cables: Collection[str], address: str, state: NetworkState) -> bool:
        hops = _gateways(sender, address, state)
        return bool(hops) and all(interface.partition(".")[0] not in cables for _, interface in hops)

    def _subnets(self, host: str) -> set[str]:
        return {self._facts.segments[i.segment] for i in self._facts.hosts[host]}

    def _routers(self) -> Iterator[str]:
        return (host for host in self._facts.hosts if len(self._subnets(host)) > 1)


def _gateways(host: str, address: str, state: NetworkState) -> tuple[tuple[str, str], ...]:
    """Return by which gateways a host's routes lead to an address, each with its interface."""
    try:
        return forwarding_state.gateways_of(state.forwarding[host], address)
    except ValueError as error:
        raise unreadable(host, "ip route", str(error)) from error


def _own_of(host: str, state: NetworkState) -> tuple[IPv4Network, ...]:
    """Return what a host takes for its own, and for what it answers in another's place; one that is off, nothing."""
    addressing = state.addressing.get(host)
    if addressing is None:
        return ()
    answered = (IPv4Network(n.address) for n in _neighbours_of(host, state) if n.published)
    return (*_parsed(host, _ROUTES, addressing.own, forwarding_state.parse_fib_trie), *answered)


def _neighbours_of(host: str, state: NetworkState) -> tuple[forwarding_state.Neighbour, ...]:
    addressing = state.addressing.get(host)
    if addressing is None:
        return ()
    return _parsed(host, _NEIGHBOURS, addressing.neighbours, forwarding_state.parse_arp)


def _parsed(host: str, path: str, text: str, parse: Callable[[str], tuple[T, ...]]) -> tuple[T, ...]:
    """Return what a text of the kernel's says of a host's network; none is there where it is empty."""
    try:
        return parse(text) if text else ()
    except ValueError as error:
        raise unreadable(host, path, str(error)) from error


def _time() -> float:
    return scaled_deadline(OUTSIDE_TIME)


def named_in(words: Sequence[str]) -> tuple[str, ...]:
    """Return the addresses that a command names."""
    return tuple(dict.fromkeys(address for word in words for address in _ADDRESS.findall(word)))


def _planned(gateway: str, subnets: Iterable[IPv4Network | IPv6Network]) -> bool:
    return any(ip_address(gateway) in subnet for subnet in subnets)


def _within(address: str, networks: Iterable[IPv4Network]) -> bool:
    return any(ip_address(address) in network for network in networks)


def _taken(host: str, address: str) -> BaseException:
    """Return what turns a check red: an address that was moved is a wrong repair, and no secret to the grader.

    It is no ``AssertionError``: a check that expects one (a wrong password is refused) must not take this one for it.
    """
    return pytest.fail.Exception(
        reason(
            fr=f"{host} répond à {address}, qui n'est pas son adresse",
            en=f"{host} answers at {address}, which is not its address",
        )
    )


def _led_on(host: str, what: str) -> BaseException:
    """Return what turns a check red: a firewall that translates too much is a wrong repair, as is a moved address."""
    return pytest.fail.Exception(
        reason(
            fr=f"{host} mène ailleurs ce qui est adressé à d'autres ({what})",
            en=f"{host} leads elsewhere what is sent to others ({what})",
        )
    )


def _diverted(host: str, what: str) -> ObservationError:
    return ObservationError(
        Text(
            fr=f"{host} détourne ce qui y passe ({what}) : ce qui a répondu ne prouve rien.",
            en=f"{host} leads what is sent elsewhere ({what}): what answered proves nothing.",
        )
    )
