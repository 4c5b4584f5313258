"""The form of a class's limits: what stands in its fields, and what a trainer has typed there."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from orchestrator.core.text import Text
from orchestrator.labd.calls import Refusal
from orchestrator.labd.class_contract import ClassLimitsView, ClassView, LimitClass
from orchestrator.portal import trainer_words

FIELDS: Final = ("labs", "memory", "processors")
_WHOLE: Final = re.compile(r"[0-9]{1,4}")
_DECIMAL: Final = re.compile(r"[0-9]{1,6}(?:[.,][0-9]{1,3})?")
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
    labs, memory, processors = (form.get(field, "") for field in FIELDS)
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
        least: the least that may be typed.
        most: what may be typed at most; empty: nobody knows.
        step: by how much.
    """

    name: str
    label: Text
    hint: Text
    value: str
    least: str
    most: str
    step: str


def fields_of(view: ClassView, typed: Mapping[str, str] | None) -> tuple[LimitField, ...]:
    """Return the fields for a class; ``typed``: what was refused and stands there still."""
    own, most = shown(view.limits), shown(view.most)
    return tuple(
        LimitField(
            name,
            trainer_words.LIMIT_FIELDS[name],
            _hint(most[name]),
            (typed or own).get(name, ""),
            "1" if name == "labs" else "0",
            most[name],
            "1" if name == "labs" else "any",
        )
        for name in FIELDS
    )


def _hint(most: str) -> Text:
    bound = trainer_words.LIMIT_MOST
    if not most:
        return trainer_words.LIMIT_FREE
    return Text(fr=bound.fr.format(most=most.replace(".", ",")), en=bound.en.format(most=most))


def shown(limits: ClassLimitsView) -> Mapping[str, str]:
    """Return limits as their fields show them: memory in GiB, rounded down, with a point."""
    return {
        "labs": "" if limits.labs is None else str(limits.labs),
        "memory": "" if limits.memory is None else _plain(math.floor(limits.memory / _MIB * 1000) / 1000),
        "processors": "" if limits.processors is None else _plain(limits.processors),
    }


def _plain(number: float) -> str:
    return f"{number:.3f}".rstrip("0").rstrip(".")
