"""A store comes back from a copy whole, from either kind of database into either, or not at all."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import inspect, select, text

from orchestrator.core.errors import MachineError, UsageError
from orchestrator.records import attempts, audit, class_limits, credentials, join_codes, journal, sign_ins
from orchestrator.records.database import Database
from orchestrator.records.groups import Groups
from orchestrator.records.location import database_url
from orchestrator.records.people import NewPerson, People
from orchestrator.records.store_copy import copy_store, restore_store
from orchestrator.records.tables import METADATA

pytestmark = pytest.mark.slow

NOW = datetime(2026, 9, 1, 8, 30, 0, 5, tzinfo=UTC)


@pytest.fixture
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Another empty store, in a file."""
    path = shutil.copy(request.getfixturevalue("empty_store"), tmp_path / "other.sqlite")
    database = Database(database_url(str(path), {}))
    yield database
    database.close()


def fill(store: Database) -> tuple[str, str]:
    """Record something of each kind; return the token of a sign-in and the secret of a link."""
    with store.write() as session:
        people, groups = People(session), Groups(session)
        lea = people.add(NewPerson("lea", "Léa", "Martin", language="fr"))
        paul = people.add(NewPerson("paul", roles=frozenset({"trainer", "administrator"})))
        people.trained_by(lea, paul)
        group = groups.create("tssr", by=paul.ref)
        groups.add(group, lea, trainer=False, by=paul.ref)
        groups.launched(group, "cable-out", 3, by=paul.ref)
        class_limits.put(session, group, class_limits.ClassLimits(8, 3 << 33, 0.5), by=paul.ref)
        new = attempts.NewAttempt("cable-out", "pair", "3", "lab-1", "d" * 64, ("1.3",), 1, 20, 2)
        attempt = attempts.begin(session, lea, new, by=lea)
        graded = attempts.Graded({"verdict": "repaired", "é": [1.5, None]}, True, True, 4, 4)
        attempts.keep_report(session, attempt, graded, by=lea)
        credentials.choose_password(session, paul, "$hash$", now=NOW, way="link")
        join_codes.make(session, group, by=paul.ref, now=NOW)
        link = credentials.make_link(session, lea, by=paul.ref, now=NOW)
        return sign_ins.begin(session, paul, "Firefox", NOW), link.secret


def everything(store: Database, *, but: tuple[str, ...] = ()) -> dict[str, list[str]]:
    with store.read() as session:
        tables = [table for table in METADATA.sorted_tables if table.name not in but]
        return {table.name: sorted(map(repr, session.execute(select(table)))) for table in tables}


SIGNING_IN = ("one_time_links", "sign_ins", "join_codes")


def test_a_store_comes_back_whole(store: Database, other: Database, tmp_path: Path) -> None:
    """From either kind of database by way of a file to SQLite, and from there into the first kind again."""
    token, secret = fill(store)
    copied = copy_store(store, tmp_path / "copy.sqlite")
    assert copied.people == 2
    assert restore_store(tmp_path / "copy.sqlite", other) == copied
    assert everything(other, but=SIGNING_IN) == everything(store, but=SIGNING_IN)
    with other.read() as session:
        assert audit.verify(session, copied.head) == ()
        assert sign_ins.current(session, token, NOW) is None, "nobody stays signed in"
        assert credentials.find_link(session, secret, NOW) is None
        assert join_codes.of_group(session, Groups(session).find("tssr"), NOW) is None
    before = everything(store, but=SIGNING_IN)
    with store.write() as session:
        People(session).add(NewPerson("zoe"))
    restore_store(tmp_path / "copy.sqlite", store, replace=True)
    assert everything(store, but=SIGNING_IN) == before


def test_what_comes_back_goes_on(store: Database, tmp_path: Path) -> None:
    """New rows have new numbers, and the journal refuses again to be changed."""
    fill(store)
    copy_store(store, tmp_path / "copy.sqlite")
    restore_store(tmp_path / "copy.sqlite", store, replace=True)
    with store.write() as session:
        zoe = People(session).add(NewPerson("zoe"))
        assert zoe.id == 3
        sign_ins.begin(session, zoe, "", NOW)
        assert audit.verify(session) == ()

    def touch() -> None:
        with store.write() as session:
            session.execute(text("DELETE FROM journal WHERE seq = 1"))

    with pytest.raises(MachineError, match="append-only"):
        touch()


