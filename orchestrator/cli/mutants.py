"""``prove --mutate``: wrong repairs that are derived from the accepted ones, and whether each of them is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from orchestrator.cli.invocation import Invocation
from orchestrator.cli.mutant_view import FATES, MARKS, run_document, show_run
from orchestrator.cli.progress_view import Steps, duration, steps
from orchestrator.core.errors import ExitCode
from orchestrator.core.text import Text, same
from orchestrator.model.plan import Plan
from orchestrator.mutation.mutant import PlayedMutant
from orchestrator.mutation.mutant_store import bound
from orchestrator.mutation.playing import play_mutants
from orchestrator.mutation.recording import record_of
from orchestrator.mutation.runs import MutationSubject
from orchestrator.mutation.trainers_operators import operators_of
from orchestrator.mutation.verdicts import judged, verdicts_of
from orchestrator.planning.other_cases import repairs_of_other_cases
from orchestrator.proof.binding import Binding
from orchestrator.proof.mutant_record import RecordedMutants
from orchestrator.proof.seed_cover import seeds_for


def prove_mutants(
    invocation: Invocation,
    scenarios: Sequence[str],
    *,
    count: int,
    seed: int | None,
    jobs: int | None,
    record: bool = False,
) -> int:
    """Play mutants of scenarios, one scenario after the other, and tell what came of each.

    Args:
        invocation: the command line.
        scenarios: their ids.
        count: how many mutants of each.
        seed: the variant, which also draws the mutants; None: the one that a proof begins with.
        jobs: how many labs at once; None: as many as the machine bears.
        record: whether it is added to the record of each scenario's proof.

    Raises:
        UsageError: a scenario is not proven as it is now, or has no record to add to.
        ContentError: an operator of a content root cannot be used.
    """
    app = invocation.app
    for name in scenarios:
        app.proofs.require(name, "recorded")  # what its repairs change is known, so that no mutant is flagged for it
        if record:
            app.proofs.record_to_add_to(name, app.proofs.binding(name))
    operators = operators_of(app.content.roots)
    runs = []
    for name in scenarios:
        scenario = app.labs.plans.scenario(name)
        chosen = seeds_for(scenario, 1)[0].seed if seed is None else seed
        plan, binding = app.labs.plans.plan(name, chosen), app.proofs.binding(name)
        now = bound(binding, app.content.roots)
        known = app.mutants.known(name, now, chosen)
        subject = MutationSubject(plan, dict(repairs_of_other_cases(scenario, plan)), known, operators)
        with steps(invocation) as shown:
            told = _Told(invocation, shown, partial(app.mutants.keep, name, now, chosen))
            run = play_mutants(app.labs, subject, count=count, seed=chosen, jobs=jobs, watch=told)
        runs.append(judged(run, verdicts_of(scenario, plan)))
        if not invocation.json:
            show_run(invocation, runs[-1])
        if record:
            _record(invocation, name, binding, record_of(runs[-1], now.program))
    if invocation.json:
        invocation.output.document({"runs": [run_document(run) for run in runs]})
    return ExitCode.DONE if all(run.held for run in runs) else ExitCode.NOT_REPAIRED


def _record(invocation: Invocation, scenario: str, binding: Binding, mutants: RecordedMutants) -> None:
    """Add what came of mutants to the record of a scenario's proof, and say that its signature is gone."""
    proofs = invocation.app.proofs
    signer = proofs.record_to_add_to(scenario, binding).signer
    proofs.record_mutants(scenario, binding, mutants)
    if signer:
        text = Text(
            fr=f"La preuve enregistrée a changé : signez-la de nouveau (« breakfix ledger sign {scenario} »).",
            en=f"The recorded proof has changed: sign it again ('breakfix ledger sign {scenario}').",
        )
        invocation.output.note(text, style="warn")


class _Told:
    """Tells each mutant as it ends, and keeps it."""

    def __init__(self, invocation: Invocation, shown: Steps, keep: Callable[[PlayedMutant], None]) -> None:
        self._invocation = invocation
        self._shown = shown
        self._keep = keep
        self._ended = 0

    def repairs(self, plan: Plan) -> None:
        """See ``MutantWatch.repairs``."""
        count = len(plan.solutions)
        s = "s" if count > 1 else ""
        self._shown.step(
            Text(
                fr=f"{plan.scenario} : {count} réparation{s} acceptée{s}",
                en=f"{plan.scenario}: {count} accepted repair{s}",
            )
        )

    def mutants(self, plan: Plan, count: int, derived: int) -> None:
        """See ``MutantWatch.mutants``."""
        self._shown.step(
            Text(
                fr=f"{plan.scenario} : {count} mutants sur {derived}",
                en=f"{plan.scenario}: {count} mutants of {derived}",
            )
        )

    def played(self, mutant: PlayedMutant, *, known: bool) -> None:
        """See ``MutantWatch.played``."""
        self._ended += 1
        if not known:
            self._keep(mutant)
        mark, language = MARKS[mutant.fate][0], self._invocation.language
        took = "" if known else f" ({duration(mutant.seconds)})"
        before = Text(fr=" · déjà joué", en=" · played before").in_(language) if known else ""
        fate = FATES[mutant.fate].in_(language)
        self._shown.detail(same(f"{self._ended:>3} {mark} {mutant.name} · {fate}{before}{took}"))
