"""Who may call what, as data: each call has a right, and each right (``rights``) says what becomes of whoever asks.

labd refuses by it whatever its caller has let through; a lab's events, terminals, screens and web pages stand in the
same table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orchestrator.labd.calls import RefusalKind, Who
from orchestrator.labd.rights import RIGHTS, Right, Standing

DOCUMENTS: Final = "session-documents"
EVIDENCE: Final = "session-evidence"
EVENTS: Final = "events"
TERMINAL: Final = "terminal"
MY_DATA: Final = "my-data"
DISPLAY: Final = "display"
SEAT_DISPLAY: Final = "seat-display"
SEAT_TERMINAL: Final = "seat-terminal"
SEAT_WEB: Final = "seat-web"
WEB: Final = "web"

RULES: Final[Mapping[str, Right]] = {
    "sign-in": "anybody",
    "look-at-link": "anybody",
    "use-link": "anybody",
    "look-at-code": "anybody",
    "join": "anybody",
    "sign-out": "anyone-signed-in",
    "me": "anyone-signed-in",
    "set-language": "anyone-signed-in",
    "change-password": "anyone-signed-in",
    "sign-ins": "anyone-signed-in",
    "end-sign-in": "anyone-signed-in",
    "people": "administrators",
    "add-person": "administrators",
    "make-link": "administrators",
    "change-roles": "administrators",
    "path": "anyone-signed-in",
    "scenario": "anyone-signed-in",
    "start": "anyone-signed-in",
    "lab": "owner-or-trainer",
    "map": "owner-or-trainer",
    "cable": "owner",
    "check": "owner-or-trainer",
    "hint": "owner",
    "answer": "owner",
    "report": "owner",
    "conversation": "owner-or-trainer",
    "phrases": "owner",
    "say": "owner",
    "open-terminal": "owner",
    "close-terminal": "owner",
    "reset": "owner",
    "stop": "owner",
    "thaw": "owner-or-trainer",
    "resume": "owner",
    "debrief": "owner",
    EVENTS: "owner-or-trainer",
    TERMINAL: "owner-or-trainer",
    DISPLAY: "owner-or-trainer",
    WEB: "owner-or-trainer",
    "classes": "trainers",
    "add-class": "trainers",
    "class": "trainers-of-the-class",
    "add-members": "trainers-of-the-class",
    "remove-member": "trainers-of-the-class",
    "make-code": "trainers-of-the-class",
    "end-code": "trainers-of-the-class",
    "limit-class": "trainers-of-the-class",
    "launch": "trainers-of-the-class",
    "stop-class": "trainers-of-the-class",
    "board": "trainers-of-the-class",
    "announce": "trainers-of-the-class",
    "export": "trainers-of-the-class",
    "privacy": "anyone-signed-in",
    MY_DATA: "anyone-signed-in",
    "ask-erasure": "anyone-signed-in",
    "withdraw-erasure": "anyone-signed-in",
    "erasure-requests": "administrators",
    "look-at-erasure": "administrators",
    "erase-person": "administrators",
    "recorded-attempts": "anyone-signed-in",
    "replay": "owner-or-trainer-of-the-attempt",
    "replay-piece": "owner-or-trainer-of-the-attempt",
    "ask-to-type": "trainer-of-the-owner",
    "answer-typing": "owner",
    "end-typing": "owner-or-trainer",
    "give-hint": "trainer-of-the-owner",
    "give-class-hint": "trainers-of-the-class",
    "member-attempts": "trainers-of-the-class",
    "member-attempt": "trainers-of-the-class",
    "comment": "trainers-of-the-class",
    "change-comment": "trainers-of-the-class",
    "withdraw-comment": "trainers-of-the-class",
    "renew-link": "trainers-of-the-class",
    "comment-news": "anyone-signed-in",
    "read-notes": "anyone-signed-in",
    "catalogue": "trainers-and-jury",
    "inside": "trainers-and-jury",
    "prove": "administrators",
    "cancel-proof": "administrators",
    "proof": "administrators",
    "sessions": "invigilators",
    "plan-session": "organisers",
    "plan-choices": "organisers",
    "read-plan": "organisers",
    "write-plan": "organisers",
    "session": "organisers",
    "withdraw-session": "organisers",
    "readiness": "organisers",
    "day": "invigilators",
    "act-on-day": "invigilators",
    "screens": "invigilators",
    "look-at-screen": "invigilators",
    "look-at-desktop": "invigilators",
    "desktop-picture": "invigilators",
    "make-codes": "organisers",
    "take-seat": "anybody",
    "my-seat": "asking-or-seat",
    "leave-seat": "asking-or-seat",
    "sitting": "seat",
    "subject": "seat",
    "answer-subject": "seat",
    "report-subject": "seat",
    "cable-subject": "seat",
    "seat-talk": "seat",
    "say-at-seat": "seat",
    "seats": "invigilators",
    "answer-seat": "invigilators",
    "seat-terminals": "seat",
    "seat-hosts": "seat",
    "open-seat-terminal": "seat",
    "close-seat-terminal": "seat",
    SEAT_TERMINAL: "seat",
    SEAT_WEB: "seat",
    SEAT_DISPLAY: "seat",
    "jury-sessions": "jury",
    "deliberation": "jury",
    "sheet": "jury",
    "observe": "jury",
    "decide": "jury",
    "sign-record": "jury",
    "sitting-replay": "jury",
    "sitting-picture": "jury",
    "sitting-piece": "jury",
    "search-sitting": "jury",
    "sealed-evidence": "jury",
    "appeal": "jury",
    "grade-again": "jury",
    DOCUMENTS: "jury",
    EVIDENCE: "jury",
    "acted": "command-line",
    "waiting": "command-line",
}
"""Call, or what is read besides -> its right. A call that is not here is refused to everybody.

