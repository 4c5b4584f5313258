"""A small class on real labs: each member their own variant, one repairs, the trainer sees it, all of it is stopped."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from orchestrator import cli
from orchestrator.app import App
from orchestrator.cli.invocation import Invocation
from orchestrator.instances.instance import Instance
from orchestrator.labs import Labs
from orchestrator.practice.launching import MemberPlace

from .conftest import CONTENT

pytestmark = [pytest.mark.live, pytest.mark.alone]

SCENARIO = "wrong-address"
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

    run("hint", "--lab", labs["lea"])
    running = program.labs.running(labs["lea"])
    program.labs.apply(running, running.plan.solutions[0], lambda _step: None)
    members = {one["person"]: one for one in json.loads(run("group", "live", "tssr", "--json"))["members"]}
    assert {handle: one["state"] for handle, one in members.items()} == {
        "lea": "solved",
        "yann": "running",
        "zoe": "running",
    }
    assert members["lea"]["hints"] == 1
    assert {check["outcome"] for check in members["lea"]["checks"]} == {"pass"}
    assert "fail" in {check["outcome"] for check in members["yann"]["checks"]}

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
    discard = Labs.discard

    def watched(labs: Labs, instance: Instance) -> None:
        stopped.append(instance.name)
        discard(labs, instance)

    monkeypatch.setattr(Labs, "discard", watched)

    def interrupt(_place: MemberPlace) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        program.launcher.launch("tssr", SCENARIO, 1, interrupt)
    assert stopped, "one had come up"
    assert mine() == set()
    members = json.loads(run("group", "live", "tssr", "--no-check", "--json"))["members"]
    assert {one["state"] for one in members} <= {"none", "ended"}
