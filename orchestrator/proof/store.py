"""Keeps proofs on this machine, and says which scenarios are proven as they are now."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from orchestrator.errors import UsageError
from orchestrator.loader.content import Content
from orchestrator.proof.binding import NAMES, Binding, Part, binding_of
from orchestrator.proof.model import Proof
from orchestrator.text import Text

SCHEMA = 1
"""The version of the stored form; another one counts as no proof."""

State = Literal["proven", "stale", "unproven"]


@dataclass(frozen=True)
class Head:
    """What is read of a stored proof for a list of many.

    Attributes:
        binding: what it is bound to.
        proven_at: when it was made (ISO 8601, UTC).
        proven: whether it found the scenario sound.
        seeds: the seeds that it tried.
    """

    binding: Binding
    proven_at: str
    proven: bool
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class StoredProof:
    """A proof with what it is bound to and when it was made (ISO 8601, UTC)."""

    proof: Proof
    binding: Binding
    proven_at: str


class ProofStore:
    """One file for each scenario: its last proof, sound or not."""

    def __init__(self, folder: Path) -> None:
        """Keep proofs below ``folder``, which is made when the first one is written."""
        self._folder = folder

    def head(self, scenario: str) -> Head | None:
        """Return the head of a scenario's last proof; None where there is none that can be read."""
        try:
            document = self._read(scenario)
            binding = Binding.from_document(document["binding"])
            return Head(binding, document["proven_at"], document["proven"] is True, tuple(document["seeds"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def get(self, scenario: str) -> StoredProof | None:
        """Return a scenario's last proof; None where there is none that can be read."""
        try:
            document = self._read(scenario)
            proof = Proof.from_document(document["proof"])
            return StoredProof(proof, Binding.from_document(document["binding"]), document["proven_at"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def _read(self, scenario: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self._path(scenario).read_text(encoding="utf-8"))
        if document["schema"] != SCHEMA:
            message = f"a proof of another schema than {SCHEMA}"
            raise ValueError(message)
        return document

    def put(self, stored: StoredProof) -> None:
        """Write a proof in place of the scenario's last one; the file is replaced whole, never half."""
        self._folder.mkdir(parents=True, exist_ok=True)
        document: dict[str, Any] = {
            "schema": SCHEMA,
            "proven_at": stored.proven_at,
            "proven": stored.proof.proven,
            "seeds": [variant.seed for variant in stored.proof.variants],
            "binding": stored.binding.to_document(),
            "proof": stored.proof.to_document(),
        }
        path = self._path(stored.proof.scenario)
        draft = path.with_suffix(f".{os.getpid()}.new")
        draft.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        draft.replace(path)

    def _path(self, scenario: str) -> Path:
        return self._folder / f"{scenario}.json"


@dataclass(frozen=True)
class Status:
    """Whether a scenario is proven as it is now.

    Attributes:
        state: ``proven``; ``stale``: it was, and something has changed since; ``unproven``: never, or not soundly.
        proven_at: when the last proof was made, or empty.
        failed: whether the last proof found a mistake.
        changed: what has changed since.
        seeds: the seeds of the last proof.
    """

    state: State
    proven_at: str = ""
    failed: bool = False
    changed: tuple[Part, ...] = ()
    seeds: tuple[int, ...] = ()

    def to_document(self) -> dict[str, Any]:
        """Return the status as JSON's types."""
        return {
            "state": self.state,
            "proven_at": self.proven_at or None,
            "failed": self.failed,
            "changed": list(self.changed),
            "seeds": list(self.seeds),
        }


class Proofs:
    """The proofs of one content on this machine."""

    def __init__(self, content: Content, fingerprint: Callable[[str], str], store: ProofStore) -> None:
        """Take the parts.

        Args:
            content: where scenarios and labs are found.
            fingerprint: returns the fingerprint of an image by name.
            store: where proofs are kept.
        """
        self._content = content
        self._fingerprint = fingerprint
        self._store = store

    def binding(self, scenario: str) -> Binding:
        """Return what a scenario is now; raises as ``binding_of``."""
        return binding_of(self._content, scenario, self._fingerprint)

    def status(self, scenario: str) -> Status:
        """Return whether a scenario is proven as it is now; nothing is read of one that never was.

        Raises:
            UsageError: there is no such scenario.
            ContentError: it is invalid.
        """
        head = self._store.head(scenario)
        if head is None:
            return Status("unproven")
        changed = head.binding.changed(self.binding(scenario))
        state: State = "unproven" if not head.proven else "stale" if changed else "proven"
        return Status(state, head.proven_at, not head.proven, changed, head.seeds)

    def last(self, scenario: str) -> StoredProof | None:
        """Return a scenario's last proof, whatever it found and however old it is."""
        return self._store.get(scenario)

    def keep(self, proof: Proof, binding: Binding) -> bool:
        """Keep a proof that was made of ``binding``.

        Returns:
            False, and nothing is kept, where the scenario has been edited meanwhile: the proof is about neither state.
        """
        if self.binding(proof.scenario) != binding:
            return False
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        self._store.put(StoredProof(proof, binding, now))
        return True

    def require(self, scenario: str) -> StoredProof:
        """Return the proof of a scenario that is proven as it is now: what a jury may rely on.

        Raises:
            UsageError: it is not proven, or something has changed since; the error says what to do.
        """
        status = self.status(scenario)
        stored = self._store.get(scenario)
        if status.state == "proven" and stored is not None:
            return stored
        raise UsageError(
            _why(scenario, status),
            Text(
                fr=f"Prouvez-le : « breakfix prove {scenario} ».",
                en=f"Prove it: 'breakfix prove {scenario}'.",
            ),
        )


def _why(scenario: str, status: Status) -> Text:
    if status.state == "stale":
        fr = ", ".join(NAMES[part].fr for part in status.changed)
        en = ", ".join(NAMES[part].en for part in status.changed)
        return Text(
            fr=f"La preuve de {scenario} n'est plus valable ; ce qui a changé depuis : {fr}.",
            en=f"The proof of {scenario} is out of date; changed since: {en}.",
        )
    if status.failed:
        return Text(
            fr=f"La dernière preuve de {scenario} a échoué ({status.proven_at}).",
            en=f"The last proof of {scenario} failed ({status.proven_at}).",
        )
    return Text(fr=f"{scenario} n'a jamais été prouvé ici.", en=f"{scenario} has never been proven here.")
