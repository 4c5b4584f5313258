"""What labs' pages say for the command line, said for the browser: root's session is a terminal of the lab page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from orchestrator.core.language import Language
from orchestrator.core.text import Text

_SHELL = r"`breakfix\s+shell(?:\s+[\w-]+)?`"
_WORDS: Mapping[Language, Sequence[tuple[str, str]]] = {
    "fr": (
        (rf"\({_SHELL}\)", "(dans un terminal de cette page)"),
        (rf"\bde\s+{_SHELL}", "d'un terminal de cette page"),
        (rf"((?:\A|[.:!?]\s+|\n\s*\n|^\s*[-*]\s+)){_SHELL}", r"\1Un terminal de cette page"),
        (_SHELL, "un terminal de cette page"),
    ),
    "en": (
        (rf"\({_SHELL}\)", "(in a terminal on this page)"),
        (rf"((?:\A|[.:!?]\s+|\n\s*\n|^\s*[-*]\s+)){_SHELL}", r"\1A terminal on this page"),
        (_SHELL, "a terminal on this page"),
    ),
}
"""In each language, what is found and what is said instead, the more special first."""


def for_browser(page: Text) -> Text:
    """Return a lab's page, Markdown, as it is read beside the terminals of the portal; its other commands stay."""
    return Text(fr=_said(page.fr, "fr"), en=_said(page.en, "en"))


def _said(page: str, language: Language) -> str:
    for found, said in _WORDS[language]:
        page = re.sub(found, said, page, flags=re.MULTILINE)
    return page
