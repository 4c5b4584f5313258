"""What is done on a lab is kept with whose it is; a store that fails is trouble that is returned, and no more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from grader.report import Difference, Report
from orchestrator.core.errors import BreakfixError, MachineError, UsageError
from orchestrator.core.text import same
from orchestrator.loader.content import Content
from orchestrator.model.seeds import SECRET
from orchestrator.practice.recorder import PracticeRecorder
from orchestrator.records import attempts, audit, journal
from orchestrator.records.database import Database
from orchestrator.records.models import Attempt
from orchestrator.records.people import People
from tests.unit.differences import EVERY, HARMLESS, UNEXPLAINED

from .conftest import SCENARIO, graded, lab

NEW = attempts.NewAttempt(SCENARIO, "small-office", "3", "lab-1", "d" * 64, ("1.3",), 1, 20, 2)


def all_attempts(store: Database, account: str = "alice") -> tuple[Attempt, ...]:
    with store.read() as session:
        person = People(session).with_account(account)
        return attempts.of_person(session, person) if person else ()


def test_an_attempt_from_its_start_to_its_end(recorder: PracticeRecorder, store: Database) -> None:
    running = lab("lab-1")
    done = [
        recorder.started(running),
        recorder.checked(running, graded("fail", "pass")),
        recorder.hinted(running, 1),
        recorder.hinted(running, 2),
        recorder.hinted(running, 2),
        recorder.handed_in(running, "answer"),
        recorder.checked(running, graded("pass", "pass")),
        recorder.stopped(running.instance),
    ]
    assert done == [None] * 8
    (attempt,) = all_attempts(store)
    assert (attempt.scenario, attempt.seed, attempt.instance) == (SCENARIO, "3", "lab-1")
    assert (attempt.competences, attempt.difficulty, attempt.hints, attempt.hints_offered) == (["1.3"], 1, 2, 2)
    assert [(r.valid, r.repaired, r.points, r.points_possible) for r in attempt.reports] == [
        (True, False, 2, 4),
        (True, True, 4, 4),
    ]
    assert attempt.reports[0].report["results"][1]["sentence"] == {"fr": "phrase 1", "en": "sentence 1"}
    assert attempt.solved_at == attempt.reports[1].at
    assert attempt.end == "stopped"
    with store.read() as session:
        kinds = [entry.event.kind for entry in journal.entries(session)]
        assert audit.verify(session) == ()
    assert kinds == [
        "person.added",
        "attempt.started",
        "attempt.checked",
        "attempt.hinted",
        "attempt.hinted",
        "attempt.handed-in-answer",
        "attempt.checked",
        "attempt.ended",
    ]


def test_a_report_that_is_changed_later_is_found(recorder: PracticeRecorder, store: Database) -> None:
    running = lab("lab-1")
    recorder.started(running)
    recorder.checked(running, graded("fail"))
    with store.write() as session:
        (attempt,) = attempts.of_person(session, People(session).of_account("alice"))
        attempt.reports[0].report = {**attempt.reports[0].report, "verdict": "repaired"}
    with store.read() as session:
        assert [(f.kind, f.text.en) for f in audit.verify(session)] == [
            ("content", "Grading report 1 is not the one whose hash the journal holds (entry 3).")
        ]


def test_an_invalid_grading_solves_nothing(recorder: PracticeRecorder, store: Database) -> None:
    running = lab("lab-1")
    recorder.started(running)
    recorder.checked(running, graded("pass", "error"))
    (attempt,) = all_attempts(store)
    assert attempt.solved_at is None
    assert [(r.valid, r.repaired, r.points) for r in attempt.reports] == [(False, False, 0)]


@pytest.mark.parametrize(
    ("differences", "kept", "verdict"),
    [
        ((), (True, True, 2), "repaired"),
        ((UNEXPLAINED, HARMLESS), (True, True, 2), "repaired_with_changes"),
        (EVERY, (True, False, 2), "not_repaired"),
    ],
)
def test_changes_are_kept_with_the_verdict(
    recorder: PracticeRecorder,
    store: Database,
    differences: tuple[Difference, ...],
    kept: tuple[bool, bool, int],
    verdict: str,
) -> None:
    """What is to be explained is solved; what is forbidden is not."""
    report = replace(graded("pass"), differences=differences)
    assert recorder.checked(lab("lab-1"), report) is None
    (attempt,) = all_attempts(store)
    (made,) = attempt.reports
    assert (made.valid, made.repaired, made.points) == kept
    assert (attempt.solved_at is not None) == kept[1]
    assert (made.report["schema"], made.report["verdict"]) == (2, verdict)
    assert Report.from_document(made.report) == report
    with store.read() as session:
        assert audit.verify(session) == ()


def test_a_reset_is_another_attempt_of_the_same_person(recorder: PracticeRecorder, store: Database) -> None:
    first, second = lab("lab-1"), lab("lab-2")
    with store.write() as session:
        lea = People(session).of_account("lea")
        attempts.begin(session, lea, NEW, by=People(session).of_account("alice"))
    recorder.reset(first, second)
    assert [(a.instance, a.end) for a in all_attempts(store, "lea")] == [("lab-1", "reset"), ("lab-2", None)]
    assert all_attempts(store) == ()


def test_what_is_done_on_a_lab_that_nobody_knows_begins_an_attempt(recorder: PracticeRecorder, store: Database) -> None:
    recorder.checked(lab("lab-1"), graded("fail"))
    recorder.hinted(lab("lab-1"), 1)
    (attempt,) = all_attempts(store)
    assert (len(attempt.reports), attempt.hints) == (1, 1)


def test_somebody_elses_lab_is_their_attempt(store: Database, content: Content) -> None:
    bob = PracticeRecorder.of_account(lambda: store, "bob", content.scenario_document)
    bob.checked(lab("lab-1"), graded("fail"))
    assert all_attempts(store, "bob") == ()
    assert len(all_attempts(store, "alice")) == 1


def test_a_lab_of_a_name_that_was_in_use_ends_the_other_attempt(recorder: PracticeRecorder, store: Database) -> None:
    recorder.started(lab("lab-1"))
    recorder.started(lab("lab-1"))
    assert [attempt.end for attempt in all_attempts(store)] == ["gone", None]


def test_assessed_candidates_and_bare_labs_are_no_practice(recorder: PracticeRecorder, store: Database) -> None:
    for running in (lab("lab-1", seed=SECRET + 5), lab("lab-2", scenario=None)):
        assert recorder.started(running) is None
        assert recorder.checked(running, graded("pass")) is None
        assert recorder.hinted(running, 1) is None
        assert recorder.stopped(running.instance) is None
    with store.read() as session:
        assert journal.entries(session) == ()


def test_stopping_a_lab_that_nobody_knows_leaves_nothing_of_it(recorder: PracticeRecorder, store: Database) -> None:
    assert recorder.stopped(lab("lab-1").instance) is None
    assert all_attempts(store) == ()


def test_a_store_that_fails_is_trouble_that_is_returned(content: Content) -> None:
    def no_store() -> Database:
        raise UsageError(same("no such database"))

    recorder = PracticeRecorder.of_account(no_store, "alice", content.scenario_document)
    trouble = recorder.started(lab("lab-1"))
    assert isinstance(trouble, BreakfixError)
    assert trouble.text.en == "no such database"


def test_a_store_that_cannot_be_written_is_trouble_that_is_returned(
    recorder: PracticeRecorder, store: Database
) -> None:
    with store.write() as session:
        session.execute(text("DROP TABLE attempts"))
    trouble = recorder.started(lab("lab-1"))
    assert isinstance(trouble, MachineError)
    assert "attempts" in trouble.text.en
