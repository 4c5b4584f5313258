"""Sessions in the store's journal: made once, kept in order by several at once, names that can be forgotten alone."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from orchestrator.assessment import session_retention
from orchestrator.assessment.events import Draft
from orchestrator.assessment.journal_log import JournalLog
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.written_plan import WrittenPlan
from orchestrator.core.errors import MachineError, UsageError
from orchestrator.records import audit, journal
from orchestrator.records.database import Database
from orchestrator.records.models import JournalRow
from tests.unit.assessment.sessions import PLAN, START, Played, make_registry, open_in_memory
from tests.unit.records.conftest import postgres_address, postgres_template, store
from tests.unit.records.test_journal import tamper

pytestmark = pytest.mark.slow

__all__ = ["postgres_address", "postgres_template", "store"]


@pytest.fixture
def jury_session(tmp_path: Path, store: Database) -> JurySession:
    registry = dataclasses.replace(make_registry(tmp_path, Played(START)), log=JournalLog(store))
    file = tmp_path / "session.yaml"
    file.write_text(PLAN, encoding="utf-8")
    made = registry.create(WrittenPlan.read(file), "organiser")
    with pytest.raises(UsageError, match="exists already"):
        registry.create(WrittenPlan.read(file), "organiser")
    return made


def test_a_session_comes_back_as_it_was_kept(jury_session: JurySession, store: Database) -> None:
    open_in_memory(jury_session, "reseau")
    jury_session.start("reseau", "organiser")
    jury_session.incident("organiser", "Une alarme", "C-02")
    state = jury_session.state()
    assert state.sittings["reseau", "C-02"].started == START
    assert [event.details["text"] for event in state.of("incident", "C-02")] == ["Une alarme"]
    numbers = [event.number for event in state.events]
    assert numbers == sorted(set(numbers))
    assert JournalLog(store).sessions() == ("december",)
    assert JournalLog(store).head() == f"{state.events[-1].number}:{state.events[-1].seal}"


def test_several_keep_events_at_once(jury_session: JurySession, store: Database) -> None:
    def write(number: int) -> None:
        jury_session.keep(
            *(Draft("incident", "organiser", START + i, details={"text": f"{number}/{i}"}) for i in range(5))
        )

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    said = [event.details["text"] for event in jury_session.state().of("incident")]
    assert sorted(said) == sorted(f"{number}/{i}" for number in range(6) for i in range(5))
    with store.read() as transaction:
        assert audit.verify(transaction) == ()


def test_names_are_forgotten_and_the_journal_holds(jury_session: JurySession, store: Database) -> None:
    log = JournalLog(store)
    with pytest.raises(UsageError, match="not closed"):
        session_retention.forget(log, jury_session.state(), date(2026, 1, 1), ["C-01"])
    jury_session.keep(Draft("closed", "breakfix", START, details={"digest": "x", "signatures": []}))
    with pytest.raises(UsageError, match="60 months after 2025-12-14"):
        session_retention.forget(log, jury_session.state(), date(2030, 12, 14))
    assert session_retention.forget(log, jury_session.state(), date(2026, 1, 1), ["C-01"]) == 1
    plan = jury_session.state().plan
    assert (plan.candidate("C-01").name, plan.candidate("C-02").name) == ("—", "Ali Benali")
    assert session_retention.forget(log, jury_session.state(), date(2030, 12, 15)) == 3
    assert {person.name for person in jury_session.state().plan.candidates} == {"—"}
    assert not session_retention.due(jury_session.state(), date(2031, 1, 1))
    with store.read() as transaction:
        assert audit.verify(transaction) == ()


def test_of_what_was_read_before_only_what_follows_is_read(
    jury_session: JurySession, store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, entry_of = JournalLog(store), journal.entry_of
    read: list[int] = []

    def noted(row: JournalRow) -> journal.JournalEntry:
        read.append(row.seq)
        return entry_of(row)

    monkeypatch.setattr(journal, "entry_of", noted)
    known = log.events("december")
    assert len(read) == len(known) > 2
    jury_session.incident("organiser", "Une alarme")
    read.clear()
    again = log.events("december")
    assert again[:-1] == known
    assert (len(read), again[-1].details["text"]) == (2, "Une alarme")
    assert again == JournalLog(store).events("december")
    assert log.events("june") == ()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET payload = replace(payload, 'Bruit', 'Rien') WHERE kind = 'session.incident'",
        "DELETE FROM journal WHERE kind = 'session.incident'",
        "DELETE FROM journal",
    ],
)
def test_a_store_that_was_put_back_is_read_anew(jury_session: JurySession, store: Database, statement: str) -> None:
    jury_session.incident("organiser", "Bruit")
    log = JournalLog(store)
    before = log.events("december")
    tamper(store, statement)
    assert log.events("december") == JournalLog(store).events("december") != before


def test_a_decision_that_was_changed_in_the_store_is_found(jury_session: JurySession, store: Database) -> None:
    details = {"subject": "1.3", "verdict": "not-acquired", "reason": "x"}
    jury_session.keep(Draft("decided", "martin", START, "C-01", details=details))
    log = JournalLog(store)
    log.require_sound()
    number = jury_session.state().events[-1].number
    tamper(store, f"UPDATE journal SET payload = replace(payload, 'not-acquired', 'acquired') WHERE seq = {number}")
    with pytest.raises(MachineError, match=f"The payload of entry {number} was changed"):
        log.require_sound()


def test_an_event_of_no_known_kind_is_told_in_a_sentence(jury_session: JurySession, store: Database) -> None:
    jury_session.incident("organiser", "Une alarme")
    number = jury_session.state().events[-1].number
    tamper(store, f"UPDATE journal SET kind = 'session.gone' WHERE seq = {number}")
    with pytest.raises(MachineError, match=f"Entry {number} of the journal, of session december, is damaged"):
        jury_session.state()


def test_a_plan_that_was_withdrawn_makes_room_for_another(
    jury_session: JurySession, store: Database, tmp_path: Path
) -> None:
    registry = dataclasses.replace(make_registry(tmp_path, Played(START)), log=JournalLog(store))
    jury_session.withdraw("organiser", "Durée fausse")
    assert registry.sessions() == ()
    file = tmp_path / "session.yaml"
    file.write_text(PLAN.replace("minutes: 75", "minutes: 45"), encoding="utf-8")
    registry.create(WrittenPlan.read(file), "organiser")
    assert [state.plan.phase("reseau").minutes for state in registry.sessions()] == [45]
    with pytest.raises(UsageError, match="exists already"):
        registry.create(WrittenPlan.read(file), "organiser")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET payload = replace(payload, 'Bruit', 'Rien') WHERE kind = 'session.incident'",
        "UPDATE journal SET content_hash = 'f' WHERE seq = 1",
        "DELETE FROM journal WHERE seq = 2",
    ],
)
def test_a_change_is_found_in_a_journal_that_was_sound_before(
    jury_session: JurySession, store: Database, statement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    jury_session.incident("organiser", "Bruit")
    log = JournalLog(store)
    log.require_sound()
    with monkeypatch.context() as patched:
        patched.setattr(audit, "verify", lambda _transaction: pytest.fail("it was worked through again"))
        log.require_sound()
    jury_session.incident("organiser", "Encore")
    log.require_sound()
    tamper(store, statement)
    for _ in range(2):
        with pytest.raises(MachineError, match="is not what was written"):
            log.require_sound()
