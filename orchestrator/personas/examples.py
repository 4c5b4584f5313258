"""Leading a dialogue as a solution or a persona's example states it, and telling where it came out otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.model.persona import ComesOf, SaidLine
from orchestrator.model.turns import Turn, facts_of


def lead(
    lines: Sequence[SaidLine], say: Callable[[str], Turn], before: Sequence[Turn], language: Language
) -> tuple[tuple[Turn, ...], tuple[Text, ...]]:
    """Say lines one after another, and return the turns with what came out otherwise than stated.

    Args:
        lines: what is said, and what must come of it.
        say: says something.
        before: the turns with this persona before.
        language: the language in which it is said.
    """
    turns = list(before)
    wrong: list[Text] = []
    for line in lines:
        said = line.say.in_(language)
        turn = say(said)
        turns.append(turn)
        wrong += _strays(line, turn, turns, language)
        if turn.ended and line is not lines[-1]:
            after = Text(fr=f"après « {said} », la personne a raccroché", en=f'after "{said}" they hung up')
            return tuple(turns[len(before) :]), (*wrong, after)
    return tuple(turns[len(before) :]), tuple(wrong)


def _strays(line: SaidLine, turn: Turn, turns: Sequence[Turn], language: Language) -> list[Text]:
    said, found = turn.said, ", ".join(turn.intents)
    wrong = []
    if (line.understood not in turn.intents) if line.understood is not None else bool(turn.intents):
        wanted = line.understood
        wrong.append(
            Text(
                fr=f"« {said} » : compris {found or 'rien'}, attendu {wanted or 'rien'}",
                en=f'"{said}": understood {found or "nothing"}, expected {wanted or "nothing"}',
            )
        )
    if line.answer is not None and _plain(line.answer.in_(language)) not in _plain(turn.reply):
        part = line.answer.in_(language)
        wrong.append(
            Text(
                fr=f"« {said} » : la réponse « {turn.reply} » ne contient pas « {part} »",
                en=f'"{said}": the answer "{turn.reply}" does not contain "{part}"',
            )
        )
    wrong += [
        Text(fr=f"« {said} » n'a pas amené « {name} »", en=f'"{said}" has not brought "{name}" about')
        for name in line.sets
        if name not in facts_of(turns)
    ]
    return wrong


def _plain(text: str) -> str:
    return " ".join(text.split()).lower()


def outcome_strays(stated: ComesOf, turns: Sequence[Turn]) -> tuple[Text, ...]:
    """Return what has come of a dialogue otherwise than stated."""
    facts = facts_of(turns)
    wrong = [
        Text(fr=f"à la fin, « {name} » n'est pas vrai", en=f'at its end "{name}" does not hold')
        for name in stated.facts
        if name not in facts
    ]
    wrong += [
        Text(fr=f"à la fin, « {name} » est vrai", en=f'at its end "{name}" holds')
        for name in stated.without
        if name in facts
    ]
    acted = acted_upon(turns)
    if set(acted) != set(stated.acted):
        found, wanted = ", ".join(acted), ", ".join(stated.acted)
        wrong.append(
            Text(
                fr=f"la personne a fait : {found or 'rien'} ; attendu : {wanted or 'rien'}",
                en=f"they have done: {found or 'nothing'}; expected: {wanted or 'nothing'}",
            )
        )
    ended = bool(turns) and turns[-1].ended
    if stated.ended is not None and ended != stated.ended:
        wrong.append(
            Text(fr="la personne a raccroché", en="they have hung up")
            if ended
            else Text(fr="la personne n'a pas raccroché", en="they have not hung up")
        )
    return tuple(wrong)


def acted_upon(turns: Sequence[Turn]) -> tuple[str, ...]:
    """Return the intents on which something was done in the lab, looks not counted, in order, each once."""
    found: dict[str, None] = {}
    waiting = ""
    for turn in turns:
        if turn.begun:
            continue
        if any(act.kind != "looks" for act in turn.acts):
            found[waiting or next(iter(turn.intents), "")] = None
        waiting = turn.pending
    return tuple(found)
