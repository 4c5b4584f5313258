"""The faults of a PostgreSQL server on real hosts, seen by an application of another host."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.access.lab_driver import LabDriver
from orchestrator.faults.library.database.database_access import (
    DatabaseClientRefused,
    DatabaseConnectionLimit,
    DatabasePasswordWrong,
)
from orchestrator.faults.library.database.database_use import DatabaseReadOnly, DatabaseTableLocked
from tests.live.faults.harness import Case, prove, succeeds

pytestmark = pytest.mark.live

LAB = "fault-hosts"
APPLICATION: dict[str, Any] = {
    "host": "db",
    "database": "inventory",
    "role": "inventory",
    "password": "inventory",
    "client": "app",
    "address": "10.81.1.30",
}
DSN = "postgresql://inventory:inventory@10.81.1.30/inventory"


def asks(driver: LabDriver, sql: str) -> bool:
    return succeeds(driver, "app", "psql", "-qAt", "-v", "ON_ERROR_STOP=1", f"{DSN}?connect_timeout=3", "-c", sql)


def connects(driver: LabDriver) -> bool:
    return asks(driver, "SELECT 1")


def reads(driver: LabDriver) -> bool:
    return asks(driver, "SET lock_timeout = 500; SELECT name FROM device")


def writes(driver: LabDriver) -> bool:
    return asks(driver, "UPDATE device SET place = place")


def server_runs(driver: LabDriver) -> bool:
    return succeeds(driver, "db", "runuser", "-u", "postgres", "--", "psql", "-d", "inventory", "-c", "SELECT 1")


def two_connect(driver: LabDriver) -> bool:
    """Return whether a second connection is possible beside a first one."""
    nested = f"\\! psql -qAt '{DSN}?connect_timeout=3' -c 'SELECT 1' >/dev/null && touch /tmp/two\n"
    driver.run("app", ("rm", "-f", "/tmp/two"))
    driver.run("app", ("psql", "-qAt", DSN), stdin=nested.encode(), check=False)
    return succeeds(driver, "app", "test", "-e", "/tmp/two")


CASES = (
    Case(DatabaseClientRefused(**APPLICATION), healthy=connects, unharmed=server_runs, reboots=("db",)),
    Case(DatabasePasswordWrong(**APPLICATION), healthy=connects, unharmed=server_runs, reboots=("db",)),
    Case(DatabaseConnectionLimit(**APPLICATION), healthy=connects, unharmed=server_runs, reboots=("db",)),
    Case(DatabaseConnectionLimit(**APPLICATION, limit=1), healthy=two_connect, unharmed=connects, note="one"),
    Case(DatabaseReadOnly(**APPLICATION, table="device"), healthy=writes, unharmed=reads, reboots=("db",)),
    Case(DatabaseTableLocked(**APPLICATION, table="device"), healthy=reads, unharmed=connects, reboots=("db",)),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, driver: LabDriver) -> None:
    prove(case, driver)
