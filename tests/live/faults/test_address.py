"""The faults of addresses, gateways and routes on real hosts."""

from __future__ import annotations

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.library.addressing.address import (
    AddressStatic,
    AddressWrong,
    GatewayWrong,
    InterfaceMtu,
    InterfaceNotStarted,
)
from orchestrator.faults.library.addressing.route import ForwardingOff, RouteMissing, RouteWrong
from tests.live.faults.harness import Case, output, prove, reaches

pytestmark = pytest.mark.live

LAB = "fault-site"
GATEWAY, SERVER = "10.80.1.1", "10.80.3.10"

OUTSIDE_GATEWAY = "203.0.113.1"


def pc2_reaches_the_server(driver: LabDriver) -> bool:
    return reaches(driver, "pc2", SERVER)


def pc2_reaches_its_gateway(driver: LabDriver) -> bool:
    return reaches(driver, "pc2", GATEWAY)


def out_reaches_the_server(driver: LabDriver) -> bool:
    return reaches(driver, "out", SERVER)


def out_reaches_its_gateway(driver: LabDriver) -> bool:
    return reaches(driver, "out", OUTSIDE_GATEWAY)


def full_neighbours(driver: LabDriver) -> bool:
    return "Full" in output(driver, "r1", "vtysh", "-c", "show ip ospf neighbor")


CASES = (
    Case(
        AddressStatic(host="pc1", address="10.80.1.51/24", gateway="10.80.1.9", dns=SERVER),
        healthy=lambda driver: reaches(driver, "pc1", SERVER),
        unharmed=lambda driver: reaches(driver, "pc1", GATEWAY),
        reboots=("pc1",),
    ),
    Case(
        AddressWrong(host="pc2", address="10.81.1.20/24"),
        healthy=pc2_reaches_its_gateway,
        reboots=("pc2",),
        note="network",
    ),
    Case(
        AddressWrong(host="pc2", address="10.80.1.20/16"),
        healthy=pc2_reaches_the_server,
        unharmed=pc2_reaches_its_gateway,
        reboots=("pc2",),
        note="prefix",
    ),
    Case(
        GatewayWrong(host="pc2", gateway="10.80.1.9"),
        healthy=pc2_reaches_the_server,
        unharmed=pc2_reaches_its_gateway,
        reboots=("pc2",),
    ),
    Case(
        GatewayWrong(host="pc2"),
        healthy=pc2_reaches_the_server,
        unharmed=pc2_reaches_its_gateway,
        reboots=("pc2",),
        note="none",
    ),
    Case(InterfaceNotStarted(host="pc2"), healthy=pc2_reaches_its_gateway, reboots=("pc2",)),
    Case(
        InterfaceMtu(host="r2", interface="eth0", mtu=1400),
        healthy=full_neighbours,
        unharmed=lambda driver: reaches(driver, "r1", "10.80.2.2"),
        reboots=("r2",),
    ),
    Case(
        RouteMissing(host="out", destination="10.80.3.0/24"),
        healthy=out_reaches_the_server,
        unharmed=out_reaches_its_gateway,
        reboots=("out",),
    ),
    Case(
        RouteWrong(host="out", destination="10.80.3.0/24", via="203.0.113.9"),
        healthy=out_reaches_the_server,
        unharmed=out_reaches_its_gateway,
        reboots=("out",),
    ),
    Case(
        ForwardingOff(host="r2"),
        healthy=pc2_reaches_the_server,
        unharmed=lambda driver: reaches(driver, "r1", "10.80.2.2"),
        reboots=("r2",),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)
