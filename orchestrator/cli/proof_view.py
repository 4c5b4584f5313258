"""Proofs on the terminal: the matrix of stages, what is wrong, the verdict, and what a replay saw otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.padding import Padding
from rich.text import Text as Styled

from orchestrator.cli.invocation import Invocation
from orchestrator.cli.language_choice import localized
from orchestrator.cli.output import plain, table
from orchestrator.cli.progress_view import duration
from orchestrator.core.text import Text
from orchestrator.proof.ledger import ColourDifference
from orchestrator.proof.model import Proof, ProofFinding, Stage, VariantProof
from orchestrator.proof.proof_words import stage_title

_COLOURS = {"pass": ("✔", "ok"), "fail": ("✘", "bad"), "error": ("!", "warn")}
_MOST_PLACES = 4
_MOST_DIFFERENCES = 12


def show_proofs(invocation: Invocation, proofs: Sequence[Proof], *, completed: bool = False) -> None:
    """Show proofs, each with what is wrong and its verdict.

    Args:
        invocation: the command line.
        proofs: the proofs.
        completed: whether they are of what the records lacked, and not of the scenarios.
    """
    out = invocation.output
    if not proofs:
        out.ok(Text(fr="✔ Tout est déjà prouvé.", en="✔ Everything is proven already."))
    for proof in proofs:
        for variant in proof.variants:
            drawn = "".join(f" · {name} = {case}" for name, case in variant.cases.items())
            out.heading(f"{proof.scenario} · --seed {variant.seed}{drawn}")
            out.print(_matrix(invocation, variant))
        findings = proof.findings()
        if findings:
            out.print("")
        for finding in findings:
            _show_finding(invocation, finding)
        out.print("", _verdict(proof, findings, completed=completed))


def _matrix(invocation: Invocation, variant: VariantProof) -> Any:  # noqa: ANN401 (Rich's table)
    rows = table(
        "",
        Text(fr="Étape", en="Stage"),
        Text(fr="Symptômes, objectifs", en="Symptoms, objectives"),
        Text(fr="Garde-fous", en="Guards"),
        Text(fr="Durée", en="Time"),
    )
    for stage in variant.stages:
        mark = plain("✔", "ok") if stage.sound else plain("✘", "bad") if stage.ran else plain("–", "quiet")
        title = plain(stage_title(stage).in_(invocation.language), "" if stage.ran else "quiet")
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


def _show_finding(invocation: Invocation, finding: ProofFinding) -> None:
    out, language, verdict = invocation.output, invocation.language, finding.verdict
    mark, style = ("?", "warn") if verdict.remark else ("✘", "bad")
    head = plain(f"{mark} ", style)
    head.append(verdict.text.in_(language))
    out.print(head)
    if finding.places:
        out.print(Padding(plain(_places(finding, language), "quiet"), (0, 0, 0, 2)))
    if verdict.evidence is not None:
        out.print(Padding(plain(verdict.evidence.in_(language).strip(), "quiet"), (0, 0, 0, 4)))
    out.print(Padding(plain(f"→ {verdict.advice.in_(language)}"), (0, 0, 0, 2)))


def _places(finding: ProofFinding, language: str) -> str:
    named = [
        f"{stage_title(stage).fr if language == 'fr' else stage_title(stage).en} (--seed {seed})"
        for seed, stage in finding.places
    ]
    more = len(named) - _MOST_PLACES
    return ", ".join(named[:_MOST_PLACES]) + (
        localized(Text(fr=f" et {more} autres", en=f" and {more} more")) if more > 0 else ""
    )


def _verdict(proof: Proof, findings: Sequence[ProofFinding], *, completed: bool) -> Styled:
    took = duration(proof.seconds)
    if proof.proven and completed:
        text = Text(
            fr=f"✔ {proof.scenario} : ce qui manquait à sa preuve est prouvé, en {took}, et ajouté.",
            en=f"✔ {proof.scenario}: what its record lacked is proven, in {took}, and added.",
        )
        return plain(text, "ok")
    if proof.proven:
        seeds = ", ".join(map(str, proof.seeds))
        text = Text(
            fr=f"✔ {proof.scenario} est prouvé (graine {seeds}) en {took}.",
            en=f"✔ {proof.scenario} is proven (seed {seeds}) in {took}.",
        )
        return plain(text, "ok")
    count = sum(1 for finding in findings if not finding.verdict.remark)
    text = Text(
        fr=f"✘ {proof.scenario} n'est pas prouvé : {count} chose{'s' if count > 1 else ''} à changer.",
        en=f"✘ {proof.scenario} is not proven: {count} thing{'' if count == 1 else 's'} to change.",
    )
    return plain(text, "bad")


def proof_document(proof: Proof) -> dict[str, Any]:
    """Return a proof as JSON, with every finding once besides."""
    findings = [
        {
            **finding.verdict.to_document(),
            "places": [{"seed": seed, "stage": stage.name, "subject": stage.subject} for seed, stage in finding.places],
        }
        for finding in proof.findings()
    ]
    return {**proof.to_document(), "findings": findings}


def show_differences(invocation: Invocation, scenario: str, found: Sequence[ColourDifference]) -> None:
    """Show what a replay saw otherwise than it is recorded."""
    out, count = invocation.output, len(found)
    if not found:
        text = Text(
            fr=f"✔ {scenario} : chaque couleur est celle de la preuve enregistrée.",
            en=f"✔ {scenario}: every colour is the recorded one.",
        )
        out.print("", text, style="ok")
        return
    text = Text(
        fr=f"✘ {scenario} : {count} différence{'s' if count > 1 else ''} avec la preuve enregistrée.",
        en=f"✘ {scenario}: {count} difference{'' if count == 1 else 's'} from the recorded proof.",
    )
    out.print("", text, style="bad")
    for one in found[:_MOST_DIFFERENCES]:
        before, now = one.recorded or "–", one.seen or "–"
        out.print(Padding(plain(f"{one.stage} (--seed {one.seed}) · {one.check} · {before} → {now}"), (0, 0, 0, 2)))
    if count > _MOST_DIFFERENCES:
        more = count - _MOST_DIFFERENCES
        out.print(Padding(plain(Text(fr=f"et {more} autres", en=f"and {more} more"), "quiet"), (0, 0, 0, 2)))


def difference_document(one: ColourDifference) -> dict[str, Any]:
    """Return a difference as JSON."""
    return {
        "seed": one.seed,
        "stage": one.stage,
        "check": one.check,
        "recorded": one.recorded or None,
        "seen": one.seen or None,
    }
