"""The last part of what a terminal showed, by the number of each byte in all that it ever showed."""

from __future__ import annotations

from typing import Final

from orchestrator.keeper.screen_modes import ScreenModes, place_to_begin

KEPT: Final = 1 << 20
"""Bytes that are kept of each terminal at least: some 10,000 lines, more than anybody scrolls back.

With the most terminals that the keeper takes, all of them full, that is 600 MiB; an idle shell's is a page or two.
"""
_SHARE: Final = 16
"""What is kept is shortened only when it is a sixteenth too long: finding a good place is work."""


class Scrollback:
    """What a terminal showed last."""

    def __init__(self, kept: int = KEPT) -> None:
        """Begin empty; ``kept`` bytes are kept at least."""
        self._kept = kept
        self._more = kept // _SHARE
        self._output = bytearray()
        self._start = 0
        self._modes = ScreenModes()

    @property
    def start(self) -> int:
        """The number of the oldest byte that is kept."""
        return self._start

    @property
    def end(self) -> int:
        """The number that the next byte will have."""
        return self._start + len(self._output)

    def add(self, output: bytes) -> None:
        """Take what the terminal shows."""
        self._output += output
        if len(self._output) > self._kept + self._more:
            place = place_to_begin(self._output, len(self._output) - self._kept, self._more // 2)
            self._modes = self._modes.after(self._output[:place])
            del self._output[:place]
            self._start += place

    def has(self, number: int) -> bool:
        """Return whether a viewer that has all before a byte can be given all from it on."""
        return self._start <= number <= self.end

    def piece(self, number: int, most: int) -> bytes:
        """Return what was shown from a byte on that ``has`` knows, ``most`` bytes of it."""
        place = number - self._start
        return bytes(self._output[place : place + most])

    def beginning(self, most: int | None = None) -> tuple[int, bytes]:
        """Return the byte that a viewer without anything begins with, and what it is sent before.

        Args:
            most: how many bytes it may have to catch up with; None: all that are kept.
        """
        wanted = 0 if most is None else max(0, len(self._output) - most)
        place = place_to_begin(self._output, wanted, self._more // 2) if wanted else 0
        return self._start + place, self._modes.after(self._output[:place]).sequences()
