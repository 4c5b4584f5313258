"""People: found by what they are called, never two of one name, and journaled without their names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from orchestrator.core.errors import UsageError
from orchestrator.records import journal
from orchestrator.records.database import Database
from orchestrator.records.location import database_url
from orchestrator.records.models import Membership, PeopleGroup, Role
from orchestrator.records.people import NewPerson, People, RolesApartError, role_named, roles_in_words
from orchestrator.records.tables import METADATA

from .conftest import at_version


@pytest.fixture
def session(store: Database) -> Iterator[Session]:
    with store.write() as session:
        yield session


def test_a_person_is_found_by_each_of_their_names(session: Session) -> None:
    people = People(session)
    added = people.add(NewPerson("lea.martin", "Léa", "Martin", frozenset({"candidate", "trainee"})))
    assert added.candidate_number == "C001"
    for word in ("lea.martin", "Lea.Martin", "C001", added.ref):
        assert people.find(word) is added
    assert added.name == "Léa Martin"
    assert added.roles == {"candidate", "trainee"}


def test_numbers_are_given_in_turn_and_never_twice(session: Session) -> None:
    people = People(session)
    candidate: frozenset[Role] = frozenset({"candidate"})
    people.add(NewPerson("a", roles=candidate))
    people.add(NewPerson("b", roles=candidate, candidate_number="C041"))
    people.add(NewPerson("c", roles=candidate, candidate_number="2026-A"))
    assert people.add(NewPerson("d", roles=candidate)).candidate_number == "C042"
    assert people.add(NewPerson("e")).candidate_number is None


def test_the_journal_names_nobody(session: Session) -> None:
    people = People(session)
    trainer = people.add(NewPerson("paul", "Paul", "Durand", frozenset({"trainer"})))
    person = people.add(NewPerson("lea.martin", "Léa", "Martin"), by=trainer.ref)
    (_, entry) = journal.entries(session, kind="person.added")
    assert (entry.event.actor, entry.event.subject) == (trainer.ref, person.ref)
    assert "lea" not in str(entry).lower()


def test_a_name_that_is_taken_is_refused(session: Session) -> None:
    people = People(session)
    people.add(NewPerson("lea", candidate_number="C7", account="lm"))
    for new in (NewPerson("lea"), NewPerson("x", candidate_number="C7"), NewPerson("y", account="lm")):
        with pytest.raises(UsageError, match="already taken, by lea"):
            people.add(new)


@pytest.mark.parametrize("handle", ["", "Léa", "a b", "-x", "a/b", "x" * 65])
def test_a_name_that_is_none_is_refused(session: Session, handle: str) -> None:
    with pytest.raises(UsageError, match="cannot be used as a short name"):
        People(session).add(NewPerson(handle))


def test_a_mistyped_name_is_answered_with_the_nearest(session: Session) -> None:
    people = People(session)
    people.add(NewPerson("lea.martin"))
    with pytest.raises(UsageError, match=r'did you mean "lea\.martin"'):
        people.find("lea.matrin")


def test_somebody_who_is_not_what_is_asked_for_is_refused(session: Session) -> None:
    people = People(session)
    person = people.add(NewPerson("lea"))
    with pytest.raises(UsageError, match='"lea" is not a jury member'):
        people.find("lea", role="jury")
    people.give_role(person, "jury")
    people.give_role(person, "jury")
    assert people.find("lea", role="jury").roles == {"trainee", "jury"}
    assert [p.handle for p in people.list("jury")] == ["lea"]
    assert people.list("candidate") == ()
    people.give_role(person, "candidate")
    assert person.candidate_number == "C001"


def test_trainers_are_those_stated_and_those_of_the_group(session: Session) -> None:
    people = People(session)
    lea, paul, anne, marc = (people.add(NewPerson(h)) for h in ("lea", "paul", "anne", "marc"))
    people.trained_by(lea, paul)
    people.trained_by(lea, paul)
    members = [Membership(person=lea, role="trainee"), Membership(person=anne, role="trainer")]
    session.add(PeopleGroup(name="tssr", created_at=journal.now(), memberships=members))
    session.add(
        PeopleGroup(name="other", created_at=journal.now(), memberships=[Membership(person=marc, role="trainer")])
    )
    session.flush()
    assert people.trainers_of(lea) == {paul.ref, anne.ref}
    assert people.trainers_of(anne) == frozenset()


def test_an_account_is_somebody_from_its_first_practice_on(session: Session) -> None:
    people = People(session)
    people.add(NewPerson("jean-dupont"))
    person = people.of_account("Jean Dupont")
    assert (person.handle, person.account, person.roles) == ("jean-dupont-2", "Jean Dupont", frozenset({"trainee"}))
    assert people.of_account("Jean Dupont") is person
    assert people.of_account("…").handle == "user"


def test_roles_are_named_in_both_languages() -> None:
    assert role_named("jury") == "jury"
    with pytest.raises(UsageError, match="trainer"):
        role_named("trainr")
    text = roles_in_words({"trainer", "candidate"})
    assert (text.fr, text.en) == ("candidat, formateur", "candidate, trainer")
    assert roles_in_words(()).fr == "—"


@pytest.mark.slow
def test_a_store_of_the_version_before_takes_organisers(address: str) -> None:
    at_version(address, "0007")
    engine = create_engine(database_url(address, {}))
    with engine.begin() as connection:
        for statement in (
            "INSERT INTO people (id, ref, handle, family_name, given_name, created_at) "
            "VALUES (1, 'P-000000000001', 'ines', '', '', '2026-01-01 00:00:00.000000')",
            "INSERT INTO person_roles (person_id, role) VALUES (1, 'trainer')",
        ):
            connection.execute(text(statement))
    engine.dispose()
    store = Database(database_url(address, {}))
    with store.write() as session:
        people = People(session)
        people.give_role(people.find("ines"), "organiser")
    with store.read() as session:
        assert People(session).find("ines", role="organiser").roles == {"trainer", "organiser"}
        context = MigrationContext.configure(session.connection(), opts={"compare_server_default": True})
        assert compare_metadata(context, METADATA) == []
    store.close()


def test_nobody_organises_and_judges(session: Session) -> None:
    people = People(session)
    with pytest.raises(RolesApartError):
        people.add(NewPerson("both", roles=frozenset({"organiser", "jury"})))
    ines = people.add(NewPerson("ines", roles=frozenset({"organiser"})))
    with pytest.raises(RolesApartError):
        people.give_role(ines, "jury")
    with pytest.raises(UsageError, match="no role left"):
        people.set_roles(ines, ())
    assert ines.roles == {"organiser"}
    people.set_roles(ines, {"jury", "candidate"})
    session.expire_all()
    assert people.find("ines").roles == {"jury", "candidate"}
    assert ines.candidate_number == "C001"
    kinds = [entry.event.kind for entry in journal.entries(session)]
    assert kinds == ["person.added", "person.changed"], "what is refused is no entry"
