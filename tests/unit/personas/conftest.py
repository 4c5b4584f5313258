"""A user of a workstation, and hands that do nothing but remember."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from textwrap import dedent

import pytest

from orchestrator.loader.model_validation import validate
from orchestrator.loader.yaml_source import parse_yaml
from orchestrator.model.persona import ActStep, PersonaDocument, PersonaLook, PlannedPersona
from orchestrator.model.turns import PersonaAct, Turn
from orchestrator.personas.dialogue import Dialogue, Done

PERSONA = dedent(
    """\
    contract: 1
    full: Anne Faure
    login: afaure
    role: {fr: comptable, en: accountant}
    host: pc1
    opens: {fr: "Allô ?", en: "Hello?"}
    facts:
      told: {fr: raconté, en: told}
      works: {fr: marche, en: works}
    intents:
      ask_keyboard:
        wants: {fr: demander si le clavier marche, en: ask whether the keyboard works}
        fr: [est-ce que le clavier répond, les touches du clavier]
        en: [does the keyboard answer, the keys of the keyboard]
    answers:
      - to: [ask_problem]
        says: {fr: "Rien ne marche.", en: "Nothing works."}
        sets: [told]
      - to: [ask_keyboard]
        says: {fr: "Le clavier va bien.", en: "The keyboard is fine."}
      - to: [ask_since]
        requires: [told]
        says: {fr: "Depuis ce matin.", en: "Since this morning."}
      - to: [ask_since]
        says: {fr: "Depuis quand quoi ?", en: "Since when what?"}
      - to: [ask_proof]
        says: {fr: "4127.", en: "4127."}
        sets: [identity]
      - to: [ask_unplug]
        restates: {fr: "Je débranche ?", en: "I unplug it?"}
        acts: [{cable: {interface: eth0, plug: false}}, {cable: {interface: eth0, plug: true}}]
        says: {fr: "Rebranché.", en: "It is back in."}
        declined: {fr: "Bon, non.", en: "All right, no."}
      - to: [ask_type]
        restates: {fr: "Je tape {command} ?", en: "I type {command}?"}
        acts: [{types: {}}]
        says: {fr: "Je lis : {seen}", en: "It says: {seen}"}
      - to: [ask_retry]
        looks: {run: [curl, intranet], fails: false, within: 0}
        sets: [works, confirmed]
        says: {fr: "Ça marche !", en: "It works!"}
        otherwise: {says: {fr: "Non : {seen}", en: "No: {seen}"}}
    patience: {holds: 3, costs: {rude: 2}}
    dialogues: []
    """
)


def persona(text: str = PERSONA) -> PlannedPersona:
    document, problems = validate(parse_yaml(text, "persona.yaml"), PersonaDocument)
    assert document is not None, problems
    assert not problems
    return PlannedPersona("anne", document.full or "", document.login or "", document)


@dataclass
class FakeHands:
    """Remembers what was done; what comes of it is told beforehand."""

    status: int = 0
    output: str = ""
    done: list[str] = field(default_factory=list)

    def act(self, step: ActStep, persona: PlannedPersona, command: str) -> tuple[PersonaAct, Done]:
        kind = next(name for name in ("cable", "shell", "reboot", "types") if getattr(step, name) is not None)
        self.done.append(f"{kind} {command}".strip())
        return self._did(kind, persona)

    def look(self, look: PersonaLook, persona: PlannedPersona) -> tuple[PersonaAct, Done]:
        self.done.append(f"looks {' '.join(look.run)}")
        return self._did("looks", persona)

    def _did(self, kind: str, persona: PlannedPersona) -> tuple[PersonaAct, Done]:
        host = persona.document.host or ""
        act = PersonaAct("2026-11-30T10:00:00.000Z", kind, host, "", self.status, self.output)  # type: ignore[arg-type]
        return act, Done(self.status, self.output)


class Talk:
    """A conversation with somebody, whose clock goes on a second each time."""

    def __init__(self, hands: FakeHands, text: str = PERSONA, passwords: tuple[str, ...] = ()) -> None:
        self.hands = hands
        self.turns: list[Turn] = []
        self.begun: list[Turn] = []
        self._now = datetime(2026, 11, 30, 10, tzinfo=UTC)
        self.text = text
        self.passwords = passwords
        self.anew()

    def anew(self) -> None:
        """Another program takes it up: nothing but the turns is left."""
        self.dialogue = Dialogue(
            persona(self.text),
            self.hands,
            hosts=["pc1", "srv1"],
            names=["Anne Faure", "Anne", "Faure"],
            passwords=self.passwords,
            now=self._tick,
        )

    def _tick(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now

    def say(self, said: str, language: str = "en") -> Turn:
        turn = self.dialogue.hear(said, self.turns, language, self.begun.append)  # type: ignore[arg-type]
        self.turns.append(turn)
        return turn


@pytest.fixture
def hands() -> FakeHands:
    return FakeHands()


@pytest.fixture
def talk(hands: FakeHands) -> Talk:
    return Talk(hands)
