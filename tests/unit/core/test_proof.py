"""A proof names every check that is red or green when it should not be, and never leaves a lab behind."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import pytest

from grader.bilingual import text_of
from grader.errors import unexpected_status
from grader.job import GradeRequest, Selection
from grader.marks import Role
from grader.report import CheckResult, CommandRecord, Difference, Outcome, Report
from orchestrator.core import labels
from orchestrator.core.errors import FaultMistakeError, LabError, MachineError
from orchestrator.core.text import Text, same
from orchestrator.core.waiting import wait_until
from orchestrator.engine.engine_interface import ContainerSpec
from orchestrator.instances.lifecycle import Instances
from orchestrator.labs import lab_grading
from orchestrator.labs.running_labs import RunningLabs
from orchestrator.labs.variant_plans import VariantPlans
from orchestrator.model.persona import ComesOf, ExampleDialogue, SaidLine
from orchestrator.model.plan import Plan
from orchestrator.proof import job_lab, judging
from orchestrator.proof.ledger import RecordedVariant
from orchestrator.proof.model import REMARKS, Kind, Proof, Stage, StageName
from orchestrator.proof.prover import prove
from orchestrator.proof.residue import residue_of
from orchestrator.proof.stages import ProofSubject, repairs_of_another_case, shortcut_key, solutions_of, stages_of
from orchestrator.sound_state import comparison
from tests.unit.differences import EVERY, EXPLAINED, FORBIDDEN, HARMLESS, UNEXPLAINED
from tests.unit.personas.conftest import persona

if TYPE_CHECKING:
    from tests.unit.core.conftest import World

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parents[2] / "golden" / "proof"
Grading = Literal[
    "health", "before", "broken", "healthy again", "restored", "again", "repaired", "rebooted", "shortcut", "nowhere"
]
ROLES: dict[str, Role] = {"reaches": "symptom", "reports": "objective", "untouched": "guard"}

GREEN: dict[str, Outcome] = {"reaches": "pass", "reports": "pass", "untouched": "pass"}
RED: dict[str, Outcome] = {"reaches": "fail", "reports": "fail", "untouched": "pass"}
EXPECTED: dict[Grading, dict[str, Outcome]] = {
    "health": {"web": "pass"},
    "before": GREEN,
    "broken": RED,
    "healthy again": {"web": "pass"},
    "restored": GREEN,
    "again": RED,
    "repaired": GREEN,
    "rebooted": GREEN,
    "shortcut": {"reaches": "pass", "reports": "fail", "untouched": "fail"},
    "nowhere": {"reaches": "error", "reports": "error", "untouched": "error"},
}
"""What each grading of a sound scenario finds."""

FIRST: list[Grading] = ["health", "before", "broken", "healthy again", "restored", "again"]
ORDER: list[Grading] = [
    *FIRST,
    *("repaired", "rebooted", "repaired", "rebooted"),
    *("shortcut", "shortcut", "nowhere"),
]
"""The gradings of a proof with one lab at a time: the first lab goes on with the reference solution."""

MAIN_LINE: list[Grading] = ["health", "before", "broken", "repaired", "rebooted"]
TASK: list[Grading] = ["health", "broken", *ORDER[6:]]

STAGES: dict[Grading, StageName] = {
    "health": "healthy",
    "before": "healthy",
    "broken": "broken",
    "healthy again": "restored",
    "restored": "restored",
    "again": "again",
    "repaired": "solution",
    "rebooted": "reboot",
    "shortcut": "shortcut",
    "nowhere": "nowhere",
}


class Grader:
    """Grades as a test says; the calls come in the order of the stages."""

    def __init__(self) -> None:
        self.order: Sequence[Grading] = ORDER
        self.changes: dict[Grading, dict[str, Outcome | None]] = {}
        """Grading -> check -> another outcome, or None: the check is not there."""
        self.details: dict[str, dict[str, object]] = {}
        """Check -> fields of its results that are other than usual."""
        self.differences: dict[Grading, tuple[Difference, ...]] = {}
        """Grading -> what differs then."""
        self.raises: dict[int, BaseException] = {}
        """The number of a grading -> what happens instead."""
        self.selections: list[Selection] = []
        self.seen: list[tuple[str, bool, bool]] = []
        """Instance, whether its cables are as planned, and whether the lab's own checks were graded."""
        self.whole: Callable[[], bool] = lambda: True

    def grade(self, request: GradeRequest, *, on_result: object = None, **_: object) -> Report:
        assert on_result is None
        number = len(self.seen)
        self.selections.append(request.selection)
        self.seen.append((request.facts.instance, self.whole(), request.files[0].name == "test_healthy.py"))
        if number in self.raises:
            raise self.raises[number]
        kind = self.order[number]
        outcomes = {**EXPECTED[kind], **self.changes.get(kind, {})}
        results = tuple(self.result(name, outcome) for name, outcome in outcomes.items() if outcome)
        report = Report(request.facts.instance, request.scenario, request.seed, request.digest, "", 0.0, results)
        report = dataclasses.replace(report, differences=self.differences.get(kind, ()))
        return ended_at_red(report, request.selection) if request.selection.until_red else report

    def result(self, name: str, outcome: Outcome) -> CheckResult:
        evidence = None if outcome == "pass" else Text(fr=f"{name} a vu ceci", en=f"{name} saw this")
        made = CheckResult(f"test_x.py::{name}", ROLES.get(name, "guard"), 1, None, same(name), outcome, evidence)
        return dataclasses.replace(made, **self.details.get(name, {}))  # type: ignore[arg-type]


