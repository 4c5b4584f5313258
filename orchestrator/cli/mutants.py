"""``prove --mutate``: wrong repairs that are derived from the accepted ones, and whether each of them is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from rich.padding import Padding

from orchestrator.cli.invocation import Invocation
from orchestrator.cli.output import plain, table
from orchestrator.cli.progress_view import Steps, duration, steps
from orchestrator.core.documents import document_of
from orchestrator.core.errors import ExitCode
from orchestrator.core.text import Text, same
from orchestrator.model.plan import Plan
from orchestrator.mutation.mutant import Fate, PlayedMutant
from orchestrator.mutation.playing import MutationRun, MutationSubject, play_mutants
from orchestrator.planning.other_cases import repairs_of_other_cases
from orchestrator.proof.seed_cover import seeds_for

_MARKS: Final[dict[Fate, tuple[str, str]]] = {
    "refused": ("✔", "ok"),
    "flagged": ("?", "ok"),
    "survived": ("✘", "bad"),
    "unjudged": ("!", "warn"),
    "void": ("–", "quiet"),
}
_FATES: Final[dict[Fate, Text]] = {
    "refused": Text(fr="refusé", en="refused"),
    "flagged": Text(fr="signalé", en="flagged"),
    "survived": Text(fr="accepté", en="accepted"),
    "unjudged": Text(fr="non jugé", en="not judged"),
    "void": Text(fr="sans objet", en="nothing to spoil"),
}
"""What each fate is called."""


def prove_mutants(
    invocation: Invocation, scenarios: Sequence[str], *, count: int, seed: int | None, jobs: int | None
) -> int:
    """Play mutants of scenarios, one scenario after the other, and tell what came of each.

    Args:
        invocation: the command line.
        scenarios: their ids.
        count: how many mutants of each.
        seed: the variant, which also draws the mutants; None: the one that a proof begins with.
        jobs: how many labs at once; None: as many as the machine bears.

    Raises:
        UsageError: a scenario is not proven as it is now.
    """
    app = invocation.app
    for name in scenarios:
        app.proofs.require(name, "recorded")  # what its repairs change is known, so that no mutant is flagged for it
    runs = []
    for name in scenarios:
        scenario = app.labs.plans.scenario(name)
        chosen = seeds_for(scenario, 1)[0].seed if seed is None else seed
        plan, binding = app.labs.plans.plan(name, chosen), app.proofs.binding(name)
        known = app.mutants.known(name, binding, chosen)
        subject = MutationSubject(plan, dict(repairs_of_other_cases(scenario, plan)), known)
        with steps(invocation) as shown:
            told = _Told(invocation, shown, partial(app.mutants.keep, name, binding, chosen))
            run = play_mutants(app.labs, subject, count=count, seed=chosen, jobs=jobs, watch=told)
        runs.append(run)
        if not invocation.json:
            _show(invocation, run)
    if invocation.json:
        invocation.output.document({"runs": [_document(run) for run in runs]})
    held = not any(run.survivors or run.of("unjudged") for run in runs)
    return ExitCode.DONE if held else ExitCode.NOT_REPAIRED


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
        mark, language = _MARKS[mutant.fate][0], self._invocation.language
        took = "" if known else f" ({duration(mutant.seconds)})"
        before = Text(fr=" · déjà joué", en=" · played before").in_(language) if known else ""
        fate = _FATES[mutant.fate].in_(language)
        self._shown.detail(same(f"{self._ended:>3} {mark} {mutant.name} · {fate}{before}{took}"))


def _show(invocation: Invocation, run: MutationRun) -> None:
    out, language = invocation.output, invocation.language
    out.heading(f"{run.plan.scenario} · --seed {run.plan.seed}")
    rows = table("", Text(fr="Mutant", en="Mutant"), Text(fr="Décidé par", en="Decided by"))
    for one in run.mutants:
        mark, style = _MARKS[one.fate]
        rows.add_row(plain(mark, style), plain(one.name), plain(one.by.in_(language) if one.by else "", "quiet"))
    out.print(rows)
    for one in run.of("survived"):
        _show_survivor(invocation, one)
    counts = Counter(one.fate for one in run.mutants)
    alike = len(run.of("survived")) - len(run.survivors)
    took = duration(run.seconds)
    out.print(
        "",
        Text(
            fr=f"{len(run.mutants)} mutants en {took} : {counts['refused']} refusés, {counts['flagged']} signalés, "
            f"{counts['survived']} acceptés, dont {alike} qui laissent le lab comme une réparation.",
            en=f"{len(run.mutants)} mutants in {took}: {counts['refused']} refused, {counts['flagged']} flagged, "
            f"{counts['survived']} accepted, {alike} of which leave the lab as a repair does.",
        ),
        style="bad" if run.survivors else "ok",
    )


def _show_survivor(invocation: Invocation, one: PlayedMutant) -> None:
    out, language = invocation.output, invocation.language
    head = plain("? " if one.same and not one.lost else "✘ ", "warn" if one.same and not one.lost else "bad")
    head.append(f"{one.name}: " if language == "en" else f"{one.name} : ")
    head.append(one.summary.in_(language))
    out.print("", head)
    for line in one.lines:
        out.print(Padding(plain(line.in_(language), "quiet"), (0, 0, 0, 4)))
    out.print(Padding(plain(f"→ {_advice(one).in_(language)}"), (0, 0, 0, 2)))


def _advice(one: PlayedMutant) -> Text:
    """Return what the author should do about a survivor."""
    if one.lost:
        return Text(
            fr="Un redémarrage la défait : contrôlez aussi ce qui est écrit pour durer.",
            en="A reboot undoes it: check as well what is written down to last.",
        )
    if one.same:
        return Text(
            fr="Le lab reste comme après une réparation acceptée. Est-ce aussi bien ? Sinon, contrôlez ce qui diffère.",
            en="The lab is left as an accepted repair leaves it. Is it as good? If not, check what differs.",
        )
    return Text(
        fr="Si elle vaut la solution, ajoutez-la aux solutions ; sinon, gardez par un contrôle ce qu'elle abîme.",
        en="If it is as good as the solution, add it to the solutions; if not, guard what it spoils by a check.",
    )


def _document(run: MutationRun) -> dict[str, Any]:
    return {
        "scenario": run.plan.scenario,
        "seed": run.plan.seed,
        "derived": run.derived,
        "seconds": run.seconds,
        "mutants": document_of(list(run.mutants)),
        "survivors": [one.name for one in run.survivors],
    }
