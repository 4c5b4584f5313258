"""Grading labs: what reaches the grader, what differs from the sound state, and which labs are not graded."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from grader.job import GradeRequest, Selection
from grader.report import CheckResult, Report
from orchestrator.core.errors import LabError, UsageError
from orchestrator.core.text import same
from orchestrator.engine.engine_interface import ContainerSpec
from orchestrator.fabric.container import HELPER, SOCKET
from orchestrator.fabric.fabric_interface import HostRef, ObjectChange
from orchestrator.instances import lifecycle
from orchestrator.instances.locks import BusyError
from orchestrator.labs import Running, lab_grading

if TYPE_CHECKING:
    from tests.unit.core.conftest import World


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
    report = world.labs().grading.check(running, on_result=noticed)
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
    world.labs().grading.check(running, selection=selection, on_result=noticed)
    world.labs().grading.check(running, on_result=noticed)
    world.labs().grading.health(running, on_result=noticed)
    assert [request.selection for request in graded] == [selection, Selection(), Selection()]


def test_health_grades_with_the_labs_own(world: World, running: Running, graded: list[GradeRequest]) -> None:
    world.labs().grading.health(running, on_result=noticed)
    assert graded[0].files == running.plan.health
    assert [f.name for f in graded[0].files] == ["test_healthy.py"]


def test_a_bare_lab_has_nothing_to_repair(world: World, graded: list[GradeRequest]) -> None:
    labs = world.labs()
    running = labs.lifecycle.start(labs.plans.of_lab("pair"), world.progress)
    with pytest.raises(UsageError, match=running.instance.name) as raised:
        labs.grading.check(running, on_result=noticed)
    assert "rien à réparer" in raised.value.text.fr
    labs.grading.health(running, on_result=noticed)
    assert len(graded) == 1


def test_what_was_cut_off_is_not_graded(world: World, running: Running, graded: list[GradeRequest]) -> None:
    labs = world.labs()
    assert not labs.running.cut_off(running.instance)
    record = world.records.get(running.instance.name)
    world.records.put(dataclasses.replace(record, started=False))
    assert labs.running.cut_off(running.instance)
    with pytest.raises(LabError, match="cut off") as raised:
        labs.grading.check(running, on_result=noticed)
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
        world.labs().running.move_cable(HostRef(running.instance.name, host), "eth0", plugged=True, segment="office")
    entry = {"kind": "file", "mode": "0644", "owner": "0:0", "content": "x"}
    world.fabric.changes = [ObjectChange(running.plan.hosts[0].name, "files", "/etc/x", {}, entry)]
    return world.fabric.changes[0]


@pytest.mark.parametrize("giving_way", [False, True])
def test_a_check_tells_what_differs_from_the_sound_state(
    world: World, running: Running, new_file: ObjectChange, giving_way: bool
) -> None:
    report = world.labs().grading.check(running, giving_way=giving_way)
    assert [(one.host, one.object, one.standing) for one in report.differences] == [
        (new_file.host, "/etc/x", "unexplained")
    ]
    assert world.labs().grading.health(running).differences == (), "nothing is repaired there"


def test_a_check_tells_of_a_cable_that_is_out(world: World, running: Running, new_file: ObjectChange) -> None:
    world.labs().running.move_cable(HostRef(running.instance.name, "pc2"), "eth0", plugged=False)
    told = [(one.host, one.provider, one.object) for one in world.labs().grading.check(running).differences]
    assert told == [("pc1", "files", new_file.object), ("pc2", "cables", "eth0")]


def test_a_check_tells_of_a_host_that_was_switched_off(world: World, running: Running, new_file: ObjectChange) -> None:
    off = next(host for host in running.instance.hosts if host.name != new_file.host)
    world.engine.stop(off.container, grace=0)
    report = world.labs().grading.check(running)
    assert [(one.host, one.standing) for one in report.differences] == [
        (off.name, "forbidden"),
        (new_file.host, "unexplained"),
    ]


def test_who_hears_the_results_hears_that_the_sound_state_is_not_known(
    world: World, running: Running, new_file: ObjectChange
) -> None:
    del world.fabric.kept[HostRef(running.instance.name, new_file.host)]
    heard: list[CheckResult] = []
    report = world.labs().grading.check(running, on_result=heard.append)
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


@pytest.mark.slow
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
        world.labs().grading.check(running, giving_way=True)
    assert begun == [running.instance.name]
    with trainee_at_work(world, running), pytest.raises(BusyError):
        world.labs().grading.check(running, giving_way=True)
    assert begun == [running.instance.name], "it did not even begin"


def test_a_grading_that_gives_way_is_of_the_lab_that_was_there(
    world: World, running: Running, graded: list[GradeRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    labs = world.labs()
    assert labs.grading.check(running, giving_way=True, on_result=noticed).instance == running.instance.name
    assert len(graded) == 1

    def grade(request: GradeRequest, **_: object) -> Report:
        labs.lifecycle.reset(running, world.progress)
        return Report(request.facts.instance, request.scenario, request.seed, request.digest, "", 0.0, ())

    monkeypatch.setattr(lab_grading, "grade", grade)
    with pytest.raises(LabError, match="stopped or reset"):
        labs.grading.check(running, giving_way=True)


def test_the_processor_of_gradings_is_the_graders_and_the_helper_s(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(LabError):
        world.labs().grading.processor_time()
    helper = world.engine.create(ContainerSpec(name=HELPER, image="breakfix/fabric:1", labels={}))
    monkeypatch.setattr(lab_grading, "processor_time", lambda: 1.5)
    monkeypatch.setattr(lab_grading, "container_processor_time", {helper: 0.25}.__getitem__)
    assert world.labs().grading.processor_time() == 1.75


def test_what_one_user_started_another_may_grade(world: World, running: Running, graded: list[GradeRequest]) -> None:
    labs = world.of_another_user().labs()
    assert not labs.running.cut_off(running.instance)
    labs.grading.check(running, on_result=noticed)
    labs.solutions.hint(running)
    labs.grading.check(running, on_result=noticed)
    assert len(graded) == 2, "a record that only counts hints does not say that the start was cut off"
    world.records.remove(running.instance.name)
    world.labs().grading.check(running, on_result=noticed)
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
        patch.setattr(lifecycle, "remove_instance", killed)
        with pytest.raises(Killed):
            world.start()
    other = world.of_another_user()
    for labs in (world.labs(), other.labs()):
        seen = labs.running.planned(None)
        assert seen.instance.whole, "as far as the engine knows"
        assert labs.running.cut_off(seen.instance)
        with pytest.raises(LabError, match="cut off"):
            labs.grading.check(seen, on_result=noticed)
    other.labs().solutions.hint(seen)
    assert other.labs().running.cut_off(seen.instance), "a hint makes nothing whole"
    assert graded == []
    again = other.labs().lifecycle.reset(seen, world.progress)
    for labs in (world.labs(), other.labs()):
        assert not labs.running.cut_off(again.instance)


def test_a_stop_that_was_cut_off_is_so_for_everybody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = world.start()
    other = world.of_another_user()
    with monkeypatch.context() as patch:
        patch.setattr(world.engine, "remove", killed)
        with pytest.raises(Killed):
            world.instances.remove(instance.name)
    assert other.labs().running.cut_off(instance)
    other.instances.remove(instance.name)
    assert world.left[0] == []
    assert world.engine.volumes({}) == ()
