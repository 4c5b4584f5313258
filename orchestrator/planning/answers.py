"""Answers to a scenario's questions: what a trainee wrote is brought into one form, and compared with the truth.

Answers are texts as they were typed. The items of a list are separated by commas or by ends of lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Final

from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.model.deliverables import (
    ChoiceQuestion,
    IntegerQuestion,
    ListQuestion,
    NumberQuestion,
    ProseQuestion,
    Question,
    TextQuestion,
)
from orchestrator.planning import answer_forms
from orchestrator.planning.answer_forms import UnreadableAnswerError, folded

__all__ = [
    "UnreadableAnswerError",
    "check_truth",
    "is_right",
    "items_of",
    "normal_form",
    "too_short",
    "words_missing",
]

_FORMS: Final[Mapping[str, Callable[[str], str]]] = {
    "text": folded,
    "integer": answer_forms.integer,
    "number": answer_forms.number,
    "mac": answer_forms.mac,
    "prefix": answer_forms.prefix,
    "name": answer_forms.name,
    "date": answer_forms.date,
}
"""The form of each kind of answer that says all by itself."""


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
        case TextQuestion(exact=True) | ProseQuestion():
            return (answer.strip(),)
        case ChoiceQuestion():
            return (_choice(question.choices, answer),)
        case ListQuestion():
            return _items(question, items_of(answer), hosts)
        case _:
            return (_form(question.kind, answer, (question.truth,), hosts),)


def is_right(question: Question, answer: str, hosts: Collection[str]) -> bool:
    """Return whether an answer is the variant's truth; prose has none, and is right where there is enough of it.

    Raises:
        UnreadableAnswerError: it is no answer to this kind of question (or the truth is none).
    """
    given = normal_form(question, answer, hosts)
    if isinstance(question, ListQuestion):
        return given == _items(question, question.truth, hosts)
    if isinstance(question, ProseQuestion):
        return words_missing(question, answer) == 0
    if isinstance(question, IntegerQuestion | NumberQuestion):
        (truth,) = normal_form(question, question.truth, hosts)
        return abs(Decimal(given[0]) - Decimal(truth)) <= Decimal(str(question.tolerance))
    accepted = (question.truth, *(question.also if isinstance(question, TextQuestion) else ()))
    return any(given == normal_form(question, truth, hosts) for truth in accepted if truth.strip())


def words_missing(question: ProseQuestion, answer: str) -> int:
    """Return how many words a text still needs; what has no letter and no digit is no word."""
    return max(0, question.words - sum(any(map(str.isalnum, word)) for word in answer.split()))


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
    elif isinstance(question, ProseQuestion) and (missing := words_missing(question, question.truth)):
        raise UnreadableAnswerError(too_short(missing))
    else:
        normal_form(question, truths[0], hosts)


def too_short(missing: int) -> Text:
    """Return in words that a text lacks words."""
    return Text(
        fr=f"ce texte est trop court : il y manque {missing} {'mots' if missing > 1 else 'mot'}",
        en=f"this text is too short: {missing} more {'words are' if missing > 1 else 'word is'} needed",
    )


def _items(question: ListQuestion, items: Collection[str], hosts: Collection[str]) -> tuple[str, ...]:
    """Return a list's items in their form, each once; sorted where the order does not count."""
    forms = (_form(question.of, item, question.truth, hosts) for text in items for item in items_of(text))
    found = dict.fromkeys(forms)
    return tuple(found) if question.ordered else tuple(sorted(found))


def _form(kind: str, answer: str, truths: Collection[str], hosts: Collection[str]) -> str:
    """Return one value's form; the prefix of an address counts where the truth has one."""
    if kind == "host":
        return _host(answer, hosts)
    if kind == "address":
        return answer_forms.address(answer, prefix=any("/" in truth for truth in truths))
    return _FORMS[kind](answer)


def _choice(choices: Mapping[str, Text], answer: str) -> str:
    words = {folded(name): name for name in choices}
    for name, label in choices.items():
        words.setdefault(folded(label.fr), name)
        words.setdefault(folded(label.en), name)
    if (word := folded(answer)) in words:
        return words[word]
    raise _no_choice(choices, answer)


def _no_choice(choices: Mapping[str, Text], answer: str) -> UnreadableAnswerError:
    text = Text(fr=f"« {answer} » n'est pas un des choix", en=f'"{answer}" is none of the choices')
    return UnreadableAnswerError(with_suggestion(text, answer, choices))


def _host(answer: str, hosts: Collection[str]) -> str:
    name = answer.strip().lower().partition(".")[0]
    if name in hosts:
        return name
    text = Text(fr=f"le lab n'a pas de machine « {answer} »", en=f'the lab has no host "{answer}"')
    raise UnreadableAnswerError(with_suggestion(text, answer, hosts))
