"""The store's database: opened when it is first needed, brought up to date, and used in short transactions."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text
from orchestrator.records import schema_version
from orchestrator.records.scenario_names import NamesNow, adopt_names

Transaction: TypeAlias = Session
"""A transaction, as ``Database.write`` and ``Database.read`` give it, for whoever passes one on."""

_WRITERS_WAIT_S = 30
_CONNECT_S = 10
_READ_ONLY = "breakfix_read_only"


class Database:
    """One database, SQLite's or PostgreSQL's.

    Writers exclude each other in SQLite for as long as their transaction lasts: keep it short, and start nothing in it.
    """

    def __init__(self, url: URL, names_now: NamesNow | None = None) -> None:
        """Take the address; nothing is opened yet.

        Args:
            url: as ``location.database_url`` returns it.
            names_now: tells which scenarios have another name by now; None: none has.
        """
        self._url = url
        self._names_now = names_now
        self._engine: Engine | None = None
        self._opening = threading.Lock()

    @property
    def name(self) -> str:
        """Return what the database is called towards a person: its address, without the password."""
        if self._url.get_backend_name() == "sqlite" and self._url.database:
            return self._url.database
        return self._url.render_as_string(hide_password=True).replace("+psycopg", "", 1)

    @contextlib.contextmanager
    def write(self) -> Iterator[Session]:
        """Give a transaction that may write: it is kept whole at the end of the block, or not at all.

        Raises:
            MachineError: the database cannot be opened, or does not take what is written.
        """
        with self._translated(), Session(self._made(), expire_on_commit=False) as session, session.begin():
            yield session

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """Give a transaction that reads one state of the database, and waits for no writer.

        Where nothing was ever recorded it finds nothing, and makes neither a file nor a folder nor tables.

        Raises:
            MachineError: the database cannot be opened or read.
        """
        there = self._there()
        engine = there.execution_options(**self._reading) if there else _nothing()
        with self._translated(), Session(engine, expire_on_commit=False) as session:
            yield session

    @property
    def exists(self) -> bool:
        """Return whether the database is there; of one on a server nothing is known before it is asked."""
        return self._url.get_backend_name() != "sqlite" or Path(str(self._url.database)).exists()

    def version(self) -> tuple[str | None, str]:
        """Return the version of its tables, None where there are none, and the one that this program makes of them.

        Raises:
            MachineError: the database cannot be opened or read.
        """
        return self._found_version(), schema_version.versions()[-1]

    def close(self) -> None:
        """Close all connections."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    @property
    def _reading(self) -> dict[str, Any]:
        """Return how a transaction that only reads is begun: it sees one state, whoever writes meanwhile."""
        options: dict[str, Any] = {_READ_ONLY: True}
        if self._url.get_backend_name() == "postgresql":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        return options

    def _made(self) -> Engine:
        """Return the database with the tables of this version, which are made where there are none.

        Threads that come first at once open it once: Alembic has one migration at a time in a process.
        """
        with self._opening:
            if self._engine is None:
                self._engine = self._brought_up_to_date()
            return self._engine

    def _brought_up_to_date(self) -> Engine:
        with self._translated():
            engine = self._opened()
            try:
                schema_version.bring_up_to_date(engine, self.name)
                if self._names_now is not None:
                    adopt_names(engine, self._names_now)
            except BaseException:
                engine.dispose()
                raise
        return engine

    def _there(self) -> Engine | None:
        """Return the database with the tables of this version; None where there are none."""
        return self._made() if self._engine is not None or self._has_tables() else None

    def _has_tables(self) -> bool:
        return self._found_version() is not None

    def _found_version(self) -> str | None:
        if not self.exists:
            return None
        with self._translated():
            engine = self._opened()
            try:
                with engine.execution_options(**{_READ_ONLY: True}).connect() as connection:
                    return schema_version.version_of(connection)
            finally:
                engine.dispose()

    def _opened(self) -> Engine:
        if self._url.get_backend_name() != "sqlite":
            return create_engine(self._url, connect_args={"connect_timeout": _CONNECT_S})
        try:
            _make_private(Path(str(self._url.database)))
        except (OSError, sqlite3.Error) as error:
            raise _unusable(self.name, error) from error
        engine = create_engine(self._url, connect_args={"timeout": _WRITERS_WAIT_S})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise _unusable(self.name, error) from error


def _nothing() -> Engine:
    """Return a database in memory that is as one in which nothing was recorded yet."""
    engine = create_engine("sqlite+pysqlite://", poolclass=StaticPool)
    schema_version.bring_up_to_date(engine, "memory")
    return engine


def _make_private(path: Path) -> None:
    """Make a database's file, which holds people's names, readable for its owner only; SQLite's others follow it.

    It appears with its write-ahead log chosen: of two that choose it at once, SQLite refuses one without a wait.
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as place:
        made = Path(place, path.name)
        os.close(os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with contextlib.closing(sqlite3.connect(made)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        with contextlib.suppress(FileExistsError):
            os.link(made, path)


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
    connection.isolation_level = None  # we say ourselves when a transaction begins, and of which kind it is
    for pragma in ("journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """Begin a transaction: one that may write takes the lock first, lest two that have read both want to write."""
    reads_only = connection.get_execution_options().get(_READ_ONLY, False)
    connection.execute(text("BEGIN" if reads_only else "BEGIN IMMEDIATE"))


def _unusable(name: str, error: SQLAlchemyError | sqlite3.Error | OSError) -> MachineError:
    reason = str(error.orig if isinstance(error, DBAPIError) and error.orig is not None else error).strip()
    first = reason.splitlines()[0] if reason else type(error).__name__
    return MachineError(
        Text(
            fr=f"L’enregistrement dans {name} est impossible : {first}",
            en=f"The store in {name} cannot be used: {first}",
        ),
        Text(
            fr="Vérifiez que cette base existe, qu’elle répond et que son disque a de la place ; "
            "--database ou BREAKFIX_DATABASE en désigne une autre.",
            en="See that this database exists, that it answers and that its disk has room; "
            "--database or BREAKFIX_DATABASE names another.",
        ),
    )
