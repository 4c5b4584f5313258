"""Looks up what a command names in a session (a phase, a candidate, their part); a mistake names the nearest."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.assessment.state import SessionState, Sitting
from orchestrator.core.errors import UsageError
from orchestrator.core.suggest import nearest
from orchestrator.core.text import Text


def require_phase(state: SessionState, phase: str) -> None:
    """Refuse a phase that the session does not have."""
    names = [one.name for one in state.plan.phases]
    if phase not in names:
        near = ", ".join(nearest(phase, names) or names)
        raise UsageError(
            Text(fr=f"La session n'a pas de phase « {phase} ».", en=f"The session has no phase {phase!r}."),
            Text(fr=f"Ses phases : {near}", en=f"Its phases: {near}"),
        )


def require_candidate(state: SessionState, candidate: str) -> None:
    """Refuse a candidate that the session does not have."""
    numbers = [one.number for one in state.plan.candidates]
    if candidate not in numbers:
        near = ", ".join(nearest(candidate, numbers) or numbers)
        raise UsageError(
            Text(
                fr=f"La session n'a pas de candidat « {candidate} ».",
                en=f"The session has no candidate {candidate!r}.",
            ),
            Text(fr=f"Les candidats : {near}", en=f"The candidates: {near}"),
        )


def sitting_of(state: SessionState, phase: str, candidate: str) -> Sitting:
    """Return a candidate's part in a phase.

    Raises:
        UsageError: there is no such phase or candidate, or the phase's labs are not open.
    """
    require_phase(state, phase)
    require_candidate(state, candidate)
    sitting = state.sittings.get((phase, candidate))
    if sitting is None:
        raise _not_open(phase)
    return sitting


def waiting_for(state: SessionState, phase: str, candidate: str = "") -> Sequence[Sitting]:
    """Return who has not begun a phase yet: of everybody, but who is absent; or of one candidate.

    Raises:
        UsageError: there is no such phase or candidate, or the phase's labs are not all open.
    """
    require_phase(state, phase)
    if candidate:
        found = [sitting_of(state, phase, candidate)]
    else:
        found = [sitting for (name, _), sitting in state.sittings.items() if name == phase]
        if len(found) < len(state.plan.candidates):
            raise _not_open(phase)
    return [sitting for sitting in found if sitting.started is None and not (sitting.absent and not candidate)]


def require_words(text: str) -> None:
    """Refuse a reason or a message without words."""
    if not text.strip():
        raise UsageError(Text(fr="Dites pourquoi, en quelques mots.", en="Say why, in a few words."))


def _not_open(phase: str) -> UsageError:
    """Return the error for a phase whose labs are not all open."""
    return UsageError(
        Text(
            fr=f"Les labs de la phase {phase} ne sont pas tous ouverts.",
            en=f"The labs of the phase {phase} are not all open.",
        ),
        Text(
            fr=f"« breakfix session open {phase} » les prépare.", en=f"'breakfix session open {phase}' prepares them."
        ),
    )
