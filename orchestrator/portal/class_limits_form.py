"""The form of a class's limits: what stands in its fields, and what a trainer has typed there."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.core.language import Language
from orchestrator.core.number_text import number_text
from orchestrator.core.text import Text, same
from orchestrator.labd.calls import Refusal
from orchestrator.labd.class_contract import ClassLimitsView, ClassView, LimitClass
from orchestrator.portal import trainer_words

FIELDS: Final = ("labs", "memory", "processors")
_WHOLE: Final = re.compile(r"[0-9]{1,4}")
_DECIMAL: Final = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,3})?")
"""A comma and a point are the same here, whatever the language: a browser's keyboard has the one or the other."""
_THOUSANDS: Final = re.compile(r"(?<=[0-9])\s(?=[0-9]{3}(?![0-9]))")
"""A space within a number, also one that does not break, as pages write it."""
_MIB: Final = 1024
"""To a GiB, in which memory is typed."""


class WrongNumberError(ValueError):
    """What was typed is no number; ``refusal`` says so at its field."""

    def __init__(self, refusal: Refusal) -> None:
        """Take what is said."""
        super().__init__(refusal.text.en)
        self.refusal = refusal


def read(name: str, form: Mapping[str, str]) -> LimitClass:
    """Return what a trainer wants for a class; an empty field limits nothing.

    Raises:
        WrongNumberError: something typed is no number.
    """
    labs, memory, processors = (_THOUSANDS.sub("", form.get(field, "")) for field in FIELDS)
    if labs and not _WHOLE.fullmatch(labs):
        raise WrongNumberError(trainer_words.WRONG_NUMBER["labs"])
    gib, share = _number("memory", memory), _number("processors", processors)
    return LimitClass(name, int(labs) if labs else None, None if gib is None else round(gib * _MIB), share)


def _number(field: str, typed: str) -> float | None:
    if not typed:
        return None
    if not _DECIMAL.fullmatch(typed):
        raise WrongNumberError(trainer_words.WRONG_NUMBER[field])
    return float(typed.replace(",", "."))


@dataclass(frozen=True)
class LimitField:
    """A field of the form.

    Attributes:
        name: its name.
        label: what it is.
        hint: what an empty one means, and what it may be at most.
        value: what stands in it.
        keys: which keys a telephone offers for it, as ``inputmode`` names them.
    """

    name: str
    label: Text
    hint: Text
    value: str
    keys: str


def fields_of(view: ClassView, typed: Mapping[str, str] | None, language: Language) -> tuple[LimitField, ...]:
    """Return the fields for a class; ``typed``: what was refused and stands there still.

    They are fields of text: one of numbers shows a comma or a point by the browser's language, not by the page's, and
    takes the other for no number at all.
    """
    own, most = _numbers(view.limits), _numbers(view.most)
    return tuple(
        LimitField(
            name,
            trainer_words.LIMIT_FIELDS[name],
            _hint(most[name]),
            own[name].in_(language) if typed is None else typed.get(name, ""),
            "numeric" if name == "labs" else "decimal",
        )
        for name in FIELDS
    )


def _hint(most: Text) -> Text:
    bound = trainer_words.LIMIT_MOST
    if not most.en:
        return trainer_words.LIMIT_FREE
    return Text(fr=bound.fr.format(most=most.fr), en=bound.en.format(most=most.en))


def _numbers(limits: ClassLimitsView) -> Mapping[str, Text]:
    """Return limits as they are written: memory in GiB, rounded down; nothing for what is not limited."""
    memory = None if limits.memory is None else math.floor(limits.memory / _MIB * 1000) / 1000
    numbers = {"labs": limits.labs, "memory": memory, "processors": limits.processors}
    return {name: same("") if number is None else number_text(number, ",.7g") for name, number in numbers.items()}
