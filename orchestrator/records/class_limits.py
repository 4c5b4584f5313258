"""What the labs of a class may take, as its trainer has set it; what they left open is the machine's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final, TypeVar

from sqlalchemy import BigInteger, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.records import journal
from orchestrator.records.models import Base, Launch, PeopleGroup

LIMITED: Final = "group.limited"
"""The kind of the journal's entries; they hold the limits."""
_THOUSAND: Final = 1000
N = TypeVar("N", int, float)


class ClassLimitsRow(Base):
    """The limits of a class; those of a class that has no row, and what is NULL, are the machine's alone.

    Attributes:
        memory: bytes.
        processors: thousandths of a processor.
    """

    __tablename__ = "class_limits"

    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True)
    labs: Mapped[int | None]
    memory: Mapped[int | None] = mapped_column(BigInteger)
    processors: Mapped[int | None]


@dataclass(frozen=True)
class ClassLimits:
    """What the labs that are launched for a class may take; None: not limited.

    Attributes:
        labs: how many of them may be there at once.
        memory: the bytes that they may take together.
        processors: how many processors each of their hosts may keep busy.
    """

    labs: int | None = None
    memory: int | None = None
    processors: float | None = None

    def within(self, most: ClassLimits) -> ClassLimits:
        """Return these limits where they are the lower ones, and others where those are."""
        return ClassLimits(
            _lower(self.labs, most.labs),
            _lower(self.memory, most.memory),
            _lower(self.processors, most.processors),
        )


def put(session: Session, group: PeopleGroup, limits: ClassLimits, *, by: str) -> None:
    """Keep a class's limits; what is as it was is not journaled again.

    Args:
        session: a transaction that may write.
        group: the class.
        limits: what its trainer wants.
        by: the ``ref`` of who sets them.
    """
    if of_group(session, group) == limits:
        return
    thousandths = None if limits.processors is None else round(limits.processors * _THOUSAND)
    session.merge(ClassLimitsRow(group_id=group.id, labs=limits.labs, memory=limits.memory, processors=thousandths))
    session.flush()
    event = journal.JournalEvent(by, LIMITED, f"group:{group.id}", payload=asdict(limits))
    journal.append(session, event)


def of_group(session: Session, group: PeopleGroup) -> ClassLimits:
    """Return a class's limits."""
    return _limits(session.get(ClassLimitsRow, group.id))


def of_launch(session: Session, launch: int) -> ClassLimits:
    """Return the limits of the class for which something was launched, by the launch's number."""
    wanted = select(ClassLimitsRow).join(Launch, Launch.group_id == ClassLimitsRow.group_id).where(Launch.id == launch)
    return _limits(session.scalars(wanted).first())


def by_name(session: Session) -> Mapping[str, ClassLimits]:
    """Return the limits of all classes that have some, by the class's name."""
    wanted = select(PeopleGroup.name, ClassLimitsRow).join(ClassLimitsRow, ClassLimitsRow.group_id == PeopleGroup.id)
    found = ((name, _limits(row)) for name, row in session.execute(wanted))
    return {name: limits for name, limits in found if limits != ClassLimits()}


def _limits(row: ClassLimitsRow | None) -> ClassLimits:
    if row is None:
        return ClassLimits()
    processors = None if row.processors is None else row.processors / _THOUSAND
    return ClassLimits(row.labs, row.memory, processors)


def _lower(one: N | None, other: N | None) -> N | None:
    known = [limit for limit in (one, other) if limit is not None]
    return min(known) if known else None
