"""The faults of small file systems on real hosts."""

from __future__ import annotations

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError
from orchestrator.faults.library.system.disk import DiskFull, DiskInodesExhausted
from tests.live.faults.harness import Behaviour, Case, output, prove, succeeds

pytestmark = pytest.mark.live

LAB = "fault-hosts"


def writes(folder: str) -> Behaviour:
    """Return whether a technician can write a page there."""

    def behaviour(driver: LabDriver) -> bool:
        try:
            return succeeds(driver, "pc", "su", "-", "technicien", "-c", f"head -c 4096 /dev/zero >{folder}/note")
        finally:
            driver.run("pc", ("rm", "-f", f"{folder}/note"))

    return behaviour


def free(driver: LabDriver, folder: str, column: str) -> int:
    return int(output(driver, "pc", "df", f"--output={column}", folder).split()[-1])


CASES = (
    Case(
        DiskFull(host="pc", folder="/tmp"),
        healthy=writes("/tmp"),
        unharmed=lambda driver: free(driver, "/tmp", "avail") == 0 < free(driver, "/tmp", "iavail"),
        reboots=("pc",),
    ),
    Case(DiskFull(host="pc", folder="/run/lock"), healthy=writes("/run/lock"), reboots=("pc",), note="lock"),
    Case(
        DiskInodesExhausted(host="pc", folder="/tmp"),
        healthy=writes("/tmp"),
        unharmed=lambda driver: free(driver, "/tmp", "iavail") == 0 < free(driver, "/tmp", "avail"),
        reboots=("pc",),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)


def test_the_machines_own_disk_is_never_filled(driver: LabDriver) -> None:
    with pytest.raises(LabError, match="is on a file system of"):
        DiskFull(host="pc", folder="/srv").remember(driver)
    with pytest.raises(LabError, match="inodes"):
        DiskInodesExhausted(host="pc", folder="/srv").remember(driver)
    with pytest.raises(LabError, match="give the host more"):
        DiskFull(host="web", folder="/tmp").remember(driver)
