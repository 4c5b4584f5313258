"""A scenario of a candidate's, as it was found for a call of theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orchestrator.assessment.candidate import as_assessed
from orchestrator.assessment.session_folder import SessionFolder
from orchestrator.assessment.state import SessionLab, SessionState, Sitting
from orchestrator.labd.sitting_contract import SittingStanding
from orchestrator.labs import Labs, Running

_MACHINES: Final = frozenset({"working", "stopped"})


@dataclass(frozen=True)
class FoundSubject:
    """A scenario of a candidate's, as the session is.

    Attributes:
        folder: the session's files.
        state: the session.
        sitting: the candidate's part in the phase.
        lab: the scenario's lab.
        standing: where the candidate is.
    """

    folder: SessionFolder
    state: SessionState
    sitting: Sitting
    lab: SessionLab
    standing: SittingStanding

    @property
    def machines(self) -> bool:
        """Whether the candidate's machines are there for them: a pause takes nothing away."""
        return self.standing in _MACHINES

    def running(self, labs: Labs) -> Running:
        """Return the lab, with what the phase asks for.

        Raises:
            BreakfixError: it cannot be looked at.
        """
        return as_assessed(labs.running.planned(self.lab.instance), self.state.plan.phase(self.sitting.phase))