def ended_at_red(report: Report, selection: Selection) -> Report:
    """Return a report as a grading leaves it that ends at its first red."""
    asked = sorted(report.results, key=lambda result: result.id not in selection.first)
    end = next((n for n, result in enumerate(asked, 1) if result.outcome == "fail"), len(asked))
    graded = tuple(result for result in report.results if result in asked[:end])
    return dataclasses.replace(report, results=graded, whole=graded == report.results)


@pytest.fixture(autouse=True)
def grader(world: World, monkeypatch: pytest.MonkeyPatch) -> Grader:
    made = Grader()
    planned = dict(world.fabric.cables)
    made.whole = lambda: world.fabric.cables == planned
    monkeypatch.setattr(lab_grading, "grade", made.grade)
    monkeypatch.setattr(
        job_lab, "residue_of", lambda driver, *, recorded: residue_of(driver, recorded=recorded, within=0)
    )
    monkeypatch.setattr(comparison, "cabling_changes", lambda *_: ())  # a shortcut that is accepted here moves none
    world.fabric.on("/bin/bash -s")
    world.fabric.on("chmod *")
    return made


class Watching:
    """Remembers what a proof told."""

    def __init__(self) -> None:
        self.expected = 0
        self.stages: list[Stage] = []
        self.proofs: list[Proof] = []

    def begin(self, stages: int) -> None:
        self.expected = stages

    def end(self, plan: Plan, stage: Stage) -> None:
        assert plan.scenario == "moved-desks"
        self.stages.append(stage)

    def proved(self, proof: Proof) -> None:
        self.proofs.append(proof)


def proof_of(
    world: World,
    plan: Plan | None = None,
    *,
    jobs: int = 1,
    main_line: bool = False,
    red_first: RedFirst | None = None,
    learning: bool = False,
) -> Proof:
    watch = Watching()
    subject = ProofSubject(plan or world.plan(), main_line=main_line, red_first=red_first, learning=learning)
    (proof,) = prove(world.labs(), [subject], jobs=jobs, watch=watch)
    assert watch.proofs == [proof]
    stages = proof.variants[0].stages
    assert watch.expected == len(watch.stages) == len(stages)
    assert {stage.key for stage in watch.stages} == {stage.key for stage in stages}
    return proof


def found(proof: Proof) -> list[tuple[Kind, tuple[StageName, ...]]]:
    return [(f.verdict.kind, tuple(stage.name for _, stage in f.places)) for f in proof.findings()]


def test_a_sound_scenario_is_proven(world: World) -> None:
    proof = proof_of(world)
    assert found(proof) == []
    assert proof.proven
    (variant,) = proof.variants
    assert (proof.scenario, variant.seed, variant.digest) == ("moved-desks", 7, world.plan().digest)
    assert [stage.key for stage in variant.stages] == [
        ("nowhere", ""),
        ("healthy", ""),
        ("broken", ""),
        ("restored", ""),
        ("again", ""),
        ("solution", "reference"),
        ("reboot", "reference"),
        ("solution", "second"),
        ("reboot", "second"),
        ("shortcut", "hard-coded"),
        ("shortcut", "other"),
        ("stopped", ""),
    ]
    assert world.left == ([], [])


def test_each_stage_sees_the_lab_as_it_should_be(world: World, grader: Grader) -> None:
    proof_of(world)
    assert [own for _, _, own in grader.seen] == [grading in {"health", "healthy again"} for grading in ORDER]
    assert [whole for _, whole, _ in grader.seen[:6]] == [True, True, False, True, True, False]
    names = [name for name, _, _ in grader.seen]
    assert len(set(names[:8])) == 1, "the reference solution goes on where the revert was seen to be whole"
    assert names[8] == names[9]
    assert len({*names[7:12]}) == 4, "no other solution or shortcut profits from another"
    assert names[12] == "nowhere"


FOLDER = "scenarios/1.3-network-connection/moved-desks"
ASKED = "deliverables:\n  answers:\n    who: {kind: host, question: {fr: Qui ?, en: Who?}, truth: pc1}\n"
ANSWER = "  - {tell: {fr: Je réponds, en: I answer}, answers: {who: pc1}}\n"


