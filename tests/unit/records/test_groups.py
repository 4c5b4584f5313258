"""Groups: who is in them, and what was launched for them."""

from __future__ import annotations

import pytest

from orchestrator.core.errors import UsageError
from orchestrator.records import attempts, audit, journal
from orchestrator.records.database import Database
from orchestrator.records.groups import Groups, Summary
from orchestrator.records.people import NewPerson, People


def test_a_group_from_its_making_to_a_launch(store: Database) -> None:
    with store.write() as session:
        people, groups = People(session), Groups(session)
        lea, yann, paul = (people.add(NewPerson(h, family_name=h)) for h in ("lea", "yann", "paul"))
        group = groups.create("tssr-2026", by=paul.ref)
        assert groups.add(group, yann, trainer=False, by=paul.ref)
        assert groups.add(group, lea, trainer=False, by=paul.ref)
        assert not groups.add(group, lea, trainer=False, by=paul.ref)
        assert groups.add(group, paul, trainer=True, by=paul.ref)
        assert [p.handle for p in groups.members(group)] == ["lea", "yann"]
        assert [p.handle for p in groups.members(group, "trainer")] == ["paul"]
        assert paul.roles == frozenset({"trainee", "trainer"})
        launch = groups.launched(group, "cable-out", 7, by=paul.ref)
        new = attempts.NewAttempt("cable-out", "pair", "71", "lab-1", "d" * 64, ("1.3",), 1, 20, 2)
        attempt = attempts.begin(session, lea, new, by=paul, launch=launch.id)
        assert [a.person.handle for a in groups.attempts(group, running=True)] == ["lea"]
        attempts.end(session, attempt, "stopped", by=paul)
        assert groups.attempts(group, running=True) == ()
        assert groups.attempts(group) == (attempt,)
        assert groups.list() == (Summary("tssr-2026", 2, 1, 1),)
        groups.remove(group, yann, by=paul.ref)
        assert [p.handle for p in groups.members(group)] == ["lea"]
    with store.read() as session:
        kinds = [entry.event.kind for entry in journal.entries(session, subject="group:1")]
        assert audit.verify(session) == ()
    assert kinds == ["group.created", *["group.joined"] * 3, "group.launched", "group.left"]


def test_what_there_is_not_is_refused_with_the_next_step(store: Database) -> None:
    with store.write() as session:
        groups, lea = Groups(session), People(session).add(NewPerson("lea"))
        group = groups.create("tssr", by=lea.ref)
        with pytest.raises(UsageError, match='did you mean "tssr"'):
            groups.find("tsrs")
        with pytest.raises(UsageError, match="already"):
            groups.create("tssr", by=lea.ref)
        with pytest.raises(UsageError, match="cannot be the name"):
            groups.create("TSSR 2026", by=lea.ref)
        with pytest.raises(UsageError, match="lea is not in the group"):
            groups.remove(group, lea, by=lea.ref)
