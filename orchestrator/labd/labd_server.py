"""labd at work: its parts put together, served until somebody ends it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn

from orchestrator.core.errors import BreakfixError
from orchestrator.keeper.keeper_client import KeeperClient
from orchestrator.labd.appeal_desk import AppealDesk
from orchestrator.labd.catalogue_calls import CatalogueCalls
from orchestrator.labd.class_board import ClassBoards
from orchestrator.labd.class_calls import ClassCalls
from orchestrator.labd.class_desk import ClassDesk
from orchestrator.labd.class_labs import ClassShares
from orchestrator.labd.class_launches import ClassLaunches
from orchestrator.labd.command_calls import CommandCalls
from orchestrator.labd.day_supervision import DaySupervision
from orchestrator.labd.deliberation_calls import DeliberationCalls
from orchestrator.labd.deliberation_desk import DeliberationDesk
from orchestrator.labd.desktop_recorder import DesktopRecorder
from orchestrator.labd.event_log import EventLogs
from orchestrator.labd.help_calls import HelpCalls
from orchestrator.labd.idle_watch import IdleWatch, ViewedHosts
from orchestrator.labd.job_context import JobContext
from orchestrator.labd.kept_rights import KeptRights
from orchestrator.labd.lab_calls import LabCalls
from orchestrator.labd.lab_desk import WAITS, LabDesk, LabParts
from orchestrator.labd.lab_displays import LabDisplays
from orchestrator.labd.lab_jobs import LabJobs, WorkThreads
from orchestrator.labd.lab_limits import USUAL, LabLimits
from orchestrator.labd.lab_starts import LabStarts, StartParts
from orchestrator.labd.lab_stops import LabStops
from orchestrator.labd.lab_terminals import LabTerminals
from orchestrator.labd.lab_web import MOST_OPENING, LabWeb
from orchestrator.labd.lab_work import LabWork
from orchestrator.labd.labd_app import LabdParts, labd_app
from orchestrator.labd.member_attempts import MemberAttemptsDesk
from orchestrator.labd.my_data import MyData
from orchestrator.labd.people_calls import PeopleCalls
from orchestrator.labd.person_room import PersonRoom
from orchestrator.labd.portal_accounts import PortalAccounts
from orchestrator.labd.privacy_calls import PrivacyCalls, PrivacyDesks
from orchestrator.labd.privacy_desk import PrivacyDesk, PrivacyParts
from orchestrator.labd.recording_secrets import RecordingSecrets
from orchestrator.labd.recording_sweep import RecordingSweep
from orchestrator.labd.replay_desk import ReplayDesk
from orchestrator.labd.seat_calls import SeatCalls
from orchestrator.labd.seat_presence import SeatPresence
from orchestrator.labd.seat_terminals import SeatTerminals
from orchestrator.labd.seats_now import SeatsNow
from orchestrator.labd.session_calls import SessionCalls
from orchestrator.labd.session_desk import SessionDesk
from orchestrator.labd.standing_watch import Doorbell
from orchestrator.labd.start_lengths import StartLengths
from orchestrator.labd.start_queue import StartQueue
from orchestrator.labd.taking_up import TakingUp
from orchestrator.labd.talk_calls import TalkCalls
from orchestrator.labd.waiting_book import WaitingBook
from orchestrator.labd.warm_pool import warm_pool

_CALLS: Final = 8
"""Calls that are done at once: each thread has a connection to the fabric."""
_LONGEST_MESSAGE: Final = 1 << 20
"""Bytes of the longest message of a WebSocket: what somebody pastes."""
_KEPT_S: Final = 60
"""Seconds that a connection rests before we close it: longer than a client keeps one, so that none is used in vain."""
_SEAT_PAGES: Final = 12 * MOST_OPENING
"""Threads for candidates' connections: twelve at whose sites nobody answers keep nobody else waiting."""
_GRACE_S: Final = 5
"""Seconds that answers get to be sent once labd ends."""


@dataclass(frozen=True)
class LabdPlaces:
    """Where things of labd's are.

    Attributes:
        keeper: the keeper's socket.
        events: the folder where the events of labs are kept, and what waits for its start.
    """

    keeper: Path
    events: Path


