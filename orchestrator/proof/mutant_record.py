"""What a record of a proof tells of mutants: how many were refused, and what each did that was not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from orchestrator.core.documents import document_of, read_as
from orchestrator.core.text import Text
from orchestrator.proof.program import version_of

RecordedFate: TypeAlias = Literal["refused", "flagged", "survived", "equivalent", "unjudged"]


@dataclass(frozen=True)
class RecordedMutant:
    """A mutant that was played.

    Attributes:
        name: its name.
        fate: what came of it.
        summary: what is wrong about it.
        by: the check or change that decided; None where nothing did.
        same: whether it left the lab as an accepted repair does.
        lost: whether a check was red after a reboot.
        lines: what was typed and done; of a survivor or an equivalent only.
        verdict: what its author says of a survivor: ``as-good`` or ``known-gap``; empty: nothing.
        reason: why.
    """

    name: str
    fate: RecordedFate
    summary: Text
    by: Text | None = None
    same: bool = False
    lost: bool = False
    lines: tuple[Text, ...] = ()
    verdict: Literal["", "as-good", "known-gap"] = ""
    reason: Text | None = None


@dataclass(frozen=True)
class RecordedMutants:
    """What came of the mutants of one variant.

    Attributes:
        seed: the variant, which also drew the mutants.
        recorded_at: when it was recorded (ISO 8601, UTC).
        program: the program that played them, as ``program_hash`` returns it.
        derived: how many mutants there are in all.
        mutants: those that were played, and had something to spoil; the equivalent ones last.
    """

    seed: int
    recorded_at: str
    program: str
    derived: int
    mutants: tuple[RecordedMutant, ...]

    @property
    def version(self) -> str:
        """Return the version of the program that played them."""
        return version_of(self.program)

    def of(self, fate: RecordedFate) -> tuple[RecordedMutant, ...]:
        """Return the mutants of one fate."""
        return tuple(one for one in self.mutants if one.fate == fate)

    def to_document(self) -> dict[str, Any]:
        """Return it as JSON's types; what there is nothing to say of is left out."""
        return {
            "seed": self.seed,
            "recorded_at": self.recorded_at,
            "program": {"version": self.version, "hash": self.program},
            "derived": self.derived,
            "mutants": [{name: said for name, said in document_of(one).items() if said} for one in self.mutants],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> RecordedMutants:
        """Return what ``to_document`` wrote; raises ``ValueError``, ``KeyError`` or ``TypeError`` where it is not."""
        return read_as({**document, "program": document["program"]["hash"]}, cls)


def merged(known: Sequence[RecordedMutants], new: RecordedMutants) -> tuple[RecordedMutants, ...]:
    """Return records with one more, by their seeds; it takes the place of the one of its seed."""
    return tuple(sorted([*(one for one in known if one.seed != new.seed), new], key=lambda one: one.seed))
