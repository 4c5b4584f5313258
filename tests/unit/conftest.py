"""What takes long to make and is the same for all tests: made once for each process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of people and results with empty tables: tests copy it, for to make the tables takes longer than they."""
    from tests.unit.records.conftest import make_tables  # noqa: PLC0415 (most tests need no database)

    path = tmp_path_factory.mktemp("template") / "records.sqlite"
    make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session", autouse=True)
def stores_without_waiting() -> Iterator[None]:
    """Have SQLite not wait for the disk after each transaction: no test cuts the power."""
    database = sys.modules.get("orchestrator.records.database")
    if database is None:  # no test of this run has a store
        yield
        return
    own = database._prepare_sqlite

    def prepare(connection: Any, record: object) -> None:  # noqa: ANN401 - the driver's own
        own(connection, record)
        connection.execute("PRAGMA synchronous = OFF")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "_prepare_sqlite", prepare)
        yield
