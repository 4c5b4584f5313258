"""What Python says of a file that it cannot read, at its place and in both languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

from orchestrator.errors import ContentError, Place, Problem
from orchestrator.text import Text

_REASONS: Final = (
    # CPython's words, of any version since 3.11 -> the same in French, and what to look for.
    (r"'(?P<what>.)' was never closed", "« {what} » n'est jamais fermé"),
    (r"unmatched '(?P<what>.)'", "« {what} » ferme ce qui n'est pas ouvert"),
    (
        r"closing parenthesis '(?P<what>.)' does not match opening parenthesis '(?P<other>.)'.*",
        "« {what} » ne ferme pas « {other} »",
    ),
    (r"expected ':'", "il manque « : » à la fin de la ligne"),
    (r"invalid syntax\. Perhaps you forgot a comma\??", "il manque peut-être une virgule"),
    (r"invalid syntax\. Maybe you meant '==' .*", "une comparaison s'écrit « == »"),
    (r"invalid syntax.*", "syntaxe incorrecte ici, ou juste avant"),
    (r"(unterminated|EOL while scanning|EOF while scanning).*", "un guillemet n'est pas fermé"),
    (r"unindent does not match.*", "le retrait de cette ligne ne correspond à aucune des précédentes"),
    (r"unexpected indent", "cette ligne est en retrait sans raison"),
    (r"expected an indented block.*", "il manque une ligne en retrait"),
    (r"inconsistent use of tabs.*", "tabulations et espaces sont mélangés dans le retrait : prenez des espaces"),
    (r"invalid character '(?P<what>.)'.*", "le caractère « {what} » n'est pas permis hors d'un texte"),
    (r"invalid non-printable character (?P<what>\S+)", "le caractère invisible {what} n'est pas permis"),
    (r"f-string.*", 'le texte f"…" n\'est pas juste : vérifiez ses accolades'),
    (r"unexpected character after line continuation.*", "« \\ » en fin de ligne est suivi d'autre chose"),
    (r"unexpected EOF.*", "le fichier s'arrête trop tôt"),
    (r"cannot assign to .*", "ce qui est à gauche de « = » ne peut pas recevoir de valeur"),
    (r"positional argument follows keyword argument.*", "un argument sans nom suit un argument nommé"),
    (r".*null bytes", "le fichier contient un octet nul"),
)


def parse_python(source: str, path: Path) -> ast.Module:
    """Return the tree of the Python file at ``path``, whose text is ``source``, without running it.

    Raises a ContentError where Python cannot read it.
    """
    try:
        return ast.parse(source, filename=path.name)
    except SyntaxError as error:
        line = error.lineno or _line_of_nul(source)
        raise _invalid(error.msg, Place.of(path, line, max(error.offset or 0, 0))) from error
    except ValueError as error:  # a NUL byte, in Python 3.11
        raise _invalid(str(error), Place.of(path, _line_of_nul(source), 0)) from error


def _line_of_nul(source: str) -> int:
    # Python does not say where a NUL byte stands.
    return source.partition("\0")[0].count("\n") + 1


def _invalid(reason: str, place: Place) -> ContentError:
    text = Text(fr=f"Python invalide : {in_french(reason)}", en=f"invalid Python: {reason}")
    return ContentError((Problem(place, text),))


def in_french(reason: str) -> str:
    """Return in French what Python says of a file that it cannot read."""
    for pattern, french in _REASONS:
        if found := re.fullmatch(pattern, reason):
            return french.format(**found.groupdict())
    return f"Python dit « {reason} »"
