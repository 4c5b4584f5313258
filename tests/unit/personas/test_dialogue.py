"""The state machine: what is said is answered by what holds; acts wait for a yes; patience ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.model.turns import facts_of
from orchestrator.personas.dialogue import LOST, read_aloud, state_of
from orchestrator.personas.examples import acted_upon
from tests.unit.personas.conftest import PERSONA, Talk, persona

if TYPE_CHECKING:
    from tests.unit.personas.conftest import FakeHands


def test_the_first_answer_that_fits_is_given(talk: Talk) -> None:
    assert talk.say("Since when?").reply == "Since when what?"
    assert talk.say("What is the problem?").sets == ("told",)
    assert talk.say("Since when?").reply.startswith("Since this morning.")
    assert talk.say("depuis quand ?", "fr").reply.startswith("Depuis ce matin.")


def test_an_intent_of_its_own_is_understood(talk: Talk) -> None:
    assert talk.say("Does your keyboard answer?").reply == "The keyboard is fine."


def test_what_has_no_answer_is_not_known(talk: Talk) -> None:
    turn = talk.say("Is anyone else affected?")
    assert (turn.intents, turn.reply) == (("ask_scope",), "That I don't know, I'm afraid.")


def test_what_is_not_understood_does_nothing(talk: Talk, hands: FakeHands) -> None:
    turn = talk.say("The moon is made of green cheese and elephants")
    assert turn.intents == ()
    assert "didn't understand" in turn.reply
    assert hands.done == []
    assert not turn.sets


@pytest.mark.parametrize("agreed", ["yes", "Yes, go ahead.", "Unplug the network cable!"])
def test_an_act_is_restated_and_waits_for_a_yes_or_a_repetition(talk: Talk, hands: FakeHands, agreed: str) -> None:
    turn = talk.say("Can you unplug the cable?")
    assert (turn.reply, turn.pending, hands.done) == ("I unplug it?", "ask_unplug", [])
    turn = talk.say(agreed)
    assert (turn.reply, turn.pending, hands.done) == ("It is back in.", "", ["cable", "cable"])
    assert turn.confirms
    assert acted_upon(talk.turns) == ("ask_unplug",)
    assert [one.begun for one in talk.begun] == [True]


def test_a_no_drops_it(talk: Talk, hands: FakeHands) -> None:
    talk.say("Can you unplug the cable?")
    turn = talk.say("No, not now.")
    assert (turn.reply, turn.pending) == ("All right, no.", "")
    assert talk.say("Yes").reply == "Okay. And what should I do?"
    assert hands.done == []


def test_another_question_drops_it_and_a_wish_to_hear_it_again_does_not(talk: Talk, hands: FakeHands) -> None:
    talk.say("Can you unplug the cable?")
    turn = talk.say("Could you repeat that?")
    assert (turn.reply, turn.pending) == ("I unplug it?", "ask_unplug")
    assert talk.say("What is the problem?").pending == ""
    talk.say("Yes")
    assert hands.done == []


def test_what_really_came_is_read_aloud(talk: Talk, hands: FakeHands) -> None:
    hands.status, hands.output = 1, "\x1b[31mcurl: (6) no host\x1b[0m\n"
    turn = talk.say("Try again now")
    assert turn.reply == "No: \\u001b[31mcurl: (6) no host\\u001b[0m"
    assert not turn.sets
    hands.status = 0
    turn = talk.say("Try again now")
    assert (turn.reply, turn.sets) == ("It works!", ("works", "confirmed"))


def test_what_is_dictated_is_typed(talk: Talk, hands: FakeHands) -> None:
    assert "What exactly do I type?" in talk.say("Please type the following command").reply
    turn = talk.say('Type "ping -c1 srv1" please')
    assert turn.reply == "I type ping -c1 srv1?"
    hands.output = "1 received"
    assert talk.say("yes").reply == "It says: 1 received"
    assert hands.done == ["types ping -c1 srv1"]


def test_an_act_that_fails_is_told(hands: FakeHands) -> None:
    talk = Talk(hands)
    talk.say("Unplug the cable")
    hands.status, hands.output = 1, "broken"
    turn = talk.say("yes")
    assert "didn't work" in turn.reply
    assert "broken" in turn.reply
    assert hands.done == ["cable"], "what comes after it is not tried"


def test_rudeness_ends_it_and_who_is_called_again_remembers(talk: Talk) -> None:
    assert talk.say("You are useless.").patience == 1
    turn = talk.say("This is your own fault!")
    assert (turn.patience, turn.ended, turn.sets) == (0, True, (LOST,))
    turn = talk.say("What is the problem?")
    assert turn.reply.startswith("Yes, hello?")
    assert not turn.ended
    assert LOST in facts_of(talk.turns)


def test_who_stays_does_nothing_any_more(hands: FakeHands) -> None:
    talk = Talk(hands, PERSONA.replace("costs: {rude: 2}", "costs: {rude: 3}, then: stays"))
    assert not talk.say("You are useless.").ended
    assert "not touching anything" in talk.say("Unplug the cable").reply
    talk.say("yes")
    assert hands.done == []
    assert talk.say("What is the problem?").reply.startswith("Nothing works.")


def test_a_question_that_was_answered_costs_patience(talk: Talk) -> None:
    before = talk.say("What is the problem?").patience
    assert talk.say("What is the problem?").patience == before - 1


def test_several_things_are_answered_in_their_order(talk: Talk) -> None:
    turn = talk.say("Hello, this is the service desk. What is the problem?")
    assert turn.intents[-2:] == ("introduce", "ask_problem")
    assert turn.reply.endswith("Nothing works.")


def test_goodbye_ends_it(talk: Talk) -> None:
    assert talk.say("Thank you, goodbye.").ended


def test_somebody_of_one_language_answers_in_that_one(hands: FakeHands) -> None:
    talk = Talk(hands, PERSONA.replace("host: pc1", "host: pc1\nlanguage: en"))
    assert talk.say("Quel est votre problème ?", "fr").reply == "I'm sorry, I only speak English."
    assert talk.say("What is the problem?", "fr").reply == "Nothing works."


def test_the_state_is_what_the_turns_come_to(talk: Talk, hands: FakeHands) -> None:
    talk.say("What is the problem?")
    talk.say("Unplug the cable")
    before = state_of(persona(), talk.turns)
    talk.anew()
    assert state_of(persona(), talk.turns) == before
    assert before.pending == "ask_unplug"
    assert talk.say("yes").reply == "It is back in."
    assert hands.done == ["cable", "cable"]


def test_what_was_only_begun_counts_for_nothing(talk: Talk, hands: FakeHands) -> None:
    talk.say("Unplug the cable")
    talk.say("yes")
    interrupted = [talk.turns[0], *talk.begun]
    assert state_of(persona(), interrupted) == state_of(persona(), talk.turns[:1])
    assert hands.done


def test_the_menu_has_what_can_be_said_now(talk: Talk) -> None:
    names = [entry.intent for entry in talk.dialogue.menu([], "en")]
    assert {"ask_problem", "ask_keyboard", "ask_unplug", "goodbye"} <= set(names)
    assert "yes" not in names
    talk.say("Unplug the cable")
    entries = talk.dialogue.menu(talk.turns, "en")
    assert [entry.intent for entry in entries[:2]] == ["yes", "no"]
    assert all(1 <= len(entry.phrases) <= 2 for entry in entries)
    for language in ("fr", "en"):
        for entry in talk.dialogue.menu([], language):
            for phrase in entry.phrases:
                assert entry.intent in talk.dialogue.understood(phrase, language), phrase


def test_a_long_output_is_shortened_from_its_end() -> None:
    shown = read_aloud("\n".join(f"line {number}" for number in range(500)))
    assert shown.endswith("line 499")
    assert len(shown.splitlines()) == 12
    assert len(read_aloud("x" * 5000)) < 700
