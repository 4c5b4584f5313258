"""What labd does when the command line tells it of an act: it looks for itself, and tells whoever looks at the lab."""

from __future__ import annotations

import contextlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from orchestrator.core.errors import UsageError
from orchestrator.keeper.keeper_client import KeeperDownError
from orchestrator.labd import command_contract as contract
from orchestrator.labd import trainee_view
from orchestrator.labd.calls import Nothing
from orchestrator.labd.event_contract import EventKind
from orchestrator.labd.idle_watch import IdleWatch
from orchestrator.labd.lab_desk import FoundLab, LabDesk
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.lab_terminals import LabTerminals
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.start_queue import StartQueue
from orchestrator.records.people import People

_NEW: Final = frozenset({"start", "reset"})
"""After these a lab is another one, which nobody can have frozen."""
_MAKE_ROOM: Final = frozenset({"start", "reset", "stop"})
"""After these a start that waits may begin: one less is at work, or one lab less is there."""
_KEY_BYTES: Final = 32


class CommandCalls:
    """Does what the command line calls for, which shows the key: whoever reads labd's state folder is its owner."""

    def __init__(
        self, desk: LabDesk, idle: IdleWatch, queue: StartQueue, terminals: LabTerminals, threads: WorkThreads
    ) -> None:
        """Take the parts, and draw the key; ``threads`` are for what a caller waits for."""
        self._desk = desk
        self._idle = idle
        self._queue = queue
        self._terminals = terminals
        self._threads = threads
        self.key = secrets.token_urlsafe(_KEY_BYTES)
        self.calls: Mapping[str, Callable[[Any], Awaitable[object]]] = {
            contract.ACTED.name: self.acted,
            contract.WAITING.name: self.waiting,
        }

    def may(self, name: str, token: str) -> bool:
        """Return whether a call is the command line's, made with its key."""
        return name in self.calls and hmac.compare_digest(token.encode(), self.key.encode())

    async def acted(self, asked: contract.Acted) -> Nothing:
        """See ``contract.ACTED``. A lab that is gone is no error.

        Raises:
            BreakfixError: it cannot be thawed, or the engine or the store does not answer.
        """
        with contextlib.suppress(RefusedCallError):  # it is gone since we looked
            await self._heard(asked)
        return Nothing()

    async def _heard(self, asked: contract.Acted) -> None:
        found = await self._threads.run(self._desk.find, asked.lab)  # tells that it is gone where it is
        if asked.act in _MAKE_ROOM:
            self._queue.freed()
        if asked.act == "stop":
            with contextlib.suppress(KeeperDownError):
                await self._terminals.forget_gone()
        if found is None:
            return
        if asked.act in _NEW:
            self._idle.touch(found.name)
        else:
            found = await self._idle.awake(found)
        if asked.act != "works":
            kind, body = await self._threads.run(self._news, found, asked.act)
            found.log.add(kind, body)

    def _news(self, found: FoundLab, act: contract.CommandAct) -> tuple[EventKind, Mapping[str, Any]]:
        """Return the event by which a page brings itself up to date after an act."""
        look = self._desk.attempt(found) if act == "check" else None
        if look is not None and look.graded is not None:
            at, report = look.graded
            return "graded", trainee_view.fields(trainee_view.grading_view(report, look.marks, at))
        return "state", {"state": self._desk.state_of(found)}

    async def waiting(self, _asked: Nothing) -> tuple[contract.WaitingLab, ...]:
        """See ``contract.WAITING``.

        Raises:
            BreakfixError: the store does not answer.
        """
        waiting = self._queue.waiting()
        names = await self._threads.run(self._names, {start.note.owner for start in waiting}) if waiting else {}
        return tuple(
            contract.WaitingLab(
                start.lab, start.note.scenario, names.get(start.note.owner, ""), self._queue.view(start.lab)
            )
            for start in waiting
        )

    def _names(self, refs: set[str]) -> Mapping[str, str]:
        names = {}
        with self._desk.parts.database.read() as reading:
            for ref in refs:
                with contextlib.suppress(UsageError):  # erased meanwhile
                    person = People(reading).find(ref)
                    names[ref] = person.name or person.handle
        return names
