"""Stopping labs: at once, or once nothing else is done with them."""

from __future__ import annotations

import asyncio

from orchestrator.labd import lab_contract
from orchestrator.labd.calls import Nothing, Who
from orchestrator.labd.event_log import EventLogs
from orchestrator.labd.lab_desk import FoundLab, LabDesk
from orchestrator.labd.lab_jobs import LabJobs, WorkThreads
from orchestrator.labd.lab_terminals import LabTerminals
from orchestrator.labd.lab_work import LabWork
from orchestrator.labd.start_queue import StartQueue


class LabStops:
    """Stops labs; whoever calls may.

    Attributes:
        threads: those in which labs are stopped.
    """

    def __init__(
        self,
        desk: LabDesk,
        jobs: LabJobs,
        logs: EventLogs,
        terminals: LabTerminals,
        threads: WorkThreads,
        queue: StartQueue,
        work: LabWork,
    ) -> None:
        """Take the parts; ``threads`` are for what a caller waits for."""
        self.threads = WorkThreads(2, "stop")
        self._desk = desk
        self._jobs = jobs
        self._logs = logs
        self._terminals = terminals
        self._threads = threads
        self._queue = queue
        self._work = work

    async def stop(self, who: Who, found: FoundLab, _asked: lab_contract.OfLab) -> Nothing:
        """See ``lab_contract.STOP``. A lab that is being made is not stopped: its caller is told to wait.

        A saved one that waits for its turn only waits no longer.
        """
        if not self._queue.take_back(found.name):
            self._begin_stop(who, found)
        elif await self._threads.run(self._desk.is_saved, found):
            found.log.add("state", {"state": "saved"})
        elif found.instance is not None:
            self._begin_stop(who, found)
        return Nothing()

    async def stop_when_free(self, who: Who, lab: str) -> None:
        """Stop a lab once nothing else is done with it, and wait until it has; one that waits does so no longer.

        Raises:
            BreakfixError: the engine or the store does not answer.
        """
        self._queue.take_back(lab)
        while True:
            await self._jobs.free(lab)
            found = await self._threads.run(self._desk.find, lab)
            if found is None:
                return
            if not self._jobs.act_on(lab):
                await self._begin_stop(who, found).wait()
                return

    def _begin_stop(self, who: Who, found: FoundLab) -> asyncio.Event:
        return self._jobs.begin(
            found.name,
            "stop",
            lambda: found.log,
            self.threads,
            lambda: self._work.stop(found, who.ref),
            then=self._terminals.forgetting(found),
            after=lambda: self._logs.forget(found.name),
        )
