"""Recordings go once their time is over: at labd's start, and each day."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final

from orchestrator.core.errors import BreakfixError
from orchestrator.keeper.keeper_client import KeeperClient, KeeperDownError
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.privacy_desk import PrivacyParts
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.privacy.erasure import sweep_recordings
from orchestrator.records import journal
from orchestrator.records.database import Database

_log = logging.getLogger(__name__)

_DAY_S: Final = 24 * 3600.0


class RecordingSweep:
    """Removes what is kept no longer."""

    def __init__(
        self,
        database: Database,
        parts: PrivacyParts,
        keeper: KeeperClient,
        threads: WorkThreads,
        clock: Callable[[], datetime] = journal.now,
    ) -> None:
        """Take the parts, and what time it is."""
        self._database = database
        self._parts = parts
        self._keeper = keeper
        self._threads = threads
        self._clock = clock
        self._over = asyncio.Event()

    async def run(self) -> None:
        """Sweep now and each day, until ``end`` is called."""
        while not self._over.is_set():
            await self._once()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), _DAY_S)

    def end(self) -> None:
        """Sweep no more."""
        self._over.set()

    async def _once(self) -> None:
        held: list[str] = []
        with contextlib.suppress(KeeperDownError):  # then no terminal is open
            held = [one.id for one in await self._keeper.terminals()]
        days = self._parts.recordings_days
        try:
            await self._threads.run(sweep_recordings, self._database, self._parts.recordings, self._clock(), days, held)
        except OSError as error:
            _log.warning("recordings whose time is over cannot be removed: %s", error)
        except BreakfixError as error:
            _log.warning("recordings whose time is over are not removed: %s", error.text.en)
        except RefusedCallError:
            return  # labd ends
