"""The faults of a hypervisor's guests, on a real libvirt. Their other causes are in the proofs of competence 3.1."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.app import App
from orchestrator.faults.library.virtual.guest_boot import GuestsNotStartedAtBoot
from orchestrator.faults.library.virtual.guest_pool import PoolOvercommitted
from orchestrator.faults.library.virtual.guest_reach import GuestOutOfReach
from orchestrator.faults.library.virtual.guest_snapshot import GuestSnapshotLost
from orchestrator.faults.library.virtual.guest_start import GuestFailsToStart
from orchestrator.labs import Running
from tests.live.faults.harness import Case, output, prove, succeeds

pytestmark = pytest.mark.live

LAB = "fault-hypervisor"


def board_opens(driver: LabDriver) -> bool:
    return _opens(driver, "192.168.90.21")


def logbook_opens(driver: LabDriver) -> bool:
    return _opens(driver, "192.168.90.22")


def board_can_come_back(driver: LabDriver) -> bool:
    """Return whether the snapshot of the board's machine is on its disk."""
    return "avant" in output(driver, "hv", "qemu-img", "snapshot", "-U", "-l", "/var/lib/libvirt/images/horaires.qcow2")


def _opens(driver: LabDriver, address: str) -> bool:
    fetch = ("curl", "--silent", "--fail", "--max-time", "2", "--output", "/dev/null", f"http://{address}/")
    return succeeds(driver, "pc", *fetch)


@pytest.fixture(scope="module", autouse=True)
def snapshot(app: App, running: Running, undo: ExitStack) -> None:
    """Take the snapshot that one of the faults loses."""
    driver = app.labs.running.driver(running)
    driver.run("hv", ("virsh", "snapshot-create-as", "horaires", "avant"))
    undo.callback(driver.run, "hv", ("virsh", "snapshot-delete", "horaires", "avant"))


CASES = (
    Case(
        GuestFailsToStart(host="hv", guest="horaires", how="machine", machine="pc-i440fx-1.4"),
        healthy=board_opens,
        unharmed=logbook_opens,
    ),
    Case(
        GuestSnapshotLost(host="hv", guest="horaires", snapshot="avant", how="raw"),
        healthy=board_can_come_back,
        unharmed=board_opens,
    ),
    Case(
        GuestOutOfReach(host="hv", guest="carnet", address="192.168.90.22", how="link"),
        healthy=logbook_opens,
        unharmed=board_opens,
        note="link",
    ),
    Case(
        GuestOutOfReach(host="hv", guest="carnet", address="192.168.90.22", how="network", network="essais"),
        healthy=logbook_opens,
        unharmed=board_opens,
        reboots=("hv",),
        note="network",
    ),
    Case(
        GuestOutOfReach(host="hv", guest="carnet", address="192.168.90.22", how="address", wrong="192.168.9.22/24"),
        healthy=logbook_opens,
        unharmed=board_opens,
        note="address",
    ),
    Case(
        PoolOvercommitted(
            host="hv",
            guest="carnet",
            address="192.168.90.22",
            lines=("la Sterne;6 h 40;12;RAS", "la Sterne;7 h 10;31;RAS", "la Sterne;7 h 40;9;RAS"),
            snapshot="avant-hiver",
            trial="essai",
            how="grown",
            name_of_files="essai-photos",
            promised=1536,
            memory=384,
        ),
        healthy=logbook_opens,
        unharmed=board_opens,
        reboots=("hv",),
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
