"""The faults of a hypervisor's guests, on a real libvirt. Their other causes are in the proofs of competence 3.1."""

from __future__ import annotations

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.library.virtual.guest_boot import GuestsNotStartedAtBoot
from orchestrator.faults.library.virtual.guest_snapshot import GuestSnapshotLost
from orchestrator.faults.library.virtual.guest_start import GuestFailsToStart
from tests.live.faults.harness import Case, prove, succeeds

pytestmark = pytest.mark.live

LAB = "fault-hypervisor"


def board_opens(driver: LabDriver) -> bool:
    return _opens(driver, "192.168.90.21")


def logbook_opens(driver: LabDriver) -> bool:
    return _opens(driver, "192.168.90.22")


def board_comes_back(driver: LabDriver) -> bool:
    """Return whether the board's machine takes a snapshot and goes back to it."""
    steps = ("snapshot-create-as", "snapshot-revert", "snapshot-delete")
    return all(succeeds(driver, "hv", "virsh", step, "horaires", "mesure") for step in steps)


def _opens(driver: LabDriver, address: str) -> bool:
    fetch = ("curl", "--silent", "--fail", "--max-time", "2", "--output", "/dev/null", f"http://{address}/")
    return succeeds(driver, "pc", *fetch)


CASES = (
    Case(
        GuestFailsToStart(host="hv", guest="horaires", how="machine", machine="pc-i440fx-1.4"),
        healthy=board_opens,
        unharmed=logbook_opens,
    ),
    Case(
        GuestSnapshotLost(host="hv", guest="horaires", snapshot="avant", how="raw"),
        healthy=board_comes_back,
        unharmed=board_opens,
    ),
    Case(
        GuestsNotStartedAtBoot(host="hv", guests=("horaires",), how="guest", network="quais"),
        healthy=board_opens,
        unharmed=logbook_opens,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)
