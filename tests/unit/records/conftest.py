"""Stores for the tests: in a file, and in a real PostgreSQL."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from orchestrator.records.database import Database
from orchestrator.records.location import database_url
from tests.unit.records import postgres

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """The address of a PostgreSQL server, with ``{name}`` where a database's name goes."""
    with postgres.server() as address:
        yield address


def new_postgres(address: str, template: str = "template0") -> str:
    """Make a database like another, and return its address."""
    name = f"test_{next(_NUMBERS)}"
    engine = create_engine(database_url(address.format(name="postgres")), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    engine.dispose()
    return address.format(name=name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that holds nothing yet, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'records.sqlite'}"
    return new_postgres(request.getfixturevalue("postgres_address"))


def make_tables(address: str) -> None:
    """Bring a database up to date."""
    database = Database(database_url(address, {}))
    with database.write():
        pass
    database.close()


@pytest.fixture(scope="session")
def postgres_template(postgres_address: str) -> str:
    """The name of a database with empty tables."""
    address = new_postgres(postgres_address)
    make_tables(address)
    return address.partition("?")[0].rpartition("/")[2]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty store, of each kind."""
    if request.param == "sqlite":
        address = str(shutil.copy(request.getfixturevalue("empty_store"), tmp_path / "records.sqlite"))
    else:
        template = request.getfixturevalue("postgres_template")
        address = new_postgres(request.getfixturevalue("postgres_address"), template)
    database = Database(database_url(address, {}))
    yield database
    database.close()
