"""What Python says of a file that it cannot read, at its place and in both languages."""

from __future__ import annotations

import ast
import bisect
import re
from pathlib import Path
from typing import Final

from orchestrator.core.errors import ContentError, Place, Problem
from orchestrator.core.text import Text

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
    if (cookie := _other_encoding(source)) is not None:
        line, name = cookie
        text = Text(
            fr=f"ce fichier se dit codé en « {name} », mais il est lu en UTF-8 ; retirez cette ligne",
            en=f'this file says that its encoding is "{name}", but it is read as UTF-8; remove this line',
        )
        raise ContentError((Problem(Place.of(path, line), text),))
    try:
        return ast.parse(source, filename=path.name)
    except (RecursionError, MemoryError) as error:
        raise too_deep(path, _line_of_depth(source)) from error
    except SyntaxError as error:
        line = error.lineno or _line_of_nul(source)
        raise _invalid(error.msg, Place.of(path, line, max(error.offset or 0, 0))) from error
    except ValueError as error:  # a NUL byte, in Python 3.11
        raise _invalid(str(error), Place.of(path, _line_of_nul(source), 0)) from error


def too_deep(path: Path, line: int = 0) -> ContentError:
    """Return the error of a file whose code is nested too deeply."""
    text = Text(fr="trop de niveaux d'imbrication dans ce code", en="this code is nested in too many levels")
    return ContentError((Problem(Place.of(path, line), text),))


def _other_encoding(source: str) -> tuple[int, str] | None:
    """Return the line and name of another encoding than UTF-8 that a file claims, by which Python would read it.

    Whoever grades runs what Python reads: it must be the text that was looked at here.
    """
    for number, line in enumerate(_LINE_END.split(source, maxsplit=2)[:2], 1):
        found = _COOKIE.match(line)
        if found is not None and not _UTF_8.fullmatch(found[1]):
            return number, found[1]
    return None


def _line_of_depth(source: str) -> int:
    """Return the line that makes a file too deep: Python does not say."""
    lines = source.splitlines(keepends=True)

    def is_too_deep(line: int) -> bool:
        try:
            ast.parse("".join(lines[: line + 1]))
        except (RecursionError, MemoryError):
            return True
        except (SyntaxError, ValueError):  # cut off here, it is no whole statement
            return False
        return False

    return min(bisect.bisect_left(range(len(lines)), x=True, key=is_too_deep) + 1, len(lines))


_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_COOKIE: Final = re.compile(r"[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)")
"""Where the first two lines of a file name its encoding (PEP 263)."""
_UTF_8: Final = re.compile(r"utf8|utf[-_]8([-_].*)?", re.IGNORECASE)


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
