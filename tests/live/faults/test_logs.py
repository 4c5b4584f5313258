"""The fault of a log's rotation on the theatre's server: a service that writes to a deleted log, on a full disk."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.app import App
from orchestrator.core.errors import LabError
from orchestrator.faults.edits import LineEdit
from orchestrator.faults.library.system.logs import LogHeldOpen
from orchestrator.labs import Running
from tests.live.faults.harness import Case, output, prove, soon, succeeds

pytestmark = pytest.mark.live

LAB = "server-room"
UNIT, FOLDER, RULES = "/etc/systemd/system/essai.service", "/var/log/essai", "/etc/logrotate.d/essai"
LOG, PROGRAM = f"{FOLDER}/essai.log", "/usr/local/lib/essai.py"
TOLD, OWNED = "systemctl kill --signal=HUP essai.service", "create 0640 regie regie"
SERVICE = f"""\
[Service]
User=regie
LogsDirectory=essai
ExecStartPre=+/usr/bin/chown -R regie: {FOLDER}
ExecStart=/usr/bin/python3 {PROGRAM}
"""
WRITES = f"""\
import signal, time

def again(*_):
    global log
    try:
        log = open("{LOG}", "ab", buffering=0)
    except PermissionError:
        pass

signal.signal(signal.SIGHUP, again)
again()
while True:
    try:
        log.write(b"essai\\n")
    except OSError:
        pass
    time.sleep(0.1)
"""
ROTATION = f"{LOG} {{\n\tdaily\n\trotate 3\n\tcompress\n\t{OWNED}\n\tpostrotate\n\t\t{TOLD}\n\tendscript\n}}\n"
BROKEN = {"host": "srv1", "rotation": RULES, "unit": "essai", "log": LOG, "account": "regie"}


@pytest.fixture(autouse=True, scope="module")
def _service(app: App, running: Running, undo: ExitStack) -> None:
    """Give the server a service that writes a log, and its rotation, while the module has it."""
    driver = app.labs.running.driver(running)
    remove = f"systemctl stop essai; rm -rf {UNIT} {FOLDER} {RULES} {PROGRAM}; systemctl daemon-reload"
    undo.callback(lambda: driver.run("srv1", ("sh", "-c", remove)))
    driver.write("srv1", PROGRAM, WRITES.encode(), mode="0644")
    driver.write("srv1", UNIT, SERVICE.encode(), mode="0644")
    driver.write("srv1", RULES, ROTATION.encode(), mode="0644")
    driver.run("srv1", ("systemctl", "daemon-reload"))
    driver.run("srv1", ("systemctl", "start", "essai"))
    assert soon(grows, driver)


def grows(driver: LabDriver) -> bool:
    """Return whether the service writes to the log that is there, and others have room to write."""

    def size() -> int:
        return int(output(driver, "srv1", "stat", "--format=%s", LOG) or 0)

    before = size()
    grown = soon(lambda _: size() > before, driver, within=1.0)
    saves = ("dd", "if=/dev/zero", "of=/srv/partages/regie/essai.tmp", "bs=64k", "count=4", "status=none")
    saved = succeeds(driver, "srv1", *saves)
    driver.run("srv1", ("rm", "-f", "/srv/partages/regie/essai.tmp"))
    return grown and saved


def is_read(driver: LabDriver) -> bool:
    """Return whether the stage still sees its cue sheet."""
    url = "http://conduite.quatrevents.internal:8081/"
    return succeeds(driver, "pc2", "curl", "--silent", "--fail", "--max-time", "10", "--output", "/dev/null", url)


CASES = (
    Case(
        LogHeldOpen(**BROKEN, edit=LineEdit(kind="line", line=TOLD, becomes="true")),
        healthy=grows,
        unharmed=is_read,
        note="untold",
    ),
    Case(
        LogHeldOpen(**BROKEN, edit=LineEdit(kind="line", line=OWNED, becomes="create 0640 root adm")),
        healthy=grows,
        unharmed=is_read,
        note="refused",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)


def test_a_log_that_its_service_does_not_hold_is_refused(driver: LabDriver) -> None:
    edit = LineEdit(kind="line", line=TOLD)
    with pytest.raises(LabError, match="cups"):
        LogHeldOpen(**{**BROKEN, "unit": "cups", "account": "root"}, edit=edit).remember(driver)
    with pytest.raises(LabError, match="nothing to change"):
        LogHeldOpen(**BROKEN, edit=LineEdit(kind="line", line="copytruncate")).inject(driver)
