"""The helper's two containers: made with exactly their rights, replaced only where they must be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from orchestrator.core import labels
from orchestrator.core.errors import LabError, MachineError
from orchestrator.core.text import same
from orchestrator.engine.engine_interface import Container, ContainerSpec, EngineInfo
from orchestrator.fabric import container as module
from orchestrator.fabric import reaper
from orchestrator.fabric.client import FabricClient
from orchestrator.fabric.container import (
    HELPER,
    PAUSE,
    SHIM_GROUP,
    SOCKET,
    STATE_VOLUME,
    docker_socket,
    ensure,
    remove,
)
from tests.fakes.engine import FakeEngine

IMAGE, NEWER = "breakfix/fabric:1", "breakfix/fabric:2"


class Engine(FakeEngine):
    """An engine that lets another Breakfix act just before one of its calls."""

    def __init__(self, *options: str) -> None:
        super().__init__(info=EngineInfo("28.0.0", 2, "overlay2", options, ("runc",), 2, 4 << 30))
        self.meanwhile: dict[int, Callable[[], object]] = {}
        """What happens just before the call of a number, once."""
        self.calls = 0
        self.steps: list[str] = []
        for image in (IMAGE, NEWER):
            self.add_image(image)

    def _call(self) -> None:
        self.calls += 1
        self.meanwhile.pop(self.calls, lambda: None)()

    def info(self) -> EngineInfo:
        self._call()
        return super().info()

    def container(self, container: str) -> Container:
        self._call()
        return super().container(container)

    def create_volume(self, name: str, labels: Mapping[str, str]) -> None:
        self._call()
        super().create_volume(name, labels)

    def create(self, spec: ContainerSpec) -> str:
        self._call()
        self.steps.append(f"create {spec.name}")
        return super().create(spec)

    def start(self, container: str) -> None:
        self._call()
        self.steps.append(f"start {self.spec(container).name}")
        super().start(container)

    def remove(self, container: str) -> None:
        self._call()
        self.steps.append(f"remove {self.spec(container).name}")
        super().remove(container)


@pytest.fixture
def engine() -> Engine:
    return Engine("name=seccomp")


@pytest.fixture(autouse=True)
def answering(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """No helper runs behind the fake's containers: what would ask it is told that it answers, and noted."""
    asked: list[str] = []

    class Client(FabricClient):
        def ping(self) -> None:
            asked.append(self._path)

    monkeypatch.setattr(module, "FabricClient", Client)
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    return asked


def both(engine: Engine) -> tuple[Container, Container]:
    return engine.container(PAUSE), engine.container(HELPER)


def test_where_nothing_is_both_are_made(engine: Engine, answering: list[str]) -> None:
    assert isinstance(ensure(engine, IMAGE), FabricClient)
    assert answering == [str(SOCKET)]
    pause, helper = both(engine)
    assert (pause.state, helper.state) == ("running", "running")
    assert engine.steps == [f"create {PAUSE}", f"start {PAUSE}", f"create {HELPER}", f"start {HELPER}"]
    assert engine.volumes({labels.KIND: "state"}) == (STATE_VOLUME,)


def test_a_helper_that_is_only_asked_is_not_started(engine: Engine, answering: list[str]) -> None:
    module.as_it_is().ping()
    assert answering == [str(SOCKET)]
    assert engine.steps == []


def test_the_pause_container_can_do_nothing(engine: Engine) -> None:
    ensure(engine, IMAGE)
    assert engine.spec(PAUSE) == ContainerSpec(
        name=PAUSE,
        image=IMAGE,
        labels={labels.KIND: "pause"},
        command=("sleep", "infinity"),
        drop_capabilities=("ALL",),
        read_only=True,
        shim_group=SHIM_GROUP,
    )


HELPER_SPEC = ContainerSpec(
    name=HELPER,
    image=IMAGE,
    labels={labels.KIND: "fabric", labels.FINGERPRINT: IMAGE},
    pid_mode="host",
    cgroup_namespace="host",
    privileged=True,
    cpu_shares=16384,
    shim_group=SHIM_GROUP,
    binds={
        "/sys/fs/cgroup": ("/sys/fs/cgroup", False),
        "/var/run/docker.sock": ("/run/docker.sock", False),
        "/run/breakfix": ("/run/breakfix", False),
        STATE_VOLUME: ("/var/lib/breakfix", False),
    },
)
"""The one privileged container, and nothing of the machine besides what it needs."""


def test_the_helper_has_exactly_its_rights(engine: Engine) -> None:
    ensure(engine, IMAGE)
    assert engine.spec(HELPER) == HELPER_SPEC


