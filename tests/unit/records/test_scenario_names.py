"""What was recorded under a scenario's former name is the scenario's that bears another one now."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select

from orchestrator.records import attempts, audit, journal
from orchestrator.records.database import Database
from orchestrator.records.first_attempts import first_attempts
from orchestrator.records.groups import Groups
from orchestrator.records.location import database_url
from orchestrator.records.models import Launch
from orchestrator.records.people import NewPerson, People

NAMES_NOW = {"dns-zone-broken": "intranet-not-found"}


def names_now(names: Collection[str]) -> Mapping[str, str]:
    return {former: now for former, now in NAMES_NOW.items() if former in names}


def record(database: Database) -> None:
    """Record an attempt at a scenario that has another name today, and one that does not; both were launched."""
    with database.write() as session:
        lea, groups = People(session).add(NewPerson("lea")), Groups(session)
        group = groups.create("tssr", by=lea.ref)
        for number, scenario in enumerate(("dns-zone-broken", "bad-gateway")):
            launch = groups.launched(group, scenario, 7, by=lea.ref)
            new = attempts.NewAttempt(scenario, "office", "7", f"lab-{number}", "d" * 64, ("2.1",), 1, 20, 2)
            attempts.begin(session, lea, new, by=lea, launch=launch.id)


def test_a_renamed_scenario_keeps_what_was_recorded_of_it(address: str) -> None:
    old = Database(database_url(address, {}))
    record(old)
    old.close()
    for _ in range(2):  # the second time there is nothing left to do
        database = Database(database_url(address, {}), names_now)
        with database.read() as session:
            assert [len(first_attempts(session, name)) for name in ("dns-zone-broken", "intranet-not-found")] == [0, 1]
            assert set(session.scalars(select(Launch.scenario))) == {"intranet-not-found", "bad-gateway"}
            assert audit.verify(session) == ()
            begun = journal.entries(session, kind="attempt.started")
            assert [entry.event.payload["scenario"] for entry in begun] == ["dns-zone-broken", "bad-gateway"], (
                "the journal says what it was called then"
            )
        database.close()
