"""The debrief made ready for the lab page: each thing under one heading, and names of the lab set as code."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from html import escape

from orchestrator.core.language import Language, printed
from orchestrator.core.text import Text

_BROKEN = {
    "fr": frozenset({"ce qui était en panne", "ce qui était cassé", "ce qui n'allait pas"}),
    "en": frozenset({"what was broken", "what was wrong"}),
}
"""Under which headings authors tell what the lab tells too, in small letters."""
_HEADING = re.compile(r"\s*(?P<level>#{1,2}) +(?P<text>[^\n]*?)[ #]*(?:\n|\Z)")
_CODE = re.compile(
    r"«[ \N{NO-BREAK SPACE}](?P<french>[^«»]+)[ \N{NO-BREAK SPACE}]»"
    r"|(?<!\w)'(?P<english>[^']+)'(?!\w)"
    r"|(?P<bare>\$\w+|\b[a-z][\w+.-]*:/[\w:@/.-]*\w|\d+(?:\.\d+){3}(?:/\d+)?|(?<![\w./])/[\w./-]*\w"
    r"|\b[a-z][\w-]*(?:\.\w+)*[._]\w+\b)"
)
"""What is quoted; a variable; the address of a service (``ldap://…``) or of a host; a path; a name with a dot or an
underscore in it."""


@dataclass(frozen=True)
class ToldDebrief:
    """An author's debrief in one language: ``heading`` is that of what was broken, with which it begins, or empty."""

    heading: str
    rest: str


def told_debrief(debrief: Text, title: Text, language: Language) -> ToldDebrief:
    """Return a debrief without the headings that the page has already: the lab's title, and that of what was broken."""
    rest, heading = debrief.in_(language), ""
    while not heading and (found := _HEADING.match(rest)):
        text = found["text"].strip()
        if _plain(text) in _BROKEN[language]:
            heading = text
        elif found["level"] != "#" or _plain(text) != _plain(title.in_(language)):
            break
        rest = rest[found.end() :]
    return ToldDebrief(heading, rest)


def _plain(text: str) -> str:
    return text.replace("’", "'").replace("\N{NO-BREAK SPACE}", " ").strip().casefold()


def with_code(sentence: Text, language: Language, names: Collection[str]) -> str:
    """Return a sentence about a lab as HTML, in which rules, variables, addresses, paths and names are set as code.

    Args:
        sentence: plain text.
        language: which of its languages; only what is no code gets the spaces and apostrophes of French.
        names: what the lab's machines are called.
    """
    known = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    pattern = re.compile(rf"{_CODE.pattern}|(?<![\w.-])(?P<name>{known})(?![\w-])" if known else _CODE.pattern)
    text, made, at = sentence.in_(language), "", 0
    for found in pattern.finditer(text):
        code = next(part for part in found.groups() if part is not None)
        made += _prose(text[at : found.start()], language) + f"<code>{escape(code)}</code>"
        at = found.end()
    return made + _prose(text[at:], language)


def _prose(text: str, language: Language) -> str:
    return escape(printed(text) if language == "fr" else text)
