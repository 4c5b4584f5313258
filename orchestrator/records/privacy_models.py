"""The table of who has asked that what identifies them be erased."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.records.columns import UtcTime
from orchestrator.records.models import Base


class ErasureRequestRow(Base):
    """Somebody's wish to be forgotten, which an administrator has not carried out yet."""

    __tablename__ = "erasure_requests"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(UtcTime)
