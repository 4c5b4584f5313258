"""What content says for the command line, said for the browser: a command is a part of the lab's page there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from orchestrator.core.language import Language
from orchestrator.core.text import Text

_SHELL = r"`breakfix\s+shell(?:\s+[\w-]+)?`"
_CABLE = r"`breakfix\s+cable\s+(?P<cable>[^`]*?)`"
_PLUGGED = r"`breakfix\s+cable\s+(?P<cable>[^`]*?)\s+plug`"
_FORWARD = r"`breakfix\s+forward\s+[^`]*`"
_MAP = r"`breakfix\s+map`"
_BEGINS = r"(?P<before>(?:\A|[.:!?]\s+|\n\s*\n|^\s*[-*]\s+))"
_WORDS: Mapping[Language, Sequence[tuple[str, str]]] = {
    "fr": (
        (r"^- \*\*En ligne de commande\*\*.*\n(?:[ ]{2}.*(?:\n|\Z))*", ""),
        (rf"\({_SHELL}\)", "(dans un terminal de la page du lab)"),
        (rf"\bde\s+{_SHELL}", "d'un terminal de la page du lab"),
        (rf"{_BEGINS}{_SHELL}", r"\g<before>Un terminal de la page du lab"),
        (_SHELL, "un terminal de la page du lab"),
        (
            rf"{_MAP}\s;\s{_CABLE} montre où mène un câble\s; suivi\s+de\s+[^.]*\.",
            "la page du lab les montre sous son plan ; on les y branche, débranche, remplace ou déplace.",
        ),
        (_MAP, "le plan, sur la page du lab"),
        (rf"avec\s+{_FORWARD}", "par *Pages web*, sur la page du lab"),
        (_FORWARD, "*Pages web*, sur la page du lab"),
        (r"sur\s+le\s+plan(?:\s+du\s+portail)?\s+ou\s+par\s+«\s+breakfix\s+cable[^»]*»", "sur la page du lab"),
        (r"Le\s+plan\s+du\s+portail,\s+ou\s+«\s+breakfix\s+cable[^»]*»,?", "Le plan de la page du lab"),
        (r"«\s+breakfix\s+cable[^»]*»", "le plan de la page du lab"),
        (
            r"avec\s+«\s+breakfix\s+forward[^»]*»,\s+dans\s+le\s+portail,",
            "par «\u00a0Pages web\u00a0», sur la page du lab,",
        ),
        (r"«\s+breakfix\s+talk[^»]*»", "l'onglet «\u00a0Parler\u00a0»"),
        (r"(\b[Ll]a\s+page\s+du\s+lab)\s+\(«\s+breakfix\s+lab\s+»\)", r"\1"),
        (
            rf"{_PLUGGED}, ou un câble neuf \(`replace`\)",
            r"Sur la page du lab, rebrancher le câble de \g<cable>, ou en mettre un neuf",
        ),
        (r"\s:\s`breakfix\s+cable\s+[^`]*\sreplace`", ", sur la page du lab"),
        (rf"\|\s{_CABLE}\s\|", "| *Câbles*, sur la page du lab |"),
        (rf"{_BEGINS}{_CABLE}", r"\g<before>Le plan de la page du lab"),
    ),
    "en": (
        (r"^- \*\*At the command line\*\*.*\n(?:[ ]{2}.*(?:\n|\Z))*", ""),
        (rf"\({_SHELL}\)", "(in a terminal on the lab's page)"),
        (rf"{_BEGINS}{_SHELL}", r"\g<before>A terminal on the lab's page"),
        (_SHELL, "a terminal on the lab's page"),
        (
            rf"{_MAP};\s{_CABLE} shows where a cable leads; followed\s+by\s+[^.]*\.",
            "the lab's page shows them below its map; there they are plugged in, unplugged, replaced or moved.",
        ),
        (_MAP, "the map, on the lab's page"),
        (rf"with\s+{_FORWARD}", "by *Web pages*, on the lab's page"),
        (_FORWARD, "*Web pages*, on the lab's page"),
        (r'on\s+the\s+(?:portal\'s\s+)?map\s+or\s+by\s+"breakfix\s+cable[^"]*"', "on the lab's page"),
        (r'The\s+portal\'s\s+map,\s+or\s+"breakfix\s+cable[^"]*",', "The map on the lab's page"),
        (r'"breakfix\s+cable[^"]*"', "the map on the lab's page"),
        (r'with\s+"breakfix\s+forward[^"]*",\s+in\s+the\s+portal,', 'by "Web pages", on the lab\'s page,'),
        (r'"breakfix\s+talk[^"]*"', 'the "Talk" tab'),
        (r'(\b[Tt]he\s+lab\'s\s+page)\s+\("breakfix\s+lab"\)', r"\1"),
        (
            rf"{_PLUGGED}, or a new cable \(`replace`\)",
            r"On the lab's page, plug the cable of \g<cable> back in, or put in a new one",
        ),
        (r":\s`breakfix\s+cable\s+[^`]*\sreplace`", ", on the lab's page"),
        (rf"\|\s{_CABLE}\s\|", "| *Cables*, on the lab's page |"),
        (rf"{_BEGINS}{_CABLE}", r"\g<before>The map on the lab's page"),
    ),
}
"""In each language, what is found and what is said instead, the more special first."""


def for_browser(page: Text) -> Text:
    """Return what somebody with a browser reads of a lab's page, a hint or a debrief; what is no command stays."""
    return Text(fr=_said(page.fr, "fr"), en=_said(page.en, "en"))


def _said(page: str, language: Language) -> str:
    if "breakfix" not in page:
        return page
    for found, said in _WORDS[language]:
        page = re.sub(found, said, page, flags=re.MULTILINE)
    return page
