"""Personal data goes when its time is over, or when it is asked for; results and the journal stay whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from orchestrator.core.errors import UsageError
from orchestrator.records import attempts, audit, credentials, journal, retention, sign_ins, trainer_notes
from orchestrator.records.changes import change
from orchestrator.records.database import Database
from orchestrator.records.groups import Groups
from orchestrator.records.people import NewPerson, People

pytestmark = pytest.mark.slow

LEA = NewPerson(
    "lea.martin",
    "Léa",
    "Martin",
    frozenset({"candidate", "trainee"}),
    date(2004, 5, 17),
    "lea@example.org",
    "Ateliers Réunis",
    "C-77",
    "1/3",
    "lmartin",
)
NEW = attempts.NewAttempt("cable-out", "pair", "3", "lab-1", "d" * 64, ("1.3",), 1, 20, 2)
IDENTIFYING = ("lea", "Léa", "Martin", "2004-05-17", "example.org", "Ateliers", "C-77", "1/3", "lmartin")


def practised(store: Database, *, stopped: bool = True) -> str:
    """Léa has practised in a group; return her ``ref``."""
    with store.write() as session:
        people, groups = People(session), Groups(session)
        lea, paul = people.add(LEA), people.add(NewPerson("paul"))
        people.trained_by(lea, paul)
        groups.add(groups.create("tssr", by=paul.ref), lea, trainer=False, by=paul.ref)
        attempt = attempts.begin(session, lea, NEW, by=lea)
        attempts.keep_report(session, attempt, attempts.Graded({"verdict": "repaired"}, True, True, 4, 4), by=lea)
        if stopped:
            attempts.end(session, attempt, "stopped", by=lea)
        return lea.ref


def forget(store: Database) -> retention.Forgotten:
    with store.write() as session:
        return retention.forget(session, People(session).find("lea.martin"), by="P-0", reason="asked")


def everything(store: Database) -> str:
    with store.read() as session:
        tables = ("people", "person_roles", "trainings", "memberships", "attempts", "check_reports", "journal")
        return "\n".join(str(session.execute(text(f"SELECT * FROM {table}")).all()) for table in tables)


def test_nothing_that_says_who_it_was_is_left(store: Database) -> None:
    ref = practised(store)
    before = everything(store)
    assert all(word in before or word == "2004-05-17" for word in IDENTIFYING)
    done = forget(store)
    assert (done.ref, done.instances, done.kept_by) == (ref, ("lab-1",), ())
    after = everything(store)
    assert [word for word in IDENTIFYING if word in after] == []


def test_what_trainers_wrote_to_somebody_goes_with_them(store: Database) -> None:
    """Nothing of it is in the journal, and what they wrote to others stays."""
    practised(store)
    with store.write() as session:
        people = People(session)
        paul, tom = people.find("paul"), people.add(NewPerson("tom"))
        (lea_s,) = attempts.of_person(session, people.find("lea.martin"))
        tom_s = attempts.begin(session, tom, replace(NEW, instance="lab-2"), by=tom)
        trainer_notes.write(session, lea_s, "hint", "Léa, look again.", by=paul)
        trainer_notes.write(session, lea_s, "comment", "Well done, Léa.", by=paul)
        trainer_notes.write(session, tom_s, "comment", "Well done, Tom.", by=paul)
        both = [lea_s.id, tom_s.id]
    assert "Léa, look" not in everything(store)
    forget(store)
    with store.read() as session:
        left = trainer_notes.of_attempts(session, both)
        assert [note.text for number in both for note in left[number]] == ["Well done, Tom."]
        assert [entry.event.kind for entry in journal.entries(session, subject=f"attempt:{both[0]}")][-2:] == [
            "attempt.hint-given",
            "attempt.commented",
        ]


def test_nothing_is_left_to_sign_in_with(store: Database) -> None:
    practised(store)
    now = journal.now()
    with store.write() as session:
        lea = People(session).find("lea.martin")
        change(session, lea, {"language": "fr"}, by=lea.ref)
        credentials.choose_password(session, lea, "$hash$", now=now, way="link")
        secret = credentials.make_link(session, lea, by="P-0", now=now).secret
        token = sign_ins.begin(session, lea, "Firefox", now)
    ref = forget(store).ref
    with store.write() as session:
        lea = People(session).find(ref)
        assert (lea.language, credentials.password_hash(session, lea)) == (None, None)
        assert credentials.find_link(session, secret, now) is None
        assert sign_ins.current(session, token, now) is None
        assert not credentials.may_sign_in(lea)
        with pytest.raises(UsageError, match="is forgotten"):
            credentials.make_link(session, lea, by="P-0", now=now)


def test_who_comes_to_the_portal_is_not_forgotten_meanwhile(store: Database) -> None:
    practised(store)
    with store.write() as session:
        lea = People(session).find("lea.martin")
        before = retention.keep_until(session, lea)
        sign_ins.begin(session, lea, "", journal.now() + timedelta(days=100))
        assert retention.keep_until(session, lea) == before + timedelta(days=100)


def test_results_and_the_journal_stay_whole(store: Database) -> None:
    ref = practised(store)
    with store.read() as session:
        noted = journal.head(session)
    forget(store)
    with store.read() as session:
        person = People(session).find(ref)
        assert [attempt.scenario for attempt in attempts.of_person(session, person)] == ["cable-out"]
        assert audit.verify(session, noted) == ()
        last = journal.entries(session)[-1].event
    assert (last.kind, last.subject, last.payload["reason"]) == ("person.forgotten", ref, "asked")


def test_the_file_itself_does_not_hold_it_any_more(tmp_path: Path, empty_store: Path) -> None:
    from orchestrator.records.location import database_url  # noqa: PLC0415

    path = tmp_path / "records.sqlite"
    path.write_bytes(empty_store.read_bytes())
    store = Database(database_url(str(path), {}))
    practised(store)
    forget(store)
    store.close()
    left = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert [word for word in ("Martin", "example.org", "Ateliers", "lmartin") if word.encode() in left] == []


def test_nobody_is_listed_or_forgotten_twice(store: Database) -> None:
    ref = practised(store)
    forget(store)
    with store.write() as session:
        assert [person.handle for person in People(session).list()] == ["paul"]
        with pytest.raises(UsageError, match="forgotten already"):
            retention.forget(session, People(session).find(ref), by="P-0", reason="asked")


def test_somebody_at_work_is_not_forgotten(store: Database) -> None:
    practised(store, stopped=False)
    with pytest.raises(UsageError, match="still practises on lab-1"):
        forget(store)
    with store.write() as session:
        retention.end_gone(session, People(session).find("lea.martin"))
    assert forget(store).instances == ("lab-1",)


def test_the_record_of_a_jury_keeps_what_it_must_and_says_so(store: Database) -> None:
    practised(store)
    with store.write() as session:
        details = {"details": {"who": "C-77", "name": "Léa Martin"}}
        journal.append(session, journal.JournalEvent("operator", "session.identity", "session:s1", payload=details))
        journal.append(
            session, journal.JournalEvent("operator", "session.identity", "session:s2", payload={"details": {}})
        )
    assert forget(store).kept_by == ("session:s1",)


def test_numbers_are_kept_where_the_policy_says_so(store: Database) -> None:
    ref = practised(store)
    with store.write() as session:
        assert retention.policy(session) == retention.Policy(730, False)
        retention.set_policy(session, retention.Policy(30, True), by="P-0")
        assert retention.policy(session) == retention.Policy(30, True)
    forget(store)
    with store.read() as session:
        assert People(session).find("C-77").ref == ref


def test_whose_time_is_over(store: Database) -> None:
    practised(store)
    with store.write() as session:
        retention.set_policy(session, retention.Policy(30), by="P-0")
        lea, today = People(session).find("lea.martin"), journal.now().date()
        assert retention.keep_until(session, lea) == today + timedelta(days=30)
        assert retention.due(session, today + timedelta(days=30)) == ()
        assert [p.handle for p in retention.due(session, today + timedelta(days=31))] == ["lea.martin", "paul"]
        change(session, lea, {"keep_until": today + timedelta(days=90)}, by="P-0")
        assert [p.handle for p in retention.due(session, today + timedelta(days=31))] == ["paul"]
        assert [p.handle for p in retention.due(session, today + timedelta(days=91))] == ["lea.martin", "paul"]


def test_changes_are_journaled_by_their_columns_only(store: Database) -> None:
    with store.write() as session:
        people = People(session)
        lea, paul = people.add(LEA), people.add(NewPerson("paul", account="pd"))
        assert change(session, lea, {"email": None, "extra_time": "20 min", "born": LEA.born}, by=paul.ref) == (
            "email",
            "extra_time",
        )
        assert journal.entries(session)[-1].event.payload == {"columns": ["email", "extra_time"]}
        assert change(session, lea, {"extra_time": "20 min"}, by=paul.ref) == ()
        with pytest.raises(UsageError, match="already taken, by paul"):
            change(session, lea, {"account": "pd"}, by=paul.ref)
        with pytest.raises(UsageError, match="no extra time"):
            change(session, lea, {"extra_time": "a lot"}, by=paul.ref)
