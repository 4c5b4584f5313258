"""The faults of a packet filter."""

from __future__ import annotations

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.library.network.firewall import (
    Connection,
    FirewallDefaultDrop,
    FirewallNatMissing,
    FirewallRuleMissing,
    FirewallTooOpen,
)
from tests.live.faults.harness import Case, connects, prove, reaches

pytestmark = [pytest.mark.live, pytest.mark.core]

LAB = "fault-site"
SERVER, OUTSIDE = "10.80.3.10", "203.0.113.80"
ADMINISTRATION = "ip saddr 10.80.1.0/24 ip daddr 10.80.3.10 tcp dport 22 accept"
TRANSLATION = 'ip saddr 10.80.1.0/24 oifname "eth2" masquerade'


def ssh_opens(driver: LabDriver) -> bool:
    return connects(driver, "pc2", SERVER, 22)


def dns_over_tcp_is_closed(driver: LabDriver) -> bool:
    return not connects(driver, "pc2", SERVER, 53)


def outside_opens(driver: LabDriver) -> bool:
    return connects(driver, "pc2", OUTSIDE, 22)


def server_answers(driver: LabDriver) -> bool:
    return reaches(driver, "pc2", SERVER)


CASES = (
    Case(
        FirewallRuleMissing(host="r2", rule=ADMINISTRATION, blocked=Connection(client="pc2", address=SERVER, port=22)),
        healthy=ssh_opens,
        unharmed=lambda driver: server_answers(driver) and outside_opens(driver),
        reboots=("r2",),
    ),
    Case(
        FirewallTooOpen(
            host="r2",
            rule=ADMINISTRATION,
            becomes="ip saddr 10.80.1.0/24 ip daddr 10.80.3.10 accept",
            opened=Connection(client="pc2", address=SERVER, port=53),
        ),
        healthy=dns_over_tcp_is_closed,
        unharmed=ssh_opens,
        reboots=("r2",),
    ),
    Case(
        FirewallDefaultDrop(host="r2", chain="input"),
        healthy=lambda driver: connects(driver, "r1", "10.80.2.2", 22),
        unharmed=ssh_opens,
        reboots=("r2",),
    ),
    Case(
        FirewallNatMissing(host="r2", rule=TRANSLATION, blocked=Connection(client="pc2", address=OUTSIDE, port=22)),
        healthy=outside_opens,
        unharmed=ssh_opens,
        reboots=("r2",),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)
