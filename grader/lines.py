"""Lines and words as the kernel, the C library and most programs tell them.

Python ends lines and words at more characters: what somebody writes behind one of those would seem to stand in a line,
or a word, of its own.
"""

from __future__ import annotations

import re

BLANKS = " \t\n\v\f\r"
"""What isspace(3) takes for a blank, in the C locale."""
_WORD = re.compile(f"[^{BLANKS}]+")


def lines_in(text: str) -> list[str]:
    """Return the lines of a text, as line feeds end them."""
    return text.removesuffix("\n").split("\n") if text else []


def words_in(line: str) -> list[str]:
    """Return the words of a line, as blanks of the C locale part them."""
    return _WORD.findall(line)
