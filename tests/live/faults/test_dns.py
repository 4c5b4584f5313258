"""The faults of a name server on a real one."""

from __future__ import annotations

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.library.dns.dns import (
    DnsForwarderWrong,
    DnsQueriesRefused,
    DnsRecordMissing,
    DnsRecordWrong,
    DnsZoneSyntax,
)
from tests.live.faults.harness import Behaviour, Case, output, prove

pytestmark = pytest.mark.live

LAB = "fault-site"
SERVER = "10.80.3.10"
ZONE, REVERSE = "/etc/bind/zones/db.site.internal", "/etc/bind/zones/db.10.80.1"
OPTIONS = "/etc/bind/named.conf.options"


def gives(name: str, kind: str, *data: str) -> Behaviour:
    """Return whether the server answers an office workstation with exactly these data."""

    def asked(driver: LabDriver) -> bool:
        seen = output(driver, "pc2", "dig", "+short", "+time=1", "+tries=1", f"@{SERVER}", name, kind)
        return tuple(seen.split()) == data

    return asked


PC2, SRV = gives("pc2.site.internal", "A", "10.80.1.20"), gives("srv.site.internal", "A", SERVER)
ALIAS = gives("intranet.site.internal", "A", "srv.site.internal.", SERVER)
PARTNER = gives("www.partner.example", "A", "10.80.1.30")
BACK = gives("20.1.80.10.in-addr.arpa", "PTR", "pc2.site.internal.")

CASES = (
    Case(
        DnsRecordWrong(host="srv", file=ZONE, owner="pc2", type="A", value="10.80.1.99", query="pc2.site.internal"),
        healthy=PC2,
        unharmed=SRV,
        reboots=("srv",),
    ),
    Case(
        DnsRecordWrong(
            host="srv",
            file=REVERSE,
            owner="20",
            type="PTR",
            value="pc9.site.internal.",
            query="20.1.80.10.in-addr.arpa",
        ),
        healthy=BACK,
        unharmed=PC2,
        note="reverse",
    ),
    Case(
        DnsRecordWrong(
            host="srv",
            file=ZONE,
            owner="intranet",
            type="CNAME",
            value="srv.site.internal",
            query="intranet.site.internal",
        ),
        healthy=ALIAS,
        unharmed=SRV,
        note="no-final-dot",
    ),
    Case(
        DnsZoneSyntax(host="srv", file=ZONE, line="scanner IN A 10.80.1.6O", query="pc2.site.internal"),
        healthy=PC2,
        unharmed=BACK,
        reboots=("srv",),
    ),
    Case(
        DnsQueriesRefused(host="srv", file=OPTIONS, client="pc2", server=SERVER, query="pc2.site.internal"),
        healthy=PC2,
        unharmed=lambda driver: output(driver, "srv", "dig", "+short", "@127.0.0.1", "pc2.site.internal") != "",
        reboots=("srv",),
    ),
    Case(
        DnsRecordMissing(host="srv", file=ZONE, owner="pc2", type="A", query="pc2.site.internal"),
        healthy=PC2,
        unharmed=SRV,
        reboots=("srv",),
    ),
    Case(
        DnsForwarderWrong(host="srv", file=OPTIONS, forwarder="10.80.1.99", query="www.partner.example"),
        healthy=PARTNER,
        unharmed=PC2,
        reboots=("srv",),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)
