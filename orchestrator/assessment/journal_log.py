"""The events of sessions in the store's journal, where each is bound to all before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from orchestrator.assessment.events import KIND_OF, PROGRAM, Draft, SessionEvent, damaged
from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text
from orchestrator.records import audit, journal
from orchestrator.records.database import Database

_KIND: Final = "session."
_SUBJECT: Final = "session:"
_MOST: Final = 5
"""Findings that an error lists."""
_SOMEBODY: Final = "operator"
"""The actor of what a person did: who it was is in the payload, which can be erased."""


@dataclass(frozen=True)
class _Read:
    """What was read of a session: the last entry about it, and its events."""

    last: journal.JournalEntry
    events: tuple[SessionEvent, ...]


class JournalLog:
    """See ``orchestrator.assessment.events.Log``."""

    def __init__(self, database: Database) -> None:
        """Keep events in a database."""
        self._database = database
        self._sound = ""  # the fingerprint of a journal in which nothing was found
        self._read: dict[str, _Read] = {}

    def sessions(self) -> tuple[str, ...]:
        """See ``Log``."""
        with self._database.read() as session:
            planned = journal.entries(session, kind=f"{_KIND}planned")
        return tuple(dict.fromkeys(entry.event.subject.removeprefix(_SUBJECT) for entry in planned))

    def append(self, session: str, drafts: Sequence[Draft]) -> None:
        """See ``Log``."""
        self._keep(session, drafts)

    def create(self, session: str, drafts: Sequence[Draft]) -> bool:
        """See ``Log``."""
        return self._keep(session, drafts, first=True)

    def events(self, session: str) -> tuple[SessionEvent, ...]:
        """See ``Log``; of what was read before, only what follows is read: a day is looked at several times a second.

        Where an entry was erased since, or the last one is not what it was, all of them are read again. That an earlier
        one was touched is for ``require_sound``.
        """
        subject, known = f"{_SUBJECT}{session}", self._read.get(session)
        with self._database.read() as transaction:
            entries = () if known is None else journal.entries_since(transaction, known.last.seq, subject=subject)
            goes_on = known is not None and entries[:1] == (known.last,) and not any(map(_erases, entries))
            if not goes_on:
                entries = journal.entries(transaction, subject=subject)
        before = known.events if known is not None and goes_on else ()
        new = entries[1:] if goes_on else entries
        events = (*before, *(_event(session, entry) for entry in new if entry.event.kind.startswith(_KIND)))
        if entries:
            self._read[session] = _Read(entries[-1], events)
        return events

    def head(self) -> str:
        """Return the journal's last entry, as ``breakfix audit verify --head`` takes it."""
        with self._database.read() as transaction:
            return str(journal.head(transaction))

    def require_sound(self) -> None:
        """Compare the journal with itself, and what it vouches for, before anything is made of it.

        One of which every row is what it was when nothing was found is not worked through again.

        Raises:
            MachineError: something was changed, removed, moved or cut off.
        """
        with self._database.read() as transaction:
            now = audit.fingerprint(transaction)
            found = audit.verify(transaction) if now != self._sound else ()
        if not found:
            self._sound = now
        if found:
            raise MachineError(
                Text(
                    fr="Le journal n'est plus tel qu'il a été écrit : "
                    + " ".join(one.text.fr for one in found[:_MOST]),
                    en="The journal is not what was written: " + " ".join(one.text.en for one in found[:_MOST]),
                ),
                Text(
                    fr="« breakfix audit verify » dit tout. Ne supprimez rien, comparez la base à une sauvegarde.",
                    en="'breakfix audit verify' tells all of it. Delete nothing, compare the database with a backup.",
                ),
            )

    def forget(self, session: str, who: Sequence[str], *, reason: str) -> int:
        """Erase the names of candidates or members of the jury, and return how many entries were erased."""
        with self._database.write() as transaction:
            entries = journal.entries(transaction, subject=f"{_SUBJECT}{session}", kind=f"{_KIND}identity")
            found = [
                entry.seq for entry in entries if not entry.erased and entry.event.payload["details"]["who"] in who
            ]
            if found:
                journal.erase(transaction, found, actor=PROGRAM, reason=reason)
        return len(found)

    def _keep(self, session: str, drafts: Sequence[Draft], *, first: bool = False) -> bool:
        """Keep events in one transaction; return False, and keep nothing, where there is a plan already."""
        subject = f"{_SUBJECT}{session}"
        with self._database.write() as transaction:
            if first:
                planned, withdrawn = (
                    len(journal.entries(transaction, subject=subject, kind=f"{_KIND}{kind}"))
                    for kind in ("planned", "withdrawn")
                )
                if planned > withdrawn:
                    return False
            for draft in drafts:
                actor = PROGRAM if draft.by == PROGRAM else _SOMEBODY
                payload = {
                    "at": draft.at,
                    "by": draft.by,
                    "candidate": draft.candidate,
                    "phase": draft.phase,
                    "details": dict(draft.details),
                }
                kept = journal.JournalEvent(actor, f"{_KIND}{draft.kind}", subject, draft.content_hash, payload)
                journal.append(transaction, kept)
            return True


def _erases(entry: journal.JournalEntry) -> bool:
    return entry.event.kind == journal.ERASED


def _event(session: str, entry: journal.JournalEntry) -> SessionEvent:
    payload, kind = entry.event.payload, entry.event.kind.removeprefix(_KIND)
    if kind not in KIND_OF or not isinstance(payload, Mapping):
        raise damaged(session, entry.seq)
    return SessionEvent(
        kind=KIND_OF[kind],
        by=payload.get("by", ""),
        at=payload.get("at", int(entry.at.timestamp())),
        candidate=payload.get("candidate", ""),
        phase=payload.get("phase", ""),
        details=payload.get("details", {}),
        content_hash=entry.event.content_hash,
        number=entry.seq,
        seal=entry.hash,
    )
