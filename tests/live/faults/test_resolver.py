"""The faults of how hosts find addresses by name."""

from __future__ import annotations

import pytest

from orchestrator.access.hands import Hands
from orchestrator.faults.resolver import (
    HostsEntryStale,
    NsswitchWithoutDns,
    ResolverOverridden,
    ResolverWrong,
    SearchDomainWrong,
)
from tests.live.faults.harness import Behaviour, Case, output, prove, reaches

pytestmark = pytest.mark.live

LAB = "fault-site"
SERVER = "10.80.3.10"
NOBODY = "10.80.1.99"
NAME = "srv.site.internal"


def finds(host: str, name: str) -> Behaviour:
    """Return whether programs on a host find the server by a name."""

    def found(hands: Hands) -> bool:
        seen = output(hands, host, "env", "RES_OPTIONS=timeout:1 attempts:1", "getent", "ahostsv4", name)
        return seen.split()[:1] == [SERVER]

    return found


def address_works(host: str) -> Behaviour:
    return lambda hands: reaches(hands, host, SERVER)


def dig_works(hands: Hands) -> bool:
    return output(hands, "pc2", "dig", "+short", "+time=1", "+tries=1", NAME).strip() == SERVER


CASES = (
    Case(
        ResolverWrong(host="pc2", servers=(NOBODY,), query=NAME),
        healthy=finds("pc2", NAME),
        unharmed=address_works("pc2"),
        reboots=("pc2",),
    ),
    Case(
        ResolverOverridden(host="pc1", servers=(NOBODY,), query=NAME),
        healthy=finds("pc1", NAME),
        unharmed=address_works("pc1"),
        reboots=("pc1",),
    ),
    Case(
        SearchDomainWrong(host="pc2", search="old.example", query="srv"),
        healthy=finds("pc2", "srv"),
        unharmed=finds("pc2", NAME),
        reboots=("pc2",),
    ),
    Case(
        SearchDomainWrong(host="pc2", query="srv"),
        healthy=finds("pc2", "srv"),
        unharmed=finds("pc2", NAME),
        note="none",
    ),
    Case(
        NsswitchWithoutDns(host="pc2", query=NAME),
        healthy=finds("pc2", NAME),
        unharmed=dig_works,
        reboots=("pc2",),
    ),
    Case(
        HostsEntryStale(host="pc2", address=NOBODY, query=NAME),
        healthy=finds("pc2", NAME),
        unharmed=dig_works,
        reboots=("pc2",),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, hands: Hands) -> None:
    prove(case, hands)
