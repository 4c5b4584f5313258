"""What a terminal shows at last, as text; whatever a candidate's program sends."""

from __future__ import annotations

import json
import os
import random
import unicodedata
from pathlib import Path

import pytest

from orchestrator.assessment.screen_reading import MOST_AT_ONCE, RecordedScreen, SittingScreens
from orchestrator.assessment.terminal_watch import WatchedScreen
from orchestrator.assessment.text_screen import MOST_COLUMNS, MOST_ROWS, TextScreen


def seen(output: str, rows: int = 4, columns: int = 10) -> list[str]:
    screen = TextScreen(rows, columns)
    screen.draw(WatchedScreen().drawn(output))
    return screen.text().split("\n")


@pytest.mark.parametrize(
    ("output", "lines"),
    [
        ("one\r\ntwo", ["one", "two"]),
        ("1\r\n2\r\n3\r\n4\r\n5", ["2", "3", "4", "5"]),
        ("0123456789ab", ["0123456789", "ab"]),
        ("0123456789\r\nab", ["0123456789", "ab"]),
        ("abc\b\bX", ["aXc"]),
        ("a\tb", ["a       b"]),
        ("abc\x1b[2D\x1b[K", ["a"]),
        ("\x1b[2;3Hx\x1b[1;1Hy", ["y", "  x"]),
        ("one\r\ntwo\x1b[2J\x1b[Hnew", ["new"]),
        ("abcdef\x1b[3G\x1b[2P", ["abef"]),
        ("abcdef\x1b[3G\x1b[2@", ["ab  cdef"]),
        ("abcdef\x1b[3G\x1b[2X", ["ab  ef"]),
        ("1\r\n2\r\n3\x1b[2;1H\x1b[L", ["1", "", "2", "3"]),
        ("1\r\n2\r\n3\x1b[2;1H\x1b[M", ["1", "3"]),
        ("1\r\n2\r\n3\r\n4\x1b[2;3r\x1b[3;1H\r\nx", ["1", "3", "x", "4"]),
        ("shell\x1b[?1049h\x1b[Heditor\x1b[?1049l$", ["shell$"]),
        ("\x1b[?1049h\x1b[Heditor", ["editor"]),
        ("\x1b(0lqk\x1b(Blqk", ["┌─┐lqk"]),
        ("a\x1b[3b", ["aaaa"]),
        ("ab\x1b[1;1H\x1bM", ["", "ab"]),
        ("\x1b7ab\x1b8X", ["Xb"]),
        ("\x1b[31mred\x1b[0m", ["red"]),
    ],
)
def test_it_is_what_the_screen_shows(output: str, lines: list[str]) -> None:
    assert seen(output) == lines


def test_nothing_hides_turns_round_or_answers() -> None:
    evil = "a\u202eb\u200bc\u0301\u0301\x1b]0;title\x07\x1b]52;c;YQ==\x07\x1b[6n\x1bP+q\x1b\\<b>&\x9b5n\ue000"
    assert seen(evil, columns=40) == ["abc<b>&5n"]


def test_a_larger_window_is_shown_as_far_as_that() -> None:
    screen = TextScreen(500, 500)
    screen.draw("x" * 100_000)
    lines = screen.text().split("\n")
    assert (len(lines), max(map(len, lines))) == (MOST_ROWS, MOST_COLUMNS)
    screen.resize(1, 1)
    screen.draw("y\r\nz")
    assert screen.text() == "z"


def test_a_smaller_window_keeps_the_line_of_the_cursor() -> None:
    screen = TextScreen(4, 10)
    screen.draw("1\r\n2\r\n3\r\n4")
    screen.resize(2, 10)
    assert screen.text() == "3\n4"
    screen.resize(3, 10)
    screen.draw("\r\n5")
    assert screen.text() == "3\n4\n5"


@pytest.mark.slow
def test_whatever_comes_costs_no_more_than_foreseen() -> None:
    screen = TextScreen(24, 80)
    screen.draw("a\x1b[99999999999999b" * 100_000)
    screen.draw("\x1b[T" * 1_000_000)
    screen.draw("\x1b[2J\x1b[Hstill")
    assert screen.text() == "still"


@pytest.mark.slow
def test_any_output_leaves_a_screen_of_its_size() -> None:
    dice = random.Random(7)
    signs = [
        "\x1b[",
        "\x1b",
        "\r",
        "\n",
        "\b",
        "\t",
        ";",
        "?1049h",
        "?1049l",
        "é",
        "界",
        *"0123456789ABCDHJKLMPSTXabdfhlmr@",
    ]
    for _ in range(300):
        rows, columns = dice.randint(1, 30), dice.randint(1, 60)
        screen, watched = TextScreen(rows, columns), WatchedScreen()
        for _ in range(20):
            screen.draw(watched.drawn("".join(dice.choices(signs, k=40))))
            if dice.random() < 0.1:
                rows, columns = dice.randint(1, 30), dice.randint(1, 60)
                screen.resize(rows, columns)
            lines = screen.text().split("\n")
            assert len(lines) <= rows
            assert all(len(line) <= columns for line in lines)
            assert all(unicodedata.category(sign) != "Cc" for line in lines for sign in line)


def record(path: Path, *events: tuple[float, str, str], begin: bool = True) -> None:
    with path.open("a", encoding="utf-8") as file:
        if begin:
            head = {"version": 2, "width": 80, "height": 24, "timestamp": 1000, "title": "moved-desks pc1"}
            file.write(json.dumps(head) + "\n")
        for event in events:
            file.write(json.dumps(event) + "\n")


def test_a_recording_is_read_on_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "moved-desks.pc1-1.cast"
    record(path, (1.5, "o", "$ "), (2, "i", "ls"), (2.5, "r", "100x30"))
    screen = RecordedScreen(path)
    screen.look()
    assert screen.last().text == "$"
    assert (screen.last().name, screen.last().title, screen.last().at) == (
        "moved-desks.pc1-1",
        "moved-desks pc1",
        1002.5,
    )
    assert screen.waits() == 0
    with path.open("a") as file:
        file.write('[3, "o", "ls\\r\\n"]\n[4, "o", "half')
    screen.look()
    assert screen.last().text == "$ ls"
    with path.open("a") as file:
        file.write('a line"]\nnothing of ours\n[5, "o", 7]\n')
    screen.look()
    assert screen.last().text == "$ ls\nhalfa line"


@pytest.mark.slow
def test_who_prints_for_ever_is_read_from_the_end(tmp_path: Path) -> None:
    path = tmp_path / "moved-desks.pc1-1.cast"
    record(path, *((number, "o", f"line {number}\r\n") for number in range(20_000)))
    assert path.stat().st_size > 10 * MOST_AT_ONCE
    screen = RecordedScreen(path)
    screen.look()
    assert screen.last().text.split("\n")[-1] == "line 19999"
    assert screen.last().at == 1000 + 19999


def test_the_terminals_in_which_something_happens_come_first(tmp_path: Path) -> None:
    screens = SittingScreens(tmp_path / "none")
    assert screens.newest(2) == []
    screens = SittingScreens(tmp_path)
    for number in range(1, 4):
        record(tmp_path / f"moved-desks.pc1-{number}.cast", (1, "o", str(number)))
    for number, at in ((1, 30), (2, 10), (3, 20)):
        os.utime(tmp_path / f"moved-desks.pc1-{number}.cast", (at, at))
    first = screens.newest(2)
    assert [one.path.stem for one in first] == ["moved-desks.pc1-1", "moved-desks.pc1-3"]
    assert screens.newest(2)[0] is first[0]
