"""What is done to a candidate's lab besides their own work: refused, or noted with a reason before it is done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator.assessment.jury_session import JurySession
from orchestrator.model.seeds import SECRET
from tests.unit.assessment.sessions import START, Played, make_jury_session, make_registry, open_in_memory

from .conftest import Cli, FakeApp, instance

LAB = "cut-c-01"
ACTS = {
    "exec": ("exec", "pc1", "--lab", LAB, "--", "ip", "a b"),
    "cable": ("cable", "pc1:eth0", "unplug", "--lab", LAB),
}
SAID = {"exec": "exec pc1 -- ip 'a b'", "cable": "cable pc1:eth0 unplug"}


@pytest.fixture
def jury_session(app: FakeApp, tmp_path: Path) -> JurySession:
    source = Played(START)
    made = make_jury_session(tmp_path, source)
    registry = make_registry(tmp_path, source)
    app.registry = type(registry)(made._log, registry.folder, registry.plan_context, source)
    open_in_memory(made, "reseau")
    app.instances.running.append(instance(LAB, seed=SECRET + 5))
    return made


def with_reason(words: tuple[str, ...]) -> tuple[str, ...]:
    return (words[0], "--intervene", "--reason", "Écran noir, constaté avec le candidat", *words[1:])


@pytest.mark.parametrize("act", ACTS)
def test_a_command_on_a_candidate_s_lab_is_refused_or_noted(
    jury_session: JurySession, app: FakeApp, cli: Cli, act: str
) -> None:
    app.fabric.on("*")
    refused = cli(*ACTS[act])
    assert (refused.exit_code, "C-01 in reseau" in " ".join(refused.output.split())) == (2, True)
    assert (app.fabric.calls, jury_session.state().of("intervened")) == ([], ())
    assert all(port.plugged for port in app.fabric.ports(LAB))
    assert cli(*ACTS[act], "--help").exit_code == 0 or act == "exec"
    without_reason = cli(ACTS[act][0], "--intervene", *ACTS[act][1:])
    assert (without_reason.exit_code, "Say why" in without_reason.output) == (2, True)
    assert cli(*with_reason(ACTS[act])).exit_code == 0
    (noted,) = jury_session.state().of("intervened")
    assert (noted.candidate, noted.phase, noted.details["act"]) == ("C-01", "reseau", SAID[act])
    assert noted.details["reason"].startswith("Écran noir")
    assert noted.by != "C-01"


@pytest.mark.parametrize("words", [("shell", "pc1"), ("forward", "web1:80")])
def test_what_stays_open_is_refused_as_well(jury_session: JurySession, cli: Cli, words: tuple[str, ...]) -> None:
    refused = cli(*words, "--lab", LAB)
    assert (refused.exit_code, "--intervene" in refused.output) == (2, True)
    assert jury_session.state().of("intervened") == ()


@pytest.mark.parametrize(
    ("words", "instead"),
    [
        (("check",), "reopen-evidence"),
        (("hint",), "session hint"),
        (("answer", "--show"), "session hand-in"),
        (("report", "--show"), "session hand-in"),
    ],
)
def test_what_helps_or_tells_results_is_not_for_a_candidate_s_lab(
    jury_session: JurySession, app: FakeApp, cli: Cli, words: tuple[str, ...], instead: str
) -> None:
    refused = cli(*words, "--lab", LAB)
    assert (refused.exit_code, instead in refused.output) == (2, True)
    assert (app.labs.calls, app.practice.recorded) == ([], [])
    assert jury_session.state().of("hint") == ()


@pytest.mark.usefixtures("jury_session")
def test_a_lab_of_a_session_that_is_another_account_s(app: FakeApp, cli: Cli) -> None:
    app.instances.running.append(instance("other-c-09", seed=SECRET + 6))
    refused = cli("exec", "pc1", "--lab", "other-c-09", "--intervene", "--reason", "x", "--", "true")
    assert (refused.exit_code, "does not hold" in " ".join(refused.output.split())) == (2, True)


def test_anybody_s_own_lab_asks_for_nothing(app: FakeApp, cli: Cli) -> None:
    app.fabric.on("*")
    assert cli("exec", "pc1", "--", "true").exit_code == 0
    assert cli("cable", "pc1:eth0", "unplug").exit_code == 0


def test_a_candidate_s_cable_is_theirs_while_their_time_runs(jury_session: JurySession, app: FakeApp, cli: Cli) -> None:
    words = ("session", "cable", "reseau", "C-01", "pc1:eth0")
    early = cli(*words, "unplug")
    assert (early.exit_code, "has not begun" in early.output) == (2, True)
    jury_session.start("reseau", "organiser")
    moved = cli(*words, "unplug", "--json")
    assert json.loads(moved.stdout)["plugged"] is False
    (noted,) = jury_session.state().of("cabled")
    assert (noted.by, noted.details) == ("C-01", {"scenario": "cut", "act": "cable pc1:eth0 unplug"})
    assert cli(*words, "--json").exit_code == 0, "to look at it is nothing to note"
    wrong = cli("session", "cable", "reseau", "C-01", "web9:eth0", "plug")
    assert (wrong.exit_code, 'no host "web9"' in wrong.output) == (2, True)
    assert len(jury_session.state().of("cabled")) == 1
    jury_session.pause("organiser", "Coupure")
    assert cli(*words, "plug").exit_code == 2
    assert cli(*words, "plug", "--reason", "Le câble est tombé").exit_code == 0
    (helped,) = jury_session.state().of("intervened")
    assert helped.details["act"] == "cable pc1:eth0 plug"
    assert app.fabric.ports(LAB)[0].plugged
