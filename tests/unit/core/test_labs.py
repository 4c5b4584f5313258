"""What the command line asks of labs: plans, instances found again, grading, hints, solutions."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from grader.job import GradeRequest, Selection
from grader.report import CheckResult, Report
from orchestrator.access.lab_driver import LabDriver
from orchestrator.core.errors import LabError, MachineError, UsageError
from orchestrator.core.text import Text, same
from orchestrator.engine.engine_interface import ContainerSpec
from orchestrator.fabric.container import HELPER, SOCKET
from orchestrator.fabric.fabric_interface import HostActivity, HostRef, ObjectChange
from orchestrator.instances.instance_records import InstanceRecord
from orchestrator.instances.lifecycle import Instances
from orchestrator.instances.locks import BusyError
from orchestrator.labs import Running, carry_out, lab_grading
from orchestrator.loader.content import Content
from orchestrator.model.scenario import CableStep, DeviceStep, FileStep, RebootStep, ScriptStep, Step

if TYPE_CHECKING:
    from tests.unit.core.conftest import Machines, World

SCENARIO = "scenarios/1.3-network-connection/moved-desks/scenario.yaml"
TELL = Text(fr="Faire", en="Do")


@pytest.fixture
def running(world: World) -> Running:
    """A broken instance of the scenario, seed 7."""
    return world.labs().start(world.plan(), world.progress)


# Plans and instances --------------------------------------------------------------------------------------


def test_a_plan_is_of_its_seed_and_starts_nothing(world: World) -> None:
    labs = world.labs()
    assert labs.plan("moved-desks", 7) == labs.plan("moved-desks", 7)
    assert labs.plan("moved-desks", 7).values["old"] != labs.plan("moved-desks", 8).values["old"]
    assert world.left == ([], [])
    assert world.built == []


def test_only_the_images_of_the_lab_are_built(world: World, running: Running) -> None:
    assert world.built == [("host", "router")]
    assert running.instance.whole
    assert set(running.images) == {"host", "router"}


def test_a_running_instance_gives_its_plan_back(world: World, running: Running) -> None:
    again = world.labs().running(None)
    assert again == running
    assert again.plan.seed == 7
    assert not world.labs().stale(again)


def test_a_bare_lab_is_found_too(world: World) -> None:
    labs = world.labs()
    started = labs.start(labs.plan_of_lab("pair"), world.progress)
    assert world.labs().running(started.instance.name) == started
    assert started.plan.scenario is None
    assert not [line for line in world.fabric.done if line.startswith("cable")]


@pytest.mark.parametrize("name", [SCENARIO, "labs/pair/lab.yaml"])
def test_an_instance_whose_content_changed_is_stale(world: World, name: str) -> None:
    world.edit(name, "contract: 1", "contract: 1 #")
    running = world.labs().start(world.plan(), world.progress)
    assert not world.labs().stale(world.labs().running(None))
    world.edit(name, "contract: 1 #", "contract: 1")
    seen = world.labs().running(None)
    assert world.labs().stale(seen)
    assert seen.instance == running.instance


def test_content_is_found_where_the_instance_was_started_from(world: World, running: Running, tmp_path: Path) -> None:
    """``--content`` need not be given again to each command."""
    elsewhere = tmp_path / "elsewhere"
    for folder in ("labs", "scenarios", "images"):
        (elsewhere / folder).mkdir(parents=True)
    labs = world.labs(Content((elsewhere,)))
    assert labs.running(None).plan == running.plan
    world.records.put(InstanceRecord(running.instance.name, roots=(str(tmp_path / "gone"),)))
    with pytest.raises(UsageError, match="moved-desks"):
        labs.running(None)


def test_a_reset_keeps_the_seed_and_breaks_anew(world: World, running: Running) -> None:
    labs = world.labs()
    labs.apply(running, running.plan.solutions[0], lambda _: None)
    labs.hint(running)
    healthy = dict(world.fabric.cables)
    reset = labs.reset(running, world.progress)
    assert reset.plan == running.plan
    assert reset.instance.seed == 7
    assert reset.instance.name == running.instance.name
    assert reset.instance.identity != running.instance.identity
    assert [i.name for i in world.instances.all()] == [reset.instance.name], "the old one is gone"
    assert world.fabric.cables != healthy
    assert labs.hint(reset)[0] == 1
    assert len(world.records.get(running.instance.name).faults) == len(running.plan.faults), "those of the old one"


def test_a_reset_for_which_something_is_lacking_leaves_the_lab_as_it_is(
    world: World, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An image was removed and there is no network: what a trainee has done so far must not be lost for nothing."""
    before = world.left, world.records.get(running.instance.name)

    def refuse(*_: object) -> dict[str, str]:
        raise MachineError(same("no registry answers"))

    with monkeypatch.context() as patch:
        patch.setattr(world, "build", refuse)
        labs = world.labs()
        with pytest.raises(MachineError, match="registry"):
            labs.reset(running, world.progress)
    with monkeypatch.context() as patch:
        patch.setattr(Instances, "prepare", refuse)
        with pytest.raises(MachineError, match="registry"):
            world.labs().reset(running, world.progress)
    assert (world.left, world.records.get(running.instance.name)) == before
    assert world.instances.find(None) == running.instance
    assert not world.labs().cut_off(running.instance)


