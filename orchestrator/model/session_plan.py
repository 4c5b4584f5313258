"""The plan of a timed jury session, as the organiser writes it: who, when, how long, on what."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from orchestrator.model.base import ContractDocument, Document, Slug
from orchestrator.model.referential import CompetenceCode

CandidateNumber = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]{0,11}$")]
"""What stands for a candidate on everything that is graded, such as ``C-07``."""

ExtraTimeText = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]?/[1-9][0-9]?$|^[1-9][0-9]{0,2} min$")]
"""Extra time: a fraction of each phase, or minutes on top of it."""

CalendarDate = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-[01][0-9]-[0-3][0-9]$")]
"""A day, ISO 8601."""

Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$")]
"""One line of text without blanks around it: a name, a title."""

NetworkPolicy = Literal["none", "documentation", "internet"]
"""What the candidate's own workstation may reach; the labs themselves reach nothing."""

ProofRule = Literal["here", "recorded"]
"""Which proofs a jury relies on: those of this machine; or also those that their author recorded."""


Attendance = Literal["on-site", "remote"]
"""How a candidate takes part."""


ResultColumn = Literal[
    "session", "candidate", "name", "attendance", "extra_time", "subject", "ccp", "competence", "title", "worked_on",
    "checks_passed", "checks_failed", "checks_without_judgement", "changes_to_explain", "forbidden_changes", "decision",
    "reason", "corrected",
]  # fmt: skip
"""A column of the table of results."""


class DrawRule(Document):
    """One drawing: scenarios of a competence and a difficulty, from those that are proven."""

    competence: CompetenceCode = Field(description="The competence that a drawn scenario works on.")
    easiest: int = Field(default=1, ge=1, le=4, description="The lowest difficulty.")
    hardest: int = Field(default=4, ge=1, le=4, description="The highest difficulty.")
    count: int = Field(default=1, ge=1, le=6, description="How many scenarios are drawn.")


class Phase(Document):
    """One phase of the session: a length of time, and what is done in it."""

    name: Slug = Field(description="A short name, by which commands call the phase.")
    title: Line = Field(description="Its name for candidates and in the record of proceedings.")
    minutes: int = Field(ge=1, le=1440, description="How long the candidate works, extra time not counted.")
    reading_minutes: int = Field(
        default=0, ge=0, le=120, description="How long the tickets may be read before the machines open, on top."
    )
    network: NetworkPolicy = Field(
        default="none", description="What the candidate's own workstation may reach; told to the room's staff."
    )
    hints: bool = Field(default=False, description="Whether candidates may ask for hints.")
    report: bool = Field(
        default=False,
        description="Whether an intervention report is to be handed in for every scenario, asked for there or not.",
    )
    scenarios: tuple[Slug, ...] = Field(default=(), description="The scenarios, the same for every candidate.")
    draw: tuple[DrawRule, ...] = Field(default=(), description="What is drawn for the candidates instead.")
    same_for_all: bool = Field(default=False, description="Whether one drawing serves all candidates.")


class JuryMember(Document):
    """One member of the jury."""

    id: Slug = Field(description="A short name, by which commands call the member.")
    name: Line = Field(description="First and last name.")
    person: Line | None = Field(default=None, description="Who it is among the people that the store knows.")
    quality: Line = Field(description="In what quality the member sits, as the record of proceedings says it.")


class Candidate(Document):
    """One candidate. The evidence knows the number only."""

    number: CandidateNumber = Field(description="The candidate's number.")
    name: Line = Field(description="First and last name; forgotten when the retention is over.")
    person: Line | None = Field(default=None, description="Who it is among the people that the store knows.")
    extra_time: ExtraTimeText | None = Field(default=None, description="Extra time: `1/3`, or `20 min`.")
    attendance: Attendance = Field(
        default="on-site", description="How the candidate takes part: in the room, or at a distance (`remote`)."
    )
    trainers: tuple[Slug, ...] = Field(default=(), description="Who trained the candidate: none of them may judge.")


class SessionPlan(ContractDocument):
    """``session.yaml``: a timed jury session."""

    id: Slug = Field(description="The session's name, unique on this machine.")
    title: Line = Field(description="What is assessed, as the record of proceedings says it.")
    referential: Slug = Field(description="The referential that is assessed, such as `rncp-227`.")
    ccps: tuple[int, ...] = Field(default=(), description="The numbers of the CCP; none means the whole title.")
    date: CalendarDate = Field(description="The day, in quotes.")
    timezone: Line = Field(default="Europe/Paris", description="The time zone of the hours that are shown.")
    centre: Line = Field(description="The centre that organises the session.")
    room: Line = Field(description="The room.")
    notes: str = Field(default="", max_length=4000, description="Notes on the room, for the record.")
    jury: tuple[JuryMember, ...] = Field(min_length=1, description="The members of the jury: at least two.")
    candidates: tuple[Candidate, ...] = Field(min_length=1, max_length=60, description="The candidates.")
    phases: tuple[Phase, ...] = Field(min_length=1, description="The phases, in order.")
    proof: ProofRule = Field(
        default="here",
        description="Which proofs the jury relies on: `here`, those that were made on this machine; `recorded`, also "
        "those of the content's author.",
    )
    columns: tuple[ResultColumn, ...] = Field(
        default=(),
        description="The columns of the table of results (CSV), in the order in which they are typed elsewhere; none "
        "means all of them.",
    )
    retention_months: int = Field(
        default=60, ge=1, le=600, description="After how many months personal data is made anonymous."
    )

    def phase(self, name: str) -> Phase:
        """Return a phase by its name, which is one of the plan's."""
        return next(phase for phase in self.phases if phase.name == name)

    def candidate(self, number: str) -> Candidate:
        """Return a candidate by their number, which is one of the plan's."""
        return next(candidate for candidate in self.candidates if candidate.number == number)

    def member(self, member: str) -> JuryMember:
        """Return a member of the jury by their short name, which is one of the plan's."""
        return next(one for one in self.jury if one.id == member)
