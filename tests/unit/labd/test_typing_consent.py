"""Consent to type in somebody's terminal: given by its owner to who asked, and over by everything that may end it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from orchestrator.labd.calls import Who
from orchestrator.labd.event_contract import LabEvent
from orchestrator.labd.event_log import EventLogs, LabNote
from orchestrator.labd.lab_desk import FoundLab
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.typing_consent import MayType, TypingConsents, TypingLimits
from orchestrator.labd.wire import decode

ADA = Who("P-00000000000a", "ada", "Ada Petit", ("trainer",), None)
BOB = Who("P-00000000000b", "bob", "Ada Petit", ("trainer",), None)
"""Another trainer of the same name."""
LEA = Who("P-00000000000c", "lea", "Léa Martin", ("trainee",), None)
LIMITS = TypingLimits(unanswered=2, idle=3, left=1, refused=5)
TERMINAL = "t1"


@dataclass
class Clock:
    """Timers that a test lets fire."""

    now: float = 0
    set: list[Alarm] = field(default_factory=list)

    def later(self, seconds: float, act: Callable[[], None]) -> Alarm:
        alarm = Alarm(self.now + seconds, act)
        self.set.append(alarm)
        return alarm

    def pass_(self, seconds: float) -> None:
        self.now += seconds
        for alarm in [one for one in self.set if one.at <= self.now and not one.cancelled]:
            alarm.cancel()
            alarm.act()

    @property
    def ticking(self) -> int:
        return sum(not one.cancelled for one in self.set)


@dataclass
class Alarm:
    at: float
    act: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class Room:
    """A lab with one terminal, and the trainers who look at it."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    seats: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        self.consents = TypingConsents(LIMITS, self.clock.later)
        log = EventLogs(self.folder).of("lab-1", LabNote(LEA.ref, "moved-desks", "7"))
        self.lab = FoundLab("lab-1", LEA.ref, None, log)

    def look(self, who: Who = ADA) -> MayType:
        return self.seats.enter_context(self.consents.seat(TERMINAL, who))

    def ask(self, who: Who = ADA) -> str:
        self.consents.ask(self.lab, TERMINAL, "pc1", who)
        return self.consents.of("lab-1", who)[0].id

    def allowed(self) -> tuple[str, MayType]:
        may_type = self.look()
        asked = self.ask()
        self.consents.answer("lab-1", asked, allow=True)
        return asked, may_type

    @property
    def told(self) -> list[tuple[str, int]]:
        events = [decode(LabEvent, line) for _, line in self.lab.log.after(0)]
        return [(event.body["state"], event.body["bytes"]) for event in events]


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(RefusedCallError) as refused:
        call()
    return refused.value.refusal.kind


def test_nothing_gets_there_before_consent_is_given_nor_after_it_has_ended(room: Room) -> None:
    may_type, other = room.look(), room.look(BOB)
    assert not may_type(1)
    asked = room.ask()
    assert not may_type(1)
    assert room.consents.answer("lab-1", asked, allow=True) == ADA
    assert may_type(5)
    assert not other(5), "consent is for the trainer who asked"
    room.consents.end("lab-1", asked, None)
    assert not may_type(1)
    assert room.told == [("asked", 0), ("allowed", 0), ("ended", 5)]
    assert room.consents.of("lab-1", LEA) == ()
    assert room.clock.ticking == 0


def test_a_refusal_lets_nobody_type(room: Room) -> None:
    may_type = room.look()
    asked = room.ask()
    room.consents.answer("lab-1", asked, allow=False)
    assert not may_type(1)
    assert refusal(lambda: room.consents.answer("lab-1", asked, allow=True)) == "missing"
    assert room.told == [("asked", 0), ("refused", 0)]


def test_who_was_refused_asks_again_only_after_a_while(room: Room) -> None:
    room.look()
    room.look(BOB)
    room.consents.answer("lab-1", room.ask(), allow=False)
    assert refusal(room.ask) == "too-often"
    room.consents.end("lab-1", room.ask(BOB), BOB.ref)
    room.clock.pass_(LIMITS.refused)
    room.ask()


