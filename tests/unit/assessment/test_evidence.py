"""What is recorded, what changed, and what is sealed: complete, readable, and a flipped byte is found."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from grader.report import CheckResult, CommandRecord, Report
from orchestrator.assessment import collecting
from orchestrator.assessment.asciicast import (
    TerminalRecorder,
    TypedLine,
    read_timeline,
    timeline,
    timeline_file,
    transcript,
)
from orchestrator.assessment.collecting import HostFiles, changes
from orchestrator.assessment.events import Draft
from orchestrator.assessment.evidence import MANIFEST, SUMS, problems_of, read_evidence, seal
from orchestrator.assessment.session_folder import sha256, write_whole
from orchestrator.core.errors import UsageError
from orchestrator.core.text import same
from orchestrator.deliverables.deliverables_store import CONVERSATION
from orchestrator.fabric.fabric_interface import FileState
from orchestrator.model.turns import PersonaAct, Turn
from orchestrator.personas.conversation_file import line_of, turns_in
from tests.unit.assessment.sessions import START, Played, make_jury_session, open_in_memory
from tests.unit.differences import EVERY, HARMLESS, UNEXPLAINED

pytestmark = pytest.mark.slow


def record(path: Path) -> None:
    now = [100.0]
    recorder = TerminalRecorder(path, rows=24, columns=80, now=lambda: now[0], title="pc1")
    recorder.shown("root@pc1:~# é".encode()[:-1])
    recorder.shown("é".encode()[1:])
    for second, typed, hidden in (
        (1.5, b"ip rooute\x7f\x7f\x7f\x7fute\r", False),
        (2.0, b"\x1b[A\r", False),
        (3.0, b"su - tech\r", False),
        (4.0, b"s3cret\r", True),
        (5.0, b"cat /etc/n\tx\x17\x15ls\r", False),
    ):
        now[0] = 100.0 + second
        recorder.typed(typed, hidden=hidden)
    recorder.resized(30, 100)
    recorder.close()


def test_a_recording_is_an_asciicast_and_tells_what_was_typed(tmp_path: Path) -> None:
    path = tmp_path / "pc1-1.cast"
    record(path)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert rows[0] == {"version": 2, "width": 80, "height": 24, "timestamp": 100, "title": "pc1"}
    assert rows[1:3] == [[0.0, "o", "root@pc1:~# "], [0.0, "o", "é"]]
    assert rows[-1][1:] == ["r", "100x30"]
    assert [(line.at, line.line) for line in timeline(path)] == [
        (101.5, "ip route"),
        (102.0, "↑"),
        (103.0, "su - tech"),
        (104.0, "••••••"),
        (105.0, "ls"),
    ]
    assert "s3cret" not in path.read_text()


def test_a_pasted_line_costs_what_its_keys_cost(tmp_path: Path) -> None:
    def seconds(keys: int) -> float:
        typed = [*("a" * 10_000 for _ in range(keys // 10_000)), "\r"]
        rows = [{"version": 2, "timestamp": 0}, *([1.0, "i", one] for one in typed)]
        content = "".join(json.dumps(row) + "\n" for row in rows)
        began = time.process_time()
        assert [len(line.line) for line in timeline(tmp_path / "pc1-1.cast", content)] == [keys]
        return time.process_time() - began

    few = seconds(80_000)
    assert seconds(800_000) < 40 * few, "ten times as much; each key copied the line: a hundred times"


def test_a_typed_formula_is_text_in_the_table_and_itself_when_read() -> None:
    typed = [TypedLine(1.0, "x.pc1-1", line) for line in ("=HYPERLINK(1)", "'=1", "ls;=1", "'", "a,b", "ls -la; -x")]
    made = timeline_file(typed)
    assert list(read_timeline(made)) == typed
    assert b",'=HYPERLINK(1)" in made
    before = b"seconds_since_1970,terminal,typed\r\n1.000,x.pc1-1,'=1\r\n"  # as it was sealed once
    assert [one.line for one in read_timeline(before)] == ["'=1"]


def test_a_file_s_name_adds_no_lines_to_its_difference() -> None:
    name = "/etc/a\n+++ end/etc/shadow\n@@ -1 +1 @@\n+root::0:0\n\x1b[2J"
    state = FileState(kind="file", mode=0o644, size=2, mtime=1)
    before, after = (HostFiles({name: state}, {name: content}) for content in (b"1\n", b"2\n"))
    (change,) = changes({"pc1": before}, {"pc1": after})
    assert len(change.difference.splitlines()) == 5
    assert "\x1b" not in change.difference


def test_a_transcript_reads_as_the_screen_did(tmp_path: Path) -> None:
    path = tmp_path / "pc1-1.cast"
    recorder = TerminalRecorder(path, rows=24, columns=80, now=lambda: 100.0, title="pc1")
    for shown in (
        "\x1b[?2004h\x1b]0;root@pc1\x07root@pc1:~# ip rotue\b\b\b\x1b[Kute\r\n",
        "\x1b[36meth0\x1b[0m UP\r\n50 %\r100 %\r\n",
    ):
        recorder.shown(shown.encode())
    recorder.typed(b"never in a transcript")
    recorder.close()
    assert transcript(path) == "root@pc1:~# ip route\neth0 UP\n100 %\n"


def test_a_recording_that_was_cut_short_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "pc1-1.cast"
    record(path)
    path.write_bytes(path.read_bytes()[:-9])
    assert len(list(timeline(path))) == 5


FILE = FileState(kind="file", mode=0o644, size=4, mtime=1)


def files(**contents: bytes) -> HostFiles:
    states = {f"/etc/{name}": FileState(kind="file", mode=0o644, size=len(data)) for name, data in contents.items()}
    return HostFiles(states, {f"/etc/{name}": data for name, data in contents.items()})


def test_changes_are_found_by_content_owner_and_mode() -> None:
    before = {"pc1": files(hosts=b"one\n", same=b"x", gone=b"y")}
    after = {"pc1": files(hosts=b"two\n", same=b"x", new=b"no line end")}
    found = {change.path: change for change in changes(before, after)}
    assert {path: change.change for path, change in found.items()} == {
        "/etc/gone": "removed",
        "/etc/hosts": "changed",
        "/etc/new": "added",
    }
    assert found["/etc/hosts"].difference == "--- start/etc/hosts\n+++ end/etc/hosts\n@@ -1 +1 @@\n-one\n+two\n"
    assert found["/etc/new"].difference.endswith("+no line end\n\\ No newline at end of file\n")
    mode = {"pc1": HostFiles({"/root/a": FILE})}, {"pc1": HostFiles({"/root/a": FileState(kind="file", mode=0o600)})}
    assert [change.path for change in changes(*mode)] == ["/root/a"]


def test_what_could_not_be_seen_is_not_called_removed(tmp_path: Path) -> None:
    before = {"pc1": files(hosts=b"one\n"), "pc2": files(hosts=b"one\n")}
    after = {"pc1": HostFiles(unseen={"/etc": "the host is gone"}), "pc2": before["pc2"]}
    assert changes(before, after) == ()
    collecting.keep(tmp_path / "kept", after)
    assert collecting.kept(tmp_path / "kept") == after


REPORT = Report(
    instance="cut-c-01",
    scenario="cut",
    seed=5,
    digest="d" * 64,
    started_at="2025-12-14T09:15:00Z",
    seconds=1.0,
    results=(
        CheckResult("test_a.py::test_net", "symptom", 3, "1.3", same("pc1 répond."), "pass"),
        CheckResult("test_a.py::test_dns", "symptom", 1, "1.3", same("Les noms."), "fail", same("<b>no answer</b>")),
    ),
)


@pytest.fixture
def report() -> Report:
    """What the grading found."""
    return REPORT


TOLD = Turn(
    "anne",
    "2026-11-30T10:00:00.000Z",
    "fr",
    "Votre mot de passe est Sapin-4417.",
    reply="D'accord.",
    acts=(PersonaAct("2026-11-30T10:00:01.000Z", "types", "pc1", "passwd Sapin-4417"),),
    secrets=("Sapin-4417",),
)
"""Something that was said, with a password."""


@pytest.fixture
def sealed(tmp_path: Path, report: Report) -> Path:
    source = Played(START)
    jury_session = make_jury_session(tmp_path, source)
    open_in_memory(jury_session, "reseau")
    jury_session.start("reseau", "organiser")
    jury_session.incident("organiser", "Une alarme", "C-02")
    jury_session.incident("organiser", "Bruit")
    folder = jury_session.folder.sitting("reseau", "C-01")
    (folder / "recordings").mkdir()
    record(folder / "recordings" / "cut.pc1-1.cast")
    rows = [{"version": 2, "width": 80, "height": 24, "timestamp": 100, "title": "pc1"}]
    rows += [[1.0, kind, part] for part in ("passwd Sap", "in-4417\r", "\n") for kind in "io"]  # type: ignore[misc]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "recordings" / "cut.pc1-2.cast").write_text(lines, encoding="utf-8")
    collecting.keep(folder / "cut.start.json.gz", {"pc1": files(hosts=b"one\n")})
    collecting.keep(folder / "cut.end.json.gz", {"pc1": files(hosts=b"two\n", **{"\udce9": b"x"})})
    (folder / "cut.report.json").write_text(report.to_json())
    (folder / f"cut.{CONVERSATION}").write_text(line_of(TOLD))
    graded = {"labs": {"cut": {"verdict": "not_repaired", "pass": 1, "fail": 1, "error": 0}}}
    jury_session.keep(
        Draft("cut", "breakfix", START + 4500, "C-01", "reseau", {"deadline": START + 4500, "not_paused": {}})
    )
    jury_session.keep(Draft("graded", "breakfix", START + 4510, "C-01", "reseau", graded))
    state = jury_session.state()
    path = jury_session.folder.sealed("reseau", "C-01")
    made = seal(path, state, state.sittings["reseau", "C-01"], jury_session.folder, {})
    assert made.size == path.stat().st_size
    assert problems_of(path, made.sha256) == ()
    return path


def test_the_evidence_is_complete_and_names_nobody(sealed: Path) -> None:
    evidence = read_evidence(sealed)
    assert {"index.html", "index.en.html", "journal.json", "timeline.csv", "recordings/cut.pc1-1.cast"} <= set(
        evidence.files
    )
    assert {"cut/report.json", "cut/changes.json", "cut/start.json.gz", "cut/end.json.gz"} <= set(evidence.files)
    assert evidence.manifest["labs"]["cut"]["digest"] == "d" * 64
    everything = b"".join(evidence.files.values()).decode(errors="replace")
    assert "Zoé" not in everything
    assert "Martin" not in everything
    told = [event["details"].get("text") for event in evidence.document("journal.json") if event["kind"] == "incident"]
    assert told == ["Bruit"]
    assert {change["path"] for change in evidence.document("cut/changes.json")} == {"/etc/hosts", "/etc/\udce9"}


def test_a_password_that_was_said_is_masked_in_it(sealed: Path) -> None:
    files = read_evidence(sealed).files
    assert "Sapin" not in b"".join(files.values()).decode(errors="replace")
    said = "Votre mot de passe est •••• (mot de passe)."
    assert files["recordings/cut.pc1-2.txt"].decode() == f"passwd {'•' * 10}\n"
    assert f"passwd {'•' * 10}" in files["timeline.csv"].decode()
    (turn,) = turns_in(files[f"cut/{CONVERSATION}"])
    assert turn.said == said
    page = files["index.html"].decode().replace("\N{NO-BREAK SPACE}", " ")
    assert f"Candidat : {said}" in page
    assert "anne tape sur pc1 : passwd •••• (mot de passe)" in page


def test_a_person_reads_it_in_a_browser(sealed: Path) -> None:
    evidence = read_evidence(sealed)
    page = evidence.files["index.html"].decode()
    assert "1\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}15" in page
    assert "09:00:00" in page  # the hour of Paris
    assert "pc1 répond." in page
    assert "&lt;b&gt;no answer&lt;/b&gt;" in page
    assert "+two" in page
    assert "ip route" in page
    assert "Input is cut." in evidence.files["index.en.html"].decode()


GREEN = replace(REPORT, results=REPORT.results[:1])


@pytest.mark.parametrize(
    ("report", "fr", "en"),
    [
        (GREEN, '<p class="pass">Réparé</p>', '<p class="pass">Repaired</p>'),
        (REPORT, '<p class="fail">Non réparé</p>', '<p class="fail">Not repaired</p>'),
        (replace(GREEN, whole=False), '<p class="error">Évaluation non valable</p>', "Grading not valid"),
        (
            replace(GREEN, differences=(UNEXPLAINED, HARMLESS)),
            '<p class="error">Réparé, avec 1 changement à expliquer</p>',
            '<p class="error">Repaired, with 1 change to explain</p>',
        ),
    ],
)
def test_the_page_begins_with_the_verdict(sealed: Path, fr: str, en: str) -> None:
    files = read_evidence(sealed).files
    assert fr in files["index.html"].decode().replace("\N{NO-BREAK SPACE}", " ")
    assert en in files["index.en.html"].decode()


@pytest.mark.parametrize("report", [replace(GREEN, differences=EVERY)])
def test_the_page_shows_what_is_forbidden_or_to_be_explained(sealed: Path) -> None:
    files = read_evidence(sealed).files
    page = files["index.en.html"].decode()
    for said in ("✘ forbidden", "The firewall lets everything through.", "? to explain", "ssh no longer starts."):
        assert said in page
    assert "+  policy accept \\u001b[31m&lt;all&gt;" in page
    assert "before: enabled\nnow: disabled" in page
    assert "A forbidden change outweighs all checks. A change to explain is no mistake" in page
    assert "ssh ne démarre plus." in files["index.html"].decode()
    assert "Commands were typed." not in page
    kept = Report.from_json(files["cut/report.json"].decode())
    assert kept.differences == EVERY


ASKED = CommandRecord("pc1", "ping -c1 r1", 2, "ping: r1: no\n", 1.0, 3)


@pytest.mark.parametrize("report", [replace(REPORT, results=(replace(REPORT.results[1], commands=(ASKED,)),))])
def test_the_page_says_how_each_command_ended_and_what_is_not_known(sealed: Path) -> None:
    files = read_evidence(sealed).files
    page = files["index.en.html"].decode()
    assert "<pre>pc1 $ ping -c1 r1 -&gt; 2 (x3)\nping: r1: no\n" in page
    assert "unknown: the lab was no longer there" in page
    assert "None" not in page
    assert "inconnue : le lab" in files["index.html"].decode().replace("\N{NO-BREAK SPACE}", " ")


def test_a_page_is_made_of_a_report_of_the_first_schema(tmp_path: Path) -> None:
    """An update of the program between grading and sealing leaves one."""
    document = {**json.loads(REPORT.to_json()), "schema": 1, "verdict": "error"}
    del document["differences"]
    jury_session = make_jury_session(tmp_path, Played(START))
    open_in_memory(jury_session, "reseau")
    jury_session.start("reseau", "organiser")
    (jury_session.folder.sitting("reseau", "C-01") / "cut.report.json").write_text(json.dumps(document))
    state = jury_session.state()
    path = jury_session.folder.sealed("reseau", "C-01")
    seal(path, state, state.sittings["reseau", "C-01"], jury_session.folder, {})
    assert '<p class="fail">Non réparé</p>' in read_evidence(path).files["index.html"].decode()


def test_sha256sum_verifies_it(sealed: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(sealed) as archive:
        archive.extractall(tmp_path / "out")
        names = set(archive.namelist())
    words = ("sha256sum", "--check", "--strict", SUMS)
    done = subprocess.run(words, cwd=tmp_path / "out", capture_output=True, text=True, check=False)
    assert (done.returncode, {line.removesuffix(": OK") for line in done.stdout.splitlines()}) == (0, names - {SUMS})


def test_every_flipped_byte_is_found(sealed: Path) -> None:
    content = sealed.read_bytes()
    whole = sha256(content)
    for place in range(0, len(content), max(1, len(content) // 60)):
        sealed.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert problems_of(sealed, whole), place


def test_a_file_that_was_replaced_added_or_taken_away_is_named(sealed: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(sealed) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    kept["cut/report.json"] = kept["cut/report.json"].replace(b'"fail"', b'"pass"')
    del kept["timeline.csv"]
    forged = tmp_path / "forged.zip"
    with zipfile.ZipFile(forged, "w") as archive:
        for name, data in {**kept, "note.txt": b"x"}.items():
            archive.writestr(name, data)
    found = " ".join(problem.en for problem in problems_of(forged))
    assert "cut/report.json was changed" in found
    assert "timeline.csv is missing" in found
    assert "note.txt does not belong there" in found
    with pytest.raises(UsageError, match="not intact"):
        read_evidence(forged)
    assert MANIFEST not in found


def test_a_file_that_cannot_be_written_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.json"
    write_whole(path, b"first")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"second")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("report.json", b"first")]
