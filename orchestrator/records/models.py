"""The tables of people, groups and attempts, and of the journal."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal, get_args

from sqlalchemy import CheckConstraint, ForeignKey, Index, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from orchestrator.records.columns import JsonDocument, UtcTime

Role = Literal["candidate", "trainee", "trainer", "jury", "invigilator", "organiser", "administrator"]
"""What a person is; one may be several (a trainer who sits in the jury of others' candidates).

An organiser prepares jury sessions and holds them; an invigilator is in the room with the candidates, and moves no
time; to judge is the jury's.
"""
ROLES: tuple[Role, ...] = get_args(Role)


class Base(DeclarativeBase):
    """The base of all tables; constraints have names, so that a migration can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Person(Base):
    """Somebody whom a result is about, or who answers for one.

    What identifies a person stands in this row only: everything else names ``ref``, so that forgetting somebody leaves
    results and the journal whole.

    Attributes:
        ref: ``P-`` and twelve hexadecimal digits, drawn by chance: what journal and evidence name.
        handle: the short name that commands take, unique.
        candidate_number: the number under which work is shown without a name, unique; None for who is no candidate.
        born: date of birth, as a record of the jury states it.
        organisation: employer or professional body, as a record of the jury states it.
        extra_time: more time for a candidate as a fraction or minutes ("1/3", "20 min"); None for none.
        account: the account on this machine whose practice is theirs, unique.
        language: the language that they chose to read in, ``fr`` or ``en``; None: none yet.
        keep_until: the date after which their personal data goes.
        anonymised_at: when it went.
    """

    __tablename__ = "people"
    __table_args__ = (CheckConstraint("language IN ('fr', 'en')", name="language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(16), unique=True)
    handle: Mapped[str] = mapped_column(String(64), unique=True)
    family_name: Mapped[str] = mapped_column(String(200))
    given_name: Mapped[str] = mapped_column(String(200))
    born: Mapped[date | None]
    email: Mapped[str | None] = mapped_column(String(254))
    organisation: Mapped[str | None] = mapped_column(String(200))
    candidate_number: Mapped[str | None] = mapped_column(String(32), unique=True)
    extra_time: Mapped[str | None] = mapped_column(String(32))
    account: Mapped[str | None] = mapped_column(String(64), unique=True)
    language: Mapped[str | None] = mapped_column(String(2))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    keep_until: Mapped[date | None]
    anonymised_at: Mapped[datetime | None] = mapped_column(UtcTime)

    role_rows: Mapped[list[PersonRole]] = relationship(cascade="all, delete-orphan", lazy="selectin")

    @property
    def roles(self) -> frozenset[str]:
        """Return what the person is."""
        return frozenset(row.role for row in self.role_rows)

    @property
    def name(self) -> str:
        """Return the name as it is read: given name, then family name."""
        return f"{self.given_name} {self.family_name}".strip()


class PersonRole(Base):
    """One thing that a person is."""

    __tablename__ = "person_roles"
    __table_args__ = (CheckConstraint(f"role IN ({', '.join(repr(role) for role in ROLES)})", name="role"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(String(16), primary_key=True)


class Training(Base):
    """Who trained whom: a candidate's own trainer cannot sit in their jury."""

    __tablename__ = "trainings"

    trainee_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    trainer_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)


class PeopleGroup(Base):
    """A class, or another group of trainees with their trainers."""

    __tablename__ = "groups"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)

    memberships: Mapped[list[Membership]] = relationship(cascade="all, delete-orphan")


class Membership(Base):
    """A person's place in a group: ``trainee`` or ``trainer``."""

    __tablename__ = "memberships"
    __table_args__ = (CheckConstraint("role IN ('trainee', 'trainer')", name="role"),)

    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(16))

    person: Mapped[Person] = relationship()


class Launch(Base):
    """A scenario launched for a group."""

    __tablename__ = "launches"

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), index=True)
    scenario: Mapped[str] = mapped_column(String(128))
    seed: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcTime)


class Attempt(Base):
    """One person's work on one variant of a scenario.

    Attributes:
        instance: the name of the lab that it runs on.
        competences: codes of the referential, as the scenario named them when it began.
        minutes: the time that the scenario allows.
        digest: the plan's digest: content, variant and images.
        solved_at: when a grading first found it repaired.
        ended_at: when it was stopped, begun again, or found gone.
        end: ``stopped``, ``reset`` or ``gone``; None while it runs.
    """

    __tablename__ = "attempts"
    __table_args__ = (Index(None, "instance", "ended_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    launch_id: Mapped[int | None] = mapped_column(ForeignKey("launches.id", ondelete="SET NULL"), index=True)
    scenario: Mapped[str] = mapped_column(String(128), index=True)
    lab: Mapped[str] = mapped_column(String(128))
    seed: Mapped[str] = mapped_column(String(64))
    instance: Mapped[str] = mapped_column(String(128))
    digest: Mapped[str] = mapped_column(String(64))
    competences: Mapped[list[str]] = mapped_column(JsonDocument)
    difficulty: Mapped[int]
    minutes: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    hints: Mapped[int] = mapped_column(default=0)
    hints_offered: Mapped[int]
    solved_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    end: Mapped[str | None] = mapped_column(String(16))

    person: Mapped[Person] = relationship()
    reports: Mapped[list[CheckReport]] = relationship(order_by="CheckReport.id", cascade="all, delete-orphan")


class CheckReport(Base):
    """What one grading of an attempt found.

    Attributes:
        valid: whether there is a judgement; an invalid grading says nothing of the repair.
        repaired: whether it counts as repaired, with changes to explain or without: the report has its verdict.
        report: the grading as ``Report.to_json`` writes it, of the schema of its time: ``Report.from_document`` reads
            each.
        content_hash: SHA-256 of the report's canonical text; the journal holds it, too.
    """

    __tablename__ = "check_reports"

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    valid: Mapped[bool]
    repaired: Mapped[bool]
    points: Mapped[int]
    points_possible: Mapped[int]
    report: Mapped[dict[str, Any]] = mapped_column(JsonDocument)
    content_hash: Mapped[str] = mapped_column(String(64))


class AttemptEvent(Base):
    """Something that a trainee did during an attempt: ``hint``, ``answer``, ``report``; ``typed``: a trainer could."""

    __tablename__ = "attempt_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempts.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    kind: Mapped[str] = mapped_column(String(32))
    detail: Mapped[dict[str, Any]] = mapped_column(JsonDocument)


class JournalRow(Base):
    """One entry of the journal, as it is stored; ``journal`` says what the columns mean."""

    __tablename__ = "journal"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcTime)
    actor: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(64), index=True)
    subject: Mapped[str] = mapped_column(String(128), index=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    payload: Mapped[str | None]
    salt: Mapped[str | None] = mapped_column(String(32))
    payload_hash: Mapped[str] = mapped_column(String(64))
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class JournalHead(Base):
    """The journal's last entry: one row, which each append locks and moves on."""

    __tablename__ = "journal_head"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))


class Setting(Base):
    """One setting of the store as a whole: how long personal data is kept."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str]
