"""What a technician does with a cable beyond plugging it: putting a new one in its place."""

from __future__ import annotations

from orchestrator.fabric.fabric_interface import Fabric, HostRef, PortState


def replace_cable(fabric: Fabric, target: HostRef, interface: str) -> None:
    """Put a new cable in the place of a host's, into another socket of the same switch.

    Whatever the old one did to frames (MTU, rate, loss) is gone with it. The interface loses its carrier meanwhile,
    so that a DHCP client asks again.

    Raises:
        LabError: the host has no such interface.
    """
    fabric.set_port(target, interface, plugged=False)
    fabric.set_port(target, interface, plugged=True, mtu=PortState.mtu, rate=0, loss=PortState.loss)
