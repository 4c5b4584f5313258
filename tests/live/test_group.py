"""A small class on real labs: each member their own variant, one repairs, the trainer sees it, all of it is stopped.

What the board shows without a grading is seen too: a trainee types, and changes a file; nobody is logged in for it.
"""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from orchestrator import cli
from orchestrator.app import App
from orchestrator.cli.invocation import Invocation
from orchestrator.core.waiting import wait_until
from orchestrator.fabric.fabric_interface import HostRef
from orchestrator.instances.instance import Instance
from orchestrator.labs.lab_lifecycle import LabLifecycle
from orchestrator.practice.launching import MemberPlace
from orchestrator.records.groups import Groups

from .conftest import CONTENT

pytestmark = [pytest.mark.live, pytest.mark.alone]

SCENARIO = "wrong-address"
LOGINS = ("sshd", "sshd-session", "login", "su", "runuser", "dovecot", "postfix")
"""Who writes into a host's journal where somebody is logged in, or mail is sent."""
Run = Callable[..., str]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[App]:
    """The program with a store of its own."""
    made = App([CONTENT], str(tmp_path / "records.sqlite"))
    yield made
    made.close()


@pytest.fixture
def run(program: App, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command line on that program; its status must be the one expected."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    def one(*words: str, status: int = 0) -> str:
        invocation = Invocation(json="--json" in words, make=lambda *_: program)
        monkeypatch.setattr(invocation, "close", lambda: None)

        @click.command(context_settings={"ignore_unknown_options": True})
        def line() -> None:
            raise SystemExit(cli.run(list(words), invocation))

        done = CliRunner().invoke(line, [])
        assert done.exit_code == status, done.output
        return done.stdout

    return one


@pytest.fixture
def mine(program: App) -> Iterator[Callable[[], set[str]]]:
    """The labs that the test has started; none is left after it."""
    before = {instance.name for instance in program.instances.all()}

    def now() -> set[str]:
        return {instance.name for instance in program.instances.all()} - before

    yield now
    for name in now():
        program.instances.remove(name)


def board(run: Run, *words: str) -> dict[str, Any]:
    """Return the board's members by their short names."""
    return {one["person"]: one for one in json.loads(run("group", "live", "tssr", *words, "--json"))["members"]}


def gradings(program: App) -> int:
    """Return how many gradings of the class the store has."""
    with program.database.read() as store:
        groups = Groups(store)
        return sum(len(attempt.reports) for attempt in groups.attempts(groups.find("tssr")))


def logins(program: App, lab: str) -> dict[str, bytes]:
    """Return what each host's journal says of logins and mail."""
    words = ["journalctl", "-q", "-o", "cat", *(word for name in LOGINS for word in ("-t", name))]
    hosts = program.labs.running.find(lab).running
    return {host: program.fabric.run(HostRef(lab, host), words).stdout for host in hosts}


def seen(member: dict[str, Any], host: str) -> dict[str, Any]:
    """Return what the board shows of a host."""
    found: dict[str, Any] = next(one for one in member["look"]["hosts"] if one["host"] == host)
    return found


def types(program: App, run: Run, lab: str) -> None:
    """Type at a terminal of a host of Yann's lab, and see it on the board; and that it is gone when that is closed."""
    host = program.labs.running.find(lab).running[0]
    before = seen(board(run)["yann"], host)
    assert (before["state"], before["typed_at"]) == ("up", None)
    terminal = program.fabric.terminal(HostRef(lab, host), ("/bin/sh",), rows=24, columns=80)
    try:
        os.write(terminal, b"touch /etc/yann-was-here\n")
        shown = wait_until(lambda: seen(board(run)["yann"], host)["changed"] == "/etc/yann-was-here", within=30)
        assert shown, seen(board(run)["yann"], host)
        members = board(run)
        now = seen(members["yann"], host)
        assert now["typed_at"] is not None
        assert now["changed_at"] is not None
        assert {one["typed_at"] for one in members["lea"]["look"]["hosts"]} == {None}
    finally:
        os.close(terminal)
    assert wait_until(lambda: seen(board(run)["yann"], host)["typed_at"] is None, within=30)


def test_a_class_from_its_launch_to_its_results(program: App, run: Run, mine: Callable[[], set[str]]) -> None:
    for handle in ("lea", "yann", "zoe"):
        run("people", "add", handle)
    run("group", "create", "tssr", "lea", "yann")

    places = json.loads(run("group", "launch", "tssr", SCENARIO, "--json"))["places"]
    labs = {place["person"]: place["lab"] for place in places}
    assert set(labs) == {"lea", "yann"}
    assert set(labs.values()) == mine()
    assert len({place["seed"] for place in places}) == 2, "each member has their own variant"

    run("group", "add", "tssr", "zoe")
    again = json.loads(run("group", "launch", "tssr", SCENARIO, "--json"))["places"]
    assert {place["person"]: place["kept"] for place in again} == {"lea": True, "yann": True, "zoe": False}
    assert {place["person"]: place["lab"] for place in again if place["kept"]} == labs

    logged_in = {lab: logins(program, lab) for lab in labs.values()}
    assert {one["graded_at"] for one in board(run).values()} == {None}
    types(program, run, labs["yann"])
    assert gradings(program) == 0, "the board alone grades nothing"
    assert {lab: logins(program, lab) for lab in labs.values()} == logged_in, "and logs nobody in"

    run("hint", "--lab", labs["lea"])
    running = program.labs.running.planned(labs["lea"])
    program.labs.solutions.apply(running, running.plan.solutions[0], lambda _step: None)
    members = board(run, "--check")
    assert {handle: one["state"] for handle, one in members.items()} == {
        "lea": "solved",
        "yann": "running",
        "zoe": "running",
    }
    assert members["lea"]["hints"] == 1
    assert {check["outcome"] for check in members["lea"]["checks"]} == {"pass"}
    assert "fail" in {check["outcome"] for check in members["yann"]["checks"]}

    assert gradings(program) == 3
    board(run, "--check", "lea")
    assert gradings(program) == 3, "it says nothing new"
    later = board(run)
    assert {h: (one["checks"], one["state"]) for h, one in later.items()} == {
        h: (one["checks"], one["state"]) for h, one in members.items()
    }

    down = program.labs.running.find(labs["yann"]).hosts[0]
    program.engine.stop(down.container, grace=0)
    members = board(run)
    assert seen(members["yann"], down.name)["state"] == "down"
    assert down.name in members["yann"]["trouble"]["en"]
    assert (members["lea"]["trouble"], members["zoe"]["trouble"]) == (None, None)
    program.instances.remove(labs["yann"])
    assert "lab unusable" in run("group", "live", "tssr")
    run("group", "stop", "tssr")
    assert mine() == set()
    rows = {row["person"]: row for row in csv.DictReader(io.StringIO(run("group", "export", "tssr")))}
    assert {handle: row["solved"] for handle, row in rows.items()} == {"lea": "yes", "yann": "no", "zoe": "no"}
    assert rows["lea"]["points"] == rows["lea"]["points_possible"] != ""
    run("audit", "verify")
    assert "2/" not in run("progress", "--person", "yann")


def test_an_interrupted_launch_leaves_nothing(
    program: App, run: Run, mine: Callable[[], set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for handle in ("lea", "yann", "zoe"):
        run("people", "add", handle)
    run("group", "create", "tssr", "lea", "yann", "zoe")
    stopped: list[str] = []
    discard = LabLifecycle.discard

    def watched(labs: LabLifecycle, instance: Instance) -> None:
        stopped.append(instance.name)
        discard(labs, instance)

    monkeypatch.setattr(LabLifecycle, "discard", watched)

    def interrupt(_place: MemberPlace) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        program.launcher.launch("tssr", SCENARIO, 1, interrupt)
    assert stopped, "one had come up"
    assert mine() == set()
    assert {one["state"] for one in board(run).values()} <= {"none", "ended"}


def test_a_trainee_s_check_runs_at_once_beside_the_board_s(
    program: App, run: Run, mine: Callable[[], set[str]], tmp_path: Path
) -> None:
    """Whichever of both comes first, the trainee's is never refused."""
    run("people", "add", "lea")
    run("group", "create", "tssr", "lea")
    run("group", "launch", "tssr", SCENARIO)
    (name,) = mine()
    running = program.labs.running.planned(name)
    words = ["--content", str(CONTENT), "--database", str(tmp_path / "records.sqlite")]
    command = [sys.executable, "-P", "-m", "orchestrator", *words, "--json", "group", "live", "tssr", "--check"]
    begun = 0
    for _ in range(3):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as trainer:
            while trainer.poll() is None:
                begun += 1
                assert program.labs.grading.check(running).verdict == "not_repaired"
            told, _ = trainer.communicate()
        assert trainer.returncode == 0
        (lea,) = json.loads(told)["members"]
        assert lea["state"] == "running"
        assert lea["trouble"] is None or name in lea["trouble"]["en"]
    assert begun
