"""Faults of the physical layer: the cable, made from the fabric's side as a real one would be."""

from __future__ import annotations

import math
import re
from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.elision import de
from orchestrator.core.errors import LabError
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import PortState
from orchestrator.faults.fault import Fault, Memento, not_effective, wait_for_effect
from orchestrator.faults.library.addressing.interfaces_file import EditedInterfaces, with_line
from orchestrator.model.base import HostName, InterfaceName, Slug
from orchestrator.model.lab import Address

_ETHERNET_HEADER, _IP_HEADER, _ICMP_HEADER = 14, 20, 8
_ALL = 100

_TAG = 4
"""Bytes that the kernel lets pass beyond the MTU of a cable's far end, for the tag of a VLAN."""
_FRAME = 1442
"""Bytes of each frame that measures a cable's rate."""
_BURST = 16_000
"""Bytes that a rate-limited cable lets through at once."""
_QUEUED = 0.05
"""Seconds that the last of the measuring frames waits for at least; no cable's queue is full by then."""


def _port(driver: LabDriver, host: str, interface: str) -> PortState:
    for port in driver.fabric.ports(driver.instance):
        if (port.host, port.interface) == (host, interface):
            return port
    raise LabError(
        Text(fr=f"{host} n'a pas d'interface {interface}", en=f"{host} has no interface {interface}"),
    )


class LinkUnplugged(Fault):
    """The network cable of a host is not plugged in.

    The trainee sees NO-CARRIER on the interface; a DHCP client has given its address up. It is repaired with
    ``breakfix cable HOST:INTERFACE plug``. It works with every image and outlasts a reboot.
    """

    name: ClassVar[str] = "link-unplugged"

    host: HostName = Field(description="The host whose cable is pulled.")
    interface: InterfaceName = Field(default="eth0", description="The interface that the cable is in.")

    def inject(self, driver: LabDriver) -> None:
        """Pull the cable."""
        driver.cable(self.host, self.interface, plugged=False)

    def verify(self, driver: LabDriver) -> None:
        """The host's own interface must have lost its carrier."""
        carrier = driver.run(self.host, ("cat", f"/sys/class/net/{self.interface}/carrier"), check=False)
        if carrier.stdout.strip() == b"1":
            raise not_effective(self, f"{self.interface} has a carrier")

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Plug the cable in."""
        driver.cable(self.host, self.interface, plugged=True)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Le câble réseau {de(self.host)} ({self.interface}) était débranché.",
            en=f"The network cable of {self.host} ({self.interface}) was unplugged.",
        )


class LinkWrongSegment(Fault):
    """The cable of a host leads to another segment.

    The trainee sees a link that is up and neighbours that are not the right ones; no DHCP server of the right network
    answers. It is repaired with ``breakfix cable HOST:INTERFACE SEGMENT``. It works with every image and outlasts a
    reboot.
    """

    name: ClassVar[str] = "link-wrong-segment"

    host: HostName = Field(description="The host whose cable is moved.")
    interface: InterfaceName = Field(default="eth0", description="The interface that the cable is in.")
    segment: Slug = Field(description="The segment that the cable leads to by mistake.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the segment that the cable leads to."""
        return {"segment": _port(driver, self.host, self.interface).segment}

    def inject(self, driver: LabDriver) -> None:
        """Move the cable."""
        driver.cable(self.host, self.interface, plugged=False)
        driver.cable(self.host, self.interface, plugged=True, segment=self.segment)

    def verify(self, driver: LabDriver) -> None:
        """The cable must lead to the wrong segment."""
        seen = _port(driver, self.host, self.interface).segment
        if seen != self.segment:
            raise not_effective(self, f"the cable leads to {seen}")

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Move the cable back."""
        driver.cable(self.host, self.interface, plugged=False)
        driver.cable(self.host, self.interface, plugged=True, segment=memento["segment"])

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Le câble {de(self.host)} était relié au segment « {self.segment} ».",
            en=f"The cable of {self.host} led to the segment '{self.segment}'.",
        )


def _ping(driver: LabDriver, host: str, peer: str, *options: str) -> str:
    """Return what ping prints on a host."""
    return driver.run(host, ("ping", "-n", "-q", *options, peer), check=False).stdout.decode(errors="replace")


def _queues(driver: LabDriver, host: str, peer: str, rate: int) -> tuple[bool, str]:
    """Return whether pings sent all at once wait for about as long as a rate says, and what was seen."""
    frames = 1 + math.ceil((_BURST + rate * _QUEUED / 8) / _FRAME)
    payload = str(_FRAME - _ETHERNET_HEADER - _IP_HEADER - _ICMP_HEADER)
    # A send buffer for all of them: ping's own holds one, and it would wait where its host's own queue is the slow one.
    at_once = ("-l", str(frames), "-c", str(frames), "-S", str(frames * 4096))
    seen = _ping(driver, host, peer, *at_once, "-W", "1", "-s", payload)
    slowest = re.search(r"= [\d.]+/[\d.]+/([\d.]+)/", seen)
    slow = slowest is not None and float(slowest[1]) >= 1000 * _QUEUED / 2
    return slow, f"{frames} pings of {_FRAME} bytes at once: {seen.strip()}"


class _BadCable(Fault):
    """A cable that is plugged in at the right place and carries frames badly."""

    host: HostName = Field(description="The host whose cable is bad.")
    interface: InterfaceName = Field(default="eth0", description="The interface that the cable is in.")
    peer: Address = Field(description="An address beyond the cable that answers pings, to see the effect.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep what the cable is like."""
        port = _port(driver, self.host, self.interface)
        return {"mtu": str(port.mtu), "rate": str(port.rate or 0), "loss": str(port.loss)}

    def revert(self, driver: LabDriver, memento: Memento) -> None:
        """Replace the cable by a good one."""
        was = {name: int(value) for name, value in memento.items()}
        driver.fabric.set_port(driver.on(self.host), self.interface, mtu=was["mtu"], rate=was["rate"], loss=was["loss"])


