"""What is typed while a terminal does not show it: a password, as a rule. No recording keeps its letters."""

from __future__ import annotations

import contextlib
import termios
from typing import Final

HIDDEN: Final = "•"
"""What stands for each character that was typed while the terminal did not show it."""
_KEPT: Final = "\r\n\x7f\x08\x03\x04"
"""Keys that end, mend or cut a line: they are kept as they are."""


def hides(master: int) -> bool:
    """Return whether a line is read that a terminal does not show.

    Args:
        master: the descriptor of the terminal's master.
    """
    with contextlib.suppress(termios.error, OSError):
        flags = termios.tcgetattr(master)[3]
        return bool(flags & termios.ICANON) and not flags & termios.ECHO
    return False


def masked(typed: str) -> str:
    """Return what was typed without its letters."""
    return "".join(key if key in _KEPT else HIDDEN for key in typed)
