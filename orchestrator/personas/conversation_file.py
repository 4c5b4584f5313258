"""Conversations as they are kept: a line of JSON per turn, only ever added to.

A program that is killed may leave a line half written. It is no turn; the next one begins on a line of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from orchestrator.core.documents import document_of
from orchestrator.core.language import Language
from orchestrator.model.turns import PersonaAct, Turn
from orchestrator.personas.act_sentences import act_sentence
from orchestrator.personas.password_masks import masked

_EMPTY: Final[tuple[Any, ...]] = ("", (), [], {}, False, 0, None)


def line_of(turn: Turn) -> str:
    """Return the line of a turn; what is empty is left out."""
    document = {name: value for name, value in document_of(turn).items() if value not in _EMPTY}
    return json.dumps(document, ensure_ascii=False) + "\n"


def turns_in(data: bytes | None) -> tuple[Turn, ...]:
    """Return the turns of a file's content, in order; lines that are none are passed over."""
    turns = []
    for line in (data or b"").splitlines():
        turn = _turn(line)
        if turn is not None:
            turns.append(turn)
    return tuple(turns)


def _turn(line: bytes) -> Turn | None:
    try:
        document: Any = json.loads(line)
        acts = tuple(PersonaAct(**act) for act in document.pop("acts", ()))
        for name in ("intents", "sets", "clears", "secrets"):
            document[name] = tuple(document.get(name, ()))
        return Turn(**document, acts=acts)
    except (ValueError, TypeError, AttributeError):
        return None


def transcript(turns: tuple[Turn, ...], people: Mapping[str, str], you: str, language: Language) -> str:
    """Return what was said and done, for people to read; without passwords.

    Args:
        turns: the turns.
        people: the personas' names.
        you: what the technician is called.
        language: the language of the sentences around it.
    """
    lines: list[str] = []
    colon, status = (" : ", "état") if language == "fr" else (": ", "status")
    for turn in map(masked, turns):
        if turn.begun:
            continue
        name = people.get(turn.persona, turn.persona)
        lines.append(f"[{turn.at}] {you}{colon}{turn.said}")
        for act in turn.acts:
            failed = f" ({status} {act.status})" if act.status else ""
            lines.append(f"    * {act_sentence(act, name, whole=True).in_(language)}{failed}")
        lines.append(f"    {name}{colon}{turn.reply}")
    return "".join(f"{line}\n" for line in lines)


def without_passwords(data: bytes) -> bytes:
    """Return a file's content as it is given away: its turns, without the passwords."""
    return "".join(line_of(masked(turn)) for turn in turns_in(data)).encode()
