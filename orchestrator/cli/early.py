"""Reads a command line before anything is installed, so that a wrong word is not told after a minute of set-up.

The launcher runs this with the machine's own Python, before it prepares the machine. What is said is what the program
would say, in the same order (``tests/unit/cli/test_early.py`` compares them); what only the program can know, such as
the name of a scenario, is left to it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

from orchestrator.cli import PROGRAM, command_words, french, language_choice
from orchestrator.core.control_characters import visible
from orchestrator.core.text import Text, same

GO_ON: Final = 0
REFUSED: Final = 2
GO_ON_WITHOUT_ASKING: Final = 10
"""``--yes`` was among the words."""
_ENDING: Final = frozenset({"--help", "--version"})
"""Options that end the program before the rest is looked at."""


class RefusedError(Exception):
    """The command line is wrong.

    Attributes:
        text: what is wrong, in the user's language.
        command: the command whose help explains it.
    """

    def __init__(self, text: str, command: str) -> None:
        """Keep both."""
        super().__init__(text)
        self.text = text
        self.command = command


@dataclass
class _Read:
    """What was read of a command's words.

    Attributes:
        given: its options, in the order in which they were first named, with their last value.
        rest: its arguments, or the command that follows with all of its words.
    """

    given: dict[str, str | None] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)


def main(arguments: Sequence[str]) -> int:
    """Check the words after the program's name; refuse them, or return how the launcher goes on."""
    own = command_words.own(arguments)
    language_choice.choose(own)
    try:
        without_asking = check(arguments)
    except RefusedError as refused:
        _tell(refused, as_json=language_choice.flag("--json", own))
        return REFUSED
    return GO_ON_WITHOUT_ASKING if without_asking else GO_ON


def check(arguments: Sequence[str]) -> bool:
    """Return whether ``--yes`` was among the words.

    Raises:
        RefusedError: they are wrong.
    """
    table = command_words.table()
    given: set[str] = set()
    name = command_words.ROOT
    rest = list(arguments)
    while True:
        usage = table[name]
        read = _read(usage, rest, _path(name))
        given |= read.given.keys()
        if _ENDING & given:
            return "--yes" in given
        _require_values(usage, read, _path(name))
        if "commands" not in usage:
            _require_arguments(usage, read, _path(name))
            return "--yes" in given
        if not read.rest:  # its help is shown
            return "--yes" in given
        name, rest = _command(name, usage["commands"], read.rest[0]), read.rest[1:]


def _path(name: str) -> str:
    return f"{PROGRAM} {name}".rstrip()


def _command(group: str, known: Sequence[str], name: str) -> str:
    """Return the full name of a group's command.

    Raises:
        RefusedError: there is none of that name.
    """
    if name in known:
        return f"{group} {name}".lstrip()
    raise RefusedError(command_words.unknown_command(name, known), _path(group))


def _read(usage: Mapping[str, Any], given: Sequence[str], command: str) -> _Read:
    """Tell options from arguments, as Click does.

    Raises:
        RefusedError: an option is unknown, lacks its value or takes none.
    """
    options = usage["options"]
    read, left = _Read(), list(given)
    if usage.get("runs"):
        end = command_words.end_of_own(left, [name for name, value in options.items() if value is not None])
        left[end : end + 1] = ["--", *(word for word in left[end : end + 1] if word != "--")]
    while left:
        word = left.pop(0)
        if word == "--":
            break
        if not word.startswith("-") or word == "-":
            read.rest.append(word)
            if "commands" in usage:  # what follows is the command's own
                break
        elif word.startswith("--"):
            _long(usage, word, left, read, command)
        else:
            _short(usage, word, left, read, command)
    read.rest += left
    return read


def _long(usage: Mapping[str, Any], word: str, left: list[str], read: _Read, command: str) -> None:
    name, equals, value = word.partition("=")
    options = usage["options"]
    if name not in options:
        if usage.get("passes"):
            read.rest.append(word)
            return
        said = _say("No such option {name!r}.", name=name)
        raise RefusedError(_with_nearest(said, name, [o for o in options if o.startswith("--")]), command)
    if options[name] is None:
        if equals:
            raise RefusedError(_say("Option {name!r} does not take a value.", name=name), command)
        read.given[name] = None
    else:
        if equals:
            left.insert(0, value)
        read.given[name] = _value(name, left, command)


