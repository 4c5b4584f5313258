"""The faults of a logical volume, on LVM in a virtual machine. The cause ``half`` is in the proofs of 2.3."""

from __future__ import annotations

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.library.virtual.volume_space import VolumeRunsOut
from tests.live.faults.harness import Case, prove, succeeds

pytestmark = pytest.mark.live

LAB = "fault-file-storage"
_FOLDER = "/srv/dossiers/dessin/nferhat"


def files_are_saved(driver: LabDriver) -> bool:
    """Return whether a file of 8 MiB fits into the volume."""
    return _in_the_guest(
        driver, f"fallocate -l 8M {_FOLDER}/essai && rm {_FOLDER}/essai || {{ rm -f {_FOLDER}/essai; false; }}"
    )


def archives_are_there(driver: LabDriver) -> bool:
    return _in_the_guest(driver, "mountpoint -q /srv/archives && ls /srv/archives/2025 >/dev/null")


def _in_the_guest(driver: LabDriver, lines: str) -> bool:
    return succeeds(driver, "hv", "ssh", "-o", "BatchMode=yes", "fichiers", lines)


def _fault(how: str, **more: str) -> VolumeRunsOut:
    return VolumeRunsOut.model_validate(
        {
            "host": "hv",
            "machine": "fichiers",
            "group": "donnees",
            "volume": "dossiers",
            "mount": "/srv/dossiers",
            "gib": 2,
            "file": "/srv/dossiers/terrain/svasseur/combe-noire.laz",
            "user": "mkerbrat",
            "quota_mib": 400,
            "how": how,
            **more,
        }
    )


CASES = (
    Case(_fault("free"), healthy=files_are_saved, unharmed=archives_are_there, note="free"),
    Case(_fault("taken", taker="archives"), healthy=files_are_saved, unharmed=archives_are_there, note="taken"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)