def test_with_apparmor_the_helper_can_load_a_profile() -> None:
    engine = Engine("name=apparmor", "name=seccomp")
    ensure(engine, IMAGE)
    binds = {**HELPER_SPEC.binds, "/sys/kernel/security": ("/sys/kernel/security", False)}
    assert engine.spec(HELPER).binds == binds


@pytest.mark.parametrize(
    ("environment", "path"),
    [
        ({}, "/var/run/docker.sock"),
        ({"DOCKER_HOST": ""}, "/var/run/docker.sock"),
        ({"DOCKER_HOST": "unix:///run/user/1000/docker.sock"}, "/run/user/1000/docker.sock"),
    ],
)
def test_the_socket_is_docker_s(environment: dict[str, str], path: str) -> None:
    assert docker_socket(environment) == path


def test_what_runs_with_the_same_image_is_left_alone(engine: Engine, answering: list[str]) -> None:
    ensure(engine, IMAGE)
    engine.steps.clear()
    ensure(engine, IMAGE)
    assert engine.steps == []
    assert len(answering) == 2, "it is asked all the same"


def test_another_image_replaces_the_helper_alone(engine: Engine) -> None:
    """The cables live in the pause container's network namespace: running labs keep theirs."""
    ensure(engine, IMAGE)
    pause, helper = both(engine)
    engine.steps.clear()
    ensure(engine, NEWER)
    assert engine.steps == [f"remove {HELPER}", f"create {HELPER}", f"start {HELPER}"]
    again, newer = both(engine)
    assert again == pause
    assert newer.id != helper.id
    assert (newer.image, newer.labels[labels.FINGERPRINT]) == (NEWER, NEWER)


@pytest.mark.parametrize("how", ["stop", "remove"])
def test_a_helper_that_does_not_run_is_replaced(engine: Engine, how: str) -> None:
    ensure(engine, IMAGE)
    pause, helper = both(engine)
    getattr(engine, how)(helper.id)
    ensure(engine, IMAGE)
    again, newer = both(engine)
    assert again == pause
    assert newer.id != helper.id
    assert newer.running


@pytest.mark.parametrize("how", ["stop", "remove"])
def test_without_its_pause_container_the_helper_is_replaced_too(engine: Engine, how: str) -> None:
    """It still holds the dead pause container's network namespace."""
    ensure(engine, IMAGE)
    pause, helper = both(engine)
    getattr(engine, how)(pause.id)
    ensure(engine, IMAGE)
    again, newer = both(engine)
    assert again.id != pause.id
    assert newer.id != helper.id
    assert again.running
    assert newer.running


@pytest.mark.parametrize("call", range(1, 12))
def test_another_breakfix_may_come_in_between(engine: Engine, call: int) -> None:
    """Whenever it does all its work between two calls of ours: what it made is used, neither removed nor made twice."""
    made: list[Container] = []

    def other() -> None:
        ensure(engine, IMAGE)
        made.extend(both(engine))

    engine.meanwhile[call] = other
    ensure(engine, IMAGE)
    if not made:
        assert call > engine.calls, "there are no more calls than these"
    else:
        assert both(engine) == tuple(made)
        assert all(container.running for container in made)


@pytest.mark.parametrize("left", [PAUSE, HELPER])
def test_one_that_was_killed_before_starting_what_it_made_is_taken_up(engine: Engine, left: str) -> None:
    """A container that was never started may also be another program's that starts it just now: it is not removed."""
    ensure(engine, IMAGE)
    pause, helper = both(engine)
    spec = engine.spec(left)
    engine.remove(helper.id)
    if left == PAUSE:
        engine.remove(pause.id)
    made = FakeEngine.create(engine, spec)
    ensure(engine, IMAGE)
    assert engine.container(left).id == made
    assert all(container.running for container in both(engine))


