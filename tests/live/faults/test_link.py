"""The faults of cables on real hosts."""

from __future__ import annotations

import re

import pytest

from orchestrator.access.hands import Hands
from orchestrator.faults.link import LinkLoss, LinkMtu, LinkRate, LinkUnplugged, LinkWrongSegment
from tests.live.faults.harness import Case, fetches, output, prove, reaches, serves, succeeds

pytestmark = pytest.mark.live

LAB = "fault-site"
GATEWAY = "10.80.1.1"


def gateway_answers(hands: Hands) -> bool:
    return reaches(hands, "pc2", GATEWAY)


def has_carrier(hands: Hands) -> bool:
    return output(hands, "pc2", "cat", "/sys/class/net/eth0/carrier").strip() == "1"


def large_packets_pass(hands: Hands) -> bool:
    return succeeds(hands, "pc2", "ping", "-c1", "-W1", "-n", "-M", "do", "-s", "1472", GATEWAY)


def copies_quickly(hands: Hands) -> bool:
    """Whether 100 kB arrive before 64 kbit/s could have carried a tenth of them."""
    serves(hands, "box", 9, 100_000)
    return fetches(hands, "pc2", "10.80.1.30", 9, within=1) == 100_000


def no_ping_is_lost(hands: Hands) -> bool:
    seen = output(hands, "pc2", "ping", "-c50", "-i0.01", "-W1", "-n", "-q", GATEWAY)
    return re.search(r" 0% packet loss", seen) is not None


CASES = (
    Case(LinkUnplugged(host="pc2"), gateway_answers, reboots=("pc2",)),
    Case(LinkWrongSegment(host="pc2", segment="servers"), gateway_answers, unharmed=has_carrier, reboots=("pc2",)),
    Case(LinkMtu(host="pc2", mtu=1000, peer=GATEWAY), large_packets_pass, unharmed=gateway_answers, reboots=("pc2",)),
    Case(LinkRate(host="pc2", rate=64_000, peer=GATEWAY), copies_quickly, unharmed=gateway_answers, reboots=("pc2",)),
    Case(LinkLoss(host="pc2", loss=20, peer=GATEWAY), no_ping_is_lost, unharmed=gateway_answers, reboots=("pc2",)),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, hands: Hands) -> None:
    prove(case, hands)
