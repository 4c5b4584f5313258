"""``session``: what its commands print; the labs are said to be open, nothing runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from orchestrator.assessment.events import Draft
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.session_folder import write_whole
from orchestrator.core.errors import MachineError
from orchestrator.core.text import same
from tests.unit.assessment.sessions import PLAN, START, Played, make_registry, open_in_memory

from .conftest import CHANGED, FORBIDDING, Cli, FakeApp


class Head:
    """A journal's head."""

    changed = False

    def head(self) -> str:
        return "7:abc"

    def require_sound(self) -> None:
        if self.changed:
            raise MachineError(same("Entry 12 was changed."))


@pytest.fixture
def jury_session(app: FakeApp, tmp_path: Path, cli: Cli) -> JurySession:
    registry = make_registry(tmp_path, Played(START))
    app.registry, app.journal_log = registry, Head()
    file = tmp_path / "december.yaml"
    file.write_text(PLAN, encoding="utf-8")
    made = cli("session", "plan", str(file))
    assert (made.exit_code, "Candidates: 2; phases: 2." in made.stdout) == (0, True)
    return registry.jury_session(None)


def test_a_plan_s_mistakes_are_told_with_their_lines(app: FakeApp, cli: Cli, tmp_path: Path) -> None:
    app.registry = make_registry(tmp_path, Played(START))
    file = tmp_path / "december.yaml"
    file.write_text(PLAN.replace("minutes: 75", "minuts: 75").replace("C-02", "C-01"), encoding="utf-8")
    shown = cli("session", "plan", str(file))
    assert shown.exit_code == 4
    assert 'did you mean "minutes"' in " ".join(shown.output.split())


def test_candidates_come_from_a_list(app: FakeApp, cli: Cli, tmp_path: Path) -> None:
    app.registry = make_registry(tmp_path, Played(START))
    file, listed = tmp_path / "december.yaml", tmp_path / "list.csv"
    file.write_text(re.sub(r"candidates:\n(  .*\n){2}", "", PLAN), encoding="utf-8")
    listed.write_text("number;name;attendance\nC-01;Zoé Faure;remot\n", encoding="utf-8")
    wrong = cli("session", "plan", str(file), "--candidates", str(listed))
    assert wrong.exit_code == 4
    assert "list.csv:2:3" in "".join(wrong.output.split())
    listed.write_text("number;name;attendance\nC-01;Zoé Faure;remote\n", encoding="utf-8")
    assert cli("session", "plan", str(file), "--candidates", str(listed)).exit_code == 0
    assert app.registry.jury_session(None).state().plan.candidates[0].attendance == "remote"


def test_without_a_session_the_way_to_one_is_told(app: FakeApp, cli: Cli, tmp_path: Path) -> None:
    app.registry = make_registry(tmp_path, Played(START))
    shown = cli("session", "show", lang="fr")
    assert (shown.exit_code, "session plan FICHIER" in shown.output) == (2, True)


def test_a_session_as_its_staff_sees_it(jury_session: JurySession, cli: Cli) -> None:
    open_in_memory(jury_session, "reseau")
    assert cli("session", "start", "reseau").exit_code == 0
    assert cli("session", "arrive", "reseau", "C-02").exit_code == 0
    assert cli("session", "pause", "--reason", "Coupure").exit_code == 0
    shown = cli("session", "show", lang="fr").stdout
    assert "Zoé Faure" in shown
    assert "1:15:00 (arrêté)" in shown.replace("\N{NO-BREAK SPACE}", " ")
    document = json.loads(cli("session", "show", "--json").stdout)
    assert [row["remaining"] for row in document["sittings"]] == ["1:15:00 (stopped)", "1:40:00 (stopped)"]
    assert document["sittings"][0]["hosts"] == {"cut": {"pc1": "gone", "r1": "gone"}}
    assert document["supervised"] is False
    assert "Personne ne surveille" in shown
    with jury_session.folder.supervised():
        assert json.loads(cli("session", "show", "--json").stdout)["supervised"] is True
        assert "Nobody supervises" not in cli("session", "show").stdout
    more = ("session", "extend", "reseau", "C-01")
    assert cli(*more, "20", "--reason", "Panne").exit_code == 0
    assert cli(*more, "0", "--reason", "Panne").exit_code == cli(*more, "5", "--reason", " ").exit_code == 2
    document = json.loads(cli("session", "show", "--json").stdout)
    assert [row["remaining"] for row in document["sittings"]] == ["1:35:00 (stopped)", "1:40:00 (stopped)"]
    assert cli("session", "replace", "reseau", "C-01", "other", "--reason", "Panne").exit_code == 2
    assert cli("session", "resume").exit_code == 0
    assert cli("session", "resume").exit_code == 2
    assert cli("session", "list", "--json").stdout.count("december") == 1


