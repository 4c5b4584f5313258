"""What is played of a scenario for a proof of some extent, and where what comes of it is kept."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial

from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.labs import Labs
from orchestrator.model.plan import Plan
from orchestrator.proof.binding import Binding
from orchestrator.proof.completion import RecordCompletion, completion_of
from orchestrator.proof.ledger import ColourDifference, FoundEntry, ProvingMachine, differences
from orchestrator.proof.model import Key, Proof
from orchestrator.proof.proof_status import Proofs
from orchestrator.proof.proof_words import status_text
from orchestrator.proof.seed_cover import Draw, draw, seeds_for, seeds_of_other_cases
from orchestrator.proof.stages import ProofSubject, repairs_of_another_case, stages_of


@dataclass
class ProofWork:
    """What is proven, how much of it, and what comes of each proof.

    Attributes:
        labs: starts, breaks, grades and stops labs.
        proofs: where proofs are kept.
        extent: ``whole``; ``brief``: the main line; ``record``: whole, and recorded; ``complete``: what the record does
            not know; ``replay``: as it is recorded.
        tell: is told of a proof that is not kept, and why.
        bindings: what each scenario was when its proof began.
        records: the record that vouches for a brief proof, or that is played again.
        completions: the records that are to be completed.
        differences: what a replay saw otherwise than it is recorded.
        machines: scenario -> the machine that made its proof, where it is another one than this.
    """

    labs: Labs
    proofs: Proofs
    extent: str
    tell: Callable[[Text], None]
    bindings: dict[str, Binding] = field(default_factory=dict)
    records: dict[str, FoundEntry] = field(default_factory=dict)
    completions: dict[str, RecordCompletion] = field(default_factory=dict)
    differences: dict[str, tuple[ColourDifference, ...]] = field(default_factory=dict)
    machines: dict[str, ProvingMachine] = field(default_factory=dict)

    def subjects(self, name: str, seeds: int) -> list[ProofSubject]:
        """Return the variants of a scenario that are to be played.

        Raises:
            UsageError: a brief proof, a completion or a replay needs a record of the scenario, and there is none that
                serves.
        """
        plans, proofs = self.labs.plans, self.proofs
        loaded = plans.scenario(name)
        if self.extent == "complete":
            completion = completion_of(proofs, loaded.id, partial(plans.plan, loaded.id))
            self.completions[loaded.id] = completion
            return completion.subjects()
        self.bindings[loaded.id] = proofs.binding(loaded.id)
        if self.extent == "brief":
            self.records[loaded.id] = proofs.voucher(loaded.id)
        if self.extent == "replay":
            self.records[loaded.id] = self._played_again(loaded.id)
            recorded = self.records[loaded.id].entry.variants
            return [
                self._subject(
                    plans.plan(name, one.seed), draw(loaded, one.seed), one.repairs if one.repairs_only else None
                )
                for one in recorded
            ]
        drawn = seeds_for(loaded, seeds)
        subjects = [self._subject(plans.plan(name, one.seed), one) for one in drawn]
        if self.extent == "record":
            played = {key for subject in subjects for key in stages_of(subject)}
            for one in seeds_of_other_cases(loaded, drawn):
                plan = plans.plan(name, one.seed)
                subjects.append(self._subject(plan, one, repairs_of_another_case(plan, played)))
                played.update(stages_of(subjects[-1]))
        return subjects

    def _subject(self, plan: Plan, one: Draw, repairs: Collection[Key] | None = None) -> ProofSubject:
        return ProofSubject(
            plan,
            one.cases,
            main_line=self.extent == "brief",
            repairs=repairs,
            learning=self.extent == "record",
        )

    def binding(self, scenario: str) -> Binding:
        """Return what a scenario was when its proof, or the completion of its record, began."""
        completion = self.completions.get(scenario)
        return self.bindings[scenario] if completion is None else completion.binding

    def machine(self) -> ProvingMachine:
        """Return this machine, as a record names it."""
        info = self.labs.running.engine().info()
        return ProvingMachine.this(info.version, info.cgroup_version)

    def proved(self, proof: Proof) -> None:
        """Keep a proof, record it, complete a record with it, or compare it, as the command asks."""
        proofs = self.proofs
        if completion := self.completions.get(proof.scenario):
            if proofs.binding(proof.scenario) != completion.binding:
                self._tell_edited(proof)
            elif proof.proven:
                proofs.ledger.record(completion.entry_with(proof))
            return
        found = self.records.get(proof.scenario)
        vouched_by = found.digest if found is not None and self.extent == "brief" else ""
        stored = proofs.keep(proof, self.bindings[proof.scenario], vouched_by=vouched_by)
        if stored is None:
            self._tell_edited(proof)
        elif self.extent == "record" and proof.proven:
            proofs.record(stored, self.machines.get(proof.scenario) or self.machine())
        if found is not None and self.extent == "replay":
            self.differences[proof.scenario] = tuple(differences(found.entry, proof))

    def _tell_edited(self, proof: Proof) -> None:
        text = Text(
            fr=f"{proof.scenario} a été modifié pendant sa preuve : elle n'est pas gardée. Recommencez.",
            en=f"{proof.scenario} was edited while it was being proven: the proof is not kept. Prove it again.",
        )
        self.tell(text)

    def _played_again(self, scenario: str) -> FoundEntry:
        proofs = self.proofs
        found = proofs.ledger.find(scenario)
        if found is not None and not found.entry.binding.changed(self.bindings[scenario]):
            return found
        why = status_text(proofs.status(scenario))
        raise UsageError(
            Text(
                fr=f"De {scenario} tel qu'il est maintenant, aucune preuve n'est enregistrée. {why.fr}",
                en=f"No proof is recorded of {scenario} as it is now. {why.en}",
            ),
            Text(
                fr=f"Prouvez-le et enregistrez-le : « breakfix prove {scenario} --record ».",
                en=f"Prove and record it: 'breakfix prove {scenario} --record'.",
            ),
        )
