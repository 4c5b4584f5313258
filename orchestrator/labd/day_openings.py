"""The opening of phases: one of a session at a time, in a thread of its own; labd's end stops it between two labs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection

from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.opening import Opening
from orchestrator.core.errors import BreakfixError
from orchestrator.core.text import Text
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.session_refusals import interrupted, opening_already
from orchestrator.labd.told_refusals import broken, refusal_of

_log = logging.getLogger(__name__)


class DayOpenings:
    """The phases that are being opened; for the event loop's thread, but for ``of`` and ``troubles``."""

    def __init__(self, parts: LabParts) -> None:
        """Take what labd serves."""
        self._parts = parts
        self._running: dict[str, tuple[str, Opening | None]] = {}
        self._troubles: dict[tuple[str, str], Text] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def of(self, session: str) -> Collection[str]:
        """Return the phases of a session that are being opened."""
        running = self._running.get(session)
        return () if running is None else (running[0],)

    def troubles(self, session: str) -> dict[str, Text]:
        """Return why the last opening of a session's phases came to nothing."""
        return {phase: text for (name, phase), text in self._troubles.copy().items() if name == session}

    def begin(self, jury_session: JurySession, phase: str, work: Callable[[Opening], object]) -> None:
        """Begin to prepare labs of a phase, and return at once.

        Raises:
            RefusedCallError: one of the session is being opened, or labd ends.
        """
        session = jury_session.session
        if self._closed:
            raise RefusedCallError(interrupted())
        if session in self._running:
            raise RefusedCallError(opening_already())
        self._running[session] = phase, None
        self._troubles.pop((session, phase), None)
        task = asyncio.create_task(self._carry_out(jury_session, phase, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, jury_session: JurySession, phase: str, work: Callable[[Opening], object]) -> None:
        session = jury_session.session
        try:
            labs = await asyncio.to_thread(self._parts.labs)
            opening = Opening(jury_session, labs, self._parts.shelf.proofs().require)
            self._running[session] = phase, opening
            if self._closed:
                opening.stop()
            await asyncio.to_thread(work, opening)
        except BreakfixError as error:
            self._troubles[session, phase] = refusal_of(error).text
        except Exception:
            _log.exception("a phase could not be opened")
            self._troubles[session, phase] = broken().text
        finally:
            del self._running[session]

    def close(self) -> None:
        """Begin no lab any more."""
        self._closed = True
        for _, opening in self._running.values():
            if opening is not None:
                opening.stop()

    async def finish(self) -> None:
        """Wait until those labs that were being started are."""
        if self._tasks:
            await asyncio.wait(self._tasks)
