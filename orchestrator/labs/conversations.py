"""Talking with the people of a lab: each turn is on the disk before anybody hears of it."""

from __future__ import annotations

from collections.abc import Callable

from orchestrator.core.errors import UsageError
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Language, Text
from orchestrator.deliverables.deliverables_store import CONVERSATION, DeliverablesStore
from orchestrator.labs.running_lab import Running
from orchestrator.labs.running_labs import RunningLabs
from orchestrator.model.drawn_person import DrawnPerson
from orchestrator.model.persona import ExampleDialogue, PlannedPersona, TalkStep
from orchestrator.model.plan import Plan
from orchestrator.model.turns import Turn, with_
from orchestrator.personas.conversation_file import line_of, turns_in
from orchestrator.personas.dialogue import Dialogue, MenuEntry
from orchestrator.personas.examples import lead, outcome_strays
from orchestrator.personas.hands import LabHands
from orchestrator.personas.slots import name_parts
from orchestrator.personas.word_forms import folded


class Conversations:
    """What is said to people of running labs, and what they answer and do."""

    def __init__(self, labs: RunningLabs, deliverables: DeliverablesStore) -> None:
        """Take the labs, and where conversations are kept: beside what is handed in."""
        self._labs = labs
        self._deliverables = deliverables

    def people(self, plan: Plan) -> tuple[PlannedPersona, ...]:
        """Return the people of a variant who can be talked to."""
        return tuple(plan.personas.values())

    def person(self, plan: Plan, name: str | None) -> PlannedPersona:
        """Return somebody who can be talked to: by their short name, a first or last name, or the only one.

        Raises:
            UsageError: there is nobody, nobody of that name, or several and no name was given.
        """
        people = plan.personas
        if not people:
            raise UsageError(Text(fr="Ce lab n'a personne à qui parler.", en="This lab has nobody to talk to."))
        listed = ", ".join(f"{one.name} ({one.full})" for one in people.values())
        if name is None and len(people) > 1:
            raise UsageError(
                Text(fr="À qui voulez-vous parler ?", en="Whom do you want to talk to?"),
                Text(fr=f"Nommez l'un d'eux : {listed}", en=f"Name one of them: {listed}"),
            )
        if name is None:
            return next(iter(people.values()))
        if name in people:
            return people[name]
        found = [one for one in people.values() if folded(name) in {folded(one.full), *folded(one.full).split()}]
        if len(found) == 1:
            return found[0]
        unknown = Text(fr=f"Personne ne s'appelle « {name} »", en=f'Nobody is called "{name}"')
        known = (*people, *(one.full for one in people.values()))
        raise UsageError(
            with_suggestion(unknown, name, known),
            Text(fr=f"On peut parler à : {listed}", en=f"You can talk to: {listed}"),
        )

    def turns(self, instance: str, person: PlannedPersona | None = None) -> tuple[Turn, ...]:
        """Return what was said in an instance, also once it is gone: to somebody, or to all."""
        turns = turns_in(self._deliverables.read(instance, CONVERSATION))
        return turns if person is None else with_(person.name, turns)

    def opening(self, person: PlannedPersona, language: Language) -> str:
        """Return what somebody says first when they are called."""
        return person.document.opens.in_(person.document.language or language).strip()

    def menu(self, running: Running, person: PlannedPersona, language: Language) -> tuple[MenuEntry, ...]:
        """Return what can be said to somebody now, a few phrases for each thing."""
        return self._dialogue(running, person).menu(self.turns(running.instance.name, person), language)

    def say(
        self,
        running: Running,
        name: str | None,
        said: str,
        language: Language,
        may: Callable[[], None] = lambda: None,
    ) -> Turn:
        """Say something to somebody, and return what came of it: understood, answered, done in the lab.

        Args:
            running: the instance.
            name: whom, as ``person`` finds them.
            said: what is said.
            language: the language of who says it; somebody who speaks one only answers in that one.
            may: raises where it may be said no longer. It is asked once nobody else is at work on the lab, and again
                before anything is done there; what was begun is brought to its end.

        Raises:
            UsageError: there is nobody of that name, or nothing was said; or what ``may`` raises.
            LabError: the lab is not started, something could not even be begun, or another program is at work on it.
            MachineError: the conversation cannot be written.
        """
        person = self.person(running.plan, name)
        if not said.strip():
            raise UsageError(Text(fr="Vous n'avez rien dit.", en="You have not said anything."))
        self._labs.require(running.instance, "started")
        with self._labs.instances.exclusive(running.instance.name, awake=True):
            may()
            return self._say(running, person, said, language, may)

    def play(self, running: Running, person: PlannedPersona, dialogue: ExampleDialogue) -> tuple[Text, ...]:
        """Begin anew with somebody, lead a dialogue of their examples, and return what came out otherwise.

        Raises:
            LabError: something could not even be begun, or another program is at work on the instance.
        """
        with self._labs.instances.exclusive(running.instance.name, awake=True):
            self._deliverables.discard(running.instance.name)
            language = person.document.language or "fr"
            turns, wrong = lead(dialogue.lines, lambda said: self._say(running, person, said, language), (), language)
            return (*wrong, *outcome_strays(dialogue.comes_of, turns))

    def lead_step(self, running: Running, talk: TalkStep) -> tuple[bool, str]:
        """Say what a solution's step says; the instance's lock is held.

        Returns:
            Whether all came out as stated, and what did not, with all that was said.
        """
        person = self.person(running.plan, talk.to)
        language = person.document.language or "fr"
        before = self.turns(running.instance.name, person)
        turns, wrong = lead(talk.lines, lambda said: self._say(running, person, said, language), before, language)
        heard = [f"— {turn.said}\n{person.full} : {turn.reply}" for turn in turns]
        return not wrong, "\n".join([*(text.in_(language) for text in wrong), *heard])

    def _dialogue(self, running: Running, person: PlannedPersona) -> Dialogue:
        plan = running.plan
        people = [value for value in plan.values.values() if isinstance(value, DrawnPerson)]
        return Dialogue(
            person,
            LabHands(lambda: self._labs.driver(running)),
            hosts=[host.name for host in plan.hosts],
            names=name_parts([*(one.full for one in people), *(one.full for one in plan.personas.values())]),
            passwords=plan.passwords,
        )

    def _say(
        self,
        running: Running,
        person: PlannedPersona,
        said: str,
        language: Language,
        may: Callable[[], None] = lambda: None,
    ) -> Turn:
        """Say something; the instance's lock is held."""
        instance = running.instance.name

        def keep(turn: Turn) -> None:
            self._deliverables.add(instance, CONVERSATION, line_of(turn))

        def begin(turn: Turn) -> None:
            may()
            keep(turn)

        turn = self._dialogue(running, person).hear(said, self.turns(instance, person), language, begin)
        keep(turn)
        return turn
