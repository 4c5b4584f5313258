"""Characters that act on a terminal instead of being read: refused where content is read, shown wherever they come up.

A title, a file's name or what a command in a host printed may hold escape sequences, which would change colours, write
over lines or fill a clipboard, or marks that turn the direction of writing, by which a text reads otherwise than it is.
"""

from __future__ import annotations

import re
from typing import Final

CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Controls of ASCII but tabs and line ends, of ISO 6429 (C1), of bidirectional writing; halves of characters."""

_ENDS: Final = re.compile(r"[\t\n\r\u2028\u2029]")
"""What ends a line or moves within it, and is let through where a text may have several lines."""


def visible(text: str) -> str:
    r"""Return a text with each of these written out, such as ``\u001b``, which JSON reads as the character itself."""
    return CONTROLS.sub(lambda found: name_of(found[0]), text) if CONTROLS.search(text) else text


def in_one_line(text: str, longest: int) -> str:
    """Return a text that somebody else chose, such as a file's name, so that it stays within a line of ours.

    Controls are written out, ends of lines and tabs as well; of a long text only the end is kept, behind ``…``.

    Args:
        text: the text.
        longest: how many characters it may have.
    """
    line = _ENDS.sub(lambda found: name_of(found[0]), visible(text))
    return line if len(line) <= longest else f"…{line[len(line) - longest + 1 :]}"


def name_of(character: str) -> str:
    r"""Return how a character is written out, such as ``\u001b``."""
    return f"\\u{ord(character):04x}"
