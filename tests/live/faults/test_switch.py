"""The faults of a switch's VLANs, and that the switch carries more than pings."""

from __future__ import annotations

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError
from orchestrator.faults.library.network.switch import SwitchAccessVlan, SwitchTrunkVlan
from tests.live.faults.harness import Case, fetches, prove, reaches, serves, soon

pytestmark = pytest.mark.live

LAB = "fault-switch"
B, C = "10.82.10.2", "10.82.10.3"


def a_reaches_b(driver: LabDriver) -> bool:
    return reaches(driver, "a", B)


def a_reaches_c(driver: LabDriver) -> bool:
    return reaches(driver, "a", C)


CASES = (
    Case(
        SwitchAccessVlan(host="sw1", port="eth2", vlan=20, client="a", peer=B),
        healthy=a_reaches_b,
        unharmed=a_reaches_c,
        reboots=("sw1", "b"),
    ),
    Case(
        SwitchTrunkVlan(host="sw2", port="eth0", vlan=10, client="a", peer=C),
        healthy=a_reaches_c,
        unharmed=a_reaches_b,
        reboots=("sw2",),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)


def test_a_large_copy_crosses_both_switches(driver: LabDriver) -> None:
    assert soon(a_reaches_c, driver)
    serves(driver, "c", 9, 1_000_000)
    assert fetches(driver, "a", C, 9, within=20) == 1_000_000


def test_a_command_that_the_switch_refuses_is_an_error(driver: LabDriver) -> None:
    with pytest.raises(LabError, match="sw1"):
        driver.configure("sw1", ("ovs-vsctl set port eth9 tag=10",))
