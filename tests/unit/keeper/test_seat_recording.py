"""Recordings of candidates' terminals: in the form of the command line's, whatever is typed, shown or full."""

from __future__ import annotations

import errno
import json
import os
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator.assessment.asciicast import TerminalRecorder, timeline, transcript
from orchestrator.keeper.keeper_client import KeeperRefusedError
from orchestrator.keeper.keeper_protocol import SeatHead
from orchestrator.keeper.seat_recording import SeatRecording
from orchestrator.keeper.showing_pace import A_SECOND, AT_ONCE, ShowingPace
from tests.unit.keeper.terminals import Running, Terminals, about, new_lab, run, shown_until

BEGAN = 1_796_119_200.25


def never(_seconds: float, _act: Callable[[], None]) -> None:
    pytest.fail("it is written at once")


def rows(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def made(path: Path, most: int = 1 << 20) -> SeatRecording:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    return SeatRecording(file, SeatHead("moved-desks pc1", BEGAN, most), about("lab"), never)


def test_it_is_what_the_command_line_writes(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "moved-desks.pc1-1.cast", tmp_path / "moved-desks.pc1-2.cast"
    recording = made(ours)
    recorder = TerminalRecorder(theirs, rows=24, columns=80, now=lambda: BEGAN, title="moved-desks pc1")
    for one in (recording, recorder):
        one.shown(b"$ caf\xc3")
        one.shown(b"\xa9\r\n")
        one.typed(b"su\r", hidden=False)
        one.typed("sécret\x7f\r".encode(), hidden=True)
        one.resized(30, 100)
        one.close()
    (head, *mine), (other, *others) = rows(ours), rows(theirs)
    assert head == other
    assert [event[1:] for event in mine] == [event[1:] for event in others]
    assert [line.line for line in timeline(ours)] == ["su", "•••••"]
    assert int(next(timeline(ours)).at) == int(BEGAN)
    assert transcript(ours) == transcript(theirs)


def test_each_key_is_in_the_file_before_the_next(tmp_path: Path) -> None:
    recording = made(tmp_path / "one.cast")
    recording.typed(b"l", hidden=False)
    assert rows(tmp_path / "one.cast")[-1][1:] == ["i", "l"]


def test_what_is_typed_is_recorded_where_what_is_shown_has_filled_its_share(tmp_path: Path) -> None:
    recording = made(tmp_path / "one.cast", 1 << 10)
    for _ in range(100):
        recording.shown(b"y\r\n" * 20)
    recording.typed(b"rm -rf /\r", hidden=False)
    kept = rows(tmp_path / "one.cast")
    assert "The recording is full" in kept[-2][2]
    assert kept[-1][1:] == ["i", "rm -rf /\r"]
    for _ in range(100):
        recording.typed(b"x" * (1 << 16), hidden=False)
    assert (tmp_path / "one.cast").stat().st_size < 5 << 20


def test_a_full_disk_ends_no_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = made(tmp_path / "one.cast")
    write = os.write

    def refused(_file: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", refused)
    recording.shown(b"one\r\n")
    recording.typed(b"two", hidden=False)
    monkeypatch.setattr(os, "write", write)
    recording.typed(b"three", hidden=False)
    assert [event[2] for event in rows(tmp_path / "one.cast")[1:]] == ["one\r\n", "two", "three"]
    assert capsys.readouterr().err.count("waits to be recorded") == 1


def test_who_prints_for_ever_is_read_at_a_pace() -> None:
    now = [0.0]
    pace = ShowingPace(lambda: now[0])
    assert pace.after(AT_ONCE) == 0
    assert pace.after(A_SECOND) == 1
    now[0] = 2
    assert pace.after(0) == 0
    now[0] = 100
    assert pace.after(AT_ONCE) == 0  # no more than that is ever saved up


def test_the_keeper_hides_what_the_terminal_hides(keeper: Running, terminals: Terminals, tmp_path: Path) -> None:
    path = tmp_path / "moved-desks.pc1-1.cast"

    async def test() -> None:
        master, slave = terminals.pair()
        lab = new_lab()
        with path.open("xb") as file:
            seat = file.fileno(), SeatHead("moved-desks pc1", BEGAN, 1 << 20)
            kept = await keeper.client.keep(master, about(lab), seat)
        async with keeper.client.attach(kept, None) as seen:
            await seen.type(b"hello\r")
            await shown_until(seen, b"hello\r\n")
            quiet = termios.tcgetattr(slave)
            quiet[3] &= ~termios.ECHO
            termios.tcsetattr(slave, termios.TCSANOW, quiet)
            await seen.type(b"secret\r")
            assert os.read(slave, 100) == b"hello\n"
            assert os.read(slave, 100) == b"secret\n"
        await keeper.client.erase_recordings(lab)  # of somebody whom the name's lab was: this is a jury's
        os.write(slave, b"still")
        async with keeper.client.attach(kept, None) as seen:
            await shown_until(seen, b"still")
        await keeper.client.close(kept)

    run(test())
    assert [line.line for line in timeline(path)] == ["hello", "••••••"]
    assert transcript(path).splitlines() == ["hello", "still"]
    assert not (keeper.recordings / "lab").exists()


def test_only_a_file_is_taken(keeper: Running, terminals: Terminals) -> None:
    async def test() -> None:
        master, slave = terminals.pair()
        head = SeatHead("moved-desks pc1", BEGAN, 1 << 20)
        reading = os.open(__file__, os.O_RDONLY)
        for wrong in (slave, reading):
            with pytest.raises(KeeperRefusedError):
                await keeper.client.keep(master, about(new_lab()), (wrong, head))
        os.close(reading)

    run(test())
