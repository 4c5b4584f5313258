"""The journal: in order without a gap, whoever writes; nothing of it can be touched without being found and named."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import re
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from orchestrator.core.errors import MachineError
from orchestrator.records import audit, journal
from orchestrator.records.database import Database
from orchestrator.records.journal import ChainHead, JournalEvent
from orchestrator.records.location import database_url
from orchestrator.records.models import CheckReport, JournalHead, JournalRow

LENGTH = 6


def write(store: Database, count: int = LENGTH) -> ChainHead:
    for number in range(1, count + 1):
        with store.write() as session:
            written = JournalEvent(
                "P-0123456789ab", "incident.noted", f"session:{number}", "ab" * 32, {"why": f"n° {number}"}
            )
            journal.append(session, written)
    with store.read() as session:
        return journal.head(session)


def findings(store: Database, noted: ChainHead | None = None) -> list[tuple[str, int]]:
    with store.read() as session:
        return [(finding.kind, finding.seq) for finding in audit.verify(session, noted)]


def tamper(store: Database, *statements: str) -> None:
    """Do what somebody does who can write into the database, and knows how to get rid of its triggers."""
    with store.write() as session:
        sqlite = session.get_bind().dialect.name == "sqlite"
        for name in ("journal_keeps_rows", "journal_keeps_values"):
            session.execute(text(f"DROP TRIGGER {name}" + ("" if sqlite else " ON journal")))
        for statement in statements:
            session.execute(text(statement))


def test_an_empty_journal_is_sound(store: Database) -> None:
    assert findings(store) == []
    with store.read() as session:
        assert journal.head(session) == ChainHead(0, journal.GENESIS)


def test_what_is_appended_comes_back_in_order(store: Database) -> None:
    head = write(store)
    with store.read() as session:
        entries = journal.entries(session)
        assert [entry.seq for entry in entries] == list(range(1, LENGTH + 1))
        assert entries[-1].hash == head.hash
        assert entries[2].event == JournalEvent(
            "P-0123456789ab", "incident.noted", "session:3", "ab" * 32, {"why": "n° 3"}
        )
        assert [entry.seq for entry in journal.entries(session, subject="session:4")] == [4]
        assert journal.entries(session, kind="other") == ()
    assert findings(store) == []
    assert findings(store, head) == []


def test_the_hash_can_be_worked_out_without_this_program(store: Database) -> None:
    write(store, 2)
    with store.read() as session:
        first, second = session.execute(text("SELECT * FROM journal ORDER BY seq")).mappings()
        at = journal.entries(session)[1].at.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")
    payload = hashlib.sha256(
        json.dumps([second["salt"], second["payload"]], separators=(",", ":")).encode()
    ).hexdigest()
    fields = [2, at, "P-0123456789ab", "incident.noted", "session:2", "ab" * 32, payload, first["hash"]]
    assert second["hash"] == hashlib.sha256(json.dumps(fields, separators=(",", ":")).encode()).hexdigest()


def test_an_entry_is_kept_with_what_it_tells_about_or_not_at_all(store: Database) -> None:
    def fail() -> None:
        with store.write() as session:
            journal.append(session, JournalEvent("breakfix", "a", "b"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    write(store, 1)
    with store.read() as session:
        assert [entry.event.kind for entry in journal.entries(session)] == ["incident.noted"]
    assert findings(store) == []


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM journal", "UPDATE journal SET actor = 'x'", "UPDATE journal SET hash = 'x' WHERE seq = 2"],
)
def test_the_database_refuses_what_is_no_append(store: Database, statement: str) -> None:
    write(store, 2)

    def change() -> None:
        with store.write() as session:
            session.execute(text(statement))

    with pytest.raises(MachineError, match="append-only"):
        change()
    assert findings(store) == []


CHANGES = {
    "at": "'2026-01-01 00:00:00.000000'",
    "actor": "'P-ffffffffffff'",
    "kind": "'other'",
    "subject": "'session:99'",
    "content_hash": "'cd'",
    "payload_hash": "'cd'",
    "previous": "'cd'",
    "hash": "'cd'",
}


@pytest.mark.parametrize("column", CHANGES)
@pytest.mark.parametrize("seq", [1, 3, LENGTH])
def test_a_changed_value_is_found_and_its_entry_named(store: Database, column: str, seq: int) -> None:
    write(store)
    tamper(store, f"UPDATE journal SET {column} = {CHANGES[column]} WHERE seq = {seq}")
    assert ("changed", seq) in findings(store)


def test_a_changed_payload_is_found(store: Database) -> None:
    write(store)
    with store.write() as session:
        session.execute(text("UPDATE journal SET payload = replace(payload, '3', '8') WHERE seq = 3"))
    assert findings(store) == [("payload", 3)]


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        ("1", [("removed", 1)]),
        ("3", [("removed", 3)]),
        ("2, 3, 4", [("removed", 2)]),
        ("6", [("truncated", 6)]),
        ("4, 5, 6", [("truncated", 4)]),
        ("1, 2, 3, 4, 5, 6", [("truncated", 1)]),
    ],
)
def test_removed_entries_are_named(store: Database, gone: str, expected: list[tuple[str, int]]) -> None:
    write(store)
    tamper(store, f"DELETE FROM journal WHERE seq IN ({gone})")
    assert findings(store) == expected


def test_a_removed_entry_whose_followers_move_up_is_found(store: Database) -> None:
    write(store)
    tamper(
        store,
        "DELETE FROM journal WHERE seq = 3",
        *(f"UPDATE journal SET seq = {n - 1} WHERE seq = {n}" for n in (4, 5, 6)),
    )
    found = findings(store)
    assert ("moved", 3) in found or ("changed", 3) in found
    assert ("chain", 3) in found
    assert ("truncated", 6) in found


def test_entries_in_each_others_place_are_named(store: Database) -> None:
    write(store)
    tamper(store, *(f"UPDATE journal SET seq = {b} WHERE seq = {a}" for a, b in ((2, 99), (5, 2), (99, 5))))
    with store.read() as session:
        texts = [finding.text.en for finding in audit.verify(session) if finding.kind == "moved"]
    assert texts == [
        "In the place of entry 2 stands entry 5: the order was changed.",
        "In the place of entry 5 stands entry 2: the order was changed.",
    ]


def test_an_end_cut_off_with_its_head_is_found_by_who_noted_the_head(store: Database) -> None:
    noted = write(store)
    tamper(
        store,
        "DELETE FROM journal WHERE seq > 4",
        "UPDATE journal_head SET seq = 4, hash = (SELECT hash FROM journal WHERE seq = 4)",
    )
    assert findings(store) == []
    assert findings(store, noted) == [("truncated", 5)]


def test_a_journal_written_anew_is_found_by_who_noted_the_head(store: Database) -> None:
    noted = write(store)
    tamper(store, "DELETE FROM journal WHERE seq > 4", f"UPDATE journal_head SET seq = 4, hash = ({LAST})")
    with store.write() as session:
        for number in (5, 6, 7):
            journal.append(session, JournalEvent("breakfix", "incident.noted", f"session:{number}"))
    assert findings(store) == []
    assert findings(store, noted) == [("rewritten", 6)]


LAST = "SELECT hash FROM journal WHERE seq = 4"


def test_an_entry_added_past_the_program_is_found(store: Database) -> None:
    write(store)
    tamper(
        store,
        "INSERT INTO journal SELECT 7, at, actor, kind, subject, content_hash, payload, salt, payload_hash, hash, 'ef' "
        "FROM journal WHERE seq = 6",
    )
    assert findings(store) == [("changed", 7), ("rewritten", 7)]


def test_a_removed_head_is_found(store: Database) -> None:
    write(store)
    tamper(store, "DELETE FROM journal_head")
    assert findings(store) == [("truncated", 0)]


def test_an_erasure_that_is_said_leaves_the_journal_sound(store: Database) -> None:
    noted = write(store)
    with store.write() as session:
        journal.erase(session, [2, 4], actor="P-0123456789ab", reason="forgotten")
    assert findings(store, noted) == []
    with store.read() as session:
        entries = journal.entries(session)
        assert [entry.seq for entry in entries if entry.erased] == [2, 4]
        assert entries[1].event.payload == {}
        assert entries[-1].event.payload == {"entries": [2, 4], "reason": "forgotten"}
        assert "n° 2" not in str(session.execute(text("SELECT * FROM journal")).all())


def test_an_erasure_that_is_not_said_is_found(store: Database) -> None:
    write(store)
    with store.write() as session:
        session.execute(text("UPDATE journal SET payload = NULL, salt = NULL WHERE seq = 2"))
    assert findings(store) == [("erased", 2)]


def _append(address: str, barrier: threading.Barrier, count: int) -> None:
    database = Database(database_url(address, {}))
    barrier.wait(60)
    for _ in range(count):
        with database.write() as session:
            journal.append(session, JournalEvent("breakfix", "tick", "clock"))
    database.close()


@pytest.mark.slow
def test_programs_that_write_at_once_leave_one_chain(address: str) -> None:
    spawning = multiprocessing.get_context("spawn")
    barrier = spawning.Barrier(3)
    programs = [spawning.Process(target=_append, args=(address, barrier, 20)) for _ in range(3)]
    for program in programs:
        program.start()
    for program in programs:
        program.join(300)
    assert [program.exitcode for program in programs] == [0, 0, 0]
    database = Database(database_url(address, {}))
    assert findings(database) == []
    with database.read() as session:
        assert [entry.seq for entry in journal.entries(session)] == list(range(1, 61))
    database.close()


@st.composite
def flips(draw: st.DrawFn) -> tuple[int, str, int, str]:
    """One character of one value of one entry, and what it becomes."""
    column = draw(st.sampled_from(["actor", "kind", "subject", "content_hash", "payload", "salt", "previous", "hash"]))
    return (
        draw(st.integers(1, 4)),
        column,
        draw(st.integers(0, 1000)),
        draw(st.characters(codec="ascii", min_codepoint=33)),
    )


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flip=flips())
def test_whatever_character_is_flipped_is_found(
    tmp_path: Path, empty_store: Path, flip: tuple[int, str, int, str]
) -> None:
    seq, column, place, character = flip
    store = Database(database_url(str(shutil.copy(empty_store, tmp_path / "records.sqlite")), {}))
    write(store, 4)
    with store.read() as session:
        before: str = session.execute(text(f"SELECT {column} FROM journal WHERE seq = {seq}")).scalar_one()
    place %= len(before)
    after = before[:place] + character + before[place + 1 :]
    if after != before:
        tamper(store)
        with store.write() as session:
            session.execute(text(f"UPDATE journal SET {column} = :after WHERE seq = {seq}"), {"after": after})
        assert seq in [number for _, number in findings(store)]
    store.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET payload = '{}' WHERE seq = 1",
        "UPDATE journal SET actor = 'x' WHERE seq = 1",
        "UPDATE journal SET hash = 'x' WHERE seq = 2",
        "UPDATE journal SET salt = NULL WHERE seq = 1",
        "UPDATE journal SET subject = subject || ' ' WHERE seq = 1",
        "DELETE FROM journal WHERE seq = 2",
        "UPDATE journal_head SET seq = 1",
        "DELETE FROM journal_head",
    ],
)
def test_a_fingerprint_differs_whatever_is_changed(store: Database, statement: str) -> None:
    write(store, 3)
    with store.read() as session:
        before = audit.fingerprint(session)
        assert audit.fingerprint(session) == before
        assert audit.verify(session) == ()
    tamper(store, statement)
    with store.read() as session:
        assert audit.fingerprint(session) != before
        assert audit.verify(session)


def test_a_fingerprint_has_all_that_is_verified(store: Database) -> None:
    tables = {JournalRow.__tablename__, JournalHead.__tablename__, CheckReport.__tablename__}
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:  # noqa: ANN401
        asked.append(statement)

    with store.read() as session:
        engine = session.get_bind()
        event.listen(engine, "before_cursor_execute", note)
        try:
            audit.verify(session)
        finally:
            event.remove(engine, "before_cursor_execute", note)
    read = {found for statement in asked for found in re.findall(r"FROM (\w+)", statement)}
    assert read == tables == {found for rows in audit._READ for found in re.findall(r"FROM (\w+)", rows)}
