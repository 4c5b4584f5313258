"""Is September in the helpdesk what it was? It is counted and read; nothing of it is touched."""

from datetime import datetime, timedelta, timezone

from grader import check, lines_in, reason
from lab_tools import PRIORITIES, acts, as_kept, assert_answered_by_rt, desk

PARIS = timezone(timedelta(hours=2))
"""Paris, until the end of October."""
CATEGORIES = {"I": "Impression", "M": "Messagerie", "L": "Logiciels"}
DAYS = 4
"""Working days by which the requests of the bad week came later than those of others."""
HISTORY = """
SELECT t.id || ' ' || CASE x.Type WHEN 'Status' THEN x.NewValue ELSE x.Type END || ' ' || x.Created
FROM Tickets t JOIN Transactions x ON x.ObjectType = 'RT::Ticket' AND x.ObjectId = t.id
WHERE t.Created BETWEEN '2026-08-31 22:00' AND '2026-09-30 22:00' AND x.Created < '2026-11-01'
AND x.Type IN ('Create', 'Correspond', 'Status')
"""
"""Each act of a ticket of September that a figure depends on, with its time."""


def later(moment, days):
    """Return the same hour some working days later."""
    while days:
        moment += timedelta(days=1)
        days -= moment.isoweekday() <= 5
    return moment


def drawn(values):
    """Return each request of September: its acts with their moments, and its priority."""
    weeks, monday = "".join(values[f"week{number}"] for number in range(1, 5)), int(values["week"])
    for line in lines_in(weeks):
        head, told = line.split(": ")
        _, level, letter = head.split()
        came, first, done = (
            datetime.strptime(f"2026 {one[2:]}", "%Y %d/%m %H:%M").replace(tzinfo=PARIS) for one in told.split(", ")
        )
        if CATEGORIES.get(letter) == values["category"] and monday <= came.day < monday + 7:
            first = first if values["held_up"] == "low" else later(first, DAYS)
            done = later(done, DAYS)
            level = "P4" if values["held_up"] == "low" else level
        story = [("Create", came), ("Correspond", first), ("open", first), ("Correspond", done), ("resolved", done)]
        yield sorted((act, as_kept(moment)) for act, moment in story), level


@check(
    "guard",
    points=1,
    competence="3.5",
    fr="Les tickets de septembre sont ce qu'ils étaient : qui a écrit, quand, et avec quelle priorité.",
    en="September's tickets are what they were: who wrote when, and with which priority.",
    timeout=60,
)
def test_september_is_what_it_was(lab):
    assert_answered_by_rt(lab)
    found = acts(lab, HISTORY)
    expected = list(drawn(lab.values))
    held = desk(lab).tickets
    changed = [
        number
        for number, told in found.items()
        if (sorted(told), held[number].priority) not in [(story, PRIORITIES[level]) for story, level in expected]
    ]
    listed = ", ".join(map(str, sorted(changed)))
    assert not changed, reason(fr=f"ils ont changé : {listed}", en=f"they have changed: {listed}")
    missing = len(expected) - len(found)
    assert not missing, reason(fr=f"il en manque {missing}", en=f"{missing} of them are gone")
