"""Jury sessions before their day: planned, looked at, withdrawn. Called from threads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from orchestrator.assessment.candidate_list import columns_of
from orchestrator.assessment.filled_plan import FORM_FILE
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.session_registry import SessionExistsError
from orchestrator.assessment.state import MINUTE, SessionState
from orchestrator.assessment.written_plan import LIST_FILE, PLAN_FILE, WrittenPlan
from orchestrator.core.control_characters import CONTROLS
from orchestrator.core.errors import BreakfixError, ContentError, Problem, UsageError
from orchestrator.labd import session_refusals
from orchestrator.labd.calls import Who
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.plan_desk import mistake_of
from orchestrator.labd.plan_form import FilledForm, filled
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.session_contract import (
    PlanMistake,
    PlanOutcome,
    PlanSession,
    SessionLine,
    SessionView,
    WithdrawSession,
)
from orchestrator.labd.session_people import require_no_part
from orchestrator.labd.session_view import view_of
from orchestrator.records.people import People

_REF: Final = re.compile(r"P-[0-9a-f]{12}")
"""How the store refers to a person; an account of the command line looks otherwise."""


class SessionDesk:
    """Does what an organiser does with plans: what ``session plan``, ``list`` and ``withdraw`` do."""

    def __init__(self, parts: LabParts) -> None:
        """Take what labd serves."""
        self._parts = parts

    def sessions(self) -> tuple[SessionLine, ...]:
        """Return the sessions, the last day first; one that cannot be read is there all the same."""
        found = filter(None, map(self._line, self._parts.registry().log.sessions()))
        return tuple(sorted(found, key=lambda line: (line.date, line.id), reverse=True))

    def _line(self, session: str) -> SessionLine | None:
        try:
            state = self._parts.registry().jury_session(session).state()
        except BreakfixError:  # its journal is damaged, which keeps nobody from the others
            return SessionLine(session, "damaged")
        if state.withdrawn:
            return None
        plan = state.plan
        numbers = len(plan.candidates), len(plan.phases)
        return SessionLine(state.id, state.stage, plan.title, plan.date, *numbers, state.rehearsal)

    def plan(self, who: Who, asked: PlanSession) -> PlanOutcome:
        """Make a session, unless something is wrong or in doubt.

        Raises:
            RefusedCallError: a rehearsal's minute is none.
            BreakfixError: the content or the store cannot be read.
        """
        if asked.rehearsal is not None and not 1 <= asked.rehearsal <= session_refusals.LONGEST_MINUTE:
            raise RefusedCallError(session_refusals.wrong_rehearsal())
        form, registry = None if asked.fields is None else filled(asked.fields), self._parts.registry()
        written = WrittenPlan.typed(asked.plan, asked.candidates) if form is None else form.plan()
        try:
            if asked.rehearsal is None and not asked.anyway and (doubts := registry.doubts(written, who.ref)):
                return PlanOutcome(doubts=doubts)
            made = registry.create(written, who.ref, minute=asked.rehearsal or MINUTE)
        except SessionExistsError as error:
            taken = Problem(written.source().place(("id",)), error.text, session_refusals.ANOTHER_ID)
            return PlanOutcome(mistakes=_mistakes((taken,), asked, form))
        except ContentError as error:
            if any(problem.place.file not in {PLAN_FILE, LIST_FILE, FORM_FILE} for problem in error.problems):
                raise  # a scenario is broken, not the plan
            return PlanOutcome(mistakes=_mistakes(error.problems, asked, form))
        return PlanOutcome(made.session)

    def found(self, session: str) -> tuple[JurySession, SessionState]:
        """Return a session and how far it is.

        Raises:
            RefusedCallError: there is none of that name.
            BreakfixError: its journal cannot be read.
        """
        registry = self._parts.registry()
        if session not in registry.log.sessions():
            raise session_refusals.missing_session()
        found = registry.jury_session(session)
        state = found.state()
        if state.withdrawn:
            raise session_refusals.missing_session()
        return found, state

    def organised(self, who: Who, session: str, *, invigilates: bool = False) -> tuple[JurySession, SessionState]:
        """Return so a session in which somebody does something as its organiser; see ``require_no_part``.

        Raises:
            RefusedCallError: as ``found``, or they judge or sit in it.
            BreakfixError: as ``found``.
        """
        jury_session, state = self.found(session)
        require_no_part(self._parts.database, state, who, invigilates=invigilates)
        return jury_session, state

    def view(self, session: str) -> SessionView:
        """Return a session as its page shows it; raises as ``found``."""
        _, state = self.found(session)
        referential = self._parts.shelf.content.referential()
        planned = state.events[0]
        at = datetime.fromtimestamp(planned.at, UTC).isoformat(timespec="seconds")
        return replace(view_of(state, self._parts.shelf.all(), referential), planned=at, by=self.name(planned.by))

    def name(self, by: str) -> str:
        """Return who did something: a person of the store by name, an account of the command line as it is."""
        if not _REF.fullmatch(by):
            return by
        with self._parts.database.read() as reading:
            try:
                person = People(reading).find(by)
            except UsageError:  # the store is another one
                return by
            return person.name or person.handle

    def withdraw(self, who: Who, asked: WithdrawSession) -> None:
        """Withdraw a plan.

        Raises:
            RefusedCallError: there is no such session, a lab of it is open or was, or there is no reason.
        """
        reason = asked.reason.strip()
        if not reason or len(reason) > session_refusals.MOST_REASON or CONTROLS.search(reason):
            raise RefusedCallError(session_refusals.wrong_reason())
        found, state = self.organised(who, asked.session)
        if state.begun_to_open:
            raise RefusedCallError(session_refusals.begun())
        found.withdraw(who.ref, reason)


def _mistakes(problems: Sequence[Problem], asked: PlanSession, form: FilledForm | None) -> tuple[PlanMistake, ...]:
    """Return mistakes as an organiser in a browser reads them; what a form itself misses is said in its own words."""
    if form is None:
        columns = columns_of(asked.candidates)
        return tuple(mistake_of(problem, columns) for problem in problems)
    source = form.plan().source()
    own = {problem.place: problem for problem in reversed(source.problems)}
    told = dict.fromkeys(own.get(problem.place, problem) for problem in problems)
    paths = [(one, source.path_at(one.place)) for one in told]
    return tuple(mistake_of(one, (), form.key_of(path)) for one, path in paths if path not in form.made_of)
