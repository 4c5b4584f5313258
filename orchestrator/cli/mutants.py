"""``prove --mutate``: wrong repairs that are derived from the accepted ones, and whether each of them is refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from orchestrator.cli.invocation import Invocation
from orchestrator.cli.mutant_view import FATES, MARKS, run_document, show_run
from orchestrator.cli.node_progress import NodeProgress
from orchestrator.cli.progress_view import Steps, duration, steps
from orchestrator.core.errors import ExitCode
from orchestrator.core.text import Text, same
from orchestrator.model.plan import Plan
from orchestrator.mutation.mutant import PlayedMutant
from orchestrator.mutation.mutant_work import MutantWork
from orchestrator.mutation.playing import play_mutants
from orchestrator.mutation.runs import MutationRun
from orchestrator.mutation.verdicts import JudgedRun


def prove_mutants(
    invocation: Invocation,
    scenarios: Sequence[str],
    *,
    count: int,
    seed: int | None,
    jobs: int | None,
    record: bool = False,
    cluster: bool = False,
) -> int:
    """Play mutants of scenarios and tell what came of each.

    Args:
        invocation: the command line.
        scenarios: their ids.
        count: how many mutants of each.
        seed: the variant, which also draws the mutants; None: the one that a proof begins with.
        jobs: how many labs at once; None: as many as the machine bears.
        record: whether it is added to the record of each scenario's proof.
        cluster: whether the nodes of the cluster play them; here, it is one scenario after the other.

    Raises:
        UsageError: a scenario is not proven as it is now, or has no record to add to.
        ContentError: an operator of a content root cannot be used.
    """
    app = invocation.app
    work = MutantWork(app.labs, app.proofs, app.mutants, app.content.roots, seed)
    work.begin(scenarios, record=record)
    subjects = {name: work.subject(name) for name in scenarios}
    runs: list[JudgedRun] = []

    def ended(name: str, run: MutationRun) -> None:
        runs.append(work.judged(name, run))
        if not invocation.json and not cluster:
            show_run(invocation, runs[-1])
        if record and work.record(name, runs[-1]):
            _tell_unsigned(invocation, name)

    if cluster:
        from orchestrator.cluster.cluster_mutants import play_on

        with steps(invocation) as shown:
            watch = _ToldOnNodes(invocation, shown, work, subjects)
            watch.see_nodes()
            play_on(app.cluster, work, subjects, count=count, jobs=jobs, watch=watch, ended=ended)
        if not invocation.json:
            for judged in runs:  # all at once: they come while others are still told
                show_run(invocation, judged)
    else:
        for name, subject in subjects.items():
            with steps(invocation) as shown:
                told = _Told(invocation, shown, work, name)
                run = play_mutants(app.labs, subject, count=count, seed=subject.plan.seed, jobs=jobs, watch=told)
            ended(name, run)
    if invocation.json:
        invocation.output.document({"runs": [run_document(run) for run in runs]})
    return ExitCode.DONE if all(run.held for run in runs) else ExitCode.NOT_REPAIRED


def _tell_unsigned(invocation: Invocation, scenario: str) -> None:
    text = Text(
        fr=f"La preuve enregistrée a changé : signez-la de nouveau (« breakfix ledger sign {scenario} »).",
        en=f"The recorded proof has changed: sign it again ('breakfix ledger sign {scenario}').",
    )
    invocation.output.note(text, style="warn")


class _Told:
    """Tells each mutant as it ends, and keeps it."""

    def __init__(self, invocation: Invocation, shown: Steps, work: MutantWork, scenario: str) -> None:
        self._invocation = invocation
        self._shown = shown
        self._work = work
        self._scenario = scenario
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
            self._work.keep(self._scenario, mutant)
        mark, language = MARKS[mutant.fate][0], self._invocation.language
        took = "" if known else f" ({duration(mutant.seconds)})"
        before = Text(fr=" · déjà joué", en=" · played before").in_(language) if known else ""
        fate = FATES[mutant.fate].in_(language)
        self._shown.detail(same(f"{self._ended:>3} {mark} {mutant.name} · {fate}{before}{took}"))


class _ToldOnNodes(NodeProgress):
    """Tells which node plays which scenario's mutants, and each of these."""

    def __init__(self, invocation: Invocation, shown: Steps, work: MutantWork, scenarios: Iterable[str]) -> None:
        super().__init__(invocation, shown)
        self._told = {name: _Told(invocation, shown, work, name) for name in scenarios}

    def begins(self, scenario: str, node: str) -> _Told:
        """See ``ClusterMutantWatch.begins``."""
        self.placed(scenario, node)
        return self._told[scenario]
