"""The words of a command line, before Click reads them: which are ours, and what is said where they are wrong.

Nothing but the standard library is needed, so that the launcher can say the same before anything is installed.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from orchestrator.cli import language_choice
from orchestrator.cli.language_choice import localized
from orchestrator.core.suggest import nearest
from orchestrator.core.text import Text

TABLE: Final = Path(__file__).with_name("usage.json")
"""The options and arguments of each command, made from Click's (``tests/unit/cli/test_early.py``)."""
ROOT: Final = ""
"""The name under which the table has what stands before the command."""


@functools.cache
def table() -> Mapping[str, Mapping[str, Any]]:
    """Return what each command takes."""
    found: dict[str, dict[str, Any]] = json.loads(TABLE.read_text(encoding="utf-8"))
    return found


def own(words: Sequence[str]) -> list[str]:
    """Return the words that are ours: not those after ``--``, nor those of a command that ours is to run."""
    before = list(words[: _end(words)])
    valued = _valued(table()[ROOT]["options"])
    begin = end_of_own(before, valued, arguments=0)
    if begin == len(before) or not table().get(before[begin], {}).get("runs"):
        return before
    inner = _valued(table()[before[begin]]["options"])
    return before[: begin + 1 + end_of_own(before[begin + 1 :], inner)]


def end_of_own(words: Sequence[str], valued: Iterable[str], *, arguments: int = 1) -> int:
    """Return where the words end that are ours: at ``--``, or at the word after our arguments that is no option.

    Args:
        words: the words after the command's name.
        valued: the options that take a value.
        arguments: how many arguments are ours.
    """
    takes = frozenset(valued)
    place = 0
    while place < len(words) and words[place] != "--":
        word = words[place]
        if word.startswith("-") and word != "-":
            place += 2 if word in takes else 1
        elif arguments:
            arguments -= 1
            place += 1
        else:
            break
    return min(place, len(words))


def unknown_command(name: str, known: Iterable[str]) -> str:
    """Return what is said of a command that there is not, with the nearest ones."""
    message = localized(Text(fr=f"Commande inconnue : « {name} ».", en=f'There is no command "{name}".'))
    near = nearest(name, known)
    if near:
        listed = localized(Text(fr=" ou ", en=" or ")).join(
            f"« {n} »" if language_choice.chosen() == "fr" else f'"{n}"' for n in near
        )
        message += localized(Text(fr=f" Vouliez-vous dire {listed} ?", en=f" Did you mean {listed}?"))
    return message


def help_of(command: str) -> Text:
    """Return the next step after wrong words: a command's help."""
    return Text(fr=f"« {command} --help » explique la commande.", en=f"'{command} --help' explains the command.")


def _end(words: Sequence[str]) -> int:
    return words.index("--") if "--" in words else len(words)


def _valued(options: Mapping[str, Any]) -> list[str]:
    return [name for name, value in options.items() if value is not None]