def test_an_answer_is_to_one_question(room: Room) -> None:
    """Neither to an earlier one, nor to one of another lab, nor twice."""
    room.look()
    first = room.ask()
    room.consents.end("lab-1", first, ADA.ref)
    second = room.ask()
    assert refusal(lambda: room.consents.answer("lab-1", first, allow=True)) == "missing"
    assert refusal(lambda: room.consents.answer("lab-2", second, allow=True)) == "missing"
    room.consents.answer("lab-1", second, allow=True)
    assert refusal(lambda: room.consents.answer("lab-1", second, allow=False)) == "missing"


def test_who_does_not_look_cannot_ask_and_only_one_asks(room: Room) -> None:
    assert refusal(room.ask) == "wrong"
    room.look()
    room.look(BOB)
    assert room.ask() == room.ask(), "the same question"
    assert refusal(lambda: room.consents.ask(room.lab, TERMINAL, "pc1", BOB)) == "busy"
    assert room.told == [("asked", 0)]


def test_each_reads_whose_it_is(room: Room) -> None:
    room.allowed()
    for who, yours in ((ADA, True), (BOB, False), (LEA, False)):
        (view,) = room.consents.of("lab-1", who)
        assert (view.by, view.state, view.host, view.yours) == ("Ada Petit", "allowed", "pc1", yours)
    assert room.consents.of("lab-2", LEA) == ()


def test_both_end_it_and_no_other_trainer(room: Room) -> None:
    consent, _ = room.allowed()
    assert refusal(lambda: room.consents.end("lab-1", consent, BOB.ref)) == "missing"
    room.consents.end("lab-1", consent, ADA.ref)
    assert refusal(lambda: room.consents.end("lab-1", consent, None)) == "missing"


def test_a_question_without_an_answer_is_over(room: Room) -> None:
    room.look()
    asked = room.ask()
    room.clock.pass_(LIMITS.unanswered)
    assert refusal(lambda: room.consents.answer("lab-1", asked, allow=True)) == "missing"
    assert room.told[-1] == ("unanswered", 0)


def test_it_ends_after_a_while_without_typing(room: Room) -> None:
    _, may_type = room.allowed()
    for _ in range(3):
        room.clock.pass_(LIMITS.idle - 1)
        assert may_type(2)
    room.clock.pass_(LIMITS.idle)
    assert not may_type(2)
    assert room.told[-1] == ("idle", 6)


def test_it_ends_when_the_trainer_leaves_but_not_when_they_come_back(room: Room) -> None:
    consent, _ = room.allowed()
    again = room.consents.seat(TERMINAL, ADA)
    with again:
        room.seats.close()  # one of two windows
        room.clock.pass_(LIMITS.left)
        assert room.consents.of("lab-1", ADA)[0].id == consent
    room.clock.pass_(LIMITS.left / 2)
    with room.consents.seat(TERMINAL, ADA) as may_type:  # the connection was lost for a moment
        room.clock.pass_(LIMITS.left)
        assert may_type(1)
    room.clock.pass_(LIMITS.left)
    assert room.told[-1] == ("left", 1)
    with room.consents.seat(TERMINAL, ADA) as may_type:
        assert not may_type(1)


def test_it_ends_with_the_terminal(room: Room) -> None:
    _, may_type = room.allowed()
    room.consents.close("t2")
    assert may_type(1)
    room.consents.close("t2", TERMINAL)
    assert not may_type(1)
    assert room.told[-1] == ("closed", 1)


def test_a_labd_that_starts_again_lets_nobody_type(room: Room) -> None:
    room.allowed()
    after = EventLogs(room.folder).get("lab-1")
    assert after is not None
    last = decode(LabEvent, after.after(0)[-1][1])
    assert (last.kind, last.body["state"], last.body["terminal"]) == ("typing", "closed", TERMINAL)
    again = EventLogs(room.folder).get("lab-1")
    assert again is not None
    assert again.last == after.last, "it is told once"
