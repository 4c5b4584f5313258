"""What Jinja2 says of a template that is wrong, in words that lead an author to the repair, in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from orchestrator.core.text import Text, same

_ENDS: Final[Mapping[str, str]] = {
    "end of print statement": "}}",
    "end of statement block": "%}",
    "begin of statement block": "{%",
    "end of template": "…",
}


def in_words(message: str) -> Text:
    """Return one of Jinja2's (or of Python's) messages as a text; one that is not known stays as it is."""
    for pattern, words in _WORDS:
        if found := pattern.search(message):
            return words(*(_ENDS.get(group or "", group or "") for group in found.groups()))
    return same(message)


def _unclosed(block: str) -> Text:
    return Text(
        fr=f"le bloc « {block} » n'est pas fermé : ajoutez {{% end{block} %}}",
        en=f'the block "{block}" is not closed: add {{% end{block} %}}',
    )


def _unknown_tag(tag: str, block: str) -> Text:
    if block:
        return Text(
            fr=f"{{% {tag} %}} ne convient pas ici : le bloc « {block} » d'abord, {{% end{block} %}}",
            en=f'{{% {tag} %}} does not fit here: the block "{block}" first, {{% end{block} %}}',
        )
    return Text(
        fr=f"{{% {tag} %}} n'existe pas, ou ne ferme aucun bloc", en=f"{{% {tag} %}} does not exist, or closes no block"
    )


def _expected(wanted: str, seen: str) -> Text:
    if seen == "=":
        return Text(fr="« = » inattendu : une comparaison s'écrit « == »", en='unexpected "=": a comparison is "=="')
    return Text(fr=f"« {seen} » inattendu ; attendu : « {wanted} »", en=f'unexpected "{seen}"; expected "{wanted}"')


_WORDS: Final[tuple[tuple[re.Pattern[str], Callable[..., Text]], ...]] = (
    (
        re.compile(r"Encountered unknown tag '(\w+)'(?:.*innermost block that needs to be closed is '(\w+)')?"),
        _unknown_tag,
    ),
    (re.compile(r"innermost block that needs to be closed is '(\w+)'"), _unclosed),
    (
        re.compile(r"[Ee]xpected an expression, got '(.+)'"),
        lambda seen: Text(
            fr=f"il manque une valeur ou un nom avant « {seen} »", en=f'a value or a name is missing before "{seen}"'
        ),
    ),
    (
        re.compile(r"unexpected end of template, expected '(.+)'"),
        lambda wanted: Text(
            fr=f"fin du texte inattendue ; attendu : « {wanted} »",
            en=f'the text ends unexpectedly; expected "{wanted}"',
        ),
    ),
    (re.compile(r"expected token '(.+)', got '(.+)'"), _expected),
    (re.compile(r"unexpected '(.+)', expected '(.+)'"), lambda seen, wanted: _expected(wanted, seen)),
    (
        re.compile(r"unexpected char [\"'](.+)[\"'] at"),
        lambda seen: Text(
            fr=f"caractère inattendu : {seen} (un texte s'ouvre et se ferme par le même guillemet)",
            en=f"unexpected character: {seen} (a text begins and ends with the same quote)",
        ),
    ),
    (
        re.compile(r"Missing end of comment tag"),
        lambda: Text(fr="le commentaire {# n'est pas fermé par #}", en="the comment {# is not closed by #}"),
    ),
    (
        re.compile(r"No (filter|test) named '(\w+)'"),
        lambda kind, name: Text(
            fr=f"{'filtre' if kind == 'filter' else 'test'} inconnu « {name} »", en=f'unknown {kind} "{name}"'
        ),
    ),
    (
        re.compile(r"access to attribute '(\w+)' of '(\w+)' object is unsafe"),
        lambda name, _kind: Text(
            fr=f"« {name} » n'est pas permis dans un modèle", en=f'"{name}" is not allowed in a template'
        ),
    ),
    (
        re.compile(r"the statement '(\w+)'( with a list of names)? is not allowed"),
        lambda name, listed: Text(
            fr=f"{{% {name} %}} n'est pas permis{' avec une liste de noms' if listed else ' : if, for et set le sont'}",
            en=f"{{% {name} %}} is not allowed{' with a list of names' if listed else ': only if, for and set are'}",
        ),
    ),
    (
        re.compile(r"too deeply nested"),
        lambda: Text(fr="trop de niveaux les uns dans les autres", en="too many levels within each other"),
    ),
    (
        re.compile(r"no loader for this environment"),
        lambda: Text(
            fr="un modèle ne peut pas en inclure un autre (include, import, extends)",
            en="a template cannot include another one (include, import, extends)",
        ),
    ),
    (
        re.compile(r"Range too big.*ranges larger than \w+ \((\d+)\)"),
        lambda most: Text(
            fr=f"range(…) est trop grand : {most} éléments au plus", en=f"range(…) is too big: at most {most} items"
        ),
    ),
    (
        re.compile(r"the value is None"),
        lambda: Text(fr="cette expression ne donne rien (None)", en="this expression gives nothing (None)"),
    ),
    (
        re.compile(r"division (?:or modulo )?by zero|modulo by zero"),
        lambda: Text(fr="division par zéro", en="division by zero"),
    ),
    (
        re.compile(r"can only concatenate str|unsupported operand type"),
        lambda: Text(
            fr="un texte et un nombre ne s'ajoutent pas : « ~ » les met bout à bout, « | int » fait un nombre",
            en='a text and a number cannot be added: "~" joins them, "| int" makes a number',
        ),
    ),
    (
        re.compile(r"'(\w+)' object is not (iterable|callable)"),
        lambda _kind, what: Text(
            fr="cette valeur n'est pas une liste" if what == "iterable" else "cette valeur n'est pas une fonction",
            en="this value is no list" if what == "iterable" else "this value is no function",
        ),
    ),
)
"""What a message looks like, and what it means; the first that fits counts."""
