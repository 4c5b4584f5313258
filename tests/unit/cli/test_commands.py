"""What each command prints and returns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from grader.report import Report
from orchestrator.bench.boots import Boot, BootReport
from orchestrator.bench.figure_report import Figure, FigureReport
from orchestrator.bench.gradings import GradingBench, ScenarioVerdicts, TimedVerdict
from orchestrator.bench.lab_figures import LabFigure, figures_file, keep_figures
from orchestrator.bench.portal_bench import PortalAmounts
from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text, same
from orchestrator.labs import LabState
from orchestrator.loader.content import Content
from orchestrator.model.plan import Plan
from orchestrator.model.seeds import SECRET
from tests.unit.differences import EVERY

from .conftest import BROKEN, CHANGED, FORBIDDING, GREEN, LAB, RED, Cli, FakeApp, instance, report, result

# Grading --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("graded", "status"), [(GREEN, 0), (CHANGED, 0), (RED, 1), (FORBIDDING, 1), (BROKEN, 5), (report(), 5)]
)
def test_the_exit_status_of_check_is_the_verdict(cli: Cli, app: FakeApp, graded: object, status: int) -> None:
    for form in ([], ["--json"], ["--format", "junit"], ["--evidence"]):
        app.labs.reports = [graded]  # type: ignore[list-item]
        assert cli("check", *form).exit_code == status


def test_a_trainee_sees_sentences_and_points_but_no_evidence(cli: Cli) -> None:
    shown = cli("check", lang="fr").stdout.replace("\N{NO-BREAK SPACE}", " ")
    assert "✘ address (fr)" in shown
    assert shown.index("page (fr)") < shown.index("À préserver") < shown.index("✔ Ce qui marchait marche toujours.")
    assert "neighbour" not in shown, "what still works is one line as long as something is to be put right"
    assert "Pas encore réparé : il reste 2 points à régler. 2/6 points." in shown
    assert "evidence" not in shown


@pytest.mark.parametrize("form", ["text", "json", "junit"])
def test_no_form_shows_a_trainee_the_evidence(cli: Cli, app: FakeApp, tmp_path: Path, form: str) -> None:
    path = tmp_path / "report"
    told = replace(RED, results=tuple(replace(one, because="the cable is out") for one in RED.results))
    app.labs.reports = [told, told]
    cli("check", "--format", form, "--output", str(path))
    assert "evidence of" not in path.read_text(encoding="utf-8")
    assert "the cable is out" not in path.read_text(encoding="utf-8"), "it would name the cause"
    cli("check", "--format", form, "--output", str(path), "--evidence")
    assert "evidence of address" in path.read_text(encoding="utf-8")


def test_an_error_says_why_to_everybody(cli: Cli, app: FakeApp) -> None:
    app.labs.reports = [BROKEN]
    shown = cli("check").stdout
    assert "! address (en) (the grader could not judge)" in shown
    assert "evidence of address" in shown
    assert "No points are counted" in " ".join(shown.split())


def test_a_guard_that_fails_is_told_in_the_verdict(cli: Cli, app: FakeApp) -> None:
    app.labs.reports = [report(result("page", "pass"), result("neighbour", "fail", "guard"))]
    assert "something that worked does not work any more" in " ".join(cli("check").stdout.split())


def test_changes_are_questions(cli: Cli, app: FakeApp) -> None:
    app.labs.reports = [CHANGED, CHANGED]
    shown = cli("check").stdout
    assert shown.index("neighbour (en)") < shown.index("Changes to explain")
    assert "? ssh no longer starts." in shown
    assert "pc1 · ssh.service (enabled)" in shown
    assert "now: disabled" in shown
    assert "✔ Repaired, with 1 change to explain. 6/6 points." in shown
    assert "Commands were typed" not in shown
    french = cli("check", lang="fr").stdout.replace("\N{NO-BREAK SPACE}", " ")
    assert "Changements à expliquer (ce n'est pas une faute : sachez dire pourquoi)" in french
    assert "? ssh ne démarre plus." in french
    assert "✔ Réparé, avec 1 changement à expliquer. 6/6 points." in french


def test_what_is_forbidden_is_to_be_undone(cli: Cli, app: FakeApp) -> None:
    app.labs.reports = [FORBIDDING, FORBIDDING]
    shown = cli("check").stdout
    assert shown.index("Forbidden changes") < shown.index("The firewall lets everything") < shown.index("to explain")
    assert "\\u001b[31m<all>" in shown
    assert "\x1b" not in shown
    assert "✘ Not repaired yet: 1 forbidden change to undo. 6/6 points. These points are those of the checks" in (
        " ".join(shown.split())
    )
    french = " ".join(cli("check", lang="fr").stdout.replace("\N{NO-BREAK SPACE}", " ").split())
    assert "✘ Pas encore réparé : 1 changement interdit à défaire. 6/6 points. Ces points" in french


@pytest.mark.parametrize("form", ["shown", "text", "json", "junit"])
@pytest.mark.parametrize("graded", [RED, BROKEN])
def test_the_fault_is_no_change_that_a_trainee_sees(
    cli: Cli, app: FakeApp, tmp_path: Path, form: str, graded: Report
) -> None:
    """As long as a check is red, the fault is what differs."""
    app.labs.reports = [replace(graded, differences=EVERY)] * 2
    path = tmp_path / "report"
    words = () if form == "shown" else ("--format", form, "--output", str(path))
    seen, told = cli("check", *words).stdout, cli("check", *words[:2], "--evidence").stdout
    seen += path.read_text(encoding="utf-8") if path.exists() else ""
    for secret in ("firewall lets", "ssh no longer", "nftables", "forbidden change"):
        assert secret not in seen
    assert "The firewall lets everything through." in told
    assert graded.verdict == replace(graded, differences=EVERY).verdict


def test_changes_are_shown_while_answers_are_left(cli: Cli, app: FakeApp) -> None:
    wrong = replace(result("who", "fail", "objective"), id="answers.yaml::who")
    app.labs.reports = [replace(CHANGED, results=(*CHANGED.results, wrong))]
    shown = " ".join(cli("check").stdout.split())
    assert "? ssh no longer starts." in shown
    assert "Repaired, but 1 answer still to be given or corrected" in shown


@pytest.mark.parametrize("form", ["text", "json", "junit"])
def test_every_form_has_the_changes(cli: Cli, app: FakeApp, tmp_path: Path, form: str) -> None:
    app.labs.reports = [FORBIDDING]
    path = tmp_path / "report"
    assert cli("check", "--format", form, "--output", str(path)).exit_code == 1
    text = path.read_text(encoding="utf-8")
    assert "The firewall lets everything through." in text
    assert ("Commands were typed." in text) == (form == "json")
    assert "\x1b" not in text


def test_changed_content_is_told(cli: Cli, app: FakeApp) -> None:
    app.labs.is_stale = True
    assert "content has changed" in cli("check").stderr


def test_a_report_that_cannot_be_written(cli: Cli) -> None:
    done = cli("check", "--format", "json", "--output", "/nowhere/at/all")
    assert done.exit_code == 3


# Starting and stopping ------------------------------------------------------------------------------------


def test_start_shows_ticket_map_and_what_to_do(cli: Cli, app: FakeApp) -> None:
    app.instances.running = []
    done = cli("start", "cable-out", "--seed", "5", lang="fr")
    assert done.exit_code == 0
    for part in ("Nothing works (fr)", "═", "shell pc1", "check", "hint"):
        assert part in done.stdout
    assert "--lab" not in done.stdout
    assert "starting (fr)" in done.stderr


def test_start_beside_another_lab_names_itself(cli: Cli) -> None:
    assert "--lab cable-out-9f9f" in cli("start", "cable-out").stdout


def test_nothing_is_offered_that_a_lab_without_a_scenario_has_not(cli: Cli, app: FakeApp) -> None:
    app.labs.variant = replace(app.labs.variant, scenario=None, ticket=None, hints=())
    shown = cli("start", "cable-out").stdout
    assert "breakfix shell pc1" in shown
    assert "breakfix check" not in shown
    assert "breakfix hint" not in shown


def test_start_as_json_is_nothing_but_json(cli: Cli) -> None:
    document = json.loads(cli("start", "cable-out", "--seed", "5", "--json").stdout)
    assert document["lab"] == "cable-out-9f9f"
    assert document["ticket"] == {"fr": "Nothing works (fr)", "en": "Nothing works (en)"}


def test_an_interruption_before_the_user_knows_the_lab_removes_it(
    cli: Cli, app: FakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("orchestrator.cli.phrases.ticket_panel", interrupted)
    done = cli("start", "cable-out")
    assert done.exit_code == 130
    assert [one.name for one in app.instances.running] == [LAB]


def test_stop_removes_one(cli: Cli, app: FakeApp) -> None:
    app.instances.running.append(instance("other-0000"))
    done = cli("stop", "--lab", "other-0000")
    assert (done.exit_code, app.instances.running) == (0, [instance()])
    assert "other-0000" in done.stdout


def test_stop_all_removes_the_fabric_too_and_says_so(cli: Cli, app: FakeApp) -> None:
    done = cli("stop", "--all", "--json")
    assert json.loads(done.stdout) == {"removed": [LAB], "fabric_removed": True, "spared": [], "kept": []}
    assert app.instances.fabric_removed


def test_a_jury_session_s_labs_are_spared_unless_asked(cli: Cli, app: FakeApp) -> None:
    assessed = instance("cable-out-c01", seed=SECRET + 5)
    app.instances.running.append(assessed)
    for words in (("stop", "--lab", assessed.name), ("reset", "--lab", assessed.name)):
        refused = cli(*words)
        assert (refused.exit_code, app.instances.running[-1]) == (2, assessed)
        assert "a jury session keeps it" in refused.stderr
    done = cli("stop", "--all")
    assert (done.exit_code, app.instances.running, app.instances.fabric_removed) == (0, [assessed], False)
    assert "kept: 1" in done.stdout
    assert "nothing is left" not in done.stdout
    done = cli("stop", "--all", "--sessions")
    assert (done.exit_code, app.instances.running, app.instances.fabric_removed) == (0, [], True)


def test_bench_measures_the_starts(cli: Cli, app: FakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, int, Path | None]] = []

    def measure(found: object, *, runs: int, output: Path | None, progress: object) -> BootReport:
        assert progress is not None
        asked.append((found, runs, output))
        return BootReport(runs, (Boot("host", 1, 90_000_000, (1.5,), 6_000_000),), ())

    monkeypatch.setattr("orchestrator.bench.boots.measure", measure)
    shown = cli("bench", "--runs", "1")
    assert (shown.exit_code, "1.50 s" in shown.stdout, "6.0 MB" in shown.stdout) == (0, True, True)
    assert (
        json.loads(cli("bench", "--json", "--output", str(tmp_path / "b.json")).stdout)["images"][0]["name"] == "host"
    )
    assert asked == [(app, 1, None), (app, 5, tmp_path / "b.json")]


def test_capacity_tells_how_many_labs_fit(
    cli: Cli, app: FakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    measured: list[list[str]] = []

    def measure(found: object, plans: Mapping[str, Plan], *, progress: object) -> None:
        assert (found, progress is not None) == (app, True)
        measured.append(list(plans))
        keep_figures({lab: LabFigure(plan.digest, 3, 30 << 20, 2.5, "") for lab, plan in plans.items()}, figures_file())

    monkeypatch.setattr("orchestrator.bench.boots.measure_labs", measure)
    shown = cli("capacity", "small-office")
    assert shown.exit_code == 0
    assert "capacity --measure" in shown.stdout
    assert "2.5 s" in cli("capacity", "small-office", "--measure").stdout
    french = cli("capacity", "small-office", lang="fr").stdout.replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert "2,5 s" in french
    (lab,) = json.loads(cli("capacity", "small-office", "--measure", "--json").stdout)["labs"]
    assert (lab["lab"], lab["memory"], lab["fit"] > 0) == ("small-office", 30 << 20, True)
    assert measured == [["small-office"]], "what is measured already is not measured again"


def test_bench_measures_the_portal(cli: Cli, app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(asked: object, *, output: Path | None, progress: object, amounts: PortalAmounts) -> FigureReport:
        assert (asked, output, amounts) == (app, None, PortalAmounts(starts=5))
        assert progress is not None
        return FigureReport(same(""), (Figure("echo", Text(fr="touche", en="key"), "ms", 4.25, 3.0),))

    monkeypatch.setattr("orchestrator.bench.portal_bench.measure_portal", measure)
    assert "missed" in cli("bench", "--portal").stdout
    assert json.loads(cli("bench", "--portal", "--json").stdout)["figures"] == [
        {"name": "echo", "unit": "ms", "value": 4.25, "target": 3.0, "met": False}
    ]
    assert cli("bench", "--portal", "--checks").exit_code == 2


def test_bench_measures_a_class(cli: Cli, app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, ...]] = []

    def measure(found: object, scenario: str, count: int, *, output: Path | None, progress: object) -> FigureReport:
        asked.append((found, scenario, count, output, progress is not None))
        return FigureReport(Text(fr="Une classe", en="A class"), (Figure("removed", same("gone"), "s", 1.25),))

    monkeypatch.setattr("orchestrator.bench.class_bench.measure_class", measure)
    assert cli("bench", "--class", "3", "--scenario", "cable-out").stdout.split() == [
        "A", "class", "measured", "gone", "1.25", "s",
    ]  # fmt: skip
    assert asked == [(app, "cable-out", 3, None, True)]
    too_many = cli("bench", "--class", "200")
    assert too_many.exit_code == 2
    assert '200 labs "pair" do not fit' in too_many.stderr
    assert "capacity pair --measure" in too_many.stderr
    for words in (("--class", "2", "--checks"), ("--class", "2", "--scenario", "a", "--scenario", "b")):
        assert cli("bench", *words).exit_code == 2


def test_bench_measures_verdicts(cli: Cli, app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, ...]] = []

    def measure(found: object, names: object, *, runs: int, output: Path | None, progress: object) -> GradingBench:
        assert progress is not None
        asked.append((found, names, runs, output))
        row = ScenarioVerdicts(
            "cable-out", *([TimedVerdict(1.5, 0.5, "t.py::a", 1.2, right)] for right in (True, not asked[1:]))
        )
        return GradingBench(runs, (row,))

    monkeypatch.setattr("orchestrator.bench.gradings.measure_gradings", measure)
    shown = cli("bench", "--checks", "--runs", "2")
    assert (shown.exit_code, "t.py::a 1.20 s" in shown.stdout) == (0, True)
    assert cli("bench", "--checks", "--scenario", "cable-out", "--json").exit_code == 1
    assert asked == [(app, (), 2, None), (app, ("cable-out",), 5, None)]
    refused = cli("bench", "--scenario", "cable-out")
    assert (refused.exit_code, "--scenario is for --checks and --class only." in refused.stderr) == (2, True)


def test_reset_starts_anew_under_the_same_name(cli: Cli, app: FakeApp) -> None:
    done = cli("reset", "--json")
    assert done.exit_code == 0
    assert app.labs.calls == ["reset", "start"]
    assert [one.name for one in app.instances.running] == [LAB]
    assert json.loads(done.stdout)["lab"] == LAB


def test_start_gives_the_lab_the_name_that_was_chosen(cli: Cli, app: FakeApp) -> None:
    assert json.loads(cli("start", "cable-out", "--lab", "mine", "--json").stdout)["lab"] == "mine"
    assert app.instances.running[-1].name == "mine"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("Ma Classe", "ma-classe"), ("été", "ete"), ("a/b", "a-b"), ("2b", "b"), ("x" * 41, "x" * 40), ("", "lab-1")],
)
def test_a_name_that_no_lab_can_have_is_refused_with_one_that_it_can(
    cli: Cli, app: FakeApp, name: str, nearest: str
) -> None:
    done = cli("start", "cable-out", "--lab", name)
    assert (done.exit_code, app.labs.calls) == (2, [])
    assert f"{nearest}, for example" in " ".join(done.stderr.split())


def test_hint(cli: Cli) -> None:
    assert "Indice 1 sur 2" in cli("hint", lang="fr").stdout
    assert json.loads(cli("hint", "--json").stdout)["count"] == 2


# Looking --------------------------------------------------------------------------------------------------


def test_status_of_a_whole_lab(cli: Cli) -> None:
    shown = cli("status").stdout
    for part in (LAB, "variant 3", "alice", "office, servers", "running"):
        assert part in shown
    assert "!" not in shown


def test_status_says_what_to_do_with_a_start_that_was_cut_off(cli: Cli, app: FakeApp) -> None:
    app.instances.running = [instance(hosts=instance().hosts[:1])]
    shown = " ".join(cli("status").stdout.split())
    assert "not whole (1 of 3 hosts)" in shown
    assert f"stop --lab {LAB}" in shown


@pytest.mark.parametrize(
    ("phase", "english", "french"),
    [
        ("starting", "Starting (hosts made: 1 of 3)", "En cours de démarrage (machines créées : 1 sur 3)"),
        ("stopping", "Stopping (hosts left: 1)", "En cours d'arrêt (machines restantes : 1)"),
    ],
)
def test_status_tells_a_start_or_a_stop_at_which_somebody_is_at_work(
    cli: Cli, app: FakeApp, phase: LabState, english: str, french: str
) -> None:
    app.labs.is_phase = phase
    app.instances.running = [instance(hosts=instance().hosts[:1])]
    app.instances.without_boot = {"pc1": Text(fr="attend", en="waits")}
    shown = " ".join(cli("status").stdout.split())
    assert english in shown
    assert french in " ".join(cli("status", lang="fr").stdout.split())
    for wrong in ("cut off", "stop --lab", "reset", "waits"):
        assert wrong not in shown
    (lab,) = json.loads(cli("status", "--json").stdout)["labs"]
    assert (lab["phase"], lab["whole"]) == (phase, False)


def test_status_tells_a_lab_whose_fault_may_be_missing(cli: Cli, app: FakeApp) -> None:
    app.labs.is_phase = "cut off"
    assert "fault may not be in place" in cli("status").stdout
    assert json.loads(cli("status", "--json").stdout)["labs"][0]["whole"] is False


def test_status_tells_a_host_that_runs_and_has_not_booted(cli: Cli, app: FakeApp) -> None:
    why = Text(fr="Le fichier existe", en="File exists")
    app.instances.without_boot = {"pc1": why}
    shown = " ".join(cli("status").stdout.split())
    assert "! pc1: File exists" in shown
    assert f"reset --lab {LAB}" in shown
    assert "! pc1 : Le fichier existe" in " ".join(cli("status", lang="fr").stdout.split())
    (lab,) = json.loads(cli("status", "--json").stdout)["labs"]
    assert lab["whole"] is False
    assert {host["name"]: host["trouble"] for host in lab["hosts"] if host["trouble"]} == {
        "pc1": {"fr": why.fr, "en": why.en}
    }


def test_status_without_labs(cli: Cli, app: FakeApp) -> None:
    app.instances.running = []
    assert "Aucun lab" in cli("status", lang="fr").stdout
    assert json.loads(cli("--json", "status").stdout) == {"labs": [], "waiting": []}


@pytest.mark.slow
def test_scenarios_by_activity(cli: Cli) -> None:
    shown = cli("scenarios", "--competence", "1").stdout
    assert "CCP 1" in shown
    assert "no-network-after-move" in shown
    assert "CCP 2" not in shown


def test_scenarios_as_json(cli: Cli) -> None:
    found = json.loads(cli("scenarios", "--json", "--difficulty", "1").stdout)["scenarios"]
    assert {"id", "title", "competences", "difficulty", "minutes", "kind", "lab", "proof"} == set(found[0])
    assert all(one["difficulty"] == 1 for one in found)


# Acting ---------------------------------------------------------------------------------------------------


def test_exec_passes_output_and_status_on(cli: Cli, app: FakeApp) -> None:
    app.fabric.on("ls -l", "pc1", status=4, stdout="out\n", stderr="err\n")
    done = cli("exec", "pc1", "--", "ls", "-l")
    assert (done.exit_code, done.stdout, done.stderr) == (4, "out\n", "err\n")


def test_exec_needs_no_dashes_and_takes_the_command_s_own_options(cli: Cli, app: FakeApp) -> None:
    app.fabric.on("ls --json", "pc1", stdout="out\n")
    assert cli("exec", "pc1", "ls", "--json").exit_code == 0


def test_what_exec_runs_keeps_its_own_options(cli: Cli, app: FakeApp) -> None:
    app.fabric.on("ls --json", "pc1", stdout="out\n")
    assert cli("exec", "pc1", "ls", "--json").stdout == "out\n", "as the command printed it"
    assert json.loads(cli("exec", "pc1", "--json", "--", "ls", "--json").stdout)["command"] == ["ls", "--json"]


@pytest.mark.parametrize(
    "line",
    [
        f"exec pc1 --lab {LAB} -- id -u",
        f"exec --lab {LAB} pc1 -- id -u",
        f"exec pc1 --lab={LAB} --timeout 5 id -u",
        f"exec --timeout 5 pc1 --lab {LAB} -i -- id -u",
        "exec -- pc1 id -u",
        "--yes exec pc1 --yes id -u",
    ],
)
def test_exec_takes_its_options_before_and_after_the_host(cli: Cli, app: FakeApp, line: str) -> None:
    app.instances.running.insert(0, instance("other-0000"))
    app.fabric.on("id -u", "pc1", stdout="0\n")
    done = cli(*line.split())
    assert (done.exit_code, done.stdout) == (0, "0\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["exec", "pc1", "--", ""], "empty word"),
        (["exec", "pc1", ""], "empty word"),
        (["exec", "pc1", "--"], "Missing argument"),
        (["exec", "pc1"], "Missing argument"),
        (["exec", "pc1", "--nope", "--", "ls"], "--nope"),
    ],
)
def test_exec_without_a_command_says_so(cli: Cli, app: FakeApp, words: list[str], said: str) -> None:
    done = cli(*words)
    assert (done.exit_code, app.fabric.calls) == (2, [])
    assert said in done.stderr
    assert "→" in done.stderr


def test_exec_tells_a_killed_command_as_a_shell_does(cli: Cli, app: FakeApp) -> None:
    app.fabric.on("sleep 9", "pc1", status=-9)
    assert cli("exec", "pc1", "--", "sleep", "9").exit_code == 137


@pytest.mark.parametrize(
    ("action", "segment", "plugged"),
    [("unplug", "office", False), ("plug", "office", True), ("servers", "servers", True)],
)
def test_cable(cli: Cli, app: FakeApp, action: str, segment: str, plugged: bool) -> None:
    done = cli("cable", "pc1:eth0", action, "--json")
    assert json.loads(done.stdout) == {"host": "pc1", "interface": "eth0", "segment": segment, "plugged": plugged}
    assert app.fabric.cables["pc1", "eth0"].plugged is plugged


def test_a_new_cable_carries_frames_as_it_should(cli: Cli, app: FakeApp) -> None:
    good = app.fabric.cables["pc1", "eth0"]
    app.fabric.cables["pc1", "eth0"] = replace(good, mtu=996, rate=64_000, loss=30, plugged=False)
    assert (
        "pc1:eth0 a un câble neuf, branché (segment\N{NO-BREAK SPACE}: office)"
        in cli("cable", "pc1:eth0", "replace", lang="fr").stdout
    )
    assert app.fabric.cables["pc1", "eth0"] == replace(good, plugged=True)


def test_a_cable_out_of_reach_is_asked_about(cli: Cli, app: FakeApp) -> None:
    app.labs.variant = replace(app.labs.variant, out_of_reach=("pc1",))
    refused = cli("cable", "pc1:eth0")
    assert (refused.exit_code, "breakfix talk" in refused.stderr) == (2, True)
    assert cli("cable", "r1:eth0").exit_code == 0
    assert "unplugged" not in cli("map").stdout


def test_a_lab_s_page_is_read_from_inside_and_outside(cli: Cli) -> None:
    running, named = cli("lab", lang="fr").stdout, cli("lab", "small-office", lang="fr").stdout
    assert "La clinique des Tilleuls" in running
    assert running == named == cli("lab", "no-network-after-move", lang="fr").stdout
    assert "The Tilleuls clinic" in cli("lab", "small-office").stdout
    document = json.loads(cli("lab", "small-office", "--json").stdout)
    assert {"lab", "title", "summary", "page"} == set(document)
    assert set(document["page"]) == {"fr", "en"}


def test_a_running_lab_s_name_is_known_where_a_lab_s_page_is_asked_for(cli: Cli, app: FakeApp) -> None:
    app.instances.running.append(instance("mine"))
    page = cli("lab", "small-office").stdout
    assert cli("lab", "mine").stdout == cli("lab", LAB).stdout == cli("lab", "--lab", "mine").stdout == page
    for wrong, near in (("min", "mine"), ("smal-office", "small-office")):
        done = cli("lab", wrong)
        assert (done.exit_code, done.stdout) == (2, "")
        assert f'did you mean "{near}"' in " ".join(done.stderr.split())


def test_a_lab_s_page_is_read_without_an_engine(cli: Cli, app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise MachineError(Text(fr="Docker ne répond pas", en="Docker does not answer"))

    monkeypatch.setattr(app.instances, "all", refuse)
    assert cli("lab", "small-office").exit_code == 0
    assert cli("lab", "smal-office").exit_code == 2


def test_a_lab_without_a_page_has_its_summary(cli: Cli, app: FakeApp, tmp_path: Path) -> None:
    folder = tmp_path / "labs" / "bare"
    folder.mkdir(parents=True)
    source = app.content.lab_folder("small-office") / "lab.yaml"
    (folder / "lab.yaml").write_text(source.read_text().replace("name: small-office", "name: bare"))
    app.content = Content([*app.content.roots, tmp_path])
    assert "A router connects them" in " ".join(cli("lab", "bare").stdout.split())
    assert json.loads(cli("lab", "bare", "--json").stdout)["page"] is None


def test_a_lab_that_is_not_there_is_named(cli: Cli) -> None:
    done = cli("lab", "small-ofice")
    assert done.exit_code == 2
    assert "small-office" in done.output


def test_map_follows_the_width_of_the_terminal(cli: Cli) -> None:
    assert "┌" in cli("map").stdout
    cli.width = 40
    narrow = cli("map").stdout
    assert "┌" not in narrow
    assert "├─ pc1 eth0 DHCP" in narrow


def test_map_shows_the_cables_as_they_are(cli: Cli) -> None:
    cli("cable", "pc1:eth0", "unplug")
    assert "débranché" in cli("map", lang="fr").stdout
    cables = json.loads(cli("map", "--json").stdout)["hosts"][0]["cables"]
    assert cables == [
        {"interface": "eth0", "segment": "office", "planned_segment": "office", "plugged": False, "address": "dhcp"}
    ]


def test_map_as_svg(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "map.svg"
    assert cli("map", "--svg", str(path)).exit_code == 0
    assert ET.fromstring(path.read_text(encoding="utf-8")).tag == "{http://www.w3.org/2000/svg}svg"


# Demo -----------------------------------------------------------------------------------------------------


def test_the_demo_goes_from_red_to_green_and_cleans_up(cli: Cli, app: FakeApp) -> None:
    done = cli("demo", lang="fr")
    assert done.exit_code == 0
    assert app.labs.calls == ["start", "check", "apply", "check", "discard"]
    for part in ("I bring it up (fr)", "pc1 # ip link set eth0 up", "It was the cable (fr)"):
        assert part in done.stdout


@pytest.mark.parametrize(
    "reports", [[GREEN, GREEN], [RED, RED], [BROKEN, GREEN], [RED, BROKEN], [RED, CHANGED], [RED, FORBIDDING]]
)
def test_a_demo_that_does_not_prove_its_point_fails(cli: Cli, app: FakeApp, reports: list[object]) -> None:
    app.labs.reports = reports  # type: ignore[assignment]
    assert cli("demo").exit_code == 5
    assert app.labs.calls[-1] == "discard"


def test_the_demo_s_lab_is_removed_when_grading_breaks(cli: Cli, app: FakeApp) -> None:
    app.labs.reports = []
    assert cli("demo").exit_code == 5
    assert app.labs.calls[-1] == "discard"


def test_the_demo_as_a_picture(cli: Cli, app: FakeApp, tmp_path: Path) -> None:
    pictures = [tmp_path / "one.svg", tmp_path / "two.svg"]
    for path in pictures:
        app.labs.reports = [RED, GREEN]
        shown = cli("demo", "--svg", str(path))
        assert shown.exit_code == 0
        written = "".join(ET.parse(path).getroot().itertext()).replace("\N{NO-BREAK SPACE}", " ")
        for part in ("breakfix demo", "Nothing works (en)", "✘", "address (en)", "the repair is green"):
            assert part in written
            assert part in shown.stdout or part == "breakfix demo"
    one, two = (path.read_text(encoding="utf-8") for path in pictures)
    assert one == two, "the same run gives the same file"
    assert "http" not in one.replace("http://www.w3.org", "").replace("https://www.textualize.io", "")


def test_a_picture_of_a_demo_that_failed_is_not_kept(cli: Cli, app: FakeApp, tmp_path: Path) -> None:
    app.labs.reports = [GREEN, GREEN]
    assert cli("demo", "--svg", str(tmp_path / "x.svg")).exit_code == 5
    assert not [*tmp_path.glob("*.svg")]


def test_a_picture_that_cannot_be_written_is_told_before_the_demo(cli: Cli, app: FakeApp, tmp_path: Path) -> None:
    assert cli("demo", "--svg", str(tmp_path / "nowhere" / "x.svg")).exit_code == 3
    assert app.labs.calls == []


@pytest.mark.parametrize(
    ("after", "word", "fr", "en"),
    [
        (
            CHANGED,
            "repaired_with_changes",
            "Réparé, avec 1 changement à expliquer",
            "Repaired, with 1 change to explain",
        ),
        (BROKEN, "not_valid", "Évaluation non valable", "Grading not valid"),
    ],
)
def test_a_demo_that_fails_says_what_was_found(
    cli: Cli, app: FakeApp, after: Report, word: str, fr: str, en: str
) -> None:
    app.labs.reports = [RED, after] * 3
    assert json.loads(cli("demo", "--json").stdout) == {"before": "not_repaired", "after": word, "ok": False}
    french = " ".join(cli("demo", lang="fr").stdout.replace("\N{NO-BREAK SPACE}", " ").split())
    assert f"Démonstration manquée : avant « Non réparé », après « {fr} »." in french
    assert f"The demonstration failed: 'Not repaired' before, '{en}' after." in " ".join(cli("demo").stdout.split())


def test_the_demo_as_json(cli: Cli) -> None:
    assert json.loads(cli("demo", "--json").stdout) == {"before": "not_repaired", "after": "repaired", "ok": True}


# Completion -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(cli: Cli, shell: str) -> None:
    assert "_BREAKFIX_COMPLETE" in cli("completion", shell).stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("breakfix st", {"start", "status", "stop"}),
        ("breakfix shell p", {"pc1"}),
        ("breakfix check --lab c", {LAB}),
        ("breakfix start no-n", {"no-network-after-move"}),
        ("breakfix images l", {"list", "load"}),
        ("breakfix faults disk-", {"disk-full", "disk-inodes-exhausted"}),
    ],
)
def test_names_are_completed(cli: Cli, monkeypatch: pytest.MonkeyPatch, words: str, expected: set[str]) -> None:
    monkeypatch.setenv("_BREAKFIX_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    found = {line.partition(",")[2] for line in cli().stdout.splitlines()}
    assert found == expected


@pytest.mark.parametrize("words", [("cable", "pc1:eth0", "unplug")])
def test_a_busy_lab_is_left_alone(cli: Cli, app: FakeApp, words: tuple[str, ...]) -> None:
    app.instances.busy.add(LAB)
    before = dict(app.fabric.cables)
    done = cli(*words, lang="fr")
    assert done.exit_code == 5
    assert "« breakfix reset » (processus 4321 de bob)" in done.stderr
    assert app.fabric.cables == before
    assert cli("cable", "pc1:eth0").exit_code == 0, "looking never waits"


@pytest.mark.slow
def test_what_was_validated_is_counted_in_the_language(cli: Cli) -> None:
    for lang, said in (("fr", "✔ Aucune erreur (1 scénario)."), ("en", "✔ No errors (1 scenario).")):
        assert cli("validate", "no-network-after-move", lang=lang).stdout.strip() == said  # type: ignore[arg-type]
