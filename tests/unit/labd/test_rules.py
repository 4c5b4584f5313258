"""Who may call what: each cell of the table is played against labd, and another's lab is missing everywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final, get_args

import pytest

from orchestrator.labd import account_contract, lab_contract, lab_work_contract, path_contract
from orchestrator.labd import class_contract as contract
from orchestrator.labd import help_contract as help_
from orchestrator.labd import privacy_contract as privacy
from orchestrator.labd import seat_contract as seats
from orchestrator.labd import seat_terminal_contract as at_seats
from orchestrator.labd import sitting_contract as sitting
from orchestrator.labd import talk_contract as talk
from orchestrator.labd.calls import Call, Nothing, Refusal
from orchestrator.labd.catalogue_contract import CATALOGUE_CALLS, LookInside
from orchestrator.labd.command_contract import Acted
from orchestrator.labd.contract import BY_NAME
from orchestrator.labd.day_screen_contract import OfDesktop, OfScreen, PictureOnWall
from orchestrator.labd.help_contract import HELP_CALLS
from orchestrator.labd.lab_contract import LAB_CALLS, OfLab
from orchestrator.labd.lab_work_contract import LAB_WORK_CALLS
from orchestrator.labd.labd_client import LabdClient, RefusedError
from orchestrator.labd.plan_contract import PLAN_CALLS, WritePlan
from orchestrator.labd.plan_form_contract import PlanFields
from orchestrator.labd.proof_contract import CancelProof, Prove
from orchestrator.labd.rights import RIGHTS, Standing
from orchestrator.labd.rules import (
    DISPLAY,
    DOCUMENTS,
    EVENTS,
    EVIDENCE,
    MY_DATA,
    RULES,
    SEAT_DISPLAY,
    SEAT_TERMINAL,
    SEAT_WEB,
    TERMINAL,
    WEB,
    concerns_a_class,
    concerns_a_lab,
    concerns_an_attempt,
)
from orchestrator.labd.seat_talk_contract import SayAtSeat
from orchestrator.labd.session_contract import SESSION_CALLS, OfSession, PlanSession, WithdrawSession
from orchestrator.labd.told_refusals import forbidden, missing_attempt, missing_class, missing_lab, signed_out
from tests.labd_talk import events_until

from .conftest import SCENARIO, Site, refusal_of, started

pytestmark = pytest.mark.slow

OUT, NOT, MAY, HIDDEN = "signed-out", "forbidden", "", "missing"
ANYBODY = (MAY, MAY, MAY, MAY, MAY, MAY)
SOMEBODY = (OUT, MAY, MAY, MAY, MAY, MAY)
OWNER = (OUT, HIDDEN, HIDDEN, HIDDEN, MAY, HIDDEN)
LOOKING = (OUT, HIDDEN, HIDDEN, MAY, MAY, HIDDEN)
HELPING = (OUT, HIDDEN, HIDDEN, MAY, NOT, HIDDEN)
ADMINISTRATOR = (OUT, NOT, NOT, NOT, NOT, MAY)
TRAINER = (OUT, NOT, MAY, MAY, NOT, MAY)
ORGANISER = (OUT, NOT, NOT, NOT, NOT, MAY)
JURY = (OUT, NOT, NOT, NOT, NOT, NOT)
AT_A_SEAT = (OUT, OUT, OUT, OUT, OUT, OUT)
COMMAND_LINE = (OUT, NOT, NOT, NOT, NOT, NOT)
OF_THE_CLASS = (OUT, HIDDEN, HIDDEN, MAY, HIDDEN, MAY)

EXPECTED: Final[Mapping[str, tuple[str, ...]]] = {
    "sign-in": ANYBODY,
    "look-at-link": ANYBODY,
    "use-link": ANYBODY,
    "look-at-code": ANYBODY,
    "join": ANYBODY,
    "me": SOMEBODY,
    "set-language": SOMEBODY,
    "change-password": SOMEBODY,
    "sign-ins": SOMEBODY,
    "end-sign-in": SOMEBODY,
    "people": ADMINISTRATOR,
    "add-person": ADMINISTRATOR,
    "make-link": ADMINISTRATOR,
    "change-roles": ADMINISTRATOR,
    "path": SOMEBODY,
    "scenario": SOMEBODY,
    "start": SOMEBODY,
    "lab": LOOKING,
    "map": LOOKING,
    "cable": OWNER,
    "check": LOOKING,
    "hint": OWNER,
    "answer": OWNER,
    "report": OWNER,
    "conversation": LOOKING,
    "phrases": OWNER,
    "say": OWNER,
    "open-terminal": OWNER,
    "close-terminal": OWNER,
    "debrief": OWNER,
    "ask-to-type": HELPING,
    "answer-typing": OWNER,
    "end-typing": LOOKING,
    "give-hint": HELPING,
    "give-class-hint": OF_THE_CLASS,
    "member-attempts": OF_THE_CLASS,
    "member-attempt": OF_THE_CLASS,
    "comment": OF_THE_CLASS,
    "change-comment": OF_THE_CLASS,
    "withdraw-comment": OF_THE_CLASS,
    "renew-link": OF_THE_CLASS,
    "comment-news": SOMEBODY,
    "read-notes": SOMEBODY,
    "thaw": LOOKING,
    "resume": OWNER,
    "reset": OWNER,
    "stop": OWNER,
    "classes": TRAINER,
    "add-class": TRAINER,
    "class": OF_THE_CLASS,
    "add-members": OF_THE_CLASS,
    "remove-member": OF_THE_CLASS,
    "make-code": OF_THE_CLASS,
    "end-code": OF_THE_CLASS,
    "limit-class": OF_THE_CLASS,
    "launch": OF_THE_CLASS,
    "board": OF_THE_CLASS,
    "announce": OF_THE_CLASS,
    "export": OF_THE_CLASS,
    "stop-class": OF_THE_CLASS,
    "privacy": SOMEBODY,
    "ask-erasure": SOMEBODY,
    "withdraw-erasure": SOMEBODY,
    "erasure-requests": ADMINISTRATOR,
    "look-at-erasure": ADMINISTRATOR,
    "erase-person": ADMINISTRATOR,
    "recorded-attempts": SOMEBODY,
    "replay": LOOKING,
    "replay-piece": LOOKING,
    "catalogue": TRAINER,
    "inside": TRAINER,
    "prove": ADMINISTRATOR,
    "cancel-proof": ADMINISTRATOR,
    "proof": ADMINISTRATOR,
    "sessions": ORGANISER,
    "plan-session": ORGANISER,
    "plan-choices": ORGANISER,
    "read-plan": ORGANISER,
    "write-plan": ORGANISER,
    "session": ORGANISER,
    "withdraw-session": ORGANISER,
    "readiness": ORGANISER,
    "day": ORGANISER,
    "act-on-day": ORGANISER,
    "make-codes": ORGANISER,
    "take-seat": ANYBODY,
    "my-seat": AT_A_SEAT,
    "leave-seat": AT_A_SEAT,
    "sitting": AT_A_SEAT,
    "seat-terminals": AT_A_SEAT,
    "seat-hosts": AT_A_SEAT,
    "open-seat-terminal": AT_A_SEAT,
    "close-seat-terminal": AT_A_SEAT,
    "screens": ORGANISER,
    "look-at-screen": ORGANISER,
    "look-at-desktop": ORGANISER,
    "desktop-picture": ORGANISER,
    "subject": AT_A_SEAT,
    "answer-subject": AT_A_SEAT,
    "report-subject": AT_A_SEAT,
    "cable-subject": AT_A_SEAT,
    "seat-talk": AT_A_SEAT,
    "say-at-seat": AT_A_SEAT,
    "seats": ORGANISER,
    "answer-seat": ORGANISER,
    "jury-sessions": JURY,
    "deliberation": JURY,
    "sheet": JURY,
    "observe": JURY,
    "decide": JURY,
    "sign-record": JURY,
    "sitting-replay": JURY,
    "sitting-picture": JURY,
    "sitting-piece": JURY,
    "search-sitting": JURY,
    "sealed-evidence": JURY,
    "appeal": JURY,
    "grade-again": JURY,
    "acted": COMMAND_LINE,
    "waiting": COMMAND_LINE,
    "sign-out": SOMEBODY,
}
"""Call -> what becomes of nobody, a trainee, another class's trainer, the trainer of the class, the lab's owner, who is
in the class, and an administrator, to whom the lab's owner is in no class; in an order that can be played."""
THE_ROOM: Final = {
    "sessions", "day", "act-on-day", "screens", "look-at-screen", "look-at-desktop", "desktop-picture", "seats",
    "answer-seat",
}  # fmt: skip
"""What an invigilator may call besides what anybody may who is signed in."""
SAID: Final[Mapping[str, Refusal]] = {
    OUT: signed_out().refusal,
    NOT: forbidden().refusal,
    HIDDEN: missing_lab().refusal,
}
NO_CLASS: Final = missing_class().refusal
NO_ATTEMPT: Final = missing_attempt().refusal


