"""What is played of scenarios' mutants, and where what comes of them is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.labs import Labs
from orchestrator.mutation.mutant import PlayedMutant
from orchestrator.mutation.mutant_store import MutantStore, bound
from orchestrator.mutation.recording import record_of
from orchestrator.mutation.runs import MutationRun, MutationSubject
from orchestrator.mutation.trainers_operators import operators_of
from orchestrator.mutation.verdicts import JudgedRun, judged, verdicts_of
from orchestrator.planning.other_cases import repairs_of_other_cases
from orchestrator.proof.binding import Binding
from orchestrator.proof.proof_status import Proofs
from orchestrator.proof.seed_cover import seeds_for


@dataclass
class MutantWork:
    """Mutants of scenarios, one variant of each.

    Attributes:
        labs: starts, breaks, grades and stops labs.
        proofs: where proofs and their records are kept.
        store: where what comes of mutants is kept on this machine.
        roots: the content roots, whose operators derive mutants as well.
        seed: the variant, which also draws the mutants; None: the one that a proof begins with.
        bindings: what each scenario was when its mutants were asked for.
    """

    labs: Labs
    proofs: Proofs
    store: MutantStore
    roots: Sequence[Path]
    seed: int | None
    bindings: dict[str, Binding] = field(default_factory=dict)

    def begin(self, scenarios: Sequence[str], *, record: bool) -> None:
        """See that the mutants of scenarios can be played, and recorded where that is asked for.

        Raises:
            UsageError: a scenario is not proven as it is now, or has no record to add to.
        """
        for name in scenarios:
            self.proofs.require(name, "recorded")  # what its repairs change is known: no mutant is flagged for it
            self.bindings[name] = self.proofs.binding(name)
            if record:
                self.proofs.record_to_add_to(name, self.bindings[name])

    def seed_of(self, name: str) -> int:
        """Return the seed of the variant of a scenario whose mutants are played."""
        return seeds_for(self.labs.plans.scenario(name), 1)[0].seed if self.seed is None else self.seed

    def subject(self, name: str) -> MutationSubject:
        """Return the variant of a scenario whose mutants are played.

        Raises:
            ContentError: an operator of a content root cannot be used.
        """
        scenario, seed = self.labs.plans.scenario(name), self.seed_of(name)
        plan = self.labs.plans.plan(name, seed)
        known = self.store.known(name, self._bound(name), seed)
        return MutationSubject(plan, dict(repairs_of_other_cases(scenario, plan)), known, operators_of(self.roots))

    def keep(self, name: str, mutant: PlayedMutant) -> None:
        """Keep what came of a mutant."""
        self.store.keep(name, self._bound(name), self.seed_of(name), mutant)

    def judged(self, name: str, run: MutationRun) -> JudgedRun:
        """Return a run with what the scenario's author says of its survivors."""
        return judged(run, verdicts_of(self.labs.plans.scenario(name), run.plan))

    def record(self, name: str, run: JudgedRun) -> str:
        """Add what came of mutants to the record of a scenario's proof; return who had signed it."""
        signer = self.proofs.record_to_add_to(name, self.bindings[name]).signer
        self.proofs.record_mutants(name, self.bindings[name], record_of(run, self._bound(name).program))
        return signer

    def _bound(self, name: str) -> Binding:
        return bound(self.bindings[name], self.roots)
