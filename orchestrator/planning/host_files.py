"""The files of a host: those that follow from ``lab.yaml`` alone, and those that the lab places."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

from orchestrator.core.errors import Place
from orchestrator.model.lab import ALL_HOSTS, Host, Lab, LabFile
from orchestrator.model.plan import PlacedFile
from orchestrator.templates.render import render

GENERATED = ("/etc/hostname", "/etc/hosts", "/etc/network/interfaces", "/etc/resolv.conf")
"""Paths that are written for each host unless the lab places its own file there."""


def generated_files(lab: Lab, name: str) -> dict[str, PlacedFile]:
    """Return the generated files of a host by their path."""
    host, domain = lab.document.hosts[name], lab.document.domain
    contents = (
        f"{name}\n",
        f"127.0.0.1\tlocalhost\n127.0.1.1\t{name}.{domain} {name}\n",
        _interfaces(lab, host),
        _resolvers(host, domain),
    )
    return {
        path: PlacedFile(path, content.encode(), "root", "root", 0o644)
        for path, content in zip(GENERATED, contents, strict=True)
    }


def hosts_of(lab: Lab, file: LabFile, drawn: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the hosts that a file is placed in; none where its folder names no host of the lab.

    Args:
        lab: the lab.
        file: the file; a scenario's may name a variable that draws a host.
        drawn: the variant's values; a lab has none of its own.
    """
    if file.host == ALL_HOSTS:
        return tuple(lab.document.hosts)
    name = file.host if file.host in lab.document.hosts else drawn.get(file.host)
    return (name,) if name in lab.document.hosts else ()


def render_file(file: LabFile, host: str, values: Mapping[str, Any]) -> bytes:
    """Return the content of a placed file; a template may also name ``host``, the host that it is placed in.

    Raises:
        ContentError: the template is wrong.
    """
    if not file.template:
        return file.content
    named = {**values, "host": values["lab"].hosts[host]}
    return render(file.content.decode(), named, lambda: Place.of(file.source, 1)).encode()


def _interfaces(lab: Lab, host: Host) -> str:
    """Return ``/etc/network/interfaces``, as ifupdown reads it."""
    stanzas = ["# See interfaces(5).\nauto lo\niface lo inet loopback\n"]
    for name, interface in host.interfaces.items():
        if interface.fixed is not None:
            lines = _static(lab, host, interface.segment, interface.fixed)
        elif interface.address == "dhcp":
            lines = ["dhcp"]
        else:
            lines = ["manual", "up ip link set $IFACE up", "down ip link set $IFACE down"]
        stanzas.append(f"auto {name}\niface {name} inet " + "\n    ".join(lines) + "\n")
    stanzas.append("source /etc/network/interfaces.d/*\n")
    return "\n".join(stanzas)


def _static(lab: Lab, host: Host, segment: str, address: IPv4Address) -> list[str]:
    network = lab.document.networks[segment]
    lines = ["static", f"address {address}/{network.prefixlen}"]
    if host.gateway is not None and IPv4Address(host.gateway) in network:
        lines.append(f"gateway {host.gateway}")
    return lines


def _resolvers(host: Host, domain: str) -> str:
    """Return ``/etc/resolv.conf``: empty without resolvers, where DHCP fills it in or nothing does."""
    if not host.dns:
        return ""
    return "".join((f"search {domain}\n", *(f"nameserver {address}\n" for address in host.dns)))
