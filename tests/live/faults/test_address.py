"""The faults of addresses, gateways and routes on real hosts."""

from __future__ import annotations

import pytest

from orchestrator.access.hands import Hands
from orchestrator.faults.address import AddressStatic
from tests.live.faults.harness import Case, prove, reaches

pytestmark = pytest.mark.live

LAB = "fault-site"
GATEWAY, SERVER = "10.80.1.1", "10.80.3.10"

CASES = (
    Case(
        AddressStatic(host="pc1", address="10.80.1.51/24", gateway="10.80.1.9", dns=SERVER),
        healthy=lambda hands: reaches(hands, "pc1", SERVER),
        unharmed=lambda hands: reaches(hands, "pc1", GATEWAY),
        reboots=("pc1",),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, hands: Hands) -> None:
    prove(case, hands)
