"""The peers' command lines: found, run, ended."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.core import interrupts, labels
from orchestrator.core.errors import LabError, MachineError
from orchestrator.core.waiting import wait_until
from orchestrator.engine.engine_interface import ContainerSpec
from orchestrator.model.image import ImageSpec
from orchestrator.model.plan import Plan
from tests.bench.bench_labs import IMAGE
from tests.bench.commands import compose_command, docker_command, run_command
from tests.bench.compose import KIND, ComposeProject, remove_project
from tests.fakes.engine import FakeEngine

pytestmark = pytest.mark.slow

Script = Callable[[str, str], None]
REFERENCE = "breakfix/host:0123456789ab"


def calls(tools: Path) -> list[str]:
    file = tools / "calls"
    return file.read_text().splitlines() if file.exists() else []


def test_a_command_returns_what_it_prints() -> None:
    assert run_command(["sh", "-c", "echo a; echo $X >&2"], timeout=5, environment={"X": "b"}) == "a\nb\n"
    assert run_command(["sh", "-c", "echo a; exit 3"], timeout=5, check=False) == "a\n"


def test_a_failure_shows_the_end_of_what_was_printed() -> None:
    with pytest.raises(LabError, match=r"seq.*failed \(3\)") as caught:
        run_command(["sh", "-c", "seq 100; exit 3"], timeout=5)
    assert caught.value.evidence.splitlines() == [str(n) for n in range(71, 101)]


def test_a_command_that_hangs_is_killed() -> None:
    with pytest.raises(LabError, match=r"0\.2 s"):
        run_command(["sleep", "infinity"], timeout=0.2)


def test_an_interruption_ends_the_command_too(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    threading.Thread(target=_interrupt_once, args=(file,), daemon=True).start()
    with interrupts.installed(lambda: None), pytest.raises(KeyboardInterrupt):
        run_command(["sh", "-c", f"echo $$ >{file}.new; mv {file}.new {file}; exec sleep 60"], timeout=60)
    with pytest.raises(ProcessLookupError):
        os.kill(int(file.read_text()), 0)


def _interrupt_once(file: Path) -> None:
    wait_until(file.exists, within=20)
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def test_compose_is_debians_command_or_dockers_plugin(
    tools: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}/usr/bin{os.pathsep}/bin")
    assert compose_command() == ("docker-compose",)
    monkeypatch.setenv("PATH", str(tools))
    (tools / "docker-compose").unlink()
    script("docker", 'test "$1" = compose')
    assert compose_command() == ("docker", "compose")
    script("docker", "exit 1")
    with pytest.raises(MachineError, match="docker-compose") as caught:
        compose_command()
    assert caught.value.hint is not None
    (tools / "docker").unlink()
    with pytest.raises(MachineError, match="docker command"):
        docker_command()


@pytest.fixture
def engine() -> FakeEngine:
    made = FakeEngine()
    made.add_image(REFERENCE)
    return made


def leave(engine: FakeEngine, project: str, kind: str = KIND) -> str:
    marks = {labels.KIND: kind, labels.INSTANCE: project, "com.docker.compose.service": "ws1"}
    return engine.create(ContainerSpec(f"{project}-{kind}", REFERENCE, marks))


def test_a_project_is_started_and_removed_by_compose(
    tools: Path, engine: FakeEngine, plan: Plan, images: dict[str, ImageSpec]
) -> None:
    with ComposeProject(plan, images, {IMAGE: REFERENCE}, engine) as project:
        project.up()
        container = leave(engine, project.name)
        assert project.containers() == {"ws1": container}
        project.down()
        folder = Path(calls(tools)[0].split()[2]).parent
        assert folder.is_dir()
    words = [line.split(" ", 3)[3] if "compose" in line.split()[0] else line for line in calls(tools)]
    assert words[0].startswith("up -d --wait")
    assert words[1] == "down -t 0"
    assert words[2] == (
        f"docker network ls --quiet --filter=label={labels.KIND}={KIND} --filter=label={labels.INSTANCE}={project.name}"
    )
    assert not folder.exists()
    assert engine.containers({labels.KIND: KIND}) == ()


def test_nothing_is_left_when_the_start_fails(
    tools: Path,
    script: Script,
    engine: FakeEngine,
    plan: Plan,
    images: dict[str, ImageSpec],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.bench.compose._QUIET", 0.3)
    script("docker-compose", "echo no space left >&2; exit 17")
    script("docker", f'echo "docker $*" >>"{tools}/calls"; [ "$2" != ls ] || echo 4711')
    other = leave(engine, "foreign", kind="host")
    removed: list[str] = []

    def remove_and_hear_late(container: str) -> None:
        """Remove a container; Docker is slow to hear of Compose's end, and makes one more."""
        remove(container)
        removed.append(container)
        if len(removed) == 1:
            leave(engine, project.name)

    remove = engine.remove
    monkeypatch.setattr(engine, "remove", remove_and_hear_late)
    project = ComposeProject(plan, images, {IMAGE: REFERENCE}, engine)

    def start() -> None:
        with project:
            leave(engine, project.name)
            project.up()

    with pytest.raises(LabError, match="17") as caught:
        start()
    assert len(removed) == 2
    assert caught.value.evidence == "no space left"
    assert [c.id for c in engine.containers({labels.KIND: None})] == [other]
    assert calls(tools)[-1] == "docker network rm 4711"


def test_what_killed_benchmarks_left_can_be_removed_at_once(tools: Path, engine: FakeEngine) -> None:
    for project in ("breakfix-bench-1", "breakfix-bench-2"):
        leave(engine, project)
    remove_project(engine)
    assert engine.containers({labels.KIND: KIND}) == ()
    assert calls(tools) == [f"docker network ls --quiet --filter=label={labels.KIND}={KIND}"]


def test_without_the_docker_command_there_never_was_a_project(
    engine: FakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    remove_project(engine)
