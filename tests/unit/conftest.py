"""What takes long to make and is the same for all tests: made once for each process."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of people and results with empty tables: tests copy it, for to make the tables takes longer than they."""
    from tests.unit.records.conftest import make_tables  # noqa: PLC0415 (most tests need no database)

    path = tmp_path_factory.mktemp("template") / "records.sqlite"
    make_tables(f"sqlite:///{path}")
    return path
