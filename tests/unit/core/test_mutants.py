"""Mutants are played like shortcuts: each on a lab of its own, and none is left when it ends or is interrupted."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from grader.job import GradeRequest
from grader.report import CheckResult, Difference, Report
from orchestrator.core.errors import LabError
from orchestrator.core.text import same
from orchestrator.fabric.fabric_interface import HostUnreachableError
from orchestrator.labs import Running, lab_grading
from orchestrator.labs.solutions import Solutions
from orchestrator.model.plan import Plan, PlannedSolution
from orchestrator.mutation.choosing import OPERATORS
from orchestrator.mutation.mutant import Mutant, PlayedMutant, PlayedRepair
from orchestrator.mutation.operator import Derive
from orchestrator.mutation.playing import play_mutants
from orchestrator.mutation.runs import MutationRun, MutationSubject
from orchestrator.proof import job_lab
from orchestrator.sound_state import comparison
from tests.unit.differences import EXPLAINED, FORBIDDEN, UNEXPLAINED

if TYPE_CHECKING:
    from tests.unit.core.conftest import World

pytestmark = pytest.mark.slow

REPAIRS = ["red", "green", "red", "green"]
"""The gradings of two accepted repairs: broken, repaired."""


class Grader:
    """Grades as a test says, one after the other; of what comes after that, everything is red."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.first: list[tuple[str, ...]] = []

    def grade(self, request: GradeRequest, **_: object) -> Report:
        self.first.append(request.selection.first)
        kind = self.kinds.pop(0) if self.kinds else "red"
        if kind == "lost host":
            raise HostUnreachableError(same("pc1 does not run"))
        outcome: Any = {"red": "fail", "error": "error"}.get(kind, "pass")
        why = same("no answer") if outcome == "error" else None
        results = (CheckResult("test_x.py::reaches", "symptom", 1, None, same("It works."), outcome, why),)
        otherwise = dataclasses.replace(EXPLAINED, now="made anew")
        found = {
            "forbidden": (FORBIDDEN,),
            "flagged": (UNEXPLAINED,),
            "explained": (EXPLAINED,),
            "otherwise": (otherwise,),
        }.get(kind, ())
        if kind == "red":  # what is broken differs as well
            found = (touched(),)
        made = Report(request.facts.instance, request.scenario, request.seed, request.digest, "", 0.0, results)
        return dataclasses.replace(made, differences=found)


def changed(repair: PlayedRepair, *, omits: bool) -> Iterator[Mutant]:
    """Derive one mutant of the reference repair: it types the same, in other words."""
    if repair.solution.reference:
        yield Mutant("changed", "", repair.solution.name, same("Changed."), repair.solution.steps, omits=omits)


def touched() -> Difference:
    return dataclasses.replace(UNEXPLAINED, host="pc1", provider="files", object="/etc/x", field="content", now="bad")


class Watching:
    """Remembers what was told."""

    def __init__(self) -> None:
        self.counts: list[tuple[int, int]] = []
        self.ended: list[tuple[str, bool]] = []
        self.interrupted_at = 0

    def repairs(self, plan: Plan) -> None:
        assert plan.scenario == "moved-desks"

    def mutants(self, _plan: Plan, count: int, derived: int) -> None:
        self.counts.append((count, derived))

    def played(self, mutant: PlayedMutant, *, known: bool) -> None:
        self.ended.append((mutant.fate, known))
        if len(self.ended) == self.interrupted_at:
            raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def grader(world: World, monkeypatch: pytest.MonkeyPatch) -> Grader:
    made = Grader()
    monkeypatch.setattr(lab_grading, "grade", made.grade)
    monkeypatch.setattr(job_lab, "residue_of", lambda *_, **__: ())
    monkeypatch.setattr(comparison, "cabling_changes", lambda *_: ())
    world.fabric.on("/bin/bash -s")
    world.fabric.on("sh -c *", stdout="b2xk")
    return made


def played(
    world: World,
    grader: Grader,
    kinds: Sequence[str],
    count: int = 1,
    watch: Watching | None = None,
    known: dict[str, PlayedMutant] | None = None,
    *,
    repairs: Sequence[str] = REPAIRS,
    operators: Mapping[str, Derive] = OPERATORS,
) -> MutationRun:
    grader.kinds = [*repairs, *kinds]
    subject = MutationSubject(world.plan(), {}, known or {}, operators)
    return play_mutants(world.labs(), subject, count=count, seed=1, jobs=1, watch=watch or Watching())


@pytest.mark.parametrize(
    ("kinds", "fate", "by"),
    [
        (["red"], "refused", "It works."),
        (["forbidden"], "refused", FORBIDDEN.sentence.en),
        (["flagged"], "flagged", UNEXPLAINED.sentence.en),
        (["error"], "unjudged", "It works. (no answer)"),
        (["lost host"], "unjudged", "pc1 does not run"),
        (["explained", "explained"], "survived", None),
    ],
)
def test_each_has_a_fate(world: World, grader: Grader, kinds: list[str], fate: str, by: str | None) -> None:
    (one,) = played(world, grader, kinds).mutants
    assert (one.fate, one.by.en if one.by else None) == (fate, by)
    assert one.lines or fate == "unjudged"
    assert grader.kinds == []
    assert set(grader.first[4:]) == {("test_x.py::reaches",)}, "what was red while broken is asked first"
    assert world.left == ([], [])


