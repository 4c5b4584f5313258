"""Faults of OSPF on a router (FRR): neighbours that do not find each other."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from pydantic import Field

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.elision import de
from orchestrator.core.text import Text
from orchestrator.faults.fault import Memento, not_effective, wait_for_effect
from orchestrator.faults.library.network.frr import NO_CHANGE, OnRouter, configuration, show
from orchestrator.model.base import InterfaceName
from orchestrator.model.lab import Address, Subnet


class _OspfInterface(OnRouter):
    """A fault that keeps OSPF neighbours on one interface apart."""

    interface: InterfaceName = Field(description="The interface where the neighbour is lost.")

    def _ospf(self, driver: LabDriver) -> dict[str, Any]:
        """Return OSPF's view of the interface; empty where OSPF does not run on it."""
        shown = show(driver, self.host, f"show ip ospf interface {self.interface}")
        found: dict[str, Any] = shown.get("interfaces", shown).get(self.interface, {})
        return found if found.get("ospfEnabled") else {}

    def _neighbours(self, driver: LabDriver) -> list[str]:
        """Return the states of the neighbours on the interface."""
        shown = show(driver, self.host, "show ip ospf neighbor").get("neighbors", {})
        entries = [entry for of_one in shown.values() for entry in of_one]
        return [
            entry["nbrState"] for entry in entries if entry.get("ifaceName", "").partition(":")[0] == self.interface
        ]

    def verify(self, driver: LabDriver) -> None:
        """OSPF itself must have the fault, and no neighbour on the interface."""

        def look() -> str:
            ospf, neighbours = self._ospf(driver), self._neighbours(driver)
            return "" if self.shown(ospf) and not neighbours else f"{self.interface}: {neighbours}, {ospf}"

        wait_for_effect(self, look)

    @abstractmethod
    def shown(self, ospf: dict[str, Any]) -> bool:
        """Return whether OSPF's view of the interface has the fault."""


class _OspfNetwork(_OspfInterface):
    """A fault of a ``network`` statement."""

    network: Subnet = Field(description="The network as the ``network`` statement names it.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the statement's area."""
        start = f"network {self.network} area "
        areas = [line.removeprefix(start) for line in configuration(driver, self.host) if line.startswith(start)]
        if not areas:
            raise not_effective(self, f"'{start.strip()}': {NO_CHANGE}")
        return {"area": areas[0]}


class OspfAreaWrong(_OspfNetwork):
    """An OSPF router has a network in a wrong area.

    The trainee sees a neighbour that is lost and routes that are gone; ``show ip ospf interface`` shows the area,
    which differs from the other router's. It is saved and outlasts a reboot. It needs FRR (image ``router``) and a
    ``network … area …`` statement.
    """

    name: ClassVar[str] = "ospf-area-wrong"

    area: Address = Field(description="The wrong area in dotted form, such as ``0.0.0.1``.")

    def breaking(self, memento: Memento) -> tuple[str, ...]:
        """See ``OnRouter.breaking``."""
        return (
            "router ospf",
            f"no network {self.network} area {memento['area']}",
            f"network {self.network} area {self.area}",
        )

    def repair_commands(self, memento: Memento) -> tuple[str, ...]:
        """See ``OnRouter.repair_commands``."""
        return (
            "router ospf",
            f"no network {self.network} area {self.area}",
            f"network {self.network} area {memento['area']}",
        )

    def shown(self, ospf: dict[str, Any]) -> bool:
        """See ``_OspfInterface.shown``."""
        return str(ospf.get("area", "")).split(" ")[0] == self.area

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, le réseau {self.network} était dans l'aire OSPF {self.area}.",
            en=f"On {self.host} the network {self.network} was in the OSPF area {self.area}.",
        )


