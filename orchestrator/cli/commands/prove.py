"""``prove``: is each check red and green exactly when it should be?"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from orchestrator.cli import completing
from orchestrator.cli.click_classes import FILE, argument, command, option, seed_option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.language_choice import localized
from orchestrator.cli.mutants import prove_mutants
from orchestrator.cli.progress_view import Steps, duration, steps
from orchestrator.cli.proof_view import difference_document, proof_document, show_differences, show_proofs
from orchestrator.core.errors import ExitCode, MachineError, UsageError
from orchestrator.core.text import Text, same
from orchestrator.model.plan import Plan
from orchestrator.proof.binding import Binding
from orchestrator.proof.ledger import ColourDifference, FoundEntry, ProvingMachine, differences
from orchestrator.proof.model import Proof, Stage
from orchestrator.proof.proof_words import stage_title, status_text
from orchestrator.proof.prover import prove
from orchestrator.proof.seed_cover import Draw, draw, seeds_for, seeds_of_other_cases
from orchestrator.proof.stages import ProofSubject


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
    "--replay",
    "extent",
    flag_value="replay",
    help=Text(
        fr="Rejouer la preuve enregistrée, avec ses graines, et comparer chaque couleur.",
        en="Play the recorded proof again, with its seeds, and compare every colour.",
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
    everything: bool,
    changed: bool,
) -> int:
    """Prove scenarios."""
    if mutate is not None:
        _require_no_proof(None if extent == "record" else extent, seeds, html)
        names = _names(invocation, scenarios, everything=everything, changed=changed)
        return prove_mutants(invocation, names, count=mutate, seed=seed, jobs=jobs, record=extent == "record")
    if seed is not None:
        raise click.UsageError(
            localized(Text(fr="--seed ne va qu'avec --mutate.", en="--seed goes with --mutate only."))
        )
    work = _Work(invocation, extent or "whole")
    subjects = []
    for name in _names(invocation, scenarios, everything=everything, changed=changed):
        subjects += work.subjects(name, seeds)
    proofs: tuple[Proof, ...] = ()
    if subjects:
        with steps(invocation) as shown:
            proofs = prove(invocation.app.labs, subjects, jobs=jobs, watch=_Told(invocation, shown, work))
    if html is not None:
        _write(html, invocation, proofs)
    _tell(invocation, work, proofs)
    as_recorded = not any(work.differences.values())
    return ExitCode.DONE if as_recorded and all(proof.proven for proof in proofs) else ExitCode.NOT_REPAIRED


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


@dataclass
class _Work:
    """What is proven, how much of it, and what comes of each proof.

    Attributes:
        invocation: the command line.
        extent: ``whole``; ``brief``: the main line; ``record``: whole, and recorded; ``replay``: as it is recorded.
        bindings: what each scenario was when its proof began.
        records: the record that vouches for a brief proof, or that is played again.
        differences: what a replay saw otherwise than it is recorded.
    """

    invocation: Invocation
    extent: str
    bindings: dict[str, Binding] = field(default_factory=dict)
    records: dict[str, FoundEntry] = field(default_factory=dict)
    differences: dict[str, tuple[ColourDifference, ...]] = field(default_factory=dict)

    def subjects(self, name: str, seeds: int) -> list[ProofSubject]:
        """Return the variants of a scenario that are to be played.

        Raises:
            UsageError: a brief proof or a replay needs a record of the scenario as it is now, and there is none.
        """
        loaded, proofs = self.invocation.app.labs.plans.scenario(name), self.invocation.app.proofs
        self.bindings[loaded.id] = proofs.binding(loaded.id)
        if self.extent == "brief":
            self.records[loaded.id] = proofs.voucher(loaded.id)
        if self.extent == "replay":
            self.records[loaded.id] = self._played_again(loaded.id)
            recorded = self.records[loaded.id].entry.variants
            return [self._subject(name, draw(loaded, one.seed), repairs_only=one.repairs_only) for one in recorded]
        drawn = seeds_for(loaded, seeds)
        subjects = [self._subject(name, one) for one in drawn]
        if self.extent == "record":
            others = seeds_of_other_cases(loaded, drawn)
            subjects += [self._subject(name, one, repairs_only=True) for one in others]
        return subjects

    def _subject(self, name: str, one: Draw, *, repairs_only: bool = False) -> ProofSubject:
        return ProofSubject(
            self.invocation.app.labs.plans.plan(name, one.seed),
            one.cases,
            main_line=self.extent == "brief",
            repairs_only=repairs_only,
            learning=self.extent == "record",
        )

    def proved(self, proof: Proof) -> None:
        """Keep a proof, record it, or compare it, as the command asks."""
        proofs = self.invocation.app.proofs
        found = self.records.get(proof.scenario)
        vouched_by = found.digest if found is not None and self.extent == "brief" else ""
        stored = proofs.keep(proof, self.bindings[proof.scenario], vouched_by=vouched_by)
        if stored is None:
            text = Text(
                fr=f"{proof.scenario} a été modifié pendant sa preuve : elle n'est pas gardée. Recommencez.",
                en=f"{proof.scenario} was edited while it was being proven: the proof is not kept. Prove it again.",
            )
            self.invocation.output.note(text, style="warn")
        elif self.extent == "record" and proof.proven:
            info = self.invocation.app.labs.running.engine().info()
            proofs.record(stored, ProvingMachine.this(info.version, info.cgroup_version))
        if found is not None and self.extent == "replay":
            self.differences[proof.scenario] = tuple(differences(found.entry, proof))

    def _played_again(self, scenario: str) -> FoundEntry:
        proofs = self.invocation.app.proofs
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


class _Told:
    """Tells each stage as it ends, with how many there are in all; each proof is kept as soon as it is whole."""

    def __init__(self, invocation: Invocation, shown: Steps, work: _Work) -> None:
        self._invocation = invocation
        self._shown = shown
        self._work = work
        self._total = 0
        self._ended = 0

    def begin(self, stages: int) -> None:
        """See ``Watch.begin``."""
        self._total = stages
        self._shown.step(Text(fr=f"Preuve : {stages} étapes", en=f"Proving: {stages} stages"))

    def end(self, plan: Plan, stage: Stage) -> None:
        """See ``Watch.end``."""
        self._ended += 1
        count = f"{self._ended:>{len(str(self._total))}}/{self._total}"
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


def _tell(invocation: Invocation, work: _Work, proofs: Sequence[Proof]) -> None:
    if invocation.json:
        document: dict[str, object] = {
            "proven": all(p.proven for p in proofs),
            "proofs": [proof_document(p) for p in proofs],
        }
        if work.extent == "replay":
            document["differences"] = _documents(work.differences)
        invocation.output.document(document)
        return
    show_proofs(invocation, proofs)
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
