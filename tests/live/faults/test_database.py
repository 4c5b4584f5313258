"""The faults of a PostgreSQL server on real hosts, seen by an application of another host."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.access.hands import Hands
from orchestrator.faults.database import (
    DatabaseClientRefused,
    DatabaseConnectionLimit,
    DatabasePasswordWrong,
    DatabaseReadOnly,
    DatabaseTableLocked,
)
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


def asks(hands: Hands, sql: str) -> bool:
    return succeeds(hands, "app", "psql", "-qAt", "-v", "ON_ERROR_STOP=1", f"{DSN}?connect_timeout=3", "-c", sql)


def connects(hands: Hands) -> bool:
    return asks(hands, "SELECT 1")


def reads(hands: Hands) -> bool:
    return asks(hands, "SET lock_timeout = 500; SELECT name FROM device")


def writes(hands: Hands) -> bool:
    return asks(hands, "UPDATE device SET place = place")


def server_runs(hands: Hands) -> bool:
    return succeeds(hands, "db", "runuser", "-u", "postgres", "--", "psql", "-d", "inventory", "-c", "SELECT 1")


def two_connect(hands: Hands) -> bool:
    """Return whether a second connection is possible beside a first one."""
    nested = f"\\! psql -qAt '{DSN}?connect_timeout=3' -c 'SELECT 1' >/dev/null && touch /tmp/two\n"
    hands.run("app", ("rm", "-f", "/tmp/two"))
    hands.run("app", ("psql", "-qAt", DSN), stdin=nested.encode(), check=False)
    return succeeds(hands, "app", "test", "-e", "/tmp/two")


CASES = (
    Case(DatabaseClientRefused(**APPLICATION), healthy=connects, unharmed=server_runs, reboots=("db",)),
    Case(DatabasePasswordWrong(**APPLICATION), healthy=connects, unharmed=server_runs, reboots=("db",)),
    Case(DatabaseConnectionLimit(**APPLICATION), healthy=connects, unharmed=server_runs, reboots=("db",)),
    Case(DatabaseConnectionLimit(**APPLICATION, limit=1), healthy=two_connect, unharmed=connects, note="one"),
    Case(DatabaseReadOnly(**APPLICATION, table="device"), healthy=writes, unharmed=reads, reboots=("db",)),
    Case(DatabaseTableLocked(**APPLICATION, table="device"), healthy=reads, unharmed=connects, reboots=("db",)),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_fault(case: Case, hands: Hands) -> None:
    prove(case, hands)
