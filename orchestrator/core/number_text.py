"""Numbers as a person reads them: 12,288.5 in English; in French a comma, and thousands apart by no-break spaces."""

from __future__ import annotations

from typing import Final

from orchestrator.core.text import Text

_FRENCH: Final = str.maketrans({",": "\N{NO-BREAK SPACE}", ".": ","})


def number_text(number: float, form: str = ",") -> Text:
    """Return a number in both languages.

    Args:
        number: it.
        form: how it is written, as for ``format``; ``,`` there has thousands stand apart.
    """
    english = format(number, form)
    return Text(fr=english.translate(_FRENCH), en=english)
