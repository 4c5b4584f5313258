"""A proof names every check that is red or green when it should not be, and never leaves a lab behind."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, get_args

import pytest

from grader.job import GradeRequest
from grader.marks import Role
from grader.report import CheckResult, Outcome, Report
from orchestrator import service
from orchestrator.errors import LabError
from orchestrator.proof import Proof, Stage, StageName, prove
from orchestrator.text import Text, same

if TYPE_CHECKING:
    from tests.unit.core.conftest import World

FOLDER = "scenarios/1.3-network-connection/moved-desks"
SCENARIO = f"{FOLDER}/scenario.yaml"
ASKED = "deliverables:\n  answers:\n    who: {kind: host, question: {fr: Qui ?, en: Who?}, truth: pc1}\n"
ANSWER = "  - {tell: {fr: Je réponds, en: I answer}, answers: {who: pc1}}\n"
StageOf = Literal["health", "before", "broken", "repaired", "rebooted", "shortcut"]
ROLES: dict[str, Role] = {"reaches": "symptom", "reports": "objective", "untouched": "guard"}

EXPECTED: dict[str, dict[str, Outcome]] = {
    "health": {"web": "pass"},
    "before": {"reaches": "pass", "reports": "pass", "untouched": "pass"},
    "broken": {"reaches": "fail", "reports": "fail", "untouched": "pass"},
    "repaired": {"reaches": "pass", "reports": "pass", "untouched": "pass"},
    "rebooted": {"reaches": "pass", "reports": "pass", "untouched": "pass"},
    "shortcut": {"reaches": "pass", "reports": "fail", "untouched": "pass"},
}
"""What each grading of a sound scenario finds."""

ORDER = ["health", "before", "broken", "repaired", "rebooted", "repaired", "rebooted", "shortcut", "shortcut"]
NAMES: dict[str, StageName] = {
    "health": "healthy",
    "before": "healthy",
    "broken": "broken",
    "repaired": "solution",
    "rebooted": "reboot",
    "shortcut": "shortcut",
}


class Grader:
    """Grades as a test says; the calls come in the order of the stages."""

    def __init__(self) -> None:
        self.changes: dict[str, dict[str, Outcome | None]] = {}
        """Grading -> check -> another outcome, or None: the check is not there."""
        self.raises: dict[int, BaseException] = {}
        """The number of a grading -> what happens instead."""
        self.seen: list[tuple[str, bool, bool]] = []
        """Instance, whether its cables are as planned, and whether the lab's own checks were graded."""
        self.whole: Callable[[], bool] = lambda: True

    def grade(self, request: GradeRequest, *, on_result: object = None) -> Report:
        assert on_result is None
        number = len(self.seen)
        self.seen.append((request.facts.instance, self.whole(), request.files[0].name == "test_healthy.py"))
        if number in self.raises:
            raise self.raises[number]
        kind = ORDER[number]
        outcomes = {**EXPECTED[kind], **self.changes.get(kind, {})}
        results = tuple(result(name, outcome) for name, outcome in outcomes.items() if outcome)
        return Report(request.facts.instance, request.scenario, request.seed, request.digest, "", 0.0, results)


def result(name: str, outcome: Outcome) -> CheckResult:
    evidence = None if outcome == "pass" else Text(fr=f"{name} a vu ceci", en=f"{name} saw this")
    return CheckResult(f"test_x.py::{name}", ROLES.get(name, "guard"), 1, None, same(name), outcome, evidence)


@pytest.fixture(autouse=True)
def grader(world: World, monkeypatch: pytest.MonkeyPatch) -> Grader:
    made = Grader()
    planned = dict(world.fabric.cables)
    made.whole = lambda: world.fabric.cables == planned
    monkeypatch.setattr(service, "grade", made.grade)
    world.fabric.on("/bin/bash -s")
    world.fabric.on("chmod *")
    return made


def proof_of(world: World) -> Proof:
    stages: list[Stage] = []
    proof = prove(world.labs(), world.plan(), world.progress, stages.append)
    assert list(proof.stages) == stages, "each stage is told as it ends"
    return proof


def problems(proof: Proof) -> list[tuple[str, str, str]]:
    return [(s.name, s.subject, p.en) for s in proof.stages for p in s.problems]


def test_a_sound_scenario_is_proven(world: World) -> None:
    proof = proof_of(world)
    assert problems(proof) == []
    assert proof.proven
    assert (proof.scenario, proof.digest) == ("moved-desks", world.plan().digest)
    assert [(s.name, s.subject, s.seed) for s in proof.stages] == [
        ("healthy", "pair", 7),
        ("healthy", "", 7),
        ("broken", "", 7),
        ("solution", "reference", 7),
        ("reboot", "reference", 7),
        ("solution", "second", 7),
        ("reboot", "second", 7),
        ("shortcut", "hard-coded", 7),
        ("shortcut", "other", 7),
    ]
    assert world.left == ([], [])


