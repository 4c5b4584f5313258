"""What is killed of containers that their engine does not know to run, and by whom."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestrator.core import labels
from orchestrator.core.errors import LabError
from orchestrator.core.text import same
from orchestrator.engine.engine_interface import ContainerSpec, EngineInfo
from orchestrator.fabric import reaper
from orchestrator.fabric.helper import reaper_program
from tests.fakes.engine import FakeEngine

ONE, OTHER = "1" * 64, "2" * 64

Engines = Callable[[bool], FakeEngine]


@contextmanager
def process(*words: str, starts: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    """A process with a command line of its own, which runs, and has started another one if it is asked to."""
    begin = "if os.fork(): print(flush=True)" if starts else "print(flush=True)"
    program = f"import os, sys\n{begin}\nsys.stdin.read()"
    running = subprocess.Popen(
        [words[0], "-c", program, *words[1:]], executable=sys.executable, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert running.stdin
    assert running.stdout
    running.stdout.readline()
    try:
        yield running
    finally:
        running.stdin.close()  # its child ends of that
        running.stdout.close()
        running.kill()
        running.wait()


SHIM = "/usr/bin/containerd-shim-runc-v2"


def test_who_watches_over_a_container_is_killed_and_nobody_else() -> None:
    with (
        process(SHIM, "-namespace", "moby", "-id", ONE, "-address", "/run/c.sock") as watching,
        process(SHIM, "-namespace", "moby", "-id", OTHER, "-address", "/run/c.sock") as of_another,
        process("docker", "start", "-id", ONE, ONE) as asking,
    ):
        reaper_program.kill([ONE])
        assert watching.wait(10) == -9
        reaper_program.kill([ONE, "3" * 64])
        assert (of_another.poll(), asking.poll()) == (None, None)


def test_who_watches_over_others_too_stays() -> None:
    """The shim of a group has the name of the container that was the first of it."""
    with process(SHIM, "-namespace", "moby", "-id", ONE, "-address", "/run/c.sock", starts=True) as watching:
        reaper_program.kill([ONE])
        assert watching.poll() is None


@pytest.mark.parametrize(
    ("groups", "found"),
    [
        (f"0::/../{ONE}\n", True),
        (f"9:pids:/docker/{ONE}\n8:cpu:/\n", True),
        (f"0::/../docker-{ONE}.scope/system.slice/ssh.service\n", True),
        (f"0::/docker/{ONE}/init.scope\n", True),
        (f"0::/docker/{OTHER}\n", False),
        (f"0::/docker/{ONE}0\n", False),
        (f"0::/docker/0{ONE}\n", False),
        ("0::/\n", False),
    ],
)
def test_a_process_belongs_to_the_container_of_its_control_group(
    groups: str, found: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "17").mkdir()
    (tmp_path / "17/cgroup").write_text(groups)
    monkeypatch.setattr(reaper_program, "PROC", tmp_path)
    assert reaper_program.belongs("17", [ONE]) is found
    assert not reaper_program.belongs("18", [ONE]), "it has just ended"


def test_a_shim_whose_only_container_still_dies_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "10/cmdline": f"{SHIM}\0-namespace\0moby\0-id\0{ONE}\0-address\0/run/c.sock\0",
        "11/cgroup": f"0::/../{ONE}/init.scope\n",
        "11/stat": "11 (a) b) c) S 10 11 11 0",
        "12/stat": "12 (another's) S 9 10 10 10",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(reaper_program, "PROC", tmp_path)
    assert reaper_program.watches("10", [ONE])
    (tmp_path / "11/cgroup").write_text(f"0::/../{OTHER}\n")
    assert not reaper_program.watches("10", [ONE])


@pytest.mark.parametrize("place", [f"docker/{ONE}", f"pids/docker/{ONE}", f"system.slice/docker-{ONE}.scope"])
def test_the_control_groups_of_a_container_are_removed_and_no_others(tmp_path: Path, place: str) -> None:
    (tmp_path / place / "init.scope").mkdir(parents=True)
    of_another = (tmp_path / place).parent / OTHER
    of_another.mkdir()
    reaper_program.clear([ONE], tmp_path)
    assert not (tmp_path / place).exists()
    assert of_another.is_dir()


@pytest.mark.slow
def test_control_groups_are_removed_however_deep_they_are(tmp_path: Path) -> None:
    """A host's root makes them step by step; no path leads to the deepest (``PATH_MAX``)."""
    group = tmp_path / "docker" / ONE
    group.mkdir(parents=True)
    program = "import os\nfor _ in range(3000):\n os.mkdir('deeper')\n os.mkdir('beside')\n os.chdir('deeper')\n"
    subprocess.run([sys.executable, "-c", program], cwd=group, check=True)
    reaper_program.clear([ONE], tmp_path)
    assert not group.exists()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> tuple[list[ContainerSpec], Engines]:
    """The reapers that were made, and what makes an engine."""
    reapers: list[ContainerSpec] = []
    create = FakeEngine.create

    def noted(self: FakeEngine, spec: ContainerSpec) -> str:
        if spec.labels.get(labels.KIND) == "reaper":
            reapers.append(spec)
        return create(self, spec)

    monkeypatch.setattr(FakeEngine, "create", noted)
    monkeypatch.setattr(reaper, "_DEADLINE", 0.01)

    def engine(apparmor: bool) -> FakeEngine:
        options = ("name=apparmor",) if apparmor else ()
        engine = FakeEngine(info=EngineInfo("28.0.0", 2, "overlay2", options, ("runc",), 2, 4 << 30))
        engine.add_image("breakfix/fabric:1", {labels.IMAGE: "fabric"})
        return engine

    return reapers, engine


