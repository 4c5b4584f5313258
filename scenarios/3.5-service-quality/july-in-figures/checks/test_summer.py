"""Is the summer in the helpdesk what it was? Figures are counted; what they are counted from is not touched."""

from datetime import datetime, timedelta, timezone

from grader import check, lines_in, reason
from lab_tools import acts, as_kept, assert_answered_by_rt, desk

PARIS = timezone(timedelta(hours=2))
"""Paris, in summer."""
ACTS = {
    "n": ("Create",),
    "c": ("Comment",),
    "a": ("Correspond", "open"),
    "w": ("stalled",),
    "o": ("Correspond", "open"),
    "s": ("Correspond", "resolved"),
    "j": ("Correspond", "rejected"),
}
"""What an event of the variant left in a ticket's history; of a change of status, the new one."""
ENDS = {"w": "waiting", "s": "solved", "j": "rejected"}
"""What a ticket is after its last event: open after any other."""
HISTORY = """
SELECT t.id || ' ' || CASE x.Type WHEN 'Status' THEN x.NewValue ELSE x.Type END || ' ' || x.Created
FROM Tickets t JOIN Transactions x ON x.ObjectType = 'RT::Ticket' AND x.ObjectId = t.id
WHERE t.Created BETWEEN '2026-06-30 22:00' AND '2026-07-31 22:00' AND x.Created < '2026-10-01'
AND x.Type IN ('Create', 'Comment', 'Correspond', 'Status')
"""
"""Each act of a ticket of July that a figure depends on, with its time."""


def drawn(values):
    """Return each request of July: its events, letter and moment."""
    weeks = "".join(values[f"week{number}"] for number in range(1, 6))
    for line in lines_in(weeks):
        events = line.split(": ")[1].split(", ")
        moments = [datetime.strptime(f"2026 {event[2:]}", "%Y %d/%m %H:%M").replace(tzinfo=PARIS) for event in events]
        yield [(event[0], moment) for event, moment in zip(events, moments, strict=True)]


@check(
    "guard",
    points=1,
    competence="3.5",
    fr="Les tickets de juillet sont ce qu'ils étaient : qui a écrit, quand, et où en est la demande.",
    en="July's tickets are what they were: who wrote when, and how each request stands.",
    timeout=60,
)
def test_july_is_what_it_was(lab):
    assert_answered_by_rt(lab)
    found = acts(lab, HISTORY)
    expected = [
        sorted((act, as_kept(moment)) for letter, moment in events for act in ACTS[letter])
        for events in drawn(lab.values)
    ]
    changed = [number for number, story in found.items() if sorted(story) not in expected]
    listed = ", ".join(map(str, sorted(changed)))
    assert not changed, reason(fr=f"l'historique a changé : {listed}", en=f"the history has changed: {listed}")
    missing = len(expected) - len(found)
    assert not missing, reason(fr=f"il manque {missing} tickets de juillet", en=f"{missing} tickets of July are gone")
    held = desk(lab)
    ends = {as_kept(events[0][1]): ENDS.get(events[-1][0], "open") for events in drawn(lab.values)}
    moved = [
        one.number
        for one in held.tickets.values()
        if (end := ends.get(as_kept(one.created))) is not None and one.status != end
    ]
    listed = ", ".join(map(str, moved))
    assert not moved, reason(fr=f"leur statut a changé : {listed}", en=f"their status has changed: {listed}")
