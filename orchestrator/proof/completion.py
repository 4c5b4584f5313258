"""Completing a record: what a scenario has gained of solutions and shortcuts is played and added, nothing else.

Each repair has a lab of its own in a proof, so that one more says nothing new of the others: but for a shortcut that is
refused for its changes alone. A further solution may explain these, so such a shortcut is played again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from orchestrator.core.elision import de
from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.model.plan import Plan
from orchestrator.proof.binding import NAMES, Binding
from orchestrator.proof.ledger import LedgerEntry, RecordedVariant
from orchestrator.proof.model import Key, Proof
from orchestrator.proof.proof_status import Proofs
from orchestrator.proof.stages import ProofSubject, keys_of, shortcut_key, solutions_of, stages_of
from orchestrator.sound_state.explained import ExplainedChange


@dataclass(frozen=True)
class RecordCompletion:
    """A record that is to be completed.

    Attributes:
        entry: the record.
        binding: what the scenario is now.
        plans: seed -> the recorded variants as they are now.
        repairs: seed -> what of them is played.
    """

    entry: LedgerEntry
    binding: Binding
    plans: Mapping[int, Plan]
    repairs: Mapping[int, frozenset[Key]]

    def subjects(self) -> list[ProofSubject]:
        """Return what is played."""
        cases = {variant.seed: variant.cases for variant in self.entry.variants}
        return [
            ProofSubject(self.plans[seed], cases[seed], repairs=repairs, learning=True)
            for seed, repairs in self.repairs.items()
        ]

    def entry_with(self, proof: Proof) -> LedgerEntry:
        """Return the record with what came of it: program, time and machine stay those of the rest.

        Args:
            proof: a sound proof of ``subjects()``.
        """
        seen = {variant.seed: RecordedVariant.of(variant).stages for variant in proof.variants}
        variants = tuple(self._variant_with(known, seen.get(known.seed, {})) for known in self.entry.variants)
        explained = {*(self.entry.explained or ()), *proof.explained}
        return replace(
            self.entry,
            binding=replace(self.binding, program=self.entry.binding.program),
            variants=variants,
            explained=tuple(sorted(explained, key=ExplainedChange.order)),
            mutants=() if self.entry.binding.changed(self.binding) else self.entry.mutants,
        )

    def _variant_with(self, known: RecordedVariant, seen: Mapping[str, Mapping[str, str]]) -> RecordedVariant:
        plan = self.plans[known.seed]
        stages = {**known.stages, **seen}
        played = frozenset(map(shortcut_key, plan.shortcuts)) & {*known.repairs, *self.repairs.get(known.seed, ())}
        whole = ProofSubject(plan, repairs=solutions_of(plan) | played if known.repairs_only else None)
        names = [f"{name} {subject}".strip() for name, subject in stages_of(whole)]
        return replace(known, digest=plan.digest, stages={name: stages[name] for name in names if name in stages})


def completion_of(proofs: Proofs, scenario: str, plan: Callable[[int], Plan]) -> RecordCompletion:
    """Return what is to be played to complete a scenario's record.

    Args:
        proofs: the proofs and the records.
        scenario: the scenario's id.
        plan: returns the variant of a seed, as the scenario is now.

    Raises:
        UsageError: there is no record that may be completed, it lacks nothing, or more has changed than solutions and
            shortcuts that were added.
        ContentError: a document is invalid.
    """
    binding = proofs.binding(scenario)
    found = proofs.ledger.find(scenario)
    if found is None or found.entry.explained is None or not proofs.ledger.may_be_added_to(found):
        raise UsageError(
            Text(
                fr=f"De {scenario}, il n'y a pas de preuve enregistrée à compléter : "
                "elle manque, ou elle a été modifiée.",
                en=f"There is no recorded proof of {scenario} to complete: it is missing, or it was edited.",
            ),
            _record_it(scenario),
        )
    entry = found.entry
    plans = {variant.seed: plan(variant.seed) for variant in entry.variants}
    added = _unknown(entry, plans)
    files = {_file_of(key) for keys in added.values() for key in keys}
    changed = entry.binding.changed(binding)
    if changed and (changed := entry.binding.changed(proofs.binding(scenario, without=files))):
        raise UsageError(
            Text(
                fr=f"La preuve enregistrée {de(scenario)} ne peut pas être complétée : il a changé autrement que par "
                f"des solutions ou des raccourcis ajoutés ({', '.join(NAMES[part].fr for part in changed)}).",
                en=f"The recorded proof of {scenario} cannot be completed: more has changed than solutions or "
                f"shortcuts that were added ({', '.join(NAMES[part].en for part in changed)}).",
            ),
            _record_it(scenario),
        )
    if not files:
        raise UsageError(
            Text(
                fr=f"La preuve enregistrée {de(scenario)} connaît chaque solution et chaque raccourci.",
                en=f"The recorded proof of {scenario} knows each solution and each shortcut.",
            ),
            Text(fr="Il n'y a rien à faire.", en="There is nothing to do."),
        )
    again = any(kind == "solution" for keys in added.values() for kind, _ in keys)
    repairs = {
        variant.seed: added[variant.seed] | (_by_changes_alone(variant, plans[variant.seed]) if again else frozenset())
        for variant in entry.variants
    }
    return RecordCompletion(entry, binding, plans, {seed: keys for seed, keys in repairs.items() if keys})


def _unknown(entry: LedgerEntry, plans: Mapping[int, Plan]) -> dict[int, frozenset[Key]]:
    """Return by seed the solutions, and the shortcuts, that a record does not have.

    Where only repairs were played, it is enough that a shortcut was played in any variant.
    """
    played = {key for variant in entry.variants for key in variant.repairs}
    unknown: dict[int, frozenset[Key]] = {}
    for variant in entry.variants:
        plan, known = plans[variant.seed], played if variant.repairs_only else variant.repairs
        solutions = frozenset(keys_of(solution)[0] for solution in plan.solutions) - variant.repairs
        unknown[variant.seed] = solutions | (frozenset(map(shortcut_key, plan.shortcuts)) - known)
        played |= unknown[variant.seed]
    return unknown


def _by_changes_alone(known: RecordedVariant, plan: Plan) -> frozenset[Key]:
    """Return the shortcuts that no check refused."""
    colours = {key: known.stages.get(" ".join(key), {}) for key in map(shortcut_key, plan.shortcuts)}
    return frozenset(key for key, seen in colours.items() if seen and set(seen.values()) == {"pass"})


def _file_of(key: Key) -> str:
    """Return the file of a solution or a shortcut, below its scenario's folder."""
    kind, name = key
    return f"{kind}s/{name}.yaml"


def _record_it(scenario: str) -> Text:
    return Text(
        fr=f"Enregistrez-en une entière : « breakfix prove {scenario} --record ».",
        en=f"Record a whole one: 'breakfix prove {scenario} --record'.",
    )
