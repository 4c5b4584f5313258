"""The faults of a directory on real hosts, seen by who logs in over SSH on its clients."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.access.hands import Hands
from orchestrator.access.ssh import login
from orchestrator.errors import LabError
from orchestrator.faults.directory import DirectoryAccountLocked, DirectoryPasswordStale, DirectoryValueWrong
from orchestrator.faults.probe import Probe
from tests.live.faults.harness import Case, prove

pytestmark = pytest.mark.live

LAB = "directory"
BASE = "dc=valbocage,dc=internal"
CROUX: dict[str, Any] = {"host": "ldap1", "entry": f"uid=croux,ou=people,{BASE}", "password": "Copeau-52"}
ACCOUNTING = f"cn=comptabilite,ou=groups,{BASE}"


def session(hands: Hands, host: str, account: str, password: str) -> str:
    """Return what ``id`` prints in an SSH session, or why there is none."""
    try:
        with login(hands.fabric, hands.on(host), account, password) as transport:
            channel = transport.open_session(timeout=10)
            channel.exec_command("id")
            return channel.makefile().read().decode()
    except LabError as error:
        return f"refused: {error}"


def logs_in(hands: Hands) -> bool:
    return "(croux)" in session(hands, "pc1", "croux", "Copeau-52")


def another_logs_in(hands: Hands) -> bool:
    return "(kbenali)" in session(hands, "pc1", "kbenali", "Ciseau-63")


def is_in_accounting(hands: Hands) -> bool:
    return "(comptabilite)" in session(hands, "files1", "croux", "Copeau-52")


def another_is_in_accounting(hands: Hands) -> bool:
    return "(comptabilite)" in session(hands, "files1", "kbenali", "Ciseau-63")


def without_the_group() -> Probe:
    show = 'case " $(id -Gn croux) " in *" comptabilite "*) echo in ;; *) echo out ;; esac'
    return Probe(host="files1", run=("sh", "-c", show), prints="out")


CASES = (
    Case(DirectoryAccountLocked(**CROUX), logs_in, another_logs_in, reboots=("ldap1",)),
    Case(DirectoryAccountLocked(**CROUX, by="administrator"), logs_in, another_logs_in, note="administrator"),
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
def test_fault(case: Case, hands: Hands) -> None:
    prove(case, hands)
