"""A trial knows what its lab is in, begins again where the proof would, and keeps the last good files."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.job import GradeRequest
from grader.marks import Role
from grader.report import CheckResult, Difference, Outcome, Report
from orchestrator.authoring.trial import BROKEN, HEALTHY, NOT_BEGUN, RESTORED, State, Trial, TrialSubject, expectation
from orchestrator.core.errors import ContentError, LabError
from orchestrator.core.text import same
from orchestrator.labs import Labs, lab_grading
from orchestrator.model.plan import Plan
from orchestrator.model.scenario import Step
from orchestrator.proof.model import Stage
from tests.unit.core.conftest import Told, World
from tests.unit.differences import EXPLAINED, FORBIDDEN, UNEXPLAINED

pytestmark = pytest.mark.slow

SCENARIO = "scenarios/1.3-network-connection/moved-desks"
ROLES: dict[str, Role] = {"reaches": "symptom", "untouched": "guard"}
Make = Callable[[], Trial]


class Grader:
    """Grades by the cables, as the scenario's own checks would: red as long as one is not as planned."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._planned = dict(world.fabric.cables)
        self._known: set[str] = set()
        self.files: list[str] = []
        self.harmed = False
        """Whether the guard is red."""
        self.differences: tuple[Difference, ...] = ()
        self.trouble: LabError | None = None

    def cable_anew(self, instance: str) -> None:
        """A lab that is new has its cables as planned."""
        if instance not in self._known:
            self._known.add(instance)
            self._world.fabric.cables.update(self._planned)

    def grade(self, request: GradeRequest, *, on_result: object = None, **_: object) -> Report:
        del on_result
        if self.trouble:
            raise self.trouble
        self.files += [file.name for file in request.files]
        whole = self._world.fabric.cables == self._planned
        outcomes: dict[str, Outcome] = {
            "reaches": "pass" if whole else "fail",
            "untouched": "fail" if self.harmed else "pass",
        }
        results = tuple(
            CheckResult(f"test_x.py::{name}", ROLES[name], 1, None, same(name), outcome, same(f"{name} saw this"))
            for name, outcome in outcomes.items()
        )
        made = Report(request.facts.instance, request.scenario, request.seed, request.digest, "", 0.0, results)
        return dataclasses.replace(made, differences=self.differences)


@pytest.fixture
def grader(world: World, monkeypatch: pytest.MonkeyPatch) -> Grader:
    made = Grader(world)
    monkeypatch.setattr(lab_grading, "grade", made.grade)
    wait_ready = world.fabric.wait_ready

    def wired(instance: str, hosts: list[str], *, timeout: float) -> None:
        made.cable_anew(instance)
        wait_ready(instance, hosts, timeout=timeout)

    monkeypatch.setattr(world.fabric, "wait_ready", wired)
    world.fabric.on("/bin/bash -s")
    world.fabric.on("chmod *")
    return made


@pytest.fixture
def make(world: World, grader: Grader) -> Make:
    """Return what makes a trial of the scenario as it is on disk."""
    del grader

    def folders(plan: Plan) -> tuple[Path, ...]:
        return world.root / SCENARIO, world.root / "labs" / plan.lab

    def labs() -> Labs:
        return world.labs(world.content)

    return lambda: Trial(TrialSubject(labs, lambda labs: labs.plans.plan("moved-desks", 7), (world.root,), folders))


@pytest.fixture
def trial(make: Make, world: World) -> Trial:
    """A trial whose lab is healthy."""
    made = make()
    made.start(world.progress)
    return made


def name_of(trial: Trial) -> str:
    assert trial.running
    return trial.running.instance.name


def colours(stage: Stage) -> dict[str, tuple[str, str]]:
    return {one.result.sentence.en: (one.expected, one.result.outcome) for one in stage.seen}


def test_the_walk_through_all_states(trial: Trial, world: World) -> None:
    """Each state expects what the proof does, and a sound scenario shows it."""
    first = name_of(trial)
    assert (trial.state, trial.check().sound) == (HEALTHY, True)
    trial.give(world.progress)
    stage = trial.check()
    assert (trial.state, stage.sound, stage.name) == (BROKEN, True, "broken")
    assert colours(stage) == {"reaches": ("fail", "fail"), "untouched": ("pass", "pass")}
    trial.heal(world.progress)
    assert (trial.state, trial.check().sound) == (RESTORED, True)
    assert name_of(trial) == first, "a revert needs no new lab"
    trial.give(world.progress)
    told: list[Step] = []
    trial.repair(trial.plan.solutions[0], world.progress, told.append)
    stage = trial.check()
    assert (trial.state, stage.sound) == (State("solution", "reference"), True)
    assert [step.tell.en for step in told] == ["Cable 1", "Cable 2", "Renew"]
    assert name_of(trial) == first, "only the fault has touched it"
    trial.repair(trial.plan.shortcuts[0], world.progress, told.append)
    stage = trial.check()
    assert (trial.state, stage.sound) == (State("shortcut", "hard-coded"), True)
    assert {expected for expected, _ in colours(stage).values()} == {"any"}
    second = name_of(trial)
    assert second != first, "a shortcut does not profit from a solution"
    trial.give(world.progress)
    assert (trial.state, trial.check().sound) == (BROKEN, True)
    assert name_of(trial) != second
    trial.stop()
    assert world.left == ([], [])


