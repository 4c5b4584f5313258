"""Talk with the people of a lab: who is there, what was said, what came of what is said now. Called from threads."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.labd.lab_desk import FoundLab, LabDesk
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.talk_contract import ConversationView, PhrasesFor, Say, TurnView
from orchestrator.labd.told_refusals import refused
from orchestrator.labd.trainee_view import person_view, turns_of
from orchestrator.labs import Labs, Running
from orchestrator.model.persona import PlannedPersona
from orchestrator.model.plan import Plan
from orchestrator.model.turns import Turn, with_
from orchestrator.records import attempts
from orchestrator.records.database import Transaction
from orchestrator.records.models import Attempt

_log = logging.getLogger(__name__)


class LabTalk:
    """Talks for a lab's trainee, and reads what was said."""

    def __init__(self, desk: LabDesk) -> None:
        """Take what finds labs."""
        self._desk = desk

    def conversation(self, found: FoundLab, name: str, *, words: bool) -> ConversationView:
        """Return what was said with somebody, the passwords in it for who talks (``words``).

        Raises:
            RefusedCallError: there is nobody of that name, or the lab is not running.
        """
        running, person = self.person(found, name)
        turns = self._desk.parts.labs().conversations.turns(running.instance.name, person)
        return conversation_with(person, turns, words=words)

    def phrases(self, found: FoundLab, asked: PhrasesFor) -> tuple[str, ...]:
        """Return what can be said to somebody now.

        Raises:
            RefusedCallError: there is nobody of that name, or the lab is not running.
        """
        running, person = self.person(found, asked.person)
        return phrases_for(self._desk.parts.labs(), running, person, asked.language)

    def say(self, found: FoundLab, asked: Say) -> TurnView:
        """Say something, and return what came of it.

        Raises:
            RefusedCallError: there is nobody of that name, or the lab is not running.
            BreakfixError: something could not even be begun, or another program is at work on the lab.
        """
        running, person = self.person(found, asked.person)
        labs = self._desk.parts.labs()
        first = not labs.conversations.turns(running.instance.name)
        turn = labs.conversations.say(running, person.name, asked.text, asked.language)
        if first:
            trouble = self._desk.parts.practice_of(found.owner, found.owner).handed_in(running, "talk")
            if trouble is not None:
                _log.warning("not recorded: %s", trouble.text.en)
        return turns_of((turn,), person, words=True)[0]

    def person(self, found: FoundLab, name: str) -> tuple[Running, PlannedPersona]:
        """Return a lab with somebody of it.

        Raises:
            RefusedCallError: there is nobody of that name, or the lab is not running.
        """
        running = self._desk.running(found)
        if name not in running.plan.personas:
            raise nobody()
        return running, running.plan.personas[name]


def talks_of(plan: Plan, turns: Iterable[Turn]) -> tuple[ConversationView, ...]:
    """Return the conversations in which something was said, without the passwords."""
    kept = tuple(turns)
    found = (conversation_with(person, with_(name, kept), words=False) for name, person in plan.personas.items())
    return tuple(one for one in found if one.turns)


def talks_of_attempt(labs: Labs, reading: Transaction, attempt: Attempt) -> tuple[ConversationView, ...]:
    """Return what was said during an attempt; nothing where another has followed in its lab: it is with that one.

    Raises:
        BreakfixError: its scenario is gone, or has a mistake by now.
    """
    last = attempts.latest(reading, attempt.instance)
    turns = labs.conversations.turns(attempt.instance) if last is not None and last.id == attempt.id else ()
    return talks_of(labs.plans.preview(attempt.scenario, int(attempt.seed)), turns) if turns else ()


def phrases_for(labs: Labs, running: Running, person: PlannedPersona, language: Language) -> tuple[str, ...]:
    """Return what can be said to somebody now, as sentences begin."""
    entries = labs.conversations.menu(running, person, language)
    phrases = (phrase[:1].upper() + phrase[1:] for entry in entries for phrase in entry.phrases)
    return tuple(dict.fromkeys(phrases))


def conversation_with(
    person: PlannedPersona, turns: Iterable[Turn], *, words: bool, answering: bool = False
) -> ConversationView:
    """Return what was said with somebody, the passwords in it for who talks (``words``)."""
    said = turns_of(turns, person, words=words)
    return ConversationView(person_view(person), person.document.opens, said, answering)


def nobody() -> RefusedCallError:
    """Return what ends a call about somebody who is not in a lab."""
    return refused(
        "missing",
        Text(fr="Ce lab n'a personne de ce nom.", en="This lab has nobody of that name."),
        field="person",
    )