def ask(world: World, *, second: str = ANSWER) -> None:
    """Have the scenario ask a question that both solutions answer."""
    world.edit(f"{FOLDER}/scenario.yaml", "hints:\n", ASKED + "hints:\n")
    for name, answer in (("reference", ANSWER), ("second", second)):
        world.edit(f"{FOLDER}/solutions/{name}.yaml", "steps:\n", f"steps:\n{answer}")


def test_answers_are_asked_for_from_the_fault_on(world: World) -> None:
    """On a lab where nothing is broken nobody has been asked; broken, an answer is red; the solutions give it."""
    ask(world)
    proof = proof_of(world)
    assert found(proof) == []
    colours = {
        stage.key: [seen.result.outcome for seen in stage.seen if seen.result.id == "answers.yaml::who"]
        for stage in proof.variants[0].stages
    }
    assert {key for key, colour in colours.items() if colour == ["pass"]} == {
        (name, solution) for name in ("solution", "reboot") for solution in ("reference", "second")
    }
    assert {key[0] for key, colour in colours.items() if colour == ["fail"]} == {
        "nowhere", "broken", "again", "shortcut"
    }  # fmt: skip
    assert {key[0] for key, colour in colours.items() if not colour} == {"healthy", "restored", "stopped"}


def test_a_solution_with_a_wrong_answer_is_told(world: World) -> None:
    ask(world, second=ANSWER.replace("pc1", "pc2"))
    assert found(proof_of(world)) == [("not-repaired", ("solution",))]


@pytest.mark.parametrize(("grading", "change"), [("restored", {"reaches": "fail"}), ("again", {"reaches": "pass"})])
def test_the_reference_solution_gets_a_lab_of_its_own_where_the_revert_left_something(
    world: World, grader: Grader, grading: Grading, change: dict[str, Outcome | None]
) -> None:
    grader.changes[grading] = change
    grader.order = [g for g in ORDER if g != "again"] if grading == "restored" else ORDER
    proof = proof_of(world)
    at = grader.order.index("repaired")
    assert grader.seen[0][0] != grader.seen[at][0]
    ran = {stage.name: stage.ran for stage in proof.variants[0].stages}
    assert ran["again"] is (grading == "again")
    assert ran["solution"]


def test_the_hosts_are_rebooted_between_repair_and_reboot(world: World, grader: Grader) -> None:
    waited: list[int] = []
    real = world.fabric.wait_ready

    def wait_ready(*args: object, timeout: float) -> None:
        waited.append(len(grader.seen))
        real(*args, timeout=timeout)  # type: ignore[arg-type]

    world.fabric.wait_ready = wait_ready  # type: ignore[method-assign, assignment]
    proof_of(world)
    starts = [0, 0, 8, 8, 10, 10, 11, 11]  # servers, then clients
    assert waited == sorted([*starts, 7, 9]), "four starts, and a reboot after the grading of each solution"
    assert sorted(h for call, h in world.engine.steps if call == "restart") == ["pc1"] * 2 + ["pc2"] * 2 + ["r1"] * 2


# Shortcuts that are graded until their first red ----------------------------------------------------------


NOTHING_KNOWN: Mapping[str, tuple[str, ...]] = {}
RedFirst = Mapping[str, tuple[str, ...]]
UNTOUCHED_FIRST = dict.fromkeys(("hard-coded", "other"), ("test_x.py::untouched",))


def colours(proof: Proof, name: StageName) -> list[dict[str, Outcome]]:
    """Return the colours of each check in the stages of a name."""
    return [
        {seen.result.id.partition("::")[2]: seen.result.outcome for seen in stage.seen}
        for variant in proof.variants
        for stage in variant.stages
        if stage.name == name
    ]


def test_only_the_gradings_of_shortcuts_end_at_a_red(world: World, grader: Grader) -> None:
    proof = proof_of(world, red_first=UNTOUCHED_FIRST)
    assert proof.proven
    first = Selection(first=("test_x.py::untouched",), until_red=True)
    assert grader.selections == [first if grading == "shortcut" else Selection() for grading in ORDER]
    assert colours(proof, "shortcut") == [{"untouched": "fail"}] * 2


def test_what_is_known_of_each_shortcut_is_asked_for(world: World, grader: Grader) -> None:
    proof_of(world, red_first={"hard-coded": ("one",), "other": ("another",)})
    first = [selection.first for selection in grader.selections if selection.until_red]
    assert first == [("one",), ("another",)]


def test_the_main_line_is_what_a_trainee_meets(world: World, grader: Grader) -> None:
    grader.order = MAIN_LINE
    proof = proof_of(world, main_line=True)
    assert proof.proven
    assert found(proof) == [], "nothing is said of guards that only shortcuts turn red"
    stages = [stage.key for stage in proof.variants[0].stages]
    assert stages == [
        ("healthy", ""),
        ("broken", ""),
        ("solution", "reference"),
        ("reboot", "reference"),
        ("stopped", ""),
    ]
    assert grader.selections == [Selection()] * len(MAIN_LINE)


