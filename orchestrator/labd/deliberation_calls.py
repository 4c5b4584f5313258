"""The calls of the contract about a jury that deliberates, each done for somebody who may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from orchestrator.labd import appeal_contract as appeal
from orchestrator.labd import deliberation_contract as contract
from orchestrator.labd import desktop_contract as desktops
from orchestrator.labd import evidence_contract as sealed
from orchestrator.labd.appeal_desk import AppealDesk
from orchestrator.labd.calls import Nothing, Who
from orchestrator.labd.deliberation_desk import DeliberationDesk
from orchestrator.labd.evidence_desk import EvidenceDesk
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.privacy_contract import Piece
from orchestrator.labd.rules import DOCUMENTS, EVIDENCE
from orchestrator.labd.session_contract import OfSession


class DeliberationCalls:
    """Does what somebody calls for; whether they may is for ``rules``, which ``access_control`` goes by."""

    def __init__(self, desk: DeliberationDesk, appeals: AppealDesk, threads: WorkThreads) -> None:
        """Take who does it, and where."""
        self._desk = desk
        self._evidence = EvidenceDesk(desk)
        self._threads = threads
        self.calls: Mapping[str, Callable[[Who, Any], Awaitable[object]]] = {
            contract.JURY_SESSIONS.name: self.sessions,
            contract.DELIBERATION.name: self.deliberation,
            contract.SHEET.name: self.sheet,
            contract.OBSERVE.name: self.observe,
            contract.DECIDE.name: self.decide,
            contract.SIGN_RECORD.name: self.sign,
            sealed.SITTING_REPLAY.name: self.replay,
            sealed.SITTING_PIECE.name: self.piece,
            desktops.SITTING_PICTURE.name: self.picture,
            sealed.SEARCH_SITTING.name: self.search,
            sealed.SEALED_EVIDENCE.name: self.seen,
            appeal.APPEAL.name: appeals.view,
            appeal.GRADE_AGAIN.name: appeals.begin,
        }
        self.files: Mapping[str, Callable[..., Awaitable[bytes]]] = {
            DOCUMENTS: self.documents,
            EVIDENCE: self.evidence,
        }

    async def sessions(self, who: Who, _asked: Nothing) -> tuple[contract.JuryLine, ...]:
        """See ``deliberation_contract.JURY_SESSIONS``."""
        return await self._threads.run(self._desk.sessions, who)

    async def deliberation(self, who: Who, asked: OfSession) -> contract.DeliberationView:
        """See ``deliberation_contract.DELIBERATION``."""
        return await self._threads.run(self._desk.view, who, asked.session)

    async def sheet(self, who: Who, asked: contract.OfCandidate) -> contract.SheetView:
        """See ``deliberation_contract.SHEET``."""
        return await self._threads.run(self._desk.sheet, who, asked.session, asked.number)

    async def observe(self, who: Who, asked: contract.RecordObservation) -> Nothing:
        """See ``deliberation_contract.OBSERVE``."""
        await self._threads.run(self._desk.observe, who, asked)
        return Nothing()

    async def decide(self, who: Who, asked: contract.Decide) -> Nothing:
        """See ``deliberation_contract.DECIDE``."""
        await self._threads.run(self._desk.decide, who, asked)
        return Nothing()

    async def sign(self, who: Who, asked: contract.SignRecord) -> Nothing:
        """See ``deliberation_contract.SIGN_RECORD``."""
        await self._threads.run(self._desk.sign, who, asked)
        return Nothing()

    async def replay(self, who: Who, asked: sealed.OfSitting) -> sealed.SittingReplay:
        """See ``evidence_contract.SITTING_REPLAY``."""
        return await self._threads.run(self._evidence.replay, who, asked)

    async def piece(self, who: Who, asked: sealed.SealedPieceOf) -> Piece:
        """See ``evidence_contract.SITTING_PIECE``."""
        return await self._threads.run(self._evidence.piece, who, asked)

    async def picture(self, who: Who, asked: desktops.SealedPictureOf) -> desktops.DesktopPicture:
        """See ``desktop_contract.SITTING_PICTURE``."""
        return await self._threads.run(self._evidence.picture, who, asked)

    async def search(self, who: Who, asked: sealed.SearchSitting) -> sealed.FoundInSitting:
        """See ``evidence_contract.SEARCH_SITTING``."""
        return await self._threads.run(self._evidence.search, who, asked)

    async def seen(self, who: Who, asked: sealed.OfSitting) -> sealed.SealedEvidence:
        """See ``evidence_contract.SEALED_EVIDENCE``."""
        return await self._threads.run(self._evidence.evidence, who, asked)

    async def documents(self, who: Who, session: str) -> bytes:
        """Return the documents of a session as one zip file."""
        return await self._threads.run(self._desk.documents, who, session)

    async def evidence(self, who: Who, session: str, phase: str, number: str) -> bytes:
        """Return a candidate's sealed evidence of a phase."""
        return await self._threads.run(self._desk.evidence, who, session, phase, number)
