"""The part of the contract (``calls``) that is a session's plan by fields: what stands in a form, as it was typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

MOST_MEMBERS: Final = 12
MOST_CANDIDATES: Final = 60
MOST_PHASES: Final = 8
MOST_RULES: Final = 8
"""Rows of a form; drawings and scenarios are those of one phase."""
MOST_COLUMNS: Final = 40
"""Columns of the table of results."""


@dataclass(frozen=True)
class MemberFields:
    """A member of the jury; ``person``: the short name of their account in the portal; empty: none."""

    id: str = ""
    name: str = ""
    quality: str = ""
    person: str = ""


@dataclass(frozen=True)
class CandidateFields:
    """A candidate; ``trainers``: parted by spaces."""

    number: str = ""
    name: str = ""
    extra_time: str = ""
    attendance: str = "on-site"
    trainers: str = ""
    person: str = ""


@dataclass(frozen=True)
class DrawFields:
    """A drawing."""

    competence: str = ""
    easiest: str = "1"
    hardest: str = "4"
    count: str = "1"


@dataclass(frozen=True)
class PhaseFields:
    """A phase; it has drawings or scenarios."""

    name: str = ""
    title: str = ""
    minutes: str = ""
    reading_minutes: str = ""
    network: str = "none"
    hints: bool = False
    report: bool = False
    same_for_all: bool = False
    draw: tuple[DrawFields, ...] = ()
    scenarios: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlanFields:
    """A plan; what is called as in ``session.yaml`` means the same.

    Attributes:
        id: the session's name; empty: made from its title.
        title: what is assessed.
        referential: the certification.
        scope: ``title``: the whole title; ``ccps``: those that are named.
        ccps: the numbers of the CCP.
        date: the day, ISO 8601.
        timezone: the time zone of its hours.
        centre: the centre.
        room: the room.
        notes: notes on the room.
        proof: which proofs the jury relies on.
        columns: the columns of the table of results, parted by spaces; empty: all.
        retention_months: after how many months names are forgotten.
        jury: the members of the jury; an empty row is nobody. An empty ``id`` is made from the name.
        candidates: the candidates; an empty row is nobody.
        phases: the phases; an empty ``name`` is made from the title.
    """

    id: str = ""
    title: str = ""
    referential: str = ""
    scope: str = "title"
    ccps: tuple[str, ...] = ()
    date: str = ""
    timezone: str = "Europe/Paris"
    centre: str = ""
    room: str = ""
    notes: str = ""
    proof: str = "here"
    columns: str = ""
    retention_months: str = "60"
    jury: tuple[MemberFields, ...] = field(default=())
    candidates: tuple[CandidateFields, ...] = field(default=())
    phases: tuple[PhaseFields, ...] = field(default=())
