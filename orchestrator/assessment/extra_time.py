"""Extra time of a candidate ("tiers temps"): a fraction of the phase, or minutes, in whole seconds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from orchestrator.core.text import Text, same

PATTERN: Final = r"^[1-9][0-9]?/[1-9][0-9]?$|^[1-9][0-9]{0,2} min$"
"""``1/3``, or ``20 min``."""

_MINUTE: Final = 60
_HOUR: Final = 3600


@dataclass(frozen=True)
class ExtraTime:
    """What a candidate gets on top of a phase: a fraction of its length, or a number of minutes; one of the two.

    Attributes:
        fraction: of the phase's length.
        minutes: whole minutes.
    """

    fraction: Fraction = Fraction(0)
    minutes: int = 0

    @classmethod
    def parse(cls, text: str) -> ExtraTime:
        """Return what ``1/3`` or ``20 min`` says; an empty text is no extra time.

        Raises:
            ValueError: it is neither.
        """
        if not text:
            return cls()
        if not re.fullmatch(PATTERN, text):
            message = f"no extra time: {text!r}"
            raise ValueError(message)
        if "/" in text:
            return cls(fraction=Fraction(text))
        return cls(minutes=int(text.removesuffix(" min")))

    def __str__(self) -> str:
        """Return it as it is written in a plan."""
        if self.fraction:
            return f"{self.fraction.numerator}/{self.fraction.denominator}"
        return f"{self.minutes} min" if self.minutes else ""

    def seconds(self, length: int, minute: int = _MINUTE) -> int:
        """Return the extra seconds; a part of one counts as one: the candidate gains.

        Args:
            length: the phase's length, in seconds.
            minute: seconds of a minute; fewer in a rehearsal.
        """
        part = self.fraction * length
        return -(-part.numerator // part.denominator) + self.minutes * minute

    def total(self, length: int, minute: int = _MINUTE) -> int:
        """Return the seconds that the candidate has in all; see ``seconds``."""
        return length + self.seconds(length, minute)

    def shown(self, length: int, minute: int = _MINUTE, granted: int = 0) -> Text:
        """Return the sum as a person checks it: ``1 h 15 + 1/3 = 1 h 40``; without more time, the length alone.

        Args:
            length: the phase's length, in seconds.
            minute: seconds of a minute; fewer in a rehearsal.
            granted: the minutes that were added on the day.
        """
        parts = [duration(length)]
        if str(self):
            parts.append(same(str(self)) if self.fraction else duration(self.minutes * minute))
        if granted:
            parts.append(duration(granted * minute))
        total = duration(self.total(length, minute) + granted * minute)
        if len(parts) == 1:
            return total
        fr, en = " + ".join(part.fr for part in parts), " + ".join(part.en for part in parts)
        return Text(fr=f"{fr} = {total.fr}", en=f"{en} = {total.en}")


def duration(seconds: int) -> Text:
    """Return a length of time in words: ``1 h 15``, ``45 min``, ``1 h 40 min 30 s``, ``20 s``."""
    hours, rest = divmod(seconds, _HOUR)
    minutes, left = divmod(rest, _MINUTE)
    space = "\N{NO-BREAK SPACE}"
    if left:
        parts = [f"{value}{space}{unit}" for value, unit in ((hours, "h"), (minutes, "min"), (left, "s")) if value]
        shown = space.join(parts)
    elif hours:
        shown = f"{hours}{space}h{space}{minutes:02}" if minutes else f"{hours}{space}h"
    else:
        shown = f"{minutes}{space}min"
    return Text(fr=shown, en=shown)