@pytest.mark.parametrize(
    "state", [HEALTHY, BROKEN, RESTORED, State("solution", "x"), State("shortcut", "x"), NOT_BEGUN]
)
def test_every_state_says_what_it_expects(state: State) -> None:
    text = expectation(state)
    assert text.fr != text.en
    assert ("red" in text.en) == (state.name in {"broken", "not-begun", "shortcut"})


def test_a_solution_from_a_healthy_lab_breaks_it_first(trial: Trial, world: World) -> None:
    trial.repair(trial.plan.solutions[1], world.progress, lambda _: None)
    cables = [done.split()[1:3] for done in world.fabric.done if done.startswith("cable")]
    assert len(cables) >= 5, "three faults, then two cables of the solution"
    assert (trial.state, trial.check().sound) == (State("solution", "second"), True)


def test_breaking_a_broken_lab_reverts_first(trial: Trial, world: World) -> None:
    trial.give(world.progress)
    first = name_of(trial)
    trial.give(world.progress)
    assert (trial.state, name_of(trial), trial.check().sound) == (BROKEN, first, True)
    assert len(world.records.get(first).faults) == 3


def test_healing_a_repaired_lab_begins_anew(trial: Trial, world: World) -> None:
    trial.repair(trial.plan.shortcuts[0], world.progress, lambda _: None)
    first = name_of(trial)
    trial.heal(world.progress)
    assert (trial.state, trial.check().sound) == (HEALTHY, True)
    assert name_of(trial) != first


def test_what_is_wrong_is_said_as_the_proof_says_it(trial: Trial, world: World, grader: Grader) -> None:
    trial.give(world.progress)
    grader.harmed = True
    assert [v.kind for v in trial.check().verdicts] == ["guard-red"]
    trial.repair(trial.plan.solutions[0], world.progress, lambda _: None)
    assert [v.kind for v in trial.check().verdicts] == ["not-repaired"]
    grader.harmed = False
    world.fabric.on("/bin/bash -s", status=3, stderr="no such command\n")
    trial.repair(trial.plan.solutions[0], world.progress, lambda _: None)
    assert [v.kind for v in trial.check().verdicts] == ["step-failed"]


def test_a_change_is_judged_as_in_the_proof(trial: Trial, world: World, grader: Grader) -> None:
    trial.repair(trial.plan.solutions[0], world.progress, lambda _: None)
    grader.differences = (EXPLAINED, FORBIDDEN, UNEXPLAINED)
    stage = trial.check()
    assert ([v.kind for v in stage.verdicts], stage.sound) == (["change-left", "change-learnt"], False)
    assert "leaves a change that is forbidden: The firewall lets everything through." in stage.verdicts[0].text.en
    assert "La preuve apprend de la solution « reference » : ssh ne démarre plus." in stage.verdicts[1].text.fr
    grader.differences = (UNEXPLAINED,)
    assert trial.check().sound, "it is only learnt"
    grader.differences = (EXPLAINED,)
    assert trial.check().sound


def test_trouble_of_the_grader_is_told_and_ends_nothing(trial: Trial, grader: Grader) -> None:
    grader.trouble = LabError(same("the grader lost its way"))
    assert [v.kind for v in trial.check().verdicts] == ["trouble"]
    grader.trouble = None
    assert trial.check().sound


