"""What a scenario's own expressions print in a variant, besides the values that were drawn.

A login is worked out of a drawn person's name, the other workstation of the drawn one, an address of a drawn number.
What a solution changes says these, and another seed's says others: by the expression both are told alike.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from orchestrator.core.errors import ContentError, Place
from orchestrator.core.text import Text
from orchestrator.model.base import Document
from orchestrator.model.scenario import Scenario
from orchestrator.planning.steps import Renderer, applies, stated_faults
from orchestrator.templates.render import names_in

_WORD: Final = re.compile(r"[\w.@-]*(?:\{\{(?:[^{}]|\{[^{}]*\})*\}\}[\w.@-]*)+")
"""Expressions with the letters that they stand between: ``printer{{ number }}.{{ domain }}``."""
_EXPRESSION: Final = re.compile(r"\{\{(?:[^{}]|\{[^{}]*\})*\}\}")
_ALONE: Final = re.compile(r"(?<![\w.-])\{\{ *[\w.]+ *\}\}(?![\w-])")
"""A value that stands by itself: it is told by its own name, where it was drawn."""
_SHORTEST: Final = 3
"""Characters of the shortest word: shorter ones stand for anything."""


def printed_words(scenario: Scenario, values: Mapping[str, Any], constant: Collection[str]) -> dict[str, str]:
    """Return what the expressions of a variant's faults and solutions print, by the expressions.

    Args:
        scenario: the scenario.
        values: the variant's, with all that templates may use.
        constant: the names whose values say nothing of what was drawn.
    """
    renderer = Renderer(values, lambda file, _: Place.of(file, 0))
    found: dict[str, str] = {}
    for text in _texts_of(scenario, renderer):
        for word in _WORD.findall(text):
            name = " ".join(word.split())
            if name in found or not any(
                names_in(one) - {*constant} for one in _EXPRESSION.findall(_ALONE.sub("", word))
            ):
                continue
            with suppress(ContentError):  # a loop's own name, or a case that was not drawn
                printed = renderer.text(word, scenario.folder, ())
                if len(printed) >= _SHORTEST and not printed.isdigit() and not re.search(r"\s", printed):
                    found[name] = printed
    return found


def _texts_of(scenario: Scenario, renderer: Renderer) -> Iterator[str]:
    """Yield the texts of the drawn faults, and of the solutions' steps that apply, as they are written."""
    for fault, _ in stated_faults(scenario.document, renderer.values):
        yield from _texts(fault)
    for solution in scenario.solutions:
        if applies(solution, renderer):
            for i, step in enumerate(solution.document.steps):
                if renderer.holds(step.when, solution.source, ("steps", i, "when")):
                    yield from _texts(step)


def _texts(value: object) -> Iterator[str]:
    """Yield every text inside a value that is for a machine: not what is told in two languages."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple) and not isinstance(value, Text):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, Document):
        for name in type(value).model_fields:
            if name != "when":
                yield from _texts(getattr(value, name))
