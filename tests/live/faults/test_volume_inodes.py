"""The fault of a volume without inodes, in a virtual machine: room is left, and no file can be made."""

from __future__ import annotations

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.library.virtual.volume_inodes import VolumeInodesUsedUp
from tests.live.faults.harness import Case, prove, succeeds

pytestmark = pytest.mark.live

LAB = "fault-file-storage"
_FOLDER = "/srv/dossiers/dessin/nferhat"
_SIZES = "fonds-de-plan.dwg orthophoto.tif sommaire.txt"


def files_are_made(driver: LabDriver) -> bool:
    """Return whether an empty file can be made on the volume."""
    return _in_the_guest(driver, f"(: >{_FOLDER}/essai) && rm {_FOLDER}/essai")


def files_are_whole(driver: LabDriver) -> bool:
    """Return whether what was there has its owner, its quota and the room that it takes."""
    return _in_the_guest(
        driver,
        f"set -e; cd {_FOLDER}; [ $(stat -c %U:%G:%a {_SIZES} | sort -u) = nferhat:dessin:660 ]; "
        "[ $(($(stat -c '%b * 512 -' fonds-de-plan.dwg) $(stat -c %s fonds-de-plan.dwg))) -ge 0 ]; "
        "repquota -u /srv/dossiers | grep -q '^nferhat .* 460800 '",
    )


def _in_the_guest(driver: LabDriver, lines: str) -> bool:
    return succeeds(driver, "hv", "ssh", "-o", "BatchMode=yes", "fichiers", lines)


CASES = (
    Case(
        VolumeInodesUsedUp(
            host="hv",
            machine="fichiers",
            group="donnees",
            volume="dossiers",
            mount="/srv/dossiers",
            inodes=4096,
            folder="/srv/dossiers/suivi",
            names=("mkerbrat", "nferhat"),
            readers="accueil",
            papers="/srv/dossiers/terrain/svasseur/combe-noire",
        ),
        healthy=files_are_made,
        unharmed=files_are_whole,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)
