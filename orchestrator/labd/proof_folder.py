"""Where the labs of proofs are noted that run for labd: apart from everybody else's, so that they can be told."""

from __future__ import annotations

from pathlib import Path

from orchestrator.app import App
from orchestrator.core.paths import state_folder


def proof_folder() -> Path:
    """Return the folder."""
    return state_folder() / "labd" / "proof"


def left_over(folder: Path) -> bool:
    """Return whether labs are noted there; without a proof that runs, an earlier one has left them."""
    return bool(App(records=folder).instance_records.names())