def test_the_table_has_every_call() -> None:
    others = {DISPLAY, DOCUMENTS, EVENTS, EVIDENCE, MY_DATA, SEAT_DISPLAY, SEAT_TERMINAL, SEAT_WEB, TERMINAL, WEB}
    assert set(RULES) == set(BY_NAME) | others
    assert set(EXPECTED) == set(BY_NAME)
    assert {right: set(cells) for right, cells in RIGHTS.items()} == {
        right: set(get_args(Standing)) for right in set(RULES.values())
    }


def asked_of(name: str, lab: str, attempt: int) -> object:
    """Return what is asked with a call, so that it would do something."""
    special: dict[str, object] = {
        "sign-in": account_contract.SignIn("nobody", "a wrong password"),
        "look-at-link": account_contract.LookAtLink("no-link"),
        "use-link": account_contract.UseLink("no-link", "a long password"),
        "set-language": account_contract.SetLanguage("fr"),
        "change-password": account_contract.ChangePassword("none", "short"),
        "end-sign-in": account_contract.EndSignIn(0),
        "add-person": account_contract.AddPerson("not a handle", "", ""),
        "make-link": account_contract.MakeLink("nobody"),
        "scenario": path_contract.LookAtScenario(SCENARIO),
        "start": lab_contract.StartLab(SCENARIO, -1),
        "map": lab_work_contract.MapOf(lab, "fr"),
        "cable": lab_work_contract.MoveCable(lab, "pc1", "eth0", "plug"),
        "answer": lab_work_contract.AnswerQuestion(lab, "q", "a"),
        "report": lab_work_contract.WriteReport(lab, "", "", "", "", None, "fr"),
        "open-terminal": lab_work_contract.OpenTerminal(lab, "pc1", "root"),
        "close-terminal": lab_work_contract.CloseTerminal(lab, "0" * 16),
    }
    special |= {
        "look-at-code": contract.LookAtCode("no code"),
        "join": contract.Join("no code", "zoe", "", "", "a long password"),
        "add-class": contract.OfClass("Not A Name"),
        "add-members": contract.AddMembers("tssr", "wrong"),
        "remove-member": contract.RemoveMember("tssr", "nobody"),
        "launch": contract.LaunchForClass("tssr", "no-scenario"),
        "announce": contract.Announce("tssr", ""),
    }
    special |= {
        "ask-erasure": privacy.AskErasure("a wrong password"),
        "look-at-erasure": privacy.OfPerson("nobody"),
        "erase-person": privacy.OfPerson("nobody"),
        "recorded-attempts": path_contract.LookAtScenario(SCENARIO),
        "replay-piece": privacy.PieceOf(attempt, "0" * 16, 0),
        "ask-to-type": help_.AskToType(lab, "0" * 16),
        "answer-typing": help_.AnswerTyping(lab, "0" * 16, allow=True),
        "end-typing": help_.EndTyping(lab, "0" * 16),
        "give-hint": help_.GiveHint(lab, ""),
        "give-class-hint": help_.GiveClassHint("tssr", ""),
        "member-attempts": help_.OfMember("tssr", "nobody"),
        "member-attempt": help_.OfMemberAttempt("tssr", "nobody", 1),
        "comment": help_.Comment("tssr", "nobody", 1, ""),
        "change-comment": help_.ChangeComment("tssr", "nobody", 1, 1, "x"),
        "withdraw-comment": help_.OfComment("tssr", "nobody", 1, 1),
        "renew-link": help_.OfMember("tssr", "nobody"),
        "read-notes": help_.OfScenario(SCENARIO),
    }
    special |= {
        "conversation": talk.OfConversation(lab, "nobody"),
        "phrases": talk.PhrasesFor(lab, "nobody", "fr"),
        "say": talk.Say(lab, "nobody", "hello", "fr"),
    }
    special |= {"inside": LookInside(SCENARIO), "prove": Prove(SCENARIO, 0), "cancel-proof": CancelProof(0)}
    special |= {"acted": Acted(lab, "works"), "plan-session": PlanSession("no plan")}
    special |= {"write-plan": WritePlan(PlanFields())}
    special |= {"session": OfSession("none"), "readiness": OfSession("none"), "day": OfSession("none")}
    special |= {
        "subject": sitting.OfSubject("reseau", 1, "fr"),
        "answer-subject": sitting.AnswerSubject("reseau", 1, "q", "a", "fr"),
        "cable-subject": sitting.MoveSubjectCable("reseau", 1, "pc1", "eth0", "plug"),
        "seat-talk": sitting.OfSubject("reseau", 1, "fr"),
        "say-at-seat": SayAtSeat("reseau", 1, "anne", "Bonjour", "fr"),
        "report-subject": sitting.ReportSubject("reseau", 1, "", "", "", "", None, "fr"),
    }
    special |= {"make-codes": seats.MakeCodes("none"), "take-seat": seats.TakeSeat("no code")}
    special |= {"seats": OfSession("none"), "answer-seat": seats.AnswerSeat("none", "confirm", "C-01", "0" * 16)}
    special |= {"withdraw-session": WithdrawSession("none", "why")}
    special |= {"screens": OfSession("none"), "look-at-screen": OfScreen("none", "reseau", "C-01", "x.pc1-1")}
    special |= {"look-at-desktop": OfDesktop("none", "reseau", "C-01", "x.pc1")}
    special |= {"desktop-picture": PictureOnWall("none", "reseau", "C-01", "x.pc1", 1)}
    special |= {"seat-terminals": at_seats.OfSeatPhase(), "seat-hosts": at_seats.OfSeatPhase()}
    special |= {"open-seat-terminal": at_seats.OpenSeatTerminal("reseau", SCENARIO, "pc1", "root")}
    special |= {"close-seat-terminal": at_seats.CloseSeatTerminal("reseau", "0" * 16)}
    if name in special:
        return special[name]
    if concerns_an_attempt(name):
        return privacy.OfAttempt(attempt)
    if concerns_a_class(name):
        return contract.OfClass("tssr")
    return OfLab(lab) if concerns_a_lab(name) else Nothing()


