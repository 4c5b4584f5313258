"""What a scenario asks a trainee to hand in besides the repair: answers to questions, and a report."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints

from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.model.base import Document, Slug
from orchestrator.model.referential import CompetenceCode

QuestionName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
"""A question's name, the key of its answer in ``answers.yaml``."""

_TRUTH = "The right answer, a template of the variant's values. It is never shown to a trainee."
_TOLERANCE = "How far from the truth an answer may be, and still be right."


class QuestionBase(Document):
    """What every question has."""

    question: Text = Field(description="What is asked, in both languages; a template.")
    points: int = Field(default=1, ge=0, description="What a right answer earns.")
    competence: CompetenceCode | None = Field(
        default=None, description="The competence that the answer shows; by default the scenario's first."
    )


class TextQuestion(QuestionBase):
    """Asks for words: capitals, accents, spacing and a final full stop make no difference."""

    kind: Literal["text"] = Field(description="The kind of answer.")
    truth: str = Field(min_length=1, description=_TRUTH)
    also: tuple[str, ...] = Field(default=(), description="Other wordings that are right; templates.")
    exact: bool = Field(default=False, description="Whether capitals, accents and spacing must be the truth's.")


class ChoiceQuestion(QuestionBase):
    """Asks for one of the given choices."""

    kind: Literal["choice"] = Field(description="The kind of answer.")
    choices: dict[Slug, Text] = Field(min_length=2, description="Each choice's name, and what it stands for.")
    truth: str = Field(min_length=1, description=f"{_TRUTH} The name of a choice.")


class IntegerQuestion(QuestionBase):
    """Asks for a whole number."""

    kind: Literal["integer"] = Field(description="The kind of answer.")
    truth: str = Field(min_length=1, description=_TRUTH)
    tolerance: int = Field(default=0, ge=0, description=_TOLERANCE)


class NumberQuestion(QuestionBase):
    """Asks for a number: comma and point are both decimal, and spaces may part thousands (``1 250,5``)."""

    kind: Literal["number"] = Field(description="The kind of answer.")
    truth: str = Field(min_length=1, description=_TRUTH)
    tolerance: float = Field(
        default=0, ge=0, description="How far from the truth an answer may be, and still be right."
    )


class AddressQuestion(QuestionBase):
    """Asks for an IPv4 address; with a prefix length (``192.168.10.1/24``) or a mask where the truth has one."""

    kind: Literal["address"] = Field(description="The kind of answer.")
    truth: str = Field(min_length=1, description=_TRUTH)


class MacQuestion(QuestionBase):
    """Asks for a MAC address: ``02:00:00:12:34:56``, ``02-00-00-12-34-56``, ``0200.0012.3456``, ``020000123456``."""

    kind: Literal["mac"] = Field(description="The kind of answer.")
    truth: str = Field(min_length=1, description=_TRUTH)


class PrefixQuestion(QuestionBase):
    """Asks for the length of an IPv4 prefix, or its mask: ``/24``, ``24`` and ``255.255.255.0`` are the same."""

    kind: Literal["prefix"] = Field(description="The kind of answer.")
    truth: str = Field(min_length=1, description=_TRUTH)


class NameQuestion(QuestionBase):
    """Asks for a host's or a domain's whole name: capitals and a final dot make no difference."""

    kind: Literal["name"] = Field(description="The kind of answer.")
    truth: str = Field(min_length=1, description=_TRUTH)


class DateQuestion(QuestionBase):
    """Asks for a date: ``2026-11-29``, ``29/11/2026`` (the day first) and ``29 novembre 2026`` are the same."""

    kind: Literal["date"] = Field(description="The kind of answer.")
    truth: str = Field(min_length=1, description=_TRUTH)


class HostQuestion(QuestionBase):
    """Asks for a machine of the lab, by its short or its full name."""

    kind: Literal["host"] = Field(description="The kind of answer.")
    truth: str = Field(min_length=1, description=f"{_TRUTH} A host's short name.")


class ListQuestion(QuestionBase):
    """Asks for several things; each counts once, and all of them are needed."""

    kind: Literal["list"] = Field(description="The kind of answer.")
    of: Literal["text", "integer", "address", "mac", "prefix", "name", "date", "host"] = Field(
        default="text", description="What its items are."
    )
    truth: tuple[str, ...] = Field(
        min_length=1, description="The right items, templates; one that renders to nothing is left out."
    )
    ordered: bool = Field(default=False, description="Whether the order counts.")


class ProseQuestion(QuestionBase):
    """Asks for some sentences, which people read with a small grid; a machine sees only that they are there."""

    kind: Literal["prose"] = Field(description="The kind of answer.")
    points: int = Field(default=0, ge=0, le=0, description="None: a machine judges no prose.")
    truth: str = Field(min_length=1, description="A text that would do, a template. It is never shown to a trainee.")
    grid: tuple[Text, ...] = Field(
        min_length=1, description="What people look at, a sentence each; whoever writes reads it too. Templates."
    )
    language: Language | None = Field(
        default=None, description="The language to write in, ``fr`` or ``en``; by default the writer's own."
    )
    words: int = Field(default=10, ge=1, le=200, description="How many words there are at least.")


Question: TypeAlias = Annotated[
    TextQuestion
    | ChoiceQuestion
    | IntegerQuestion
    | NumberQuestion
    | AddressQuestion
    | MacQuestion
    | PrefixQuestion
    | NameQuestion
    | DateQuestion
    | HostQuestion
    | ListQuestion
    | ProseQuestion,
    Field(discriminator="kind"),
]
"""One question, by the kind of its answer."""


class Deliverables(Document):
    """``deliverables``: what is handed in, and graded or kept as evidence."""

    answers: dict[QuestionName, Question] = Field(
        default_factory=dict,
        description="The questions by name; answers are graded against the variant's truth, all but prose.",
    )
    report: bool = Field(
        default=False,
        description="Whether an intervention report is asked for. It is evidence: no machine gives it points.",
    )


class ReportStep(Document):
    """An intervention report that a technician writes."""

    symptom: Text = Field(description="What the user sees.")
    cause: Text = Field(description="Why it happens; for a task, what it answers.")
    action: Text = Field(description="What was done.")
    test: Text = Field(description="What was tried with the user, and came out how.")
    minutes: int = Field(ge=1, le=480, description="The time spent.")
