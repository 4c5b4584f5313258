"""What a check may know of the instance, small enough to send to the grading process."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from orchestrator.model.turns import Turn

if TYPE_CHECKING:
    from orchestrator.model.plan import Plan

_TYPE = "$type"
_MODEL = "orchestrator.model."
_GATEWAY = re.compile(rb"^\s*gateway\s+(\S+)", re.MULTILINE)
_TRANSLATES = re.compile(rb"^[^#\n]*\b(?:dnat|redirect)\b", re.MULTILINE)
"""A rule of nft(8) that leads packets to another address or port."""
_ANSWERS_FOR_OTHERS = re.compile(
    rb"^[^#\n]*\b(?:proxy_arp(?:_pvlan)?\s*=\s*1|IPv4ProxyARP\w*\s*=\s*(?:yes|true|1|on))", re.M
)
"""Proxy ARP in a file of sysctl.d(5) or systemd.network(5)."""
_SCALARS = (str, int, float, bool, type(None))


@dataclass(frozen=True)
class InterfaceFacts:
    """One planned interface; ``address`` has no prefix and is None where it comes by DHCP or not at all."""

    name: str
    segment: str
    address: str | None


@dataclass(frozen=True)
class LabFacts:
    """The instance as planned.

    Attributes:
        instance: the instance's name.
        domain: the DNS domain of the hosts.
        values: the plan's values.
        hosts: each host's interfaces.
        segments: each segment's subnet, such as ``192.168.10.0/24``; empty where it has none. Segments of one subnet
            are one broadcast domain.
        translators: the hosts whose planned packet filter translates addresses.
        placed: for each host the files that the plan puts into it, with the SHA-256 of their content.
        gateways: the addresses that planned network settings name as a gateway.
        proxies: the hosts whose planned settings have them answer ARP for others.
        conversation: what was said to people of the scenario so far, in order.
    """

    instance: str
    domain: str
    values: Mapping[str, Any]
    hosts: Mapping[str, tuple[InterfaceFacts, ...]]
    segments: Mapping[str, str]
    translators: frozenset[str] = frozenset()
    placed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    gateways: frozenset[str] = frozenset()
    proxies: frozenset[str] = frozenset()
    conversation: tuple[Turn, ...] = ()

    @classmethod
    def of(cls, plan: Plan, instance: str) -> LabFacts:
        """Return what checks may know of a plan: no solutions, of files no more than what tells a change."""
        hosts = {
            host.name: tuple(
                InterfaceFacts(i.name, i.segment, None if i.address is None else i.address.partition("/")[0])
                for i in host.interfaces
            )
            for host in plan.hosts
        }
        return cls(
            instance,
            plan.domain,
            plan.values,
            hosts,
            {s.name: s.subnet for s in plan.segments},
            frozenset(h.name for h in plan.hosts if any(_TRANSLATES.search(f.content) for f in h.files)),
            {h.name: {f.path: hashlib.sha256(f.content).hexdigest() for f in h.files} for h in plan.hosts},
            frozenset(g.decode() for h in plan.hosts for f in h.files for g in _GATEWAY.findall(f.content)),
            frozenset(h.name for h in plan.hosts if any(_ANSWERS_FOR_OTHERS.search(f.content) for f in h.files)),
        )

    def holder_of(self, address: str) -> str | None:
        """Return the host that has an address by plan, or None."""
        return next((h for h, rows in self.hosts.items() if any(i.address == address for i in rows)), None)

    def router_of(self, segment: str) -> str | None:
        """Return the address on a segment's subnet of the one host that leads out of it; None for none or several."""
        subnet = self.segments[segment]
        addresses = [
            interface.address
            for interfaces in self.hosts.values()
            if len({self.segments[i.segment] for i in interfaces}) > 1
            for interface in interfaces
            if self.segments[interface.segment] == subnet and interface.address is not None
        ]
        return addresses[0] if len(addresses) == 1 else None

    def sendable(self) -> LabFacts:
        """Return the facts with the values as JSON's types.

        Raises:
            TypeError: a value is of a kind that does not travel.
        """
        return replace(self, values=_value_out(self.values))

    def received(self) -> LabFacts:
        """Return the facts that were ``sendable``, with their values: people and views keep their type."""
        return replace(self, values=_value_in(self.values))


def _value_out(value: Any) -> Any:  # noqa: ANN401 (whatever a template may use)
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, Mapping):
        return {str(k): _value_out(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_value_out(v) for v in value]
    kind = type(value)
    if dataclasses.is_dataclass(kind) and kind.__module__.startswith(_MODEL):
        parts = {f.name: _value_out(getattr(value, f.name)) for f in dataclasses.fields(kind)}
        return {_TYPE: f"{kind.__module__}:{kind.__qualname__}", **parts}
    message = f"a value of type {kind.__name__} cannot be sent to the checks"
    raise TypeError(message)


def _value_in(value: Any) -> Any:  # noqa: ANN401 (whatever a template may use)
    if isinstance(value, list):
        return tuple(_value_in(v) for v in value)
    if not isinstance(value, dict):
        return value
    parts = {k: _value_in(v) for k, v in value.items() if k != _TYPE}
    if _TYPE not in value:
        return parts
    module, _, name = value[_TYPE].partition(":")
    if not module.startswith(_MODEL):
        message = f"{module} is no module of the model"
        raise ValueError(message)
    return getattr(importlib.import_module(module), name)(**parts)
