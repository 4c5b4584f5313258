"""``people``, ``audit`` and ``progress`` on the command line, over a real store."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from orchestrator.labs import Running
from orchestrator.practice.recorder import PracticeRecorder
from orchestrator.records import credentials, journal
from orchestrator.records.database import Database
from orchestrator.records.location import database_url
from orchestrator.records.people import People
from orchestrator.serving.serve_folders import ServeFolders
from tests.unit.privacy.recordings import TOM, record

from .conftest import GREEN, LAB, PLAN, Cli, FakeApp, instance


@pytest.fixture(autouse=True)
def store(app: FakeApp, monkeypatch: pytest.MonkeyPatch, empty_store: Path, tmp_path: Path) -> Iterator[Database]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr("getpass.getuser", lambda: "trainer1")
    database = Database(database_url(str(shutil.copy(empty_store, tmp_path / "records.sqlite")), {}))
    app.database = database
    yield database
    database.close()


@pytest.fixture
def missing(store: Database, tmp_path: Path) -> Database:
    """A store whose file is not there."""
    (tmp_path / "records.sqlite").unlink()
    return store


def test_people_come_and_go(cli: Cli) -> None:
    made = cli("people", "add", "lea", "--given-name", "Léa", "--role", "candidate", "--born", "2004-05-17", "--json")
    document = json.loads(made.stdout)
    assert (document["candidate_number"], document["roles"], document["born"]) == ("C001", ["candidate"], "2004-05-17")
    cli("people", "add", "paul", "--role", "trainer")
    assert cli("people", "change", "lea", "--extra-time", "1/3", "--trainer", "paul", "--born", "").exit_code == 2
    assert cli("people", "change", "lea", "--extra-time", "1/3", "--trainer", "paul").exit_code == 0
    listed = cli("people", "list", "--role", "candidate", lang="fr").stdout
    assert "Léa" in listed
    assert "candidat" in listed
    assert "1/3" in listed
    assert "paul" not in listed
    gone = cli("people", "forget", "lea")
    assert f"lea is forgotten; what stays are the results, under {document['ref']}" in gone.stdout
    assert "lea" not in cli("people", "list").stdout


def test_forgetting_removes_the_recordings_of_their_terminals(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BREAKFIX_HOME", str(tmp_path / "home"))
    recordings, began = ServeFolders.of(os.geteuid()).recordings, datetime(2026, 11, 29, 12, tzinfo=UTC)
    ref = json.loads(cli("people", "add", "lea", "--json").stdout)["ref"]
    mine = record(recordings, "lab-1", "a1", ref, began=began)
    others = record(recordings, "lab-1", "b2", TOM, began=began)
    gone = json.loads(cli("people", "forget", "lea", "--json").stdout)["forgotten"]
    assert [(one["person"], one["recordings"]) for one in gone] == [("lea", 1)]
    assert (mine.exists(), others.exists()) == (False, True)


def test_a_link_is_made_by_which_somebody_chooses_a_password(cli: Cli, store: Database) -> None:
    cli("people", "add", "lea", "--role", "administrator", "--language", "fr")
    shown = cli("people", "password", "lea", lang="fr").stdout
    assert "Lien pour lea, valable une fois" in shown
    document = json.loads(cli("people", "password", "lea", "--json").stdout)
    assert (document["handle"], document["kind"]) == ("lea", "invitation")
    assert document["path"] == f"/link#{document['link']}"
    assert document["link"] not in shown
    with store.read() as session:
        assert credentials.find_link(session, document["link"], journal.now()) is not None
        (first, _) = journal.entries(session, kind=credentials.LINK_MADE)
        assert first.event.actor == People(session).find("trainer1").ref
    listed = json.loads(cli("people", "list", "--role", "administrator", "--json").stdout)
    assert [(one["handle"], one["language"]) for one in listed["people"]] == [("lea", "fr")]
    assert "administrateur" in cli("people", "list", lang="fr").stdout


def test_who_organises_does_not_judge(cli: Cli) -> None:
    assert cli("people", "add", "both", "--role", "organiser", "--role", "jury").exit_code == 2
    assert cli("people", "add", "ines", "--role", "organiser").exit_code == 0
    refused = cli("people", "change", "ines", "--role", "jury")
    assert refused.exit_code == 2
    assert "nobody is both an organiser and a jury member" in " ".join(refused.stderr.split())
    changed = cli("people", "change", "ines", "--role", "jury", "--without-role", "organiser", "--json")
    assert json.loads(changed.stdout)["roles"] == ["jury"]
    assert cli("people", "change", "ines", "--without-role", "jury").exit_code == 2


def test_a_candidate_alone_is_given_no_link(cli: Cli) -> None:
    cli("people", "add", "zoe", "--role", "candidate")
    refused = cli("people", "password", "zoe")
    assert refused.exit_code == 2
    assert "people change zoe --role trainee" in " ".join(refused.stderr.split())
    assert cli("people", "password", "nobody").exit_code == 2


@pytest.mark.parametrize("words", [[], ["lea", "--due"]], ids=["nobody", "both"])
def test_forgetting_wants_one_person_or_those_due(cli: Cli, words: list[str]) -> None:
    assert cli("people", "forget", *words).exit_code == 2


def test_a_list_with_one_mistake_adds_nobody(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "class.csv"
    path.write_text("handle,group\nzoe,tssr\nyann,tssr\nZOE,tssr\n")
    assert cli("people", "import", str(path)).exit_code == 4
    assert json.loads(cli("people", "list", "--json").stdout) == {"people": []}
    path.write_text("handle,group\nzoe,tssr\nyann,tssr\n")
    assert "2 people added" in cli("people", "import", str(path)).stdout
    assert cli("people", "import", str(path)).exit_code == 2, "they are there already"


def test_retention_is_shown_and_changed(cli: Cli) -> None:
    assert "730 days" in cli("people", "retention").stdout
    assert "30 jours" in cli("people", "retention", "--days", "30", lang="fr").stdout
    assert json.loads(cli("people", "retention", "--json").stdout)["days"] == 30
    assert "Nobody's time is over" in cli("people", "forget", "--due").stdout


def test_the_journal_is_verified_and_its_head_noted(cli: Cli, store: Database) -> None:
    cli("people", "add", "lea")
    head = cli("audit", "head").stdout.strip()
    assert head.startswith("2:")
    assert cli("audit", "verify", "--head", head).exit_code == 0
    assert "untouched: 2 entries" in cli("audit", "verify").stdout
    assert "person.added" in cli("audit", "log").stdout
    with store.write() as session:
        session.execute(text("DROP TRIGGER journal_keeps_rows"))
        session.execute(text("DELETE FROM journal WHERE seq = 2"))
        session.execute(text("UPDATE journal_head SET seq = 1, hash = (SELECT hash FROM journal)"))
    touched = cli("audit", "verify")
    assert touched.exit_code == 1
    assert "The journal's end is missing: entry 2 was removed." in touched.stdout, "this machine noted its head"
    document = json.loads(cli("audit", "verify", "--json").stdout)
    assert (document["sound"], document["findings"][0]["kind"]) == (False, "truncated")


def test_what_is_no_head_is_refused(cli: Cli) -> None:
    assert cli("audit", "verify", "--head", "12").exit_code == 2


def test_progress_tells_what_was_done_and_what_is_next(cli: Cli, app: FakeApp, store: Database) -> None:
    assert "no scenario of this competence solved yet" in cli("progress").stdout
    recorder = PracticeRecorder.of_account(
        lambda: store, "trainer1", lambda _name: app.content.scenario_document("no-network-after-move")
    )
    running = Running(
        instance(owner="trainer1", scenario="no-network-after-move"),
        replace(PLAN, scenario="no-network-after-move"),
        {},
    )
    recorder.started(running)
    recorder.hinted(running, 1)
    recorder.checked(running, GREEN)
    shown = cli("progress", "--attempts", lang="fr").stdout
    (attempt,) = [line for line in shown.splitlines() if "no-network-after-move" in line]
    assert "résolu" in attempt
    document = json.loads(cli("progress", "--person", "trainer1", "--json").stdout)
    (one,) = [c for ccp in document["ccps"] for c in ccp["competences"] if c["code"] == "1.3"]
    assert (one["tried"], one["solved"], one["unaided"], one["hints"]) == (1, 1, 0, 1)
    assert document["attempts"][0]["scenario"] == "no-network-after-move"
    assert LAB not in shown


READING = [("progress",), ("people", "list"), ("group", "list"), ("group", "members", "x"), ("audit", "verify")]
READING += [("audit", "head"), ("audit", "log"), ("group", "export", "x")]


@pytest.mark.slow
@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_what_only_reads_writes_nothing(cli: Cli, missing: Database, tmp_path: Path, words: tuple[str, ...]) -> None:
    cli(*words)
    assert not missing.exists
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_a_store_that_is_named_and_not_there_is_refused(cli: Cli, missing: Database, words: tuple[str, ...]) -> None:
    done = cli("--database", missing.name, *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "there is no such file" in " ".join(done.stderr.split())
    assert "start, people add" in done.stderr
