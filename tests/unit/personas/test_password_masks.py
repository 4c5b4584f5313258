"""Passwords in a conversation: kept for the lab, masked for whoever reads it later."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.model.turns import PersonaAct, Turn
from orchestrator.personas.conversation_file import line_of, transcript, turns_in, without_passwords
from orchestrator.personas.password_masks import masked, passwords_of, with_acts_masked
from tests.unit.personas.conftest import PERSONA, Talk

if TYPE_CHECKING:
    from orchestrator.core.language import Language
    from tests.unit.personas.conftest import FakeHands

pytestmark = pytest.mark.slow

TOLD, OWN = "Sapin-4417", "Bavomi-Teruka47"
TAKES = PERSONA.replace(
    "answers:\n",
    "answers:\n"
    "  - to: [tell_password]\n"
    '    restates: {fr: "J\'essaie {command} ?", en: "I try {command}?"}\n'
    '    acts: [{types: {text: "passwd {command}"}}]\n'
    '    says: {fr: "Changé : {seen}", en: "Changed: {seen}"}\n',
    1,
)


def act(what: str, output: str = "") -> PersonaAct:
    return PersonaAct("2026-11-30T10:00:00.000Z", "types", "pc1", what, 0, output)


@pytest.mark.parametrize(
    ("language", "said", "shown"),
    [
        ("en", f'Your temporary password is "{TOLD}".', 'Your temporary password is "•••• (password)".'),
        ("en", f"Your new password: {TOLD}", "Your new password: •••• (password)"),
        (
            "fr",
            f"Votre mot de passe provisoire est « {TOLD} ».",
            "Votre mot de passe provisoire est « •••• (mot de passe) ».",
        ),
        ("fr", "votre nouveau mdp : X", "votre nouveau mdp : •••• (mot de passe)"),
    ],
)
def test_what_is_told_is_masked(talk: Talk, language: Language, said: str, shown: str) -> None:
    turn = talk.say(said, language)
    assert turn.said == said, "the lab's own conversation has it"
    assert masked(turn).said == shown
    assert masked(masked(turn)) == masked(turn)


def test_it_stays_masked_in_what_comes_of_it(hands: FakeHands) -> None:
    hands.output = f"for anne: {TOLD} -> {OWN}"
    talk = Talk(hands, TAKES, passwords=(OWN, "Never-Said12"))
    talk.say("What is the problem?")
    told = talk.say(f'Your temporary password is "{TOLD}".')
    assert (told.reply, told.wanted) == (f"I try {TOLD}?", {"command": TOLD, "number": "4417"})
    assert masked(told).wanted == {"command": "•••• (password)", "number": "•••• (password)"}
    done = talk.say("Yes")
    assert done.secrets == (OWN, TOLD)
    assert [turn.secrets for turn in talk.begun] == [()], "what is said is a yes"
    file = "".join(map(line_of, [*talk.begun, *talk.turns])).encode()
    assert TOLD.encode() in file
    given = without_passwords(file)
    read = transcript(turns_in(file), {}, "Candidate", "en")
    for text in (given.decode(), read):
        assert TOLD not in text
        assert OWN not in text
        assert "••••" in text
    assert [json.loads(line)["persona"] for line in given.splitlines()] == ["anne"] * 4
    assert turns_in(given)[-1].intents == ("yes",)


def test_who_talks_hears_it_and_does_not_see_it_typed() -> None:
    turn = Turn("anne", "", "en", "Yes", reply=f"I have {OWN} now.", acts=(act(f"passwd '{OWN}'"),), secrets=(OWN,))
    assert with_acts_masked(turn).reply == turn.reply
    assert with_acts_masked(turn).acts[0].what == "passwd '•••• (password)'"


@pytest.mark.parametrize(
    ("what", "secret", "shown"),
    [
        ("ldapwhoami -wSapin-4417", TOLD, "ldapwhoami -w•••• (password)"),
        ("…in-4417 -s x", TOLD, "…•••• (password) -s x"),
        ("passwd 'it'\"'\"'s1234'", "it's1234", "passwd '•••• (password)'"),
        ("X and eXample", "X", "•••• (password) and eXample"),
        ("nothing of it", TOLD, "nothing of it"),
    ],
)
def test_shapes(what: str, secret: str, shown: str) -> None:
    turn = Turn("anne", "", "en", "Yes", acts=(act(what),), secrets=(secret,))
    assert masked(turn).acts[0].what == shown


def test_what_is_dictated_otherwise_is_no_password(talk: Talk) -> None:
    turn = talk.say('Type "ip addr"')
    assert (turn.slots["command"], turn.secrets) == ("ip addr", ())
    assert passwords_of(replace(turn, said="What is your password?"), (OWN,)) == ()
