"""Recognizing: paraphrases are understood, nothing is acted upon by mistake, nonsense is not understood."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.loader.yaml_source import read_yaml
from orchestrator.personas.phrase_book import IntentPhrases, Lexicon, common_phrases, read_phrases, spelled_out
from orchestrator.personas.recognition import chief, recognizer
from orchestrator.personas.slots import slots_of, to_complete
from orchestrator.personas.word_forms import distance, folded, stem, words_of

if TYPE_CHECKING:
    from orchestrator.core.language import Language

pytestmark = pytest.mark.slow

PARAPHRASES = Path(__file__).parents[2] / "golden" / "paraphrases"
LANGUAGES: tuple[Language, ...] = ("fr", "en")
WANTED = 0.9
"""The part that must be understood."""
FROZEN = 100
MISTAKEN = 0.2
"""The part of sentences that want nothing which may be taken for a question; none may be acted upon."""
LIKE = 0.1
"""The same, of what merely resembles a question."""


SOCKET = IntentPhrases(
    "ask_socket",
    (
        "which socket does the cable go into",
        "is the cable plugged in",
        "check that the cable is plugged in",
        "what is the number on the socket",
    ),
)
"""Of somebody who is asked where a cable goes."""


def lines_of(name: str) -> list[str]:
    lines = (PARAPHRASES / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and line[0] != "#"]


def stated(name: str) -> list[tuple[str, str]]:
    return [(intent.strip(), said.strip()) for intent, _, said in (line.partition(":") for line in lines_of(name))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_paraphrases_are_understood(language: Language) -> None:
    knows = recognizer(language)
    paraphrases = stated(f"tuned.{language}.txt")
    assert len(paraphrases) >= FROZEN
    assert {intent for intent, _ in paraphrases} == set(common_phrases(language).intents)
    found = [(intent, said, chief(knows.understood(said))) for intent, said in paraphrases]
    missed = [one for one in found if one[0] != one[2]]
    assert len(missed) <= (1 - WANTED) * len(found), missed
    assert [one for one in missed if one[2] is not None and knows.intents[one[2]].acts] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_paraphrases_of_somebody_else_are_understood(language: Language) -> None:
    """They were frozen before the phrases existed; nothing was, or is, tuned on them."""
    knows = recognizer(language)
    stated = read_yaml(PARAPHRASES / f"frozen.{language}.yaml", within=PARAPHRASES).value
    assert set(stated) == set(knows.intents)
    found = [(intent, said, knows.understood(said)) for intent, phrases in stated.items() for said in phrases]
    assert len(found) == FROZEN
    assert sum(chief(names) == intent for intent, _, names in found) >= WANTED * FROZEN
    acted = [(intent, said) for intent, said, names in found for n in names if n != intent and knows.intents[n].acts]
    assert acted == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_wants_nothing_is_never_acted_upon(language: Language) -> None:
    knows = recognizer(language)
    frozen = read_yaml(PARAPHRASES / f"frozen-none.{language}.yaml", within=PARAPHRASES).value
    for said in ([*frozen, *lines_of(f"tuned-none.{language}.txt")], lines_of(f"off-topic.{language}.txt")):
        found = [names for one in said if (names := knows.understood(one))]
        assert [name for names in found for name in names if knows.intents[name].acts] == []
        assert len(said) >= 40
        assert len(found) <= MISTAKEN * len(said), found


@pytest.mark.parametrize("language", LANGUAGES)
def test_rudeness_needs_evidence_of_it(language: Language) -> None:
    """What merely resembles something rude, with nothing nearer, is not understood."""
    knows = recognizer(language)
    said = stated(f"talked.{language}.txt")
    found = [(intent, one, knows.understood(one)) for intent, one in said]
    assert sum(chief(names) == intent for intent, _, names in found) >= 0.95 * len(found), found
    others = [(one, names) for intent, one, names in found if intent != "rude"]
    others += [(one, knows.understood(one)) for one in lines_of(f"talked-none.{language}.txt")]
    assert [one for one, names in others if "rude" in names] == []
    wrong = [(one, n) for intent, one, names in found for n in names if n != intent and knows.intents[n].acts]
    assert wrong == []
    none = [names for one in lines_of(f"talked-none.{language}.txt") if (names := knows.understood(one))]
    assert [name for names in none for name in names if knows.intents[name].acts] == []
    assert len(none) <= LIKE * len(lines_of(f"talked-none.{language}.txt")), none


@pytest.mark.parametrize(
    ("language", "said", "wanted"),
    [
        ("en", "You save it on the stick, don't you?", ()),
        ("en", "It's the blue one, right?", ()),
        ("en", "Right, did the accountant sign it?", ()),
        ("en", "Yes please, could you do that?", ("yes",)),
        ("en", "yes, go ahead, ok?", ("yes",)),
        ("fr", "Vous le gardez sur une clé, non ?", ()),
        ("fr", "C'est la bleue, d'accord ?", ()),
        ("fr", "D'accord, et la comptable l'a signé ?", ()),
        ("fr", "C'est bien fait", ()),
        ("fr", "Non ?", ("no",)),
    ],
)
def test_what_makes_a_question_agrees_to_nothing(language: Language, said: str, wanted: tuple[str, ...]) -> None:
    assert recognizer(language).understood(said) == wanted


@pytest.mark.parametrize(
    ("language", "said", "wanted"),
    [
        ("en", "May I look at your screen?", "ask_consent"),
        ("en", "Please look at your screen", "ask_screen"),
        ("en", "What do you see on your screen?", "ask_screen"),
        ("en", "Do you mind me watching your screen?", "ask_consent"),
        ("fr", "Puis-je regarder votre écran ?", "ask_consent"),
        ("fr", "Regardez votre écran", "ask_screen"),
        ("fr", "Ça ne vous dérange pas si je prends la main ?", "ask_consent"),
        ("fr", "Ça ne vous dérange pas si je fume ?", None),
    ],
)
def test_who_sees_the_screen_makes_the_difference(language: Language, said: str, wanted: str | None) -> None:
    assert chief(recognizer(language).understood(said)) == wanted


def test_the_frozen_half_is_as_it_was_written() -> None:
    for line in (PARAPHRASES / "frozen.sha256").read_text(encoding="utf-8").splitlines():
        digest, name = line.split()
        assert hashlib.sha256((PARAPHRASES / name).read_bytes()).hexdigest() == digest, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_is_understood_as_its_own(language: Language) -> None:
    knows = recognizer(language)
    missed = [
        (intent.name, phrase, found)
        for intent in knows.intents.values()
        for phrase in intent.phrases
        if (found := chief(knows.understood(phrase.replace("Xcommand", '"id"').replace("Xaddress", "10.0.0.1"))))
        not in {intent.name, None}
    ]
    assert missed == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_offered_phrase_shows_no_slot_and_is_understood_unfinished(language: Language) -> None:
    offered = [
        (name, to_complete(phrase))
        for name, intent in common_phrases(language).intents.items()
        for phrase in intent.phrases[:2]
    ]
    knows = recognizer(language)
    assert not [phrase for _, phrase in offered if "Xpassword" in phrase]
    assert not [(name, phrase) for name, phrase in offered if "…" in phrase and name not in knows.understood(phrase)]


def test_both_languages_know_the_same_intents() -> None:
    french, english = (common_phrases(language).intents for language in LANGUAGES)
    assert list(french) == list(english)
    assert {name for name, one in french.items() if one.acts} == {name for name, one in english.items() if one.acts}
    assert all(len(one.phrases) >= 10 for intents in (french, english) for one in intents.values())


def test_a_phrase_said_word_by_word_is_meant() -> None:
    """Its words speak as much for the number of a PC, of which technicians ask everybody."""
    said = "What's the number on the socket?"
    assert recognizer("en").understood(said) == ("ask_machine",)
    assert recognizer("en", (SOCKET,)).understood(said) == ("ask_socket",)


def test_what_somebody_does_not_act_on_needs_no_certainty() -> None:
    said = "Plug the cable back in."
    assert recognizer("en", (SOCKET,)).understood(said) == (), "it would be done, and is like a question"
    assert recognizer("en", (SOCKET,), frozenset()).understood(said) == ("ask_unplug",)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", "votre nouveau mdp : X"),
        ("fr", "votre nouveau mdp : Sapin-4417"),
        ("fr", "Mot de passe : Sapin-4417"),
        ("en", "your new password: X"),
        ("en", "Password = Sapin-4417"),
    ],
)
def test_a_password_that_is_told_is_not_asked_for(language: Language, said: str) -> None:
    assert recognizer(language).understood(said) == ("tell_password",)
    assert slots_of(said, (), ())["command"] in {"X", "Sapin-4417"}


@pytest.mark.parametrize(
    "said",
    [
        "",
        "…",
        "12345",
        "The weather in Brest is lovely for sailing",
        "Colourless green ideas sleep furiously",
        "asdf qwer zxcv",
    ],
)
def test_nonsense_is_not_understood(said: str) -> None:
    assert recognizer("en").understood(said) == ()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Do not restart your computer"),
        ("en", "Whatever you do, don't unplug the cable"),
        ("en", "I have restarted the server"),
        ("en", "The cable was unplugged"),
        ("en", "Why did you restart it?"),
        ("fr", "Ne redémarrez pas votre ordinateur"),
        ("fr", "Surtout ne débranchez pas le câble"),
        ("fr", "J'ai redémarré le serveur"),
        ("fr", "Le câble était débranché"),
        ("fr", "ne touchez à rien"),
    ],
)
def test_what_is_forbidden_or_told_is_no_order(language: Language, said: str) -> None:
    knows = recognizer(language)
    assert [name for name in knows.understood(said) if knows.intents[name].acts] == []


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("fr", "pouvez-vous redémarrer votre ordinateur", "redemare ton ordi stp"),
        ("fr", "Depuis quand avez-vous ce problème ?", "depuis kan tu as ce probleme"),
        ("en", "Can you restart your computer?", "pls restrat ur pc"),
    ],
)
def test_accents_endings_and_mistakes_make_no_difference(language: Language, one: str, other: str) -> None:
    assert recognizer(language).understood(one) == recognizer(language).understood(other) != ()


def test_courtesy_stands_behind_what_is_meant() -> None:
    assert chief(["greet", "introduce", "ask_problem"]) == "ask_problem"
    assert chief(["greet", "thank"]) == "thank"
    assert chief([]) is None


@pytest.mark.parametrize(
    ("said", "slots"),
    [
        ("Tapez « ip addr » sur pc1", {"command": "ip addr", "host": "pc1", "number": None}),
        (
            "Tapez ping -c 1 192.168.1.10 s'il vous plaît",
            {"command": "ping -c 1 192.168.1.10", "address": "192.168.1.10"},
        ),
        ("run systemctl status sssd please", {"command": "systemctl status sssd"}),
        ("Type your name", {"command": None}),
        ("Is Mrs Faure in room 12?", {"name": "Faure", "number": "12"}),
        ("Votre mot de passe provisoire est Sapin-4417.", {"command": "Sapin-4417"}),
        ("Voici votre mot de passe temporaire : Sapin-4417", {"command": "Sapin-4417"}),
        ("Your temporary password is Sapin-4417, change it.", {"command": "Sapin-4417"}),
        ("I've reset your password to Sapin-4417", {"command": "Sapin-4417"}),
        ("Quel est votre mot de passe ?", {"command": None}),
        ("Votre mot de passe : lequel est-ce ?", {"command": None}),
        ("Votre mot de passe : il me le faut", {"command": None}),
        ("Your password is not right.", {"command": None}),
    ],
)
def test_slots(said: str, slots: dict[str, str | None]) -> None:
    found = slots_of(said, ["pc1", "srv1"], ["Anne Faure", "Faure"])
    assert {name: found.get(name) for name in slots} == slots


def test_words() -> None:
    assert words_of("Qu'est-ce qu'il y a d'affiché aujourd'hui ?", "fr") == (
        *("que", "est", "ce", "que", "il", "y", "a", "de", "affiche", "aujourdhui"),
    )
    assert words_of("What's wrong? I can't, won't and don't.", "en") == (
        *("what", "is", "wrong", "i", "can", "not", "will", "not", "and", "do", "not"),
    )
    assert folded("Œuvre À ÇA’") == "oeuvre a ca'"
    assert {stem(word, "fr") for word in ("redemarrez", "redemarre", "redemarrage", "redemarrer")} == {"redemar"}
    assert {stem(word, "en") for word in ("plug", "plugged", "plugging", "plugs")} == {"plug"}
    assert [distance("cable", other, 2) for other in ("cable", "cabel", "cables", "cbl", "horse")] == [0, 1, 1, 2, 3]


def test_the_form_of_the_phrases() -> None:
    read = read_phrases(
        "# x\n~ please\n= pc: pc | (this|that) computer\n- never\n[go] !\n+ go | walk\n- stop\n(go|walk) now\n"
        "[stay]\n++ sit\nstay\n"
    )
    assert read.intents["go"].needs == (("go", "walk"),)
    assert read.intents["go"].bars == ("stop", "never")
    assert (read.intents["stay"].bars, read.intents["stay"].proofs) == ((), (("sit",),))
    assert list(spelled_out("(go|walk) now")) == ["go now", "walk now"]
    lexicon = Lexicon("en", read)
    assert lexicon.tokens("Please go, that computer!") == ("go", "=pc")
    with pytest.raises(ValueError, match="before the first intent"):
        read_phrases("stay\n")
