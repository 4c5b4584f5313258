"""Faults of a router's configuration (FRR), typed over SSH as on any network device and saved."""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import Any, ClassVar

from pydantic import Field

from orchestrator.access.hands import Hands
from orchestrator.faults.base import Fault, Memento, not_effective, nothing_to_break, wait_for_effect
from orchestrator.model.base import HostName, InterfaceName
from orchestrator.model.lab import Address, Subnet
from orchestrator.text import Text

_NO_CHANGE = "the configuration does not have it"


def _show(hands: Hands, host: str, command: str) -> Any:  # noqa: ANN401 (FRR's JSON)
    """Return what FRR says in JSON, asked on the host itself."""
    return json.loads(hands.run(host, ("vtysh", "-c", f"{command} json")).stdout or b"{}")


def _configuration(hands: Hands, host: str) -> list[str]:
    """Return the lines of the running configuration, without their indentation."""
    shown = hands.run(host, ("vtysh", "-c", "show running-config")).stdout.decode(errors="replace")
    return [line.strip() for line in shown.splitlines()]


class _OnRouter(Fault):
    """A fault that is configured on a router; the revert configures the opposite."""

    host: HostName = Field(description="The router.")

    @abstractmethod
    def breaking(self, memento: Memento) -> tuple[str, ...]:
        """Return the configuration lines that break it."""

    @abstractmethod
    def mending(self, memento: Memento) -> tuple[str, ...]:
        """Return the configuration lines that bring back what was there."""

    def inject(self, hands: Hands) -> None:
        """Configure the fault and save it."""
        hands.configure(self.host, self.breaking(self.remember(hands)))

    def revert(self, hands: Hands, memento: Memento) -> None:
        """Configure the opposite and save it."""
        hands.configure(self.host, self.mending(memento))


class _OspfInterface(_OnRouter):
    """A fault that keeps OSPF neighbours on one interface apart."""

    interface: InterfaceName = Field(description="The interface where the neighbour is lost.")

    def _ospf(self, hands: Hands) -> dict[str, Any]:
        """Return OSPF's view of the interface; empty where OSPF does not run on it."""
        shown = _show(hands, self.host, f"show ip ospf interface {self.interface}")
        found: dict[str, Any] = shown.get("interfaces", shown).get(self.interface, {})
        return found if found.get("ospfEnabled") else {}

    def _neighbours(self, hands: Hands) -> list[str]:
        """Return the states of the neighbours on the interface."""
        shown = _show(hands, self.host, "show ip ospf neighbor").get("neighbors", {})
        entries = [entry for of_one in shown.values() for entry in of_one]
        return [
            entry["nbrState"] for entry in entries if entry.get("ifaceName", "").partition(":")[0] == self.interface
        ]

    def verify(self, hands: Hands) -> None:
        """OSPF itself must have the fault, and no neighbour on the interface."""

        def look() -> str:
            ospf, neighbours = self._ospf(hands), self._neighbours(hands)
            return "" if self.shown(ospf) and not neighbours else f"{self.interface}: {neighbours}, {ospf}"

        wait_for_effect(self, look)

    @abstractmethod
    def shown(self, ospf: dict[str, Any]) -> bool:
        """Return whether OSPF's view of the interface has the fault."""


class _OspfNetwork(_OspfInterface):
    """A fault of a ``network`` statement."""

    network: Subnet = Field(description="The network as the ``network`` statement names it.")

    def remember(self, hands: Hands) -> Memento:
        """Keep the statement's area."""
        start = f"network {self.network} area "
        areas = [line.removeprefix(start) for line in _configuration(hands, self.host) if line.startswith(start)]
        if not areas:
            raise not_effective(self, f"'{start.strip()}': {_NO_CHANGE}")
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
        """See ``_OnRouter.breaking``."""
        return (
            "router ospf",
            f"no network {self.network} area {memento['area']}",
            f"network {self.network} area {self.area}",
        )

    def mending(self, memento: Memento) -> tuple[str, ...]:
        """See ``_OnRouter.mending``."""
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
        """See ``_OnRouter.breaking``."""
        return ("router ospf", f"no network {self.network} area {memento['area']}")

    def mending(self, memento: Memento) -> tuple[str, ...]:
        """See ``_OnRouter.mending``."""
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

    def remember(self, hands: Hands) -> Memento:
        """Keep the intervals that are configured, ``""`` for FRR's own."""
        shown = hands.run(self.host, ("vtysh", "-c", "show running-config")).stdout.decode(errors="replace")
        block = shown.partition(f"\ninterface {self.interface}\n")[2].partition("\nexit")[0]
        lines = [line.strip() for line in block.splitlines()]
        return {
            word: next((s.rpartition(" ")[2] for s in lines if s.startswith(f"ip ospf {word}-interval ")), "")
            for word in ("hello", "dead")
        }

    def breaking(self, memento: Memento) -> tuple[str, ...]:
        """See ``_OnRouter.breaking``."""
        return (
            f"interface {self.interface}",
            f"ip ospf hello-interval {self.hello}",
            f"ip ospf dead-interval {self.dead}",
        )

    def mending(self, memento: Memento) -> tuple[str, ...]:
        """See ``_OnRouter.mending``."""
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
            fr=f"Les temporisations OSPF de {self.host} ({self.interface}) étaient {self.hello} s et {self.dead} s.",
            en=f"The OSPF timers of {self.host} ({self.interface}) were {self.hello} s and {self.dead} s.",
        )