def test_a_task_that_nobody_has_begun_is_not_healthy(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a fault there is no green before: the first grading of the scenario's checks is the red one."""
    monkeypatch.setitem(globals(), "ORDER", ["health", *ORDER[2:]])
    world.edit(SCENARIO, "kind: fault", "kind: task")
    for fault in (
        "  - {fault: link-wrong-segment, parameters: {host: pc1, segment: servers}}\n",
        "  - {fault: link-wrong-segment, parameters: {host: pc2, segment: servers}}\n",
        "  - {fault: link-unplugged, parameters: {host: pc2}}\n",
    ):
        world.edit(SCENARIO, fault, "")
    world.edit(SCENARIO, "faults:\n", "")
    proof = proof_of(world)
    assert [(s.name, s.subject) for s in proof.stages[:3]] == [
        ("healthy", "pair"),
        ("broken", ""),
        ("solution", "reference"),
    ]
    assert problems(proof) == []


def test_answers_are_asked_for_from_the_fault_on(world: World) -> None:
    """On the healthy lab nobody has been asked yet; broken, they are red; the solutions give them."""
    world.edit(SCENARIO, "hints:\n", ASKED + "hints:\n")
    for name in ("solutions/reference", "solutions/second"):
        world.edit(f"{FOLDER}/{name}.yaml", "steps:\n", f"steps:\n{ANSWER}")
    proof = proof_of(world)
    assert problems(proof) == []
    colours = [
        [result.outcome for result in stage.report.results if result.id.startswith("answers.yaml::")]
        for stage in proof.stages[1:]
    ]
    assert colours == [["fail"], ["fail"], *[["pass"]] * 4, ["fail"], ["fail"]]


def test_a_solution_with_a_wrong_answer_is_told(world: World) -> None:
    world.edit(SCENARIO, "hints:\n", ASKED + "hints:\n")
    world.edit(f"{FOLDER}/solutions/reference.yaml", "steps:\n", f"steps:\n{ANSWER}")
    world.edit(f"{FOLDER}/solutions/second.yaml", "steps:\n", f"steps:\n{ANSWER.replace('pc1', 'pc2')}")
    assert problems(proof_of(world)) == [
        ("solution", "second", 'answers.yaml::who should be green. "pc2" is wrong.'),
        ("reboot", "second", 'answers.yaml::who should be green. "pc2" is wrong.'),
    ]


def test_each_stage_sees_the_lab_as_it_should_be(world: World, grader: Grader) -> None:
    proof_of(world)
    assert [own for _, _, own in grader.seen] == [True] + [False] * 8
    assert [whole for _, whole, _ in grader.seen[:3]] == [True, True, False], "healthy, healthy, broken"
    names = [name for name, _, _ in grader.seen]
    assert names[0] == names[1] == names[2], "the same hosts, before and after"
    assert names[3] == names[4]
    assert names[5] == names[6]
    assert len(set(names)) == 5, "no solution or shortcut profits from another"


def test_the_hosts_are_rebooted_between_repair_and_reboot(world: World, grader: Grader) -> None:
    waited: list[int] = []
    real = world.fabric.wait_ready

    def wait_ready(*args: object, timeout: float) -> None:
        waited.append(len(grader.seen))
        real(*args, timeout=timeout)  # type: ignore[arg-type]

    world.fabric.wait_ready = wait_ready  # type: ignore[method-assign, assignment]
    proof_of(world)
    starts = [0, 0, 3, 3, 5, 5, 7, 7, 8, 8]  # servers, then clients
    assert waited == sorted([*starts, 4, 6]), "five starts, and a reboot after the grading of each solution"
    assert sorted(h for call, h in world.engine.steps if call == "restart") == ["pc1"] * 2 + ["pc2"] * 2 + ["r1"] * 2


CASES: list[tuple[str, dict[str, Outcome | None], list[str]]] = [
    ("health", {"web": "fail"}, ["test_x.py::web should be green. web saw this"]),
    ("health", {"web": None}, ["no check has judged"]),
    ("before", {"reaches": "fail"}, ["test_x.py::reaches should be green. reaches saw this"]),
    ("before", {"untouched": "fail"}, ["test_x.py::untouched should be green. untouched saw this"]),
    ("before", {"reports": "error"}, ["test_x.py::reports could not judge: reports saw this"]),
    ("broken", {"reaches": "pass"}, ["test_x.py::reaches should be red: this check does not see the fault. "]),
    ("broken", {"reports": "pass"}, ["test_x.py::reports should be red: this check does not see the fault. "]),
    ("broken", {"untouched": "fail"}, ["test_x.py::untouched should be green (a guard). untouched saw this"]),
    ("broken", {"untouched": "error"}, ["test_x.py::untouched could not judge: untouched saw this"]),
    ("broken", {"reaches": "error"}, ["test_x.py::reaches could not judge: reaches saw this"]),
    (
        "broken",
        {"reaches": "pass", "untouched": "fail"},
        [
            "test_x.py::reaches should be red: this check does not see the fault. ",
            "test_x.py::untouched should be green (a guard). untouched saw this",
        ],
    ),
    ("repaired", {"untouched": "fail"}, ["test_x.py::untouched should be green. untouched saw this"]),
    ("rebooted", {"reaches": "fail"}, ["test_x.py::reaches should be green. reaches saw this"]),
    ("rebooted", {"reaches": "error"}, ["test_x.py::reaches could not judge: reaches saw this"]),
    ("shortcut", {"reports": "error"}, ["test_x.py::reports could not judge: reports saw this"]),
    ("shortcut", {"reaches": None, "reports": None, "untouched": None}, ["no check has judged"]),
]


@pytest.mark.parametrize(("grading", "changes", "says"), CASES, ids=lambda value: str(value)[:40])
def test_what_should_not_be_is_a_problem_of_its_stage(
    world: World, grader: Grader, grading: str, changes: dict[str, Outcome | None], says: list[str]
) -> None:
    grader.changes[grading] = changes
    proof = proof_of(world)
    assert not proof.proven
    found = problems(proof)
    assert {name for name, _, _ in found} == {NAMES[grading]}
    assert [text for _, _, text in found] == says * (2 if ORDER.count(grading) == 2 else 1)
    assert len(proof.stages) == len(ORDER), "the other stages are run all the same"


def test_an_accepted_shortcut_is_named(world: World, grader: Grader) -> None:
    grader.changes["shortcut"] = {"reports": "pass"}
    proof = proof_of(world)
    assert not proof.proven
    assert problems(proof) == [
        ("shortcut", name, f"the shortcut '{name}' is accepted: no check sees it") for name in ("hard-coded", "other")
    ]
    assert "hard-coded" in proof.stages[7].problems[0].fr


def test_every_problem_exists_in_both_languages(world: World, grader: Grader) -> None:
    grader.changes = {"before": {"reaches": "fail"}, "broken": {"reaches": "pass", "untouched": "error"}}
    grader.changes |= {
        "shortcut": {"reports": "pass"},
        "repaired": {"reaches": None, "reports": None, "untouched": None},
    }
    texts = [p for stage in proof_of(world).stages for p in stage.problems]
    assert len(texts) == 7
    assert all(text.fr != text.en for text in texts)


def test_a_proof_without_stages_proves_nothing() -> None:
    assert not Proof("x", "", ()).proven


@pytest.mark.parametrize(
    "error", [LabError(same("no")), KeyboardInterrupt(), RuntimeError("bug")], ids=lambda e: type(e).__name__
)
@pytest.mark.parametrize("number", range(len(ORDER)), ids=lambda n: f"{n}-{ORDER[n]}")
def test_whatever_a_grading_raises_the_lab_is_stopped(
    world: World, grader: Grader, number: int, error: BaseException
) -> None:
    grader.raises[number] = error
    with pytest.raises(type(error)):
        proof_of(world)
    assert len(grader.seen) == number + 1
    assert world.left == ([], [])


def test_a_fault_without_effect_stops_the_proof_and_the_lab(
    world: World, grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.fabric, "set_port", lambda *_, **__: None)
    with pytest.raises(LabError, match="has not taken effect"):
        proof_of(world)
    assert len(grader.seen) == 2
    assert world.left == ([], [])


def test_a_reboot_that_fails_stops_the_lab(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise LabError(same("no"))

    monkeypatch.setattr(world.engine, "restart", refuse)
    with pytest.raises(LabError):
        proof_of(world)
    assert world.left == ([], [])


def test_the_steps_are_told(world: World) -> None:
    proof_of(world)
    assert world.progress.details == ["Cable 1", "Cable 2", "Renew"] * 2 + ["An address"] * 2


def test_a_scenario_without_shortcuts_has_no_such_stage(world: World) -> None:
    plan = dataclasses.replace(world.plan(), shortcuts=())
    proof = prove(world.labs(), plan, world.progress, lambda _: None)
    assert proof.proven
    assert {stage.name for stage in proof.stages} == set(get_args(StageName)) - {"shortcut"}
