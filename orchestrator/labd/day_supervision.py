"""Supervision as a service: a session whose time runs has a program that supervises it, whoever looks.

The program is a process of its own, ``session run``, which goes on where labd ends or is killed; a lock in the
session's folder says that it is there. labd only looks whether one has to be, and starts it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from orchestrator.assessment.session_registry import SessionRegistry
from orchestrator.core.errors import BreakfixError
from orchestrator.core.text import Text
from orchestrator.labd.child_environment import child_environment
from orchestrator.labd.day_view import must_be_supervised
from orchestrator.labd.lab_jobs import WorkThreads

_log = logging.getLogger(__name__)

_REST_S: Final = 10.0
"""Seconds before a program that has ended by itself, at once and in vain, is started again; a killed one is at once."""
_LOG: Final = "supervisor.log"
"""What a supervisor says goes to a file in the session's folder: a pipe to labd would end with labd, and it as well."""
_ENDED: Final = Text(
    fr="Le programme qui surveille s'est arrêté ; un nouvel essai suit.",
    en="The program that supervises has ended; it is tried again.",
)


@dataclass
class _Started:
    process: subprocess.Popen[bytes]
    at: float


class DaySupervision:
    """Sees to it that every session that needs a supervisor has one.

    Attributes:
        troubles: session -> why its supervisor does not run, in words.
    """

    every = 3.0
    """Seconds between two looks at all sessions: a supervisor that was killed is back within a few more."""

    def __init__(self, registry: Callable[[], SessionRegistry], command: Sequence[str]) -> None:
        """Take the parts.

        Args:
            registry: returns the sessions.
            command: the command line of a supervisor, to which the session's name is added.
        """
        self._registry = registry
        self._command = tuple(command)
        self._thread = WorkThreads(1, "supervision")  # its own: no call of a busy room keeps this waiting
        self._started: dict[str, _Started] = {}
        self._woken = asyncio.Event()
        self._over = False
        self.troubles: dict[str, Text] = {}

    def wake(self) -> None:
        """Look at once: a phase has begun."""
        self._woken.set()

    def end(self) -> None:
        """Look no more; supervisors go on."""
        self._over = True
        self._woken.set()

    async def run(self) -> None:
        """Look, again and again, until ``end`` is called."""
        while not self._over:
            self._woken.clear()
            try:
                await self._thread.run(self._look)
            except BreakfixError as error:
                _log.warning("jury sessions cannot be looked at: %s", error.text.en)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), self.every)
        self._thread.close()

    def _look(self) -> None:
        for session in self._unsupervised():
            known = self._started.get(session)
            if known is not None and known.process.poll() is None:
                continue  # it is just beginning, or ending
            if known is not None and known.process.returncode > 0 and time.monotonic() - known.at < _REST_S:
                self.troubles[session] = _ENDED
                continue
            self._start(session)

    def _unsupervised(self) -> Iterator[str]:
        registry = self._registry()
        for session in registry.log.sessions():
            if not (registry.folder / session).is_dir():
                continue  # another machine's, which keeps its people in the same store
            jury_session = registry.jury_session(session)
            try:
                state = jury_session.state()
            except BreakfixError as error:  # its journal is damaged: the others are supervised all the same
                _log.warning("the session %s is not supervised: %s", session, error.text.en)
                continue
            if not state.withdrawn and must_be_supervised(state) and not jury_session.folder.is_supervised():
                yield session
            else:
                self.troubles.pop(session, None)

    def _start(self, session: str) -> None:
        try:
            with (self._registry().folder / session / _LOG).open("ab") as log:
                process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                    [*self._command, session],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                    cwd="/",
                    env=child_environment(),
                    start_new_session=True,
                )
        except OSError as error:
            _log.warning("the session %s cannot be supervised: %s", session, error)
            self.troubles[session] = _ENDED
            return
        self._started[session] = _Started(process, time.monotonic())
        threading.Thread(target=process.wait, daemon=True, name="supervisor").start()  # no zombie where it ends first