def test_the_main_line_sees_a_repair_that_is_lost(world: World, grader: Grader) -> None:
    grader.order, grader.changes = MAIN_LINE, {"rebooted": {"reaches": "fail"}}
    proof = proof_of(world, main_line=True)
    assert found(proof) == [("lost-at-reboot", ("reboot",))]


def test_nothing_is_said_of_a_guard_that_a_shortcuts_grading_left_out(world: World) -> None:
    proof = proof_of(world, red_first=NOTHING_KNOWN)
    assert colours(proof, "shortcut") == [{"reaches": "pass", "reports": "fail"}] * 2
    assert found(proof) == [], "the guard is red there, as a whole grading would show"


def test_a_guard_that_every_shortcut_leaves_green_is_told_where_all_of_them_asked_it(
    world: World, grader: Grader
) -> None:
    grader.changes["shortcut"] = {"untouched": "pass"}
    assert found(proof_of(world, red_first=UNTOUCHED_FIRST)) == [("untried-guard", ())]


def test_a_symptom_that_only_a_shortcut_turns_red_is_blind_and_no_more(world: World, grader: Grader) -> None:
    """A whole grading shows that it can be red; where it was left out, nobody may say that it cannot."""
    grader.changes = {"broken": {"reaches": "pass"}, "again": {"reaches": "pass"}, "shortcut": {"reaches": "fail"}}
    whole = found(proof_of(world))
    grader.seen.clear()
    assert found(proof_of(world, red_first=UNTOUCHED_FIRST)) == whole == [("blind", ("broken", "again"))]


def test_a_shortcut_that_leaves_everything_green_is_accepted(world: World, grader: Grader) -> None:
    grader.changes["shortcut"] = {"reports": "pass", "untouched": "pass"}
    kinds = [kind for kind, _ in found(proof_of(world, red_first=UNTOUCHED_FIRST))]
    assert kinds == ["accepted-shortcut", "accepted-shortcut", "untried-guard"]


ALL_GREEN: dict[str, Outcome | None] = {"reports": "pass", "untouched": "pass"}


@pytest.mark.parametrize(
    ("differences", "kind"),
    [
        ((), "accepted-shortcut"),
        ((EXPLAINED, HARMLESS), "accepted-shortcut"),
        ((UNEXPLAINED,), "refused-by-changes"),
        ((FORBIDDEN,), "refused-by-changes"),
    ],
)
@pytest.mark.parametrize("red_first", [None, UNTOUCHED_FIRST])
def test_a_shortcut_is_refused_unless_it_is_plainly_repaired(
    world: World,
    grader: Grader,
    differences: tuple[Difference, ...],
    kind: str,
    red_first: Mapping[str, tuple[str, ...]] | None,
) -> None:
    grader.changes["shortcut"] = ALL_GREEN
    grader.differences["shortcut"] = differences
    proof = proof_of(world, red_first=red_first)
    assert {found for found, _ in found(proof)} - {"untried-guard"} == {kind}
    assert proof.proven is (kind in REMARKS)


def test_a_shortcut_with_a_red_check_needs_no_remark(world: World, grader: Grader) -> None:
    grader.differences["shortcut"] = EVERY
    assert found(proof_of(world)) == []


@pytest.mark.parametrize("grading", ["repaired", "rebooted"])
def test_a_solution_has_to_be_plainly_repaired(world: World, grader: Grader, grading: Grading) -> None:
    grader.differences[grading] = EVERY
    proof = proof_of(world)
    stage = STAGES[grading]
    assert not proof.proven
    assert found(proof) == [("change-left", (stage,))] * 4, "of two solutions, two changes each"
    grader.seen.clear()
    grader.differences[grading] = (EXPLAINED, HARMLESS)
    assert proof_of(world).proven


def test_a_change_that_outlives_the_reboot_is_told_once(world: World, grader: Grader) -> None:
    grader.differences["repaired"] = grader.differences["rebooted"] = (UNEXPLAINED,)
    findings = proof_of(world).findings()
    assert [[stage.key for _, stage in finding.places] for finding in findings] == [
        [("solution", "reference")],
        [("solution", "second")],
    ]


def test_a_forbidden_change_fails_even_where_solutions_teach(world: World, grader: Grader) -> None:
    grader.differences["repaired"] = (FORBIDDEN, UNEXPLAINED)
    proof = proof_of(world, learning=True)
    assert not proof.proven
    assert {kind for kind, _ in found(proof)} == {"change-left", "change-learnt"}


def test_a_shortcut_that_only_changes_what_a_solution_does_is_accepted(world: World, grader: Grader) -> None:
    grader.differences["rebooted"] = grader.differences["shortcut"] = (UNEXPLAINED,)
    grader.changes["shortcut"] = ALL_GREEN
    proof = proof_of(world, learning=True)
    assert {kind for kind, _ in found(proof)} - {"untried-guard"} == {"accepted-shortcut", "change-learnt"}
    assert [one.object for one in proof.explained] == ["ssh.service"]


