"""What templates and checks may name."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from orchestrator.model.lab import Host, Lab
from orchestrator.model.seeds import shown_seed
from orchestrator.model.view import HostView, InterfaceView, LabView, SegmentView

RESERVED: Final = frozenset({"lab", "domain", "seed", "host"})
"""Names that templates have besides the variables, and that no variable may take.

``lab``, ``domain`` and ``seed`` everywhere; ``host`` in placed files: the host that the file is placed in.
"""


def base_values(lab: Lab, seed: int) -> dict[str, Any]:
    """Return what every template may name: ``lab``, ``domain`` and ``seed`` (as it may be shown)."""
    return {"lab": lab_view(lab), "domain": lab.document.domain, "seed": shown_seed(seed)}


def lab_view(lab: Lab) -> LabView:
    """Return the lab as templates see it."""
    return LabView(
        name=lab.name,
        domain=lab.document.domain,
        segments={
            name: SegmentView(
                name=name,
                subnet=str(network),
                network=str(network.network_address),
                netmask=str(network.netmask),
                prefix=network.prefixlen,
                broadcast=str(network.broadcast_address),
            )
            for name, network in lab.document.networks.items()
        },
        hosts={name: _host_view(lab, name, host) for name, host in lab.document.hosts.items()},
    )


def mac_address(lab: str, host: str, interface: str) -> str:
    """Return an interface's MAC address: locally administered (02), the same each time the lab starts."""
    digest = hashlib.sha256(f"{lab}\0{host}\0{interface}".encode()).digest()
    return "02:bf:" + digest[:4].hex(":")


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
