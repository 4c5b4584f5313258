"""Appeals: a member of the jury has a sealed sitting graded again, one at a time, and sees what differs."""

from __future__ import annotations

import asyncio
import logging

from orchestrator.assessment import event_words
from orchestrator.assessment.events import SessionEvent
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.reopening import Reopening
from orchestrator.assessment.selectors import sitting_of
from orchestrator.assessment.state import SessionState, Sitting
from orchestrator.core.errors import BreakfixError
from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.labd import appeal_contract as contract
from orchestrator.labd import session_refusals
from orchestrator.labd.calls import Nothing, Who
from orchestrator.labd.deliberation_desk import DeliberationDesk
from orchestrator.labd.evidence_contract import OfSitting
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.session_times import session_time
from orchestrator.labd.told_refusals import broken, refusal_of

_log = logging.getLogger(__name__)


class AppealDesk:
    """Grades again. For the event loop's thread; what takes long is done in others."""

    def __init__(self, parts: LabParts, deliberation: DeliberationDesk, threads: WorkThreads) -> None:
        """Take what labd serves, what knows who is a member of which jury, and where it is looked."""
        self._parts = parts
        self._deliberation = deliberation
        self._threads = threads
        self._running: OfSitting | None = None
        self._troubles: dict[OfSitting, Text] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    async def view(self, who: Who, asked: OfSitting) -> contract.AppealView:
        """See ``appeal_contract.APPEAL``."""
        return await self._threads.run(self._view, who, asked)

    async def begin(self, who: Who, asked: OfSitting) -> Nothing:
        """See ``appeal_contract.GRADE_AGAIN``."""
        jury_session, me = await self._threads.run(self._asked, who, asked)
        if self._closed:
            raise RefusedCallError(session_refusals.interrupted())
        if self._running is not None:
            raise RefusedCallError(session_refusals.regrading_already())
        self._running = asked
        self._troubles.pop(asked, None)
        task = asyncio.create_task(self._carry_out(jury_session, asked, me))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return Nothing()

    async def _carry_out(self, jury_session: JurySession, asked: OfSitting, me: str) -> None:
        try:
            labs = await asyncio.to_thread(self._parts.labs)
            await asyncio.to_thread(Reopening(jury_session, labs).reopen, asked.phase, asked.number, me)
        except BreakfixError as error:
            self._troubles[asked] = refusal_of(error).text
        except Exception:
            _log.exception("a sitting could not be graded again")
            self._troubles[asked] = broken().text
        finally:
            self._running = None

    async def stand_still(self) -> None:
        """Freeze the kept labs that go on because an appeal was cut off, with this service or another program."""
        try:
            await asyncio.to_thread(self._stand_still)
        except BreakfixError as error:  # without the engine nothing goes on that anybody could see
            _log.warning("kept labs cannot be looked at: %s", error.text.en)

    def close(self) -> None:
        """Begin no grading any more."""
        self._closed = True

    async def finish(self) -> None:
        """Wait until what is graded is, and its lab is frozen again."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    # In threads -------------------------------------------------------------------------------------------------

    def _stand_still(self) -> None:
        labs, registry = self._parts.labs(), self._parts.registry()
        for session in registry.log.sessions():
            if not (registry.folder / session).is_dir():
                continue  # another machine's
            try:
                frozen = Reopening(registry.jury_session(session), labs).stand_still()
            except BreakfixError as error:  # it is damaged, or graded again just now: the others are looked at as well
                _log.warning("kept labs of the session %s may go on: %s", session, error.text.en)
                continue
            if frozen:
                _log.warning(
                    "kept labs of the session %s went on, and are frozen again: %s", session, ", ".join(frozen)
                )

    def _asked(self, who: Who, asked: OfSitting) -> tuple[JurySession, str]:
        jury_session, state, me = self._deliberation.acting(who, asked.session)
        _sealed(state, asked)
        return jury_session, me

    def _view(self, who: Who, asked: OfSitting) -> contract.AppealView:
        running, trouble = (
            self._running == asked,
            self._troubles.get(asked),
        )  # first: what came of it is in the state then
        _, state, _ = self._deliberation.mine(who, asked.session)
        sitting = _sealed(state, asked)
        kept = {instance.name for instance in self._parts.labs().running.all()}
        title = self._deliberation.title
        return contract.AppealView(
            session=state.id,
            title=state.plan.title,
            number=sitting.candidate,
            name=state.plan.candidate(sitting.candidate).name,
            phase=sitting.phase,
            phase_title=state.plan.phase(sitting.phase).title,
            labs=tuple(contract.KeptLab(title(lab.scenario), lab.instance in kept) for lab in sitting.labs),
            running=running,
            trouble=trouble,
            regradings=tuple(
                self._regrading(state, event)
                for event in reversed(state.of("regraded", sitting.candidate))
                if event.phase == sitting.phase
            ),
        )

    def _regrading(self, state: SessionState, event: SessionEvent) -> contract.Regrading:
        title = self._deliberation.title
        members = {one.id: one.name for one in state.plan.jury}

        def remarks(language: Language) -> tuple[str, ...]:
            said = event_words.remarks(event, lambda scenario: title(scenario).in_(language))
            return tuple(one.in_(language) for one in said)

        return contract.Regrading(
            at=session_time(state, event.at),
            by=members.get(event.by, event.by),
            differs=bool(event.details["differences"]),
            text=event_words.sentence(event),
            remarks=tuple(Text(fr=fr, en=en) for fr, en in zip(remarks("fr"), remarks("en"), strict=True)),
            stale=tuple(map(title, event.details.get("stale", ()))),
        )


def _sealed(state: SessionState, asked: OfSitting) -> Sitting:
    sitting = sitting_of(state, asked.phase, asked.number)
    if not sitting.sealed:
        raise session_refusals.no_evidence()
    return sitting
