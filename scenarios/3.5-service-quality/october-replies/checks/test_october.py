"""Is October in the helpdesk what it was? Answers are counted; nobody writes one, changes one or takes one away."""

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

from grader import check, lines_in, reason
from lab_tools import acts, as_kept, assert_answered_by_rt, desk

PARIS = ZoneInfo("Europe/Paris")
ACTS = {
    "n": ("Create",),
    "a": ("Correspond", "open"),
    "s": ("Correspond", "resolved"),
    "j": ("Correspond", "rejected"),
}
"""What an event of the variant left in a ticket's history; of a change of status, the new one."""
MOTIVES = {"delay": "trop long", "words": "pas expliqué", "repair": "pas vraiment réparé"}
OTHER = {"delay": "words", "words": "repair", "repair": "delay"}
SAID = {"x": "Bonjour,  je suis absent jusqu'au 5. En cas d'urgence, composez le 4.", "m": "Merci pour tout"}
HISTORY = """
SELECT t.id || ' ' || CASE x.Type WHEN 'Status' THEN x.NewValue ELSE x.Type END || ' ' || x.Created
FROM Tickets t JOIN Queues q ON q.id = t.Queue JOIN Transactions x ON x.ObjectType = 'RT::Ticket' AND x.ObjectId = t.id
WHERE q.Name = 'Support' AND t.Created BETWEEN '2026-09-30 22:00' AND '2026-10-27' AND x.Created < '2026-11-15'
AND x.Type IN ('Create', 'Comment', 'Correspond', 'Status')
"""
"""Each act of a request of October that a figure depends on, with its time."""


def moment(text):
    """Return a moment of the variant, such as "05/10 09:12", as the tickets' database has it."""
    return as_kept(datetime.strptime(f"2026 {text}", "%Y %d/%m %H:%M").replace(tzinfo=PARIS))


def drawn(values):
    """Return each request of October: its acts with their moments, and what was answered when."""
    for line in lines_in("".join(values[f"week{number}"] for number in range(1, 5))):
        head, told = line.split(": ", 1)
        events, answers = told.split(" | ")
        story = [(act, moment(one[2:])) for one in events.split(", ") for act in ACTS[one[0]]]
        said = [] if answers == "-" else answers.split(", ")
        yield sorted(story), [(moment(one[2:]), answer(one[0], head[-1], values)) for one in said]


def answer(what, letter, values):
    """Return what a caller wrote: a score with its reason, or the beginning of what has none."""
    if what in SAID:
        return what
    unhappy = letter == values["category"][0]
    score = max(1, int(what) - 3) if unhappy else int(what)
    motive = MOTIVES[values["grievance"] if unhappy else OTHER[values["grievance"]]]
    return f"Note : {score} / Motif : {'aucun' if score > 3 else motive}"


def as_drawn(text):
    """Return what an answer says, as the variant has it."""
    said = " / ".join(line.strip() for line in lines_in(text) if line.strip())
    return "x" if "je suis absent" in said else "m" if said.startswith("Merci") else said


@check(
    "guard",
    points=1,
    competence="3.5",
    fr="Les demandes d'octobre et les réponses à l'enquête sont ce qu'elles étaient.",
    en="October's requests and the answers to the survey are what they were.",
    timeout=60,
)
def test_october_is_what_it_was(lab):
    assert_answered_by_rt(lab)
    expected = list(drawn(lab.values))
    stories = [story for story, _ in expected]
    found = acts(lab, HISTORY)
    changed = [number for number, story in found.items() if sorted(story) not in stories]
    listed = ", ".join(map(str, sorted(changed)))
    assert not changed, reason(fr=f"l'historique a changé : {listed}", en=f"the history has changed: {listed}")
    missing = len(stories) - len(found)
    assert not missing, reason(fr=f"il manque {missing} demandes d'octobre", en=f"{missing} requests are gone")
    survey = [one for one in desk(lab).tickets.values() if one.queue == "Satisfaction"]
    there = Counter(
        (as_kept(one.created), as_drawn(one.messages[0].text)) for one in survey if one.status == "new" and one.messages
    )
    wanted = Counter(one for _, answers in expected for one in answers)
    gone, early_and_late = sum((wanted - there).values()), 3
    assert not gone, reason(fr=f"{gone} réponses ne sont plus ce qu'elles étaient", en=f"{gone} answers have changed")
    more = len(survey) - sum(wanted.values()) - early_and_late
    assert not more, reason(fr=f"{more} réponses de trop", en=f"{more} answers too many")
