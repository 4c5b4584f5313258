"""The certification as data: CCP, bloc, competence."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from orchestrator.core.text import Text
from orchestrator.model.base import ContractDocument, Document

CompetenceCode = Annotated[str, StringConstraints(pattern=r"^[1-9]\.[1-9]$")]
"""``CCP.competence``, such as ``1.3``."""


class Competence(Document):
    """One professional competence of the title."""

    code: CompetenceCode = Field(description="CCP.competence in the certification's own order.")
    title: Text = Field(description="The official French title and its English translation.")


class Ccp(Document):
    """One *certificat de compétences professionnelles*: an activity of the title."""

    number: int = Field(ge=1, description="The number of the activity in the certification's summary.")
    bloc: int = Field(ge=1, description="The number of the same CCP as a *bloc de compétences*, which differs.")
    title: Text = Field(description="The official French title and its English translation.")
    competences: tuple[Competence, ...] = Field(min_length=1, description="Its competences, in official order.")


class Referential(ContractDocument):
    """The certification as data: one version of a professional title."""

    id: str = Field(description="A short identifier, such as ``rncp-227``.")
    rncp: int = Field(description="The number in the Répertoire national des certifications professionnelles.")
    level: int = Field(description="The level in the European framework (5 for this title).")
    title: Text = Field(description="The official French title and its English translation.")
    source: str = Field(description="The official document that the texts were taken from.")
    ccps: tuple[Ccp, ...] = Field(min_length=1, description="The certificates that make up the title, in order.")

    def competences(self) -> dict[str, Competence]:
        """Return every competence by its code, in order."""
        return {c.code: c for ccp in self.ccps for c in ccp.competences}

    def ccp_of(self, code: str) -> Ccp:
        """Return the CCP that a competence belongs to.

        Raises:
            KeyError: no competence has this code.
        """
        for ccp in self.ccps:
            if any(c.code == code for c in ccp.competences):
                return ccp
        raise KeyError(code)
