"""The doctor on made-up machines."""

from __future__ import annotations

import grp
import json
import os
import pwd
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from orchestrator.core import labels
from orchestrator.core.errors import MachineError
from orchestrator.doctor import ExaminedMachine, Finding, examine, worst
from orchestrator.doctor.machine import look_at_machine
from orchestrator.engine.engine_interface import ContainerSpec, Engine
from tests.fakes.engine import FakeEngine

from .conftest import Cli, text


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a healthy machine's /proc and /sys."""
    files = {
        "proc/sys/fs/inotify/max_user_instances": "1024",
        "proc/sys/fs/inotify/max_user_watches": "200000",
        "proc/sys/kernel/pid_max": "4194304",
        "proc/sys/kernel/threads-max": "100000",
        "proc/sys/kernel/pty/max": "4096",
        "proc/sys/kernel/pty/nr": "3",
        "proc/meminfo": "MemTotal: 8000000 kB\nMemAvailable: 6000000 kB\n",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content + "\n", encoding="ascii")
    for module in ("bridge", "veth", "nf_tables", "overlay", "loop", "ext4"):
        (tmp_path / "sys/module" / module).mkdir(parents=True)
    return tmp_path


@pytest.fixture
def docker(tmp_path: Path) -> Iterator[str]:
    """Return the address of a socket that exists."""
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        yield f"unix://{path}"


def by_id(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    return {finding.id: finding for finding in findings}


def machine(root: Path, address: str, engine: Engine | None = None, missing: tuple[str, ...] = ()) -> ExaminedMachine:
    def connect() -> Engine:
        if engine is None:
            raise MachineError(text("no answer"), text("start it"))
        return engine

    return ExaminedMachine(connect, lambda: missing, root, {"DOCKER_HOST": address})


def test_a_healthy_machine(root: Path, docker: str) -> None:
    found = by_id(examine(machine(root, docker, FakeEngine())))
    assert {f.status for f in found.values() if f.id not in {"disk", "memory", "bootstrap", "storage"}} == {"ok"}
    assert {"python", "docker", "docker-socket", "cgroup", "apparmor", "images", "fabric"} <= set(found)


def test_without_docker_the_rest_is_still_told(root: Path) -> None:
    found = by_id(examine(machine(root, "unix:///nowhere.sock")))
    assert found["docker-socket"].status == "fail"
    assert "docker" not in found
    assert worst(found.values()) == "fail"


def test_an_engine_that_does_not_answer(root: Path, docker: str) -> None:
    found = by_id(examine(machine(root, docker)))
    assert (found["docker"].status, found["docker"].remedy) == ("fail", text("start it"))


@pytest.mark.parametrize(
    ("members", "groups", "said"),
    [
        (["alice"], [], "log out and log in again (or"),
        ([], [], "usermod -aG docker alice"),
        (["alice"], [999], "usermod"),
    ],
)
def test_who_may_not_use_the_socket_is_told_what_to_do(
    root: Path, docker: str, monkeypatch: pytest.MonkeyPatch, members: list[str], groups: list[int], said: str
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(os, "getgroups", lambda: groups)
    monkeypatch.setattr(pwd, "getpwuid", lambda _: SimpleNamespace(pw_name="alice"))
    group = SimpleNamespace(gr_mem=members, gr_gid=999)
    monkeypatch.setattr(grp, "getgrnam", lambda _: group)
    remedy = by_id(examine(machine(root, docker)))["docker-socket"].remedy
    assert remedy is not None
    assert said in remedy.en


def test_missing_images_and_a_stopped_helper(root: Path, docker: str) -> None:
    engine = FakeEngine()
    engine.import_image(root / "proc/meminfo", "breakfix/fabric:1", {})
    engine.create(ContainerSpec(name="breakfix-fabric", image="breakfix/fabric:1", labels={labels.KIND: "fabric"}))
    found = by_id(examine(machine(root, docker, engine, ("base", "host"))))
    assert found["images"].status == "warn"
    assert "base, host" in found["images"].seen.en
    assert found["fabric"].status == "warn"


@pytest.mark.parametrize(
    ("file", "content", "id_", "status"),
    [
        ("proc/sys/fs/inotify/max_user_instances", "128", "inotify-instances", "warn"),
        ("proc/sys/fs/inotify/max_user_instances", "16", "inotify-instances", "fail"),
        ("proc/sys/kernel/pid_max", "2048", "pids", "fail"),
        ("proc/sys/kernel/pty/nr", "4090", "ptys", "fail"),
        ("proc/meminfo", "MemAvailable: 100000 kB", "memory", "fail"),
    ],
)
def test_limits(root: Path, file: str, content: str, id_: str, status: str) -> None:
    (root / file).write_text(content + "\n", encoding="ascii")
    finding = by_id(look_at_machine(root))[id_]
    assert finding.status == status
    assert finding.remedy is not None


def test_a_kernel_without_bridges(root: Path) -> None:
    (root / "sys/module/bridge").rmdir()
    assert by_id(look_at_machine(root))["kernel-bridge"].status == "warn"  # nothing tells
    listed = root / "lib/modules" / os.uname().release
    listed.mkdir(parents=True)
    (listed / "modules.dep").write_text("kernel/net/x.ko:\n", encoding="ascii")
    assert by_id(look_at_machine(root))["kernel-bridge"].status == "fail"


def test_the_command_s_exit_status_and_json(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = (Finding("disk", text("Disk"), "fail", text("full"), text("make room")),)
    monkeypatch.setattr("orchestrator.cli.commands.doctor.examine", lambda _machine, _portal: bad)
    done = cli("doctor", "--json")
    assert done.exit_code == 3
    assert json.loads(done.stdout)["findings"][0]["remedy"] == {"fr": "make room (fr)", "en": "make room (en)"}
    assert "make room (fr)" in cli("doctor", lang="fr").stdout