The command line's calls are nobody's who signs in: they show the key of labd's state folder (``command_door``).

Who is no owner of the lab of a terminal or a screen looks at it only: what they type is dropped (``terminal_socket``,
``display_socket``), unless it is a terminal and the owner lets them (``typing_consent``).
"""

_BY_ROLE: Final[tuple[Standing, ...]] = ("administrator", "organiser", "invigilator")
"""What somebody is by their roles alone: the first that is one of them."""
_OF_LABS: Final = frozenset({"owner", "owner-or-trainer", "trainer-of-the-owner"})
_OF_SEATS: Final = frozenset({"asking-or-seat", "seat"})
_FOR_TRAINERS: Final = frozenset({"trainers", "trainers-and-jury"})


def standing_of(who: Who | None, *, owns: bool = False, trains: bool = False, judges: bool = False) -> Standing:
    """Return who asks, as the table names them."""
    if who is None:
        return "anonymous"
    if judges:
        return "jury"
    if owns:
        return "owner"
    if trains:
        return "trainer"
    return next((role for role in _BY_ROLE if role in who.roles), "signed-in")


def refusal_kind(name: str, standing: Standing) -> RefusalKind | None:
    """Return why somebody is refused a call; None: they are not."""
    return RIGHTS[RULES[name]][standing]


def counts_as_trainer(name: str, who: Who) -> bool:
    """Return whether somebody counts as a trainer for a call about neither a lab nor a class.

    They do where trainers are asked for: elsewhere, who is a trainer too is an organiser or an administrator no less.
    """
    right = RULES[name]
    return ("trainer" in who.roles and right in _FOR_TRAINERS) or ("jury" in who.roles and right == "trainers-and-jury")


def counts_as_jury(name: str, who: Who) -> bool:
    """Return whether somebody counts as a member of a jury for a call: of which one is for the desk to see.

    Who organises as well, as a store of an earlier version may have it, does not: who moves times does not judge.
    """
    return RULES[name] == "jury" and "jury" in who.roles and "organiser" not in who.roles


def organises(who: Who) -> bool:
    """Return whether somebody holds sessions: what invigilators do there is less."""
    return not {"organiser", "administrator"}.isdisjoint(who.roles)


def concerns_a_lab(name: str) -> bool:
    """Return whether a call depends on whose a lab is."""
    return RULES[name] in _OF_LABS


def concerns_a_seat(name: str) -> bool:
    """Return whether a call is for candidates' seats only, by the token of one."""
    return RULES[name] in _OF_SEATS


def concerns_an_attempt(name: str) -> bool:
    """Return whether a call depends on whose an attempt is."""
    return RULES[name] == "owner-or-trainer-of-the-attempt"


def concerns_a_class(name: str) -> bool:
    """Return whether a call depends on who trains a class."""
    return RULES[name] == "trainers-of-the-class"
