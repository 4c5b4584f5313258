"""The faults of a router's configuration."""

from __future__ import annotations

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.library.network.frr_routes import FrrRouteExtra, FrrRouteMissing, FrrRouteWrong
from orchestrator.faults.library.network.ospf import OspfAreaWrong, OspfNetworkMissing, OspfPassive, OspfTimersWrong
from tests.live.faults.harness import Case, connects, output, prove, reaches

pytestmark = pytest.mark.live

LAB = "fault-site"
CORE = "10.80.2.0/24"


def server_is_routed(driver: LabDriver) -> bool:
    """Whether r1 has learned the way to the servers from r2, and an office workstation gets there."""
    route = output(driver, "r1", "ip", "route", "show", "10.80.3.0/24")
    return "proto ospf" in route and reaches(driver, "pc2", "10.80.3.10")


def routers_reach_each_other(driver: LabDriver) -> bool:
    return reaches(driver, "r1", "10.80.2.2")


def outside_opens(driver: LabDriver) -> bool:
    return connects(driver, "pc2", "203.0.113.80", 22)


CASES = (
    Case(
        OspfAreaWrong(host="r1", interface="eth1", network=CORE, area="0.0.0.1"),
        healthy=server_is_routed,
        unharmed=routers_reach_each_other,
        reboots=("r1",),
    ),
    Case(
        OspfNetworkMissing(host="r1", interface="eth1", network=CORE),
        healthy=server_is_routed,
        unharmed=routers_reach_each_other,
        reboots=("r1",),
    ),
    Case(
        OspfTimersWrong(host="r1", interface="eth1", hello=2, dead=8),
        healthy=server_is_routed,
        unharmed=routers_reach_each_other,
        reboots=("r1",),
    ),
    Case(
        OspfPassive(host="r1", interface="eth1"),
        healthy=server_is_routed,
        unharmed=routers_reach_each_other,
        reboots=("r1",),
    ),
    Case(
        FrrRouteExtra(host="r1", destination="10.80.3.0/24", via="10.80.1.30"),
        healthy=server_is_routed,
        unharmed=routers_reach_each_other,
        reboots=("r1",),
    ),
    Case(
        FrrRouteMissing(host="r1", destination="203.0.113.0/24"),
        healthy=outside_opens,
        unharmed=server_is_routed,
        reboots=("r1",),
    ),
    Case(
        FrrRouteWrong(host="r1", destination="203.0.113.0/24", via="10.80.2.9"),
        healthy=outside_opens,
        unharmed=server_is_routed,
        reboots=("r1",),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)