def test_the_copy_is_a_store_in_one_private_file(store: Database, tmp_path: Path) -> None:
    fill(store)
    folder = tmp_path / "copies"
    folder.mkdir()
    copied = copy_store(store, folder / "copy.sqlite")
    assert [path.name for path in folder.iterdir()] == ["copy.sqlite"]
    assert stat.S_IMODE((folder / "copy.sqlite").stat().st_mode) == 0o600
    copy = Database(database_url(str(folder / "copy.sqlite"), {}))
    with copy.read() as session:
        assert audit.verify(session, copied.head) == ()
        assert [person.name for person in People(session).list()] == ["", "Léa Martin"]
    copy.close()


def test_a_copy_is_of_one_moment_while_others_write(store: Database, tmp_path: Path) -> None:
    with store.write() as session:
        People(session).add(NewPerson("lea"))
    with store.write() as session:
        People(session).add(NewPerson("zoe"))
        copied = copy_store(store, tmp_path / "copy.sqlite")
    assert (copied.people, copied.head.seq) == (1, 1)


def test_of_nothing_the_copy_is_empty(address: str, other: Database, tmp_path: Path) -> None:
    nothing = Database(database_url(address, {}))
    copied = copy_store(nothing, tmp_path / "copy.sqlite")
    assert (copied.people, copied.head.seq) == (0, 0)
    assert restore_store(tmp_path / "copy.sqlite", other) == copied
    nothing.close()


def test_a_file_that_is_there_is_not_written_over(store: Database, tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("Dear jury")
    with pytest.raises(UsageError, match="already"):
        copy_store(store, tmp_path / "letter")
    with pytest.raises(MachineError, match="cannot be read or written"):
        copy_store(store, tmp_path / "none" / "copy")
    assert (tmp_path / "letter").read_text() == "Dear jury"


def test_what_is_there_is_not_replaced_unasked(store: Database, other: Database, tmp_path: Path) -> None:
    fill(other)
    copy_store(store, tmp_path / "copy.sqlite")
    before = everything(other)
    with pytest.raises(UsageError, match="is not empty: nothing was restored"):
        restore_store(tmp_path / "copy.sqlite", other)
    assert everything(other) == before


def test_a_copy_that_was_touched_restores_nothing(store: Database, other: Database, tmp_path: Path) -> None:
    fill(other)
    copy = tmp_path / "copy.sqlite"
    copy_store(other, copy)
    with sqlite3.connect(copy) as connection:
        connection.execute('UPDATE check_reports SET report = \'{"verdict":"not_repaired"}\'')
    connection.close()
    content = copy.read_bytes()
    with pytest.raises(MachineError, match="Grading report 1 is not the one"):
        restore_store(copy, store)
    with store.read() as session:
        assert journal.head(session).seq == 0
        assert People(session).list() == ()
    assert copy.read_bytes() == content


def test_what_is_no_copy_is_refused(other: Database, tmp_path: Path) -> None:
    letter, foreign, newer = tmp_path / "letter", tmp_path / "foreign", tmp_path / "newer.sqlite"
    letter.write_text("Dear jury\n" * 500)
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE people (name)")
    connection.close()
    for path in (letter, foreign):
        with pytest.raises(UsageError, match="is no copy of a Breakfix store"):
            restore_store(path, other)
    with pytest.raises(UsageError, match="There is no file"):
        restore_store(tmp_path / "none", other)
    copy_store(other, newer)
    with sqlite3.connect(newer) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(MachineError, match="newer Breakfix"):
        restore_store(newer, other)
    assert letter.read_text() == "Dear jury\n" * 500


def test_a_copy_of_an_older_version_comes_back(store: Database, old_store: Path) -> None:
    content = old_store.read_bytes()
    restored = restore_store(old_store, store)
    assert (restored.people, restored.head.seq) == (1, 1)
    with store.read() as session:
        assert inspect(session.connection()).has_table("sign_ins")
        assert People(session).list()[0].roles == {"trainer"}
    assert old_store.read_bytes() == content