class LinkMtu(_BadCable):
    """Something on the path drops large frames: an MTU black hole.

    The trainee sees that pings and logins work while web pages, file copies and all that fills its packets stall;
    ``ping -M do -s SIZE`` finds the largest packet that passes. No error message comes back. The interface itself
    still has its own MTU, 1500. It is repaired with ``breakfix cable HOST:INTERFACE replace``. It works with every
    image and outlasts a reboot.
    """

    name: ClassVar[str] = "link-mtu"

    mtu: int = Field(ge=576, le=1499, description="The largest IP packet that passes, in bytes.")

    def inject(self, driver: LabDriver) -> None:
        """Lower the MTU of the far end of the cable."""
        driver.fabric.set_port(driver.on(self.host), self.interface, mtu=self.mtu - _TAG)

    def verify(self, driver: LabDriver) -> None:
        """A packet of that size must pass, and one a byte larger must not."""

        def look() -> str:
            passes, stalls = self._passes(driver, self.mtu), not self._passes(driver, self.mtu + 1)
            return "" if passes and stalls else f"{self.mtu} bytes pass: {passes}, more are lost: {stalls}"

        wait_for_effect(self, look)

    def _passes(self, driver: LabDriver, size: int) -> bool:
        payload = size - _IP_HEADER - _ICMP_HEADER
        return " 0% packet loss" in _ping(driver, self.host, self.peer, "-c1", "-W1", "-M", "do", "-s", str(payload))

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Le câble {de(self.host)} ({self.interface}) perdait tout paquet de plus de {self.mtu} octets.",
            en=f"The cable of {self.host} ({self.interface}) lost every packet of more than {self.mtu} bytes.",
        )


