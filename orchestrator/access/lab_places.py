"""Names of a lab's places that somebody chose, a host or its cable: each is checked before anything is asked of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from orchestrator.core.errors import UsageError
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import HostRef, PortState


def require_host(host: str, names: Collection[str]) -> None:
    """Make sure that a lab has a host.

    Args:
        host: the name that was chosen.
        names: the names of the lab's hosts.

    Raises:
        UsageError: it has not; the error names the nearest.
    """
    if host not in names:
        text = Text(fr=f"Le lab n'a pas de machine « {host} »", en=f'The lab has no host "{host}"')
        raise UsageError(with_suggestion(text, host, names))


def require_cable(ports: Sequence[PortState], target: HostRef, interface: str) -> PortState:
    """Return a cable as it is.

    Raises:
        UsageError: the host has no such interface.
    """
    mine = {port.interface: port for port in ports if port.host == target.host}
    if interface not in mine:
        text = Text(
            fr=f"{target.host} n'a pas d'interface câblée « {interface} »",
            en=f'{target.host} has no cabled interface "{interface}"',
        )
        raise UsageError(with_suggestion(text, interface, mine))
    return mine[interface]
