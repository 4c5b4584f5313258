"""The calls of the contract about jury sessions, each done for somebody who may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from orchestrator.labd import session_contract as contract
from orchestrator.labd.calls import Nothing, Who
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.session_desk import SessionDesk


class SessionCalls:
    """Does what somebody calls for; whether they may is for ``rules``, which ``access_control`` goes by."""

    def __init__(self, parts: LabParts, threads: WorkThreads) -> None:
        """Take what labd serves; ``threads`` are for what a caller waits for."""
        self._desk = SessionDesk(parts)
        self._threads = threads
        self.calls: Mapping[str, Callable[[Who, Any], Awaitable[object]]] = {
            contract.SESSIONS.name: self.sessions,
            contract.PLAN_SESSION.name: self.plan,
            contract.SESSION.name: self.session,
            contract.WITHDRAW_SESSION.name: self.withdraw,
        }

    async def sessions(self, _who: Who, _asked: Nothing) -> tuple[contract.SessionLine, ...]:
        """See ``session_contract.SESSIONS``."""
        return await self._threads.run(self._desk.sessions)

    async def plan(self, who: Who, asked: contract.PlanSession) -> contract.PlanOutcome:
        """See ``session_contract.PLAN_SESSION``."""
        return await self._threads.run(self._desk.plan, who, asked)

    async def session(self, _who: Who, asked: contract.OfSession) -> contract.SessionView:
        """See ``session_contract.SESSION``."""
        return await self._threads.run(self._desk.view, asked.session)

    async def withdraw(self, who: Who, asked: contract.WithdrawSession) -> Nothing:
        """See ``session_contract.WITHDRAW_SESSION``."""
        await self._threads.run(self._desk.withdraw, who, asked)
        return Nothing()