async def outcome(client: LabdClient, call: Call[Any, Any], lab: str, token: str | None, attempt: int = 0) -> str:
    """Return why a call is refused by the table; empty where it is not, whatever else becomes of it."""
    try:
        await client.call(call, asked_of(call.name, lab, attempt), token)
    except RefusedError as error:
        hidden = NO_CLASS if concerns_a_class(call.name) else NO_ATTEMPT if concerns_an_attempt(call.name) else None
        said = {**SAID, HIDDEN: hidden or SAID[HIDDEN]}
        return next((kind for kind, refusal in said.items() if refusal == error.refusal), MAY)
    return MAY


def test_each_cell(site: Site) -> None:
    owner, other, stranger = site.member("lea"), site.member("tom"), site.member("bob", "trainer")
    trainer, admin = site.member("ada", "trainer"), site.member("root", "administrator")
    site.a_class("other", stranger, other)

    async def play() -> None:
        async with site.labd() as client:
            lonely = site.member("max")
            lab, alone = await started(client, owner), await started(client, lonely)
            await client.call(
                lab_contract.START, lab_contract.StartLab(SCENARIO), other.token
            )  # somebody with a lab of their own
            site.a_class("tssr", trainer, owner)
            attempts = {}
            for one, whose in ((lab, owner), (alone, lonely)):
                attempts[one] = (await client.call(lab_contract.LAB, OfLab(one), whose.token)).attempt
            assert all(attempts.values())
            for name, expected in EXPECTED.items():
                found = []
                for who in (None, other, stranger, trainer, owner, admin):
                    token = who.token if who else None
                    before = (
                        (await client.call(lab_contract.LAB, OfLab(lab), owner.token)).last_event
                        if name == "check"
                        else 0
                    )
                    place = alone if who is admin else lab
                    found.append(await outcome(client, BY_NAME[name], place, token, attempts[place]))
                    if name == "check" and not found[-1]:
                        await events_until(client, lab, owner.token, "ended", after=before)
                assert tuple(found) == expected, name
                if name == "reset":
                    await events_until(client, lab, owner.token, "ended", act=name)

    asyncio.run(play())


