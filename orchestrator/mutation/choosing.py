"""Which mutants are played: those of every operator by turns, the same for the same seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import Final

from orchestrator.mutation import kind_operators, later_operators, state_operators, step_operators
from orchestrator.mutation.mutant import Mutant, PlayedRepair
from orchestrator.mutation.operator import Derive

OPERATORS: Final[Mapping[str, Derive]] = {
    "dropped-step": step_operators.dropped_steps,
    "forgotten-host": step_operators.forgotten_host,
    "forgotten-one": step_operators.forgotten_one,
    "file-only": step_operators.file_only,
    "wider-rule": step_operators.wider_rule,
    "wider-port": step_operators.wider_port,
    "another-cause": step_operators.repair_of_another_cause,
    "disabled-unit": step_operators.disabled_unit,
    "stopped-unit": step_operators.stopped_unit,
    "running-only": state_operators.running_only,
    "open-files": state_operators.open_files,
    "remade-files": state_operators.remade_files,
    "copied-secret": state_operators.copied_secret,
    "rights-for-all": state_operators.rights_for_all,
    "emptied-firewall": state_operators.emptied_firewall,
    "stopped-neighbour": state_operators.stopped_neighbour,
    "cut-off-neighbour": state_operators.cut_off_neighbour,
    "names-in-hosts": state_operators.names_in_hosts,
    "static-address": state_operators.static_address,
    "undone-at-boot": later_operators.undone_at_boot,
    "undone-by-cron": later_operators.undone_by_cron,
    "undone-by-hook": later_operators.undone_by_hook,
    "blocked-at-boot": later_operators.blocked_at_boot,
    "redone-by-timer": later_operators.redone_by_timer,
    "emptied-limit": kind_operators.emptied_limit,
    "unlimited-unit": kind_operators.unlimited_unit,
    "authentication-off": kind_operators.authentication_off,
    "verification-off": kind_operators.verification_off,
    "encryption-off": kind_operators.encryption_off,
    "remade-object": kind_operators.remade_object,
}
"""The program's operators, by the name of the mutants that each derives."""


def mutants_of(repairs: Iterable[PlayedRepair], operators: Mapping[str, Derive] = OPERATORS) -> tuple[Mutant, ...]:
    """Return every mutant of accepted repairs; those that do the same as another one are left out."""
    found: dict[object, Mutant] = {}
    for repair in repairs:
        for operator in operators.values():
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
