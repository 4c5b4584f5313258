"""Leaving out a shortcut that only repeats what a mutant plays: its file goes, and its play out of the record.

Each shortcut has a lab of its own in a proof, so that one less says nothing new of the rest. But a check that was red
after this shortcut alone has been seen red nowhere else: such a shortcut stays.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path

from orchestrator.core.elision import de
from orchestrator.core.errors import MachineError, UsageError
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Text
from orchestrator.loader.content import Content
from orchestrator.model.plan import Plan
from orchestrator.proof.ledger import RecordedVariant
from orchestrator.proof.proof_status import Proofs


def leave_out(
    content: Content, proofs: Proofs, scenario: str, names: Collection[str], plan: Callable[[int], Plan]
) -> None:
    """Remove shortcuts from a scenario, and what is recorded of them from its proof.

    Args:
        content: all content.
        proofs: the proofs and the records.
        scenario: the scenario's id.
        names: the shortcuts.
        plan: returns the variant of a seed, as the scenario is then.

    Raises:
        UsageError: there is no such shortcut, no recorded proof of the scenario as it is now, or a check that nothing
            else turned red.
        MachineError: the scenario's folder cannot be written to.
    """
    files = {path.stem: path for path in (content.scenario_folder(scenario) / "shortcuts").glob("*.yaml")}
    for name in names:
        if name not in files:
            unknown = Text(fr=f"{scenario} n'a pas de raccourci « {name} »", en=f'{scenario} has no shortcut "{name}"')
            raise UsageError(with_suggestion(unknown, name, files))
    found = proofs.ledger.find(scenario)
    is_known = found is not None and proofs.ledger.may_be_added_to(found)
    if found is None or not is_known or found.entry.binding.changed(proofs.binding(scenario)):
        raise UsageError(
            Text(
                fr=f"La preuve {de(scenario)} tel qu'il est maintenant n'est pas enregistrée.",
                en=f"No proof of {scenario} as it is now is recorded.",
            ),
            Text(
                fr=f"Enregistrez-la : « breakfix prove {scenario} --record ».",
                en=f"Record one: 'breakfix prove {scenario} --record'.",
            ),
        )
    left = frozenset(f"shortcut {name}" for name in names)
    kept = tuple(_without(variant, left) for variant in found.entry.variants)
    if alone := sorted(_red(found.entry.variants) - _red(kept)):
        raise UsageError(
            Text(
                fr=f"Aucune autre étape de la preuve n'a vu rouge : {', '.join(alone)}.",
                en=f"No other stage of the proof has seen red: {', '.join(alone)}.",
            ),
            Text(
                fr="Gardez ce raccourci, ou écrivez-en un qui abîme ce que ce contrôle surveille.",
                en="Keep this shortcut, or write one that harms what this check guards.",
            ),
        )
    for name in names:
        _remove(files[name])
    binding = replace(proofs.binding(scenario), program=found.entry.binding.program)
    variants = tuple(replace(variant, digest=plan(variant.seed).digest) for variant in kept)
    proofs.ledger.record(replace(found.entry, binding=binding, variants=variants))


def _without(variant: RecordedVariant, left: Collection[str]) -> RecordedVariant:
    return replace(variant, stages={name: seen for name, seen in variant.stages.items() if name not in left})


def _red(variants: Iterable[RecordedVariant]) -> set[str]:
    """Return the checks that were red at some stage."""
    stages = [colours for variant in variants for colours in variant.stages.values()]
    return {check for colours in stages for check, colour in colours.items() if colour == "fail"}


def _remove(file: Path) -> None:
    try:
        file.unlink()
    except OSError as error:
        raise MachineError(
            Text(
                fr=f"{file} ne peut pas être retiré : {error.strerror}",
                en=f"{file} cannot be removed: {error.strerror}",
            ),
            Text(
                fr="Recommencez là où le dossier du scénario est à vous.",
                en="Do it where the scenario's folder is yours.",
            ),
        ) from error
