"""Keeps proofs on this machine: one file for each scenario."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from orchestrator.core.documents import read_as
from orchestrator.proof.binding import Binding
from orchestrator.proof.model import Proof

SCHEMA: Final = 2
"""The version of the stored form; another one counts as no proof."""


@dataclass(frozen=True)
class ProofHead:
    """What is read of a stored proof for a list of many.

    Attributes:
        binding: what it is bound to.
        proven_at: when it was made (ISO 8601, UTC).
        proven: whether it found the scenario sound.
        seeds: the seeds that it tried.
        vouched_by: the hash of the record that vouches for what it left out; empty for a whole proof.
    """

    binding: Binding
    proven_at: str
    proven: bool
    seeds: tuple[int, ...]
    vouched_by: str = ""


@dataclass(frozen=True)
class StoredProof:
    """A proof with what it is bound to and when it was made (ISO 8601, UTC); see ``ProofHead``."""

    proof: Proof
    binding: Binding
    proven_at: str
    vouched_by: str = ""


class ProofStore:
    """One file for each scenario: its last proof, sound or not."""

    def __init__(self, folder: Path) -> None:
        """Keep proofs below ``folder``, which is made when the first one is written."""
        self._folder = folder

    def head(self, scenario: str) -> ProofHead | None:
        """Return the head of a scenario's last proof; None where there is none that can be read."""
        document = self._read(scenario)
        try:
            return read_as(document, ProofHead)
        except ValueError:
            return None

    def get(self, scenario: str) -> StoredProof | None:
        """Return a scenario's last proof; None where there is none that can be read."""
        head = self.head(scenario)
        if head is None:
            return None
        try:
            proof = Proof.from_document(self._read(scenario)["proof"])
        except (ValueError, LookupError):
            return None
        return StoredProof(proof, head.binding, head.proven_at, head.vouched_by)

    def _read(self, scenario: str) -> dict[str, Any]:
        """Return a scenario's file; nothing where there is none of this schema."""
        try:
            document = json.loads(self._path(scenario).read_bytes())
        except (OSError, ValueError):
            return {}
        return document if isinstance(document, dict) and document.get("schema") == SCHEMA else {}

    def put(self, stored: StoredProof) -> None:
        """Write a proof in place of the scenario's last one; the file is replaced whole, never half."""
        self._folder.mkdir(parents=True, exist_ok=True)
        document: dict[str, Any] = {
            "schema": SCHEMA,
            "proven_at": stored.proven_at,
            "proven": stored.proof.proven,
            "seeds": list(stored.proof.seeds),
            "vouched_by": stored.vouched_by,
            "binding": stored.binding.to_document(),
            "proof": stored.proof.to_document(),
        }
        path = self._path(stored.proof.scenario)
        draft = path.with_suffix(f".{os.getpid()}.new")
        draft.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        draft.replace(path)

    def _path(self, scenario: str) -> Path:
        return self._folder / f"{scenario}.json"