@pytest.mark.parametrize("apparmor", [True, False])
def test_one_reaper_clears_all_that_do_not_run(made: tuple[list[ContainerSpec], Engines], apparmor: bool) -> None:
    reapers, engines = made
    engine = engines(apparmor)
    ids = [engine.create(ContainerSpec(f"h{n}", "breakfix/fabric:1", {})) for n in range(4)]
    engine.start(ids[1])
    engine.start(ids[2])
    engine.stop(ids[2])
    reaper.remove_remains(engine, engine.containers({}))
    (one,) = reapers
    assert one.command is not None
    assert one.command[4:] == (ids[0], ids[2], ids[3])
    assert (one.pid_mode, one.capabilities, one.drop_capabilities) == ("host", ("KILL",), ("ALL",))
    assert (one.privileged, one.read_only, one.restart) == (False, True, False)
    assert set(one.binds) == {"/sys/fs/cgroup"}
    assert one.security_options == (("apparmor=unconfined",) if apparmor else ())
    assert {c.id for c in engine.containers({})} == set(ids), "the reaper is gone, nothing else"


def test_what_cannot_be_swept_keeps_nobody_from_removing_it(
    made: tuple[list[ContainerSpec], Engines], monkeypatch: pytest.MonkeyPatch
) -> None:
    reapers, engines = made
    engine = engines(False)
    host = engine.create(ContainerSpec("h", "breakfix/fabric:1", {}))

    def full(_container: str) -> None:
        raise LabError(same("no space left on device"))

    monkeypatch.setattr(engine, "start", full)
    reaper.remove_remains(engine, engine.containers({}))
    assert len(reapers) == 1
    assert [c.id for c in engine.containers({})] == [host]


def test_nothing_is_swept_of_what_runs(made: tuple[list[ContainerSpec], Engines]) -> None:
    reapers, engines = made
    engine = engines(False)
    engine.start(engine.create(ContainerSpec("h", "breakfix/fabric:1", {})))
    reaper.remove_remains(engine, engine.containers({}))
    assert reapers == []
