"""Stores for the tests: in a file, and in a real PostgreSQL."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from orchestrator.records import journal, schema_version
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


def at_version(address: str, version: str) -> None:
    """Make a database's tables as they were in an older version."""
    config = Config()
    config.set_main_option("script_location", str(schema_version.MIGRATIONS))
    engine = create_engine(database_url(address, {}))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    engine.dispose()


OLD_ROWS = (
    "INSERT INTO people (id, ref, handle, family_name, given_name, created_at) "
    "VALUES (1, 'P-1', 'paul', 'Durand', 'Paul', '2026-01-01 00:00:00.000000')",
    "INSERT INTO person_roles (person_id, role) VALUES (1, 'trainer')",
)


def fill_old(address: str) -> None:
    """Make a store of the first version, in which somebody was recorded."""
    at_version(address, "0001")
    engine = create_engine(database_url(address, {}))
    with Session(engine) as session, session.begin():
        for statement in OLD_ROWS:
            session.execute(text(statement))
        journal.append(session, journal.JournalEvent(journal.PROGRAM, "person.added", "P-1"))
    engine.dispose()


@pytest.fixture
def old_store(tmp_path: Path) -> Path:
    """The file of a store of the first version, in which somebody was recorded."""
    path = tmp_path / "old.sqlite"
    fill_old(str(path))
    return path
