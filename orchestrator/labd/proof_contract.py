"""The part of the contract (``calls``) by which administrators prove scenarios: one at a time, behind the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.core.text import Text
from orchestrator.labd.calls import Call, Nothing, Refusal


@dataclass(frozen=True)
class Prove:
    """Prove a scenario with some variants, behind the answer; ``PROOF`` tells how it goes."""

    scenario: str
    seeds: int = 1


@dataclass(frozen=True)
class CancelProof:
    """Cancel a proof, by its number: all that it started is removed."""

    number: int


@dataclass(frozen=True)
class ProofStage:
    """A stage of the proof that runs.

    Attributes:
        seed: its variant.
        title: its name.
        subject: the solution or shortcut that it is about.
        state: how it came out; ``waiting``: it is still to be played.
        seconds: how long it took.
        said: what is wrong.
    """

    seed: str
    title: Text
    subject: str
    state: Literal["waiting", "sound", "wrong", "not-run"] = "waiting"
    seconds: float = 0.0
    said: tuple[Text, ...] = ()


ProofPhase = Literal["preparing", "playing", "cancelling", "over"]
ProofOutcome = Literal["", "proven", "not-proven", "edited", "cancelled", "failed"]
"""``edited``: the scenario changed meanwhile, so nothing was kept; ``failed``: it could not be played to its end."""


@dataclass(frozen=True)
class ProofRun:
    """A proof that runs, or the last one since labd has started.

    Attributes:
        number: by which it is cancelled.
        scenario: what is proven.
        title: its title.
        by: the name of who began it.
        began: when, ISO 8601.
        ended: when it came to its end; empty: it has not.
        phase: how far it is.
        outcome: what came of it; empty as long as it runs.
        stages: all stages.
        trouble: why it failed.
    """

    number: int
    scenario: str
    title: Text
    by: str
    began: str
    ended: str
    phase: ProofPhase
    outcome: ProofOutcome
    stages: tuple[ProofStage, ...]
    trouble: Refusal | None = None


@dataclass(frozen=True)
class LastProof:
    """The proof that runs, or the last one; None: none was begun."""

    run: ProofRun | None


PROVE = Call("prove", Prove, Nothing)
CANCEL_PROOF = Call("cancel-proof", CancelProof, Nothing)
PROOF = Call("proof", Nothing, LastProof)

PROOF_CALLS: tuple[Call[Any, Any], ...] = (PROVE, CANCEL_PROOF, PROOF)
"""Every call about proofs."""