@pytest.mark.parametrize(
    ("omits", "kinds", "same_as_a_repair", "lost", "fate"),
    [
        (True, ["green", "green"], True, False, "equivalent"),
        (False, ["green", "green"], True, False, "survived"),
        (True, ["green", "red"], True, True, "survived"),
        (True, ["explained", "explained"], False, False, "survived"),
    ],
)
def test_one_that_passes_is_compared_and_rebooted(
    world: World,
    grader: Grader,
    omits: bool,
    kinds: list[str],
    same_as_a_repair: bool,
    lost: bool,
    fate: str,
) -> None:
    run = played(world, grader, kinds, operators={"changed": partial(changed, omits=omits)})
    (one,) = (*run.mutants, *run.others)
    assert (one.same, one.lost, one.fate) == (same_as_a_repair, lost, fate)
    assert len(run.others) == (fate == "equivalent"), "it does not count"


@pytest.mark.parametrize("left", ["green", "otherwise"])
def test_no_farther_from_sound_than_a_repair_is_as_a_repair_leaves_it(world: World, grader: Grader, left: str) -> None:
    explained = ["red", "explained", "red", "explained"]
    run = played(world, grader, [left, left], repairs=explained, operators={"changed": partial(changed, omits=True)})
    assert [one.fate for one in run.others] == ["equivalent"]


def test_those_that_have_nothing_to_spoil_are_replaced(world: World, grader: Grader) -> None:
    world.fabric.on("/bin/bash -s", status=3)
    watch = Watching()
    run = played(world, grader, [], count=2, watch=watch)
    assert [one.fate for one in run.mutants] == ["refused", "refused"]
    assert ("void", False) in watch.ended
    assert {one.name for one in (*run.mutants, *run.others)} <= run.names
    assert {one.fate for one in run.others} == {"void"}
    assert watch.counts == [(2, run.derived)]


def test_hosts_are_asked_what_operators_by_kind_can_spoil(world: World, grader: Grader) -> None:
    world.fabric.on("/bin/bash -s", stdout="emptied-limit session-limits\nauthentication-off ssh\n")
    run = played(world, grader, [])
    spoilt = {name for name in run.names if name.startswith(("emptied-limit", "authentication-off"))}
    assert {name.rpartition("-")[2] for name in spoilt} == {"limits", "ssh"}


def test_what_is_known_is_not_played_again(world: World, grader: Grader) -> None:
    first = played(world, grader, [], count=3)
    watch = Watching()
    known = {one.name: one for one in first.mutants}
    again = played(world, grader, [], count=4, watch=watch, known=known)
    assert watch.ended.count(("refused", True)) == 3
    assert [one.name for one in again.mutants][:3] == [one.name for one in first.mutants]
    (changed, *_) = first.mutants
    watch = Watching()
    known[changed.name] = dataclasses.replace(changed, digest="another")
    played(world, grader, [], count=3, watch=watch, known=known)
    assert watch.ended.count(("refused", True)) == 2
    watch = Watching()
    known[changed.name] = dataclasses.replace(changed, fate="unjudged")
    played(world, grader, [], count=3, watch=watch, known=known)
    assert watch.ended.count(("refused", True)) == 2, "a trouble says nothing: it is played again"


def test_a_step_that_does_not_end_is_given_up(world: World, grader: Grader, monkeypatch: pytest.MonkeyPatch) -> None:
    apply, accepted = Solutions.apply, {"reference", "second"}

    def hangs(self: Solutions, running: Running, solution: PlannedSolution, on_step: Any) -> Any:  # noqa: ANN401
        if solution.name not in accepted:
            raise LabError(same("not done after 60 s"))
        return apply(self, running, solution, on_step)

    monkeypatch.setattr(Solutions, "apply", hangs)
    (one,) = played(world, grader, ["red"]).mutants
    assert one.fate == "refused"


def test_a_solution_that_does_not_repair_ends_it(world: World, grader: Grader) -> None:
    grader.kinds = ["red", "red"]
    with pytest.raises(LabError, match="reference does not repair the lab"):
        play_mutants(world.labs(), MutationSubject(world.plan(), {}, {}), count=1, seed=1, jobs=1, watch=Watching())
    assert world.left == ([], [])


def test_an_interrupt_leaves_no_lab(world: World, grader: Grader) -> None:
    watch = Watching()
    watch.interrupted_at = 2
    with pytest.raises(KeyboardInterrupt):
        played(world, grader, [], count=6, watch=watch)
    assert world.left == ([], [])
