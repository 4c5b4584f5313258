"""Sessions: making them of their plans, and finding them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from orchestrator.assessment.events import PROGRAM, Draft, Log
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.plan_file import PlanContext, doubts_of, read_plan, zone_of
from orchestrator.assessment.session_clock import SessionClock, Source
from orchestrator.assessment.session_folder import SessionFolder
from orchestrator.assessment.state import MINUTE, SessionLab, SessionState, Sitting
from orchestrator.assessment.written_plan import WrittenPlan
from orchestrator.core.errors import UsageError
from orchestrator.core.suggest import nearest
from orchestrator.core.text import Text
from orchestrator.model.session_plan import SessionPlan

_SECOND: Final = 1_000_000_000


class SessionExistsError(UsageError):
    """There is a session of that name, which was not withdrawn."""


@dataclass(frozen=True)
class SessionRegistry:
    """All sessions of this machine.

    Attributes:
        log: where their events are kept.
        folder: where their files are, a folder each.
        plan_context: what a plan may name.
        source: where time comes from.
    """

    log: Log
    folder: Path
    plan_context: Callable[[], PlanContext]
    source: Source

    def create(self, written: WrittenPlan, by: str, *, minute: int = MINUTE) -> JurySession:
        """Make a session of its plan.

        Args:
            written: the plan.
            by: who makes it.
            minute: seconds of a minute; fewer make it a rehearsal.

        Raises:
            ContentError: the plan is not one that may be carried out.
            SessionExistsError: there is such a session already.
        """
        context = self.plan_context()
        plan = read_plan(written, context, by)
        clock = SessionClock(self.source)
        now = clock.now()
        drafts = [
            Draft("planned", by, now, details={"plan": _without_names(plan), "minute": minute}),
            *(Draft("identity", by, now, details=identity) for identity in _identities(plan, context)),
            Draft("clock", PROGRAM, now, details=clock.anchor.to_document()),
        ]
        drafts[0] = Draft("planned", by, now, details=drafts[0].details, content_hash=written.digest)
        jury_session = self._jury_session(plan.id)
        jury_session.folder.make_secret()
        if not self.log.create(plan.id, drafts):
            raise SessionExistsError(
                Text(fr=f"La session {plan.id} existe déjà.", en=f"The session {plan.id} exists already."),
                Text(
                    fr=f"Donnez un autre « id » à ce plan ; ou, tant que rien n'est ouvert, « session withdraw "
                    f"--session {plan.id} » d'abord.",
                    en=f'Give this plan another "id"; or, as long as nothing is open, '
                    f"'session withdraw --session {plan.id}' first.",
                ),
            )
        return jury_session

    def doubts(self, written: WrittenPlan, by: str) -> tuple[Text, ...]:
        """Return what a plan allows and hardly ever means; raises as ``create`` where it is no plan at all."""
        plan = read_plan(written, self.plan_context(), by)
        return doubts_of(plan, datetime.fromtimestamp(self.source.wall() / _SECOND, zone_of(plan)).date())

    def jury_session(self, session: str | None) -> JurySession:
        """Return a session to act on; where none is named, the one that is open, or else the only one.

        A session that is merely planned, or that is closed, keeps nobody from working on the one that is open.

        Raises:
            UsageError: there is no such session, or there are several.
        """
        known = self.log.sessions()
        if session in known:
            return self._jury_session(session)
        if session is None and (meant := self._meant()) is not None:
            return self._jury_session(meant)
        if not known:
            raise UsageError(
                Text(fr="Aucune session n'est planifiée.", en="No session is planned."),
                Text(fr="« breakfix session plan FICHIER » en crée une.", en="'breakfix session plan FILE' makes one."),
            )
        listed = ", ".join(nearest(session, known) if session else known) or ", ".join(known)
        if session is None:
            raise UsageError(
                Text(fr=f"Il y a plusieurs sessions : {listed}.", en=f"There are several sessions: {listed}."),
                Text(fr="Nommez-en une avec --session.", en="Name one with --session."),
            )
        raise UsageError(
            Text(fr=f"Aucune session ne s'appelle « {session} ».", en=f"No session is called {session!r}."),
            Text(fr=f"Les plus proches : {listed}", en=f"The nearest: {listed}"),
        )

    def _meant(self) -> str | None:
        """Return the session that is meant where none is named; None where that is not clear."""
        states = self.sessions()
        for some in (
            [state for state in states if not state.closed and state.begun_to_open],
            [state for state in states if not state.closed],
            states,
        ):
            if some:
                return some[0].id if len(some) == 1 else None
        return None

    def sessions(self) -> tuple[SessionState, ...]:
        """Return every session that was not withdrawn, in the order in which they were planned."""
        states = (self._jury_session(session).state() for session in self.log.sessions())
        return tuple(state for state in states if not state.withdrawn)

    def holder_of(self, instance: str) -> tuple[JurySession, Sitting, SessionLab] | None:
        """Return the session whose candidate has a lab, with their part and the lab; None where no session has it."""
        for session in self.log.sessions():
            jury_session = self._jury_session(session)
            for sitting in jury_session.state().sittings.values():
                for lab in sitting.labs:
                    if lab.instance == instance:
                        return jury_session, sitting, lab
        return None

    def _jury_session(self, session: str) -> JurySession:
        return JurySession(session, self.log, SessionFolder(self.folder / session), self.plan_context, self.source)


def _without_names(plan: SessionPlan) -> dict[str, Any]:
    document: dict[str, Any] = plan.model_dump(mode="json")
    for section in ("candidates", "jury"):
        for person in document[section]:
            del person["name"]
            del person["person"]
    return document


def _identities(plan: SessionPlan, context: PlanContext) -> Sequence[dict[str, str]]:
    """Return who each candidate and member of the jury is; where the store knows them, by which name and ``ref``.

    The name may be given to somebody else once they are forgotten; the ``ref`` never is.
    """
    people = [*((c.number, c.name, c.person) for c in plan.candidates), *((m.id, m.name, m.person) for m in plan.jury)]
    return [
        {"who": who, "name": name, **({"person": person, "ref": context.ref(person)} if person else {})}
        for who, name, person in people
    ]
