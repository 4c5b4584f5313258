"""What the process of a proof tells labd: lines of JSON on its standard output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from orchestrator.labd.calls import Refusal
from orchestrator.labd.proof_contract import ProofOutcome, ProofStage


@dataclass(frozen=True)
class ProofLine:
    """One line.

    Attributes:
        kind: ``planned``: what will be played; ``stage``: one has ended; ``over``: all have, and what came of it;
            ``refused``: why it cannot be played, or not to its end.
        stages: of ``planned`` all stages.
        stage: of ``stage`` the one that has ended.
        outcome: of ``over`` what came of it.
        refusal: of ``refused`` why.
    """

    kind: Literal["planned", "stage", "over", "refused"]
    stages: tuple[ProofStage, ...] = ()
    stage: ProofStage | None = None
    outcome: ProofOutcome = ""
    refusal: Refusal | None = None