def test_a_drawing_is_shown_again(jury_session: JurySession, cli: Cli) -> None:
    assert jury_session.state().drawings == {}
    first = json.loads(cli("session", "draw", "tirage", "--seed", "a" * 32, "--json").stdout)
    again = cli("session", "redraw", "tirage")
    assert again.exit_code == 0
    assert "Drawing again gives the same." in again.stdout
    assert first["seed"] in again.stdout


def test_a_candidate_sees_nothing_before_the_start(jury_session: JurySession, cli: Cli) -> None:
    open_in_memory(jury_session, "reseau")
    shown = cli("session", "seat", "reseau", "C-01")
    assert (shown.exit_code, "has not begun" in shown.output) == (2, True)
    jury_session.start("reseau", "organiser")
    hint = cli("session", "hint", "reseau", "C-01")
    assert (hint.exit_code, "has no hints" in hint.output) == (2, True)


def test_the_jury_decides_and_its_record_is_written(jury_session: JurySession, cli: Cli, tmp_path: Path) -> None:
    words = ("--reason", "Vu à l'oral.", "--member", "martin")
    assert cli("session", "decide", "C-01", "1.3", "acquired", *words).exit_code == 0
    assert cli("session", "observe", "C-01", "Calme.", "--member", "leroy").exit_code == 0
    wrong = cli("session", "decide", "C-01", "1.3", "acquird", *words)
    assert (wrong.exit_code, 'did you mean "acquired"' in wrong.output) == (2, True)
    assert "acquise" in cli("session", "results", "C-01", lang="fr").stdout
    assert cli("session", "sign", "--member", "martin").exit_code == 0
    assert json.loads(cli("session", "sign", "--member", "leroy", "--json").stdout)["closed"]
    page = tmp_path / "pv.html"
    assert cli("session", "export", "pv", "--html", "-o", str(page)).exit_code == 0
    assert "7:abc" in page.read_text(encoding="utf-8")
    table = tmp_path / "t.csv"
    assert cli("session", "export", "csv", "-o", str(table)).exit_code == 0
    assert "Vu à l'oral." in table.read_text(encoding="utf-8")
    lost = cli("session", "export", "json", "-o", str(tmp_path / "no" / "t.json"))
    assert lost.exit_code == 3
    assert jury_session.state().closed


def test_the_jury_sees_each_verdict_with_its_changes(jury_session: JurySession, cli: Cli) -> None:
    open_in_memory(jury_session, "reseau")
    cli("session", "start", "reseau")
    for candidate, graded in (("C-01", CHANGED), ("C-02", FORBIDDING)):
        path = jury_session.folder.sitting("reseau", candidate) / "cut.report.json"
        digest = write_whole(path, graded.to_json().encode())
        details = {"labs": {"cut": {"report": digest, "verdict": graded.verdict}}}
        jury_session.keep(Draft("graded", "breakfix", START + 60, candidate, "reseau", details))
    shown = cli("session", "results", "C-01").stdout
    assert "cut (reseau): Repaired, with 1 change to explain" in shown
    assert "? ssh no longer starts." in shown
    assert "now: disabled" in shown
    french = cli("session", "results", "C-02", lang="fr").stdout.replace("\N{NO-BREAK SPACE}", " ")
    assert "cut (reseau) : Non réparé" in french
    assert "  Un changement interdit l'emporte sur tous les contrôles." in french
    lines = [line.rstrip() for line in french.splitlines()]
    assert lines[lines.index("  ? ssh ne démarre plus.") + 1] == "    pc1 · ssh.service (enabled)"
    assert french.index("✘ Le pare-feu laisse tout passer.") < french.index("? ssh ne démarre plus.")
    assert "\x1b" not in french
    (scenario,) = json.loads(cli("session", "results", "C-02", "--json").stdout)["scenarios"]
    assert (scenario["phase"], scenario["scenario"], scenario["verdict"]) == ("reseau", "cut", "not_repaired")
    assert [d["standing"] for d in scenario["differences"]] == ["explained", "harmless", "unexplained", "forbidden"]


