"""Faults of a host's routes, and of whether it routes at all."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.elision import de
from orchestrator.core.text import Text
from orchestrator.faults.edited_file import EditedFile
from orchestrator.faults.fault import not_effective
from orchestrator.faults.library.addressing.interfaces_file import EditedInterfaces
from orchestrator.model.base import AbsolutePath
from orchestrator.model.lab import Address, Subnet


class _StaticRoute(EditedInterfaces):
    """A fault in the ``up ip route …`` and ``down ip route …`` lines of ``/etc/network/interfaces``."""

    destination: Subnet = Field(description="The network that the route leads to, as it stands in the file.")

    def _lines(self) -> re.Pattern[str]:
        route = rf"(?:(?:pre|post)-)?(?:up|down)[ \t]+(?:\S*/)?ip\b[^\n]*\broute\b[^\n]*{re.escape(self.destination)}"
        return re.compile(rf"^[ \t]*{route}(?!\d)[^\n]*\n?", re.MULTILINE)

    def _route(self, driver: LabDriver) -> str:
        return driver.run(self.host, ("ip", "-4", "route", "show", "exact", self.destination)).stdout.decode().strip()


class RouteMissing(_StaticRoute):
    """A static route is missing.

    The trainee sees that one network cannot be reached while the rest can: packets go to the default gateway or
    nowhere (``ip route get ADDRESS``). It stands in ``/etc/network/interfaces`` and outlasts a reboot. It needs
    ifupdown, as every image built on ``host`` has it, and ``up ip route add DESTINATION …`` lines. For FRR there is
    ``frr-route-missing``.
    """

    name: ClassVar[str] = "route-missing"

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        return self._lines().sub("", text)

    def verify(self, driver: LabDriver) -> None:
        """The kernel must not have the route, on an interface that is up."""
        seen = self._route(driver)
        up = driver.run(self.host, ("ip", "-4", "-br", "address", "show", "dev", self.interface, "up")).stdout.strip()
        if seen or not up:
            raise not_effective(self, seen or f"{self.interface} is down")

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"La route statique {de(self.host)} vers {self.destination} manquait.",
            en=f"The static route of {self.host} to {self.destination} was missing.",
        )


class RouteWrong(_StaticRoute):
    """A static route leads to a wrong next hop.

    The trainee sees that one network cannot be reached while the rest can. It stands in ``/etc/network/interfaces``
    and outlasts a reboot. It needs ifupdown, as every image built on ``host`` has it, and ``up ip route add
    DESTINATION via …`` lines. For FRR there is ``frr-route-wrong``.
    """

    name: ClassVar[str] = "route-wrong"

    via: Address = Field(description="The wrong next hop, in a network of the host's own.")

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        return self._lines().sub(lambda line: re.sub(r"\bvia[ \t]+[\d.]+", f"via {self.via}", line[0]), text)

    def verify(self, driver: LabDriver) -> None:
        """The kernel's route must lead to the wrong next hop."""
        seen = self._route(driver)
        if re.findall(r"via (\S+)", seen) != [self.via]:
            raise not_effective(self, seen or f"no route to {self.destination}")

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"La route statique {de(self.host)} vers {self.destination} passait par {self.via}.",
            en=f"The static route of {self.host} to {self.destination} led through {self.via}.",
        )


class ForwardingOff(EditedFile):
    """A router does not forward packets.

    The trainee sees that each of its addresses answers while nothing beyond it does, although all routes are right. It
    stands in a file of ``/etc/sysctl.d`` and outlasts a reboot. It needs an image whose hosts may write network sysctls
    (``router``) and a file that sets ``net.ipv4.ip_forward``.
    """

    name: ClassVar[str] = "forwarding-off"

    file: AbsolutePath = Field(
        default="/etc/sysctl.d/50-router.conf", description="The file that sets ``net.ipv4.ip_forward``."
    )

    def path(self) -> str:
        """See ``EditedFile.path``."""
        return self.file

    def change(self, driver: LabDriver, text: str) -> str:
        """See ``EditedFile.change``."""
        return re.sub(r"^([ \t]*net[./]ipv4[./]ip_forward[ \t]*=[ \t]*)1\b", r"\g<1>0", text, flags=re.MULTILINE)

    def load(self, driver: LabDriver, text: str) -> None:
        """See ``EditedFile.load``."""
        driver.write(self.host, self.file, text.encode())
        driver.run(self.host, ("sysctl", "--quiet", f"--load={self.file}"))

    def verify(self, driver: LabDriver) -> None:
        """The kernel must not forward."""
        seen = driver.run(self.host, ("cat", "/proc/sys/net/ipv4/ip_forward")).stdout.decode().strip()
        if seen != "0":
            raise not_effective(self, f"net.ipv4.ip_forward is {seen}")

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"{self.host} ne transmettait pas les paquets (net.ipv4.ip_forward valait 0).",
            en=f"{self.host} did not forward packets (net.ipv4.ip_forward was 0).",
        )
