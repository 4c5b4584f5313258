"""The faults between two Samba domain controllers on real hosts: what reaches the second, and who gets in there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.library.directory.samba_replication import (
    AdPartnerNameMissing,
    AdPasswordNotReplicated,
    AdReplicationDisabled,
)
from tests.live.faults.harness import Behaviour, Case, prove, succeeds

pytestmark = pytest.mark.live

LAB = "ad-two-controllers"
DOMAIN = "brocelia.internal"
BASE = "DC=brocelia,DC=internal"
OLD, NEW = "Cyan-58147", "Trame-90125"
DISABLED = AdReplicationDisabled(host="dc2", source="dc1", domain=DOMAIN)
KERBEROS = """
printf '[libdefaults]\\ndns_lookup_kdc = no\\n[realms]\\nBROCELIA.INTERNAL = {\\nkdc = %s\\n}\\n' "$1" >/tmp/krb5.conf
export KRB5_CONFIG=/tmp/krb5.conf SSSD_KRB5_LOCATOR_DISABLE=1
printf '%s\\n' "$2" | kinit -c MEMORY: nbrunet@BROCELIA.INTERNAL
"""
"""Asks one controller for a ticket, from a workstation."""
PARTNER = """
settings=$(ldbsearch -H /var/lib/samba/private/sam.ldb -b CN=Configuration,DC=brocelia,DC=internal \\
  '(objectClass=nTDSDSA)' objectGUID | sed ':a; N; $!ba; s/\\n //g')
guid=$(echo "$settings" | sed -n "/^dn: CN=NTDS Settings,$1,/,/^objectGUID/s/^objectGUID: //p")
getent hosts "${guid:?}._msdcs.brocelia.internal"
"""
"""Looks a controller's address up by the identifier of its settings."""
ACCOUNT = ("ldbsearch", "-H", "/var/lib/samba/private/sam.ldb", "(sAMAccountName=nbrunet)", "whenCreated", "pwdLastSet")
FROM_1601_TO_1970 = 11_644_473_600
"""Seconds."""
ADDRESSES = {"dc1": "192.168.40.10", "dc2": "192.168.40.11"}


def replicates(to: str, source: str) -> Behaviour:
    return lambda driver: succeeds(driver, to, *("samba-tool", "drs", "replicate", to, source, BASE, "-P"), timeout=90)


def accepts(controller: str, password: str) -> Behaviour:
    return lambda driver: succeeds(driver, "pc1", "sh", "-c", KERBEROS, "sh", ADDRESSES[controller], password)


def never_changed(driver: LabDriver) -> bool:
    """Return whether both controllers say the same of both passwords, and dc1 knows of no change since the first."""
    if any(accepts("dc1", word)(driver) != accepts("dc2", word)(driver) for word in (OLD, NEW)):
        return False
    told = dict(re.findall(r"^(\w+): (\d+)", driver.run("dc1", ACCOUNT).stdout.decode(), re.MULTILINE))
    made = datetime.strptime(told["whenCreated"], "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
    return int(told["pwdLastSet"]) / 1e7 - FROM_1601_TO_1970 - made < 60


def finds(to: str, source: str) -> Behaviour:
    """Return whether a controller finds another one by the name that replication looks up."""
    return lambda driver: succeeds(driver, to, "sh", "-c", PARTNER, "sh", f"CN={source.upper()}", timeout=90)


@contextmanager
def apart(driver: LabDriver) -> Iterator[None]:
    """Keep what changes on dc1 from dc2."""
    memento = DISABLED.remember(driver)
    DISABLED.inject(driver)
    try:
        yield
    finally:
        DISABLED.revert(driver, memento)


CASES = (
    Case(DISABLED, healthy=replicates("dc2", "dc1"), unharmed=replicates("dc1", "dc2"), reboots=("dc2",)),
    Case(
        AdReplicationDisabled(host="dc2", source="dc1", domain=DOMAIN, direction="outbound"),
        healthy=replicates("dc2", "dc1"),
        unharmed=replicates("dc1", "dc2"),
        reboots=("dc1",),
        note="outbound",
    ),
    Case(
        AdPartnerNameMissing(host="dc1", partner="dc2", domain=DOMAIN),
        healthy=finds("dc2", "dc1"),
        unharmed=finds("dc1", "dc2"),
        reboots=("dc1",),
    ),
    Case(
        AdPasswordNotReplicated(
            host="dc1",
            other="dc2",
            domain=DOMAIN,
            login="nbrunet",
            password=OLD,
            becomes=NEW,
            members=("pc2",),
        ),
        healthy=never_changed,
        unharmed=accepts("dc1", NEW),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    with apart(driver) if isinstance(case.fault, AdPasswordNotReplicated) else nullcontext():
        prove(case, driver)
