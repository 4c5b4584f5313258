"""The faults of a printer's queue, on a real CUPS that prints to PDF."""

from __future__ import annotations

import secrets

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.waiting import wait_until
from orchestrator.faults.library.system.printing import PrintQueueStuck
from tests.live.faults.harness import Case, prove, succeeds

pytestmark = pytest.mark.live

LAB = "fault-updates"


def prints(driver: LabDriver, queue: str) -> bool:
    """Return whether a page that is printed comes out; one that does not is cancelled."""
    mark = f"page-{secrets.token_hex(4)}"
    driver.run("srv", ("sh", "-c", f"echo {mark} | lp -s -d {queue} -t {mark}"))
    page = ("sh", "-c", f"ls /srv/impressions/{queue}/*{mark}*.pdf")
    came = wait_until(lambda: succeeds(driver, "srv", *page), within=5)
    if not came:
        driver.run("srv", ("cancel", "-a", queue))
    return bool(came)


def cellar_prints(driver: LabDriver) -> bool:
    return prints(driver, "cave")


def office_prints(driver: LabDriver) -> bool:
    return prints(driver, "bureau")


CASES = (
    Case(
        PrintQueueStuck(host="srv", queue="cave", how="stopped", reason="plus de papier"),
        healthy=cellar_prints,
        unharmed=office_prints,
        reboots=("srv",),
        note="stopped",
    ),
    Case(
        PrintQueueStuck(host="srv", queue="cave", how="held"),
        healthy=cellar_prints,
        unharmed=office_prints,
        reboots=("srv",),
        note="held",
    ),
    Case(
        PrintQueueStuck(host="srv", queue="cave", how="device", device="socket://10.86.1.99:9100"),
        healthy=cellar_prints,
        unharmed=office_prints,
        reboots=("srv",),
        note="device",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)
