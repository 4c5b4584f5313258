"""The people of a lab in the labd in memory: Alice, and a vendor's technician who speaks English only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from orchestrator.core.text import Text
from orchestrator.labd import talk_contract as k
from orchestrator.labd.calls import Call
from orchestrator.labd.lab_contract import LabPerson
from orchestrator.model.turns import PersonaAct
from orchestrator.personas.act_sentences import act_sentence
from tests.fakes import labd_world as world
from tests.fakes.labd_world import FakePerson

if TYPE_CHECKING:
    from tests.fakes.labd import FakeLabd

ALICE = LabPerson("alice", "Alice Durand", Text(fr="comptable, devant pc1", en="accountant, at pc1"), "")
SAM = LabPerson("sam", "Sam O'Neill", Text(fr="technicien du fournisseur", en="the vendor's technician"), "en")
OPENS = {
    "alice": Text(fr="Allô ? Alice Durand.", en="Hello? Alice Durand speaking."),
    "sam": Text(fr="Vendor support, Sam speaking.", en="Vendor support, Sam speaking."),
}
PHRASES = {
    "fr": ("Quel est votre problème", "Pouvez-vous débrancher le câble", "Au revoir"),
    "en": ("What is the problem", "Can you unplug the cable", "Goodbye"),
}


def told(kind: Literal["cable", "reboot", "types", "shell"], what: str = "") -> k.TurnAct:
    """Something that Alice does on pc1, told as labd does."""
    return k.TurnAct(kind, "pc1", what, act_sentence(PersonaAct(world.NOW, kind, "pc1", what), ALICE.full))


TURNS = (
    k.TurnView(world.EARLIER, "en", "What is the problem?", "Nothing works.\nIt says: no network", (), ended=False),
    k.TurnView(
        world.NOW,
        "en",
        "Yes, please",
        "There, it is back in.",
        (
            told("cable", "eth0 unplug"),
            told("cable", "eth0 office"),
            told("reboot"),
            told("types", "ip route"),
            told("shell"),
        ),
        ended=True,
    ),
)
TALK = k.ConversationView(ALICE, OPENS["alice"], TURNS)


class FakePeople:
    """Whom the labd in memory lets talk; nobody, until ``come`` is called.

    Attributes:
        turns: what was said, by lab and person.
        answering: the lab and the person who is at it.
    """

    def __init__(self, labd: FakeLabd, refuse: Callable[..., Exception]) -> None:
        """Take the labd, and what makes its refusals."""
        self._labd = labd
        self._refuse = refuse
        self.turns: dict[tuple[str, str], tuple[k.TurnView, ...]] = {}
        self.answering: tuple[str, str] = ("", "")

    @property
    def calls(self) -> Mapping[str, tuple[Call[Any, Any], Callable[..., Any]]]:
        """Each call with what answers it."""
        return {call.name: (call, getattr(self, call.name)) for call in k.TALK_CALLS}

    def come(self, *people: LabPerson, lab: str = world.LAB) -> None:
        """Have people be in a lab."""
        self._labd.change(lab, people=people)

    def _one(self, who: FakePerson, lab: str, name: str) -> LabPerson:
        for one in self._labd.own(who, lab).people:
            if one.name == name:
                return one
        raise self._refuse("missing", "Ce lab n'a personne de ce nom.", "This lab has nobody of that name.")

    def conversation(self, who: FakePerson, asked: k.OfConversation) -> k.ConversationView:
        """Return what was said."""
        one, place = self._one(who, asked.lab, asked.person), (asked.lab, asked.person)
        return k.ConversationView(one, OPENS[one.name], self.turns.get(place, ()), self.answering == place)

    def phrases(self, who: FakePerson, asked: k.PhrasesFor) -> tuple[str, ...]:
        """Return what can be said."""
        return PHRASES[self._one(who, asked.lab, asked.person).language or asked.language]

    def say(self, who: FakePerson, asked: k.Say) -> k.Said:
        """Answer with what was said."""
        one, place = self._one(who, asked.lab, asked.person), (asked.lab, asked.person)
        if not asked.text:
            raise self._refuse("wrong", "Écrivez une phrase.", "Write a sentence.", "text")
        turn = k.TurnView(world.NOW, one.language or asked.language, asked.text, f"« {asked.text} » ?", (), ended=False)
        self._labd.emit("talking", {"person": one.name}, asked.lab)
        self.turns[place] = (*self.turns.get(place, ()), turn)
        self._labd.emit("said", {"person": one.name, "refusal": None}, asked.lab)
        return k.Said(turn)