def test_stopping_leaves_nothing(world: World, running: Running) -> None:
    world.labs().discard(running.instance)
    assert world.left == ([], [])


# Grading --------------------------------------------------------------------------------------------------


@pytest.fixture
def graded(monkeypatch: pytest.MonkeyPatch) -> list[GradeRequest]:
    """The requests that reach the grader, which says nothing of interest."""
    requests: list[GradeRequest] = []

    def grade(request: GradeRequest, *, on_result: Any = None, **_: object) -> Report:  # noqa: ANN401
        assert on_result is noticed
        requests.append(request)
        return Report(request.facts.instance, request.scenario, request.seed, request.digest, "", 0.0, ())

    monkeypatch.setattr(lab_grading, "grade", grade)
    return requests


def noticed(_: object) -> None:
    """A listener for results."""


def test_a_check_grades_with_the_scenarios_checks(world: World, running: Running, graded: list[GradeRequest]) -> None:
    report = world.labs().check(running, on_result=noticed)
    (request,) = graded
    assert request.files == running.plan.checks
    assert (report.instance, request.seed, request.digest) == (running.instance.name, 7, running.plan.digest)
    assert request.fabric.factory == "orchestrator.fabric.client:FabricClient"
    assert request.fabric.arguments == {"socket_path": str(SOCKET)}
    assert request.device is not None
    assert request.device.arguments == {"devices": {"r1": {"type": "cisco_ios", "user": "admin", "password": "admin"}}}
    assert request.fabric.load().__name__ == "FabricClient"
    assert callable(request.device.make())
    assert GradeRequest.from_json(request.to_json()) == request


def test_a_selection_reaches_the_grader(world: World, running: Running, graded: list[GradeRequest]) -> None:
    selection = Selection(("test_a.py::test_x",), until_red=True)
    world.labs().check(running, selection=selection, on_result=noticed)
    world.labs().check(running, on_result=noticed)
    world.labs().health(running, on_result=noticed)
    assert [request.selection for request in graded] == [selection, Selection(), Selection()]


def test_health_grades_with_the_labs_own(world: World, running: Running, graded: list[GradeRequest]) -> None:
    world.labs().health(running, on_result=noticed)
    assert graded[0].files == running.plan.health
    assert [f.name for f in graded[0].files] == ["test_healthy.py"]


def test_a_bare_lab_has_nothing_to_repair(world: World, graded: list[GradeRequest]) -> None:
    labs = world.labs()
    running = labs.start(labs.plan_of_lab("pair"), world.progress)
    with pytest.raises(UsageError, match=running.instance.name) as raised:
        labs.check(running, on_result=noticed)
    assert "rien à réparer" in raised.value.text.fr
    labs.health(running, on_result=noticed)
    assert len(graded) == 1


