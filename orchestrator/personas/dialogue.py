"""One conversation: a technician says something, and what comes of it is worked out from all that was said before.

Nothing but the turns is remembered: facts, patience, what waits for a "yes" are what they come to. Whatever is done in
the lab is done by ``Hands``, so that the same state machine runs in a proof and in a test without machines.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, NamedTuple, Protocol

from orchestrator.core.control_characters import visible
from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.model.persona import ActStep, PersonaAnswer, PersonaLook, PlannedPersona
from orchestrator.model.turns import PersonaAct, Turn, facts_of
from orchestrator.personas import temper_words
from orchestrator.personas.password_masks import passwords_of
from orchestrator.personas.recognition import Recognizer, chief, recognizer_of
from orchestrator.personas.slots import slots_of, to_complete

LOST: Final = "patience_lost"
"""The fact that somebody's patience is gone."""
_RUDE_COSTS: Final = 2
_SHOWN: Final = 600
"""Characters of what was seen that are read aloud."""
_SHOWN_LINES: Final = 12
_MOST_SAID: Final = 1000
"""Characters of what is typed in one turn."""
_MOST_INTENTS: Final = 3
"""Things in one turn that are answered."""
_MENU: Final = 2
"""Phrases of the menu for each thing that can be said."""

_REPEATABLE: Final = frozenset(
    {"greet", "introduce", "yes", "no", "repeat", "thank", "apologise", "goodbye", "ask_wait"}
)
_REPEATABLE_ACTS: Final = frozenset({"ask_retry", "ask_screen", "ask_error", "ask_type", "ask_light", "ask_confirm"})
"""What may be asked again without anybody's minding."""


class Done(NamedTuple):
    """What came of something in the lab: its status (0: done) and what it printed."""

    status: int
    output: str


class Hands(Protocol):
    """Does in the lab what a persona does."""

    def act(self, step: ActStep, persona: PlannedPersona, command: str) -> tuple[PersonaAct, Done]:
        """Do something.

        Raises:
            LabError: it could not even be begun.
        """

    def look(self, look: PersonaLook, persona: PlannedPersona) -> tuple[PersonaAct, Done]:
        """Look at something.

        Raises:
            LabError: it could not even be begun.
        """


@dataclass(frozen=True)
class DialogueState:
    """What the turns with one persona come to.

    Attributes:
        facts: what holds.
        patience: how much is left.
        pending: the intent that waits for a "yes", or nothing.
        wanted: the slots of it.
        asked: what was asked before.
        last: the last answer.
        ended: whether the persona has hung up, or was said goodbye.
        begun: whether anything was said.
    """

    facts: frozenset[str]
    patience: int
    pending: str = ""
    wanted: Mapping[str, str] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    last: str = ""
    ended: bool = False
    begun: bool = False


def state_of(persona: PlannedPersona, turns: Sequence[Turn]) -> DialogueState:
    """Return what the turns with a persona come to; those that were only begun count for nothing."""
    said = [turn for turn in turns if not turn.begun]
    if not said:
        return DialogueState(frozenset(), persona.document.patience.holds)
    last = said[-1]
    return DialogueState(
        facts=frozenset(facts_of(said)),
        patience=last.patience,
        pending=last.pending,
        wanted=last.wanted,
        asked=frozenset(intent for turn in said if turn.reply for intent in turn.intents),
        last=next((turn.reply for turn in reversed(said) if turn.reply and "repeat" not in turn.intents), ""),
        ended=last.ended,
        begun=True,
    )


class MenuEntry(NamedTuple):
    """One thing that can be said now: an intent, and phrases for it."""

    intent: str
    phrases: tuple[str, ...]