def test_all_classes_are_an_administrators(site: Site) -> None:
    """So is the look at the labs of those who are in one; what is not there, is not there for them either."""
    owner, admin = site.member("lea"), site.member("root", "administrator")
    site.a_class("tssr", site.member("ada", "trainer"), owner)

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, owner)
            for name, expected in EXPECTED.items():
                if expected == LOOKING and name != "check":
                    attempt = (await client.call(lab_contract.LAB, OfLab(lab), owner.token)).attempt
                    assert await outcome(client, BY_NAME[name], lab, admin.token, attempt) == MAY, name
                if expected == HELPING:
                    assert await outcome(client, BY_NAME[name], lab, admin.token) == MAY, name
                if expected == OWNER:
                    assert await outcome(client, BY_NAME[name], lab, admin.token) == HIDDEN, name
            missing = await refusal_of(client, contract.CLASS, contract.OfClass("none"), admin.token)
            assert missing == NO_CLASS

    asyncio.run(play())


def test_the_catalogue_is_the_jurys_too(site: Site) -> None:
    """What spoils a scenario is for nobody who only practises it, and a proof is begun by administrators only."""
    jury, trainee = site.member("jo", "jury"), site.member("kim", "trainee", "candidate")

    async def play() -> None:
        async with site.labd() as client:
            for call in CATALOGUE_CALLS:
                may = MAY if EXPECTED[call.name] == TRAINER else NOT
                assert await outcome(client, call, "", jury.token) == may, call.name
                assert await outcome(client, call, "", trainee.token) == NOT, call.name
            assert await outcome(client, contract.CLASSES, "", jury.token) == NOT

    asyncio.run(play())


