"""Has the flood stopped at its source, is the queue clean, and does one message make one ticket again?"""

from grader import check, reason
from lab_tools import assert_answered_by_rt, desk, forget, named, received, write_to_support, written

PLACES = {"croux": "pc1", "tgarnier": "pc2"}
REAL = {"scanner": "Scanner", "keyboard": "Clavier"}
AT_WORK = {"new", "open", "waiting"}
QUIET = 8
"""Seconds in which the program would have answered, and its answer become a ticket."""


def flood(lab):
    """Return the tickets that the program's answers became, whatever has been done with them."""
    return [one for one in desk(lab).tickets.values() if one.first_subject == lab.values["words"]]


def still_answers(lab):
    """Return in words that the program runs, or nothing."""
    host, program = PLACES[lab.values["who"]], lab.values["program"]
    running = lab.host(host).service(program).is_running
    return reason(fr=f"{program} tourne sur {host}", en=f"{program} runs on {host}") if running else ""


def becomes_a_ticket(lab, login):
    """Somebody writes to the support, a ticket comes of it, and they hear of it; return the subject."""
    subject = write_to_support(lab, login)
    try:
        missing = reason(fr=f"aucun ticket « {subject} »", en=f"no ticket '{subject}'")
        lab.wait(lambda: desk(lab).about(subject), within=30, every=0.5, what=missing)
        received(lab, login, subject)
    finally:
        forget(lab, subject)


@check(
    "symptom",
    points=3,
    competence="1.1",
    fr="Un message au support fait un ticket, et un seul.",
    en="One message to the service desk makes one ticket, and only one.",
    before_fr="Un seul message au support fait ticket sur ticket.",
    before_en="A single message to the service desk makes ticket after ticket.",
    timeout=120,
)
def test_one_message_one_ticket(lab):
    before = len(flood(lab))
    becomes_a_ticket(lab, lab.values["who"])

    def more():
        return len(flood(lab)) - before

    try:
        came = lab.wait(more, within=QUIET, every=0.5)
    except AssertionError:  # silence is right
        return
    raise AssertionError(
        reason(
            fr=f"après un message, {came} ticket(s) de plus que personne n'a écrits",
            en=f"after one message, {came} more ticket(s) that nobody wrote",
        )
    )


@check(
    "objective",
    points=2,
    competence="1.1",
    fr="La cause est arrêtée pour de bon, et ne revient pas avec la machine.",
    en="The cause has been stopped for good, and doesn't come back with the machine.",
    before_fr="Ce qui remplit la file tourne toujours, ou reviendrait.",
    before_en="Whatever fills the queue is still running, or would come back.",
)
def test_cause_is_gone(lab):
    why = still_answers(lab)
    assert not why, why
    host, program = PLACES[lab.values["who"]], lab.values["program"]
    starts = lab.host(host).service(program).is_enabled
    assert not starts, reason(fr=f"{program} démarrerait avec {host}", en=f"{program} would start with {host}")


@check(
    "objective",
    points=3,
    competence="1.1",
    fr="La file ne contient plus que ce que des personnes ont écrit.",
    en="The queue holds only what people wrote.",
    before_fr="La file est pleine de tickets que personne n'a écrits.",
    before_en="The queue is full of tickets that nobody wrote.",
)
def test_queue_is_clean(lab):
    left = [one for one in flood(lab) if one.status in AT_WORK and not one.merged_into]
    assert not left, reason(
        fr=f"{len(left)} tickets que personne n'a écrits sont encore là",
        en=f"{len(left)} tickets that nobody wrote are still there",
    )
    why = still_answers(lab)
    assert not why, why


@check(
    "guard",
    points=2,
    competence="1.1",
    fr="Les vraies demandes attendent toujours d'être traitées.",
    en="The real requests are still waiting for their turn.",
)
def test_real_requests_are_kept(lab):
    assert_answered_by_rt(lab)
    held = desk(lab)
    asked = ((lab.values["who"], "Sacoche"), ("mlebreton", REAL[lab.values["real"]]))
    real = [one for one in (written(lab, held, login, subject) for login, subject in asked) if one]
    gone = [one for one in real if one.status not in AT_WORK or one.merged_into]
    assert not gone, reason(fr=f"plus en attente : {named(gone)}", en=f"no longer waiting: {named(gone)}")


@check(
    "guard",
    points=1,
    competence="1.1",
    fr="Le support confirme toujours ce qu'il reçoit, et tout le monde peut lui écrire.",
    en="The service desk still confirms what it gets, and everybody can write to it.",
    timeout=90,
)
def test_support_still_confirms(lab):
    becomes_a_ticket(lab, "kbenali")
