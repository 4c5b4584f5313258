"""Answers to a scenario's questions: what a trainee wrote is brought into one form, and compared with the truth.

Answers are texts as they were typed. The items of a list are separated by commas or by ends of lines.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from ipaddress import IPv4Address, IPv4Interface
from typing import Final

from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.model.deliverables import (
    AddressQuestion,
    ChoiceQuestion,
    HostQuestion,
    IntegerQuestion,
    ListQuestion,
    Question,
    TextQuestion,
)

_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,18}")
_GROUPS: Final = re.compile(r"(?<=[0-9])[ \u00a0\u202f](?=[0-9]{3}(?![0-9]))")
"""The spaces that people write between thousands."""


class UnreadableAnswerError(ValueError):
    """The answer is not of the kind that is asked for.

    Attributes:
        text: why, with the nearest right form, in both languages.
    """

    def __init__(self, text: Text) -> None:
        """Tell why."""
        super().__init__(text.en)
        self.text = text


def normal_form(question: Question, answer: str, hosts: Collection[str]) -> tuple[str, ...]:
    """Return an answer in the one form in which equal answers are equal: one text, or the items of a list.

    Args:
        question: the question.
        answer: what was typed.
        hosts: the names of the lab's hosts.

    Raises:
        UnreadableAnswerError: it is no answer to this kind of question.
    """
    match question:
        case TextQuestion():
            return (answer.strip() if question.exact else _folded(answer),)
        case ChoiceQuestion():
            return (_choice(question.choices, answer),)
        case IntegerQuestion():
            return (_integer(answer),)
        case AddressQuestion():
            return (_address(answer),)
        case HostQuestion():
            return (_host(answer, hosts),)
        case ListQuestion():
            return _items(question, items_of(answer), hosts)


def is_right(question: Question, answer: str, hosts: Collection[str]) -> bool:
    """Return whether an answer is the variant's truth.

    Raises:
        UnreadableAnswerError: it is no answer to this kind of question (or the truth is none).
    """
    given = normal_form(question, answer, hosts)
    if isinstance(question, ListQuestion):
        return given == _items(question, question.truth, hosts)
    if isinstance(question, IntegerQuestion):
        return abs(int(given[0]) - int(_integer(question.truth))) <= question.tolerance
    accepted = (question.truth, *(question.also if isinstance(question, TextQuestion) else ()))
    return any(given == normal_form(question, truth, hosts) for truth in accepted if truth.strip())


def items_of(answer: str) -> tuple[str, ...]:
    """Return the items of a list as they were typed."""
    return tuple(item.strip() for item in re.split(r"[,\n]", answer) if item.strip())


def check_truth(question: Question, hosts: Collection[str]) -> None:
    """Look whether a question's truth is an answer to it.

    Raises:
        UnreadableAnswerError: it is not.
    """
    truths = question.truth if isinstance(question, ListQuestion) else (question.truth,)
    if not any(truth.strip() for truth in truths):
        raise UnreadableAnswerError(Text(fr="la réponse attendue est vide", en="the right answer is empty"))
    if isinstance(question, ListQuestion):
        _items(question, truths, hosts)
    elif isinstance(question, ChoiceQuestion) and question.truth not in question.choices:
        raise _no_choice(question.choices, question.truth)
    else:
        normal_form(question, truths[0], hosts)


def _items(question: ListQuestion, items: Collection[str], hosts: Collection[str]) -> tuple[str, ...]:
    """Return a list's items in their form, each once; sorted where the order does not count."""
    found = dict.fromkeys(_item(question, item, hosts) for text in items for item in items_of(text))
    return tuple(found) if question.ordered else tuple(sorted(found))


def _item(question: ListQuestion, item: str, hosts: Collection[str]) -> str:
    match question.of:
        case "text":
            return _folded(item)
        case "integer":
            return _integer(item)
        case "address":
            return _address(item)
        case "host":
            return _host(item, hosts)


def _folded(text: str) -> str:
    """Return a text without what makes no difference to a reader: capitals, accents, spacing, a final stop."""
    plain = unicodedata.normalize("NFKD", text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(letters.casefold().split()).strip(" .")


def _choice(choices: Mapping[str, Text], answer: str) -> str:
    words = {_folded(name): name for name in choices}
    for name, label in choices.items():
        words.setdefault(_folded(label.fr), name)
        words.setdefault(_folded(label.en), name)
    if (folded := _folded(answer)) in words:
        return words[folded]
    raise _no_choice(choices, answer)


def _no_choice(choices: Mapping[str, Text], answer: str) -> UnreadableAnswerError:
    text = Text(fr=f"« {answer} » n'est pas un des choix", en=f'"{answer}" is none of the choices')
    return UnreadableAnswerError(with_suggestion(text, answer, choices))


def _integer(answer: str) -> str:
    digits = _GROUPS.sub("", answer.strip())
    if not _INTEGER.fullmatch(digits):
        raise UnreadableAnswerError(
            Text(fr=f"« {answer} » n'est pas un nombre entier", en=f'"{answer}" is no whole number')
        )
    return str(int(digits))


def _address(answer: str) -> str:
    text = answer.strip()
    try:
        return str(IPv4Interface(text) if "/" in text else IPv4Address(text))
    except ValueError:
        raise UnreadableAnswerError(
            Text(
                fr=f"« {answer} » n'est pas une adresse IPv4 comme 192.168.10.1",
                en=f'"{answer}" is no IPv4 address such as 192.168.10.1',
            )
        ) from None


def _host(answer: str, hosts: Collection[str]) -> str:
    name = answer.strip().lower().partition(".")[0]
    if name in hosts:
        return name
    text = Text(fr=f"le lab n'a pas de machine « {answer} »", en=f'the lab has no host "{answer}"')
    raise UnreadableAnswerError(with_suggestion(text, answer, hosts))
