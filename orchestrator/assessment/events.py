"""What happens in a session: an append-only list of events, from which all else is worked out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, get_args

from orchestrator.core.documents import document_of
from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text

Kind = Literal[
    "planned",
    "withdrawn",
    "identity",
    "clock",
    "invited",
    "seated",
    "turned-away",
    "unseated",
    "drawn",
    "opened",
    "replaced",
    "unopened",
    "started",
    "arrived",
    "absent",
    "paused",
    "resumed",
    "extended",
    "announced",
    "incident",
    "intervened",
    "looked",
    "cabled",
    "restarted",
    "supervised",
    "warned",
    "hint",
    "finished",
    "cut",
    "collected",
    "rebooted",
    "graded",
    "frozen",
    "sealed",
    "observed",
    "decided",
    "signed",
    "closed",
    "correction",
    "regraded",
    "exported",
    "cleared",
]
"""What may happen, in the order in which a session meets it."""

KIND_OF: Mapping[str, Kind] = {kind: kind for kind in get_args(Kind)}
"""Each kind by its name."""
PROGRAM = "breakfix"
"""Who acts where nobody does: the program itself."""


@dataclass(frozen=True)
class Draft:
    """An event that is to be kept.

    Attributes:
        kind: what happened.
        by: who did it: a member of the jury, an operator's account, or the program.
        at: the session's time, seconds since 1970.
        candidate: whom it is about; empty: everybody.
        phase: in which phase; empty: none.
        details: what else there is to know, JSON's types.
        content_hash: SHA-256 of the content or file that it rests on, or empty.
    """

    kind: Kind
    by: str
    at: int
    candidate: str = ""
    phase: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    content_hash: str = ""


@dataclass(frozen=True)
class SessionEvent(Draft):
    """An event that was kept.

    Attributes:
        number: its place in the journal; grows from one to the next.
        seal: the journal's hash of it and of all before it.
    """

    number: int = 0
    seal: str = ""

    def to_document(self) -> dict[str, Any]:
        """Return it as JSON's types."""
        document: dict[str, Any] = document_of(self)
        return document


def damaged(session: str, number: int) -> MachineError:
    """Return the error for an event of the journal that nobody can have written so."""
    return MachineError(
        Text(
            fr=f"L'entrée {number} du journal, de la session {session}, est abîmée : elle ne se lit plus.",
            en=f"Entry {number} of the journal, of session {session}, is damaged: it cannot be read any more.",
        ),
        Text(
            fr="« breakfix audit verify » dit ce qui a été touché ; comparez la base à une sauvegarde.",
            en="'breakfix audit verify' tells what was touched; compare the database with a backup.",
        ),
    )


class Log(Protocol):
    """Where the events of all sessions are kept. Safe for several threads and programs at once."""

    def sessions(self) -> tuple[str, ...]:
        """Return the ids of the sessions that have events, in order."""

    def append(self, session: str, drafts: Sequence[Draft]) -> None:
        """Keep events, all of them or none.

        Raises:
            MachineError: they cannot be kept.
        """

    def create(self, session: str, drafts: Sequence[Draft]) -> bool:
        """Keep the first events of a session; return False, and keep nothing, where it has some already."""

    def events(self, session: str) -> tuple[SessionEvent, ...]:
        """Return the events of a session, in order."""

    def head(self) -> str:
        """Return the last entry of all, with which all of them can be verified later."""

    def require_sound(self) -> None:
        """Compare what is kept with itself, before anything is made of it.

        Raises:
            MachineError: something was changed, removed, moved or cut off.
        """