@pytest.mark.parametrize(
    "words", [("results", "C-01"), ("export", "pv", "--html"), ("export", "csv"), ("sign", "--member", "martin")]
)
def test_nothing_is_made_of_a_journal_that_was_changed(
    jury_session: JurySession, app: FakeApp, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    app.journal_log.changed = True  # type: ignore[attr-defined]
    before = sorted(tmp_path.iterdir())
    refused = cli("session", *words)
    assert (refused.exit_code, "Entry 12 was changed." in refused.output) == (3, True)
    assert sorted(tmp_path.iterdir()) == before
    assert jury_session.state().of("signed") == ()


def test_the_labs_of_a_session_can_be_looked_up_both_ways(jury_session: JurySession, cli: Cli) -> None:
    open_in_memory(jury_session, "reseau")
    for word in ("C-02", "cut-c-02"):
        (found,) = json.loads(cli("session", "labs", word, "--json").stdout)
        assert (found["candidate"], found["lab"], found["hosts"]) == ("C-02", "cut-c-02", ["pc1", "r1"])
    assert cli("session", "labs", lang="fr").stdout.count("cut-c-0") == 2


def test_a_session_that_is_not_open_yet_can_be_withdrawn_and_planned_again(
    jury_session: JurySession, cli: Cli, tmp_path: Path
) -> None:
    file = tmp_path / "december.yaml"
    file.write_text(PLAN.replace("minutes: 75", "minutes: 45"), encoding="utf-8")
    again = cli("session", "plan", str(file))
    assert (again.exit_code, "session withdraw --session december" in " ".join(again.output.split())) == (2, True)
    assert cli("session", "withdraw", "--reason", "Durée fausse").exit_code == 0
    assert cli("session", "list", "--json").stdout.count("december") == 0
    assert cli("session", "plan", str(file)).exit_code == 0
    state = jury_session.state()
    assert (state.plan.phase("reseau").minutes, state.withdrawn) == (45, False)
    open_in_memory(jury_session, "reseau")
    refused = cli("session", "withdraw", "--reason", "x")
    assert (refused.exit_code, "are open, or were" in " ".join(refused.output.split())) == (2, True)


def test_watching_ends_where_there_is_nothing_left_to_watch(jury_session: JurySession, cli: Cli) -> None:
    open_in_memory(jury_session, "reseau")
    jury_session.start("reseau", "organiser")
    jury_session.keep(Draft("sealed", "breakfix", START, "C-01", "reseau", {"file": "x.zip", "sha256": "e" * 64}))
    shown = cli("session", "watch", "reseau", "C-01")
    assert (shown.exit_code, "is sealed" in shown.output) == (2, True)


TABLE = """\
session;candidate;subject;decision;reason
december;C-01;1.3;acquired;"Vu ; à l'oral"
december;C-01;ccp-1;acquired;Tout concorde
december;C-01;ccp-2;;
december;C-02;1.3;{verdict};Presque
"""


def test_a_table_decides_all_or_nothing(jury_session: JurySession, cli: Cli, tmp_path: Path) -> None:
    table = tmp_path / "decisions.csv"
    table.write_text(TABLE.format(verdict="acquird"), "utf-8")
    words = ("session", "decide", "--from", str(table), "--member", "martin")
    refused = cli(*words)
    assert (refused.exit_code, "Line 5" in refused.output) == (2, True)
    assert jury_session.state().of("decided") == ()
    table.write_bytes(TABLE.format(verdict="to-question").encode("utf-8-sig"))
    assert json.loads(cli(*words, "--json").stdout) == {"decided": 3}
    assert json.loads(cli(*words, "--json").stdout) == {"decided": 0}, "they stand already"
    decided = [(event.candidate, event.details["subject"]) for event in jury_session.state().of("decided")]
    assert decided == [("C-01", "1.3"), ("C-01", "ccp-1"), ("C-02", "1.3")]
    table.write_text("candidate,subject\n", "utf-8")
    assert "lacks a column: decision, reason" in " ".join(cli(*words).output.split())
    table.write_bytes("candidate;subject;decision;reason\nC-01;1.3;acquired;é".encode("latin-1"))
    assert "is not UTF-8" in " ".join(cli(*words).output.split())


@pytest.mark.usefixtures("jury_session")
def test_the_table_that_is_exported_can_be_filled_in(cli: Cli, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    assert cli("session", "export", "csv", "--separator", ";", "-o", str(table)).exit_code == 0
    text = table.read_text(encoding="utf-8-sig")
    assert text.splitlines()[0].startswith("session;candidate;name;")
    assert json.loads(cli("session", "decide", "--from", str(table), "--member", "martin", "--json").stdout) == {
        "decided": 0
    }


@pytest.mark.usefixtures("jury_session")
def test_everything_is_exported_into_one_folder(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    done = cli("session", "export", "all", str(folder), "--html", "--json")
    names = ["december-C-01.html", "december-C-02.html", "december.csv", "december.json", "pv-december.html"]
    assert json.loads(done.stdout)["files"] == names
    assert sorted(path.name for path in folder.iterdir()) == names


def test_a_record_with_open_questions_is_not_closed_unasked(jury_session: JurySession, cli: Cli) -> None:
    words = ("--reason", "Presque", "--member", "martin")
    assert cli("session", "decide", "C-01", "1.3", "to-question", *words).exit_code == 0
    assert cli("session", "sign", "--member", "martin").exit_code == 0, "this signature closes nothing"
    refused = cli("session", "sign", "--member", "leroy")
    assert (refused.exit_code, "C-01 1.3" in refused.output, "--anyway" in refused.output) == (2, True, True)
    assert not jury_session.state().closed
    assert cli("session", "observe", "C-01", "Calme.", "--member", "leroy").exit_code == 0
    signed = cli("session", "sign", "--member", "leroy", "--anyway")
    assert (signed.exit_code, "signature of martin counts no more" in " ".join(signed.output.split())) == (0, True)
    assert not jury_session.state().closed
    assert cli("session", "sign", "--member", "martin", "--anyway").exit_code == 0
    assert jury_session.state().closed


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('date: "2025-12-14"', 'date: "2025-12-13"', "The date is in the past: 2025-12-13."),
        ("extra_time: 1/3", "extra_time: 3/2", "C-02 has more than 100% of extra time (3/2): reseau, tirage."),
        ("extra_time: 1/3", "extra_time: 80 min", "(80 min): reseau, tirage."),
    ],
)
def test_what_is_hardly_ever_meant_is_asked(
    app: FakeApp, cli: Cli, tmp_path: Path, old: str, new: str, said: str
) -> None:
    app.registry = make_registry(tmp_path, Played(START))
    file = tmp_path / "december.yaml"
    file.write_text(PLAN.replace(old, new), encoding="utf-8")
    refused = cli("session", "plan", str(file))
    assert (refused.exit_code, said in " ".join(refused.output.split())) == (2, True)
    assert cli("session", "list", "--json").stdout.count("december") == 0
    assert cli("session", "plan", str(file), "--anyway").exit_code == 0
