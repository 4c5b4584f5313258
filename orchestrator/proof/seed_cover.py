"""Which seeds a proof tries: those first that together draw every case of every ``one_of``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.model.scenario import FaultChoice, Scenario
from orchestrator.planning.variant import draw_variant

_MOST = 500
"""Seeds looked through for a case that has not been drawn yet."""


@dataclass(frozen=True)
class Draw:
    """A seed, and the case that it draws of each ``one_of``: variable -> case."""

    seed: int
    cases: Mapping[str, str]


def draw(scenario: Scenario, seed: int) -> Draw:
    """Return what a seed draws."""
    values = draw_variant(scenario, seed).values
    return Draw(seed, {entry.as_: str(values[entry.as_]) for entry in _choices(scenario)})


def seeds_for(scenario: Scenario, count: int) -> tuple[Draw, ...]:
    """Return ``count`` seeds, from 1: each draws a case that those before did not, as long as one is left."""
    wanted = {(entry.as_, case) for entry in _choices(scenario) for case in entry.one_of}
    chosen: list[Draw] = []
    spare: list[Draw] = []
    for seed in range(1, max(_MOST, count) + 1):
        if len(chosen) == count or not wanted:
            break
        drawn = draw(scenario, seed)
        if wanted & set(drawn.cases.items()):
            chosen.append(drawn)
            wanted -= set(drawn.cases.items())
        else:
            spare.append(drawn)
    following = max((one.seed for one in (*chosen, *spare)), default=0) + 1
    spare += [draw(scenario, seed) for seed in range(following, following + count)]
    return (*chosen, *spare[: count - len(chosen)])


def seeds_of_other_cases(scenario: Scenario, played: Sequence[Draw]) -> tuple[Draw, ...]:
    """Return the first seeds that draw, together, every case which those that are played do not."""
    wanted = {(entry.as_, case) for entry in _choices(scenario) for case in entry.one_of}
    wanted -= {case for one in played for case in one.cases.items()}
    chosen: list[Draw] = []
    for seed in range(1, _MOST + 1):
        if not wanted:
            break
        drawn = draw(scenario, seed)
        if wanted & set(drawn.cases.items()):
            chosen.append(drawn)
            wanted -= set(drawn.cases.items())
    return tuple(chosen)


def _choices(scenario: Scenario) -> tuple[FaultChoice, ...]:
    return tuple(entry for entry in scenario.document.faults if isinstance(entry, FaultChoice))