def test_what_differs_is_told_once_all_is_green(grader: Grader) -> None:
    """As long as a check is red, the fault may be what differs."""
    red = Report("x", "x", 1, "", "", 0.0, (grader.result("reaches", "fail"),), differences=EVERY)
    assert [verdict.kind for verdict in judging.repaired(red, "x", learning=False).verdicts] == ["not-repaired"]
    before = Stage("solution", "x", seen=judging.repaired(red, "x", learning=False).seen)
    assert judging.rebooted(red, "x", before, learning=False).verdicts == ()


def test_a_check_that_cannot_judge_before_the_red_is_told(world: World, grader: Grader) -> None:
    grader.changes["shortcut"] = {"untouched": "error"}
    proof = proof_of(world, red_first=UNTOUCHED_FIRST)
    assert ("no-judgement", ("shortcut", "shortcut")) in found(proof)


def test_a_report_of_some_checks_without_a_red_refuses_nothing(grader: Grader) -> None:
    graded = Report("x", "x", 1, "", "", 0.0, (grader.result("reaches", "pass"),), whole=False)
    assert [verdict.kind for verdict in judging.refused(graded, "x").verdicts] == ["accepted-shortcut"]


# A verdict of its own for each mistake -------------------------------------------------------------------

Arrange = Callable[["World", Grader, pytest.MonkeyPatch], None]


def outcomes(*, details: dict[str, dict[str, object]] | None = None, **changes: dict[str, Outcome | None]) -> Arrange:
    """``outcomes(healthy_again={"web": "fail"})``: other outcomes of one grading each."""

    def arrange(_world: World, grader: Grader, _patch: pytest.MonkeyPatch) -> None:
        for grading, change in changes.items():
            grader.changes[grading.replace("_", " ")] = change  # type: ignore[index]
        grader.details = details or {}
        commands = any("commands" in fields for fields in grader.details.values())
        if "restored" in changes or "healthy_again" in changes or commands:
            grader.order = [g for g in ORDER if g != "again"]

    return arrange


def shell_fails(world: World, _grader: Grader, _patch: pytest.MonkeyPatch) -> None:
    world.fabric.on("/bin/bash -s", status=3, stderr="dhcpcd: no such interface")


def file_cannot_be_written(world: World, _grader: Grader, patch: pytest.MonkeyPatch) -> None:
    real = world.fabric.run

    def run(target: object, argv: Sequence[str], **options: object) -> object:
        if argv[0] == "chmod":
            raise LabError(Text(fr="disque plein", en="disk full"), evidence="No space left on device")
        return real(target, argv, **options)  # type: ignore[arg-type]

    patch.setattr(world.fabric, "run", run)


def not_ready_after_a_reboot(world: World, _grader: Grader, patch: pytest.MonkeyPatch) -> None:
    restart, create = world.engine.restart, world.engine.create

    def restart_badly(container: str, *, grace: int) -> None:
        restart(container, grace=grace)
        world.fabric.on("ping *", "pc1", status=1, stdout="0 received")

    def create_well(spec: ContainerSpec) -> str:
        world.fabric.on("ping *")
        return create(spec)

    patch.setattr(world.engine, "restart", restart_badly)
    patch.setattr(world.engine, "create", create_well)