def _short(usage: Mapping[str, Any], word: str, left: list[str], read: _Read, command: str) -> None:
    options, unknown = usage["options"], ""
    for place, letter in enumerate(word[1:], start=1):
        name = f"-{letter}"
        if name not in options:
            if not usage.get("passes"):
                raise RefusedError(_say("No such option {name!r}.", name=name), command)
            unknown += letter
        elif options[name] is None:
            read.given[name] = None
        else:
            if word[place + 1 :]:
                left.insert(0, word[place + 1 :])
            read.given[name] = _value(name, left, command)
            break
    if unknown:
        read.rest.append(f"-{unknown}")


def _value(name: str, left: list[str], command: str) -> str:
    if not left:
        raise RefusedError(_say("Option {name!r} requires an argument.", name=name), command)
    return left.pop(0)


def _require_values(usage: Mapping[str, Any], read: _Read, command: str) -> None:
    """Make sure that options have values that they can have.

    Raises:
        RefusedError: one has not.
    """
    for name, value in read.given.items():
        kind = usage["options"][name]
        if kind and value is not None:
            _require(kind, value, kind["hint"], command)


def _require_arguments(usage: Mapping[str, Any], read: _Read, command: str) -> None:
    """Make sure that there are as many arguments as there may be, and all options that there have to be.

    Raises:
        RefusedError: there are too few or too many of them, or one is none that it can be.
    """
    rest = list(read.rest)
    for argument in usage["arguments"]:
        hint = argument["hint"][language_choice.chosen()]
        taken, rest = (rest, []) if argument.get("many") else (rest[:1], rest[1:])
        if not taken and argument.get("required"):
            raise RefusedError(f"{_say('Missing argument')} {hint}.{_choices(argument)}", command)
        for value in taken:
            _require(argument, value, hint, command)
    for names in usage.get("required", ()):
        if not set(names) & read.given.keys():
            hint = " / ".join(f"'{name}'" for name in names)
            raise RefusedError(f"{_say('Missing option')} {hint}.", command)
    if rest and not usage.get("passes"):
        one, many = "Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"
        raise RefusedError(_say(one if len(rest) == 1 else many, args=" ".join(rest)), command)


def _require(kind: Mapping[str, Any], value: str, hint: str, command: str) -> None:
    """Make sure that a word is a number within its bounds, or one of a few.

    Raises:
        RefusedError: it is not.
    """
    said = ""
    if "choices" in kind and value not in kind["choices"]:
        listed = ", ".join(map(repr, kind["choices"]))
        said = _say("{value!r} is not one of {choices}.", value=value, choices=listed)
    elif "number" in kind:
        read: Callable[[str], float] = float if kind["number"].startswith("float") else int
        try:
            number = read(value)
        except ValueError:
            said = _say("{value!r} is not a valid {number_type}.", value=value, number_type=kind["number"])
        else:
            least, most = kind.get("least"), kind.get("most")
            if (least is not None and number < least) or (most is not None and number > most):
                said = _say("{value} is not in the range {range}.", value=number, range=kind["range"])
    if said:
        raise RefusedError(_say("Invalid value for {param_hint}: {message}", param_hint=hint, message=said), command)


def _choices(argument: Mapping[str, Any]) -> str:
    listed = ",\n\t".join(argument.get("choices", ()))
    said = _say("Choose from:\n\t{choices}", choices=listed)
    return f" {said}" if listed else ""


def _with_nearest(said: str, name: str, known: Sequence[str]) -> str:
    """Return a sentence with Click's «did you mean»."""
    near = sorted(get_close_matches(name, known))
    if not near:
        return said
    listed = ", ".join(map(repr, near))
    if len(near) == 1:
        return f"{said} {_say('Did you mean {possibility}?', possibility=listed)}"
    return f"{said} {_say('(Did you mean one of: {possibilities}?)', possibilities=listed)}"


def _say(sentence: str, **values: object) -> str:
    """Return one of Click's sentences in the user's language."""
    return (french.translate(sentence) if language_choice.chosen() == "fr" else sentence).format(**values)


def _tell(refused: RefusedError, *, as_json: bool) -> None:
    """Tell what is wrong as the program does (``failures``)."""
    hint, text = command_words.help_of(refused.command), same(refused.text)
    if as_json:
        error = {"kind": "wrong_use", "exit_code": REFUSED, "message": _both(text), "hint": _both(hint), "evidence": ""}
        print(visible(json.dumps({"error": error}, ensure_ascii=False, indent=2)))  # noqa: T201 - there is no Rich yet
        return
    head = f"✘ {visible(refused.text)}"
    if sys.stderr.isatty() and not os.environ.get("NO_COLOR"):
        head = f"\x1b[1;31m{head}\x1b[0m"
    sys.stderr.write(f"{head}\n→ {visible(hint.in_(language_choice.chosen()))}\n")


def _both(text: Text) -> dict[str, str]:
    return {"fr": text.fr, "en": text.en}
