"""Progress: what was tried and solved, by competence, and what is most useful next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from orchestrator.core.text import same
from orchestrator.loader.content import Content
from orchestrator.model.scenario import ScenarioDocument
from orchestrator.practice.learning_progress import LearningProgress, OfCompetence, Tried, progress

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def documents() -> tuple[ScenarioDocument, ...]:
    """Five scenarios of three competences; what a scenario says besides does not matter here."""

    def document(name: str, code: str, difficulty: int) -> ScenarioDocument:
        return ScenarioDocument.model_construct(
            contract=1,
            id=name,
            title=same(name),
            competences=(code,),
            lab="x",
            kind="fault",
            difficulty=difficulty,
            minutes=20,
            hints=(),
        )

    return (
        document("cable", "1.3", 1),
        document("address", "1.3", 2),
        document("zone", "2.1", 1),
        document("routes", "2.1", 3),
        document("mail", "3.3", 2),
    )


def attempt(scenario: str, code: str, **changes: object) -> Tried:
    made = Tried(scenario, (code,), AT, solved=True, running=False, hints=0, gradings=1, seconds=600, minutes=20)
    return replace(made, **changes)  # type: ignore[arg-type]


def come_so_far(documents: tuple[ScenarioDocument, ...], content: Content, *done: Tried) -> LearningProgress:
    return progress(done, documents, content.referential())


def of(found: LearningProgress, code: str) -> OfCompetence:
    return next(one for _, many in found.by_ccp for one in many if one.competence.code == code)


def test_each_competence_of_the_certification_is_told(
    documents: tuple[ScenarioDocument, ...], content: Content
) -> None:
    found = come_so_far(documents, content)
    assert [ccp.number for ccp, _ in found.by_ccp] == [1, 2, 3]
    assert sum(len(many) for _, many in found.by_ccp) == 17
    assert (of(found, "1.3").offered, of(found, "1.3").tried, of(found, "1.1").offered) == (2, 0, 0)


def test_a_scenario_counts_once_and_its_time_and_hints_each_time(
    documents: tuple[ScenarioDocument, ...], content: Content
) -> None:
    done = (
        attempt("cable", "1.3", solved=False, hints=2),
        attempt("cable", "1.3", hints=1),
        attempt("cable", "1.3", seconds=60),
        attempt("address", "1.3", solved=False),
    )
    one = of(come_so_far(documents, content, *done), "1.3")
    assert (one.tried, one.solved, one.unaided, one.attempts, one.hints, one.seconds) == (2, 1, 1, 4, 3, 1860)


def proposed(found: LearningProgress) -> list[tuple[str, str]]:
    return [(one.scenario, one.reason) for one in found.proposals]


def test_a_beginner_begins_with_what_is_easy_in_each_competence(
    documents: tuple[ScenarioDocument, ...], content: Content
) -> None:
    assert proposed(come_so_far(documents, content)) == [("cable", "new"), ("zone", "new"), ("mail", "new")]


def test_what_was_begun_comes_first_then_what_is_new(documents: tuple[ScenarioDocument, ...], content: Content) -> None:
    done = (attempt("cable", "1.3"), attempt("routes", "2.1", solved=False))
    assert proposed(come_so_far(documents, content, *done)) == [
        ("routes", "unsolved"),
        ("mail", "new"),
        ("address", "harder"),
    ]


def test_what_was_solved_with_help_or_slowly_is_to_be_done_again(
    documents: tuple[ScenarioDocument, ...], content: Content
) -> None:
    done = (
        attempt("cable", "1.3", hints=1),
        attempt("address", "1.3"),
        attempt("zone", "2.1", seconds=3600),
        attempt("routes", "2.1"),
        attempt("mail", "3.3", hints=3),
        attempt("mail", "3.3"),
    )
    assert proposed(come_so_far(documents, content, *done)) == [("cable", "hinted"), ("zone", "again")]


def test_nothing_is_left_for_who_has_solved_all(documents: tuple[ScenarioDocument, ...], content: Content) -> None:
    done = [attempt(document.id, document.competences[0]) for document in documents]
    assert come_so_far(documents, content, *done).proposals == ()


def test_each_reason_is_told_in_both_languages(documents: tuple[ScenarioDocument, ...], content: Content) -> None:
    (first, *_) = come_so_far(documents, content).proposals
    assert "encore résolu" in first.why.fr
    assert "solved yet" in first.why.en
