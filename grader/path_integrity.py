"""Whether what is sent in a lab arrives where it should: a host may lead it elsewhere, or play the server itself.

Only what the plan has no word of counts: a firewall whose planned packet filter translates addresses may do so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from grader import forwarding_state, tools
from grader.errors import ObservationError, unreadable
from grader.facts import LabFacts
from grader.host_inspector import HostInspector
from grader.load import scaled_deadline
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import OUTSIDE_TIME, Fabric, HostRef, HostUnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_ADDRESS = re.compile(rf"(?<![\d.])(?:{_OCTET}\.){{3}}{_OCTET}(?![\d.])")
_OLD_TABLES = "/proc/1/net/ip_tables_names"
"""The tables of the kernel's older packet filter that a network has; nft(8) does not show their rules."""
_LEADING_TABLES = frozenset({"nat", "mangle"})
_ROUTES = "/proc/1/net/fib_trie"
"""All routing tables of a host's network, whichever of them its rules choose."""
_NEIGHBOURS = "/proc/1/net/arp"
"""Whom a host takes for its neighbours, and for whom it answers in their place."""
_FOR_OTHERS = ("/proc/sys/net/ipv4/conf/*/proxy_arp", "/proc/sys/net/ipv4/conf/*/proxy_arp_pvlan")
"""Whether a host's kernel answers ARP for whatever address it has a route to."""


def forwarding_state_of(inspector: HostInspector) -> forwarding_state.ForwardingState:
    """Return what decides where a host sends packets.

    Raises:
        ObservationError: it cannot be read.
    """
    done = inspector.tool(*forwarding_state.FORWARDING_COMMAND)
    try:
        return forwarding_state.parse_forwarding_state(
            tools.Completion(done.status, _text(done.stdout), _text(done.stderr))
        )
    except ValueError as error:
        raise unreadable(inspector.name, "forwarding-state", str(error)) from error


