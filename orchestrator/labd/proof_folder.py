"""Where the labs of proofs are noted that run for labd: apart from everybody else's, so that they can be told."""

from __future__ import annotations

from pathlib import Path

from orchestrator.core.paths import state_folder
from orchestrator.instances.instance_records import InstanceRecords


def proof_folder() -> Path:
    """Return the folder."""
    return state_folder() / "labd" / "proof"


def left_over(folder: Path) -> bool:
    """Return whether labs are noted there; without a proof that runs, an earlier one has left them."""
    return bool(InstanceRecords(folder).names())
