"""``prove``: is each check red and green exactly when it should be?"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.padding import Padding
from rich.text import Text as Styled

from orchestrator.cli import completing
from orchestrator.cli.base import command
from orchestrator.cli.language import tr
from orchestrator.cli.output import plain, table
from orchestrator.cli.progress import Steps, duration, steps
from orchestrator.cli.session import Session, pass_session
from orchestrator.errors import ExitCode, MachineError
from orchestrator.model.plan import Plan
from orchestrator.proof.binding import Binding
from orchestrator.proof.model import Finding, Proof, Stage, VariantProof
from orchestrator.proof.runner import prove
from orchestrator.proof.seeds import seeds_for
from orchestrator.proof.stages import Subject
from orchestrator.proof.wording import stage_title
from orchestrator.text import Text, same

_COLOURS = {"pass": ("✔", "ok"), "fail": ("✘", "bad"), "error": ("!", "warn")}
_MOST_PLACES = 4


@command(
    "prove",
    help=tr(
        "Prouver qu'un scénario est juste, sur de vraies machines : lab sain, panne, panne annulée, chaque solution, "
        "redémarrage, chaque raccourci.\n\nLe résultat est gardé : « breakfix scenarios » le montre tant que rien ne "
        "change. Code de sortie 1 quand la preuve échoue.",
        "Prove that a scenario is sound, on real machines: healthy lab, fault, fault reverted, each solution, reboot, "
        "each shortcut.\n\nThe result is kept: 'breakfix scenarios' shows it as long as nothing changes. Exit status 1 "
        "when it is not proven.",
    ),
)
@click.argument("scenarios", nargs=-1, metavar=tr("[SCÉNARIO]…", "[SCENARIO]…"), shell_complete=completing.scenarios)
@click.option("--all", "everything", is_flag=True, help=tr("Tous les scénarios.", "All scenarios."))
@click.option(
    "--changed",
    is_flag=True,
    help=tr(
        "Seulement ceux qui ne sont pas prouvés tels qu'ils sont maintenant (parmi tous, si aucun n'est nommé).",
        "Only those that are not proven as they are now (of all, where none is named).",
    ),
)
@click.option(
    "--seeds",
    type=click.IntRange(1, 100),
    default=1,
    metavar="N",
    help=tr(
        "Combien de variantes (par défaut 1) ; d'abord celles qui tirent d'autres pannes.",
        "How many variants (by default 1); first those that draw other faults.",
    ),
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    metavar="N",
    help=tr(
        "Combien de labs à la fois (par défaut autant que les processeurs en supportent).",
        "How many labs at once (by default as many as the processors bear).",
    ),
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar=tr("FICHIER", "FILE"),
    help=tr("Écrire aussi la preuve comme page HTML.", "Write the proof as an HTML page as well."),
)
@pass_session
def prove_command(
    session: Session,
    scenarios: tuple[str, ...],
    seeds: int,
    jobs: int | None,
    html: Path | None,
    *,
    everything: bool,
    changed: bool,
) -> int:
    """Prove scenarios."""
    names = _names(session, scenarios, everything=everything, changed=changed)
    subjects, bindings = [], {}
    for name in names:
        loaded = session.scenario(name)
        bindings[loaded.id] = session.app.proofs.binding(loaded.id)
        subjects += [Subject(session.plan(name, one.seed), one.cases) for one in seeds_for(loaded, seeds)]
    proofs: tuple[Proof, ...] = ()
    if subjects:
        with steps(session) as shown:
            proofs = prove(session.app.labs, subjects, jobs=jobs, watch=_Told(session, shown, bindings))
    if html is not None:
        _write(html, session, proofs)
    if session.json:
        document = {"proven": all(p.proven for p in proofs), "proofs": [_document(p) for p in proofs]}
        session.output.document(document)
    else:
        _show(session, proofs)
    return ExitCode.DONE if all(proof.proven for proof in proofs) else ExitCode.NOT_REPAIRED


def _names(session: Session, scenarios: Sequence[str], *, everything: bool, changed: bool) -> tuple[str, ...]:
    """Return the ids of the scenarios to prove, each once."""
    if not scenarios and not everything and not changed:
        raise click.UsageError(
            tr("Nommez un scénario, ou donnez --all ou --changed.", "Name a scenario, or give --all or --changed.")
        )
    named = session.app.content.scenarios() if everything or not scenarios else scenarios
    ids = tuple(dict.fromkeys(session.scenario(name).id for name in named))
    if not changed:
        return ids
    return tuple(name for name in ids if session.app.proofs.status(name).state != "proven")


class _Told:
    """Tells each stage as it ends, with how many there are in all; keeps each proof as soon as it is whole."""

    def __init__(self, session: Session, shown: Steps, bindings: Mapping[str, Binding]) -> None:
        self._session = session
        self._shown = shown
        self._bindings = bindings
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
        title = stage_title(stage).in_(self._session.language)
        self._shown.detail(same(f"{count} {mark} {plan.scenario} --seed {plan.seed} · {title}{took}"))
        for verdict in stage.verdicts:
            if not verdict.remark:  # a proof of everything takes long: whoever mends it need not wait for its end
                said = [verdict.text, *([verdict.evidence] if verdict.evidence is not None else [])]
                lines = [text.in_(self._session.language).strip().partition("\n")[0] for text in said]
                self._shown.detail(same(" " * (len(count) + 3) + " – ".join(lines)))

    def proved(self, proof: Proof) -> None:
        """See ``Watch.proved``."""
        _keep(self._session, proof, self._bindings[proof.scenario])


def _keep(session: Session, proof: Proof, binding: Binding) -> None:
    if not session.app.proofs.keep(proof, binding):
        text = tr(
            f"{proof.scenario} a été modifié pendant sa preuve : elle n'est pas gardée. Recommencez.",
            f"{proof.scenario} was edited while it was being proven: the proof is not kept. Prove it again.",
        )
        session.output.note(plain(text, "warn"))


def _write(path: Path, session: Session, proofs: Sequence[Proof]) -> None:
    from orchestrator.proof.page import page_of

    try:
        path.write_text(page_of(proofs, session.language), encoding="utf-8")
    except OSError as error:
        reason = error.strerror or os.strerror(error.errno or 0)
        raise MachineError(
            Text(fr=f"{path} ne peut pas être écrit : {reason}", en=f"{path} cannot be written: {reason}")
        ) from error


# On the terminal ------------------------------------------------------------------------------------------


def _show(session: Session, proofs: Sequence[Proof]) -> None:
    out = session.output
    if not proofs:
        out.print(plain(tr("✔ Tout est déjà prouvé.", "✔ Everything is proven already."), "ok"))
    for proof in proofs:
        for variant in proof.variants:
            drawn = "".join(f" · {name} = {case}" for name, case in variant.cases.items())
            out.print("", plain(f"{proof.scenario} · --seed {variant.seed}{drawn}", "bold"))
            out.print(_matrix(session, variant))
        findings = proof.findings()
        if findings:
            out.print("")
        for finding in findings:
            _show_finding(session, finding)
        out.print("", _verdict(proof, findings))


def _matrix(session: Session, variant: VariantProof) -> Any:  # noqa: ANN401 (Rich's table)
    rows = table(
        "",
        tr("Étape", "Stage"),
        tr("Symptômes, objectifs", "Symptoms, objectives"),
        tr("Garde-fous", "Guards"),
        tr("Durée", "Time"),
    )
    for stage in variant.stages:
        mark = plain("✔", "ok") if stage.sound else plain("✘", "bad") if stage.ran else plain("–", "quiet")
        title = plain(stage_title(stage).in_(session.language), "" if stage.ran else "quiet")
        took = duration(stage.seconds) if stage.ran else ""
        rows.add_row(mark, title, _dots(stage, guard=False), _dots(stage, guard=True), took)
    return rows


def _dots(stage: Stage, *, guard: bool) -> Styled:
    dots = Styled()
    for seen in stage.seen:
        if (seen.result.role == "guard") == guard:
            mark, style = _COLOURS[seen.result.outcome]
            dots.append(mark, style=style if seen.as_expected else f"{style} reverse")
    return dots


def _show_finding(session: Session, finding: Finding) -> None:
    out, language, verdict = session.output, session.language, finding.verdict
    mark, style = ("?", "warn") if verdict.remark else ("✘", "bad")
    head = plain(f"{mark} ", style)
    head.append(verdict.text.in_(language))
    out.print(head)
    if finding.places:
        out.print(Padding(plain(_places(finding, language), "quiet"), (0, 0, 0, 2)))
    if verdict.evidence is not None:
        out.print(Padding(plain(verdict.evidence.in_(language).strip(), "quiet"), (0, 0, 0, 4)))
    out.print(Padding(plain(f"→ {verdict.advice.in_(language)}"), (0, 0, 0, 2)))


def _places(finding: Finding, language: str) -> str:
    named = [
        f"{stage_title(stage).fr if language == 'fr' else stage_title(stage).en} (--seed {seed})"
        for seed, stage in finding.places
    ]
    more = len(named) - _MOST_PLACES
    return ", ".join(named[:_MOST_PLACES]) + (tr(f" et {more} autres", f" and {more} more") if more > 0 else "")


def _verdict(proof: Proof, findings: Sequence[Finding]) -> Styled:
    took = duration(proof.seconds)
    if proof.proven:
        seeds = ", ".join(str(variant.seed) for variant in proof.variants)
        text = tr(
            f"✔ {proof.scenario} est prouvé (graine {seeds}) en {took}.",
            f"✔ {proof.scenario} is proven (seed {seeds}) in {took}.",
        )
        return plain(text, "ok")
    count = sum(1 for finding in findings if not finding.verdict.remark)
    text = tr(
        f"✘ {proof.scenario} n'est pas prouvé : {count} chose{'s' if count > 1 else ''} à changer.",
        f"✘ {proof.scenario} is not proven: {count} thing{'' if count == 1 else 's'} to change.",
    )
    return plain(text, "bad")


def _document(proof: Proof) -> dict[str, Any]:
    """Return a proof as JSON, with every finding once besides."""
    findings = [
        {
            **finding.verdict.to_document(),
            "places": [{"seed": seed, "stage": stage.name, "subject": stage.subject} for seed, stage in finding.places],
        }
        for finding in proof.findings()
    ]
    return {**proof.to_document(), "findings": findings}
