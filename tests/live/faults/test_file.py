"""The faults of files on real hosts."""

from __future__ import annotations

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.edits import SettingEdit
from orchestrator.faults.effect_probe import EffectProbe
from orchestrator.faults.library.system.file import (
    FileChanged,
    FileMissing,
    FileModeWrong,
    FileOwnerWrong,
    FolderModeWrong,
)
from tests.live.faults.harness import Case, connects, output, prove, succeeds

pytestmark = pytest.mark.live

LAB = "fault-hosts"
WEB = "10.81.1.20"
PAGE = "/var/www/html/index.html"


def status(driver: LabDriver) -> str:
    return output(driver, "pc", "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"http://{WEB}/index.html")


def page_is_served(driver: LabDriver) -> bool:
    return status(driver) == "200"


def page_is_forbidden(driver: LabDriver) -> bool:
    return status(driver) == "403"


def page_is_not_found(driver: LabDriver) -> bool:
    return status(driver) == "404"


def technician_reads_sudoers(driver: LabDriver) -> bool:
    return succeeds(driver, "pc", "su", "-", "technicien", "-c", "test -r /etc/sudoers")


OTHERS_FILE_GOES = (
    "sh",
    "-c",
    'f=$(mktemp /var/tmp/p.XXXX); runuser -u technicien -- rm -f "$f"; test ! -e "$f"; gone=$?; rm -f "$f"; exit $gone',
)
"""Succeeds where an ordinary account can delete root's file from a folder that everybody may write to."""
SSH_PORT = EffectProbe(run=("nc", "-z", "-w1", WEB, "22"), host="pc", fails=True)
CURL = ("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"http://{WEB}/index.html")

CASES = (
    Case(
        FileChanged(
            host="web",
            path="/etc/ssh/sshd_config.d/10-lab.conf",
            edit=SettingEdit(kind="setting", key="Port", value="2222", separator=" "),
            restart=("ssh",),
            probe=SSH_PORT,
        ),
        healthy=lambda driver: connects(driver, "pc", WEB, 22),
        unharmed=lambda driver: connects(driver, "pc", WEB, 2222),
        reboots=("web",),
    ),
    Case(
        FileOwnerWrong(host="db", path="/var/lib/postgresql/17/main/PG_VERSION", account="postgres", access="write"),
        healthy=lambda driver: succeeds(
            driver, "db", "runuser", "-u", "postgres", "--", "test", "-O", "/var/lib/postgresql/17/main/PG_VERSION"
        ),
        reboots=("db",),
    ),
    Case(
        FileModeWrong(
            host="web",
            path=PAGE,
            mode="0600",
            account="www-data",
            probe=EffectProbe(run=CURL, host="pc", prints="403"),
        ),
        healthy=page_is_served,
        unharmed=page_is_forbidden,
        reboots=("web",),
    ),
    Case(
        FileModeWrong(host="pc", path="/etc/sudoers", mode="0644", account="technicien", gained=True),
        healthy=lambda driver: not technician_reads_sudoers(driver),
        note="gained",
    ),
    Case(
        FolderModeWrong(host="pc", path="/var/tmp", mode="0777", probe=EffectProbe(run=OTHERS_FILE_GOES, fails=False)),
        healthy=lambda driver: not succeeds(driver, "pc", *OTHERS_FILE_GOES),
        unharmed=lambda driver: succeeds(driver, "pc", "runuser", "-u", "technicien", "--", "test", "-w", "/var/tmp"),
        # No reboot: systemd-tmpfiles gives /var/tmp its mode again at each boot.
    ),
    Case(
        FileMissing(host="web", path=PAGE, probe=EffectProbe(run=CURL, host="pc", prints="404")),
        healthy=page_is_served,
        unharmed=page_is_not_found,
        reboots=("web",),
    ),
    Case(
        FileMissing(host="web", path="/var/www/html", moved_to="/var/www/html.old"),
        healthy=page_is_served,
        unharmed=lambda driver: succeeds(driver, "web", "test", "-e", "/var/www/html.old/index.html"),
        note="moved-folder",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)


@pytest.mark.parametrize("case", [case for case in CASES if case.reboots], ids=str)
def test_a_file_is_itself_again(case: Case, driver: LabDriver) -> None:
    """Owner, group, mode and content are what they were before the fault."""
    fault = case.fault
    assert isinstance(fault, FileChanged | FileOwnerWrong | FileModeWrong | FileMissing)

    def looks() -> str:
        return output(driver, fault.host, "stat", "-c", "%U %G %a %s", fault.path) + output(
            driver, fault.host, "sha256sum", fault.path
        )

    before = looks()
    memento = fault.remember(driver)
    fault.inject(driver)
    broken = looks()
    fault.revert(driver, memento)
    assert before
    assert broken != before
    assert looks() == before
