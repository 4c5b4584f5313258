"""Limits of classes: kept by class, found by launch, the lower of two, and journaled once."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from orchestrator.records import class_limits, journal
from orchestrator.records.class_limits import ClassLimits
from orchestrator.records.database import Database
from orchestrator.records.groups import Groups
from orchestrator.records.location import database_url
from orchestrator.records.tables import METADATA

from .conftest import at_version

pytestmark = pytest.mark.slow

SOME = ClassLimits(labs=8, memory=3 << 33, processors=0.5)


def test_each_class_has_its_own_and_those_of_its_launches(store: Database) -> None:
    with store.write() as session:
        groups = Groups(session)
        limited, other = groups.create("tssr", by="P-0"), groups.create("other", by="P-0")
        mine, theirs = (groups.launched(one, "s", 1, by="P-0").id for one in (limited, other))
        class_limits.put(session, limited, SOME, by="P-1")
        assert class_limits.of_group(session, limited) == SOME
        assert class_limits.of_group(session, other) == ClassLimits()
        assert class_limits.by_name(session) == {"tssr": SOME}
        found = [class_limits.of_launch(session, number) for number in (mine, theirs, 0)]
        assert found == [SOME, ClassLimits(), ClassLimits()]


def test_what_is_taken_back_is_the_machines_again_and_each_change_is_journaled_once(store: Database) -> None:
    with store.write() as session:
        group = Groups(session).create("tssr", by="P-0")
        for limits in (ClassLimits(), SOME, SOME, ClassLimits(labs=8), ClassLimits()):
            class_limits.put(session, group, limits, by="P-1")
            assert class_limits.of_group(session, group) == limits
        assert class_limits.by_name(session) == {}
        events = [one.event for one in journal.entries(session) if one.event.kind == class_limits.LIMITED]
    assert [event.payload and event.payload["labs"] for event in events] == [8, 8, None]
    assert {event.actor for event in events} == {"P-1"}


@pytest.mark.parametrize(
    ("own", "most", "found"),
    [
        (ClassLimits(), ClassLimits(), ClassLimits()),
        (ClassLimits(), SOME, SOME),
        (SOME, ClassLimits(), SOME),
        (ClassLimits(9, 1 << 30, 0.25), SOME, ClassLimits(8, 1 << 30, 0.25)),
    ],
)
def test_the_lower_limit_holds(own: ClassLimits, most: ClassLimits, found: ClassLimits) -> None:
    assert own.within(most) == found


def test_a_store_of_the_version_before_is_brought_up_to_date(address: str) -> None:
    at_version(address, "0006")
    engine = create_engine(database_url(address, {}))
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO groups (id, name, created_at) VALUES (1, 'tssr', '2026-01-01 00:00:00.000000')")
        )
    engine.dispose()
    store = Database(database_url(address, {}))
    with store.write() as session:
        group = Groups(session).find("tssr")
        assert class_limits.of_group(session, group) == ClassLimits()
        class_limits.put(session, group, SOME, by="P-1")
    with store.read() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_server_default": True})
        assert compare_metadata(context, METADATA) == []
        assert class_limits.by_name(session) == {"tssr": SOME}
    store.close()
