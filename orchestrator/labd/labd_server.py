"""labd at work: its parts put together, served until somebody ends it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn

from orchestrator.core.errors import BreakfixError
from orchestrator.keeper.keeper_client import KeeperClient
from orchestrator.labd.class_board import ClassBoards
from orchestrator.labd.class_calls import ClassCalls
from orchestrator.labd.class_desk import ClassDesk
from orchestrator.labd.class_launches import ClassLaunches
from orchestrator.labd.event_log import EventLogs
from orchestrator.labd.help_calls import HelpCalls
from orchestrator.labd.lab_calls import LabCalls
from orchestrator.labd.lab_desk import LabDesk, LabParts
from orchestrator.labd.lab_displays import LabDisplays
from orchestrator.labd.lab_jobs import LabJobs, WorkThreads
from orchestrator.labd.lab_terminals import LabTerminals
from orchestrator.labd.labd_app import LabdParts, labd_app
from orchestrator.labd.member_attempts import MemberAttemptsDesk
from orchestrator.labd.my_data import MyData
from orchestrator.labd.people_calls import PeopleCalls
from orchestrator.labd.portal_accounts import PortalAccounts
from orchestrator.labd.privacy_calls import PrivacyCalls, PrivacyDesks
from orchestrator.labd.privacy_desk import PrivacyDesk, PrivacyParts
from orchestrator.labd.recording_sweep import RecordingSweep
from orchestrator.labd.replay_desk import ReplayDesk
from orchestrator.labd.standing_watch import Doorbell

MOST_LABS: Final = 2
"""Labs that one person may have at once."""
_CALLS: Final = 8
"""Calls that are done at once: each thread has a connection to the fabric."""
_LONGEST_MESSAGE: Final = 1 << 20
"""Bytes of the longest message of a WebSocket: what somebody pastes."""
_KEPT_S: Final = 60
"""Seconds that a connection rests before we close it: longer than a client keeps one, so that none is used in vain."""
_GRACE_S: Final = 5
"""Seconds that answers get to be sent once labd ends."""


@dataclass(frozen=True)
class LabdPlaces:
    """Where things of labd's are.

    Attributes:
        keeper: the keeper's socket.
        events: the folder where the events of labs are kept.
    """

    keeper: Path
    events: Path


class LabdServer:
    """Serves labs at a socket, within one event loop."""

    def __init__(
        self,
        parts: LabParts,
        accounts: PortalAccounts,
        places: LabdPlaces,
        privacy: PrivacyParts,
        restart_keeper: Callable[[], None],
        most_labs: int = MOST_LABS,
    ) -> None:
        """Put the parts together."""
        logs, jobs = EventLogs(places.events), LabJobs()
        self._threads = WorkThreads(_CALLS, "call")
        self._people = PeopleCalls(accounts)
        self._bell = Doorbell()
        desk = LabDesk(parts, logs, jobs.act_on, most_labs)
        terminals = LabTerminals(desk, KeeperClient(places.keeper), self._threads, restart_keeper)
        self._terminals = terminals
        displays = LabDisplays(desk, self._threads)
        self._labs = LabCalls(desk, jobs, logs, terminals, displays, self._threads)
        classes = ClassDesk(desk)
        boards = ClassBoards(classes, parts.board, logs, jobs.act_on, self._threads)
        launches = ClassLaunches(classes, self._labs, self._threads, boards.forget)
        self._classes = ClassCalls(classes, launches, boards, self._threads)
        replay = ReplayDesk(parts, privacy.recordings, privacy.recordings_days)
        desks = PrivacyDesks(PrivacyDesk(desk, privacy), replay, MyData(parts.database, privacy))
        self._privacy = PrivacyCalls(desks, accounts, self._threads)
        self._sweep = RecordingSweep(parts.database, privacy, terminals.keeper, self._threads)
        help_calls = HelpCalls(
            desk, terminals, MemberAttemptsDesk(desk), lambda name: classes.last_launch(name)[1], self._threads
        )
        app = labd_app(
            LabdParts(
                self._people,
                self._labs,
                self._classes,
                self._privacy,
                help_calls,
                desk,
                terminals,
                displays,
                self._threads,
                self._bell,
            )
        )
        self._server = _Server(
            uvicorn.Config(
                app,
                http="h11",
                ws="websockets-sansio",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                ws_max_size=_LONGEST_MESSAGE,
                timeout_keep_alive=_KEPT_S,
                timeout_graceful_shutdown=_GRACE_S,
            )
        )

    async def serve(self, listener: socket.socket, ready: Callable[[], None]) -> None:
        """Serve until ``end`` is called; what runs then is finished.

        Args:
            listener: the socket that listens.
            ready: called once calls are answered.
        """
        self._server.ready = ready
        with contextlib.suppress(BreakfixError):  # without the engine nobody knows which labs are gone
            await self._terminals.forget_gone()
        sweeping = asyncio.create_task(self._sweep.run())
        try:
            await self._server.serve([listener])
        finally:
            self._sweep.end()
            await self._labs.finish()
            await self._classes.finish()
            await sweeping
            self._privacy.close()
            self._threads.close()
            self._people.close()

    def end(self) -> None:
        """Take no more calls, begin no labs of launches, end streams, and let ``serve`` come to its end."""
        self._classes.close()
        self._bell.close()
        self._server.should_exit = True


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it, and says when it is ready."""

    ready: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
