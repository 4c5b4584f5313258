"""Request Tracker's tickets, as a check sees them: from its database, with what their histories do not know."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from grader.bilingual import text_of
from grader.request_tracker import DATABASE, STATEMENTS, RequestTracker
from grader.service_desk import DeskSnapshot, Link, Message, ServiceDesk
from tests.unit.grader.rt_database import database, printed


class Server:
    """A host whose sqlite3 answers from a database in memory."""

    def __init__(self, *changes: str, status: int = 0) -> None:
        self.changes = changes
        self.status = status

    def run(self, command: str, *args: str, timeout: float) -> SimpleNamespace:
        """Answer as the host would."""
        assert timeout > 15, "SQLite itself waits so long for its turn"
        assert command.startswith("sqlite3 -batch -init /dev/null -readonly ")
        assert args == (DATABASE, STATEMENTS)
        said = printed(database(*self.changes), args[1]) if not self.status else ""
        return SimpleNamespace(rc=self.status, stdout=said, stderr="file is not a database")


def held(*changes: str) -> DeskSnapshot:
    desk: ServiceDesk = RequestTracker(cast("Any", Server(*changes)))
    return desk.snapshot()


def test_a_ticket_is_told_whole() -> None:
    one = held().tickets[1]
    assert (one.queue, one.subject, one.status, one.owner, one.priority) == ("Support", "Printer", "open", "sam", 40)
    assert one.callers == ("ann@x.test",)
    assert one.due == datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert one.field("Impact") == "Service"
    assert one.links == (Link("refers to", article=3),)
    assert [(m.kind, m.author, m.text) for m in one.messages] == [
        ("request", "ann", "It jams."),
        ("reply", "sam", "Done"),
        ("note", "sam", "Roller  worn"),
    ]
    assert one.replies() == (Message("reply", "sam", "Done", datetime(2026, 11, 30, 9, 20, tzinfo=UTC)),)
    assert (one.merged_into, one.minutes) == (None, 5)


def test_a_subject_that_was_changed_is_told_as_it_came() -> None:
    renamed = "UPDATE Tickets SET Subject = 'Rollers of the printer' WHERE id = 1"
    acts = ", ".join(
        f"({act}, 'RT::Ticket', 1, 'Set', 'Subject', '{old}', '{new}', 22, '2026-11-30 09:40:00', NULL, NULL)"
        for act, old, new in ((20, "Printer", "The printer"), (21, "The printer", "Rollers of the printer"))
    )
    one = held(renamed, f"INSERT INTO Transactions VALUES {acts}").tickets[1]
    assert (one.subject, one.first_subject) == ("Rollers of the printer", "Printer")


def test_a_merged_ticket_names_the_other_one() -> None:
    one = held().tickets[2]
    assert (one.merged_into, one.owner, one.due, one.field("Impact")) == (1, "", None, "")
    assert one.messages[0].text == "Toujours bourrée"


def test_links_lead_to_tickets_and_articles() -> None:
    desk = held()
    assert desk.linked(1, 2)
    assert desk.linked(2, 1)
    assert desk.documented(1, 3)
    assert not desk.documented(2, 3)
    assert desk.articles[3].fields == {"Cause": "A long text"}
    assert [one.number for one in desk.about("printer")] == [1, 2]


def test_what_the_histories_know_is_recorded() -> None:
    assert held().unrecorded == ()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("UPDATE Tickets SET Status = 'resolved' WHERE id = 1", "Status"),
        ("UPDATE Tickets SET Status = 'rejected' WHERE id = 3", "Status"),
        ("UPDATE Tickets SET Priority = 80 WHERE id = 1", "Priority"),
        ("UPDATE Tickets SET Priority = 40 WHERE id = 3", "Priority"),
        ("UPDATE Tickets SET Owner = 22 WHERE id = 3", "Owner"),
        ("UPDATE ObjectCustomFieldValues SET Content = 'Personne', id = 9 WHERE id = 1", "Impact"),
        ("INSERT INTO ObjectCustomFieldValues VALUES (9, 1, 'RT::Ticket', 3, 'Service', NULL, NULL, 0)", "Impact"),
        ("UPDATE Tickets SET EffectiveId = 1 WHERE id = 3", "EffectiveId"),
    ],
)
def test_what_was_written_past_rt_is_told(change: str, what: str) -> None:
    (said,) = held(change).unrecorded
    assert text_of(said).en.endswith(f"its history does not know the value of {what}")


def test_a_database_that_cannot_be_read_fails() -> None:
    with pytest.raises(AssertionError, match="the tickets' database: file is not a database"):
        RequestTracker(cast("Any", Server(status=26))).snapshot()
