"""The faults of a job of cron's on a real server: the job really runs at an hour that strikes for another cron."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.app import App
from orchestrator.faults.edits import LineEdit, SettingEdit
from orchestrator.faults.library.system.cron_job import CronAccountExpired, CronLineBroken, CronTableSkipped
from orchestrator.labs import Running
from tests.live.faults.harness import Case, output, prove, succeeds

pytestmark = pytest.mark.live

LAB = "server-room"
TABLE, PROGRAM, MADE = "/etc/cron.d/essai", "/usr/local/sbin/essai", "/srv/partages/regie/essai.txt"
LINE = r"15 5 * * * regie essai && echo $(date +\%F) >/dev/null"
JOB = {"host": "srv1", "table": "essai", "job": "essai && echo", "hour": "05:15"}


@pytest.fixture(autouse=True, scope="module")
def _job(app: App, running: Running, undo: ExitStack) -> None:
    """Give the server a job of its own while the module has it."""
    driver = app.labs.running.driver(running)
    undo.callback(lambda: driver.run("srv1", ("rm", "-f", TABLE, PROGRAM, MADE)))
    table = f"PATH=/usr/local/sbin:/usr/bin:/bin\n{LINE}\n"
    driver.write("srv1", TABLE, table.encode(), mode="0644")
    driver.write("srv1", PROGRAM, f"#!/bin/sh\necho made >{MADE}\n".encode(), mode="0755")


def is_made(driver: LabDriver) -> bool:
    """Return whether cron makes what its job makes, at the job's hour."""
    driver.run("srv1", ("rm", "-f", MADE))
    CronTableSkipped(**JOB, becomes="essai.0").play(driver)
    return output(driver, "srv1", "cat", MADE) == "made\n"


def backup_is_planned(driver: LabDriver) -> bool:
    return succeeds(driver, "srv1", "test", "-f", "/etc/cron.d/sauvegarde")


CASES = (
    Case(
        CronTableSkipped(**JOB, becomes="essai.cron"),
        healthy=is_made,
        unharmed=backup_is_planned,
        reboots=("srv1",),
    ),
    Case(
        CronLineBroken(**JOB, edit=SettingEdit(kind="setting", key="PATH")),
        healthy=is_made,
        unharmed=backup_is_planned,
        reboots=("srv1",),
        note="path",
    ),
    Case(
        CronLineBroken(**JOB, edit=LineEdit(kind="line", line=LINE, becomes=LINE.replace("\\", "", 1))),
        healthy=is_made,
        unharmed=backup_is_planned,
        note="percent",
    ),
    Case(
        CronAccountExpired(**JOB, account="regie", days=3),
        healthy=is_made,
        unharmed=backup_is_planned,
        reboots=("srv1",),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)