def fault_without_effect(world: World, _grader: Grader, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(world.fabric, "set_port", lambda *_, **__: None)
    _grader.order = ["health", "before", "nowhere"]


def fault_with_a_mistake(_world: World, grader: Grader, patch: pytest.MonkeyPatch) -> None:
    def inject(*_: object) -> None:
        raise FaultMistakeError(Text(fr="faults/x.py:7: KeyError", en="faults/x.py:7: KeyError"))

    patch.setattr(Instances, "inject", inject)
    grader.order = ["health", "before", "nowhere"]


def revert_with_a_mistake(_world: World, grader: Grader, patch: pytest.MonkeyPatch) -> None:
    def revert(*_: object) -> None:
        raise FaultMistakeError(Text(fr="faults/x.py:9: KeyError", en="faults/x.py:9: KeyError"))

    patch.setattr(Instances, "revert", revert)
    grader.order = [g for g in ORDER if g not in {"healthy again", "restored", "again"}]


def revert_fails(_world: World, grader: Grader, patch: pytest.MonkeyPatch) -> None:
    def revert(*_: object) -> None:
        raise LabError(Text(fr="fichier disparu", en="the file is gone"))

    patch.setattr(Instances, "revert", revert)
    grader.order = [g for g in ORDER if g not in {"healthy again", "restored", "again"}]


def lab_does_not_start(world: World, grader: Grader, patch: pytest.MonkeyPatch) -> None:
    def start(_container: str) -> None:
        raise LabError(Text(fr="pc1 ne démarre pas", en="pc1 does not start"), evidence="exec format error")

    patch.setattr(world.engine, "start", start)
    grader.order = ["nowhere"]


def host_dies(_world: World, grader: Grader, _patch: pytest.MonkeyPatch) -> None:
    grader.raises[8] = LabError(Text(fr="pc2 est injoignable", en="pc2 cannot be reached"))
    grader.order = [*ORDER[:9], *ORDER[10:]]


def chance_in_a_template(_world: World, _grader: Grader, patch: pytest.MonkeyPatch) -> None:
    real = VariantPlans.plan

    def plan(plans: VariantPlans, scenario: str, seed: int) -> Plan:
        return dataclasses.replace(real(plans, scenario, seed), ticket=same("another"))

    patch.setattr(VariantPlans, "plan", plan)


def things_are_left(world: World, _grader: Grader, patch: pytest.MonkeyPatch) -> None:
    real = world.engine.remove
    left: list[str] = []

    def remove(container: str) -> None:
        if not left:
            left.append(world.engine.container(container).name)
            name = world.engine.container(container).labels[labels.INSTANCE]
            world.engine.create_volume("data", {labels.INSTANCE: name})
        elif world.engine.container(container).name not in left:
            real(container)

    patch.setattr(world.engine, "remove", remove)
    patch.setattr(RunningLabs, "recorded", lambda *_: True)


MISSING: dict[str, object] = {
    "commands": (CommandRecord("pc1", "bash -c 'arping x'", 1, "bash: line 1: arping: command not found\n", 0.1),)
}


def differing(
    grading: Grading, differences: tuple[Difference, ...] = EVERY, **changes: dict[str, Outcome | None]
) -> Arrange:
    """``differing("repaired")``: one grading finds every sort of difference."""
    arrange_outcomes = outcomes(details=None, **changes)

    def arrange(world: World, grader: Grader, patch: pytest.MonkeyPatch) -> None:
        arrange_outcomes(world, grader, patch)
        grader.differences[grading] = differences

    return arrange


def dialogue_goes_otherwise(world: World, _grader: Grader, patch: pytest.MonkeyPatch) -> None:
    """Somebody states a dialogue of which something else comes."""
    real, person = VariantPlans.plan, persona()
    lines = (SaidLine(say=Text(fr="Bonjour", en="Hello"), understood="greet"),)
    stated = ExampleDialogue(kind="good", lines=lines, comes_of=ComesOf(facts=("identity",)))
    anne = dataclasses.replace(person, document=person.document.model_copy(update={"dialogues": (stated,)}))

    def plan(self: VariantPlans, scenario: str, seed: int) -> Plan:
        return dataclasses.replace(real(self, scenario, seed), personas={"anne": anne})

    patch.setattr(VariantPlans, "plan", plan)
    world.known = {}


CASES: dict[str, tuple[Kind, Arrange]] = {
    "accepted-shortcut": ("accepted-shortcut", outcomes(shortcut={"reports": "pass", "untouched": "pass"})),
    "blind": (
        "blind",
        outcomes(broken={"reaches": "pass"}, again={"reaches": "pass"}, shortcut={"reaches": "fail"}),
    ),
    "change-learnt": ("change-learnt", differing("repaired", (UNEXPLAINED, EXPLAINED))),
    "change-left": ("change-left", differing("repaired")),
    "changes-by-itself": ("changes-by-itself", differing("before")),
    "dialogue-strays": ("dialogue-strays", dialogue_goes_otherwise),
    "guard-red": ("guard-red", outcomes(broken={"untouched": "fail"}, again={"untouched": "fail"})),
    "looks-at-nothing": ("looks-at-nothing", outcomes(nowhere={"untouched": "pass"})),
    "lost-at-reboot": ("lost-at-reboot", outcomes(rebooted={"reaches": "fail"})),
    "missing-tool": ("missing-tool", outcomes(details={"reports": MISSING})),
    "no-checks": ("no-checks", outcomes(shortcut={"reaches": None, "reports": None, "untouched": None})),
    "no-fault": ("no-fault", fault_without_effect),
    "no-fault-mistake": ("no-fault", fault_with_a_mistake),
    "no-judgement": ("no-judgement", outcomes(before={"reports": "error"})),
    "not-ready": ("not-ready", not_ready_after_a_reboot),
    "not-repaired": ("not-repaired", outcomes(repaired={"untouched": "fail"}, rebooted={"untouched": "fail"})),
    "not-reverted-check": ("not-reverted", outcomes(restored={"reports": "fail"})),
    "not-reverted-health": ("not-reverted", outcomes(healthy_again={"web": "fail"})),
    "not-reverted-error": ("not-reverted", revert_fails),
    "not-reverted-mistake": ("not-reverted", revert_with_a_mistake),
    "red-before-the-fault": ("red-before-the-fault", outcomes(before={"reaches": "fail"})),
    "refused-by-changes": (
        "refused-by-changes",
        differing("shortcut", shortcut=ALL_GREEN),
    ),
    "residue": ("residue", things_are_left),
    "slow-red": ("slow-red", outcomes(details={"reaches": {"seconds": 12.3}})),
    "step-failed-solution": ("step-failed", shell_fails),
    "step-failed-shortcut": ("step-failed", file_cannot_be_written),
    "trouble": ("trouble", host_dies),
    "trouble-start": ("trouble", lab_does_not_start),
    "unhealthy-lab": ("unhealthy-lab", outcomes(health={"web": "fail"})),
    "unsteady-check": ("unsteady", outcomes(again={"reaches": "pass"})),
    "unsteady-plan": ("unsteady", chance_in_a_template),
    "untried-guard": ("untried-guard", outcomes(shortcut={"untouched": "pass"})),
    "vacuous": ("vacuous", outcomes(broken={"reaches": "pass"}, again={"reaches": "pass"})),
    "wrong-reason-because": ("wrong-reason", outcomes(details={"reaches": {"because": "no carrier"}})),
    "wrong-reason-command": (
        "wrong-reason",
        outcomes(details={"reaches": {"evidence": text_of(unexpected_status("pc1", "ip route", 2, [0]))}}),
    ),
}


def listed(proof: Proof) -> str:
    """Return what a trainer reads of a proof: every verdict in both languages, with its places."""
    parts = []
    for finding in proof.findings():
        verdict = finding.verdict
        places = ", ".join(" ".join(filter(None, stage.key)) for _, stage in finding.places) or "scenario"
        lines = [f"[{verdict.kind}] {places}", verdict.text.fr, f"→ {verdict.advice.fr}"]
        lines += [verdict.text.en, f"→ {verdict.advice.en}"]
        if verdict.evidence is not None:
            lines += [f"    {line}" for line in verdict.evidence.en.splitlines()]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def compare(name: str, text: str) -> None:
    """Compare with the golden file; BREAKFIX_UPDATE_GOLDEN=1 writes it again."""
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("BREAKFIX_UPDATE_GOLDEN") == "1":
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES)
def test_each_mistake_has_its_own_verdict(
    world: World, grader: Grader, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    kind, arrange = CASES[case]
    arrange(world, grader, monkeypatch)
    proof = proof_of(world, learning=kind == "change-learnt")
    assert proof.proven is (kind in REMARKS), "all but remarks make a proof fail"
    assert {f.verdict.kind for f in proof.findings()} - {"untried-guard"} <= {kind}
    text = re.sub(r"moved-desks-[0-9a-f]{4}", "moved-desks-xxxx", listed(proof))
    compare(case, text)
    document = json.loads(json.dumps(proof.to_document()))
    assert Proof.from_document(document).to_document() == document
    if kind != "residue":
        assert world.left == ([], [])


def test_every_kind_of_mistake_is_tried() -> None:
    assert {kind for kind, _ in CASES.values()} == set(get_args(Kind))
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {*CASES, "task"}


def test_every_kind_of_mistake_is_explained_to_trainers() -> None:
    page = (Path(__file__).parents[3] / "docs" / "proof.md").read_text(encoding="utf-8")
    assert {kind for kind in get_args(Kind) if f"`{kind}`" not in page} == set()


def test_a_guard_that_is_never_red_says_nothing_where_no_shortcut_could_show_it(world: World) -> None:
    plan = dataclasses.replace(world.plan(), shortcuts=())
    proof = proof_of(world, plan)
    assert "untried-guard" not in {f.verdict.kind for f in proof.findings()}


def test_what_the_evidence_says_may_be_stated(world: World, grader: Grader) -> None:
    grader.details = {"reaches": {"because": "saw th[ia]s"}}
    assert proof_of(world).proven


# Tasks ----------------------------------------------------------------------------------------------------


@pytest.fixture
def task(world: World, grader: Grader) -> Plan:
    """The same scenario without any fault: something is to be done on a healthy lab."""
    grader.order = TASK
    return dataclasses.replace(world.plan(), faults=())


def test_a_task_is_red_until_it_is_done(
    world: World, grader: Grader, task: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(VariantPlans, "plan", lambda *_: task)
    proof = proof_of(world, task)
    assert found(proof) == []
    assert proof.proven
    assert [stage.key for stage in proof.variants[0].stages[:5]] == [
        ("nowhere", ""),
        ("healthy", ""),
        ("not-begun", ""),
        ("solution", "reference"),
        ("reboot", "reference"),
    ]
    assert [own for _, _, own in grader.seen] == [True] + [False] * (len(TASK) - 1)
    assert len({name for name, _, _ in grader.seen[:4]}) == 1, "nothing was changed: the solution is done there"


def test_a_task_that_is_done_already_or_guards_what_is_not_there(
    world: World, grader: Grader, task: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(VariantPlans, "plan", lambda *_: task)
    grader.changes["broken"] = {"reports": "pass", "untouched": "fail"}
    proof = proof_of(world, task)
    assert not proof.proven
    compare("task", listed(proof))


# Several variants -----------------------------------------------------------------------------------------


def test_what_one_seed_shows_counts_for_all(world: World, grader: Grader) -> None:
    """A check that is red with another seed only is blind to this one's fault, but it can fail."""
    grader.order = [*ORDER, *ORDER]
    real = grader.result

    def result(name: str, outcome: Outcome) -> CheckResult:
        first = len(grader.seen) <= len(ORDER)
        return real(name, "pass" if name == "reaches" and outcome == "fail" and first else outcome)

    grader.result = result  # type: ignore[method-assign]
    (proof,) = prove(
        world.labs(),
        [ProofSubject(world.plan(7)), ProofSubject(world.plan(8), {"cause": "x"})],
        jobs=1,
        watch=Watching(),
    )
    assert [variant.seed for variant in proof.variants] == [7, 8]
    assert proof.variants[1].cases == {"cause": "x"}
    assert [(f.verdict.kind, [seed for seed, _ in f.places]) for f in proof.findings()] == [("blind", [7, 7])]


def test_of_another_case_only_the_solutions_are_played(world: World, grader: Grader) -> None:
    """What they change there is learnt; no check is blind or untried because no fault was looked at there."""
    grader.order = [*ORDER, *("repaired", "rebooted", "repaired", "rebooted")]
    plan = world.plan(8)
    repairs = repairs_of_another_case(plan, stages_of(ProofSubject(world.plan(7))))
    assert repairs == solutions_of(plan), "each shortcut has been played"
    assert repairs_of_another_case(plan, ()) == repairs | {shortcut_key(one) for one in plan.shortcuts}
    others = ProofSubject(plan, {"cause": "x"}, repairs=repairs, learning=True)
    (proof,) = prove(world.labs(), [ProofSubject(world.plan(7)), others], jobs=1, watch=Watching())
    whole, other = proof.variants
    assert [stage.key for stage in other.stages] == [
        ("solution", "reference"),
        ("reboot", "reference"),
        ("solution", "second"),
        ("reboot", "second"),
        ("stopped", ""),
    ]
    assert (whole.repairs_only, other.repairs_only, proof.seeds) == (False, True, (7,))
    assert (found(proof), proof.proven) == ([], True)
    recorded = [RecordedVariant.of(variant) for variant in proof.variants]
    assert [one.repairs_only for one in recorded] == [False, True]


def test_only_the_repairs_that_are_asked_for_are_played(world: World, grader: Grader) -> None:
    plan = world.plan(8)
    shortcut = shortcut_key(plan.shortcuts[0])
    grader.order = ["repaired", "rebooted", "shortcut"]
    some = ProofSubject(plan, repairs=frozenset({("solution", "second"), shortcut}), learning=True)
    (proof,) = prove(world.labs(), [some], jobs=1, watch=Watching())
    (variant,) = proof.variants
    assert [stage.key for stage in variant.stages] == [
        ("solution", "second"),
        ("reboot", "second"),
        shortcut,
        ("stopped", ""),
    ]
    assert proof.proven


def test_labs_run_side_by_side_and_every_stage_is_told_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    barrier = threading.Barrier(3, timeout=20)
    running: set[int] = set()

    def grade(request: GradeRequest, **_: object) -> Report:
        if threading.get_ident() not in running:
            running.add(threading.get_ident())
            barrier.wait()
        return Report(request.facts.instance, request.scenario, request.seed, request.digest, "", 0.0, ())

    monkeypatch.setattr(lab_grading, "grade", grade)
    proof = proof_of(world, jobs=3)
    assert len(running) == 3
    assert not proof.proven
    assert world.left == ([], [])


# Interruptions --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error", [MachineError(same("no")), KeyboardInterrupt(), RuntimeError("bug")], ids=lambda e: type(e).__name__
)
@pytest.mark.parametrize("number", range(len(ORDER)), ids=lambda n: f"{n}-{ORDER[n].replace(' ', '-')}")
def test_whatever_a_grading_raises_the_lab_is_stopped(
    world: World, grader: Grader, number: int, error: BaseException
) -> None:
    grader.raises[number] = error
    with pytest.raises(type(error)):
        proof_of(world)
    assert len(grader.seen) == number + 1, "nothing more is begun"
    assert world.left == ([], [])


def test_an_interruption_removes_the_labs_of_the_other_jobs_so_that_they_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One job waits for a host for as long as its lab is there; the interruption comes in another one."""
    waiting = threading.Event()

    def grade(request: GradeRequest, **_: object) -> Report:
        instance = request.facts.instance
        if waiting.is_set():
            raise KeyboardInterrupt
        waiting.set()
        assert wait_until(lambda: not world.engine.containers({labels.INSTANCE: instance}), within=20)
        raise LabError(same("the host is gone"))

    monkeypatch.setattr(lab_grading, "grade", grade)
    with pytest.raises(KeyboardInterrupt):
        proof_of(world, jobs=2)
    assert world.left == ([], [])


def test_a_proof_without_stages_proves_nothing() -> None:
    assert not Proof("x", same("x"), ()).proven
    assert judging.together([]) == ((), ())


@pytest.mark.parametrize("document", [{}, {"scenario": "x"}, {"variants": 1}])
def test_what_is_no_proof_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no proof"):
        Proof.from_document(document)
