"""Which seeds a proof tries: those first that together draw every case, every step of a solution and every shortcut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

from orchestrator.core.errors import ContentError, Place
from orchestrator.model.scenario import FaultChoice, Scenario
from orchestrator.planning.steps import Renderer, applies
from orchestrator.planning.variant import covering_variants, draw_variant

_MOST = 500
"""Seeds looked through for something that has not been drawn yet."""

Drawn: TypeAlias = tuple[str, str]
"""What only some seeds draw: a variable and its case, a solution and the number of one of its steps, or a shortcut."""


@dataclass(frozen=True)
class Draw:
    """What a seed draws.

    Attributes:
        seed: the seed.
        cases: the case of each ``one_of``, by its variable.
        covered: what only some seeds draw: these cases, and what a ``when`` lets apply of solutions and shortcuts.
    """

    seed: int
    cases: Mapping[str, str]
    covered: frozenset[Drawn]


def draw(scenario: Scenario, seed: int) -> Draw:
    """Return what a seed draws."""
    values = draw_variant(scenario, seed).values
    cases = {entry.as_: str(values[entry.as_]) for entry in _choices(scenario)}
    return Draw(seed, cases, frozenset({*cases.items(), *_repairs(scenario, values)}))


def seeds_for(scenario: Scenario, count: int) -> tuple[Draw, ...]:
    """Return ``count`` seeds, from 1: each other draws what those before did not, as long as anything is left."""
    wanted = _wanted(scenario)
    chosen: list[Draw] = []
    spare: list[Draw] = []
    for seed in range(1, max(_MOST, count) + 1):
        if len(chosen) == count or not wanted:
            break
        drawn = draw(scenario, seed)
        if seed == 1 or wanted & drawn.covered:
            chosen.append(drawn)
            wanted -= drawn.covered
        else:
            spare.append(drawn)
    following = max((one.seed for one in (*chosen, *spare)), default=0) + 1
    spare += [draw(scenario, seed) for seed in range(following, following + count)]
    return (*chosen, *spare[: count - len(chosen)])


def seeds_of_other_cases(scenario: Scenario, played: Sequence[Draw]) -> tuple[Draw, ...]:
    """Return the first seeds that draw, together, everything which those that are played do not."""
    wanted = _wanted(scenario).difference(*(one.covered for one in played))
    chosen: list[Draw] = []
    for seed in range(1, _MOST + 1):
        if not wanted:
            break
        drawn = draw(scenario, seed)
        if wanted & drawn.covered:
            chosen.append(drawn)
            wanted -= drawn.covered
    return tuple(chosen)


def _wanted(scenario: Scenario) -> frozenset[Drawn]:
    """Return all that only some seeds draw."""
    cases = {(entry.as_, case) for entry in _choices(scenario) for case in entry.one_of}
    return frozenset(cases).union(*(_repairs(scenario, one.values) for one in covering_variants(scenario)))


def _choices(scenario: Scenario) -> tuple[FaultChoice, ...]:
    return tuple(entry for entry in scenario.document.faults if isinstance(entry, FaultChoice))


def _repairs(scenario: Scenario, values: Mapping[str, Any]) -> Iterator[Drawn]:
    """Yield the steps of solutions, and the shortcuts, that a ``when`` lets apply: each has to be played once."""
    renderer = Renderer(values, lambda file, _: Place.of(file, 0))
    with suppress(ContentError):  # a ``when`` that asks for more than what is drawn says the same for every seed
        for solution in scenario.solutions:
            if applies(solution, renderer):
                for i, step in enumerate(solution.document.steps):
                    if (solution.document.when or step.when) and renderer.holds(step.when, solution.source, ()):
                        yield f"solution {solution.name}", str(i)
        for shortcut in scenario.shortcuts:
            if shortcut.document.when and applies(shortcut, renderer):
                yield f"shortcut {shortcut.name}", ""