class LinkRate(_BadCable):
    """A cable is slow, as after a negotiation at the lowest speed.

    The trainee sees that everything works, slowly: ping times grow as soon as something large is copied. What the host
    receives is limited, what it sends is not. It is repaired with ``breakfix cable HOST:INTERFACE replace``. It works
    with every image and outlasts a reboot.
    """

    name: ClassVar[str] = "link-rate"

    rate: int = Field(ge=64_000, le=10_000_000, description="Bits per second towards the host.")

    def inject(self, driver: LabDriver) -> None:
        """Limit the rate of the cable."""
        driver.fabric.set_port(driver.on(self.host), self.interface, rate=self.rate)

    def verify(self, driver: LabDriver) -> None:
        """Answers that arrive all at once must wait for about as long as the rate says."""

        def look() -> str:
            slow, seen = _queues(driver, self.host, self.peer, self.rate)
            limited = _port(driver, self.host, self.interface).rate == self.rate
            return "" if slow and limited else seen

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Le câble {de(self.host)} ({self.interface}) ne portait que {self.rate / 1000:g} kbit/s.",
            en=f"The cable of {self.host} ({self.interface}) carried only {self.rate / 1000:g} kbit/s.",
        )


class LinkLoss(_BadCable):
    """A damaged cable loses a share of the frames in both directions.

    The trainee sees that everything works now and then, and slowly; ``ping`` counts the losses. It is repaired with
    ``breakfix cable HOST:INTERFACE replace``. It works with every image and outlasts a reboot.
    """

    name: ClassVar[str] = "link-loss"

    loss: int = Field(ge=5, le=95, description="Percent of the frames that are lost in each direction.")

    def inject(self, driver: LabDriver) -> None:
        """Damage the cable."""
        driver.fabric.set_port(driver.on(self.host), self.interface, loss=self.loss)

    def verify(self, driver: LabDriver) -> None:
        """Some pings must be answered, and some not."""

        def look() -> str:
            seen = _ping(driver, self.host, self.peer, "-c", "100", "-i", "0.01", "-W", "1")
            lost = re.search(r"([\d.]+)% packet loss", seen)
            return "" if lost and 0 < float(lost[1]) < _ALL else seen.strip() or "ping prints nothing"

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Le câble {de(self.host)} ({self.interface}) perdait {self.loss} % des trames.",
            en=f"The cable of {self.host} ({self.interface}) lost {self.loss}% of the frames.",
        )


class LinkShaped(EditedInterfaces):
    """A host sends through an interface no quicker than a limit allows, left there after a test (``tc``, tbf).

    The trainee sees that everything that this host sends there, or passes on where it is a router, is slow, whatever
    the cable; ``tc qdisc show`` names the limit. It stands in ``/etc/network/interfaces`` and outlasts a reboot. It
    needs ifupdown and tc, as every image built on ``host`` has them.
    """

    name: ClassVar[str] = "link-shaped"

    rate: int = Field(ge=64_000, le=10_000_000, description="Bits per second that the host sends at most.")
    peer: Address = Field(description="An address beyond the interface that answers pings, to see the effect.")

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        return with_line(text, self.interface, f"up {' '.join(self._limit())}")

    def load(self, driver: LabDriver, text: str) -> None:
        """Write the file, and set or lift the limit by hand: the interface of a router stays up."""
        driver.write(self.host, self.path(), text.encode())
        driver.run(self.host, ("tc", "qdisc", "del", "dev", self.interface, "root"), check=False)
        if " ".join(self._limit()) in text:
            driver.run(self.host, self._limit())

    def verify(self, driver: LabDriver) -> None:
        """Pings that are sent all at once must wait for about as long as the rate says."""

        def look() -> str:
            slow, seen = _queues(driver, self.host, self.peer, self.rate)
            limited = (
                "qdisc tbf" in driver.run(self.host, ("tc", "qdisc", "show", "dev", self.interface)).stdout.decode()
            )
            return "" if slow and limited else seen

        wait_for_effect(self, look)

    def _limit(self) -> tuple[str, ...]:
        """Return the command that sets the limit."""
        limit = ("rate", f"{self.rate // 1000}kbit", "burst", f"{_BURST}b", "latency", "200ms")
        return ("tc", "qdisc", "replace", "dev", self.interface, "root", "tbf", *limit)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Un limiteur oublié sur {self.host} ({self.interface}) n'envoyait que {self.rate / 1000:g} kbit/s.",
            en=f"A limit left on {self.host} ({self.interface}) let it send only {self.rate / 1000:g} kbit/s.",
        )
