"""``prove``: is each check red and green exactly when it should be?"""

from __future__ import annotations

from typing import Any

import click
from rich.text import Text as Styled

from orchestrator.cli import completing
from orchestrator.cli.base import command
from orchestrator.cli.language import tr
from orchestrator.cli.output import both, plain, table
from orchestrator.cli.progress import steps
from orchestrator.cli.session import Session, pass_session
from orchestrator.errors import ExitCode
from orchestrator.proof import Proof, Stage, prove
from orchestrator.text import Text, same

_COLOURS = {"pass": ("✔", "ok"), "fail": ("✘", "bad"), "error": ("!", "warn")}


@command(
    "prove",
    help=tr(
        "Prouver qu'un scénario est juste, sur de vraies machines : lab sain, panne, chaque solution, redémarrage, "
        "chaque raccourci.\n\nCode de sortie 1 quand la preuve échoue.",
        "Prove that a scenario is sound, on real machines: healthy lab, fault, each solution, reboot, each shortcut."
        "\n\nExit status 1 when it is not proven.",
    ),
)
@click.argument("scenarios", nargs=-1, metavar=tr("[SCÉNARIO]…", "[SCENARIO]…"), shell_complete=completing.scenarios)
@click.option("--all", "everything", is_flag=True, help=tr("Tous les scénarios.", "All scenarios."))
@click.option(
    "--seeds",
    type=click.IntRange(1, 100),
    default=1,
    metavar="N",
    help=tr("Combien de variantes (par défaut 1).", "How many variants (by default 1)."),
)
@pass_session
def prove_command(session: Session, scenarios: tuple[str, ...], seeds: int, *, everything: bool) -> int:
    """Prove scenarios."""
    names = session.app.content.scenarios() if everything else scenarios
    if not names:
        raise click.UsageError(tr("Nommez un scénario, ou donnez --all.", "Name a scenario, or give --all."))
    plans = [session.plan(name, seed) for name in names for seed in range(1, seeds + 1)]
    proofs = []
    for plan in plans:
        if not session.json:
            session.output.print("", plain(f"{plan.scenario} · --seed {plan.seed}", "bold"))
        with steps(session) as shown:
            proof = prove(session.app.labs, plan, shown, lambda stage: shown.detail(same(_told(stage))))
        proofs.append(proof)
        if not session.json:
            _show(session, proof)
    if session.json:
        session.output.document({"proven": all(p.proven for p in proofs), "proofs": [_document(p) for p in proofs]})
    return ExitCode.DONE if all(proof.proven for proof in proofs) else ExitCode.NOT_REPAIRED


def _show(session: Session, proof: Proof) -> None:
    out = session.output
    rows = table(
        "", tr("Étape", "Stage"), tr("Symptômes, objectifs", "Symptoms, objectives"), tr("Garde-fous", "Guards")
    )
    for stage in proof.stages:
        mark = plain("✘", "bad") if stage.problems else plain("✔", "ok")
        rows.add_row(mark, plain(_stage(stage)), _colours(stage, guard=False), _colours(stage, guard=True))
    out.print(rows)
    for stage in proof.stages:
        for problem in stage.problems:
            out.print(plain(f"  ✘ {_stage(stage)} : " if session.language == "fr" else f"  ✘ {_stage(stage)}: ", "bad"))
            out.print(plain(f"    {problem.in_(session.language)}"))
    if proof.proven:
        out.print(plain(tr(f"✔ {proof.scenario} est prouvé.", f"✔ {proof.scenario} is proven."), "ok"))
    else:
        out.print(plain(tr(f"✘ {proof.scenario} n'est pas prouvé.", f"✘ {proof.scenario} is not proven."), "bad"))


def _told(stage: Stage) -> str:
    return f"{'✘' if stage.problems else '✔'} {_stage(stage)}"


def _colours(stage: Stage, *, guard: bool) -> Styled:
    dots = Styled()
    for result in stage.report.results:
        if (result.role == "guard") == guard:
            mark, style = _COLOURS[result.outcome]
            dots.append(mark, style=style)
    return dots


def _stage(stage: Stage) -> str:
    names = {
        "healthy": Text(fr="lab sain", en="healthy lab"),
        "broken": Text(fr="en panne", en="broken"),
        "solution": Text(fr="solution", en="solution"),
        "reboot": Text(fr="après redémarrage", en="after a reboot"),
        "shortcut": Text(fr="raccourci", en="shortcut"),
    }
    name = tr(names[stage.name].fr, names[stage.name].en)
    return f"{name} {stage.subject}".strip()


def _document(proof: Proof) -> dict[str, Any]:
    return {
        "scenario": proof.scenario,
        "digest": proof.digest,
        "proven": proof.proven,
        "stages": [
            {
                "name": stage.name,
                "subject": stage.subject,
                "seed": stage.seed,
                "outcomes": {result.id: result.outcome for result in stage.report.results},
                "problems": [both(problem) for problem in stage.problems],
            }
            for stage in proof.stages
        ],
    }
