"""Talk at a candidate's seat in the labd in memory: with Alice, and with Sam, who speaks English only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from orchestrator.labd import seat_talk_contract as k
from orchestrator.labd import sitting_contract as g
from orchestrator.labd.calls import Call, Refusal
from orchestrator.labd.lab_contract import LabPerson
from orchestrator.labd.talk_contract import ConversationView, Said, TurnView
from tests.fakes import labd_people as people
from tests.fakes import labd_world as world

if TYPE_CHECKING:
    from tests.fakes.labd import FakeLabd


class FakeSeatTalk:
    """Whom a candidate may talk to: the people of the scenario that ``FakeSeats`` shows.

    Attributes:
        turns: what was said, by person.
        answering: who is at it; empty: nobody.
        failed: why nothing came of what was said last.
    """

    def __init__(self, labd: FakeLabd, refuse: Callable[..., Exception]) -> None:
        """Take the labd, and what makes its refusals."""
        self._labd = labd
        self._refuse = refuse
        self.turns: dict[str, tuple[TurnView, ...]] = {}
        self.answering = ""
        self.failed: Refusal | None = None

    @property
    def calls(self) -> Mapping[str, tuple[Call[Any, Any], Callable[[str, Any], Any]]]:
        """Each call with what answers it, by a browser's token."""
        does: Mapping[str, Callable[[str, Any], Any]] = {"seat-talk": self.view, "say-at-seat": self.say}
        return {call.name: (call, does[call.name]) for call in k.SEAT_TALK_CALLS}

    def view(self, token: str, asked: g.OfSubject) -> k.SeatTalkView:
        """Return what was said."""
        subject = self._labd.seats.show_subject(token, asked)
        shown = subject.people if subject.standing in {"working", "stopped"} else ()
        return k.SeatTalkView(subject.standing, tuple(self._shown(one, subject, asked) for one in shown), self.failed)

    def _shown(self, one: LabPerson, subject: g.SittingSubject, asked: g.OfSubject) -> k.SeatConversation:
        turns, answering = self.turns.get(one.name, ()), self.answering == one.name
        opens = people.OPENS.get(one.name, one.role)
        phrases = people.PHRASES[one.language or asked.language] if subject.standing == "working" else ()
        return k.SeatConversation(ConversationView(one, opens, turns, answering), phrases)

    def say(self, token: str, asked: k.SayAtSeat) -> Said:
        """Answer with what was said."""
        subject = self._labd.seats.show_subject(token, g.OfSubject(asked.phase, asked.place, asked.language))
        if subject.standing != "working":
            raise self._refuse("wrong", "Le temps est arrêté.", "Time stands still.")
        if asked.person not in {one.name for one in subject.people}:
            raise self._refuse("missing", "Ce lab n'a personne de ce nom.", "This lab has nobody of that name.")
        if not asked.text:
            raise self._refuse("wrong", "Écrivez une phrase.", "Write a sentence.", "text")
        turn = TurnView(world.NOW, asked.language, asked.text, f"« {asked.text} » ?", (), ended=False)
        self.turns[asked.person] = (*self.turns.get(asked.person, ()), turn)
        return Said(turn)
