"""Faults of a router's static routes (FRR)."""

from __future__ import annotations

import json
from typing import ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.text import Text
from orchestrator.faults.fault import Memento, not_effective, nothing_to_break, wait_for_effect
from orchestrator.faults.library.network.frr import NO_CHANGE, OnRouter, configuration, show
from orchestrator.model.lab import Address, Subnet


class _StaticRoute(OnRouter):
    """A fault of an ``ip route`` line."""

    destination: Subnet = Field(description="The network that the route leads to.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the line."""
        lines = self._lines(driver)
        if not lines:
            raise not_effective(self, f"'ip route {self.destination}': {NO_CHANGE}")
        return {"line": lines[0]}

    def _lines(self, driver: LabDriver) -> list[str]:
        """Return the lines of the configuration for the destination."""
        start = f"ip route {self.destination} "
        return [line for line in configuration(driver, self.host) if line.startswith(start)]

    def _hops(self, driver: LabDriver) -> list[str]:
        """Return the next hops of the kernel's route."""
        shown = driver.run(self.host, ("ip", "-4", "-json", "route", "show", "exact", self.destination)).stdout
        return [route.get("gateway", "") for route in json.loads(shown or b"[]")]


class FrrRouteExtra(_StaticRoute):
    """A router has a static route too many, which wins against what it learns from its neighbours.

    The trainee sees traffic of one direction that takes another way than that of the other one, or that ends where
    nobody passes it on; ``show ip route`` marks the route as static. It is saved and outlasts a reboot. It needs FRR
    (image ``router``) and no ``ip route`` line for the destination.
    """

    name: ClassVar[str] = "frr-route-extra"

    via: Address = Field(description="The next hop, in a network of the router's own.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep nothing: the revert removes the line.

        Raises:
            LabError: the router has a static route to the destination already.
        """
        lines = self._lines(driver)
        if lines:
            raise nothing_to_break(self, lines[0])
        return {}

    def breaking(self, memento: Memento) -> tuple[str, ...]:
        """See ``OnRouter.breaking``."""
        return (f"ip route {self.destination} {self.via}",)

    def repair_commands(self, memento: Memento) -> tuple[str, ...]:
        """See ``OnRouter.repair_commands``."""
        return (f"no ip route {self.destination} {self.via}",)

    def verify(self, driver: LabDriver) -> None:
        """The kernel's route must lead to the next hop, because of the static route."""

        def look() -> str:
            known = show(driver, self.host, f"show ip route {self.destination}").get(self.destination, [])
            chosen = [route["protocol"] for route in known if route.get("selected")]
            hops = self._hops(driver)
            return "" if chosen == ["static"] and hops == [self.via] else f"{self.destination}: {chosen}, {hops}"

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, une route statique de trop envoyait {self.destination} vers {self.via}.",
            en=f"On {self.host} a static route too many sent {self.destination} to {self.via}.",
        )


class FrrRouteMissing(_StaticRoute):
    """A router has lost a static route.

    The trainee sees that one network cannot be reached through this router; ``show ip route`` does not have it. It is
    saved and outlasts a reboot. It needs FRR (image ``router``) and an ``ip route`` line for the destination.
    """

    name: ClassVar[str] = "frr-route-missing"

    def breaking(self, memento: Memento) -> tuple[str, ...]:
        """See ``OnRouter.breaking``."""
        return (f"no {memento['line']}",)

    def repair_commands(self, memento: Memento) -> tuple[str, ...]:
        """See ``OnRouter.repair_commands``."""
        return (memento["line"],)

    def verify(self, driver: LabDriver) -> None:
        """The kernel must not have the route, although FRR runs."""

        def look() -> str:
            show(driver, self.host, "show ip route")
            return ", ".join(self._hops(driver))

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, la route statique vers {self.destination} manquait.",
            en=f"On {self.host} the static route to {self.destination} was missing.",
        )


class FrrRouteWrong(_StaticRoute):
    """A router's static route leads to a wrong next hop.

    The trainee sees that one network cannot be reached through this router; ``traceroute`` ends there or goes
    astray. It is saved and outlasts a reboot. It needs FRR (image ``router``) and an ``ip route`` line for the
    destination.
    """

    name: ClassVar[str] = "frr-route-wrong"

    via: Address = Field(description="The wrong next hop, in a network of the router's own.")

    def breaking(self, memento: Memento) -> tuple[str, ...]:
        """See ``OnRouter.breaking``."""
        return (f"no {memento['line']}", f"ip route {self.destination} {self.via}")

    def repair_commands(self, memento: Memento) -> tuple[str, ...]:
        """See ``OnRouter.repair_commands``."""
        return (f"no ip route {self.destination} {self.via}", memento["line"])

    def verify(self, driver: LabDriver) -> None:
        """The kernel's route must lead to the wrong next hop."""

        def look() -> str:
            hops = self._hops(driver)
            return "" if hops == [self.via] else f"next hops to {self.destination}: {hops}"

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, la route statique vers {self.destination} passait par {self.via}.",
            en=f"On {self.host} the static route to {self.destination} led through {self.via}.",
        )
