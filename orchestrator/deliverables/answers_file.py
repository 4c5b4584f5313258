"""``answers.yaml``: the questions as comments, and under each the answer."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from ipaddress import ip_interface
from typing import Any, Final

from orchestrator.core.errors import ContentError, Place, Problem, UsageError
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Language, Text
from orchestrator.loader.yaml_source import YamlSource, parse_yaml
from orchestrator.model.deliverables import (
    AddressQuestion,
    ChoiceQuestion,
    HostQuestion,
    ListQuestion,
    ProseQuestion,
    Question,
)
from orchestrator.planning.answers import UnreadableAnswerError, items_of, normal_form

_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_NO_WORDS: Final = ("null", "true", "false")

_FORMS: Final[Mapping[str, Text]] = {
    "text": Text(fr="quelques mots", en="a few words"),
    "integer": Text(fr="un nombre entier", en="a whole number"),
    "number": Text(fr="un nombre, comme 1 250,5", en="a number, such as 1250.5"),
    "mac": Text(fr="une adresse MAC, comme 02:00:00:12:34:56", en="a MAC address, such as 02:00:00:12:34:56"),
    "prefix": Text(
        fr="un préfixe comme /24, ou son masque, 255.255.255.0", en="a prefix such as /24, or its mask, 255.255.255.0"
    ),
    "name": Text(fr="un nom complet, comme www.example.org", en="a whole name, such as www.example.org"),
    "date": Text(
        fr="une date, comme 2026-03-14, 14/03/2026 ou 14 mars 2026",
        en="a date, such as 2026-03-14, 14/03/2026 (the day first) or 14 March 2026",
    ),
}
"""What an answer looks like, by its kind, where that does not depend on the question."""


class AnswersError(UsageError):
    """Answers cannot be read; every problem is told with its place."""

    def __init__(self, problems: Collection[Problem]) -> None:
        """Make one error of all problems."""
        super().__init__(
            Text(
                fr="\n  ".join(["Ces réponses ne vont pas :", *(f"{p.place} : {p.text.fr}" for p in problems)]),
                en="\n  ".join(["These answers do not fit:", *(f"{p.place}: {p.text.en}" for p in problems)]),
            ),
            Text(
                fr="« breakfix answer --show » rappelle les questions et la forme de chaque réponse.",
                en="'breakfix answer --show' tells the questions and the form of each answer.",
            ),
        )


@dataclass(frozen=True)
class Answers:
    """What was answered.

    Attributes:
        given: question -> the answer as typed; the items of a list on a line each. What is not answered is not here.
        unreadable: question -> why its answer cannot be read.
        problems: everything that is wrong, with its place.
    """

    given: Mapping[str, str]
    unreadable: Mapping[str, Text]
    problems: tuple[Problem, ...]


NONE: Final = Answers({}, {}, ())
"""Nothing was answered."""


def read_answers(data: bytes, file: str, questions: Mapping[str, Question], hosts: Collection[str]) -> Answers:
    """Read ``answers.yaml``; what is wrong with it is in the result, so that the right answers still count.

    Args:
        data: the file's content.
        file: its name as the user knows it.
        questions: the questions by name.
        hosts: the names of the lab's hosts.
    """
    try:
        source = parse_yaml(data.decode("utf-8-sig"), file)
    except (ContentError, UnicodeDecodeError) as error:
        problems = error.problems if isinstance(error, ContentError) else (Problem(Place(file), _not_text()),)
        return Answers({}, dict.fromkeys(questions, problems[0].text), problems)
    if source.value is None:
        return NONE
    if not isinstance(source.value, dict):
        text = Text(
            fr="écrivez chaque réponse après le nom de sa question : « nom: réponse »",
            en='write each answer after its question\'s name: "name: answer"',
        )
        return Answers({}, dict.fromkeys(questions, text), (Problem(source.place(), text),))
    return _read(source, questions, hosts)


def check_answers(given: Mapping[str, str], questions: Mapping[str, Question], hosts: Collection[str]) -> None:
    """Look whether answers that come from elsewhere than a file can be read.

    Raises:
        AnswersError: a question does not exist, or an answer is not of its kind.
    """
    problems = []
    for name, answer in given.items():
        if (problem := _trouble(name, answer, questions, hosts)) is not None:
            problems.append(Problem(Place(name), problem))
    if problems:
        raise AnswersError(problems)


def write_answers(
    questions: Mapping[str, Question], given: Mapping[str, str], hosts: Collection[str], language: Language
) -> str:
    """Return the text of ``answers.yaml``, with the questions in a language."""
    head = Text(
        fr="# Écrivez chaque réponse après les deux-points, puis enregistrez. « breakfix check » les évalue.\n",
        en="# Write each answer after the colon, then save. 'breakfix check' grades them.\n",
    )
    parts = [head.in_(language)]
    for name, question in questions.items():
        lines = [*question.question.in_(language).strip().splitlines(), f"  ({form_of(question, hosts).in_(language)})"]
        comment = "".join(f"# {line}".rstrip() + "\n" for line in lines)
        parts.append(f"{comment}{name}:{_value(question, given.get(name, ''))}\n")
    return "\n".join(parts)


def form_of(question: Question, hosts: Collection[str]) -> Text:
    """Return what an answer to a question looks like."""
    match question:
        case ChoiceQuestion():
            return Text(
                fr="un choix : " + " ; ".join(f"{name} = {label.fr}" for name, label in question.choices.items()),
                en="a choice: " + "; ".join(f"{name} = {label.en}" for name, label in question.choices.items()),
            )
        case AddressQuestion():
            return _form_of_address(question.truth)
        case HostQuestion():
            listed = ", ".join(hosts)
            return Text(fr=f"une machine : {listed}", en=f"a machine: {listed}")
        case ListQuestion():
            return _form_of_list(question, hosts)
        case ProseQuestion():
            return _form_of_prose(question)
        case _:
            return _FORMS[question.kind]


def _form_of_address(truth: str) -> Text:
    """Return what an answer looks like that is an address alone, one with its prefix, or a whole network."""
    is_of_six = ":" in truth
    if "/" not in truth:
        shown = "2001:db8::1" if is_of_six else "192.0.2.1"
        return Text(fr=f"une adresse comme {shown}", en=f"an address such as {shown}")
    if _is_network(truth):
        shown = "2001:db8::/64" if is_of_six else "192.0.2.0/24"
        return Text(fr=f"un réseau et sa longueur, comme {shown}", en=f"a network and its length, such as {shown}")
    shown = "2001:db8::1/64" if is_of_six else "192.0.2.1/24"
    return Text(fr=f"une adresse et sa longueur, comme {shown}", en=f"an address and its length, such as {shown}")


def _is_network(truth: str) -> bool:
    """Return whether an address with its prefix names a network; one that is no address (a template) names none."""
    try:
        interface = ip_interface(truth)
    except ValueError:
        return False
    return interface.ip == interface.network.network_address and interface.network.num_addresses > 1


def _form_of_prose(question: ProseQuestion) -> Text:
    fr = {"fr": "en français, ", "en": "en anglais, "}.get(question.language or "", "")
    en = {"fr": "in French, ", "en": "in English, "}.get(question.language or "", "")
    grid = question.grid
    return Text(
        fr=f"un texte, {fr}d'au moins {question.words} mots ; une personne regardera : "
        + " ; ".join(one.fr.strip().rstrip(".") for one in grid),
        en=f"a text, {en}of at least {question.words} words; people will look at: "
        + "; ".join(one.en.strip().rstrip(".") for one in grid),
    )


def _plural_of_address(truths: Collection[str]) -> Text:
    """Return what the items of a list of addresses are."""
    if all(map(_is_network, truths)):
        return Text(fr="réseaux, comme 192.0.2.0/24", en="networks, such as 192.0.2.0/24")
    return Text(fr="adresses", en="addresses")


def _form_of_list(question: ListQuestion, hosts: Collection[str]) -> Text:
    listed = ", ".join(hosts)
    of = {
        "text": Text(fr="textes", en="texts"),
        "integer": Text(fr="nombres entiers", en="whole numbers"),
        "address": _plural_of_address(question.truth),
        "mac": Text(fr="adresses MAC", en="MAC addresses"),
        "prefix": Text(fr="préfixes ou masques", en="prefixes or masks"),
        "name": Text(fr="noms complets", en="whole names"),
        "date": Text(fr="dates", en="dates"),
        "host": Text(fr=f"machines parmi {listed}", en=f"machines among {listed}"),
    }[question.of]
    order = Text(fr=", dans l'ordre", en=", in their order") if question.ordered else Text(fr="", en="")
    return Text(
        fr=f"une liste, comme [a, b] : {of.fr}{order.fr}",
        en=f"a list, such as [a, b]: {of.en}{order.en}",
    )


def _read(source: YamlSource, questions: Mapping[str, Question], hosts: Collection[str]) -> Answers:
    given: dict[str, str] = {}
    unreadable: dict[str, Text] = {}
    problems = list(source.problems)
    for name, value in source.value.items():
        answer = _typed(source, name, value)
        trouble = _no_value() if answer is None else _trouble(name, answer, questions, hosts)
        if trouble is not None:
            problems.append(Problem(source.place((name,), key=name not in questions), trouble))
            unreadable |= {name: trouble} if name in questions else {}
        elif answer:
            given[name] = answer
    return Answers(given, unreadable, tuple(sorted(problems, key=lambda problem: problem.place)))


def _typed(source: YamlSource, name: str, value: Any) -> str | None:  # noqa: ANN401 - whatever YAML holds
    """Return a value as it was typed (``0644`` is no number), or None where it is more than one text or list."""
    if isinstance(value, list):
        if any(isinstance(item, dict | list) for item in value):
            return None
        return "\n".join(source.raw((name, i)) for i, item in enumerate(value) if item is not None)
    if isinstance(value, dict):
        return None
    return "" if value is None else source.raw((name,)).strip()


def _trouble(name: str, answer: str, questions: Mapping[str, Question], hosts: Collection[str]) -> Text | None:
    if name not in questions:
        text = Text(fr=f"il n'y a pas de question « {name} »", en=f'there is no question "{name}"')
        return with_suggestion(text, name, questions)
    if not answer.strip():
        return None
    try:
        normal_form(questions[name], answer, hosts)
    except UnreadableAnswerError as error:
        return error.text
    return None


def _value(question: Question, answer: str) -> str:
    if isinstance(question, ListQuestion):
        items = items_of(answer)
        return "".join(f"\n  - {_scalar(item)}" for item in items) if items else " []"
    if isinstance(question, ProseQuestion) and "\n" in answer and all(map(_stands_in_a_block, answer)):
        return " |2-\n" + "\n".join(f"  {line}".rstrip() for line in answer.split("\n"))
    return f" {_scalar(answer)}" if answer else ""


def _stands_in_a_block(letter: str) -> bool:
    return letter.isprintable() or letter == "\n"


def _scalar(text: str) -> str:
    """Return a text as YAML, quoted where it could be read as anything else."""
    if _PLAIN.fullmatch(text) and text.lower() not in _NO_WORDS:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    escaped = re.sub("[\u0085\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", escaped)  # YAML ends lines there
    return f'"{escaped}"'


def _no_value() -> Text:
    return Text(fr="attendu : une seule réponse, ou une liste simple", en="expected one answer, or a plain list")


def _not_text() -> Text:
    return Text(
        fr="ce n'est pas de l'UTF-8 ; enregistrez le fichier en UTF-8", en="this is not UTF-8; save the file as UTF-8"
    )