def test_what_was_cut_off_is_not_graded(world: World, running: Running, graded: list[GradeRequest]) -> None:
    labs = world.labs()
    assert not labs.cut_off(running.instance)
    record = world.records.get(running.instance.name)
    world.records.put(dataclasses.replace(record, started=False))
    assert labs.cut_off(running.instance)
    with pytest.raises(LabError, match="cut off") as raised:
        labs.check(running, on_result=noticed)
    assert raised.value.hint is not None
    assert "breakfix reset" in raised.value.hint.fr
    assert graded == []


def green(request: GradeRequest, **_: object) -> Report:
    result = CheckResult("test_x.py::web", "symptom", 1, None, same("web"), "pass")
    facts = (request.facts.instance, request.scenario, request.seed, request.digest)
    return Report(*facts, "", 0.0, (result,))


@pytest.fixture
def new_file(world: World, running: Running, monkeypatch: pytest.MonkeyPatch) -> ObjectChange:
    """A file that is new in a host where every check is green, and every cable back in its place."""
    monkeypatch.setattr(lab_grading, "grade", green)
    for host in ("pc1", "pc2"):
        world.labs().move_cable(HostRef(running.instance.name, host), "eth0", plugged=True, segment="office")
    entry = {"kind": "file", "mode": "0644", "owner": "0:0", "content": "x"}
    world.fabric.changes = [ObjectChange(running.plan.hosts[0].name, "files", "/etc/x", {}, entry)]
    return world.fabric.changes[0]


@pytest.mark.parametrize("giving_way", [False, True])
def test_a_check_tells_what_differs_from_the_sound_state(
    world: World, running: Running, new_file: ObjectChange, giving_way: bool
) -> None:
    report = world.labs().check(running, giving_way=giving_way)
    assert [(one.host, one.object, one.standing) for one in report.differences] == [
        (new_file.host, "/etc/x", "unexplained")
    ]
    assert world.labs().health(running).differences == (), "nothing is repaired there"


def test_a_check_tells_of_a_cable_that_is_out(world: World, running: Running, new_file: ObjectChange) -> None:
    world.labs().move_cable(HostRef(running.instance.name, "pc2"), "eth0", plugged=False)
    told = [(one.host, one.provider, one.object) for one in world.labs().check(running).differences]
    assert told == [("pc1", "files", new_file.object), ("pc2", "cables", "eth0")]


def test_a_check_tells_of_a_host_that_was_switched_off(world: World, running: Running, new_file: ObjectChange) -> None:
    off = next(host for host in running.instance.hosts if host.name != new_file.host)
    world.engine.stop(off.container, grace=0)
    report = world.labs().check(running)
    assert [(one.host, one.standing) for one in report.differences] == [
        (off.name, "forbidden"),
        (new_file.host, "unexplained"),
    ]


def test_who_hears_the_results_hears_that_the_sound_state_is_not_known(
    world: World, running: Running, new_file: ObjectChange
) -> None:
    del world.fabric.kept[HostRef(running.instance.name, new_file.host)]
    heard: list[CheckResult] = []
    report = world.labs().check(running, on_result=heard.append)
    assert report.verdict == "not_valid"
    assert [(one.id, one.outcome) for one in heard] == [("sound-state", "error")]
    assert heard[0] in report.results