def test_a_helper_made_for_a_pause_container_that_is_gone_is_made_anew(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure(engine, IMAGE)
    spec = engine.spec(HELPER)
    engine.remove(engine.container(HELPER).id)
    orphan = FakeEngine.create(engine, spec)
    real = engine.start

    def start(container: str) -> None:
        if container == orphan:
            raise LabError(same("cannot join network of a non running container"))
        real(container)

    monkeypatch.setattr(engine, "start", start)
    ensure(engine, IMAGE)
    _, helper = both(engine)
    assert helper.running
    assert helper.id != orphan


def test_what_the_engine_goes_on_refusing_is_told(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_container: str) -> None:
        raise LabError(same("cannot be started"))

    monkeypatch.setattr(engine, "start", start)
    monkeypatch.setattr(module, "_CONTEST", 0.0)
    with pytest.raises(LabError, match="cannot be started"):
        ensure(engine, IMAGE)


def test_the_other_one_comes_in_everywhere(engine: Engine) -> None:
    """The test of the test: a first start makes no more calls than it looks at."""
    ensure(engine, IMAGE)
    assert 7 <= engine.calls < 12


def test_a_helper_that_never_answers_says_why(engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[float] = []

    def once(condition: Callable[[], bool], *, within: float, every: float = 0) -> bool:  # noqa: ARG001 - no pause
        asked.append(within)
        return condition()

    monkeypatch.setattr(module, "FabricClient", FabricClient)
    monkeypatch.setattr(module, "SOCKET", tmp_path / "absent.sock")
    monkeypatch.setattr(module, "wait_until", once)
    with pytest.raises(MachineError, match=r"absent\.sock"):
        ensure(engine, IMAGE)
    assert asked == [module._CONTEST, module._START_LIMIT, module._START_LIMIT]


def test_a_helper_that_lost_its_socket_is_restarted(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    restarted: list[str] = []

    class Deaf(FabricClient):
        def ping(self) -> None:
            if not restarted:
                raise MachineError(same("no such socket"))

    monkeypatch.setattr(engine, "restart", lambda container, *, grace: restarted.append(f"{container} {grace}"))
    monkeypatch.setattr(module, "FabricClient", Deaf)
    monkeypatch.setattr(module, "SOCKET", tmp_path / "absent.sock")
    monkeypatch.setattr(module, "_START_LIMIT", 0.1)
    ensure(engine, IMAGE)
    assert restarted == [f"{engine.container(HELPER).id} 0"]


def test_a_helper_that_answers_late_is_waited_for(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    pings = 0

    class Slow(FabricClient):
        def ping(self) -> None:
            nonlocal pings
            pings += 1
            if pings < 3:
                raise MachineError(same("not yet"))

    monkeypatch.setattr(module, "FabricClient", Slow)
    ensure(engine, IMAGE)
    assert pings == 3


@pytest.fixture
def left(engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A socket that a killed helper left; only a container can take it away."""
    socket = tmp_path / "fabric.sock"
    socket.touch()
    engine.add_image("breakfix/fabric:2", {labels.IMAGE: "fabric"})
    monkeypatch.setattr(module, "SOCKET", socket)
    monkeypatch.setattr(module, "SOCKET_FOLDER", tmp_path)
    monkeypatch.setattr(reaper, "_DEADLINE", 0.1)
    return socket


def sweep(engine: Engine, left: Path) -> Callable[[str], None]:
    """Return what starts a container, and does what the reaper would."""
    real = engine.start

    def start(container: str) -> None:
        real(container)
        spec = engine.spec(container)
        if spec.command and spec.command[:2] == ("rm", "-f"):
            (source,) = (source for source, (target, _) in spec.binds.items() if target == "/run/breakfix")
            (Path(source) / Path(spec.command[2]).name).unlink()
            assert not left.exists()

    return start


@pytest.mark.parametrize("how", ["stop", "remove"])
def test_the_socket_of_a_killed_helper_is_removed_too(
    engine: Engine, left: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    ensure(engine, NEWER)
    getattr(engine, how)(engine.container(HELPER).id)
    monkeypatch.setattr(engine, "start", sweep(engine, left))
    remove(engine)
    assert not left.exists()
    assert engine.containers({}) == ()


def test_what_takes_the_socket_away_has_no_rights(engine: Engine, left: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ContainerSpec] = []
    real = engine.create

    def create(spec: ContainerSpec) -> str:
        made.append(spec)
        return real(spec)

    monkeypatch.setattr(engine, "create", create)
    FakeEngine.create(
        engine, ContainerSpec("breakfix-reaper-socket", NEWER, {labels.KIND: "reaper"})
    )  # a killed program's
    remove(engine)
    (made_reaper,) = made
    assert (made_reaper.privileged, made_reaper.drop_capabilities, made_reaper.read_only) == (False, ("ALL",), True)
    assert set(made_reaper.binds) == {str(left.parent)}
    assert not made_reaper.restart
    assert engine.containers({}) == (), "also where it could not do its work"


def test_a_socket_without_an_image_is_left(engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "fabric.sock").touch()
    monkeypatch.setattr(module, "SOCKET", tmp_path / "fabric.sock")
    remove(engine)
    assert engine.steps == []


def test_removing_leaves_nothing_of_the_fabric(engine: Engine) -> None:
    ensure(engine, IMAGE)
    engine.add_image("debian:13")
    stranger = FakeEngine.create(engine, ContainerSpec("stranger", "debian:13", {}))
    remove(engine)
    assert [c.id for c in engine.containers({})] == [stranger]
    assert engine.volumes({}) == ()
    remove(engine)
    assert engine.steps[-2:] == [f"remove {HELPER}", f"remove {PAUSE}"]
