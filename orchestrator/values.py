"""What templates and checks may name, and the way of these values to another process as JSON."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from orchestrator.model.lab import Host, Lab
from orchestrator.model.plan import Person
from orchestrator.model.view import HostView, InterfaceView, LabView, SegmentView

RESERVED: Final = frozenset({"lab", "domain", "seed", "host"})
"""Names that templates have besides the variables, and that no variable may take.

``lab``, ``domain`` and ``seed`` everywhere; ``host`` in placed files: the host that the file is placed in.
"""

_TYPES: Final[Mapping[str, type[Any]]] = {
    kind.__name__: kind for kind in (Person, LabView, SegmentView, HostView, InterfaceView)
}
_TYPE_KEY: Final = "$type"


def base_values(lab: Lab, seed: int) -> dict[str, Any]:
    """Return what every template may name: ``lab``, ``domain`` and ``seed``."""
    return {"lab": lab_view(lab), "domain": lab.document.domain, "seed": seed}


def lab_view(lab: Lab) -> LabView:
    """Return the lab as templates see it."""
    return LabView(
        name=lab.name,
        domain=lab.document.domain,
        segments={
            name: SegmentView(
                name=name,
                subnet=segment.subnet,
                network=str(segment.network.network_address),
                netmask=str(segment.network.netmask),
                prefix=segment.network.prefixlen,
                broadcast=str(segment.network.broadcast_address),
            )
            for name, segment in lab.document.segments.items()
        },
        hosts={name: _host_view(lab, name, host) for name, host in lab.document.hosts.items()},
    )


def mac_address(lab: str, host: str, interface: str) -> str:
    """Return an interface's MAC address: locally administered (02), the same each time the lab starts."""
    digest = hashlib.sha256(f"{lab}\0{host}\0{interface}".encode()).digest()
    return "02:bf:" + digest[:4].hex(":")


def values_to_json(values: Mapping[str, Any]) -> str:
    """Return a plan's values as JSON; people and views of the lab carry the name of their type."""
    return json.dumps(values, default=_encode, ensure_ascii=False)


def values_from_json(text: str) -> dict[str, Any]:
    """Return the values that ``values_to_json`` wrote, equal to those it was given."""
    decoded = json.loads(text, object_hook=_decode)
    if not isinstance(decoded, dict):
        message = "values are a JSON object"
        raise TypeError(message)
    return decoded


def _host_view(lab: Lab, name: str, host: Host) -> HostView:
    return HostView(
        name=name,
        fqdn=f"{name}.{lab.document.domain}",
        addresses=tuple(str(i.fixed) for i in host.interfaces.values() if i.fixed),
        interfaces={
            interface: InterfaceView(
                name=interface,
                segment=settings.segment,
                mac=mac_address(lab.name, name, interface),
                address=str(settings.fixed) if settings.fixed else None,
                dhcp=settings.address == "dhcp",
            )
            for interface, settings in host.interfaces.items()
        },
    )


def _encode(value: object) -> dict[str, Any]:
    if type(value).__name__ not in _TYPES or not dataclasses.is_dataclass(value):
        message = f"{type(value).__name__} has no way to JSON"
        raise TypeError(message)
    fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    return {_TYPE_KEY: type(value).__name__, **fields}


def _decode(value: dict[str, Any]) -> object:
    if _TYPE_KEY not in value:
        return value
    kind = _TYPES[value.pop(_TYPE_KEY)]
    return kind(**{name: tuple(item) if isinstance(item, list) else item for name, item in value.items()})
