"""The calls of the contract about what is kept of people, each done for somebody who may."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.core.language import Language
from orchestrator.labd import privacy_contract as contract
from orchestrator.labd.calls import Nothing, Who
from orchestrator.labd.export_turns import AT_ONCE, ExportTurns
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.my_data import MyData
from orchestrator.labd.my_data_archive import zipped
from orchestrator.labd.path_contract import LookAtScenario
from orchestrator.labd.portal_accounts import PortalAccounts
from orchestrator.labd.privacy_desk import PrivacyDesk
from orchestrator.labd.replay_desk import FoundAttempt, ReplayDesk


@dataclass(frozen=True)
class PrivacyDesks:
    """What knows what is kept, replays attempts, and collects what is kept about somebody."""

    privacy: PrivacyDesk
    replay: ReplayDesk
    data: MyData


class PrivacyCalls:
    """Does what somebody calls for; whether they may is for ``rules``, which ``access_control`` goes by."""

    def __init__(self, desks: PrivacyDesks, accounts: PortalAccounts, threads: WorkThreads) -> None:
        """Take the parts; ``threads`` are for what a caller waits for."""
        self._privacy = desks.privacy
        self._replay = desks.replay
        self._data = desks.data
        self._accounts = accounts
        self._threads = threads
        self._sending = WorkThreads(AT_ONCE, "my-data")
        self._turns = ExportTurns()
        self.of_somebody: Mapping[str, Callable[[Who, Any], Awaitable[object]]] = {
            contract.PRIVACY.name: self.view,
            contract.ASK_ERASURE.name: self.ask,
            contract.WITHDRAW_ERASURE.name: self.withdraw,
            contract.ERASURE_REQUESTS.name: self.requests,
            contract.LOOK_AT_ERASURE.name: self.look,
            contract.ERASE_PERSON.name: self.erase,
            contract.RECORDED_ATTEMPTS.name: self.recorded,
        }
        self.of_an_attempt: Mapping[str, Callable[[Who, FoundAttempt, Any], Awaitable[object]]] = {
            contract.REPLAY.name: self.replay,
            contract.REPLAY_PIECE.name: self.piece,
        }

    def close(self) -> None:
        """End the threads."""
        self._sending.close()

    # What is kept ---------------------------------------------------------------------------------------------

    async def view(self, who: Who, _asked: Nothing) -> contract.PrivacyView:
        """See ``privacy_contract.PRIVACY``."""
        return await self._threads.run(self._privacy.view, who)

    async def my_data(self, who: Who, language: Language) -> AsyncIterator[bytes]:
        """Return the pieces of the archive of all that is kept about somebody.

        Raises:
            RefusedCallError: one is being sent to them, or they have had as many as they may.
        """
        pieces = self._pieces(who, language)
        first = await anext(pieces)  # what refuses it does so before anything is sent; and it is begun, so it will end
        return _behind(first, pieces)

    async def _pieces(self, who: Who, language: Language) -> AsyncGenerator[bytes, None]:
        with self._turns.turn(who.ref):
            archive = zipped(self._data.files(who, language))
            while (piece := await self._sending.run(_next, archive)) is not None:
                yield piece

    # Erasure --------------------------------------------------------------------------------------------------

    async def ask(self, who: Who, asked: contract.AskErasure) -> Nothing:
        """See ``privacy_contract.ASK_ERASURE``."""
        await self._threads.run(self._accounts.require_password, who, asked.password)
        await self._threads.run(self._privacy.ask, who)
        return Nothing()

    async def withdraw(self, who: Who, _asked: Nothing) -> Nothing:
        """See ``privacy_contract.WITHDRAW_ERASURE``."""
        await self._threads.run(self._privacy.withdraw, who)
        return Nothing()

    async def requests(self, _who: Who, _asked: Nothing) -> tuple[contract.ErasureRequestLine, ...]:
        """See ``privacy_contract.ERASURE_REQUESTS``."""
        return await self._threads.run(self._privacy.requests)

    async def look(self, _who: Who, asked: contract.OfPerson) -> contract.ErasureView:
        """See ``privacy_contract.LOOK_AT_ERASURE``."""
        return await self._threads.run(self._privacy.look, asked)

    async def erase(self, who: Who, asked: contract.OfPerson) -> contract.Erased:
        """See ``privacy_contract.ERASE_PERSON``."""
        return await self._threads.run(self._privacy.erase, who, asked)

    # Replay ---------------------------------------------------------------------------------------------------

    async def find_attempt(self, number: int) -> FoundAttempt | None:
        """Return an attempt; None where there is none of that number."""
        return await self._threads.run(self._replay.find, number)

    async def recorded(self, who: Who, asked: LookAtScenario) -> tuple[int, ...]:
        """See ``privacy_contract.RECORDED_ATTEMPTS``."""
        return await self._threads.run(self._replay.recorded, who, asked.scenario)

    async def replay(self, who: Who, found: FoundAttempt, _asked: contract.OfAttempt) -> contract.ReplayView:
        """See ``privacy_contract.REPLAY``."""
        return await self._threads.run(self._replay.view, who, found)

    async def piece(self, _who: Who, found: FoundAttempt, asked: contract.PieceOf) -> contract.Piece:
        """See ``privacy_contract.REPLAY_PIECE``."""
        return await self._threads.run(self._replay.piece, found, asked)


def _next(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)


async def _behind(first: bytes, pieces: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    async with contextlib.aclosing(pieces):
        yield first
        async for piece in pieces:
            yield piece
