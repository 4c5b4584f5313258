"""The faults of cables on real hosts."""

from __future__ import annotations

import re

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.library.network.link import (
    LinkLoss,
    LinkMtu,
    LinkRate,
    LinkShaped,
    LinkUnplugged,
    LinkWrongSegment,
)
from tests.live.faults.harness import Behaviour, Case, fetches, output, prove, reaches, serves, succeeds

pytestmark = [pytest.mark.live, pytest.mark.core]

LAB = "fault-site"
GATEWAY = "10.80.1.1"


def gateway_answers(driver: LabDriver) -> bool:
    return reaches(driver, "pc2", GATEWAY)


def has_carrier(driver: LabDriver) -> bool:
    return output(driver, "pc2", "cat", "/sys/class/net/eth0/carrier").strip() == "1"


def large_packets_pass(driver: LabDriver) -> bool:
    return succeeds(driver, "pc2", "ping", "-c1", "-W1", "-n", "-M", "do", "-s", "1472", GATEWAY)


def copies(size: int) -> Behaviour:
    """Return whether a file arrives in a second, of which the slow cable could carry a fraction only."""

    def copied(driver: LabDriver) -> bool:
        serves(driver, "box", 9, size)
        return fetches(driver, "pc2", "10.80.1.30", 9, within=1) == size

    return copied


def no_ping_is_lost(driver: LabDriver) -> bool:
    seen = output(driver, "pc2", "ping", "-c50", "-i0.01", "-W1", "-n", "-q", GATEWAY)
    return re.search(r" 0% packet loss", seen) is not None


CASES = (
    Case(LinkUnplugged(host="pc2"), gateway_answers, reboots=("pc2",)),
    Case(LinkWrongSegment(host="pc2", segment="servers"), gateway_answers, unharmed=has_carrier, reboots=("pc2",)),
    Case(LinkMtu(host="pc2", mtu=1000, peer=GATEWAY), large_packets_pass, unharmed=gateway_answers, reboots=("pc2",)),
    Case(LinkRate(host="pc2", rate=64_000, peer=GATEWAY), copies(100_000), unharmed=gateway_answers, reboots=("pc2",)),
    Case(LinkRate(host="pc2", rate=10_000_000, peer=GATEWAY), copies(4_000_000), note="10-mbit"),
    Case(
        LinkShaped(host="box", rate=64_000, peer="10.80.1.20"),
        copies(100_000),
        unharmed=gateway_answers,
        reboots=("box",),
    ),
    Case(LinkLoss(host="pc2", loss=20, peer=GATEWAY), no_ping_is_lost, unharmed=gateway_answers, reboots=("pc2",)),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)