class Dialogue:
    """The state machine of one persona.

    Attributes:
        persona: who answers.
        temper: what people of their temper say.
        hands: does what they do in the lab.
    """

    def __init__(
        self,
        persona: PlannedPersona,
        hands: Hands,
        *,
        hosts: Collection[str],
        names: Collection[str] = (),
        passwords: Collection[str] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take the persona.

        Args:
            persona: who answers.
            hands: does what they do in the lab.
            hosts: the names of the lab's hosts.
            names: the names of the scenario's people.
            passwords: those that the variant has drawn.
            now: tells the time.
        """
        self.persona = persona
        self.temper = temper_words.TEMPERS[persona.document.temper]
        self.hands = hands
        self._document = persona.document
        self._hosts = tuple(hosts)
        self._names = tuple(names)
        self._passwords = tuple(passwords)
        self._now = now

    def language(self, asked: Language) -> Language:
        """Return the language in which the persona speaks with somebody."""
        return self._document.language or asked

    def opening(self, asked: Language) -> str:
        """Return what the persona says first."""
        return self._document.opens.in_(self.language(asked)).strip()

    def menu(self, turns: Sequence[Turn], asked: Language) -> tuple[MenuEntry, ...]:
        """Return what can be said now, a few phrases for each thing."""
        language, state = self.language(asked), state_of(self.persona, turns)
        intents = self._knows(language).intents
        names = ["yes", "no"] if state.pending else []
        names += [name for answer in self._document.answers if self._holds(answer, state.facts) for name in answer.to]
        names += ["greet", "introduce", "ask_problem", "explain", "goodbye"]
        return tuple(
            MenuEntry(name, tuple(map(to_complete, intents[name].phrases[:_MENU])))
            for name in dict.fromkeys(names)
            if name in intents
        )

    def understood(self, said: str, language: Language) -> tuple[str, ...]:
        """Return the intents of a sentence in a language."""
        return self._knows(language).understood(said, self._hosts, self._names)[:_MOST_INTENTS]

    def hear(
        self, said: str, turns: Sequence[Turn], asked: Language, begin: Callable[[Turn], None] = lambda _: None
    ) -> Turn:
        """Return what comes of something that is said.

        Args:
            said: what was typed.
            turns: all turns with this persona before.
            asked: the language of who types.
            begin: is told, before anything is done in the lab, what will be.
        """
        state = state_of(self.persona, turns)
        language = self.language(asked)
        said = visible(" ".join(said.split()))[:_MOST_SAID]
        reborn = state.ended
        if reborn:
            full = self._document.patience.holds
            state = replace(state, ended=False, pending="", patience=max(1, state.patience) if state.patience else 1)
            state = replace(state, patience=full) if LOST not in state.facts else state
        intents = self.understood(said, language)
        spoken: list[str] = [temper_words.CALLED_AGAIN.in_(language)] if reborn else []
        turn = Turn(
            persona=self.persona.name,
            at=self._stamp(),
            language=language,
            said=said,
            intents=intents,
            slots=slots_of(said, self._hosts, self._names),
            patience=state.patience,
        )
        known = (*self._passwords, *(secret for earlier in turns for secret in earlier.secrets))
        turn = replace(turn, secrets=passwords_of(turn, known))
        if not intents:
            turn = self._not_understood(turn, state, spoken)
        else:
            turn = _Hearing(self, turn, state, spoken, begin).run()
        return replace(turn, secrets=passwords_of(turn, known))

    def _not_understood(self, turn: Turn, state: DialogueState, spoken: list[str]) -> Turn:
        other: Language = "en" if turn.language == "fr" else "fr"
        cost = self._document.patience.not_understood
        if self._document.language is not None and self.understood(turn.said, other):
            spoken.append(temper_words.OTHER_LANGUAGE.in_(turn.language))
            cost = 0
        else:
            words = self._document.words.not_understood or self.temper.not_understood
            spoken.append(words.in_(turn.language))
        turn = replace(turn, pending=state.pending, wanted=state.wanted)
        return self.with_patience(turn, spoken, cost)

    def with_patience(self, turn: Turn, spoken: list[str], cost: int) -> Turn:
        """Return a turn with its answer, and what is left of the persona's patience after it."""
        patience, language = self._document.patience, turn.language
        left = max(0, turn.patience - cost)
        turn = replace(turn, patience=left)
        if cost and left == 0:
            spoken.append((patience.lost or self.temper.lost).in_(language))
            hangs_up = patience.then == "hangs_up"
            turn = replace(turn, sets=(*turn.sets, LOST), ended=turn.ended or hangs_up, pending="", wanted={})
        elif cost and left == 1:
            spoken.append((patience.warns or self.temper.warns).in_(language))
        return replace(turn, reply=" ".join(part.strip() for part in spoken if part.strip()))

    def _knows(self, language: Language) -> Recognizer:
        return recognizer_of(self.persona, language)

    def _stamp(self) -> str:
        return self._now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    @staticmethod
    def _holds(answer: PersonaAnswer, facts: Collection[str]) -> bool:
        return all(name in facts for name in answer.requires) and not any(name in facts for name in answer.unless)

    def answer_to(self, intent: str, facts: Collection[str]) -> PersonaAnswer | None:
        """Return the answer that is given to an intent while facts hold."""
        return next((one for one in self._document.answers if intent in one.to and self._holds(one, facts)), None)


class _Hearing:
    """Works out one turn."""

    def __init__(
        self,
        dialogue: Dialogue,
        turn: Turn,
        state: DialogueState,
        spoken: list[str],
        begin: Callable[[Turn], None],
    ) -> None:
        self._dialogue = dialogue
        self._document = dialogue.persona.document
        self._turn = turn
        self._state = state
        self._facts = set(state.facts)
        self._spoken = spoken
        self._begin = begin
        self._cost = 0
        self._language = turn.language
        self._temper = dialogue.temper

    def run(self) -> Turn:
        """Return the turn with all that came of it."""
        intents = list(self._turn.intents)
        if self._state.pending:
            intents = self._decided(intents)
        chiefly = chief(intents)
        alone = [name for name in intents if name == chiefly or name not in {"greet", "thank", "apologise"}]
        for name in alone:
            self._meet(name)
            if self._turn.pending or self._turn.ended:
                break
        return self._dialogue.with_patience(self._turn, self._spoken, self._cost)

    def _decided(self, intents: list[str]) -> list[str]:
        """Act on what was restated, or drop it; return what else was said."""
        pending = self._state.pending
        again = pending in intents and "no" not in intents
        if again or ("yes" in intents and "no" not in intents):
            answer = self._dialogue.answer_to(pending, self._facts)
            slots = {**self._state.wanted, **(self._turn.slots if again else {})}
            self._turn = replace(self._turn, confirms=True)
            if answer is not None:
                self._do(answer, slots)
            return [name for name in intents if name not in {"yes", pending}]
        if "no" in intents:
            answer = self._dialogue.answer_to(pending, self._facts)
            words = (answer and answer.declined) or self._document.words.declined or self._temper.declined
            self._say(words)
            return [name for name in intents if name != "no"]
        if set(intents) <= {"repeat", "ask_wait", "greet", "thank", "apologise"}:  # it still waits
            self._turn = replace(self._turn, pending=pending, wanted=self._state.wanted)
            if "repeat" in intents:
                self._spoken.append(self._state.last)
                return []
        return intents

    def _meet(self, intent: str) -> None:
        """Answer one thing."""
        self._cost += self._costs(intent)
        answer = self._dialogue.answer_to(intent, self._facts)
        if answer is None:
            self._say(self._usual(intent))
            if intent == "goodbye":
                self._turn = replace(self._turn, ended=True)
            return
        self._cost += answer.costs
        if not answer.acts:
            self._do(answer, self._turn.slots)
        elif LOST in self._facts and self._document.patience.then == "stays":
            self._say(temper_words.REFUSES)
        elif _dictated(answer) and "command" not in self._turn.slots:
            self._say(temper_words.WHAT_TO_TYPE)
        elif answer.restates is None:
            self._do(answer, self._turn.slots)
        else:
            self._spoken.append(_filled(answer.restates.in_(self._language), self._turn.slots))
            self._turn = replace(self._turn, pending=intent, wanted=self._turn.slots)

    def _costs(self, intent: str) -> int:
        patience = self._document.patience
        stated = patience.costs.get(intent, _RUDE_COSTS if intent == "rude" else 0)
        free = intent in _REPEATABLE or intent in _REPEATABLE_ACTS or intent == "rude"
        return stated + (patience.repeated if intent in self._state.asked and not free else 0)

    def _usual(self, intent: str) -> Text:
        """Return what is said where the persona has no answer."""
        words = self._document.words
        if intent == "greet":
            return self._temper.greets
        if intent == "rude":
            return self._temper.rude
        if intent in {"yes", "no"}:
            return words.nothing_asked or self._temper.nothing_asked
        if intent == "repeat" and self._state.last:
            return Text(fr=self._state.last, en=self._state.last)
        return temper_words.COMMON.get(intent) or words.not_known or self._temper.not_known

    def _do(self, answer: PersonaAnswer, slots: Mapping[str, str]) -> None:
        """Act, look and answer, by what really came of it."""
        if answer.acts:
            self._begin(replace(self._turn, begun=True))
        persona, hands = self._dialogue.persona, self._dialogue.hands
        seen, well = "", True
        for step in answer.acts:
            act, done = hands.act(step, persona, slots.get("command", ""))
            self._keep(act)
            seen, well = done.output or seen, done.status == 0
            if not well and step.types is None:  # what is typed may fail: that is what is read aloud
                break
            well = True
        failed = not well
        if answer.looks is not None and not failed:
            act, done = hands.look(answer.looks, persona)
            self._keep(act)
            seen, well = done.output, answer.looks.is_met(done.status, done.output)
        shown = {**slots, "seen": read_aloud(seen) or temper_words.NOTHING_SEEN.in_(self._language)}
        if well:
            self._change(answer.sets, answer.clears)
            self._spoken.append(_filled(answer.says.in_(self._language), shown))
        elif answer.otherwise is not None:
            self._change(answer.otherwise.sets, answer.otherwise.clears)
            self._spoken.append(_filled(answer.otherwise.says.in_(self._language), shown))
        elif failed:
            words = self._document.words.failed or temper_words.FAILED
            self._spoken.append(_filled(words.in_(self._language), shown))
        else:
            self._spoken.append(_filled(answer.says.in_(self._language), shown))
        if answer.ends:
            self._turn = replace(self._turn, ended=True)

    def _keep(self, act: PersonaAct) -> None:
        self._turn = replace(self._turn, acts=(*self._turn.acts, act))

    def _change(self, sets: Sequence[str], clears: Sequence[str]) -> None:
        self._facts = (self._facts - set(clears)) | set(sets)
        self._turn = replace(
            self._turn,
            sets=tuple(dict.fromkeys((*self._turn.sets, *sets))),
            clears=tuple(dict.fromkeys((*self._turn.clears, *clears))),
        )

    def _say(self, text: Text) -> None:
        self._spoken.append(text.in_(self._language))


def _dictated(answer: PersonaAnswer) -> bool:
    """Return whether what is typed is what the technician says."""
    return any(step.types is not None and "{command}" in (step.types.text or "{command}") for step in answer.acts)


def read_aloud(output: str) -> str:
    """Return what somebody reads aloud of an output: its end, without controls, on one line."""
    lines = [" ".join(line.split()) for line in visible(output).splitlines()]
    kept = [line for line in lines if line]
    text = "\n".join(kept[-_SHOWN_LINES:])
    return text if len(text) <= _SHOWN else f"…{text[-_SHOWN:]}"


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with what stands for ``{seen}``, ``{command}`` and the like; braces of other words stay."""
    for name in ("host", "address", "command", "name", "number", "seen"):
        text = text.replace(f"{{{name}}}", values.get(name, "…"))
    return text
