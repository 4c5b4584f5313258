"""Which modes a terminal is in at a byte of its output, and at which bytes a viewer may begin to read.

A viewer that begins in the middle would read the rest of an escape sequence as text, and not know that the program
has switched to the alternate screen, or asked for the mouse. So output is cut between sequences, and the modes that
were set before are sent first.
"""

from __future__ import annotations

import re
from typing import Final

Output = bytes | bytearray

_SEQUENCE: Final = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]"  # CSI: parameters, then a letter
    rb"|[\]PX^_][^\x07\x18\x1a\x1b]*(?:[\x07\x18\x1a]|\x1b\\?)"  # OSC, DCS, …: a text, then its end
    rb"|[ -/]*[0-OQ-WYZ\\`-~])"  # the others: a letter
)
_BEGUN: Final = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x18\x1a\x1b]*|[ -/]*)\Z")
"""A sequence whose end has not come yet."""
_SETTING: Final = re.compile(
    rb"\x1b(?:\[\?(?P<modes>[0-9;]+)(?P<set>[hl])|(?P<reset>c)|(?P<soft>\[!p)|(?P<keypad>[=>]))"
)
"""A sequence that sets or resets modes; no other sequence can have one inside."""

_ALTERNATE: Final = 1049
_KEYPAD: Final = 66
_SAME: Final = {47: _ALTERNATE, 1047: _ALTERNATE}
"""Older numbers of the alternate screen: one ends what another began."""
_ON_AT_FIRST: Final = frozenset({7, 25})
"""Lines wrap, and the cursor is shown, until a program says otherwise."""
_OFF_AT_FIRST: Final = frozenset({1, 9, _KEYPAD, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, _ALTERNATE, 2004})
"""Keys of the cursor and of the keypad, kinds of mouse reports, reports of the focus, alternate screen, pastes.

Others (132 columns, origin, …) either show what is repainted anyway, or would be strange to send to a viewer.
"""
_SOFT: Final = frozenset({1, 25, _KEYPAD})
"""What a soft reset resets of these."""


class ScreenModes:
    """The modes that differ from those of a terminal that was just switched on."""

    def __init__(self, changed: frozenset[int] = frozenset()) -> None:
        """Take those that differ: none at the beginning of the output."""
        self._changed = changed

    def after(self, output: Output) -> ScreenModes:
        """Return the modes after some output, which begins and ends between sequences."""
        changed = set(self._changed)
        for found in _SETTING.finditer(output):
            if found["modes"]:
                on = found["set"] == b"h"
                for word in found["modes"].split(b";"):
                    _change(changed, int(word[:6] or b"0"), on=on)
            elif found["keypad"]:
                _change(changed, _KEYPAD, on=found["keypad"] == b"=")
            elif found["reset"]:
                changed.clear()
            elif found["soft"]:
                changed -= _SOFT
        return ScreenModes(frozenset(changed))

    def sequences(self) -> bytes:
        """Return what brings a terminal that was just switched on into these modes: the alternate screen first."""
        order = sorted(self._changed, key=lambda mode: (mode != _ALTERNATE, mode))
        return b"".join(b"\x1b[?%d%c" % (mode, ord("l" if mode in _ON_AT_FIRST else "h")) for mode in order)


def _change(changed: set[int], number: int, *, on: bool) -> None:
    mode = _SAME.get(number, number)
    if mode in _ON_AT_FIRST or mode in _OFF_AT_FIRST:
        if on == (mode in _ON_AT_FIRST):
            changed.discard(mode)
        else:
            changed.add(mode)


def place_to_begin(output: Output, wanted: int, within: int) -> int:
    """Return where in some output a viewer may begin to read, at ``wanted`` or as soon as possible after it.

    That is at the begin of a line if one begins soon; else between two characters, outside of escape sequences; else,
    in a sequence that does not end, at ``wanted``.

    Args:
        output: what a terminal showed; it begins between sequences.
        wanted: the place that is wanted.
        within: how many bytes later a line has to begin.
    """
    line = output.find(b"\n", wanted, wanted + within)
    while line >= 0:
        end = _end_of_sequence(output, line + 1)
        if end == line + 1:
            return end
        if end is None:
            break
        line = output.find(b"\n", end, wanted + within)
    end = _end_of_sequence(output, wanted)
    if end is None:
        return wanted
    while end < len(output) and output[end] & 0xC0 == 0x80:  # noqa: PLR2004 - a byte in the middle of a character
        end += 1
    return end


def _end_of_sequence(output: Output, place: int) -> int | None:
    """Return where the sequence ends that a place is in; the place where it is in none; None if it has not ended."""
    begin = output.rfind(b"\x1b", 0, place)
    if begin < 0:
        return place
    if found := _SEQUENCE.match(output, begin):
        return max(place, found.end())
    return None if _BEGUN.match(output, begin) else place
