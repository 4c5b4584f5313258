"""Words and values of configuration files, and the ways to write them that are equal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from grader.lines import lines_in, words_in

BLANK: Final = " \t"
_PIECE: Final = re.compile(r"""[ \t]+|"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^ \t"'\\]+|.""")
_PLAIN: Final = re.compile(r"\"[A-Za-z0-9./_@:+=-]+\"|'[A-Za-z0-9./_@:+=-]+'")
_SPAN: Final = re.compile(r"[ \t]*([0-9]{1,15}(?:\.[0-9]{1,6})?)[ \t]*([A-Za-zµ]*)")
SYSTEMD_TIMES: Final[Mapping[str, Decimal]] = {
    word: Decimal(seconds)
    for words, seconds in (
        ("usec us µs", "0.000001"),
        ("msec ms", "0.001"),
        ("seconds second sec s", "1"),
        ("minutes minute min m", "60"),
        ("hours hour hr h", "3600"),
        ("days day d", "86400"),
        ("weeks week w", "604800"),
    )
    for word in words.split()
}
SHORT_TIMES: Final[Mapping[str, Decimal]] = {unit: SYSTEMD_TIMES[unit] for unit in ("ms", "s", "m", "h", "d", "w")}


def squeezed(line: str) -> str:
    """Return a line with one blank where it has several, outside quotes; as it is where a quote is not closed."""
    line = line.strip(BLANK)
    pieces: list[str] = _PIECE.findall(line)
    if any(piece in {'"', "'"} for piece in pieces):
        return line
    return "".join(" " if piece[0] in BLANK else piece for piece in pieces)


def uncommented(line: str, mark: str = "#", *, behind_blank: bool = False) -> str:
    """Return a line without the comment that a mark begins outside quotes.

    Args:
        line: the line.
        mark: what begins a comment.
        behind_blank: a comment begins only behind a blank, or with the line.

    Raises:
        ValueError: a quote is not closed, or a backslash stands before a sign; programs differ there.
    """
    if mark not in line:
        return line
    kept = ""
    pieces: list[str] = _PIECE.findall(line)
    for piece in pieces:
        quoted = piece[0] in "\"'"
        if piece[0] == "\\" or (quoted and len(piece) == 1):
            raise ValueError("a mark that may begin a comment")
        at = -1 if quoted else piece.find(mark)
        if at >= 0 and behind_blank and (at or kept.rstrip(BLANK) == kept != ""):
            at = -1
        if at >= 0:
            return kept + piece[:at]
        kept += piece
    return kept


def joined_lines(text: str, marks: str = "#", *, comments_within: bool = False, joint: str = "") -> list[str]:
    r"""Return the lines that are neither blank nor comments; a ``\`` at the end of one joins the next.

    Args:
        text: the text.
        marks: what begins a comment where a line begins.
        comments_within: comments between joined lines are left out, as systemd does, and end with their line.
        joint: what stands in place of the ``\``.

    Raises:
        ValueError: programs differ in what they would make of the joined lines.
    """
    found: list[str] = []
    open_ended = False
    for line in lines_in(text):
        words = line.strip(BLANK)
        if words[:1] and words[0] in marks:
            if (open_ended or words.endswith("\\")) and not comments_within:
                raise ValueError("a comment amid joined lines")
            continue
        if open_ended and not words:
            raise ValueError("a blank line amid joined lines")
        if not words:
            continue
        if words.endswith("\\") and (not line.endswith("\\") or words.endswith("\\\\")):
            raise ValueError("a backslash that may join lines")
        ends = line.endswith("\\")
        part = line[:-1] + joint if ends else line
        if open_ended:
            if not joint and found[-1][-1:] not in ("", *BLANK) and part[0] not in BLANK:
                raise ValueError("lines joined within a word")
            found[-1] += part
        else:
            found.append(part)
        open_ended = ends
    if open_ended:
        raise ValueError("nothing behind the last backslash")
    return [line.strip(BLANK) for line in found]


def plain_lines(text: str, marks: str = "#", *, joins: bool = False) -> list[str]:
    """Return the lines that are neither blank nor comments, in formats that join no lines.

    Args:
        text: the text.
        marks: what begins a comment where a line begins.
        joins: the format may join lines.

    Raises:
        ValueError: the format may join lines, and one ends as if it did.
    """
    if joins and re.search(r"\\[ \t]*$", text, re.MULTILINE):
        raise ValueError("a backslash that may join lines")
    lines = (line.strip(BLANK) for line in lines_in(text))
    return [line for line in lines if line and line[0] not in marks]


def lines_of_words(text: str) -> list[str]:
    """Return the lines with one blank between their words; a ``#`` anywhere begins a comment."""
    lines = (line.split("#", 1)[0] for line in lines_in(text))
    return [" ".join(words_in(line)) for line in lines if line.strip(BLANK)]


def ordered_by(statements: Iterable[tuple[str | None, str]]) -> list[str]:
    """Return statements sorted by their keys, those of one key in their order; none passes one whose key is None."""
    found: list[str] = []
    run: list[tuple[str, str]] = []
    for key, statement in statements:
        if key is not None:
            run.append((key, statement))
            continue
        found += [*_sorted(run), statement]
        run = []
    return [*found, *_sorted(run)]


def _sorted(run: list[tuple[str, str]]) -> list[str]:
    return [statement for _, statement in sorted(run, key=lambda pair: pair[0])]


def by_keyword(statements: Iterable[str]) -> list[str]:
    """Return statements sorted by their first word, those of one word in their order."""
    return ordered_by((keyword(statement), statement) for statement in statements)


def keyword(statement: str) -> str:
    """Return the first word of a statement."""
    return statement.split(" ", 1)[0]


def lowered(word: str) -> str:
    """Return a word in small letters; one with others than ASCII's stays, as their case is told in several ways."""
    return word.lower() if word.isascii() else word


def lowered_keyword(statement: str) -> str:
    """Return a statement with its first word in small letters."""
    first, *rest = statement.split(" ", 1)
    return " ".join((lowered(first), *rest))


def unquoted(line: str) -> str:
    """Return a squeezed line without the quotes around words that would be the same without them."""
    pieces: list[str] = _PIECE.findall(line)
    around = [" ", *pieces, " "]
    return "".join(
        piece[1:-1] if _PLAIN.fullmatch(piece) and around[place] == " " == around[place + 2] else piece
        for place, piece in enumerate(pieces)
    )


def span(value: str, units: Mapping[str, Decimal], default: str | None = None) -> str:
    """Return a span of time in seconds, such as ``90s`` for ``1m 30s``; as it is where it is none.

    Args:
        value: the span.
        units: how many seconds the units have.
        default: the unit of a number without one; None leaves such a value as it is.
    """
    total, at = Decimal(0), 0
    while at < len(value):
        part = _SPAN.match(value, at)
        unit = (part[2] or default or "") if part else ""
        if part is None or unit not in units or (not part[2] and part.end() != len(value)):
            return value
        total += Decimal(part[1]) * units[unit]
        at = part.end()
    return f"{total.normalize():f}s" if value else value


def setting(name: str, value: str) -> str:
    """Return a statement for a name that has a value."""
    return f"{name} = {value}".rstrip(BLANK)
