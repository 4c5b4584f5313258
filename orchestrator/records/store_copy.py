"""A store as one file, and a store from such a file: for a backup, and to move between SQLite and PostgreSQL.

The file is a store of its own, in SQLite, whichever database it is a copy of: ``--database FILE`` reads it.
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from sqlalchemy import Integer, Table, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from orchestrator.core.errors import MachineError, UsageError
from orchestrator.core.text import Text
from orchestrator.records import audit, journal
from orchestrator.records.account_models import JoinCodeRow, LinkRow, SignInRow
from orchestrator.records.database import Database
from orchestrator.records.location import database_url
from orchestrator.records.models import JournalHead, Person
from orchestrator.records.tables import METADATA

_ROWS = 500
"""How many rows are in memory at once."""


@dataclass(frozen=True)
class StoreCopied:
    """What a copy holds: how many people, and the journal's head, by which it is known again."""

    people: int
    head: journal.ChainHead


def copy_store(database: Database, target: Path) -> StoreCopied:
    """Copy a store to a file, as it is at one moment, while others go on writing.

    Of a store in which nothing was recorded yet the copy is empty.

    Args:
        database: the store.
        target: the file, which is not there yet; it appears whole, and readable for its owner only.

    Raises:
        UsageError: there is such a file.
        MachineError: the store cannot be read, or the file cannot be written.
    """
    if target.exists():
        raise UsageError(
            Text(fr=f"{target} existe déjà.", en=f"There is {target} already."),
            Text(fr="Donnez un autre nom à la copie.", en="Give the copy another name."),
        )
    with _file_errors(target), tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as folder:
        made = Path(folder, "copy.sqlite")
        with database.read() as reading:
            _to_file(reading, made)
            copied = _copied(reading)
        made.chmod(0o600)
        made.replace(target)
    return copied


def restore_store(source: Path, database: Database, *, replace: bool = False) -> StoreCopied:
    """Bring a store back from a copy: all of it, or nothing where something is wrong.

    Nobody stays signed in by it, and links that were not used end, as do codes of classes: what was ended since the
    copy was made would hold again otherwise.

    Args:
        source: what ``copy_store`` made, by this version of Breakfix or an older one; it is only read.
        database: the store, which holds nothing.
        replace: the store may hold something, all of which goes.

    Raises:
        UsageError: the file is no copy of a store, or the store holds something.
        MachineError: the copy is of a newer Breakfix, its journal was touched, or the store cannot be written.
    """
    with _opened(source) as copy, copy.read() as reading, database.write() as writing:
        if not _empty(writing):
            if not replace:
                raise _not_empty(database)
            _clear(writing)
        _all_rows(reading, writing)
        _end_sign_ins(writing)
        writing.expire_all()
        findings = audit.verify(writing, journal.head(reading))
        if findings:
            raise _touched(source, findings)
        return _copied(writing)


def _copied(transaction: Session) -> StoreCopied:
    people = transaction.scalar(select(func.count(Person.id)).where(Person.anonymised_at.is_(None)))
    return StoreCopied(people or 0, journal.head(transaction))


# To a file ----------------------------------------------------------------------------------------------------


def _to_file(reading: Session, path: Path) -> None:
    if reading.connection().dialect.name == "sqlite":
        _online_backup(cast("sqlite3.Connection", reading.connection().connection.driver_connection), path)
        return
    copy = Database(database_url(str(path), {}))
    with contextlib.closing(copy), copy.write() as writing:
        _all_rows(reading, writing)
    with contextlib.closing(sqlite3.connect(path)) as made:
        _in_one_file(made)


