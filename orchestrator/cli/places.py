"""Names that a user types: a host, a host's port, a host's cable; each is checked before anything is asked of it."""

from __future__ import annotations

from orchestrator.access.lab_places import require_host
from orchestrator.cli.invocation import Invocation
from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import HostRef
from orchestrator.instances.instance import Instance
from orchestrator.instances.saving import SavedLabError

_MOST_PORT = 65535


def host_of(invocation: Invocation, lab: str | None, host: str) -> tuple[Instance, HostRef]:
    """Return a running lab and one of its hosts.

    Raises:
        UsageError: there is no such lab or host.
        SavedLabError: the lab's hosts are off.
    """
    labs = invocation.app.labs
    instance = labs.running.find(lab)
    require_host(host, [h.name for h in instance.hosts])
    if not instance.whole and labs.running.state_of(instance) == "saved":
        raise SavedLabError(instance.name)
    return instance, HostRef(instance.name, host)


def port_of(place: str) -> tuple[str, int]:
    """Return the host and the TCP port of ``HOST:PORT``.

    Raises:
        UsageError: it is no such thing.
    """
    host, colon, port = place.partition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) <= _MOST_PORT:
        raise UsageError(
            Text(fr=f"« {place} » n'est pas de la forme MACHINE:PORT.", en=f'"{place}" is not HOST:PORT.'),
            Text(fr="Par exemple : web1:80", en="For example: web1:80"),
        )
    return host, int(port)


def cable_of(place: str) -> tuple[str, str]:
    """Return the host and the interface of ``HOST:IFACE``.

    Raises:
        UsageError: it is no such thing.
    """
    host, _, interface = place.partition(":")
    if not host or not interface:
        raise UsageError(
            Text(fr=f"« {place} » n'est pas de la forme MACHINE:INTERFACE.", en=f'"{place}" is not HOST:INTERFACE.'),
            Text(fr="Par exemple : pc1:eth0", en="For example: pc1:eth0"),
        )
    return host, interface
