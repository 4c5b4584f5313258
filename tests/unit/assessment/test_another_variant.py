"""A lab that failed during a phase is replaced by another variant: when that may be, what goes along, what stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestrator.assessment.candidate import as_assessed
from orchestrator.assessment.event_words import told
from orchestrator.assessment.evidence import read_evidence
from orchestrator.assessment.opening import Opening
from orchestrator.core.errors import LabError, UsageError
from orchestrator.labs import Running
from orchestrator.labs.lab_lifecycle import LabLifecycle
from tests.unit.assessment.test_course import (
    SCENARIO,
    Course,
    NeverReady,
    common_content,
    course,
    make_world,
    proof,
    world,
)
from tests.unit.core.conftest import World

pytestmark = pytest.mark.slow

__all__ = ["common_content", "course", "make_world", "world"]


def opening_of(course: Course) -> Opening:
    return Opening(course.jury_session, course.labs, proof)


def test_a_lab_that_failed_is_replaced_while_time_stands_still(world: World, tmp_path: Path) -> None:
    """The report goes along, the answers do not; what is graded is the new lab."""
    course = Course(world, tmp_path, odd=set(), lost=set(), report=True)
    course.open()
    session, labs = course.jury_session, course.labs
    former = session.state().sittings["reseau", "C-01"].labs[0]
    session.start("reseau", "roux")
    running = as_assessed(labs.running.planned(former.instance), session.state().plan.phase("reseau"))
    labs.hand_in(running).take_report("# Un rapport\n")
    with pytest.raises(UsageError, match="runs"):
        opening_of(course).replace("reseau", "C-01", SCENARIO, "roux", "pc1 a disparu.")
    session.pause("roux", "Panne", "C-01")
    opening_of(course).replace("reseau", "C-01", SCENARIO, "roux", "pc1 a disparu.")
    now = session.state().sittings["reseau", "C-01"].labs[0]
    assert (now.variant, now.scenario) == (former.variant + 1, SCENARIO)
    assert former.instance not in course.running
    assert now.instance in course.running
    taken = as_assessed(labs.running.planned(now.instance), session.state().plan.phase("reseau"))
    assert labs.hand_in(taken).report_text() == "# Un rapport\n"
    assert [told(event).en for event in session.state().of("intervened")] == [
        f"The organisers intervened on {SCENARIO} (replace): pc1 a disparu."
    ]
    session.resume("roux", "C-01")
    course.source.go(100 * 60)
    course.supervise()
    manifest = read_evidence(session.folder.sealed("reseau", "C-01")).manifest
    assert now.instance in str(manifest)
    assert former.instance not in str(manifest)


def test_a_lab_is_replaced_for_a_reason_and_not_after_the_end(course: Course) -> None:
    course.open()
    opening, before = opening_of(course), course.running
    for candidate, scenario, reason in (("C-09", SCENARIO, "x"), ("C-01", "other", "x"), ("C-01", SCENARIO, " ")):
        with pytest.raises(UsageError):
            opening.replace("reseau", candidate, scenario, "roux", reason)
    course.jury_session.start("reseau", "roux")
    course.source.go(80 * 60)
    with pytest.raises(UsageError, match="over"):
        opening.replace("reseau", "C-01", SCENARIO, "roux", "Trop tard.")
    assert course.running == before


def test_a_lab_that_is_ready_after_the_end_is_not_given(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody lets time go on before the other variant is ready, and it ends meanwhile."""
    course.open()
    before, session = course.running, course.jury_session
    session.start("reseau", "roux")
    session.pause("roux", "Panne", "C-01")

    def start(self: LabLifecycle, *args: Any, **named: Any) -> Running:  # noqa: ANN401
        monkeypatch.undo()
        session.resume("roux", "C-01")
        course.source.go(100 * 60)
        course.supervise()
        return self.start(*args, **named)

    monkeypatch.setattr(NeverReady, "start", start)
    with pytest.raises(UsageError, match="over"):
        opening_of(course).replace("reseau", "C-01", SCENARIO, "roux", "pc1 a disparu.")
    assert course.running == before
    assert not session.state().of("unopened")


def test_where_no_variant_comes_up_the_former_lab_stays(course: Course) -> None:
    course.open()
    before = course.running
    course.labs.grading.lost = set(range(1, 99))  # type: ignore[attr-defined]
    with pytest.raises(LabError, match="no answer"):
        opening_of(course).replace("reseau", "C-01", SCENARIO, "roux", "pc1 a disparu.")
    assert course.running == before
    course.labs.grading.lost = set()  # type: ignore[attr-defined]
    opening_of(course).replace("reseau", "C-01", SCENARIO, "roux", "pc1 a disparu.")
    assert len(course.running) == 2