def _online_backup(source: sqlite3.Connection, path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as made:
        source.backup(made)
        _in_one_file(made)


def _in_one_file(connection: sqlite3.Connection) -> None:
    """Have all of a database in its one file, without a write-ahead log beside it."""
    connection.execute("PRAGMA journal_mode = DELETE")


# From a file --------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _opened(source: Path) -> Iterator[Database]:
    """Give a copy brought up to date, in a file of its own: the one that was given is not changed."""
    if not source.is_file():
        raise UsageError(Text(fr=f"Il n’y a pas de fichier {source}.", en=f"There is no file {source}."))
    with tempfile.TemporaryDirectory(prefix="breakfix-restore-") as folder:
        path = Path(folder, source.name)
        try:
            with contextlib.closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as given:
                _refuse_others(source, given)
                _online_backup(given, path)
        except sqlite3.Error as error:
            raise _no_copy(source) from error
        with contextlib.closing(Database(database_url(str(path), {}))) as copy:
            with copy.write():
                pass  # brings it up to date
            yield copy


def _refuse_others(source: Path, given: sqlite3.Connection) -> None:
    if given.execute("SELECT count(*) FROM alembic_version, journal_head").fetchone() != (1,):
        raise _no_copy(source)


def _empty(writing: Session) -> bool:
    rows = (writing.scalar(select(func.count()).select_from(table)) or 0 for table in _tables() if table is not _HEAD)
    return not any(rows)


def _clear(writing: Session) -> None:
    """Delete all that the store holds; the journal's triggers, which refuse that, are set aside for it."""
    with _without_triggers(writing):
        for table in reversed(_tables()):
            writing.execute(delete(table))


@contextlib.contextmanager
def _without_triggers(writing: Session) -> Iterator[None]:
    if writing.connection().dialect.name == "postgresql":
        writing.execute(text("ALTER TABLE journal DISABLE TRIGGER USER"))
        yield
        writing.execute(text("ALTER TABLE journal ENABLE TRIGGER USER"))
        return
    triggers = writing.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for trigger in triggers:
        writing.execute(text(f'DROP TRIGGER "{trigger.name}"'))
    yield
    for trigger in triggers:
        writing.connection().exec_driver_sql(trigger.sql)


def _all_rows(reading: Session, writing: Session) -> None:
    """Copy every row into tables that hold none, but the journal's head."""
    writing.execute(delete(_HEAD))
    for table in _tables():
        rows = reading.execute(select(table).execution_options(yield_per=_ROWS))
        for some in rows.mappings().partitions():
            writing.execute(insert(table), [dict(row) for row in some])
    if writing.connection().dialect.name == "postgresql":
        _count_on(writing)


def _count_on(writing: Session) -> None:
    """Have PostgreSQL number new rows behind those that were copied with their numbers."""
    for table in _tables():
        for column in table.primary_key:
            if isinstance(column.type, Integer) and column is table.autoincrement_column:
                sequence = func.pg_get_serial_sequence(table.name, column.name)
                last = select(func.max(column)).scalar_subquery()
                writing.execute(select(func.setval(sequence, func.coalesce(last, 1), last.is_not(None))))


def _end_sign_ins(writing: Session) -> None:
    writing.execute(delete(LinkRow).where(LinkRow.used_at.is_(None)))
    writing.execute(delete(JoinCodeRow))
    writing.execute(update(SignInRow).where(SignInRow.ended_at.is_(None)).values(ended_at=journal.now()))


def _tables() -> list[Table]:
    """Return all tables, those that others refer to first."""
    return METADATA.sorted_tables


_HEAD = METADATA.tables[JournalHead.__tablename__]


# Wording ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _file_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MachineError(
            Text(
                fr=f"La copie {path} ne peut pas être lue ou écrite : {reason}",
                en=f"The copy {path} cannot be read or written: {reason}",
            ),
            Text(
                fr="Vérifiez son dossier, ses droits et la place sur le disque.",
                en="See to its folder, its rights and the room on the disk.",
            ),
        ) from error


def _no_copy(source: Path) -> UsageError:
    return UsageError(
        Text(fr=f"{source} n’est pas la copie d’une base de Breakfix.", en=f"{source} is no copy of a Breakfix store."),
        Text(fr="Donnez un fichier que « breakfix backup » a écrit.", en="Give a file that 'breakfix backup' wrote."),
    )


def _not_empty(database: Database) -> UsageError:
    return UsageError(
        Text(
            fr=f"La base {database.name} n’est pas vide : rien n’a été restauré.",
            en=f"The store {database.name} is not empty: nothing was restored.",
        ),
        Text(
            fr="Désignez une base vide par --database, ou demandez de remplacer ce que celle-ci contient.",
            en="Name an empty one with --database, or ask for this one's content to be replaced.",
        ),
    )


def _touched(source: Path, findings: tuple[audit.AuditFinding, ...]) -> MachineError:
    first, more = findings[0].text, len(findings) - 1
    return MachineError(
        Text(
            fr=f"Le journal de {source} a été modifié ; rien n’a été restauré. {first.fr}"
            + (f" ({more} autres constats)" if more else ""),
            en=f"The journal of {source} was touched; nothing was restored. {first.en}"
            + (f" ({more} more findings)" if more else ""),
        ),
        Text(
            fr=f"« breakfix --database {source} audit verify » dit tout ; prenez une autre copie.",
            en=f"'breakfix --database {source} audit verify' tells all; take another copy.",
        ),
    )
