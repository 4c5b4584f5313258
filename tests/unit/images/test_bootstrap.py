from __future__ import annotations

import grp
import os
import pwd
import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest

from orchestrator.engine.engine_interface import Cancellation, CancelledError, ImageBuildError, OnLine
from tests.fakes.engine import FakeEngine
from orchestrator.core.errors import MachineError
from orchestrator.images import bootstrap, rootfs
from orchestrator.images.machine_apt import MachineApt

lines: list[str] = []


class FakeRun:
    """Plays mmdebstrap."""

    def __init__(self, status: int = 0) -> None:
        self.status = status
        self.commands: list[Sequence[str]] = []
        self.environment: dict[str, str] = {}

    def __call__(
        self, command: Sequence[str], environment: dict[str, str], on_line: OnLine, cancellation: Cancellation
    ) -> int:
        self.commands.append(command)
        self.environment = environment
        on_line("mmdebstrap")
        cancellation.check()
        Path(command[command.index(rootfs.SUITE) + 1]).write_bytes(b"a root file system")
        return self.status


def ensure(engine: FakeEngine, run: FakeRun | None, apt: MachineApt | None = None) -> None:
    bootstrap.ensure(engine, apt or MachineApt(), lines.append, Cancellation(), run=run)


def test_a_registrys_image_is_taken_where_there_is_one() -> None:
    engine = FakeEngine(registry=[rootfs.PULLED])
    run = FakeRun()
    ensure(engine, run)
    (image,) = engine.images({"breakfix.image": "rootfs"})
    assert image.tags == (rootfs.TAG,)
    assert not run.commands


def test_without_a_registry_it_is_made_of_packages_once() -> None:
    engine = FakeEngine()
    run = FakeRun()
    ensure(engine, run)
    ensure(engine, run)
    assert len(run.commands) == 1
    (image,) = engine.images({"breakfix.kind": "image", "breakfix.image": "rootfs"})
    assert image.tags == (rootfs.TAG,)


def test_mmdebstrap_gets_this_machines_settings() -> None:
    apt = MachineApt(
        options={"Acquire::Check-Valid-Until": "false"},
        proxies={"http_proxy": "http://proxy:3128"},
        mirror="http://mirror.school/debian",
    )
    run = FakeRun()
    ensure(FakeEngine(), run, apt)
    command = run.commands[0]
    assert '--aptopt=Acquire::Check-Valid-Until "false"' in command
    assert "deb http://mirror.school/debian trixie main" in command
    assert run.environment["http_proxy"] == "http://proxy:3128"


def test_the_mode_depends_on_who_runs_it() -> None:
    paths = Path("/t/rootfs.tar"), Path("/t/sources.list")
    assert "--mode=root" in bootstrap.mmdebstrap(MachineApt(), *paths, root=True)
    assert "--mode=unshare" in bootstrap.mmdebstrap(MachineApt(), *paths, root=False)


def test_a_failure_is_told() -> None:
    engine = FakeEngine()
    with pytest.raises(ImageBuildError) as caught:
        ensure(engine, FakeRun(status=25))
    assert "25" in caught.value.text.fr
    assert not engine.has_image(rootfs.TAG)


def test_a_missing_mmdebstrap_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MachineError) as caught:
        ensure(FakeEngine(), None)
    assert caught.value.hint
    assert "mmdebstrap" in caught.value.hint.fr


def test_a_command_can_be_ended() -> None:
    cancellation = Cancellation()
    with pytest.raises(CancelledError):
        bootstrap.run_command(["sh", "-c", "echo ready; sleep 60"], {}, lambda _: cancellation.request(), cancellation)


def test_a_commands_lines_and_status_are_passed_on() -> None:
    seen: list[str] = []
    status = bootstrap.run_command(["sh", "-c", "echo one; echo two >&2; exit 3"], {}, seen.append, Cancellation())
    assert (status, seen) == (3, ["one", "two"])


def test_without_root_a_command_keeps_the_users_own_group(monkeypatch: pytest.MonkeyPatch) -> None:
    account = pwd.getpwuid(os.getuid())
    monkeypatch.setattr(os, "getuid", lambda: account.pw_uid or 1)
    monkeypatch.setattr(pwd, "getpwuid", lambda _: account)
    command = ("mmdebstrap", "it's")
    monkeypatch.setattr(os, "getgid", lambda: account.pw_gid)
    assert bootstrap.in_own_group(command) == (command, {})
    monkeypatch.setattr(os, "getgid", lambda: account.pw_gid + 1)
    relayed, environment = bootstrap.in_own_group(command)
    assert relayed[:3] == ("sg", grp.getgrgid(account.pw_gid).gr_name, "-c")
    assert shlex.split(environment["BREAKFIX_EXEC"]) == list(command)
