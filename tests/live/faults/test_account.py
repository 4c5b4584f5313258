"""The faults of accounts on real hosts, seen by who logs in over SSH."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.access.ssh import login
from orchestrator.app import App
from orchestrator.core.errors import LabError
from orchestrator.faults.library.accounts.account import (
    AccountExpired,
    AccountGroupLost,
    AccountLocked,
    AccountPasswordChanged,
    AccountShellWrong,
)
from orchestrator.labs import Running
from tests.live.faults.harness import Case, output, prove

pytestmark = pytest.mark.live

LAB = "fault-hosts"
WHO: dict[str, Any] = {"host": "pc", "account": "technicien"}
PASSWORD = "technicien"


def session(driver: LabDriver, account: str = "technicien", password: str = PASSWORD) -> str:
    """Return what ``id`` prints in an SSH session, or why there is none."""
    try:
        with login(driver.fabric, driver.on("pc"), account, password) as transport:
            channel = transport.open_session(timeout=10)
            channel.exec_command("id")
            return channel.makefile().read().decode()
    except LabError as error:
        return f"refused: {error}"


def logs_in(driver: LabDriver) -> bool:
    return "uid=" in session(driver)


def another_logs_in(driver: LabDriver) -> bool:
    return "uid=" in session(driver, "stagiaire", "stagiaire-1")


def is_in_sudo(driver: LabDriver) -> bool:
    return "(sudo)" in session(driver)


@pytest.fixture(autouse=True, scope="module")
def another(app: App, running: Running, undo: ExitStack) -> None:
    driver = app.labs.running.driver(running)
    undo.callback(driver.run, "pc", ("userdel", "--force", "--remove", "stagiaire"))
    driver.run("pc", ("useradd", "--create-home", "stagiaire"))
    driver.run("pc", ("chpasswd",), stdin=b"stagiaire:stagiaire-1\n")


CASES = (
    Case(AccountLocked(**WHO, password=PASSWORD), healthy=logs_in, unharmed=another_logs_in, reboots=("pc",)),
    Case(AccountExpired(**WHO, day="2025-06-30"), healthy=logs_in, unharmed=another_logs_in, reboots=("pc",)),
    Case(AccountShellWrong(**WHO), healthy=logs_in, unharmed=another_logs_in, reboots=("pc",)),
    Case(AccountShellWrong(**WHO, shell="/bin/zsh"), healthy=logs_in, unharmed=another_logs_in, note="not-installed"),
    Case(AccountGroupLost(**WHO, group="sudo"), healthy=is_in_sudo, unharmed=logs_in, reboots=("pc",)),
    Case(
        AccountPasswordChanged(**WHO, password=PASSWORD, changed_to="Jonquille-17"),
        healthy=logs_in,
        unharmed=lambda driver: "uid=" in session(driver, "technicien", "Jonquille-17"),
        reboots=("pc",),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_accounts_lines_are_themselves_again(case: Case, driver: LabDriver) -> None:
    def lines() -> str:
        return output(
            driver, "pc", "grep", "-h", "technicien", "/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow"
        )

    before = lines()
    memento = case.fault.remember(driver)
    case.fault.inject(driver)
    assert lines() != before
    case.fault.revert(driver, memento)
    assert lines() == before


def test_a_wrong_password_of_the_scenario_is_refused_before_anything_is_broken(driver: LabDriver) -> None:
    with pytest.raises(LabError, match="not sound beforehand"):
        AccountLocked(**WHO, password="another").remember(driver)
