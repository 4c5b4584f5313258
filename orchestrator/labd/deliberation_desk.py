"""What a member of a jury does in the portal: looks, observes, decides, signs. Called from threads.

Who is a member is what the plan says: its ``person`` is somebody of the store, and they have the role ``jury``. The
journal is compared with itself first, whatever is asked: a jury decides on nothing that was changed.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Final

from orchestrator.assessment.decisions import record_of
from orchestrator.assessment.jury import Jury
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.results import Sheet
from orchestrator.assessment.selectors import require_candidate, require_phase
from orchestrator.assessment.session_documents import documents_of, dossier_of
from orchestrator.assessment.session_folder import sha256
from orchestrator.assessment.state import SessionState
from orchestrator.core.control_characters import CONTROLS
from orchestrator.core.errors import BreakfixError
from orchestrator.core.text import Text, same
from orchestrator.labd import deliberation_contract as contract
from orchestrator.labd import session_refusals
from orchestrator.labd.calls import Who
from orchestrator.labd.deliberation_view import Deliberated, deliberation_of, sheet_view
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.sealed_copy import SealedNames, not_what_was_sealed
from orchestrator.labd.session_desk import SessionDesk
from orchestrator.labd.session_people import accounts_of_members, found, require_not_organised
from orchestrator.records.people import People

_MOST_TEXT: Final = 4000
"""Characters of an observation, and of a reason."""


class DeliberationDesk:
    """Does what members of juries do."""

    def __init__(self, parts: LabParts, desk: SessionDesk, require_password: Callable[[Who, str], None]) -> None:
        """Take what labd serves, what finds sessions, and what refuses a wrong password."""
        self._parts = parts
        self._desk = desk
        self._require_password = require_password
        self._names = SealedNames()

    # Looking --------------------------------------------------------------------------------------------------

    def sessions(self, who: Who) -> tuple[contract.JuryLine, ...]:
        """Return the sessions of whose jury somebody is a member, the last day first."""
        lines = []
        for session in self._parts.registry().log.sessions():
            try:
                jury_session, state = self._desk.found(session)
                member = self._member(state, who)
            except (BreakfixError, RefusedCallError):  # it is damaged, or was withdrawn
                continue
            if member:
                jury = self._jury(jury_session)
                numbers = [one.number for one in state.plan.candidates]
                undecided = sum(bool(jury.sheet(number).undecided) for number in numbers)
                plan = state.plan
                lines.append(contract.JuryLine(state.id, plan.title, plan.date, state.stage, len(numbers), undecided))
        return tuple(sorted(lines, key=lambda line: (line.date, line.id), reverse=True))

    def view(self, who: Who, session: str) -> contract.DeliberationView:
        """Return how far a jury is.

        Raises:
            RefusedCallError: there is no such session, or they are no member of its jury.
            BreakfixError: the journal is not what was written.
        """
        jury_session, state, me = self.mine(who, session)
        jury = self._jury(jury_session)
        sheets = {one.number: jury.sheet(one.number) for one in state.plan.candidates}
        found = self._deliberated(jury_session, state)
        return deliberation_of(found, sheets, me, jury.voided(), closes=jury.would_close(me))

    def sheet(self, who: Who, session: str, number: str) -> contract.SheetView:
        """Return a candidate; raises as ``view``, or where there is no such candidate."""
        jury_session, state, _ = self.mine(who, session)
        return sheet_view(self._deliberated(jury_session, state), self._sheet(jury_session, number))

    def documents(self, who: Who, session: str) -> bytes:
        """Return all documents of a session as one zip file; raises as ``view``."""
        jury_session, _, _ = self.mine(who, session)
        registry = self._parts.registry()
        files = documents_of(*dossier_of(jury_session, registry.plan_context(), registry.log.head()))
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return made.getvalue()

    def evidence(self, who: Who, session: str, phase: str, number: str) -> bytes:
        """Return a candidate's sealed evidence of a phase.

        Raises:
            RefusedCallError: as ``view``, or there is none.
            BreakfixError: as ``view``, or it is not what was sealed.
        """
        jury_session, state, _ = self.mine(who, session)
        require_phase(state, phase)
        require_candidate(state, number)
        path = jury_session.folder.sealed(phase, number)
        sitting = state.sittings.get((phase, number))
        if sitting is None or not sitting.sealed or not path.is_file():
            raise session_refusals.no_evidence()
        content = path.read_bytes()
        if sha256(content) != sitting.steps["sealed"].details["sha256"]:
            raise not_what_was_sealed(path)
        return content

    # Acting ---------------------------------------------------------------------------------------------------

    def observe(self, who: Who, asked: contract.RecordObservation) -> None:
        """Record an observation.

        Raises:
            RefusedCallError: as ``view``, or it says nothing that can be kept.
            BreakfixError: the record is closed, or there is no such candidate or competence.
        """
        jury_session, _, me = self.acting(who, asked.session)
        text = _words(asked.text)
        self._jury(jury_session).observe(me, asked.number, text, asked.competence, question=asked.question)

    def decide(self, who: Who, asked: contract.Decide) -> None:
        """Record a decision, or a correction of a closed record.

        Raises:
            RefusedCallError: as ``view``, or no reason is given that can be kept.
            BreakfixError: the evidence is not sealed, or there is no such candidate or subject.
        """
        jury_session, state, me = self.acting(who, asked.session)
        reason, jury = _words(asked.reason), self._jury(jury_session)
        record = jury.correct if state.closed else jury.decide
        record(me, asked.number, asked.subject, asked.verdict, reason)

    def sign(self, who: Who, asked: contract.SignRecord) -> None:
        """Sign.

        Raises:
            RefusedCallError: as ``view``, the password is another, what was seen has changed, or somebody is still to
                be questioned and nobody agreed.
            BreakfixError: something is undecided, or there is nothing to sign.
        """
        jury_session, state, me = self.acting(who, asked.session)
        jury = self._jury(jury_session)
        if record_of(state).digest != asked.digest:
            raise RefusedCallError(session_refusals.changed_since())
        if jury.would_close(me) and jury.questions_left() and not asked.anyway:
            raise RefusedCallError(session_refusals.still_to_question())
        self._require_password(who, asked.password)
        jury.sign(me, who.ref)

    # What is common -------------------------------------------------------------------------------------------

    def mine(self, who: Who, session: str) -> tuple[JurySession, SessionState, str]:
        """Return a session of whose jury somebody is a member, and by what short name.

        Raises:
            RefusedCallError: there is no such session, or they are no member of its jury.
            BreakfixError: the journal is not what was written.
        """
        jury_session, state = self._desk.found(session)
        member = self._member(state, who)
        if not member:
            raise session_refusals.missing_session()
        self._parts.registry().log.require_sound()
        return jury_session, state, member

    def acting(self, who: Who, session: str) -> tuple[JurySession, SessionState, str]:
        """Return so a session in which somebody records something; raises as ``mine``, or where they organised it."""
        jury_session, state, member = self.mine(who, session)
        require_not_organised(self._parts.database, state, who)
        return jury_session, state, member

    def _member(self, state: SessionState, who: Who) -> str:
        """Return by what short name somebody is a member of a session's jury; empty: they are none."""
        with self._parts.database.read() as reading:
            people = People(reading)
            for name, word in accounts_of_members(state):
                person = found(people, word)
                if person is not None and person.ref == who.ref:
                    return name
        return ""

    def _jury(self, jury_session: JurySession) -> Jury:
        return Jury(jury_session, self._parts.registry().plan_context())

    def _sheet(self, jury_session: JurySession, number: str) -> Sheet:
        return self._jury(jury_session).sheet(number)

    def _deliberated(self, jury_session: JurySession, state: SessionState) -> Deliberated:
        folder = jury_session.folder
        return Deliberated(state, record_of(state), folder, self.title, lambda sitting: self._names.of(folder, sitting))

    def title(self, scenario: str) -> Text:
        """Return a scenario's title, or its name where nobody knows it any more."""
        shelved = self._parts.shelf.all().get(scenario)
        return same(scenario) if shelved is None else shelved.document.title


def _words(text: str) -> str:
    """Return what was typed, without the spaces around it.

    Raises:
        RefusedCallError: it says nothing, too much, or nothing that can be kept.
    """
    said = text.strip()
    if not said or len(said) > _MOST_TEXT or CONTROLS.search(said.replace("\n", "")):
        raise RefusedCallError(session_refusals.wrong_observation(_MOST_TEXT))
    return said
