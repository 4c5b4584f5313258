"""What a measurement of the portal or of a class says: each figure beside its target, where it has one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.core.text import Language, Text

_WIDTH: Final = 64
_DIGITS: Final = {"s": 2, "ms": 1, "%": 1, "MB": 0, "kB": 0, "": 0}
_FRENCH: Final = {"MB": "Mo", "kB": "ko"}


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        name: what it is called in JSON.
        title: what it is.
        unit: of the value and the target: ``s``, ``ms``, ``MB``, ``kB``, ``%`` or none.
        value: what was measured; None: it could not be.
        target: what it may be at most; None: it is there to compare with.
        why: why there is no value.
    """

    name: str
    title: Text
    unit: str
    value: float | None
    target: float | None = None
    why: Text | None = None

    @property
    def met(self) -> bool:
        """Whether the target is met, where there is one and a value."""
        return self.value is None or self.target is None or self.value <= self.target

    def to_document(self) -> dict[str, Any]:
        """Return the figure as JSON's types."""
        value = None if self.value is None else round(self.value, 3)
        target = None if self.target is None else round(self.target, 3)
        return {"name": self.name, "unit": self.unit, "value": value, "target": target, "met": self.met}


def percentile(times: Sequence[float], percent: int) -> float:
    """Return the time that so many of a hundred do not exceed."""
    return sorted(times)[max(0, math.ceil(len(times) * percent / 100) - 1)]


@dataclass(frozen=True)
class FigureReport:
    """All figures, in the order in which they are shown.

    Attributes:
        head: what was measured.
        figures: the figures.
    """

    head: Text
    figures: tuple[Figure, ...]

    @property
    def missed(self) -> Sequence[Figure]:
        """The figures beyond their targets."""
        return [figure for figure in self.figures if not figure.met]

    def to_document(self) -> dict[str, Any]:
        """Return the report as JSON's types."""
        return {"figures": [figure.to_document() for figure in self.figures]}

    def to_text(self, language: Language) -> str:
        """Return the report as plain text."""
        value = Text(fr="mesuré", en="measured")
        most = Text(fr="au plus", en="at most").in_(language) if any(one.target for one in self.figures) else ""
        lines = [self.head.in_(language), f"  {'':<{_WIDTH}}{value.in_(language):>12}{most:>12}".rstrip()]
        return "\n".join([*lines, *(_row(figure, language) for figure in self.figures)]) + "\n"


def _row(figure: Figure, language: Language) -> str:
    title = f"  {figure.title.in_(language):<{_WIDTH}}"
    if figure.value is None:
        return f"{title}  {figure.why.in_(language) if figure.why else '—'}"
    target = "" if figure.target is None else _said(figure.target, figure.unit, language)
    missed = "" if figure.met else Text(fr="  dépassé", en="  missed").in_(language)
    return f"{title}{_said(figure.value, figure.unit, language):>12}{target:>12}{missed}".rstrip()


def _said(value: float, unit: str, language: Language) -> str:
    text = f"{value:.{_DIGITS[unit]}f}"
    if language == "fr":
        return f"{text.replace('.', ',')} {_FRENCH.get(unit, unit)}".rstrip()
    return f"{text} {unit}".rstrip()