class OspfPassive(_OspfInterface):
    """An interface between OSPF routers is passive.

    The trainee sees a neighbour that is lost because no hello is sent; ``show ip ospf interface`` says so. It is
    saved and outlasts a reboot. It needs FRR (image ``router``).
    """

    name: ClassVar[str] = "ospf-passive"

    def breaking(self, memento: Memento) -> tuple[str, ...]:
        """See ``_OnRouter.breaking``."""
        return (f"interface {self.interface}", "ip ospf passive")

    def mending(self, memento: Memento) -> tuple[str, ...]:
        """See ``_OnRouter.mending``."""
        return (f"interface {self.interface}", "no ip ospf passive")

    def shown(self, ospf: dict[str, Any]) -> bool:
        """See ``_OspfInterface.shown``."""
        return bool(ospf.get("timerPassiveIface"))

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"L'interface {self.interface} de {self.host} était passive pour OSPF.",
            en=f"The interface {self.interface} of {self.host} was passive for OSPF.",
        )


class _StaticRoute(_OnRouter):
    """A fault of an ``ip route`` line."""

    destination: Subnet = Field(description="The network that the route leads to.")

    def remember(self, hands: Hands) -> Memento:
        """Keep the line."""
        lines = self._lines(hands)
        if not lines:
            raise not_effective(self, f"'ip route {self.destination}': {_NO_CHANGE}")
        return {"line": lines[0]}

    def _lines(self, hands: Hands) -> list[str]:
        """Return the lines of the configuration for the destination."""
        start = f"ip route {self.destination} "
        return [line for line in _configuration(hands, self.host) if line.startswith(start)]

    def _hops(self, hands: Hands) -> list[str]:
        """Return the next hops of the kernel's route."""
        shown = hands.run(self.host, ("ip", "-4", "-json", "route", "show", "exact", self.destination)).stdout
        return [route.get("gateway", "") for route in json.loads(shown or b"[]")]


class FrrRouteExtra(_StaticRoute):
    """A router has a static route too many, which wins against what it learns from its neighbours.

    The trainee sees traffic of one direction that takes another way than that of the other one, or that ends where
    nobody passes it on; ``show ip route`` marks the route as static. It is saved and outlasts a reboot. It needs FRR
    (image ``router``) and no ``ip route`` line for the destination.
    """

    name: ClassVar[str] = "frr-route-extra"

    via: Address = Field(description="The next hop, in a network of the router's own.")

    def remember(self, hands: Hands) -> Memento:
        """Keep nothing: the revert removes the line.

        Raises:
            LabError: the router has a static route to the destination already.
        """
        lines = self._lines(hands)
        if lines:
            raise nothing_to_break(self, lines[0])
        return {}

    def breaking(self, memento: Memento) -> tuple[str, ...]:
        """See ``_OnRouter.breaking``."""
        return (f"ip route {self.destination} {self.via}",)

    def mending(self, memento: Memento) -> tuple[str, ...]:
        """See ``_OnRouter.mending``."""
        return (f"no ip route {self.destination} {self.via}",)

    def verify(self, hands: Hands) -> None:
        """The kernel's route must lead to the next hop, because of the static route."""

        def look() -> str:
            known = _show(hands, self.host, f"show ip route {self.destination}").get(self.destination, [])
            chosen = [route["protocol"] for route in known if route.get("selected")]
            hops = self._hops(hands)
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
        """See ``_OnRouter.breaking``."""
        return (f"no {memento['line']}",)

    def mending(self, memento: Memento) -> tuple[str, ...]:
        """See ``_OnRouter.mending``."""
        return (memento["line"],)

    def verify(self, hands: Hands) -> None:
        """The kernel must not have the route, although FRR runs."""

        def look() -> str:
            _show(hands, self.host, "show ip route")
            return ", ".join(self._hops(hands))

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
        """See ``_OnRouter.breaking``."""
        return (f"no {memento['line']}", f"ip route {self.destination} {self.via}")

    def mending(self, memento: Memento) -> tuple[str, ...]:
        """See ``_OnRouter.mending``."""
        return (f"no ip route {self.destination} {self.via}", memento["line"])

    def verify(self, hands: Hands) -> None:
        """The kernel's route must lead to the wrong next hop."""

        def look() -> str:
            hops = self._hops(hands)
            return "" if hops == [self.via] else f"next hops to {self.destination}: {hops}"

        wait_for_effect(self, look)

    def explain(self) -> Text:
        """See ``Fault.explain``."""
        return Text(
            fr=f"Sur {self.host}, la route statique vers {self.destination} passait par {self.via}.",
            en=f"On {self.host} the static route to {self.destination} led through {self.via}.",
        )
