"""What a program can see of good French: a drawn name after a word that some names elide."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from orchestrator.core.elision import begins_with_vowel
from orchestrator.core.errors import Place, Problem
from orchestrator.core.text import Text
from orchestrator.loader.scenario_folder import ScenarioFolder
from orchestrator.loader.yaml_source import KeyPath
from orchestrator.model.scenario import (
    ChoiceVariable,
    HostVariable,
    LoginVariable,
    PersonVariable,
    Scenario,
    Variable,
)

_BARE: Final = re.compile(
    r"\b(de|que|lorsque|puisque|quoique|jusque)\s+\{\{-?\s*([a-z_]\w*)(?:\.(\w+))?\s*-?\}\}", re.IGNORECASE
)
"""A word that French elides, before a value that is put in as it is."""
_NAMES: Final = frozenset({"first", "last", "full", "login"})


def names_are_elided(scenario: Scenario, loaded: ScenarioFolder) -> Iterable[Problem]:
    """Yield a problem for each "de" or "que" before a drawn name that some seed makes wrong: "de Océane"."""
    variables = scenario.document.variables
    for text, place in _french(scenario, loaded):
        for found in _BARE.finditer(text):
            word, name, part = found.groups()
            if name in variables and _may_begin_with_vowel(variables[name], part):
                value = name if part is None else f"{name}.{part}"
                line = place.line + text.count("\n", 0, found.start()) if place.line else 0
                yield Problem(Place(place.file, line), _to_be_elided(word, value))


def _to_be_elided(word: str, value: str) -> Text:
    elided = f"{word[:-1]}'"
    hint = f"{{{{ {value} | {word.lower()} }}}}" if word.lower() in {"de", "que"} else "…"
    return Text(
        fr=f"« {word} » devant « {value} » : certains noms tirés demandent « {elided} » ; écrivez « {hint} »",
        en=f'"{word}" before "{value}": some drawn names ask for "{elided}"; write "{hint}"',
    )


def _may_begin_with_vowel(variable: Variable, part: str | None) -> bool:
    match variable:
        case PersonVariable():
            return part in _NAMES
        case LoginVariable():
            return True
        case ChoiceVariable() | HostVariable():
            return any(begins_with_vowel(value) for value in variable.of if value)
        case _:
            return False


def _french(scenario: Scenario, loaded: ScenarioFolder) -> Iterator[tuple[str, Place]]:
    """Yield every French text of a scenario, with the place of its first line."""
    if scenario.document.ticket_language != "en":
        yield scenario.ticket.fr, Place.of(scenario.folder / "ticket.fr.md", 1)
    yield scenario.debrief.fr, Place.of(scenario.folder / "debrief.fr.md", 1)
    for source in loaded.files.sources.values():
        for path, text in _strings(source.value):
            if path[-1] == "fr":
                yield text, source.text_place(path)
    for check in (check for file in loaded.files.checks for check in file.checks):
        for sentence in (check.fr, *check.before[:1]):
            if sentence is not None:
                yield sentence.source, sentence.place


def _strings(value: object, path: KeyPath = ("",)) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, str):
        yield path[1:] or path, value
    elif isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _strings(item, (*path, key))
