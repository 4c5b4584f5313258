"""Single keys typed at the terminal, without Enter and without an echo; Ctrl-C stays what it is."""

from __future__ import annotations

import contextlib
import os
import select
import termios
import tty
from collections.abc import Iterator, Mapping
from typing import Final

_SEQUENCES: Final[Mapping[bytes, str]] = {
    b"\x1b[A": "up",
    b"\x1bOA": "up",
    b"\x1b[B": "down",
    b"\x1bOB": "down",
    b"\x1b[5~": "page-up",
    b"\x1b[6~": "page-down",
    b"\x1b": "escape",
    b"\x04": "q",
}
"""What a terminal sends for a key that is no letter (xterm's sequences), and Ctrl-D, which ends."""


class Keys:
    """The keys of one terminal."""

    def __init__(self, descriptor: int) -> None:
        """Read from a terminal in the mode that ``typed`` sets."""
        self._descriptor = descriptor
        self._ahead = b""

    def read(self, within: float) -> str:
        """Wait for a key and return it, or ``""`` when none was pressed in ``within`` seconds; ``q`` at the end."""
        if not self._ahead:
            ready, _, _ = select.select([self._descriptor], [], [], within)
            if not ready:
                return ""
            self._ahead = os.read(self._descriptor, 64)
            if not self._ahead:
                return "q"
        return self._next()

    def _next(self) -> str:
        for sequence, name in _SEQUENCES.items():  # the longest first: the escape alone is the last of its kind
            if self._ahead.startswith(sequence):
                self._ahead = self._ahead[len(sequence) :]
                return name
        length = _length_of(self._ahead[0])
        letter, self._ahead = self._ahead[:length], self._ahead[length:]
        return letter.decode(errors="replace").lower()


def _length_of(first: int) -> int:
    """Return how many bytes a UTF-8 character has, by its first one (RFC 3629)."""
    return 1 if first < 0xC0 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4  # noqa: PLR2004


@contextlib.contextmanager
def typed(descriptor: int) -> Iterator[Keys]:
    """Give the keys of a terminal, which afterwards is as it was before."""
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor, termios.TCSADRAIN)
    try:
        yield Keys(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
