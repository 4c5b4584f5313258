"""Click's own words in French, and French lines broken where French typography allows it.

Click asks gettext for them; rather than carry compiled catalogues for some thirty sentences, the functions that
its modules imported under gettext's usual names are replaced by a look-up in this table. A sentence that is not in
it stays English.
"""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Callable
from typing import Any

from orchestrator.cli import language_choice

_WORD = re.compile(r"\s*(?:«\s|\s(?=[»;:?!](?!\S))|\s(?=[»?!][,.;)])|\S)+\s*")
_MODULES = ("core", "decorators", "exceptions", "formatting", "parser", "shell_completion", "termui", "types")

MESSAGES = {
    "Usage:": "Utilisation :",
    "Options": "Options",
    "Commands": "Commandes",
    "Positional arguments": "Arguments",
    "Show the version and exit.": "Afficher la version.",
    "required": "obligatoire",
    "default: {default}": "par défaut : {default}",
    "env var: {var}": "variable : {var}",
    "Missing command.": "Il manque la commande.",
    "Missing argument": "Il manque l'argument",
    "Missing option": "Il manque l'option",
    "Missing parameter": "Il manque le paramètre",
    "Missing {param_type}": "Il manque : {param_type}",
    "Missing parameter: {param_name}": "Il manque le paramètre {param_name}",
    "No such option {name!r}.": "Option inconnue : {name}.",
    "No such option: {name}": "Option inconnue : {name}.",
    "No such command {name!r}.": "Commande inconnue : « {name} ».",
    "Did you mean {possibility}?": "Vouliez-vous dire {possibility} ?",
    "(Did you mean one of: {possibilities}?)": "Vouliez-vous dire l'un de : {possibilities} ?",
    "Invalid value: {message}": "Valeur refusée : {message}",
    "Invalid value for {param_hint}: {message}": "Valeur refusée pour {param_hint} : {message}",
    "{value!r} is not a valid {number_type}.": "« {value} » n'est pas un nombre entier.",
    "{value} is not in the range {range}.": "{value} est hors de l'intervalle {range}.",
    "{value!r} is not {choice}.": "« {value} » n'est pas {choice}.",
    "{value!r} is not one of {choices}.": "« {value} » n'est pas l'un de {choices}.",
    "Choose from:\n\t{choices}": "Au choix :\n\t{choices}",
    "Got unexpected extra argument ({args})": "Argument en trop : {args}",
    "Got unexpected extra arguments ({args})": "Arguments en trop : {args}",
    "Option {name!r} requires an argument.": "L'option {name} demande une valeur.",
    "Option {name!r} requires {nargs} arguments.": "L'option {name} demande {nargs} valeurs.",
    "Option {name!r} does not take a value.": "L'option {name} ne prend pas de valeur.",
    "{name} {filename!r} does not exist.": "{name} « {filename} » : introuvable.",
    "{name} {filename!r} is a file.": "{name} « {filename} » : c'est un fichier.",
    "{name} {filename!r} is a directory.": "{name} « {filename} » : c'est un dossier.",
    "{name} {filename!r} is not readable.": "{name} « {filename} » : lecture impossible.",
    "{name} {filename!r} is not writable.": "{name} « {filename} » : écriture impossible.",
    "file": "fichier",
    "directory": "dossier",
    "path": "chemin",
}


@functools.cache
def install() -> None:
    """Make Click speak French wherever that is the chosen language."""
    for name in _MODULES:
        functions = vars(importlib.import_module(f"click.{name}"))
        for known, ours in (("_", translate), ("ngettext", translate_count)):
            if known in functions:
                functions[known] = _in_french(ours, functions[known])


def _in_french(ours: Callable[..., str], clicks: Callable[..., str]) -> Callable[..., str]:
    def say(*words: Any) -> str:  # noqa: ANN401 - one sentence; or two, and a number
        return (ours if language_choice.chosen() == "fr" else clicks)(*words)

    return say


def keep_punctuation() -> None:
    """Make Rich break no line after an opening guillemet, or before a closing one and the high punctuation marks.

    Rich breaks at any white space, no-break spaces included, so that what it takes for one word has to be widened.
    """
    wrap = importlib.import_module("rich._wrap")
    if hasattr(wrap, "re_word"):
        vars(wrap)["re_word"] = _WORD


def translate(message: str) -> str:
    """Return one of Click's sentences in French."""
    return MESSAGES.get(message, message)


def translate_count(one: str, many: str, count: int) -> str:
    """Return one of two sentences in French by a number; in French 0 and 1 are singular."""
    return translate(one if count <= 1 else many)
