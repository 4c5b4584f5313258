"""Records what is done on a practice lab. A store that fails stops no lab: the trouble is returned, to be told."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from orchestrator.core.errors import BreakfixError
from orchestrator.model.seeds import is_secret
from orchestrator.records import attempts
from orchestrator.records.attempts import Happening, NewAttempt
from orchestrator.records.database import Database, Transaction
from orchestrator.records.people import People

if TYPE_CHECKING:
    from grader.report import Report
    from orchestrator.instances.instance import Instance
    from orchestrator.labs import Running
    from orchestrator.model.scenario import ScenarioDocument
    from orchestrator.records.models import Attempt, Person


class PracticeRecorder:
    """Records for somebody who acts: an account of this machine, or a person who is signed in.

    An attempt is its lab's owner's; one that a group's launch has begun is the member's. Assessed candidates' labs and
    labs without a scenario are no practice. Whatever is done on a lab of which nothing is known yet (it was started
    while the store was away) begins an attempt from then on.
    """

    def __init__(
        self,
        database: Callable[[], Database],
        document: Callable[[str], ScenarioDocument],
        *,
        by: Callable[[Transaction], Person],
        owner: Callable[[Transaction, Running], Person],
    ) -> None:
        """Take the parts.

        Args:
            database: returns the store; may raise where its address is wrong.
            document: returns a scenario as it is written.
            by: returns who acts.
            owner: returns whose a lab is of which nothing is known yet.
        """
        self._database = database
        self._document = document
        self._by = by
        self._owner = owner

    @classmethod
    def of_account(
        cls, database: Callable[[], Database], account: str, document: Callable[[str], ScenarioDocument]
    ) -> PracticeRecorder:
        """Return what records for an account of this machine; a lab is the practice of the account that started it."""
        return cls(
            database,
            document,
            by=lambda session: People(session).of_account(account),
            owner=lambda session, running: People(session).of_account(running.instance.owner or account),
        )

    @classmethod
    def of_person(
        cls,
        database: Callable[[], Database],
        ref: str,
        document: Callable[[str], ScenarioDocument],
        *,
        by: str | None = None,
    ) -> PracticeRecorder:
        """Return what records for a person, by their reference; what is acted on is theirs.

        Args:
            database: returns the store.
            ref: whose practice it is.
            document: returns a scenario as it is written.
            by: the reference of who acts: their trainer; None: they do.
        """
        return cls(
            database,
            document,
            by=lambda session: People(session).find(by or ref),
            owner=lambda session, _running: People(session).find(ref),
        )

    def started(self, running: Running, launch: int | None = None) -> BreakfixError | None:
        """Record that a lab was started; ``launch``: the number of the group's launch that it is part of."""
        return self._record(running, lambda session, by: self._begin(session, running, by, launch))

    def reset(self, old: Running, new: Running, launch: int | None = None) -> BreakfixError | None:
        """Record that a lab was started again: one attempt ends, another begins, the same person's.

        Args:
            old: the lab before.
            new: the lab now.
            launch: the number of the group's launch that it is part of, where there was no attempt before.
        """

        def act(session: Transaction, by: Person) -> None:
            before = attempts.current(session, old.instance.name)
            if before is None:
                self._begin(session, new, by, launch)
                return
            attempts.end(session, before, "reset", by=by)
            attempts.begin(session, before.person, self._new(new), by=by, launch=before.launch_id)

        return self._record(new, act)

    def checked(self, running: Running, report: Report) -> BreakfixError | None:
        """Record what a grading found."""

        def act(session: Transaction, by: Person) -> None:
            graded = attempts.Graded(
                json.loads(report.to_json()),
                valid=report.verdict != "not_valid",
                repaired=report.counts_as_repaired,
                points=report.points or 0,
                possible=report.points_total,
            )
            attempts.keep_report(session, self._current(session, running, by), graded, by=by)

        return self._record(running, act)

    def hinted(self, running: Running, number: int) -> BreakfixError | None:
        """Record that a hint was read."""

        def act(session: Transaction, by: Person) -> None:
            attempts.hint(session, self._current(session, running, by), number, by=by)

        return self._record(running, act)

    def handed_in(self, running: Running, kind: Happening) -> BreakfixError | None:
        """Record that answers or a report were written; what they say stays in their file."""

        def act(session: Transaction, by: Person) -> None:
            attempts.note(session, self._current(session, running, by), kind, {}, by=by)

        return self._record(running, act)

    def noted(self, running: Running, note: Callable[[Transaction, Attempt, Person], object]) -> BreakfixError | None:
        """Record something else about the attempt on a lab; ``note`` gets it, and who acts."""
        return self._record(running, lambda session, by: note(session, self._current(session, running, by), by))

    def stopped(self, *instances: Instance) -> BreakfixError | None:
        """Record that labs were stopped, in one go; a lab of which nothing is known leaves nothing."""
        practised = [one.name for one in instances if one.scenario and not one.assessed]

        def act(session: Transaction) -> None:
            by = self._by(session)
            for name in practised:
                attempt = attempts.current(session, name)
                if attempt is not None:
                    attempts.end(session, attempt, "stopped", by=by)

        return self._write(act) if practised else None

    def _record(self, running: Running, act: Callable[[Transaction, Person], object]) -> BreakfixError | None:
        if running.plan.scenario is None or is_secret(running.plan.seed):
            return None
        return self._write(lambda session: act(session, self._by(session)))

    def _write(self, act: Callable[[Transaction], object]) -> BreakfixError | None:
        try:
            with self._database().write() as session:
                act(session)
        except BreakfixError as error:
            return error
        return None

    def _current(self, session: Transaction, running: Running, by: Person) -> Attempt:
        return attempts.current(session, running.instance.name) or self._begin(session, running, by)

    def _begin(self, session: Transaction, running: Running, by: Person, launch: int | None = None) -> Attempt:
        return attempts.begin(session, self._owner(session, running), self._new(running), by=by, launch=launch)

    def _new(self, running: Running) -> NewAttempt:
        return new_attempt(running, self._document(running.plan.scenario or ""))


def new_attempt(running: Running, document: ScenarioDocument) -> NewAttempt:
    """Return what is known of an attempt on a lab that has just been started."""
    plan = running.plan
    return NewAttempt(
        scenario=plan.scenario or "",
        lab=plan.lab,
        seed=str(plan.seed),
        instance=running.instance.name,
        digest=plan.digest,
        competences=tuple(document.competences),
        difficulty=document.difficulty,
        minutes=document.minutes,
        hints_offered=len(plan.hints),
    )
