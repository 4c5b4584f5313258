"""The faults of DHCP on a real server, relay and client."""

from __future__ import annotations

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.library.dhcp.dhcp import DhcpOptionWrong, DhcpPoolOutside, DhcpReservationWrong
from orchestrator.faults.library.dhcp.dhcp_exhausted import DhcpPoolReserved, DhcpPoolSmall, DhcpScopeExhausted
from orchestrator.faults.library.dhcp.dhcp_path import DhcpRelayWrong, DhcpRogue
from tests.live.faults.harness import Behaviour, Case, output, prove, reaches

pytestmark = pytest.mark.live

LAB = "fault-site"
OFFICE = "10.80.1.0/24"
SERVER, GATEWAY, NOBODY = "10.80.3.10", "10.80.1.1", "10.80.1.99"


def has_an_address(driver: LabDriver) -> bool:
    return "inet 10.80.1." in output(driver, "pc1", "ip", "-4", "address", "show", "dev", "eth0")


def pc3_has_an_address(driver: LabDriver) -> bool:
    return "inet 10.80.1." in output(driver, "pc3", "ip", "-4", "address", "show", "dev", "eth0")


def has_its_own_address(driver: LabDriver) -> bool:
    return "inet 10.80.1.51/24 " in output(driver, "pc1", "ip", "-4", "address", "show", "dev", "eth0")


def reaches_the_server(driver: LabDriver) -> bool:
    return reaches(driver, "pc1", SERVER)


def resolver_is(address: str) -> Behaviour:
    return lambda driver: f"nameserver {address}\n" in output(driver, "pc1", "cat", "/etc/resolv.conf")


def server_listens(driver: LabDriver) -> bool:
    return output(driver, "srv", "ss", "-Hlun", "sport = :67").strip() != ""


def pc2_works(driver: LabDriver) -> bool:
    return reaches(driver, "pc2", SERVER)


CASES = (
    Case(
        DhcpOptionWrong(host="srv", subnet=OFFICE, option="routers", data=NOBODY, client="pc1"),
        healthy=reaches_the_server,
        unharmed=has_its_own_address,
        reboots=("pc1",),
        note="gateway",
    ),
    Case(
        DhcpOptionWrong(host="srv", subnet=OFFICE, option="domain-name-servers", data=NOBODY, client="pc1"),
        healthy=resolver_is(SERVER),
        unharmed=reaches_the_server,
        reboots=("srv", "pc1"),
        note="resolver",
    ),
    Case(
        DhcpReservationWrong(host="srv", subnet=OFFICE, address="10.80.1.51", mac="02:00:00:00:00:99", client="pc1"),
        healthy=has_its_own_address,
        unharmed=reaches_the_server,
        reboots=("pc1",),
    ),
    Case(
        DhcpPoolOutside(host="srv", subnet=OFFICE, pool="10.80.9.100 - 10.80.9.199", client="pc1"),
        healthy=has_an_address,
        unharmed=pc2_works,
        reboots=("srv", "pc1"),
    ),
    Case(
        DhcpScopeExhausted(host="srv", subnet=OFFICE, client="pc3"),
        healthy=pc3_has_an_address,
        unharmed=lambda driver: has_its_own_address(driver) and server_listens(driver),
        reboots=("srv", "pc3"),
    ),
    Case(
        DhcpPoolSmall(host="srv", subnet=OFFICE, pool="10.80.1.100 - 10.80.1.104", client="pc3"),
        healthy=pc3_has_an_address,
        unharmed=lambda driver: has_its_own_address(driver) and server_listens(driver),
        reboots=("srv", "pc3"),
    ),
    Case(
        DhcpPoolReserved(host="srv", subnet=OFFICE, client="pc3"),
        healthy=pc3_has_an_address,
        unharmed=lambda driver: has_its_own_address(driver) and server_listens(driver),
        reboots=("srv", "pc3"),
    ),
    Case(
        DhcpRogue(host="box", subnet=OFFICE, pool="10.80.1.220 - 10.80.1.229", router="10.80.1.30", client="pc1"),
        healthy=has_its_own_address,
        unharmed=server_listens,
        reboots=("box",),
    ),
    Case(
        DhcpRelayWrong(host="r1", server="10.80.3.99", client="pc1"),
        healthy=has_an_address,
        unharmed=server_listens,
        reboots=("r1", "pc1"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)
