"""``talk``: speak with the people of a scenario."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import click

from orchestrator.cli.click_classes import argument, command, lab_option, option
from orchestrator.cli.interventions import refuse_assessed
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.output import both, plain
from orchestrator.cli.store_access import record
from orchestrator.core.documents import document_of
from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.labs import Labs, Running
from orchestrator.model.persona import PlannedPersona
from orchestrator.model.turns import Turn, facts_of
from orchestrator.personas.act_sentences import act_sentence
from orchestrator.personas.dialogue import MenuEntry
from orchestrator.personas.password_masks import masked, with_acts_masked

Say = Callable[[str], Turn]
"""Says something to somebody."""

_HELP = "?"
_SESSION_TALK = Text(
    fr="Au poste du candidat : « breakfix session talk ».", en="At the candidate's seat: 'breakfix session talk'."
)
words_argument = argument(
    "words", nargs=-1, type=click.UNPROCESSED, metavar=Text(fr="[PERSONNE] [TEXTE…]", en="[PERSON] [TEXT…]")
)
menu_option = option(
    "--menu", is_flag=True, help=Text(fr="Montrer ce qui peut se dire maintenant.", en="Show what can be said now.")
)
show_option = option("--show", is_flag=True, help=Text(fr="Montrer ce qui s'est dit.", en="Show what has been said."))


@command(
    "talk",
    help=Text(
        fr="Parler avec une personne du scénario : « breakfix talk anne bonjour ».\n\n"
        "Sans texte, la conversation s'ouvre ; « ? » y propose des phrases. Sans terminal, chaque ligne de l'entrée "
        "standard est une phrase. Ce qui se dit est gardé comme preuve.",
        en="Talk with somebody of the scenario: 'breakfix talk anne hello'.\n\n"
        "Without a text the conversation opens; '?' offers phrases there. Without a terminal, each line of standard "
        "input is a sentence. What is said is kept as evidence.",
    ),
)
@lab_option
@menu_option
@show_option
@words_argument
@pass_invocation
def talk_command(invocation: Invocation, lab: str | None, words: Sequence[str], *, menu: bool, show: bool) -> None:
    """Talk."""
    labs = invocation.app.labs
    running = labs.running.planned(lab)
    refuse_assessed(running.instance, _SESSION_TALK)
    begun = bool(labs.conversations.turns(running.instance.name))

    def say_to(person: PlannedPersona, said: str) -> Turn:
        nonlocal begun
        turn = labs.conversations.say(running, person.name, said, invocation.language)
        if not begun:
            record(invocation, lambda practice: practice.handed_in(running, "talk"))
        begun = True
        invocation.labd.works(running.instance.name)
        return turn

    talk_with(invocation, labs, running, words, say_to, menu=menu, show=show)


def talk_with(
    invocation: Invocation,
    labs: Labs,
    running: Running,
    words: Sequence[str],
    say_to: Callable[[PlannedPersona, str], Turn],
    *,
    menu: bool,
    show: bool,
) -> None:
    """Carry out what a command line says: say one thing, show the menu or what was said, or hold a conversation.

    Raises:
        UsageError: there is nobody to talk to, or it is not clear to whom.
    """
    if not words and invocation.json and not menu:
        invocation.output.document(_people_document(labs, running))
        return
    person, said = chosen(labs, running, words)
    if menu:
        entries = labs.conversations.menu(running, person, invocation.language)
        document = [{"intent": one.intent, "phrases": list(one.phrases)} for one in entries]
        invocation.output.emit(
            {"person": person.name, "menu": document}, lambda: _show_phrases(invocation, _offered(entries))
        )
    elif show:
        turns = tuple(map(masked, labs.conversations.turns(running.instance.name, person)))
        document_ = {"person": person.name, "turns": document_of(turns)}
        invocation.output.emit(document_, lambda: _show_turns(invocation, person, turns))
    elif said:
        turn = say_to(person, said)
        invocation.output.emit(
            _turn_document(labs, running, person, turn), lambda: _show_turn(invocation, person, turn)
        )
    elif sys.stdin.isatty() and not invocation.json:
        _converse(invocation, labs, running, person, lambda text: say_to(person, text))
    else:
        for line in sys.stdin:
            if line.strip():
                _show_turn(invocation, person, say_to(person, line))


def chosen(labs: Labs, running: Running, words: Sequence[str]) -> tuple[PlannedPersona, str]:
    """Return whom words are for, and what is said: the first word may name somebody.

    Raises:
        UsageError: there is nobody, or several and none is named.
    """
    people = labs.conversations.people(running.plan)
    if len(people) == 1 and words:
        try:
            return labs.conversations.person(running.plan, words[0]), " ".join(words[1:])
        except UsageError:
            return people[0], " ".join(words)
    return labs.conversations.person(running.plan, words[0] if words else None), " ".join(words[1:])


def _converse(invocation: Invocation, labs: Labs, running: Running, person: PlannedPersona, say: Say) -> None:
    import readline  # noqa: F401 - input() then has a history, and arrows

    out, language = invocation.output, invocation.language
    turns = tuple(map(masked, labs.conversations.turns(running.instance.name, person)))
    out.quiet(Text(fr="« ? » propose des phrases, Ctrl-D quitte.", en="'?' offers phrases, Ctrl-D leaves."))
    if turns:
        _show_turns(invocation, person, turns)
    else:
        _speak(invocation, person, labs.conversations.opening(person, language))
    prompt = Text(fr="vous> ", en="you> ").in_(language)
    offered: tuple[str, ...] = ()
    while True:
        try:
            said = input(prompt).strip()
        except (EOFError, KeyboardInterrupt):
            out.print("")
            return
        if said == _HELP:
            offered = _offered(labs.conversations.menu(running, person, language))
            _show_phrases(invocation, offered)
            continue
        if said.isdigit() and 0 < int(said) <= len(offered):
            said, offered = offered[int(said) - 1], ()
            out.quiet(f"{prompt}{said}")
        if said:
            turn = say(said)
            _show_turn(invocation, person, turn)
            if turn.ended:
                out.quiet(Text(fr="(la conversation est finie)", en="(the conversation is over)"))
                return


def _offered(entries: Sequence[MenuEntry]) -> tuple[str, ...]:
    return tuple(phrase for entry in entries for phrase in entry.phrases)


def _show_phrases(invocation: Invocation, phrases: Sequence[str]) -> None:
    """Print phrases that can be said now, numbered."""
    for number, phrase in enumerate(phrases, 1):
        invocation.output.print(plain(f"{number:3}  ", "key").append(phrase, style="not bold default"))


def _show_turns(invocation: Invocation, person: PlannedPersona, turns: Sequence[Turn]) -> None:
    you = Text(fr="vous", en="you").in_(invocation.language)
    for turn in turns:
        if not turn.begun:
            invocation.output.print(
                plain(f"{you} : " if invocation.language == "fr" else f"{you}: ", "quiet").append(turn.said)
            )
            _show_turn(invocation, person, turn)


def _show_turn(invocation: Invocation, person: PlannedPersona, turn: Turn) -> None:
    """Print what somebody has done, and what they have answered."""
    for act in with_acts_masked(turn).acts:
        if act.kind != "looks":
            invocation.output.quiet(act_sentence(act, person.full))
    _speak(invocation, person, turn.reply)


def _speak(invocation: Invocation, person: PlannedPersona, text: str) -> None:
    colon = " : " if invocation.language == "fr" else ": "
    invocation.output.print(plain(f"{person.full}{colon}", "key").append(plain(text)))


def _turn_document(labs: Labs, running: Running, person: PlannedPersona, turn: Turn) -> dict[str, Any]:
    facts = facts_of(labs.conversations.turns(running.instance.name, person))
    told = replace(with_acts_masked(turn), secrets=())
    return {"person": person.name, "full": person.full, "turn": document_of(told), "facts": facts}


def _people_document(labs: Labs, running: Running) -> dict[str, Any]:
    return {
        "people": [
            {
                "name": one.name,
                "full": one.full,
                "role": both(one.document.role),
                "language": one.document.language,
                "opens": both(one.document.opens),
                "turns": document_of(tuple(map(masked, labs.conversations.turns(running.instance.name, one)))),
            }
            for one in labs.conversations.people(running.plan)
        ]
    }