def test_the_sound_state_is_kept_before_the_fault(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = dict(world.fabric.cables)
    seen: list[bool] = []
    keep = world.fabric.keep_states

    def watch(*arguments: Any, **more: Any) -> None:  # noqa: ANN401 - as the fabric's
        seen.append(world.fabric.cables == planned)
        keep(*arguments, **more)

    monkeypatch.setattr(world.fabric, "keep_states", watch)
    instance = world.start()
    assert seen == [True]
    assert world.fabric.cables != planned
    assert {ref.host for ref in world.fabric.kept if ref.instance == instance.name} == {"pc1", "pc2", "r1"}


TRAINEE = """
import sys
from pathlib import Path
from orchestrator.instances.locks import Locks
with Locks(Path(sys.argv[1]), patience=0).exclusive(sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""
"""Locks a lab as ``check`` does; patience it has none."""


@contextmanager
def trainee_at_work(world: World, running: Running) -> Iterator[None]:
    command = [sys.executable, "-c", TRAINEE, str(world.state.parent / "lock"), running.instance.name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n", "it did not get the lock at once"
        try:
            yield
        finally:
            process.kill()


def test_a_grading_that_gives_way_ends_when_a_trainee_s_begins(
    world: World, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    def grade(request: GradeRequest, *, go_on: Callable[[], None], **_: object) -> Report:
        begun.append(request.facts.instance)
        go_on()
        with trainee_at_work(world, running):
            go_on()
        raise AssertionError

    monkeypatch.setattr(lab_grading, "grade", grade)
    with pytest.raises(BusyError):
        world.labs().check(running, giving_way=True)
    assert begun == [running.instance.name]
    with trainee_at_work(world, running), pytest.raises(BusyError):
        world.labs().check(running, giving_way=True)
    assert begun == [running.instance.name], "it did not even begin"


def test_a_grading_that_gives_way_is_of_the_lab_that_was_there(
    world: World, running: Running, graded: list[GradeRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    labs = world.labs()
    assert labs.check(running, giving_way=True, on_result=noticed).instance == running.instance.name
    assert len(graded) == 1

    def grade(request: GradeRequest, **_: object) -> Report:
        labs.reset(running, world.progress)
        return Report(request.facts.instance, request.scenario, request.seed, request.digest, "", 0.0, ())

    monkeypatch.setattr(lab_grading, "grade", grade)
    with pytest.raises(LabError, match="stopped or reset"):
        labs.check(running, giving_way=True)


def test_the_processor_of_gradings_is_the_graders_and_the_helper_s(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(LabError):
        world.labs().processor_time()
    helper = world.engine.create(ContainerSpec(name=HELPER, image="breakfix/fabric:1", labels={}))
    monkeypatch.setattr(lab_grading, "processor_time", lambda: 1.5)
    monkeypatch.setattr(lab_grading, "container_processor_time", {helper: 0.25}.__getitem__)
    assert world.labs().processor_time() == 1.75


def test_a_passing_look_asks_of_the_hosts_that_run(world: World, running: Running) -> None:
    world.fabric.on("activity", host="pc2", stdout='{"typed": 5.0}')
    world.engine.stop(next(h.container for h in running.instance.hosts if h.name == "r1"), grace=0)
    name = running.instance.name
    found = world.labs().activity(world.labs().all())
    assert found == {
        HostRef(name, "pc1"): HostActivity(runs=True, booted=True),
        HostRef(name, "pc2"): HostActivity(runs=True, booted=True, typed=5.0),
    }
    assert [call.command for call in world.fabric.calls][-2:] == ["activity", "activity"]


def test_a_passing_look_starts_no_helper(world: World, running: Running) -> None:
    def silent() -> Machines:
        raise MachineError(same("the helper does not answer"))

    opened: list[Machines] = []

    def helper() -> Machines:
        opened.append(world.fabric)
        return world.fabric

    instances = Instances(world.engine, silent, world.records, world.locks, "alice", helper=helper)
    instances.close()
    for _ in range(2):
        assert {ref.host for ref in instances.activity([running.instance])} == {"pc1", "pc2", "r1"}
    assert len(opened) == 1, "one connection, over which the helper knows the hosts"
    instances.close()
    assert world.fabric.closed


def test_what_one_user_started_another_may_grade(world: World, running: Running, graded: list[GradeRequest]) -> None:
    labs = world.of_another_user().labs()
    assert not labs.cut_off(running.instance)
    labs.check(running, on_result=noticed)
    labs.hint(running)
    labs.check(running, on_result=noticed)
    assert len(graded) == 2, "a record that only counts hints does not say that the start was cut off"
    world.records.remove(running.instance.name)
    world.labs().check(running, on_result=noticed)
    assert len(graded) == 3, "a record that is lost is no reason either"


class Killed(BaseException):
    """The program is killed: nothing is cleared away."""


def killed(*_: object, **__: object) -> None:
    raise Killed


def test_what_one_user_s_start_left_half_done_no_other_may_grade(
    world: World, graded: list[GradeRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All hosts run and are healthy, and the fault is missing: every check would be green."""
    with monkeypatch.context() as patch:
        patch.setattr(world.fabric, "set_port", killed)
        patch.setattr(Instances, "_remove", killed)
        with pytest.raises(Killed):
            world.start()
    other = world.of_another_user()
    for labs in (world.labs(), other.labs()):
        seen = labs.running(None)
        assert seen.instance.whole, "as far as the engine knows"
        assert labs.cut_off(seen.instance)
        with pytest.raises(LabError, match="cut off"):
            labs.check(seen, on_result=noticed)
    other.labs().hint(seen)
    assert other.labs().cut_off(seen.instance), "a hint makes nothing whole"
    assert graded == []
    again = other.labs().reset(seen, world.progress)
    for labs in (world.labs(), other.labs()):
        assert not labs.cut_off(again.instance)


def test_a_stop_that_was_cut_off_is_so_for_everybody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = world.start()
    other = world.of_another_user()
    with monkeypatch.context() as patch:
        patch.setattr(world.engine, "remove", killed)
        with pytest.raises(Killed):
            world.instances.remove(instance.name)
    assert other.labs().cut_off(instance)
    other.instances.remove(instance.name)
    assert world.left[0] == []
    assert world.engine.volumes({}) == ()


# Hints and solutions --------------------------------------------------------------------------------------


def test_hints_come_one_by_one_and_the_last_one_again(world: World, running: Running) -> None:
    user, old = running.plan.values["user"], running.plan.values["old"]
    seen = [world.labs().hint(world.labs().running(None)) for _ in range(3)]
    assert [(number, total) for number, total, _ in seen] == [(1, 2), (2, 2), (2, 2)]
    assert seen[0][2] == Text(fr=f"Demandez à {user.full}", en=f"Ask {user.full}")
    assert seen[1][2] == seen[2][2] == Text(fr=f"L'ancienne adresse : {old}", en=f"The old address: {old}")
    record = world.records.get(running.instance.name)
    assert record.hints_shown == 2
    assert len(record.faults) == 3, "what is known of the faults is kept"


def test_each_instance_counts_its_own_hints(world: World, running: Running) -> None:
    labs = world.labs()
    labs.hint(running)
    other = labs.start(world.plan(), world.progress)
    assert labs.hint(other)[0] == 1
    assert labs.hint(running)[0] == 2


def test_hints_go_on_without_a_record(world: World, running: Running) -> None:
    world.records.remove(running.instance.name)
    assert [world.labs().hint(running)[0] for _ in range(2)] == [1, 2]


def test_a_bare_lab_has_no_hints(world: World) -> None:
    labs = world.labs()
    running = labs.start(labs.plan_of_lab("pair"), world.progress)
    with pytest.raises(UsageError, match="no hints"):
        labs.hint(running)


def test_what_was_broken_is_told_fault_by_fault(world: World, running: Running) -> None:
    told = world.labs().explain(running)
    assert [text.en for text in told] == [
        "The cable of pc1 led to the segment 'servers'.",
        "The cable of pc2 led to the segment 'servers'.",
        "The network cable of pc2 (eth0) was unplugged.",
    ]


def test_a_solution_is_done_step_by_step(world: World, running: Running) -> None:
    world.fabric.on("/bin/bash -s", stdout="eth0: rebinding\n")
    world.fabric.done.clear()
    told: list[tuple[str, int]] = []
    done = world.labs().apply(
        running, running.plan.solutions[0], lambda step: told.append((step.tell.en, len(world.fabric.done)))
    )
    assert world.fabric.done == [
        "cable pc1 eth0 segment=office",
        "cable pc2 eth0 plugged=True segment=office",
        "pc1: /bin/bash -s",
    ]
    assert told == [("Cable 1", 0), ("Cable 2", 1), ("Renew", 2)], "each step is told before it is done"
    assert [(t.status, t.output) for t in done] == [(0, ""), (0, ""), (0, "eth0: rebinding\n")]
    assert [t.step for t in done] == list(running.plan.solutions[0].steps)


def test_a_step_that_fails_does_not_stop_the_rest(world: World, running: Running) -> None:
    world.fabric.on("/bin/bash -s", status=2, stdout="out", stderr="err")
    solution = running.plan.solutions[0]
    failing = dataclasses.replace(solution, steps=(solution.steps[2], solution.steps[0]))
    done = world.labs().apply(running, failing, lambda _: None)
    assert [(t.status, t.output) for t in done] == [(2, "outerr"), (0, "")]
    assert world.fabric.done[-1] == "cable pc1 eth0 segment=office"


def step(**action: Any) -> Step:  # noqa: ANN401 - one of a step's actions
    return Step(tell=TELL, **action)


@pytest.mark.parametrize(
    ("typed", "done"),
    [
        (step(cable=CableStep(host="pc1", interface="eth0", plug=False)), ["cable pc1 eth0 plugged=False"]),
        (step(cable=CableStep(host="pc1", interface="eth0", segment="office")), ["cable pc1 eth0 segment=office"]),
        (
            step(cable=CableStep(host="pc1", interface="eth0", replace=True)),
            ["cable pc1 eth0 plugged=False", "cable pc1 eth0 plugged=True mtu=1500 rate=0 loss=0"],
        ),
        (step(shell=ScriptStep(host="pc2", script="id\n")), ["pc2: /bin/bash -s"]),
        (
            step(file=FileStep(host="r1", path="/etc/x", content="é\n", mode="0600")),
            ["r1: dd of=/etc/x status=none", "r1: chmod 0600 -- /etc/x"],
        ),
        (step(reboot=RebootStep(host="r1")), ["ready r1"]),
    ],
    ids=["unplug", "move", "replace", "shell", "file", "reboot"],
)
def test_each_kind_of_step_is_carried_out(driver: LabDriver, world: World, typed: Step, done: list[str]) -> None:
    world.fabric.on("/bin/bash -s")
    world.fabric.on("chmod *")
    outcome = carry_out(driver, typed)
    assert world.fabric.done == done
    assert (outcome.step, outcome.status, outcome.output) == (typed, 0, "")
    if typed.shell:
        assert world.fabric.typed == [("pc2", b"id\n")]
    if typed.file:
        assert world.fabric.files["r1", "/etc/x"] == "é\n".encode()
    if typed.reboot:
        assert world.engine.steps[-1] == ("restart", "r1")


def test_a_devices_dialogue_is_the_steps_output(driver: LabDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    entered: list[tuple[tuple[str, ...], bool]] = []

    class Session:
        def configure(self, lines: Sequence[str], *, save: bool) -> str:
            entered.append((tuple(lines), save))
            return "r1(config)# no shutdown"

    @contextmanager
    def open_device(*_: object) -> Iterator[Session]:
        yield Session()

    monkeypatch.setattr("orchestrator.access.network_device.open_device", open_device)
    lines = ("interface eth0", "no shutdown")
    assert carry_out(driver, step(device=DeviceStep(host="r1", lines=lines))).output == "r1(config)# no shutdown"
    carry_out(driver, step(device=DeviceStep(host="r1", lines=lines, save=False)))
    assert entered == [(lines, True), (lines, False)]


def test_a_step_on_a_host_that_is_not_there_is_an_error(driver: LabDriver) -> None:
    with pytest.raises(LabError, match="pc9"):
        carry_out(driver, step(reboot=RebootStep(host="pc9")))
    with pytest.raises(LabError, match="eth9"):
        carry_out(driver, step(cable=CableStep(host="pc1", interface="eth9", plug=True)))


def test_a_start_that_fails_while_resetting_leaves_nothing(
    world: World, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise LabError(same("no"))

    monkeypatch.setattr(world.fabric, "wait_ready", refuse)
    with pytest.raises(LabError):
        world.labs().reset(running, world.progress)
    assert world.left == ([], [])
