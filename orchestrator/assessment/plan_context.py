"""What a session's plan may name: the content's scenarios, their proofs, and the people of the store."""

from __future__ import annotations

from orchestrator.assessment.plan_file import Offer, PlanContext
from orchestrator.core.errors import UsageError
from orchestrator.loader.content import Content
from orchestrator.model.session_plan import ProofRule
from orchestrator.proof.proof_status import Proofs
from orchestrator.records.database import Database
from orchestrator.records.people import People


def known_of(content: Content, proofs: Proofs, database: Database) -> PlanContext:
    """Return what a plan may name now."""
    documents = {name: content.scenario_document(name) for name in content.scenarios()}

    def unproven(scenario: str, rule: ProofRule) -> UsageError | None:
        try:
            proofs.require(scenario, rule)
        except UsageError as error:
            return error
        return None

    def trainers(person: str) -> frozenset[str]:
        """Return the short names and references of those who trained somebody: a plan may use either."""
        with database.read() as session:
            people = People(session)
            found = [people.find(ref) for ref in people.trainers_of(people.find(person))]
            return frozenset(name for one in found for name in (one.ref, one.handle))

    offers = {
        name: Offer(tuple(document.competences), document.difficulty, document.title)
        for name, document in documents.items()
    }
    return PlanContext(content.referential(), offers, unproven, trainers)
