"""What happens in a lab is numbered, and a labd that was killed goes on where it was."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.labd import event_log
from orchestrator.labd.event_log import EventLogs, LabNote
from orchestrator.labd.told_refusals import cut_short

NOTE = LabNote("P-0123456789ab", "moved-desks", "7")


def kinds(logs: EventLogs, lab: str = "lab-1", after: int = 0) -> list[tuple[int, str]]:
    log = logs.get(lab)
    assert log is not None
    return [(number, json.loads(line)["kind"]) for number, line in log.after(after)]


def test_numbers_go_on_after_a_kill(tmp_path: Path) -> None:
    log = EventLogs(tmp_path).of("lab-1", NOTE)
    log.add("state", {"state": "started"})
    log.add("began", {"act": "check"})
    log.add("running", {"sentences": []})
    logs = EventLogs(tmp_path)
    assert kinds(logs) == [(1, "state"), (2, "began"), (3, "running"), (4, "ended")]
    assert kinds(logs, after=3) == [(4, "ended")]
    again = logs.of("lab-1", NOTE)
    assert json.loads(again.after(3)[0][1])["body"]["refusal"]["kind"] == "machine"
    assert not again.failed, "a check that was cut short leaves the lab as it is"
    assert kinds(EventLogs(tmp_path)) == kinds(logs), "it is ended once"


def test_what_was_looked_at_by_a_killed_labd_is_looked_at_no_longer(tmp_path: Path) -> None:
    log = EventLogs(tmp_path).of("lab-1", NOTE)
    for terminal, by in (("one", "ada"), ("two", "ada"), ("one", "")):
        log.add("watched", {"terminal": terminal, "by": by})
    log.add("screen-watched", {"host": "pc1", "by": "ada"})
    again = EventLogs(tmp_path).get("lab-1")
    assert again is not None
    assert [json.loads(line)["body"] for _, line in again.after(4)] == [
        {"host": "pc1", "by": ""},
        {"terminal": "two", "by": ""},
    ]


def test_a_launch_is_remembered_and_makes_no_other_lab(tmp_path: Path) -> None:
    EventLogs(tmp_path).of("lab-1", replace(NOTE, launch=3)).add("state", {"state": "started"})
    logs = EventLogs(tmp_path)
    assert logs.of("lab-1", NOTE).note.launch == 3
    assert kinds(logs) == [(1, "state")]


def test_a_start_that_was_cut_short_has_failed(tmp_path: Path) -> None:
    EventLogs(tmp_path).of("lab-1", NOTE).add("began", {"act": "start"})
    log = EventLogs(tmp_path).get("lab-1")
    assert log is not None
    assert log.failed
    assert log.trouble == cut_short()
    log.add("began", {"act": "reset"})
    log.add("ended", {"act": "reset", "refusal": None})
    again = EventLogs(tmp_path).get("lab-1")
    assert again is not None
    assert (again.failed, again.trouble) == (False, None)


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    log = EventLogs(tmp_path).of("lab-1", NOTE)
    log.add("state", {"state": "started"})
    with (tmp_path / "lab-1.events").open("ab") as file:
        file.write(b'{"number":2,"at":"x","ki')
    logs = EventLogs(tmp_path)
    logs.of("lab-1", NOTE).add("state", {"state": "stopping"})
    assert kinds(EventLogs(tmp_path)) == [(1, "state"), (2, "state")]


def test_another_lab_of_that_name_begins_behind_it(tmp_path: Path) -> None:
    logs = EventLogs(tmp_path)
    first = logs.of("lab-1", NOTE)
    first.add("hint", {"number": 1})
    second = logs.of("lab-1", LabNote("P-0", "moved-desks", "7"))
    assert first.closed
    assert second.after(0) == ()
    second.add("state", {"state": "started"})
    assert kinds(logs) == [(2, "state")]


def test_what_is_gone_leaves_nothing(tmp_path: Path) -> None:
    logs, told = EventLogs(tmp_path), []
    log = logs.of("lab-1", NOTE)
    with log.listening(lambda: told.append(log.closed)):
        logs.forget("lab-1")
    assert told == [False, True]
    assert json.loads(log.after(0)[-1][1])["body"] == {"state": "gone"}
    assert (logs.get("lab-1"), list(tmp_path.iterdir())) == (None, [])


def test_only_the_last_events_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_log, "_MOST", 3)
    log = EventLogs(tmp_path).of("lab-1", NOTE)
    for _ in range(8):
        log.add("running", {"sentences": []})
    assert [number for number, _ in log.after(0)] == [5, 6, 7, 8]
    assert [number for number, _ in kinds(EventLogs(tmp_path))] == [5, 6, 7, 8]


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "events").write_text("a file")
    log = EventLogs(tmp_path / "events").of("lab-1", NOTE)
    log.add("state", {"state": "started"})
    assert [number for number, _ in log.after(0)] == [1]