def redirections(
    inspector: HostInspector, state: forwarding_state.ForwardingState, *, own: bool = False
) -> tuple[str, ...]:
    """Return by which rules a host leads packets elsewhere than where they are addressed to.

    Args:
        inspector: the host.
        state: what decides where it sends packets.
        own: ask for what leads the packets that it sends itself, not those that arrive.
    """
    found = forwarding_state.redirections_of(state, arriving=not own)
    intakes = forwarding_state.intakes_of(state)
    old = (inspector.read(_OLD_TABLES) or b"").decode("ascii", errors="replace").split()
    old = [table for table in old if table in _LEADING_TABLES]
    return (
        *(f"nftables {rule}" for rule in found),
        *(f"tc {interface}" for interface in intakes),
        *(f"iptables-legacy {table}" for table in old),
    )


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
            pytest.fail.Exception: a host takes another's address for its own.
        """
        seen: dict[str, forwarding_state.ForwardingState] = {}
        proxies: dict[str, str] = {}
        if sender:
            self._require_none(sender, seen, own=True)
        for address in dict.fromkeys(addresses):
            holder = self._facts.holder_of(address)
            if holder is None:
                continue
            if holder != sender:
                self._require_none(holder, seen)
            forwarded = subnet not in self._subnets(holder)
            between = [router for router in self._routers() if forwarded and router != holder]
            for router in between:
                if router != sender:
                    self._require_none(router, seen)
            for host in dict.fromkeys((*between, *({sender} - {"", holder}))):
                self._require_no_detour(host, address, seen)
            self._require_alone(address, sender, forwarded=forwarded)
            self._require_no_proxy({sender, holder}, proxies)
        if sender:
            self._require_own(sender, addresses)

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
        if not itself and (ip_address(peer).is_loopback or _within(peer, self._own_of(sender))):
            raise pytest.fail.Exception(f"{sender} itself answers, when {asked} is asked")

    def _forwarding_state(
        self, host: str, seen: dict[str, forwarding_state.ForwardingState]
    ) -> forwarding_state.ForwardingState:
        """Return a host's, looked at once for each answer."""
        if host not in seen:
            seen[host] = forwarding_state_of(self._sight(host))
        return seen[host]

    def _require_no_detour(self, host: str, address: str, seen: dict[str, forwarding_state.ForwardingState]) -> None:
        """Refuse an answer where a host's routes lead to an address by a machine that is no router.

        A route through a tunnel has a gateway at its end, which the plan may not name: it counts by its interface.
        """
        routers = self._facts.gateways | {i.address for r in self._routers() for i in self._facts.hosts[r]}
        cables = {i.name for i in self._facts.hosts[host]}
        subnets = [ip_network(subnet) for subnet in self._facts.segments.values() if subnet]
        gateways = forwarding_state.gateways_of(self._forwarding_state(host, seen), address)
        for gateway, interface in gateways:
            if gateway in routers:
                continue
            if interface.partition(".")[0] in cables or _planned(gateway, subnets):
                raise pytest.fail.Exception(f"{host} sends what is for {address} by {gateway}, which is no router")
        fixed = {n.address for n in self._neighbours(host) if n.fixed}
        for next_hop in (address, *(gateway for gateway, _ in gateways)):
            if next_hop in fixed:
                raise pytest.fail.Exception(f"{host} was told by hand which machine {next_hop} is")

    def _require_alone(self, address: str, sender: str, *, forwarded: bool) -> None:
        """Refuse an answer where a host holds an address that is another's: the one asked, or a router's on the way."""
        routers = [i.address for r in self._routers() for i in self._facts.hosts[r] if i.address] if forwarded else []
        for host, interfaces in self._facts.hosts.items():
            if host == sender:
                continue
            planned = {i.address for i in interfaces}
            others = [a for a in dict.fromkeys((address, *routers)) if a not in planned]
            own = self._own_of(host) if others else ()
            for other in others:
                if _within(other, own):
                    raise _taken(host, other)

    def _require_no_proxy(self, asking: set[str], seen: dict[str, str]) -> None:
        """Refuse an answer where a third host's kernel answers ARP for any address: it may have played the server.

        All hosts count: by which wire, or in which VLAN, one stands now the plan does not say.
        """
        for host in self._facts.hosts:
            if host in asking or host in self._facts.proxies:
                continue
            if host not in seen:
                seen[host] = self._proxy_of(host)
            if seen[host]:
                raise pytest.fail.Exception(f"{host} answers in the place of others (proxy ARP: {seen[host]})")

    def _proxy_of(self, host: str) -> str:
        """Return at which interfaces a host answers ARP for others; one that does not run answers nobody."""
        try:
            settings = self._sight(host).sysctls(*_FOR_OTHERS)
        except HostUnreachableError:
            return ""
        return ", ".join(sorted({path.split("/")[-2] for path, value in settings.items() if value != "0"}))

    def _require_own(self, sender: str, addresses: Iterable[str]) -> None:
        own = {i.address for i in self._facts.hosts[sender]} | {"127.0.0.1", "::1"}
        for address in dict.fromkeys(addresses):
            if address in own or self._may_be_leased(sender, address):
                continue
            if _within(address, self._own_of(sender)):
                raise _taken(sender, address)

    def _own_of(self, host: str) -> tuple[IPv4Network, ...]:
        """Return what a host takes for its own, and for what it answers in another's place."""
        answered = (IPv4Network(n.address) for n in self._neighbours(host) if n.published)
        return (*self._read(host, _ROUTES, forwarding_state.parse_fib_trie), *answered)

    def _neighbours(self, host: str) -> tuple[forwarding_state.Neighbour, ...]:
        return self._read(host, _NEIGHBOURS, forwarding_state.parse_arp)

    def _read(self, host: str, path: str, parse: Callable[[str], tuple[T, ...]]) -> tuple[T, ...]:
        """Return what a file of the kernel's says of a host's network; one that does not run says nothing."""
        try:
            target = HostRef(self._facts.instance, host)
            seen, text = self._fabric.look(target, path, "content", timeout=scaled_deadline(OUTSIDE_TIME))
            return parse(text.decode("ascii", errors="replace")) if seen.exists else ()
        except HostUnreachableError:
            return ()
        except ValueError as error:
            raise unreadable(host, path, str(error)) from error

    def _may_be_leased(self, host: str, address: str) -> bool:
        """Return whether DHCP may have given a host an address, which the plan then has no word of."""
        if self._facts.holder_of(address) is not None:
            return False
        dynamic = (self._facts.segments[i.segment] for i in self._facts.hosts[host] if i.address is None)
        return any(ip_address(address) in ip_network(subnet) for subnet in dynamic if subnet)

    def _require_none(self, host: str, seen: dict[str, forwarding_state.ForwardingState], *, own: bool = False) -> None:
        found = redirections(self._sight(host), self._forwarding_state(host, seen), own=own)
        if found and host not in self._facts.translators:
            raise _diverted(host, ", ".join(found))

    def _subnets(self, host: str) -> set[str]:
        return {self._facts.segments[i.segment] for i in self._facts.hosts[host]}

    def _routers(self) -> Iterator[str]:
        return (host for host in self._facts.hosts if len(self._subnets(host)) > 1)

    def _sight(self, host: str) -> HostInspector:
        return HostInspector(self._fabric, HostRef(self._facts.instance, host), self._record)


def named_in(words: Sequence[str]) -> tuple[str, ...]:
    """Return the addresses that a command names."""
    return tuple(dict.fromkeys(address for word in words for address in _ADDRESS.findall(word)))


def _planned(gateway: str, subnets: Iterable[IPv4Network | IPv6Network]) -> bool:
    return any(ip_address(gateway) in subnet for subnet in subnets)


def _within(address: str, networks: Iterable[IPv4Network]) -> bool:
    return any(ip_address(address) in network for network in networks)


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")


def _taken(host: str, address: str) -> BaseException:
    """Return what turns a check red: an address that was moved is a wrong repair, and no secret to the grader.

    It is no ``AssertionError``: a check that expects one (a wrong password is refused) must not take this one for it.
    """
    return pytest.fail.Exception(f"{host} answers at {address}, which is not its address")


def _diverted(host: str, what: str) -> ObservationError:
    return ObservationError(
        Text(
            fr=f"{host} détourne ce qui y passe ({what}) : ce qui a répondu ne prouve rien.",
            en=f"{host} leads what is sent elsewhere ({what}): what answered proves nothing.",
        )
    )
