"""Codes of classes: found as they are typed, one for each class, until their end."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from orchestrator.records import join_codes, journal
from orchestrator.records.database import Database
from orchestrator.records.groups import Groups

NOW = datetime(2026, 11, 29, 10, tzinfo=UTC)


def test_a_code_is_found_as_somebody_types_it_until_its_end(store: Database) -> None:
    with store.write() as session:
        group = Groups(session).create("tssr", by="P-0")
        made = join_codes.make(session, group, by="P-0", now=NOW)
        assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", made.code)
        assert made.until == NOW + timedelta(days=2)
        assert join_codes.of_group(session, group, NOW) == made
        misread = made.code.lower().replace("1", "l").replace("0", "o").replace("-", " ")
        assert join_codes.find(session, misread, made.until - timedelta(seconds=1)) == group
        assert join_codes.find(session, made.code, made.until) is None
        assert join_codes.of_group(session, group, made.until) is None
        assert join_codes.find(session, "", NOW) is None


def test_a_newer_code_ends_the_one_before_and_the_journal_holds_none(store: Database) -> None:
    with store.write() as session:
        groups = Groups(session)
        group, other = groups.create("tssr", by="P-0"), groups.create("other", by="P-0")
        first = join_codes.make(session, group, by="P-1", now=NOW)
        second = join_codes.make(session, group, by="P-1", now=NOW)
        others = join_codes.make(session, other, by="P-1", now=NOW)
        assert len({first.code, second.code, others.code}) == 3
        assert join_codes.find(session, first.code, NOW) is None
        join_codes.end(session, group, by="P-1")
        join_codes.end(session, group, by="P-1")
        assert join_codes.find(session, second.code, NOW) is None
        assert join_codes.of_group(session, group, NOW) is None
        assert join_codes.find(session, others.code, NOW) == other
        events = [one.event for one in journal.entries(session) if "code" in one.event.kind]
    assert [event.kind for event in events] == [*["group.code-made"] * 3, "group.code-ended"]
    assert not [event for event in events if second.code in str(event.payload)]
