"""Keeps on this machine what came of mutants: a run that was interrupted goes on, and a second one adds to it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from orchestrator.core.documents import document_of, read_as
from orchestrator.mutation.mutant import PlayedMutant
from orchestrator.mutation.trainers_operators import operators_hash
from orchestrator.proof.binding import Binding

SCHEMA: Final = 1
"""The version of the stored form; another one counts as nothing kept."""


def bound(binding: Binding, roots: Sequence[Path]) -> Binding:
    """Return what came of mutants is bound to: what a proof is, and all that derives and plays mutants.

    Args:
        binding: what a proof of the scenario is bound to.
        roots: the content roots, whose operators derive mutants as well.

    Raises:
        ContentError: a file of theirs cannot be read.
    """
    return replace(binding, program=f"{binding.program}.{operators_hash(roots)}")


class MutantStore:
    """One file for each scenario: what came of its mutants, as it and the program are now."""

    def __init__(self, folder: Path) -> None:
        """Keep them below ``folder``, which is made when the first one is written."""
        self._folder = folder

    def known(self, scenario: str, binding: Binding, seed: int) -> Mapping[str, PlayedMutant]:
        """Return what came of a variant's mutants, by their names; nothing of another content or program."""
        document = self._read(scenario, binding)
        try:
            found = read_as(document.get("variants", {}).get(str(seed), []), list[PlayedMutant])
        except (ValueError, AttributeError):
            return {}
        return {one.name: one for one in found}

    def keep(self, scenario: str, binding: Binding, seed: int, mutant: PlayedMutant) -> None:
        """Write what came of a mutant beside the others; the file is replaced whole, never half."""
        self._folder.mkdir(parents=True, exist_ok=True)
        kept = {**self.known(scenario, binding, seed), mutant.name: mutant}
        variants = self._read(scenario, binding).get("variants", {})
        document = {
            "schema": SCHEMA,
            "binding": binding.to_document(),
            "variants": {**variants, str(seed): document_of(list(kept.values()))},
        }
        path = self._path(scenario)
        draft = path.with_suffix(f".{os.getpid()}.new")
        draft.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        draft.replace(path)

    def _read(self, scenario: str, binding: Binding) -> dict[str, Any]:
        """Return a scenario's file; nothing where there is none of this schema, content and program."""
        try:
            document = json.loads(self._path(scenario).read_bytes())
        except (OSError, ValueError):
            return {}
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            return {}
        return document if document.get("binding") == binding.to_document() else {}

    def _path(self, scenario: str) -> Path:
        return self._folder / f"{scenario}.json"