def test_a_fault_that_takes_no_effect_is_told_and_the_next_try_begins_anew(
    trial: Trial, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = name_of(trial)
    with monkeypatch.context() as patched:
        patched.setattr(world.fabric, "set_port", lambda *_args, **_more: None)
        trial.give(world.progress)
        assert "no-fault" in [v.kind for v in trial.check().verdicts]
        trial.repair(trial.plan.solutions[0], world.progress, lambda _: None)
        assert trial.state == BROKEN, "there is nothing to repair"
    trial.give(world.progress)
    assert trial.check().sound
    assert name_of(trial) != first


def test_a_revert_that_fails_is_told_and_breaking_begins_anew(
    trial: Trial, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_driver: object) -> None:
        raise LabError(same("it would not go back"))

    trial.give(world.progress)
    first = name_of(trial)
    with monkeypatch.context() as patched:
        patched.setattr("orchestrator.instances.lifecycle.Instances.revert", lambda _self, driver: refuse(driver))
        trial.heal(world.progress)
        assert "not-reverted" in [v.kind for v in trial.check().verdicts]
        trial.give(world.progress)
        second = name_of(trial)
        trial.give(world.progress)
    assert len({first, second, name_of(trial)}) == 3
    assert (trial.state, trial.check().sound) == (BROKEN, True)


def test_checks_are_read_again(trial: Trial, world: World) -> None:
    trial.give(world.progress)
    world.edit(f"{SCENARIO}/checks/test_network.py", "pc1 has another name", "pc1 is called otherwise")
    before = trial.plan.digest
    trial.reload((f"{SCENARIO}/checks/test_network.py",), world.progress)
    assert trial.plan.digest != before
    assert (trial.state, trial.check().sound, trial.outdated) == (BROKEN, True, False)


def test_another_fault_takes_the_place_of_the_old_one(trial: Trial, world: World) -> None:
    trial.give(world.progress)
    first = name_of(trial)
    world.edit(f"{SCENARIO}/scenario.yaml", "  - {fault: link-unplugged, parameters: {host: pc2}}\n", "")
    trial.reload(("scenario.yaml",), world.progress)
    assert (trial.state, name_of(trial)) == (BROKEN, first)
    assert [fault.fault for fault in world.records.get(first).faults] == ["link-wrong-segment"] * 2
    assert all(cable.plugged for cable in world.fabric.cables.values())
    assert trial.check().sound


def test_a_mistake_keeps_the_last_good_files(trial: Trial, world: World) -> None:
    trial.give(world.progress)
    plan = trial.plan
    world.edit(f"{SCENARIO}/scenario.yaml", "kind: fault", "kindd: fault")
    trial.reload(("scenario.yaml",), world.progress)
    assert any("kindd" in problem.text.en for problem in trial.problems)
    assert all(problem.place.line for problem in trial.problems if "kindd" in problem.text.en)
    assert trial.plan is plan
    assert trial.check().sound
    world.edit(f"{SCENARIO}/scenario.yaml", "kindd: fault", "kind: fault")
    trial.reload(("scenario.yaml",), world.progress)
    assert trial.problems == ()


def test_a_lab_that_does_not_exist_is_a_mistake_as_well(trial: Trial, world: World) -> None:
    world.edit(f"{SCENARIO}/scenario.yaml", "lab: pair", "lab: pear")
    trial.reload(("scenario.yaml",), world.progress)
    assert "pear" in trial.problems[0].text.en
    assert trial.plan.lab == "pair"


def test_a_changed_lab_waits_for_a_reset(trial: Trial, world: World) -> None:
    world.edit("labs/pair/lab.yaml", "memory: 96M", "memory: 80M")
    trial.reload(("lab.yaml",), world.progress)
    assert trial.outdated
    assert trial.check().sound
    trial.start(world.progress)
    assert (trial.outdated, bool(trial.running)) == (False, True)
    assert trial.running
    assert {host.memory for host in trial.running.plan.hosts} >= {80 << 20}


def test_a_task_is_not_broken(world: World, make: Make) -> None:
    world.edit(f"{SCENARIO}/scenario.yaml", "kind: fault", "kind: task")
    path = world.root / SCENARIO / "scenario.yaml"
    head, _, rest = path.read_text().partition("faults:\n")
    path.write_text(head + "hints:\n" + rest.partition("hints:\n")[2])
    trial = make()
    trial.start(world.progress)
    assert trial.given == NOT_BEGUN
    trial.give(world.progress)
    assert trial.state == NOT_BEGUN
    assert [v.kind for v in trial.check().verdicts] == ["blind"], "the cables are in from the start"
    first = name_of(trial)
    trial.repair(trial.plan.solutions[0], world.progress, lambda _: None)
    assert (trial.state.name, name_of(trial)) == ("solution", first)
    trial.give(world.progress)
    assert trial.state == NOT_BEGUN
    assert name_of(trial) != first
    trial.heal(world.progress)
    assert trial.state == HEALTHY
    assert trial.check().sound


def test_a_scenario_with_a_mistake_is_refused_at_once(world: World, make: Make) -> None:
    world.edit(f"{SCENARIO}/scenario.yaml", "difficulty: 1", "difficulty: 9")
    with pytest.raises(ContentError):
        make()
    assert world.left == ([], [])


def test_a_lab_that_does_not_come_up_leaves_none(trial: Trial, world: World) -> None:
    world.fabric.on("systemctl is-active *", status=3)
    with pytest.raises(LabError):
        trial.start(world.progress)
    assert trial.running is None
    assert world.left == ([], [])
    assert [v.kind for v in trial.check().verdicts] == ["trouble"]
    world.fabric.on("systemctl is-active *")
    trial.give(Told())
    assert trial.check().sound


def test_the_folders_that_are_watched(trial: Trial, world: World) -> None:
    assert trial.folders() == (world.root / SCENARIO, world.root / "labs/pair", world.root / "faults")


def test_a_bare_lab_has_its_health_only(world: World, grader: Grader) -> None:
    trial = Trial(TrialSubject(world.labs, lambda labs: labs.plans.of_lab("pair"), (world.root,), lambda _: ()))
    trial.start(world.progress)
    assert trial.given == HEALTHY
    trial.give(world.progress)
    assert trial.check().sound
    assert grader.files == ["test_healthy.py"]


def test_stages_can_be_told_as_json(trial: Trial) -> None:
    document = trial.check().to_document()
    assert Stage.from_document(document).sound
    assert dataclasses.replace(Stage.from_document(document), seconds=0).name == "healthy"
