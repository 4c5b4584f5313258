"""The faults of a directory on real hosts, seen by who logs in over SSH on its clients."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.access.ssh import login
from orchestrator.core.errors import LabError
from orchestrator.faults.effect_probe import EffectProbe
from orchestrator.faults.library.directory.ldap_directory import (
    DirectoryAccountLocked,
    DirectoryPasswordStale,
    DirectoryValueWrong,
)
from tests.live.faults.harness import Case, prove

pytestmark = pytest.mark.live

LAB = "directory"
BASE = "dc=valbocage,dc=internal"
CROUX: dict[str, Any] = {"host": "ldap1", "entry": f"uid=croux,ou=people,{BASE}", "password": "Copeau-52"}
ACCOUNTING = f"cn=comptabilite,ou=groups,{BASE}"


def session(driver: LabDriver, host: str, account: str, password: str) -> str:
    """Return what ``id`` prints in an SSH session, or why there is none."""
    try:
        with login(driver.fabric, driver.on(host), account, password) as transport:
            channel = transport.open_session(timeout=10)
            channel.exec_command("id")
            return channel.makefile().read().decode()
    except LabError as error:
        return f"refused: {error}"


def logs_in(driver: LabDriver) -> bool:
    return "(croux)" in session(driver, "pc1", "croux", "Copeau-52")


def another_logs_in(driver: LabDriver) -> bool:
    return "(kbenali)" in session(driver, "pc1", "kbenali", "Ciseau-63")


def is_in_accounting(driver: LabDriver) -> bool:
    return "(comptabilite)" in session(driver, "files1", "croux", "Copeau-52")


def another_is_in_accounting(driver: LabDriver) -> bool:
    return "(comptabilite)" in session(driver, "files1", "kbenali", "Ciseau-63")


def without_the_group() -> EffectProbe:
    show = 'case " $(id -Gn croux) " in *" comptabilite "*) echo in ;; *) echo out ;; esac'
    return EffectProbe(host="files1", run=("sh", "-c", show), prints="out")


CASES = (
    Case(DirectoryAccountLocked(**CROUX), logs_in, another_logs_in, reboots=("ldap1",)),
    Case(DirectoryAccountLocked(**CROUX, by="administrator"), logs_in, another_logs_in, note="administrator"),
    Case(DirectoryAccountLocked(**CROUX, typed_on="pc1", mistyped="Copeau-51"), logs_in, another_logs_in, note="typed"),
    Case(
        DirectoryPasswordStale(**CROUX, client="pc2", server_name="ldap1.valbocage.internal", old_password="Copeau-51"),
        logs_in,
        another_logs_in,
        reboots=("pc2",),
    ),
    Case(
        DirectoryValueWrong(
            host="ldap1", entry=ACCOUNTING, attribute="memberUid", value="croux", probe=without_the_group()
        ),
        is_in_accounting,
        another_is_in_accounting,
    ),
    Case(
        DirectoryValueWrong(
            host="ldap1",
            entry=ACCOUNTING,
            attribute="memberUid",
            value="croux",
            becomes="c.roux",
            probe=without_the_group(),
        ),
        is_in_accounting,
        another_is_in_accounting,
        note="misspelt",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)