class LabdServer:
    """Serves labs at a socket, within one event loop.

    Attributes:
        pool: the labs that stand ready.
        command_key: what the command line shows that it may read this labd's state folder.
    """

    def __init__(
        self,
        parts: LabParts,
        accounts: PortalAccounts,
        places: LabdPlaces,
        privacy: PrivacyParts,
        restart_keeper: Callable[[], None],
        limits: LabLimits = USUAL,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Put the parts together.

        Args:
            parts: what is served.
            accounts: people and their sign-ins.
            places: where things of labd's are.
            privacy: what is kept of people.
            restart_keeper: has the keeper run again.
            limits: what labs may take.
            clock: returns the seconds by which labs are idle.
        """
        book = WaitingBook(places.events / "waiting.json")
        logs = EventLogs(places.events, frozenset(kept.lab for kept in book.starts))
        lengths, shares = StartLengths(), ClassShares(parts, limits)
        room = shares.room
        jobs = LabJobs()
        self._threads = threads = WorkThreads(_CALLS, "call")
        queue = StartQueue(limits, lambda: threads.run(room.taken), jobs.being_made, logs, lengths, book)
        jobs.when_freed(queue.freed)

        def act_on(lab: str) -> str:
            return jobs.act_on(lab) or (WAITS if queue.waits(lab) else "")

        self._people, self._bell = PeopleCalls(accounts), Doorbell()
        desk = LabDesk(parts, logs, act_on, limits.per_person)
        self.pool = warm_pool(desk, limits, lambda: threads.run(room.taken), queue.nobody_waits, jobs, logs)
        queue.when_too_many(self.pool.give_up)
        terminals = LabTerminals(desk, KeeperClient(places.keeper), self._threads, restart_keeper)
        self._terminals = terminals
        displays = LabDisplays(desk, self._threads)
        viewed = ViewedHosts(displays.shown, terminals.forget)
        self._idle = IdleWatch(desk, jobs, logs, self._threads, limits, clock, viewed)
        self._web, self._seat_web = LabWeb(desk), LabWeb(desk, _SEAT_PAGES, "seat-web")
        start_parts = StartParts(
            queue, lengths, shares, PersonRoom(desk, room, limits.person_memory), self._idle, limits.starts, self.pool
        )
        context = JobContext(desk, jobs, logs, terminals, threads, LabWork(desk, shares.processors))
        starts, stops = LabStarts(context, start_parts), LabStops(context, queue)
        self._labs = LabCalls(context, displays, starts, stops)
        classes = ClassDesk(desk, shares)
        boards = ClassBoards(classes, parts.board, logs, act_on, self._threads)
        launches = ClassLaunches(classes, starts, stops, queue, threads, boards.forget, book)
        rights = KeptRights(parts.database)
        self._taking_up = TakingUp(book, rights, starts, launches, queue, logs, self._threads)
        self._ended = asyncio.Event()
        self._classes = ClassCalls(classes, launches, boards, self._threads)
        replay = ReplayDesk(parts, privacy.recordings, privacy.recordings_days)
        desks = PrivacyDesks(
            PrivacyDesk(desk, privacy), replay, MyData(parts.database, privacy, RecordingSecrets(parts))
        )
        self._privacy = PrivacyCalls(desks, accounts, self._threads)
        self._sweep = RecordingSweep(parts.database, privacy, terminals.keeper, self._threads)
        help_calls = HelpCalls(
            desk, terminals, MemberAttemptsDesk(desk), lambda name: classes.last_launch(name)[1], self._threads
        )
        self._talk = TalkCalls(desk, jobs, self._threads)
        self._catalogue = CatalogueCalls(parts, self._threads)
        self._supervision = DaySupervision(parts.registry, parts.supervising)
        presence = SeatPresence()
        self._seats = SeatCalls(parts, threads)
        self._desktops = DesktopRecorder(desk)
        self._sessions = SessionCalls(
            parts, threads, room, limits.labs, self._supervision, SeatsNow(presence, self._desktops)
        )
        self._seat_terminals = SeatTerminals(parts, terminals, self._seats, presence)
        command = CommandCalls(desk, self._idle, queue, terminals, self._threads)
        juries = DeliberationDesk(parts, SessionDesk(parts), accounts.require_password)
        self._appeals = AppealDesk(parts, juries, threads)
        self.command_key = command.key
        app = labd_app(
            LabdParts(
                self._people,
                self._labs,
                self._classes,
                self._privacy,
                help_calls,
                self._talk,
                self._catalogue,
                self._sessions,
                DeliberationCalls(juries, self._appeals, threads),
                self._seats,
                self._seat_terminals,
                command,
                desk,
                terminals,
                displays,
                self._web,
                self._seat_web,
                LabDisplays(desk, self._seats.threads),
                self._desktops,
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
        self._catalogue.open()
        sweeping = asyncio.create_task(self._sweep.run())
        watching = asyncio.create_task(self._idle.watch())
        supervising = asyncio.create_task(self._supervision.run())
        seating = asyncio.create_task(self._seat_terminals.run())
        settling = asyncio.create_task(self._appeals.stand_still())
        taking_up = asyncio.create_task(self._taking_up.run(self._ended))
        await self._taking_up.tried.wait()
        await self.pool.begin()
        pooling = asyncio.create_task(self.pool.run())
        try:
            await self._server.serve([listener])
        finally:
            watching.cancel()
            taking_up.cancel()
            await asyncio.wait({taking_up})
            await pooling
            await self.pool.finish()
            self._sweep.end()
            await self._labs.finish()
            await self._talk.finish()
            await self._seats.finish()
            await self._classes.finish()
            await self._catalogue.finish()
            await self._sessions.finish()
            await settling
            await self._appeals.finish()
            await self._desktops.finish()
            await sweeping
            await supervising
            await seating
            self._privacy.close()
            self._threads.close()
            self._web.close()
            self._seat_web.close()
            self._people.close()
            self._seats.close()
            self._seat_terminals.close()

    def end(self) -> None:
        """Take no more calls, begin no labs of launches, end streams and proofs, and let ``serve`` come to its end."""
        self._ended.set()
        self.pool.close()
        self._classes.close()
        self._labs.close()
        self._catalogue.close()
        self._sessions.close()
        self._appeals.close()
        self._supervision.end()
        self._seat_terminals.end()
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
