"""The command line on real labs: the main job, being killed, being interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from orchestrator.app import App
from orchestrator.core import labels
from orchestrator.core.waiting import wait_until

pytestmark = [pytest.mark.live, pytest.mark.alone, pytest.mark.core]

SCENARIO = "no-network-after-move"
LONG = 300.0
KINDS: Mapping[str, str | None] = {labels.KIND: None}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "orchestrator", *arguments]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, check=False, timeout=LONG)


def names(app: App) -> set[str]:
    return {instance.name for instance in app.instances.all()}


@pytest.fixture(autouse=True)
def records_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the commands record practice somewhere else than the user does."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def before(app: App) -> Iterator[set[str]]:
    """Return the labs that run already; whatever a test leaves besides is removed."""
    already = names(app)
    yield already
    for name in names(app) - already:
        app.instances.remove(name)


def begun(app: App, before: set[str], process: subprocess.Popen[bytes]) -> str:
    """Return the name of the lab that a process has begun to start, as soon as its first container exists."""
    new = wait_until(lambda: names(app) - before, within=LONG)
    assert new, "no container appeared"
    assert process.poll() is None, "the start was over before it could be cut off"
    return new.pop()


def starting() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command("start", SCENARIO), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def test_the_main_job(app: App, before: set[str]) -> None:
    done = run("--lang", "en", "demo", "--seed", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    red, green = done.stdout.index("Not repaired yet"), done.stdout.index("Repaired.")
    assert red < green
    assert names(app) == before


def test_a_lab_is_red_until_it_is_repaired(app: App, before: set[str]) -> None:
    started = run("--json", "start", SCENARIO, "--seed", "3")
    assert started.returncode == 0, started.stderr
    (lab,) = names(app) - before
    assert run("check", "--lab", lab).returncode == 1
    report = json.loads(run("check", "--lab", lab, "--format", "json").stdout)
    assert {r["outcome"] for r in report["results"] if r["role"] == "symptom"} == {"fail"}
    assert run("stop", "--lab", lab).returncode == 0
    assert names(app) == before
    (attempt,) = json.loads(run("progress", "--json").stdout)["attempts"]
    assert (attempt["scenario"], attempt["gradings"], attempt["solved"]) == (SCENARIO, 2, False)
    assert not attempt["running"]
    assert run("audit", "verify").returncode == 0


def test_what_a_killed_start_leaves_is_shown_and_removed(app: App, before: set[str]) -> None:
    process = starting()
    lab = begun(app, before, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    status = run("--json", "status", "--lab", lab)
    assert lab in status.stdout
    # Without other labs, all of it goes, the helper too; with some, theirs must stay.
    assert run("stop", *(("--lab", lab) if before else ("--all",))).returncode == 0
    assert names(app) == before
    if not before:
        assert app.engine.containers(KINDS) == ()
        assert app.engine.volumes(KINDS) == ()
    interfaces = "" if not before else subprocess.run(
        ["docker", "exec", "breakfix-pause", "ip", "-o", "link"], capture_output=True, text=True, check=True
    ).stdout  # fmt: skip
    assert f"{lab}/" not in interfaces


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_start_leaves_nothing(app: App, before: set[str], number: signal.Signals) -> None:
    process = starting()
    begun(app, before, process)
    process.send_signal(number)
    assert process.wait(LONG) == 130
    assert names(app) == before


def test_the_program_works_from_any_folder(tmp_path: Path) -> None:
    done = subprocess.run(command("scenarios", "--json"), capture_output=True, check=True, cwd=tmp_path, timeout=LONG)
    assert SCENARIO in {scenario["id"] for scenario in json.loads(done.stdout)["scenarios"]}
