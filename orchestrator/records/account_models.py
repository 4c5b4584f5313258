"""The tables by which people come to the portal: nothing in them lets anybody in as somebody else who reads them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.records.columns import UtcTime
from orchestrator.records.models import Base

AGENT_LENGTH = 200
"""How much is kept of a browser's own name."""


class PasswordRow(Base):
    """Somebody's password: as a hash that is slow to try, and when it was chosen."""

    __tablename__ = "passwords"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    hash: Mapped[str] = mapped_column(String(255))
    chosen_at: Mapped[datetime] = mapped_column(UtcTime)


class LinkRow(Base):
    """Somebody's one-time link, of which they have one at most: a newer one takes its place.

    Attributes:
        secret_hash: SHA-256 of the secret, hexadecimal.
        kind: ``invitation`` or ``reset``.
        until: when it ends by itself.
        used_at: when a password was chosen by it.
    """

    __tablename__ = "one_time_links"
    __table_args__ = (CheckConstraint("kind IN ('invitation', 'reset')", name="kind"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    until: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)


class JoinCodeRow(Base):
    """The code by which anybody may join a class, of which it has one at most: a newer one takes its place.

    Attributes:
        code: the code itself, for it is shown again on the class's page; it lets nobody in who is somebody already.
        code_hash: SHA-256 of it, hexadecimal, by which it is found.
        until: when it ends.
    """

    __tablename__ = "join_codes"

    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(String(16))
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    until: Mapped[datetime] = mapped_column(UtcTime)


class SignInRow(Base):
    """One browser in which somebody is signed in, or was.

    Attributes:
        token_hash: SHA-256 of the token, hexadecimal.
        agent: the browser as it names itself.
        ended_at: when it was ended; None: it was not, though it may have rested for too long.
    """

    __tablename__ = "sign_ins"
    __table_args__ = (Index(None, "person_id", "last_seen"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    since: Mapped[datetime] = mapped_column(UtcTime)
    last_seen: Mapped[datetime] = mapped_column(UtcTime)
    agent: Mapped[str] = mapped_column(String(AGENT_LENGTH))
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
