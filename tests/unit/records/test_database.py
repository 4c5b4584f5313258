"""The database: made when it is first needed, whole or not at all, private, and not older or newer than the program."""

from __future__ import annotations

import multiprocessing
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from orchestrator.core.errors import MachineError
from orchestrator.records import audit, journal, schema_version
from orchestrator.records.database import Database
from orchestrator.records.location import database_url
from orchestrator.records.models import Launch, PeopleGroup, Setting
from orchestrator.records.people import People
from orchestrator.records.tables import METADATA

from .conftest import fill_old

pytestmark = pytest.mark.slow

AT = datetime(2026, 3, 29, 3, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2)))


def test_nothing_is_opened_before_it_is_needed(tmp_path: Path) -> None:
    Database(database_url(str(tmp_path / "a" / "b.sqlite"), {}))
    assert not (tmp_path / "a").exists()


def test_reading_makes_neither_a_file_nor_a_folder(tmp_path: Path) -> None:
    database = Database(database_url(f"sqlite:///{tmp_path / 'a' / 'b.sqlite'}", {}))
    for _ in range(2):
        with database.read() as session:
            assert session.query(PeopleGroup).all() == []
            assert journal.head(session).seq == 0
    assert (database.exists, list(tmp_path.iterdir())) == (False, [])
    with database.write() as session:
        session.add(PeopleGroup(name="tssr-2026", created_at=AT))
    with database.read() as session:
        assert session.query(PeopleGroup).one().name == "tssr-2026"
    assert database.exists
    database.close()


def test_reading_makes_no_tables(address: str) -> None:
    database = Database(database_url(address, {}))
    if not database.exists:
        Path(address.removeprefix("sqlite:///")).touch()
    with database.read() as session:
        assert session.query(PeopleGroup).all() == []
    database.close()
    engine = create_engine(database_url(address, {}))
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    engine.dispose()


def test_the_migrations_make_what_the_models_say(store: Database) -> None:
    with store.read() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_server_default": True})
        assert compare_metadata(context, METADATA) == []
        assert schema_version.version_of(session.connection()) == schema_version.versions()[-1]


def test_a_store_of_the_first_version_is_brought_up_to_date(address: str) -> None:
    fill_old(address)
    store = Database(database_url(address, {}))
    with store.write() as session:
        paul = People(session).find("paul")
        assert (sorted(paul.roles), paul.language) == (["trainer"], None)
        People(session).give_role(paul, "administrator")
        assert audit.verify(session) == ()
    with store.read() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_server_default": True})
        assert compare_metadata(context, METADATA) == []
    for wrong in ("UPDATE person_roles SET role = 'boss'", "UPDATE people SET language = 'de'"):
        with pytest.raises(MachineError), store.write() as session:
            session.execute(text(wrong))
    store.close()


def test_what_is_written_comes_back(store: Database) -> None:
    with store.write() as session:
        session.add(PeopleGroup(name="tssr-2026", created_at=AT))
    with store.read() as session:
        group = session.query(PeopleGroup).one()
        assert (group.name, group.created_at, group.created_at.tzinfo) == ("tssr-2026", AT, UTC)


def test_a_moment_without_a_zone_is_refused(store: Database) -> None:
    def add() -> None:
        with store.write() as session:
            session.add(PeopleGroup(name="x", created_at=datetime(2026, 1, 1)))  # noqa: DTZ001 - that is the point

    with pytest.raises(MachineError, match="no time zone"):
        add()


def test_a_block_that_ends_badly_leaves_nothing(store: Database) -> None:
    def fail() -> None:
        with store.write() as session:
            session.add(Setting(name="a", value="1"))
            session.flush()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    with store.read() as session:
        assert session.query(Setting).count() == 0


def test_a_reader_waits_for_no_writer_and_sees_one_state(store: Database) -> None:
    with store.read() as reading:
        assert reading.query(Setting).count() == 0
        with store.write() as session:
            session.add(Setting(name="a", value="1"))
        assert reading.query(Setting).count() == 0
    with store.read() as reading:
        assert reading.query(Setting).count() == 1


def test_what_refers_to_nothing_is_refused(store: Database) -> None:
    def add() -> None:
        with store.write() as session:
            session.add(Launch(group_id=7, scenario="x", seed="1", at=AT))

    with pytest.raises(MachineError):
        add()


def test_a_file_of_peoples_names_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "records.sqlite"
    database = Database(database_url(str(path), {}))
    with database.write() as session:
        session.add(Setting(name="a", value="1"))
        files = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    database.close()
    assert set(files.values()) == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_tables_of_a_newer_program_are_left_alone(address: str) -> None:
    first = Database(database_url(address, {}))
    with first.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    first.close()
    second = Database(database_url(address, {}))

    def use() -> None:
        with second.read():
            pytest.fail("it was opened")

    with pytest.raises(MachineError, match="newer Breakfix \\(version 9999"):
        use()
    second.close()


def test_one_that_cannot_be_opened_says_so_without_its_password(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for given in (f"sqlite:///{tmp_path}/file/x", f"postgresql://a:secret@/b?host={tmp_path}/none"):
        database = Database(database_url(given, {}))

        def use(database: Database = database) -> None:
            with database.write():
                pytest.fail("it was opened")

        with pytest.raises(MachineError) as refused:
            use()
        assert str(tmp_path) in refused.value.text.en
        assert "secret" not in f"{refused.value.text}"
        assert refused.value.hint is not None
        database.close()


def test_what_is_no_database_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear jury,\n" * 100)
    database = Database(database_url(str(path), {}))

    def use() -> None:
        with database.write():
            pytest.fail("it was opened")

    with pytest.raises(MachineError, match="not a database"):
        use()
    database.close()
    assert path.read_text() == "Dear jury,\n" * 100


def test_threads_that_begin_at_once_make_the_tables_once(address: str) -> None:
    store = Database(database_url(address, {}))
    barrier = threading.Barrier(4)

    def begin(number: int) -> None:
        barrier.wait(60)
        with store.write() as session:
            session.add(Setting(name=str(number), value="1"))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(begin, range(4)))
    with store.read() as session:
        assert session.query(Setting).count() == 4
    store.close()


def _open(address: str, barrier: threading.Barrier) -> None:
    database = Database(database_url(address, {}))
    barrier.wait(60)
    with database.write() as session:
        session.add(Setting(name=f"{threading.get_ident()}-{multiprocessing.current_process().pid}", value="1"))
    database.close()


def test_programs_that_begin_at_once_make_the_tables_once(address: str) -> None:
    spawning = multiprocessing.get_context("spawn")
    barrier = spawning.Barrier(3)
    programs = [spawning.Process(target=_open, args=(address, barrier)) for _ in range(3)]
    for program in programs:
        program.start()
    for program in programs:
        program.join(120)
    assert [program.exitcode for program in programs] == [0, 0, 0]
    engine = create_engine(database_url(address, {}))
    with engine.connect() as connection:
        assert inspect(connection).has_table("journal")
        assert connection.execute(text("SELECT count(*) FROM settings")).scalar() == 3
        assert connection.execute(text("SELECT count(*) FROM journal_head")).scalar() == 1
    engine.dispose()
