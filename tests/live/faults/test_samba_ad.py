"""The faults of a Samba AD domain on real hosts, seen by who logs in over SSH on its members."""

from __future__ import annotations

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.access.ssh import login
from orchestrator.core.errors import LabError
from orchestrator.faults.effect_probe import EffectProbe
from orchestrator.faults.library.directory.samba_ad import AdMachineDisabled, AdMachinePasswordChanged, AdRecordsMissing
from tests.live.faults.harness import Behaviour, Case, prove, succeeds

pytestmark = pytest.mark.live

LAB = "ad-domain"
DOMAIN = "brocelia.internal"
LOGIN = (
    "sshpass -p Cyan-58147 ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "
    "-o PreferredAuthentications=password nbrunet@pc1 true"
)


def logs_in(host: str) -> Behaviour:
    def behaviour(driver: LabDriver) -> bool:
        try:
            with login(driver.fabric, driver.on(host), "nbrunet", "Cyan-58147") as transport:
                channel = transport.open_session(timeout=10)
                channel.exec_command("id")
                return "(nbrunet)" in channel.makefile().read().decode()
        except LabError:
            return False

    return behaviour


def gets_a_ticket(driver: LabDriver) -> bool:
    return succeeds(driver, "pc2", "kinit", "-c", "MEMORY:", "-k", "PC2$")


def resolves(driver: LabDriver) -> bool:
    return succeeds(driver, "pc2", "getent", "hosts", f"files1.{DOMAIN}")


def refused() -> EffectProbe:
    return EffectProbe(host="pc2", run=("sh", "-c", LOGIN), prints="Permission denied")


CASES = (
    Case(
        AdRecordsMissing(
            host="dc1",
            domain=DOMAIN,
            records=("SRV _kerberos._tcp", "SRV _kerberos._udp"),
            probe=EffectProbe(host="pc2", run=("kinit", "-c", "MEMORY:", "-k", "PC2$"), prints="Cannot find KDC"),
        ),
        healthy=gets_a_ticket,
        unharmed=resolves,
        reboots=("dc1",),
    ),
    Case(
        AdRecordsMissing(
            host="dc1",
            domain=DOMAIN,
            records=("A dc1",),
            probe=EffectProbe(host="pc2", run=("getent", "hosts", f"dc1.{DOMAIN}"), fails=True),
        ),
        healthy=gets_a_ticket,
        unharmed=resolves,
        note="address",
    ),
    Case(
        AdMachineDisabled(host="dc1", machine="pc1", probe=refused()),
        healthy=logs_in("pc1"),
        unharmed=logs_in("pc2"),
        reboots=("pc1", "dc1"),
    ),
    Case(
        AdMachinePasswordChanged(host="dc1", machine="pc1", probe=refused()),
        healthy=logs_in("pc1"),
        unharmed=logs_in("pc2"),
        reboots=("pc1",),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)
