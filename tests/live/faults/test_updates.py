"""The faults by which updates stay away, on a workstation with a signed archive next door."""

from __future__ import annotations

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError
from orchestrator.faults.edits import SettingEdit
from orchestrator.faults.library.system.disk import HomeFilled
from orchestrator.faults.library.system.package_sources import PackageSourcesFrozen
from orchestrator.faults.library.system.time_zone import TimeZoneWrong
from orchestrator.faults.library.system.updates import (
    ArchiveKeyExpired,
    DpkgInterrupted,
    PackagesOutdated,
)
from tests.live.faults.harness import Case, output, prove, succeeds

pytestmark = pytest.mark.live

LAB = "fault-updates"
SOURCES = "/etc/apt/sources.list.d/clairvoix.sources"
TRASH = "/home/utilisateur/.local/share/Trash/files"
APT_TIME = 120.0


def is_new(driver: LabDriver) -> bool:
    return output(driver, "pc", "collecte", "--version") == "1.9.0\n"


def is_old(driver: LabDriver) -> bool:
    return output(driver, "pc", "collecte", "--version") == "1.8.2\n"


def lists_are_read(driver: LabDriver) -> bool:
    return succeeds(driver, "pc", "apt-get", "-o", "APT::Update::Error-Mode=any", "update", timeout=APT_TIME)


def offers_the_new(driver: LabDriver) -> bool:
    return "1.9.0-1" in output(driver, "pc", "apt-cache", "madison", "collecte")


def apt_works(driver: LabDriver) -> bool:
    return succeeds(driver, "pc", "apt-get", "check")


def saves(driver: LabDriver) -> bool:
    try:
        return succeeds(driver, "pc", "su", "-", "utilisateur", "-c", "head -c 65536 /dev/zero >note")
    finally:
        driver.run("pc", ("rm", "-f", "/home/utilisateur/note"))


def is_at_home(driver: LabDriver) -> bool:
    return output(driver, "pc", "date", "+%Z") in {"CET\n", "CEST\n"}


CASES = (
    Case(
        PackagesOutdated(host="pc", versions={"collecte": "1.8.2-1", "etiquettes": "2.3.1-1"}),
        healthy=is_new,
        unharmed=lambda driver: is_old(driver) and apt_works(driver) and lists_are_read(driver),
        reboots=("pc",),
    ),
    Case(
        PackageSourcesFrozen(
            host="pc",
            file=SOURCES,
            edit=SettingEdit(kind="setting", key="Suites", value="poste-2025", separator=": "),
            package="collecte",
            version="1.9.0-1",
        ),
        healthy=offers_the_new,
        unharmed=lists_are_read,
        reboots=("pc",),
    ),
    Case(
        ArchiveKeyExpired(
            host="pc",
            keyring="/etc/apt/keyrings/clairvoix.asc",
            archive_host="srv",
            signing_home="/srv/depot/cle",
            release="/srv/depot/debian/dists/poste/InRelease",
        ),
        healthy=lists_are_read,
        unharmed=is_new,
        reboots=("pc",),
    ),
    Case(DpkgInterrupted(host="pc", package="etiquettes"), healthy=apt_works, unharmed=is_new, reboots=("pc",)),
    Case(
        HomeFilled(host="pc", account="utilisateur", folder=TRASH, files=("a.mp4", "b.mp4")),
        healthy=saves,
        unharmed=is_new,
        reboots=("pc",),
    ),
    Case(TimeZoneWrong(host="pc", zone="America/Montreal"), healthy=is_at_home, unharmed=is_new, reboots=("pc",)),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)


def test_what_no_source_offers_is_not_made_old(driver: LabDriver) -> None:
    with pytest.raises(LabError, match=r"offered: 1\.9\.0-1"):
        PackagesOutdated(host="pc", versions={"collecte": "1.0"}).remember(driver)


def test_the_archives_own_key_stays(driver: LabDriver) -> None:
    home = ("env", "GNUPGHOME=/srv/depot/cle", "gpg", "--batch", "--armor", "--export")
    before = output(driver, "srv", *home)
    fault = CASES[2].fault
    memento = fault.remember(driver)
    try:
        fault.inject(driver)
        assert output(driver, "srv", *home) == before
        assert output(driver, "srv", "sh", "-c", "ls /tmp | grep -c ^tmp.").strip() == "0"
    finally:
        fault.revert(driver, memento)


def test_a_large_disk_is_not_filled(driver: LabDriver) -> None:
    with pytest.raises(LabError, match="the disk of srv has"):
        HomeFilled(host="srv", account="technicien", folder="/home/technicien/x", files=("a",)).remember(driver)
