"""The faults of a router's configuration."""

from __future__ import annotations

import pytest

from orchestrator.access.hands import Hands
from orchestrator.faults.frr_routes import FrrRouteExtra, FrrRouteMissing, FrrRouteWrong
from orchestrator.faults.ospf import OspfAreaWrong, OspfNetworkMissing, OspfPassive, OspfTimersWrong
from tests.live.faults.harness import Case, connects, output, prove, reaches

pytestmark = pytest.mark.live

LAB = "fault-site"
CORE = "10.80.2.0/24"


def server_is_routed(hands: Hands) -> bool:
    """Whether r1 has learned the way to the servers from r2, and an office workstation gets there."""
    route = output(hands, "r1", "ip", "route", "show", "10.80.3.0/24")
    return "proto ospf" in route and reaches(hands, "pc2", "10.80.3.10")


def routers_reach_each_other(hands: Hands) -> bool:
    return reaches(hands, "r1", "10.80.2.2")


def outside_opens(hands: Hands) -> bool:
    return connects(hands, "pc2", "203.0.113.80", 22)


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
def test_fault(case: Case, hands: Hands) -> None:
    prove(case, hands)
