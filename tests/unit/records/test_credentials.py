"""Passwords, one-time links and sign-ins in the store, in both kinds of database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import ORMExecuteState, Session

from orchestrator.core.errors import UsageError
from orchestrator.records import audit, credentials, journal, sign_ins
from orchestrator.records.database import Database
from orchestrator.records.location import database_url
from orchestrator.records.models import Person
from orchestrator.records.people import NewPerson, People

NOW = datetime(2026, 9, 1, 8, 30, tzinfo=UTC)
T = TypeVar("T")


@pytest.fixture
def lea(store: Database) -> Person:
    with store.write() as session:
        return People(session).add(NewPerson("lea", "Léa", "Martin"))


def link_for(store: Database, person: Person, now: datetime = NOW) -> credentials.MadeLink:
    with store.write() as session:
        return credentials.make_link(session, person, by="P-0", now=now)


def at_once(act: Callable[[], T], count: int = 4) -> list[T]:
    """Do the same in several threads that begin together; return what came of it."""
    barrier = threading.Barrier(count)

    def begin(_: int) -> T:
        barrier.wait(60)
        return act()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(begin, range(count)))


def test_a_link_is_used_once_by_whoever_comes_first(store: Database, lea: Person) -> None:
    secret = link_for(store, lea).secret

    def use() -> str | None:
        with store.write() as session:
            person = credentials.use_link(session, secret, NOW)
            if person is None:
                return None
            credentials.choose_password(session, person, f"hash of {threading.get_ident()}", now=NOW, way="link")
            return credentials.password_hash(session, person)

    used = [one for one in at_once(use) if one is not None]
    with store.read() as session:
        found = credentials.find_link(session, secret, NOW)
        assert used == [credentials.password_hash(session, lea)]
        assert found is not None
        assert found.used
        assert len(journal.entries(session, kind=credentials.PASSWORD_CHOSEN)) == 1


def test_of_several_made_at_once_one_link_holds(store: Database, lea: Person) -> None:
    made = at_once(lambda: link_for(store, lea))
    with store.read() as session:
        holding = [one for one in made if credentials.find_link(session, one.secret, NOW)]
        assert len(holding) == 1
        assert len(journal.entries(session, kind=credentials.LINK_MADE)) == len(made)
        assert audit.verify(session) == ()


def test_a_link_ends_by_itself(store: Database, lea: Person) -> None:
    invitation = link_for(store, lea)
    assert (invitation.kind, invitation.until) == ("invitation", NOW + timedelta(days=7))
    with store.write() as session:
        credentials.choose_password(session, lea, "hash", now=NOW, way="link")
    reset = link_for(store, lea)
    assert (reset.kind, reset.until) == ("reset", NOW + timedelta(days=1))
    with store.write() as session:
        found = credentials.find_link(session, reset.secret, reset.until)
        assert found is not None
        assert (found.kind, found.used, found.over) == ("reset", False, True)
        assert credentials.use_link(session, reset.secret, reset.until) is None
        assert credentials.use_link(session, "x" * 43, NOW) is None


def test_the_store_and_its_journal_hold_no_secret(tmp_path: Path, empty_store: Path) -> None:
    path = tmp_path / "records.sqlite"
    path.write_bytes(empty_store.read_bytes())
    store = Database(database_url(str(path), {}))
    with store.write() as session:
        person = People(session).add(NewPerson("lea"))
        link = credentials.make_link(session, person, by="P-0", now=NOW)
        token = sign_ins.begin(session, person, "Firefox", NOW)
    store.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"Firefox" in kept
    assert link.secret.encode() not in kept
    assert token.encode() not in kept


def test_a_candidate_alone_has_no_link(store: Database) -> None:
    with store.write() as session:
        people = People(session)
        candidate = people.add(NewPerson("zoe", roles=frozenset({"candidate"})))
        with pytest.raises(UsageError, match="is a candidate only"):
            credentials.make_link(session, candidate, by="P-0", now=NOW)
        people.give_role(candidate, "trainee")
        assert credentials.make_link(session, candidate, by="P-0", now=NOW).kind == "invitation"


def test_a_password_that_has_changed_is_not_taken_for_the_same(store: Database, lea: Person) -> None:
    with store.write() as session:
        assert not credentials.is_still(session, lea, "old")
        credentials.choose_password(session, lea, "old", now=NOW, way="link")
        assert credentials.is_still(session, lea, "old")
        credentials.rehash(session, lea, "other", "not kept")
        assert credentials.is_still(session, lea, "old")
        credentials.rehash(session, lea, "old", "new")
        assert not credentials.is_still(session, lea, "old")
        assert credentials.password_hash(session, lea) == "new"
        assert credentials.have_password(session) == {lea.id}


@pytest.fixture
def queries() -> Iterator[list[str]]:
    """The statements that any session executes."""
    said: list[str] = []

    def note(state: ORMExecuteState) -> None:
        said.append(str(state.statement))

    event.listen(Session, "do_orm_execute", note)
    yield said
    event.remove(Session, "do_orm_execute", note)


def test_a_sign_in_is_found_by_one_query_that_uses_an_index(store: Database, lea: Person, queries: list[str]) -> None:
    with store.write() as session:
        People(session).give_role(People(session).find("lea"), "trainer")
        token = sign_ins.begin(session, lea, "Firefox", NOW)
    with store.read() as session:
        queries.clear()
        found = sign_ins.current(session, token, NOW)
        assert found is not None
        assert (found.handle, found.name, sorted(found.roles)) == ("lea", "Léa Martin", ["trainee", "trainer"])
        assert len(queries) == 1
        if session.connection().dialect.name == "sqlite":
            plan = session.execute(text("EXPLAIN QUERY PLAN SELECT 1 FROM sign_ins WHERE token_hash = 'x'")).all()
            assert "INDEX" in str(plan)


def test_a_sign_in_holds_while_it_is_used_and_not_for_ever(store: Database, lea: Person) -> None:
    with store.write() as session:
        token = sign_ins.begin(session, lea, "", NOW)
        moment, almost = NOW, sign_ins.IDLE - timedelta(seconds=1)
        assert sign_ins.current(session, token, NOW + sign_ins.IDLE) is None
        while found := sign_ins.current(session, token, moment + almost):
            moment += almost
            sign_ins.seen(session, found.id, moment)
        assert sign_ins.LONGEST - sign_ins.IDLE < moment - NOW < sign_ins.LONGEST
        sign_ins.begin(session, lea, "", moment + almost)
        assert session.execute(text("SELECT count(*) FROM sign_ins")).scalar() == 1, "what has ended is not kept"


def test_a_browsers_name_is_cut_and_cleaned(store: Database, lea: Person) -> None:
    with store.write() as session:
        sign_ins.begin(session, lea, "Fire\0fox\x1b[2J\ud800" + "é" * 300, NOW)
        (row,) = sign_ins.of_person(session, lea.id, NOW)
    assert row.agent == ("Firefox[2J" + "é" * 300)[:200]


def test_sign_ins_end_alone_or_together(store: Database, lea: Person) -> None:
    with store.write() as session:
        zoe = People(session).add(NewPerson("zoe"))
        first, second, third = (sign_ins.begin(session, lea, "", NOW + timedelta(seconds=n)) for n in range(3))
        hers = sign_ins.begin(session, zoe, "", NOW)
        numbers = [row.id for row in sign_ins.of_person(session, lea.id, NOW)]
        assert not sign_ins.end_one(session, zoe.id, numbers[0], NOW), "it is another's"
        assert sign_ins.end_one(session, lea.id, numbers[0], NOW)
        assert not sign_ins.end_one(session, lea.id, numbers[0], NOW), "it has ended"
        assert sign_ins.current(session, third, NOW) is None
        sign_ins.end_all(session, lea.id, NOW, but=numbers[1])
        assert [row.id for row in sign_ins.of_person(session, lea.id, NOW)] == [numbers[1]]
        sign_ins.end(session, second, NOW)
        for token in (first, second):
            assert sign_ins.current(session, token, NOW) is None
        assert sign_ins.current(session, hers, NOW) is not None
        assert sign_ins.last_seen_of_all(session) == {lea.id: NOW + timedelta(seconds=2), zoe.id: NOW}
