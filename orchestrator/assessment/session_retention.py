"""How long things are kept: labs until the jury has closed its record, names until the retention is over."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date

from orchestrator.assessment.events import Draft
from orchestrator.assessment.evidence import problems_of
from orchestrator.assessment.journal_log import JournalLog
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.state import ANONYMOUS, SessionState
from orchestrator.core.errors import MachineError, UsageError
from orchestrator.core.text import Text
from orchestrator.instances.instance import Instance
from orchestrator.labs import Labs

_YEAR = 12


def clear(jury_session: JurySession, labs: Labs, by: str, *, early: bool = False) -> tuple[str, ...]:
    """Remove the labs that a session keeps, and return their names; the evidence stays.

    Once the record is closed, candidates' codes go too, and what was recorded of terminals and desktops beside the
    sealed evidence, where that is what was sealed.

    Args:
        jury_session: the session.
        labs: the labs.
        by: who removes them.
        early: whether to do so although the record is not closed.

    Raises:
        UsageError: the record is not closed, so that an appeal may still need them.
        MachineError: recordings cannot be removed.
    """
    state = jury_session.state()
    if not state.closed and not early:
        raise UsageError(
            Text(
                fr="Le procès-verbal n'est pas clos : un recours peut encore avoir besoin des labs.",
                en="The record is not closed: an appeal may still need the labs.",
            ),
            Text(fr="Pour les retirer quand même : --early.", en="To remove them all the same: --early."),
        )
    mine = {event.details["instance"] for event in state.of("opened") if event.details}
    found = [instance for instance in labs.running.all() if instance.name in mine]
    for instance in found:
        discard(labs, instance)
    if state.closed:  # nobody sits down again: neither codes nor where somebody sat are of use
        jury_session.folder.seats.unlink(missing_ok=True)
        _remove_recordings(jury_session, state)
    names = tuple(instance.name for instance in found)
    jury_session.keep(Draft("cleared", by, jury_session.clock(state).now(), details={"instances": list(names)}))
    return names


def _remove_recordings(jury_session: JurySession, state: SessionState) -> None:
    """Remove what was recorded, where the sealed evidence is what was sealed, and so has it."""
    folder = jury_session.folder
    for one in (one for one in state.sittings.values() if one.sealed):
        place = folder.recordings(one.phase, one.candidate)
        sealed = one.steps["sealed"].content_hash
        if not place.exists() or problems_of(folder.sealed(one.phase, one.candidate), sealed):
            continue
        try:
            shutil.rmtree(place)
        except OSError as error:
            raise MachineError(
                Text(
                    fr=f"Ce dossier ne peut pas être retiré ({place}) : {error.strerror}",
                    en=f"This folder cannot be removed ({place}): {error.strerror}",
                )
            ) from error


def discard(labs: Labs, instance: Instance) -> None:
    """Remove a session's lab, frozen or not."""
    for host in instance.hosts:
        if host.state == "paused":
            labs.running.engine().unpause(host.container)
    labs.lifecycle.discard(instance)


def due(state: SessionState, today: date) -> bool:
    """Return whether a session's retention is over and names are still there."""
    planned = date.fromisoformat(state.plan.date)
    months = planned.year * _YEAR + planned.month - 1 + state.plan.retention_months
    over = (today.year * _YEAR + today.month - 1, today.day) > (months, planned.day)
    names = [*(one.name for one in state.plan.candidates), *(one.name for one in state.plan.jury)]
    return over and any(name != ANONYMOUS for name in names)


def forget(log: JournalLog, state: SessionState, today: date, who: Sequence[str] = ()) -> int:
    """Forget the names of a session: numbers, decisions and evidence stay, and say nothing of who it was.

    Args:
        log: the journal.
        state: the session.
        today: the day.
        who: candidates' numbers; none: everybody, once the retention is over.

    Returns:
        How many names were forgotten.

    Raises:
        UsageError: the record is not closed, or the retention is not over.
    """
    if not state.closed:
        raise UsageError(
            Text(
                fr="Le procès-verbal n'est pas clos : les noms doivent rester.",
                en="The record is not closed: the names have to stay.",
            )
        )
    if not who and not due(state, today):
        raise UsageError(
            Text(
                fr=f"Les noms sont à garder {state.plan.retention_months} mois après le {state.plan.date}.",
                en=f"The names are to be kept {state.plan.retention_months} months after {state.plan.date}.",
            ),
            Text(
                fr="Une demande d'effacement : nommez le numéro du candidat.",
                en="A request to be forgotten: name the candidate's number.",
            ),
        )
    names = list(who) or [*(c.number for c in state.plan.candidates), *(m.id for m in state.plan.jury)]
    return log.forget(state.id, names, reason="retention" if not who else "forgotten")
