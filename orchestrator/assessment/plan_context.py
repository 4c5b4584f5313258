"""What a session's plan may name: the content's scenarios, their proofs, and the people of the store."""

from __future__ import annotations

from orchestrator.assessment.plan_file import Offer, PlanContext
from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text
from orchestrator.loader.content import Content
from orchestrator.model.session_plan import ProofRule
from orchestrator.proof.proof_status import Proofs
from orchestrator.records.database import Database
from orchestrator.records.models import Person
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

    def not_judging(person: str, by: str) -> UsageError | None:
        with database.read() as session:
            found = People(session).find(person)
            return organises(found, by)

    def ref(person: str) -> str:
        with database.read() as session:
            return People(session).find(person).ref

    offers = {
        name: Offer(tuple(document.competences), document.difficulty, document.title)
        for name, document in documents.items()
    }
    return PlanContext(content.referential(), offers, unproven, trainers, not_judging, ref)


def organises(person: Person, by: str) -> UsageError | None:
    """Return why somebody who moves the times of a session cannot judge in it, or None where they do not."""
    if by and by in {person.ref, person.account}:
        return UsageError(
            Text(
                fr="ce compte est le vôtre : qui planifie une session ne la juge pas",
                en="this account is yours: who plans a session does not judge in it",
            ),
            Text(
                fr="Nommez un autre membre du jury, ou laissez un autre organisateur planifier la session.",
                en="Name another member of the jury, or have another organiser plan the session.",
            ),
        )
    if "organiser" in person.roles:
        return UsageError(
            Text(
                fr=f"« {person.handle} » organise des sessions : qui organise ne juge pas",
                en=f'"{person.handle}" organises sessions: who organises does not judge',
            ),
            Text(
                fr="Nommez un autre membre du jury, ou faites retirer à ce compte le rôle d'organisateur.",
                en="Name another member of the jury, or have the role of organiser taken from this account.",
            ),
        )
    return None
