"""The faults of how hosts find addresses by name."""

from __future__ import annotations

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.library.dns.resolver import (
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

    def found(driver: LabDriver) -> bool:
        seen = output(driver, host, "env", "RES_OPTIONS=timeout:1 attempts:1", "getent", "ahostsv4", name)
        return seen.split()[:1] == [SERVER]

    return found


def address_works(host: str) -> Behaviour:
    return lambda driver: reaches(driver, host, SERVER)


def dig_works(driver: LabDriver) -> bool:
    return output(driver, "pc2", "dig", "+short", "+time=1", "+tries=1", NAME).strip() == SERVER


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
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)
