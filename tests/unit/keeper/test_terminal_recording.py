"""Recordings: their form, their limits, their place."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator.assessment.asciicast import transcript
from orchestrator.keeper import terminal_recording
from orchestrator.keeper.terminal_recording import TerminalRecording, erase_recordings
from tests.unit.keeper.terminals import about


class Timers:
    """Does later what a test says."""

    def __init__(self) -> None:
        self.acts: list[Callable[[], None]] = []

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        assert 0 < seconds <= 1
        self.acts.append(act)

    def due(self) -> None:
        acts, self.acts = self.acts, []
        for act in acts:
            act()


def rows(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_recording_is_an_asciicast(tmp_path: Path) -> None:
    timers = Timers()
    recording = TerminalRecording(tmp_path, "one", about("lab"), timers.later)
    recording.shown(b"caf\xc3")
    recording.shown(b"\xa9\r\n\xff")
    recording.resized(30, 100)
    recording.shown(b"end\xe2\x82")
    recording.close()
    path = tmp_path / "lab" / "one.cast"
    head, *events = rows(path)
    assert (head["version"], head["width"], head["height"]) == (2, 80, 24)
    assert head["timestamp"] > 0
    assert head["title"] == "lab: srv (root)"
    assert head["breakfix"]["owner"] == "P-0123456789ab"
    assert [event[1:] for event in events] == [
        ["o", "caf"], ["o", "é\r\n\ufffd"], ["r", "100x30"], ["o", "end"], ["o", "\ufffd"],
    ]  # fmt: skip
    times = [event[0] for event in events]
    assert times == sorted(times)
    assert transcript(path).splitlines()[0] == "café"


def test_it_is_this_users_alone(tmp_path: Path) -> None:
    TerminalRecording(tmp_path, "one", about("lab"), Timers().later).close()
    assert stat.S_IMODE((tmp_path / "lab" / "one.cast").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "lab").stat().st_mode) == 0o700


def test_what_was_shown_is_in_the_file_when_its_time_is_over(tmp_path: Path) -> None:
    timers = Timers()
    recording = TerminalRecording(tmp_path, "one", about("lab"), timers.later)
    recording.shown(b"a")
    recording.shown(b"b")
    assert len(timers.acts) == 1
    timers.due()
    assert len(rows(tmp_path / "lab" / "one.cast")) == 3
    recording.shown(b"c")
    timers.due()
    assert rows(tmp_path / "lab" / "one.cast")[-1][2] == "c"
    recording.close()


def test_a_full_recording_says_so_and_ends(tmp_path: Path) -> None:
    recording = TerminalRecording(tmp_path, "one", about("lab"), Timers().later, most=2000)
    for _ in range(100):
        recording.shown(b"x" * 100)
    recording.close()
    path = tmp_path / "lab" / "one.cast"
    assert path.stat().st_size <= 2000
    assert "The recording is full" in rows(path)[-1][2]
    assert len(rows(path)) > 5


def test_no_link_is_followed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recordings, other = tmp_path / "recordings", tmp_path / "other"
    recordings.mkdir()
    other.mkdir()
    (other / "mine.cast").write_text("kept")
    (recordings / "lab").symlink_to(other)
    recording = TerminalRecording(recordings, "one", about("lab"), Timers().later)
    recording.shown(b"goes on")
    recording.close()
    assert "is not recorded" in capsys.readouterr().err
    with pytest.raises(OSError, match="Not a directory"):
        erase_recordings(recordings, "lab")
    assert [path.name for path in other.iterdir()] == ["mine.cast"]


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "one.cast").write_text("kept")
    TerminalRecording(tmp_path, "one", about("lab"), Timers().later).close()
    assert (tmp_path / "lab" / "one.cast").read_text() == "kept"


def test_a_disk_that_takes_nothing_ends_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = TerminalRecording(tmp_path, "one", about("lab"), Timers().later)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, recording._file or -1)
    os.close(full)
    recording.shown(b"a")
    recording.flush()
    recording.shown(b"b")
    recording.close()
    assert "No space left" in capsys.readouterr().err


def test_erasing_removes_a_labs_recordings_and_no_others(tmp_path: Path) -> None:
    for lab in ("lab", "lab-2"):
        for name in ("one", "two"):
            TerminalRecording(tmp_path, name, about(lab), Timers().later).close()
    erase_recordings(tmp_path, "lab")
    erase_recordings(tmp_path, "lab")
    assert [path.name for path in tmp_path.iterdir()] == ["lab-2"]
    assert len(list((tmp_path / "lab-2").iterdir())) == 2


def test_a_lab_has_no_more_recordings_than_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal_recording, "MOST_OF_A_LAB", 3000)
    timers = Timers()
    for name in ("a", "b", "c", "d"):
        recording = TerminalRecording(tmp_path, name, about("lab"), timers.later, most=1500)
        recording.shown(b"x" * 900)
        recording.close()
    assert sorted(path.name for path in (tmp_path / "lab").iterdir()) == ["a.cast", "b.cast"]
    assert "lab/d.cast is not recorded" in capsys.readouterr().err
    TerminalRecording(tmp_path, "e", about("other"), timers.later, most=1500).close()
    assert (tmp_path / "other" / "e.cast").exists()


def test_recordings_do_not_take_the_last_of_a_disk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = TerminalRecording(tmp_path, "a", about("lab"), Timers().later)
    recording.shown(b"before")
    recording.flush()
    monkeypatch.setattr(terminal_recording, "LEAST_FREE", 1 << 70)
    recording.shown(b"after")
    recording.close()
    assert [event[2] for event in rows(tmp_path / "lab" / "a.cast")[1:]] == ["before"]
    assert "No space left" in capsys.readouterr().err
