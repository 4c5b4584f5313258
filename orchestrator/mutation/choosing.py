"""Which mutants are played: those of every operator by turns, the same for the same seed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from typing import Final, TypeAlias

from orchestrator.mutation import kind_operators, later_operators, state_operators, step_operators
from orchestrator.mutation.mutant import Mutant, PlayedRepair

Operator: TypeAlias = Callable[[PlayedRepair], Iterator[Mutant]]
"""Derives wrong repairs from an accepted one."""

OPERATORS: Final[tuple[Operator, ...]] = (
    step_operators.dropped_steps,
    step_operators.forgotten_host,
    step_operators.forgotten_one,
    step_operators.file_only,
    step_operators.wider_rule,
    step_operators.wider_port,
    step_operators.repair_of_another_cause,
    step_operators.disabled_unit,
    step_operators.stopped_unit,
    state_operators.running_only,
    state_operators.open_files,
    state_operators.remade_files,
    state_operators.copied_secret,
    state_operators.rights_for_all,
    state_operators.emptied_firewall,
    state_operators.stopped_neighbour,
    state_operators.cut_off_neighbour,
    state_operators.names_in_hosts,
    state_operators.static_address,
    later_operators.undone_at_boot,
    later_operators.undone_by_cron,
    later_operators.undone_by_hook,
    later_operators.redone_by_timer,
    kind_operators.emptied_limit,
    kind_operators.unlimited_unit,
    kind_operators.authentication_off,
    kind_operators.verification_off,
    kind_operators.encryption_off,
    kind_operators.remade_object,
)
"""Each derives mutants of a name of its own."""


def mutants_of(repairs: Iterable[PlayedRepair]) -> tuple[Mutant, ...]:
    """Return every mutant of accepted repairs; those that do the same as another one are left out."""
    found: dict[object, Mutant] = {}
    for repair in repairs:
        for operator in OPERATORS:
            for mutant in operator(repair):
                spoilt = tuple(step.model_dump_json(exclude={"tell"}) for step in mutant.steps)
                found.setdefault((mutant.operator if mutant.reads else "", mutant.reads, spoilt), mutant)
    return tuple(found.values())


def in_turns(mutants: Iterable[Mutant], seed: int) -> tuple[Mutant, ...]:
    """Return mutants in an order that a seed draws: one of each operator, then a second one of each."""
    by_operator: dict[str, list[Mutant]] = {}
    for mutant in sorted(mutants, key=lambda one: _drawn(seed, one.name)):
        by_operator.setdefault(mutant.operator, []).append(mutant)
    columns = [by_operator[name] for name in sorted(by_operator, key=lambda name: _drawn(seed, name))]
    return tuple(one for row in zip_longest(*columns) for one in row if one is not None)


def _drawn(seed: int, name: str) -> str:
    return hashlib.sha256(f"{seed} {name}".encode()).hexdigest()
