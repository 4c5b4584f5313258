"""``prove``: is each check red and green exactly when it should be?"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from orchestrator.cli import completing
from orchestrator.cli.click_classes import FILE, argument, command, option, seed_option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.language_choice import localized
from orchestrator.cli.mutants import prove_mutants
from orchestrator.cli.node_progress import NodeProgress
from orchestrator.cli.progress_view import Steps, duration, steps
from orchestrator.cli.proof_view import difference_document, proof_document, show_differences, show_proofs
from orchestrator.core.errors import ExitCode, MachineError
from orchestrator.core.text import Text, same
from orchestrator.model.plan import Plan
from orchestrator.proof.leaving_out import leave_out as leave_out_of
from orchestrator.proof.ledger import ColourDifference
from orchestrator.proof.model import Proof, Stage
from orchestrator.proof.proof_words import stage_title
from orchestrator.proof.proof_work import ProofWork
from orchestrator.proof.prover import prove


@command(
    "prove",
    help=Text(
        fr="Prouver qu'un scénario est juste, sur de vraies machines : lab sain, panne, panne annulée, chaque "
        "solution, redémarrage, chaque raccourci.\n\nLe résultat est gardé : « breakfix scenarios » le montre tant "
        "que rien ne change. Code de sortie 1 quand la preuve échoue, ou qu'une couleur n'est pas celle qui est "
        "enregistrée.",
        en="Prove that a scenario is sound, on real machines: healthy lab, fault, fault reverted, each solution, "
        "reboot, each shortcut.\n\nThe result is kept: 'breakfix scenarios' shows it as long as nothing changes. "
        "Exit status 1 when it is not proven, or when a colour is not the recorded one.",
    ),
)
@argument("scenarios", nargs=-1, metavar=Text(fr="[SCÉNARIO]…", en="[SCENARIO]…"), shell_complete=completing.scenarios)
@option("--all", "everything", is_flag=True, help=Text(fr="Tous les scénarios.", en="All scenarios."))
@option(
    "--changed",
    is_flag=True,
    help=Text(
        fr="Seulement ceux qui ne sont pas prouvés tels qu'ils sont maintenant, par ce programme (parmi tous, si aucun "
        "n'est nommé).",
        en="Only those that are not proven as they are now, by this program (of all, where none is named).",
    ),
)
@option(
    "--brief",
    "extent",
    flag_value="brief",
    help=Text(
        fr="Le chemin principal seul (sain, en panne, réparé, redémarré), là où une preuve enregistrée répond du "
        "reste.",
        en="The main line alone (healthy, broken, repaired, rebooted), where a recorded proof vouches for the rest.",
    ),
)
@option(
    "--record",
    "extent",
    flag_value="record",
    help=Text(
        fr="Enregistrer la preuve à côté du scénario, pour qu'elle voyage avec lui ; avec --mutate, y ajouter ce que "
        "les mutants ont donné.",
        en="Record the proof beside the scenario, so that it travels with it; with --mutate, add to it what came of "
        "the mutants.",
    ),
)
@option(
    "--complete",
    "extent",
    flag_value="complete",
    help=Text(
        fr="Jouer seulement les solutions et les raccourcis que la preuve enregistrée ne connaît pas encore, et les y "
        "ajouter.",
        en="Play only the solutions and shortcuts that the recorded proof does not know yet, and add them to it.",
    ),
)
@option(
    "--replay",
    "extent",
    flag_value="replay",
    help=Text(
        fr="Rejouer la preuve enregistrée, avec ses graines, et comparer chaque couleur.",
        en="Play the recorded proof again, with its seeds, and compare every colour.",
    ),
)
@option(
    "--leave-out",
    multiple=True,
    metavar=Text(fr="RACCOURCI", en="SHORTCUT"),
    help=Text(
        fr="Retirer un raccourci du scénario, et de la preuve enregistrée : un mutant joue la même chose.",
        en="Remove a shortcut from the scenario, and from its recorded proof: a mutant plays the same.",
    ),
)
@option(
    "--seeds",
    type=click.IntRange(1, 100),
    default=1,
    metavar="N",
    help=Text(
        fr="Combien de variantes (par défaut 1) ; d'abord celles qui tirent d'autres pannes.",
        en="How many variants (by default 1); first those that draw other faults.",
    ),
)
@option(
    "--mutate",
    type=click.IntRange(1, 500),
    metavar="N",
    help=Text(
        fr="Jouer N mauvaises réparations, dérivées des solutions, au lieu de la preuve : chacune doit être refusée "
        "ou signalée.",
        en="Play N wrong repairs, derived from the solutions, in place of the proof: each must be refused or flagged.",
    ),
)
@seed_option(
    text=Text(
        fr="Avec --mutate : la variante, qui tire aussi les mutants.",
        en="With --mutate: the variant, which also draws the mutants.",
    )
)
@option(
    "--jobs",
    type=click.IntRange(1, 64),
    metavar="N",
    help=Text(
        fr="Combien de labs à la fois (par défaut autant que les processeurs en supportent).",
        en="How many labs at once (by default as many as the processors bear).",
    ),
)
@option(
    "--cluster",
    is_flag=True,
    help=Text(
        fr="Répartir les scénarios sur les machines du cluster (« breakfix cluster »).",
        en="Spread the scenarios over the machines of the cluster ('breakfix cluster').",
    ),
)
@option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar=FILE,
    help=Text(fr="Écrire aussi la preuve comme page HTML.", en="Write the proof as an HTML page as well."),
)
@pass_invocation
def prove_command(  # noqa: PLR0913 - one for each option
    invocation: Invocation,
    scenarios: tuple[str, ...],
    extent: str | None,
    seeds: int,
    jobs: int | None,
    html: Path | None,
    *,
    mutate: int | None,
    seed: int | None,
    leave_out: tuple[str, ...],
    cluster: bool,
    everything: bool,
    changed: bool,
) -> int:
    """Prove scenarios."""
    if leave_out:
        return _leave_out(invocation, scenarios, leave_out)
    if mutate is not None:
        _require_no_proof(None if extent == "record" else extent, seeds, html)
        names = _names(invocation, scenarios, everything=everything, changed=changed)
        return prove_mutants(
            invocation, names, count=mutate, seed=seed, jobs=jobs, record=extent == "record", cluster=cluster
        )
    if seed is not None:
        raise click.UsageError(
            localized(Text(fr="--seed ne va qu'avec --mutate.", en="--seed goes with --mutate only."))
        )
    app = invocation.app
    work = ProofWork(app.labs, app.proofs, extent or "whole", lambda text: invocation.output.note(text, style="warn"))
    subjects = []
    for name in _names(invocation, scenarios, everything=everything, changed=changed):
        subjects += work.subjects(name, seeds)
    proofs: tuple[Proof, ...] = ()
    if subjects:
        with steps(invocation) as shown:
            told = _Told(invocation, shown, work)
            if cluster:
                from orchestrator.cluster.cluster_proofs import prove_on

                watch = _ToldOnNodes(invocation, shown, told)
                watch.see_nodes()
                proofs = prove_on(app.cluster, work, subjects, seeds=seeds, jobs=jobs, watch=watch)
            else:
                proofs = prove(app.labs, subjects, jobs=jobs, watch=told)
    if html is not None:
        _write(html, invocation, proofs)
    _tell(invocation, work, proofs)
    as_recorded = not any(work.differences.values())
    return ExitCode.DONE if as_recorded and all(proof.proven for proof in proofs) else ExitCode.NOT_REPAIRED


def _leave_out(invocation: Invocation, scenarios: Sequence[str], shortcuts: Sequence[str]) -> int:
    """Leave shortcuts of one scenario out."""
    if len(scenarios) != 1:
        one = Text(fr="--leave-out va avec un seul scénario.", en="--leave-out goes with one scenario.")
        raise click.UsageError(localized(one))
    app = invocation.app
    name = app.labs.plans.scenario(scenarios[0]).id
    leave_out_of(app.content, app.proofs, name, shortcuts, lambda seed: app.labs_now().plans.plan(name, seed))
    listed = ", ".join(shortcuts)
    invocation.output.note(
        Text(
            fr=f"✔ {name} : retiré, du scénario et de sa preuve : {listed}",
            en=f"✔ {name}: removed, from the scenario and its proof: {listed}",
        ),
        style="ok",
    )
    return ExitCode.DONE


def _require_no_proof(extent: str | None, seeds: int, html: Path | None) -> None:
    """Refuse options of a proof where mutants are played."""
    given = {f"--{extent}": extent is not None, "--seeds": seeds != 1, "--html": html is not None}
    for name in (name for name, there in given.items() if there):
        raise click.UsageError(
            localized(
                Text(
                    fr=f"--mutate joue des mutants, pas de preuve : {name} ne va pas avec.",
                    en=f"--mutate plays mutants, no proof: {name} does not go with it.",
                )
            )
        )


def _names(invocation: Invocation, scenarios: Sequence[str], *, everything: bool, changed: bool) -> tuple[str, ...]:
    """Return the ids of the scenarios to prove, each once."""
    if not scenarios and not everything and not changed:
        needed = Text(
            fr="Nommez un scénario, ou donnez --all ou --changed.", en="Name a scenario, or give --all or --changed."
        )
        raise click.UsageError(localized(needed))
    named = invocation.app.content.scenarios() if everything or not scenarios else scenarios
    ids = tuple(dict.fromkeys(invocation.app.labs.plans.scenario(name).id for name in named))
    if not changed:
        return ids
    known = {name: invocation.app.proofs.status(name) for name in ids}
    return tuple(name for name, one in known.items() if one.older or one.state not in {"here", "recorded"})


class _Told:
    """Tells each stage as it ends, with how many there are in all; each proof is kept as soon as it is whole."""

    def __init__(self, invocation: Invocation, shown: Steps, work: ProofWork) -> None:
        self._invocation = invocation
        self._shown = shown
        self._work = work
        self._total = 0
        self._ended: Counter[str | None] = Counter()

    def begin(self, stages: int) -> None:
        """See ``Watch.begin``."""
        self._total = stages
        self._shown.step(Text(fr=f"Preuve : {stages} étapes", en=f"Proving: {stages} stages"))

    def end(self, plan: Plan, stage: Stage) -> None:
        """See ``Watch.end``."""
        self._ended[plan.scenario] += 1
        count = f"{self._ended.total():>{len(str(self._total))}}/{self._total}"
        mark = "✔" if stage.sound else "✘" if stage.ran else "–"
        took = f" ({duration(stage.seconds)})" if stage.ran else ""
        title = stage_title(stage).in_(self._invocation.language)
        self._shown.detail(same(f"{count} {mark} {plan.scenario} --seed {plan.seed} · {title}{took}"))
        for verdict in stage.verdicts:
            if not verdict.remark:  # a proof of everything takes long: whoever repairs it need not wait for its end
                said = [verdict.text, *([verdict.evidence] if verdict.evidence is not None else [])]
                lines = [text.in_(self._invocation.language).strip().partition("\n")[0] for text in said]
                self._shown.detail(same(" " * (len(count) + 3) + " – ".join(lines)))

    def proved(self, proof: Proof) -> None:
        """See ``Watch.proved``."""
        self._work.proved(proof)

    def again(self, scenario: str) -> None:
        """Take back what was told of a scenario: it begins."""
        self._ended[scenario] = 0


class _ToldOnNodes(NodeProgress):
    """Tells which node proves which scenario, and each stage as it ends there."""

    def __init__(self, invocation: Invocation, shown: Steps, told: _Told) -> None:
        super().__init__(invocation, shown)
        self.begin, self.end, self.proved = told.begin, told.end, told.proved
        self._told = told

    def placed(self, scenario: str, node: str) -> None:
        """See ``ClusterWatch.placed``."""
        self._told.again(scenario)  # another node may have begun with it, and is no more
        super().placed(scenario, node)


def _tell(invocation: Invocation, work: ProofWork, proofs: Sequence[Proof]) -> None:
    if invocation.json:
        document: dict[str, object] = {
            "proven": all(p.proven for p in proofs),
            "proofs": [proof_document(p) for p in proofs],
        }
        if work.extent == "replay":
            document["differences"] = _documents(work.differences)
        invocation.output.document(document)
        return
    show_proofs(invocation, proofs, completed=work.extent == "complete")
    for scenario, found in work.differences.items():
        show_differences(invocation, scenario, found)


def _documents(found: Mapping[str, Sequence[ColourDifference]]) -> dict[str, object]:
    return {scenario: [difference_document(one) for one in ones] for scenario, ones in found.items()}


def _write(path: Path, invocation: Invocation, proofs: Sequence[Proof]) -> None:
    from orchestrator.proof.page import page_of

    try:
        path.write_text(page_of(proofs, invocation.language), encoding="utf-8")
    except OSError as error:
        reason = error.strerror or os.strerror(error.errno or 0)
        raise MachineError(
            Text(fr=f"{path} ne peut pas être écrit : {reason}", en=f"{path} cannot be written: {reason}")
        ) from error