class OspfNetworkMissing(_OspfNetwork):
    """A ``network`` statement of an OSPF router is missing: OSPF does not run on an interface.

    The trainee sees a neighbour that is lost, or a network that no other router knows; ``show ip ospf interface``
    does not list it. It is saved and outlasts a reboot. It needs FRR (image ``router``) and a ``network … area …``
    statement.
    """

    name: ClassVar[str] = "ospf-network-missing"

    def breaking(self, memento: Memento) -> tuple[str, ...]:
        """See ``OnRouter.breaking``."""
        return ("router ospf", f"no network {self.network} area {memento['area']}")

    def repair_commands(self, memento: Memento) -> tuple[str, ...]:
        """See ``OnRouter.repair_commands``."""
        return ("router ospf", f"network {self.network} area {memento['area']}")

    def shown(self, ospf: dict[str, Any]) -> bool:
        """See ``_OspfInterface.shown``."""
        return not ospf

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, OSPF n'avait pas d'instruction « network » pour {self.network}.",
            en=f"On {self.host} OSPF had no 'network' statement for {self.network}.",
        )


class OspfTimersWrong(_OspfInterface):
    """The hello and dead intervals of an OSPF interface differ from its neighbour's.

    The trainee sees a neighbour that is lost although both routers send hellos; ``show ip ospf interface`` on both
    shows the difference. It is saved and outlasts a reboot. It needs FRR (image ``router``).
    """

    name: ClassVar[str] = "ospf-timers-wrong"

    hello: int = Field(ge=1, le=65535, description="The wrong hello interval in seconds.")
    dead: int = Field(ge=1, le=65535, description="The wrong dead interval in seconds.")

    def remember(self, driver: LabDriver) -> Memento:
        """Keep the intervals that are configured, ``""`` for FRR's own."""
        shown = driver.run(self.host, ("vtysh", "-c", "show running-config")).stdout.decode(errors="replace")
        block = shown.partition(f"\ninterface {self.interface}\n")[2].partition("\nexit")[0]
        lines = [line.strip() for line in block.splitlines()]
        return {
            word: next((s.rpartition(" ")[2] for s in lines if s.startswith(f"ip ospf {word}-interval ")), "")
            for word in ("hello", "dead")
        }

    def breaking(self, memento: Memento) -> tuple[str, ...]:
        """See ``OnRouter.breaking``."""
        return (
            f"interface {self.interface}",
            f"ip ospf hello-interval {self.hello}",
            f"ip ospf dead-interval {self.dead}",
        )

    def repair_commands(self, memento: Memento) -> tuple[str, ...]:
        """See ``OnRouter.repair_commands``."""
        lines = [
            f"ip ospf {word}-interval {value}" if value else f"no ip ospf {word}-interval"
            for word, value in memento.items()
        ]
        return (f"interface {self.interface}", *lines)

    def shown(self, ospf: dict[str, Any]) -> bool:
        """See ``_OspfInterface.shown``."""
        return (ospf.get("timerMsecs"), ospf.get("timerDeadSecs")) == (self.hello * 1000, self.dead)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Les temporisations OSPF {de(self.host)} ({self.interface}) étaient {self.hello} s et {self.dead} s.",
            en=f"The OSPF timers of {self.host} ({self.interface}) were {self.hello} s and {self.dead} s.",
        )


class OspfPassive(_OspfInterface):
    """An interface between OSPF routers is passive.

    The trainee sees a neighbour that is lost because no hello is sent; ``show ip ospf interface`` says so. It is
    saved and outlasts a reboot. It needs FRR (image ``router``).
    """

    name: ClassVar[str] = "ospf-passive"

    def breaking(self, memento: Memento) -> tuple[str, ...]:
        """See ``OnRouter.breaking``."""
        return (f"interface {self.interface}", "ip ospf passive")

    def repair_commands(self, memento: Memento) -> tuple[str, ...]:
        """See ``OnRouter.repair_commands``."""
        return (f"interface {self.interface}", "no ip ospf passive")

    def shown(self, ospf: dict[str, Any]) -> bool:
        """See ``_OspfInterface.shown``."""
        return bool(ospf.get("timerPassiveIface"))

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"L'interface {self.interface} {de(self.host)} était passive pour OSPF.",
            en=f"The interface {self.interface} of {self.host} was passive for OSPF.",
        )