def test_sessions_are_their_organisers(site: Site) -> None:
    """To train and to judge give no right to them; who trains too may organise no less, and sees nobody's labs."""
    organiser, both = site.member("ines", "organiser"), site.member("bea", "organiser", "trainer")
    others = (site.member("jo", "jury"), site.member("ada", "trainer"), site.member("kim", "trainee", "candidate"))

    async def play() -> None:
        async with site.labd() as client:
            for call in (*SESSION_CALLS, *PLAN_CALLS):
                assert await outcome(client, call, "", None) == OUT, call.name
                for one in (organiser, both):
                    assert await outcome(client, call, "", one.token) == MAY, call.name
                for one in others:
                    assert await outcome(client, call, "", one.token) == NOT, call.name
            for call in (*CATALOGUE_CALLS, BY_NAME["people"], BY_NAME["classes"]):
                assert await outcome(client, call, "", organiser.token) == NOT, call.name

    asyncio.run(play())


def test_who_invigilates_is_there_on_the_day_and_nowhere_before(site: Site) -> None:
    invigilator = site.member("remi", "invigilator")

    async def play() -> None:
        async with site.labd() as client:
            for name, expected in EXPECTED.items():
                if expected not in {ANYBODY, SOMEBODY, OWNER, LOOKING, HELPING, OF_THE_CLASS}:
                    found = await outcome(client, BY_NAME[name], "", invigilator.token)
                    assert found == (MAY if name in THE_ROOM else OUT if expected == AT_A_SEAT else NOT), name

    asyncio.run(play())


def test_an_administrator_who_trains_too_is_no_less_one(site: Site) -> None:
    both = site.member("zoe", "administrator", "trainer")

    async def play() -> None:
        async with site.labd() as client:
            for name, expected in EXPECTED.items():
                if expected in {ADMINISTRATOR, TRAINER, ORGANISER}:
                    assert await outcome(client, BY_NAME[name], "", both.token) == MAY, name

    asyncio.run(play())


def test_a_lab_that_is_not_there_reads_like_anothers(site: Site) -> None:
    owner, other = site.member("lea"), site.member("tom")

    async def play() -> None:
        async with site.labd() as client:
            lab = await started(client, owner)
            for call in (
                call
                for call in (*LAB_CALLS, *LAB_WORK_CALLS, *talk.TALK_CALLS, *HELP_CALLS)
                if concerns_a_lab(call.name)
            ):
                for name in (lab, "moved-desks-0000", "../labd", "", "x" * 300):
                    assert await outcome(client, call, name, other.token) == HIDDEN, (call.name, name)
            assert not site.entered.is_set()

    asyncio.run(play())
