"""Recordings that are kept: whose each is, how long it is, its pieces, and that nothing else is read or removed."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.keeper.keeper_protocol import TerminalAbout
from orchestrator.keeper.terminal_recording import TerminalRecording
from orchestrator.privacy import recording_pieces
from orchestrator.privacy.kept_recordings import KeptRecordings
from tests.unit.privacy.recordings import LEA, TOM, record

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
ONE, TWO = "00000000000000a1", "00000000000000b2"


def test_what_the_keeper_writes_is_found(tmp_path: Path) -> None:
    about = TerminalAbout("lab-1", "i", "pc1", "root", LEA, 30, 100)
    recording = TerminalRecording(tmp_path, ONE, about, lambda _seconds, _act: None)
    recording.shown(b"caf\xc3\xa9\r\n")
    recording.close()
    kept = KeptRecordings(tmp_path)
    (found,) = kept.of_lab("lab-1")
    assert (found.lab, found.id, found.owner, found.host) == ("lab-1", ONE, LEA, "pc1")
    assert (found.rows, found.columns) == (30, 100)
    assert found.seconds >= 0
    piece = kept.piece("lab-1", ONE, 0)
    assert piece is not None
    assert piece.end
    assert "caf" in piece.lines.splitlines()[1]


def test_each_is_its_owners_the_oldest_first(tmp_path: Path) -> None:
    record(tmp_path, "b", ONE, began=NOON)
    record(tmp_path, "a", TWO, began=NOON + timedelta(minutes=1), events=[(1, "o", "x"), (70.25, "o", "y")])
    record(tmp_path, "a", ONE, TOM, began=NOON)
    kept = KeptRecordings(tmp_path)
    assert [(one.lab, one.id, one.seconds) for one in kept.of_owner(LEA)] == [("b", ONE, 0.5), ("a", TWO, 70.25)]
    assert [one.owner for one in kept.of_lab("a")] == [TOM, LEA]
    assert kept.of_owner(LEA)[1].ended == NOON + timedelta(seconds=130.25)
    assert KeptRecordings(tmp_path / "none").of_owner(LEA) == ()


@pytest.mark.parametrize(
    ("events", "rest", "seconds"),
    [
        ([], "", 0.0),
        ([(3.5, "o", "x")], '[9.5, "o", "cut o', 3.5),
        ([(1, "o", "x"), (2e-06, "o", "y")], "", 2e-06),
        ([(1, "o", "x"), (7, "o", "a" * 40_000)], "", 7.0),
    ],
)
def test_how_long_it_is_says_its_last_whole_line(
    tmp_path: Path, events: list[tuple[float, str, str]], rest: str, seconds: float
) -> None:
    record(tmp_path, "lab", ONE, began=NOON, events=events, rest=rest)
    assert KeptRecordings(tmp_path).of_lab("lab")[0].seconds == seconds


def test_it_is_read_in_pieces_of_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording_pieces, "PIECE", 300)
    monkeypatch.setattr(recording_pieces, "_AROUND", 400)
    events = [(number / 10, "o", f"line {number} é\r\n" * (30 if number == 7 else 1)) for number in range(40)]
    path = record(tmp_path, "lab", ONE, began=NOON, events=events, rest='[4.0, "o", "still writ')
    kept, at, read = KeptRecordings(tmp_path), 0, ""
    for _ in range(100):
        piece = kept.piece("lab", ONE, at)
        assert piece is not None
        assert piece.lines.endswith("\n") or not piece.lines
        assert len(piece.lines) < 2000
        assert read.endswith(piece.before)
        assert path.read_text(encoding="utf-8")[len(read + piece.lines) :].startswith(piece.after)
        assert bool(piece.before) == bool(read)
        read, at = read + piece.lines, piece.next
        if piece.end:
            break
    assert read == path.read_text(encoding="utf-8").rpartition("\n")[0] + "\n"
    with path.open("a", encoding="utf-8") as file:
        file.write('ten"]\n')
    more = kept.piece("lab", ONE, at)
    assert more is not None
    assert (more.lines, more.end) == ('[4.0, "o", "still written"]\n', True)


@pytest.mark.parametrize(
    ("lab", "name", "at"),
    [
        ("lab", ONE, -1), ("lab", ONE, 10**6), ("lab", TWO, 0), ("none", ONE, 0), ("..", ONE, 0), ("lab", "../x", 0),
        ("", "", 0), ("lab/../lab", ONE, 0), ("lab", "link", 0),
    ],
)  # fmt: skip
def test_what_is_no_recording_is_not_read(tmp_path: Path, lab: str, name: str, at: int) -> None:
    record(tmp_path, "lab", ONE, began=NOON)
    assert KeptRecordings(tmp_path).piece(lab, name, at) is None


def test_a_link_is_followed_nowhere(tmp_path: Path) -> None:
    folder, secret = tmp_path / "recordings", tmp_path / "secret"
    secret.write_text('{"breakfix": {"owner": "P-00000000000a"}}\n')
    (folder / "lab").mkdir(parents=True)
    (folder / "lab" / f"{ONE}.cast").symlink_to(secret)
    kept = KeptRecordings(folder)
    assert kept.piece("lab", ONE, 0) is None
    assert kept.of_owner(LEA) == ()


@pytest.mark.parametrize("head", ["", "[1]\n", "no json\n", '{"timestamp": "x"}\n', '{"breakfix": 7}\n'])
def test_a_recording_without_a_sound_head_is_nobodys(tmp_path: Path, head: str) -> None:
    path = record(tmp_path, "lab", ONE, began=NOON)
    path.write_text(head + '[1.5, "o", "x"]\n')
    assert KeptRecordings(tmp_path).of_owner(LEA) == ()


def test_erasing_removes_these_and_no_others(tmp_path: Path) -> None:
    record(tmp_path, "lab", ONE, began=NOON)
    left = record(tmp_path, "lab", TWO, TOM, began=NOON)
    kept = KeptRecordings(tmp_path)
    mine = kept.of_owner(LEA)
    assert kept.erase(mine) == 1
    assert kept.erase(mine) == 0
    assert [path.name for path in (tmp_path / "lab").iterdir()] == [left.name]


def test_folders_go_once_they_have_long_been_empty(tmp_path: Path) -> None:
    for lab in ("old", "new"):
        (tmp_path / lab).mkdir()
    record(tmp_path, "full", ONE, began=NOON)
    for lab in ("old", "full"):
        os.utime(tmp_path / lab, (0, 0))
    KeptRecordings(tmp_path).remove_empty_folders()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "new"]
