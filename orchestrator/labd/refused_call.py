"""The exception by which a call of the contract is refused."""

from __future__ import annotations

from orchestrator.labd.calls import Refusal


class RefusedCallError(Exception):
    """A call was refused; ``refusal`` is what its caller is told."""

    def __init__(self, refusal: Refusal) -> None:
        """Make the error; ``str()`` of it is the English text."""
        super().__init__(refusal.text.en)
        self.refusal = refusal
