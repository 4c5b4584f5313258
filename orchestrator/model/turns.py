"""What was said between a trainee and somebody of a scenario: plain values, which a grading takes in as well.

A conversation is the list of its turns. Nothing of one is changed later: what holds now follows from all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from orchestrator.core.language import Language

IDENTITY: Final = "identity"
CONSENT: Final = "consent"
CONFIRMED: Final = "confirmed"
COMMON_FACTS: Final[Mapping[str, str]] = {
    IDENTITY: "who they are was proven",
    CONSENT: "they have allowed somebody to see or take over their desktop",
    CONFIRMED: "they have said that all works, and that the ticket may be closed",
}
"""What may have come about in any conversation, and what checks have helpers for."""


@dataclass(frozen=True)
class PersonaAct:
    """Something that a persona did, or looked at, in the lab.

    Attributes:
        at: when it was done, in UTC, ISO 8601.
        kind: ``cable``, ``shell``, ``reboot``, ``types``, or ``looks``.
        host: where.
        what: what was done: a command, a cable.
        status: 0: it was done.
        output: what came of it on the screen, shortened.
    """

    at: str
    kind: Literal["cable", "shell", "reboot", "types", "looks"]
    host: str
    what: str
    status: int = 0
    output: str = ""


@dataclass(frozen=True)
class Turn:
    """One thing that a trainee said, and what came of it.

    Attributes:
        persona: who was spoken to.
        at: when it was said, in UTC, ISO 8601 with milliseconds.
        language: the language of the answer.
        said: what was typed.
        intents: what was understood; none: nothing was.
        reply: what was answered.
        slots: hosts, addresses, commands, names and numbers in what was typed.
        sets: the facts that came about.
        clears: the facts that are over.
        acts: what the persona did, in order.
        pending: the intent that waits for a "yes".
        wanted: the slots of what waits for it.
        patience: how much of it is left.
        ended: whether the persona has hung up, or was said goodbye.
        confirms: whether it was the "yes", or the repetition, to what had been restated.
        secrets: passwords in what was said, answered, done or seen, as they are: they are for the lab's own use, and
            whoever reads the conversation later sees a mask (``personas.password_masks``).
        begun: only that an act was begun: the turn itself follows, unless the program was ended within it.
    """

    persona: str
    at: str
    language: Language
    said: str
    intents: tuple[str, ...] = ()
    reply: str = ""
    slots: Mapping[str, str] = field(default_factory=dict)
    sets: tuple[str, ...] = ()
    clears: tuple[str, ...] = ()
    acts: tuple[PersonaAct, ...] = ()
    pending: str = ""
    wanted: Mapping[str, str] = field(default_factory=dict)
    patience: int = 0
    ended: bool = False
    confirms: bool = False
    secrets: tuple[str, ...] = ()
    begun: bool = False


def with_(persona: str, turns: Iterable[Turn]) -> tuple[Turn, ...]:
    """Return the turns with one persona, in order."""
    return tuple(turn for turn in turns if turn.persona == persona)


def facts_of(turns: Iterable[Turn]) -> dict[str, str]:
    """Return the facts that hold after turns, each with the time since which it does."""
    facts: dict[str, str] = {}
    for turn in turns:
        for name in turn.clears:
            facts.pop(name, None)
        for name in turn.sets:
            facts.setdefault(name, turn.at)
    return facts
