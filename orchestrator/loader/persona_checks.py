"""Do the people who answer hold together? One small function per question that needs no variant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from orchestrator.core.errors import Problem
from orchestrator.core.language import Language
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.loader.scenario_folder import ScenarioFolder
from orchestrator.loader.yaml_source import KeyPath
from orchestrator.model.persona import ActStep, Persona, PersonaAnswer, PersonaDocument
from orchestrator.model.scenario import PersonVariable
from orchestrator.model.turns import COMMON_FACTS
from orchestrator.personas.dialogue import LOST
from orchestrator.personas.phrase_book import common_phrases, spelled_out, tokens_of_phrase
from orchestrator.personas.slots import SLOTS

_KINDS: Final = ("good", "rude", "forgetful")
_PLACEHOLDER: Final = re.compile(r"(?<!\{)\{([a-z_]+)\}(?!\})")
_LANGUAGES: Final[tuple[Language, ...]] = ("fr", "en")


@dataclass(frozen=True)
class _Asked:
    """A persona with its file."""

    persona: Persona
    loaded: ScenarioFolder

    @property
    def document(self) -> PersonaDocument:
        return self.persona.document

    def problem(self, path: KeyPath, fr: str, en: str, *, key: bool = False) -> Problem:
        return Problem(self.loaded.files.place(self.persona.source, path, key=key), Text(fr=fr, en=en))

    def unknown(self, path: KeyPath, text: Text, name: str, known: Iterable[str]) -> Problem:
        return Problem(self.loaded.files.place(self.persona.source, path), with_suggestion(text, name, tuple(known)))


def personas_hold_together(loaded: ScenarioFolder) -> Iterator[Problem]:
    """Yield what is wrong in the personas of a scenario, file by file."""
    people: dict[str, Persona] = {}
    for persona in loaded.files.personas:
        asked = _Asked(persona, loaded)
        person = persona.document.person
        if person is not None and person in people:
            other = people[person].source.name
            yield asked.problem(("person",), f"{other} est déjà cette personne", f"{other} is this person already")
        people[person or ""] = persona
        for question in _QUESTIONS:
            yield from question(asked)


def _the_person_is_drawn(asked: _Asked) -> Iterator[Problem]:
    variables = asked.loaded.document.variables
    name, document = asked.document.person, asked.document
    stated = document.full is not None and document.login is not None
    if (name is None) != stated or (name is not None and (document.full or document.login)):
        yield asked.problem(
            ("person",) if name is not None else ("role",),
            "dites qui c'est : « person », une variable, ou bien « full » et « login »",
            'say who it is: "person", a variable, or else "full" and "login"',
            key=True,
        )
    if name is None:
        return
    people = [one for one, variable in variables.items() if isinstance(variable, PersonVariable)]
    if name not in people:
        text = Text(
            fr=f"« {name} » n'est pas une variable qui tire une personne (« draw: person »)",
            en=f'"{name}" is no variable that draws a person ("draw: person")',
        )
        yield asked.unknown(("person",), text, name, people)


def _facts_are_known(asked: _Asked) -> Iterator[Problem]:
    known = {*asked.document.facts, *COMMON_FACTS, LOST}
    brought = {*_brought(asked.document), LOST}
    for path, name, needed in _named_facts(asked.document):
        if name not in known:
            text = Text(
                fr=f"fait inconnu « {name} » : dites-le sous « facts »",
                en=f'unknown fact "{name}": state it under "facts"',
            )
            yield asked.unknown(path, text, name, known)
        elif needed and name not in brought:
            yield asked.problem(
                path,
                f"rien n'amène jamais « {name} » : aucune réponse ne l'a dans « sets »",
                f'nothing ever brings "{name}" about: no answer has it in "sets"',
            )
    for name in asked.document.facts:
        if name in COMMON_FACTS or name == LOST:
            yield asked.problem(
                ("facts", name), f"« {name} » existe déjà partout", f'"{name}" exists everywhere already', key=True
            )
        elif name not in brought:
            yield asked.problem(
                ("facts", name),
                f"rien n'amène jamais « {name} » : aucune réponse ne l'a dans « sets »",
                f'nothing ever brings "{name}" about: no answer has it in "sets"',
                key=True,
            )


def _brought(document: PersonaDocument) -> frozenset[str]:
    """Return the facts that some answer brings about."""
    found = {name for answer in document.answers for name in answer.sets}
    return frozenset(found | {n for a in document.answers if a.otherwise is not None for n in a.otherwise.sets})


def _named_facts(document: PersonaDocument) -> Iterator[tuple[KeyPath, str, bool]]:
    """Yield each fact that is named, with its path, and whether something must bring it about."""
    yield from _facts_of_answers(document)
    for i, dialogue in enumerate(document.dialogues):
        for j, line in enumerate(dialogue.lines):
            for k, name in enumerate(line.sets):
                yield ("dialogues", i, "lines", j, "sets", k), name, True
        for key in ("facts", "without"):
            for j, name in enumerate(getattr(dialogue.comes_of, key)):
                yield ("dialogues", i, "comes_of", key, j), name, key == "facts"


def _facts_of_answers(document: PersonaDocument) -> Iterator[tuple[KeyPath, str, bool]]:
    for i, answer in enumerate(document.answers):
        kinds: tuple[tuple[Literal["requires", "unless", "sets", "clears"], bool], ...] = (
            ("requires", True),
            ("unless", True),
            ("sets", False),
            ("clears", True),
        )
        for key, needed in kinds:
            for j, name in enumerate(getattr(answer, key)):
                yield ("answers", i, key, j), name, needed
        for key in ("sets", "clears"):
            for j, name in enumerate(getattr(answer.otherwise, key, ())):
                yield ("answers", i, "otherwise", key, j), name, key == "clears"


def _intents_are_known(asked: _Asked) -> Iterator[Problem]:
    document, common = asked.document, common_phrases("en").intents
    known = (*common, *document.intents)
    for path, name in _named_intents(document):
        if name not in known:
            text = Text(fr=f"intention inconnue « {name} »", en=f'unknown intent "{name}"')
            yield asked.unknown(path, text, name, known)
    answered = {name for answer in document.answers for name in answer.to}
    for name in document.intents:
        if name in common:
            yield asked.problem(
                ("intents", name),
                f"« {name} » est une intention commune : répondez-y, ses phrases sont connues",
                f'"{name}" is a common intent: answer it, its phrases are known',
                key=True,
            )
        elif name not in answered:
            yield asked.problem(
                ("intents", name), f"personne ne répond à « {name} »", f'nobody answers "{name}"', key=True
            )


def _named_intents(document: PersonaDocument) -> Iterator[tuple[KeyPath, str]]:
    for i, answer in enumerate(document.answers):
        yield from ((("answers", i, "to", j), name) for j, name in enumerate(answer.to))
    yield from ((("patience", "costs", name), name) for name in document.patience.costs)
    for i, dialogue in enumerate(document.dialogues):
        for j, line in enumerate(dialogue.lines):
            if line.understood is not None:
                yield ("dialogues", i, "lines", j, "understood"), line.understood
        yield from ((("dialogues", i, "comes_of", "acted", j), name) for j, name in enumerate(dialogue.comes_of.acted))


def _phrases_are_of_one_intent(asked: _Asked) -> Iterator[Problem]:
    if not asked.document.intents:
        return
    for language in _LANGUAGES:
        owners: dict[frozenset[str], str] = {}
        for intent in common_phrases(language).intents.values():
            for phrase in intent.phrases:
                owners.setdefault(tokens_of_phrase(phrase, language), intent.name)
        for name, own in asked.document.intents.items():
            for j, phrase in enumerate(getattr(own, language)):
                for text in spelled_out(phrase):
                    tokens = tokens_of_phrase(text, language)
                    other = owners.setdefault(tokens, name) if tokens else ""
                    if other != name:
                        yield _shared(asked, ("intents", name, language, j), other)
                        break


def _shared(asked: _Asked, path: KeyPath, other: str) -> Problem:
    if not other:
        return asked.problem(
            path, "il ne reste aucun mot de cette phrase qui compte", "no word of this phrase is left that counts"
        )
    return asked.problem(
        path,
        f"cette phrase est aussi de « {other} » : l'une des deux ne serait jamais comprise",
        f'this phrase is also one of "{other}": one of the two would never be understood',
    )


def _answers_can_be_reached(asked: _Asked) -> Iterator[Problem]:
    for i, answer in enumerate(asked.document.answers):
        contradictory = sorted({*answer.requires} & {*answer.unless})
        if contradictory:
            name = contradictory[0]
            yield asked.problem(
                ("answers", i, "unless"),
                f"« {name} » doit et ne doit pas être vrai",
                f'"{name}" must hold and must not hold',
            )
        before = [one for one in asked.document.answers[:i] if _is_always_first(one, answer)]
        taken = {name for one in before for name in one.to}
        if {*answer.to} <= taken:
            yield asked.problem(
                ("answers", i, "to"),
                "une réponse plus haut vaut toujours quand celle-ci vaut : on ne l'entendrait jamais",
                "an answer above always holds when this one does: it would never be heard",
            )


def _is_always_first(one: PersonaAnswer, later: PersonaAnswer) -> bool:
    """Return whether an earlier answer holds whenever a later one does."""
    same = one.when is None or one.when == later.when
    return same and {*one.requires} <= {*later.requires} and {*one.unless} <= {*later.unless}


def _acts_can_be_done(asked: _Asked) -> Iterator[Problem]:
    for i, answer in enumerate(asked.document.answers):
        path: KeyPath = ("answers", i)
        if answer.acts and answer.restates is None:
            yield asked.problem(
                path,
                "dites sous « restates » comment la personne redit ce qu'elle va faire",
                'say under "restates" how they repeat what they are going to do',
            )
        if not answer.acts and (answer.restates or answer.declined):
            yield asked.problem(
                (*path, "restates" if answer.restates else "declined"),
                "il n'y a rien à redire : cette réponse n'a pas d'« acts »",
                'there is nothing to repeat: this answer has no "acts"',
                key=True,
            )
        for j, step in enumerate(answer.acts):
            yield from _step_can_be_done(asked, (*path, "acts", j), step)
        if answer.looks is not None and answer.looks.host is None and asked.document.host is None:
            yield _no_host(asked, (*path, "looks"))
        if answer.otherwise is not None and not answer.acts and answer.looks is None:
            yield asked.problem(
                (*path, "otherwise"),
                "sans « looks » ni « acts », il n'y a pas d'autre cas",
                'without "looks" or "acts" there is no other case',
                key=True,
            )


def _step_can_be_done(asked: _Asked, path: KeyPath, step: ActStep) -> Iterator[Problem]:
    if len(step.all) != 1:
        yield asked.problem(
            path,
            "un geste est un seul parmi cable, shell, reboot, types",
            "an act is exactly one of cable, shell, reboot, types",
        )
    elif step.all[0].host is None and asked.document.host is None:
        yield _no_host(asked, path)
    if step.cable is not None:
        moved = step.cable.plug is not None or step.cable.segment is not None
        if moved == bool(step.cable.replace):
            yield asked.problem(
                (*path, "cable"),
                "dites ce que devient le câble : « plug », « segment », ou « replace: true » sans rien d'autre",
                'say what becomes of the cable: "plug", "segment", or "replace: true" and nothing else',
            )


def _no_host(asked: _Asked, path: KeyPath) -> Problem:
    return asked.problem(
        path,
        "sur quelle machine ? dites « host » ici, ou pour la personne",
        'on which host? say "host" here, or for the person',
    )


def _placeholders_are_known(asked: _Asked) -> Iterator[Problem]:
    for i, answer in enumerate(asked.document.answers):
        texts = {
            ("restates",): (answer.restates, False),
            ("says",): (answer.says, bool(answer.acts or answer.looks)),
            ("otherwise", "says"): (answer.otherwise and answer.otherwise.says, True),
        }
        for path, (text, sees) in texts.items():
            for language in _LANGUAGES:
                for name in _PLACEHOLDER.findall(text.in_(language) if text else ""):
                    known = (*SLOTS, *(("seen",) if sees else ()))
                    if name not in known:
                        what = Text(fr=f"« {{{name}}} » n'est rien ici", en=f'"{{{name}}}" stands for nothing here')
                        yield asked.unknown(("answers", i, *path, language), what, name, known)


def _three_dialogues(asked: _Asked) -> Iterator[Problem]:
    stated = {dialogue.kind for dialogue in asked.document.dialogues}
    missing = [kind for kind in _KINDS if kind not in stated]
    if missing:
        listed = ", ".join(missing)
        path: KeyPath = ("dialogues",) if asked.document.dialogues else ("answers",)
        yield asked.problem(
            path,
            f"il manque un dialogue de chaque sorte à jouer : {listed}",
            f"one dialogue of each kind is to be played, and lacks: {listed}",
            key=True,
        )


_QUESTIONS: Final[tuple[Callable[[_Asked], Iterable[Problem]], ...]] = (
    _the_person_is_drawn,
    _facts_are_known,
    _intents_are_known,
    _phrases_are_of_one_intent,
    _answers_can_be_reached,
    _acts_can_be_done,
    _placeholders_are_known,
    _three_dialogues,
)
"""Every question about a persona."""
