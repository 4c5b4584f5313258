"""Taking up what waited for its start when an earlier labd ended. For the event loop's thread."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from orchestrator.core.errors import BreakfixError, ContentError, UsageError
from orchestrator.labd.calls import Refusal
from orchestrator.labd.class_launches import ClassLaunches
from orchestrator.labd.event_log import EventLogs
from orchestrator.labd.kept_rights import KeptRights
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.lab_starts import LabStarts
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.start_queue import QueuedStart, StartQueue
from orchestrator.labd.told_refusals import refusal_of
from orchestrator.labd.trainee_view import fields
from orchestrator.labd.waiting_book import KeptStart, WaitingBook

_log = logging.getLogger(__name__)

_AGAIN_S: Final = 10.0
"""Seconds until it is tried again where the engine or the store does not answer."""


@dataclass(frozen=True)
class TakingUp:
    """What is needed for it.

    Attributes:
        book: what waited.
        rights: whether it still may begin.
        starts: makes a start of it again.
        launches: begins what launches had not put into the queue.
        queue: the starts that wait.
        logs: the events of all labs.
        threads: where the engine and the store are asked.
        now: returns the time.
        tried: set once it was tried; calls are answered then.
    """

    book: WaitingBook
    rights: KeptRights
    starts: LabStarts
    launches: ClassLaunches
    queue: StartQueue
    logs: EventLogs
    threads: WorkThreads
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    tried: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, ended: asyncio.Event) -> None:
        """Take all up, and try again as long as the machine does not answer; until it is done, nothing is lost.

        Args:
            ended: set when labd ends; what was not taken up until then stays in the book.
        """
        while not ended.is_set():
            try:
                await self.once()
            except (BreakfixError, RefusedCallError) as error:
                _log.warning("what waits for its start cannot be taken up: %s", error)
            except Exception:  # the next try is another
                _log.exception("what waits for its start cannot be taken up")
            else:
                return
            finally:
                self.tried.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), _AGAIN_S)
        self.tried.set()

    async def once(self) -> None:
        """Take all up in its order; what may not begin any more is told so.

        Raises:
            BreakfixError: the engine or the store does not answer; what was not taken up is still there.
            RefusedCallError: labd ends.
        """
        for kept in self.queue.left_over:
            if self._was_begun(kept):
                self.queue.drop_left_over(kept)
                continue
            start = await self._start_of(kept)
            if kept not in self.queue.left_over:  # somebody has just taken it back
                continue
            if isinstance(start, Refusal):
                self._drop(kept, start)
            else:
                self.queue.take_up(kept, start)
        await self.queue.look()
        seats = list[KeptStart]()
        for kept in self.launches.left_over:
            lost = await self.threads.run(self.rights.lost, kept, self.now())
            if lost is None:
                seats.append(kept)
            else:
                _log.warning("no lab for %s: %s", kept.note.owner, lost.text.en)
        self.launches.take_up(seats)

    async def _start_of(self, kept: KeptStart) -> QueuedStart | Refusal:
        """Return what waits, or why it may not or cannot begin any more."""
        lost = await self.threads.run(self.rights.lost, kept, self.now())
        if lost is not None:
            return lost
        try:
            return await self.starts.queued_again(kept)
        except RefusedCallError as error:
            return error.refusal
        except (UsageError, ContentError) as error:
            return refusal_of(error)

    def _was_begun(self, kept: KeptStart) -> bool:
        """Return whether an earlier labd was killed just when it had begun a start; its log tells how that went."""
        log = self.logs.get(kept.lab)
        return not kept.again and log is not None and log.begun

    def _drop(self, kept: KeptStart, refusal: Refusal) -> None:
        """Tell on the lab's page why it will not start."""
        _log.warning("%s will not start: %s", kept.lab, refusal.text.en)
        log = self.logs.of(kept.lab, kept.note)
        log.add("began", {"act": "start"})
        log.add("ended", {"act": "start", "refusal": fields(refusal)})
        self.queue.drop_left_over(kept)
