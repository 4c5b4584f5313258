"""Codes by which anybody may join a class for a while: eight characters, short enough for a board.

They are 40 bits, which nobody finds by trying where tries are counted. The code itself is kept, since its class's page
shows it as long as it holds; it is looked up by its hash, so that how long a look-up takes tells nothing of a code.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from orchestrator.records import journal
from orchestrator.records.account_models import JoinCodeRow
from orchestrator.records.credentials import hash_of
from orchestrator.records.models import PeopleGroup

HOLDS: Final = timedelta(days=2)
"""How long a code can be used."""
CODE_MADE, CODE_ENDED = "group.code-made", "group.code-ended"
"""Kinds of entries of the journal; neither holds the code."""

_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's 32: neither I nor L nor O nor U, which are read as others or make words."""
_LENGTH: Final = 8
_READ_AS: Final = str.maketrans("ILO", "110")


@dataclass(frozen=True)
class HeldCode:
    """A code that holds, as it is shown, and when it ends."""

    code: str
    until: datetime


def make(session: Session, group: PeopleGroup, *, by: str, now: datetime) -> HeldCode:
    """Make a group a new code, which ends the one before.

    Args:
        session: a transaction that may write.
        group: the group.
        by: the ``ref`` of who makes it.
        now: the moment.
    """
    letters = random_letters(_LENGTH)
    made = HeldCode(f"{letters[: _LENGTH // 2]}-{letters[_LENGTH // 2 :]}", now + HOLDS)
    session.merge(JoinCodeRow(group_id=group.id, code=made.code, code_hash=hash_of(letters), until=made.until))
    session.flush()
    payload = {"until": made.until.isoformat(timespec="seconds")}
    journal.append(session, journal.JournalEvent(by, CODE_MADE, f"group:{group.id}", payload=payload))
    return made


def of_group(session: Session, group: PeopleGroup, now: datetime) -> HeldCode | None:
    """Return the code of a group; None where it has none that holds."""
    row = session.get(JoinCodeRow, group.id)
    return None if row is None or row.until <= now else HeldCode(row.code, row.until)


def end(session: Session, group: PeopleGroup, *, by: str) -> None:
    """End a group's code; where there is none, nothing changes."""
    mine = delete(JoinCodeRow).where(JoinCodeRow.group_id == group.id).returning(JoinCodeRow.group_id)
    if session.scalar(mine) is not None:
        journal.append(session, journal.JournalEvent(by, CODE_ENDED, f"group:{group.id}"))


def find(session: Session, code: str, now: datetime) -> PeopleGroup | None:
    """Return the group of a code, as somebody types it; None where no such code holds."""
    wanted = (
        select(PeopleGroup)
        .join(JoinCodeRow, JoinCodeRow.group_id == PeopleGroup.id)
        .where(JoinCodeRow.code_hash == hash_of(as_read(code)), JoinCodeRow.until > now)
    )
    return session.scalars(wanted).first()


def random_letters(length: int) -> str:
    """Return characters of a new code, each of five bits that nobody can foretell."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def as_read(code: str) -> str:
    """Return a code as it is compared: capitals, no gaps, what is easily misread as what it was."""
    return re.sub(r"[\s-]+", "", code.upper()).translate(_READ_AS)
