"""What an author says of mutants that pass for a repair: ``mutants.yaml`` of a scenario's folder."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from pydantic import Field

from orchestrator.core.text import Text
from orchestrator.model.base import ContractDocument, Document, Slug, Template

FILE: Final = "mutants.yaml"
"""The file's name. It says nothing of how a scenario is played, so no proof is bound to it."""

Judgement: TypeAlias = Literal["as-good", "known-gap"]
"""It is as good as the reference; or it is not, and no check sees it yet."""


class MutantVerdict(Document):
    """What the author says of one mutant."""

    operator: Slug = Field(description="The mutant's operator, such as `dropped-step`.")
    solution: Slug = Field(default="reference", description="The solution that it was derived from.")
    subject: Template = Field(
        default="",
        description="What of the solution it spoils, as `prove --mutate` prints it; a template.",
    )
    when: str | None = Field(
        default=None, description="A Jinja2 expression: the variants that have this mutant; by default all."
    )
    verdict: Judgement = Field(
        description="`as-good`: as good as the reference. `known-gap`: it is not, and no check sees it."
    )
    reason: Text = Field(description="Why, for whoever reads the proof.")


class MutantVerdictsDocument(ContractDocument):
    """``mutants.yaml``: what the author says of mutants that pass for a repair."""

    verdicts: tuple[MutantVerdict, ...] = Field(min_length=1, description="One for each mutant.")
