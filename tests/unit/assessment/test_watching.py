"""Looking at a candidate's terminal: it is drawn, and whatever a candidate sends, nothing else happens to who looks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.assessment.asciicast import TerminalRecorder
from orchestrator.assessment.terminal_watch import WatchedScreen, Watching

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "drawn",
    [
        "root@pc1:~# ls\r\n",
        "\x1b[36meth0\x1b[0m",
        "\x1b[2J\x1b[1;1H",
        "\x1b[?1049h\x1b[?25l",
        "\x1b(0lqk\x1b(B",
        "é\t\a\b",
    ],
)
def test_what_draws_is_shown(drawn: str) -> None:
    assert WatchedScreen().drawn(drawn) == drawn


@pytest.mark.parametrize(
    "asked",
    [
        "\x1b[6n",  # where is the cursor? The answer would be typed
        "\x1b[c",
        "\x1b[>q",
        "\x1b[?2004h",
        "\x1b[?1000h",  # the mouse
        "\x1b[21t",  # the window's title
        "\x1b]52;c;cm0gLXJmIC8K\x07",  # the clipboard
        "\x1b]0;title\x1b\\",
        "\x1bP$qm\x1b\\",
        "\x1bZ",
        "\x05",
        "\x9b6n",
    ],
)
def test_what_acts_on_who_looks_is_not(asked: str) -> None:
    for cut in range(len(asked) + 1):
        screen = WatchedScreen()
        shown = screen.drawn(f"a{asked[:cut]}") + screen.drawn(f"{asked[cut:]}b")
        assert "\x1b" not in shown
        assert shown.startswith("a")
        assert shown.endswith("b")
        assert "52" not in shown


@given(st.text(alphabet=st.sampled_from("\x1b[]P?;0152hlnctm\x07\\\x05\x9ba"), max_size=40), st.integers(0, 40))
def test_only_what_draws_ever_passes(text: str, cut: int) -> None:
    screen = WatchedScreen()
    shown = screen.drawn(text[:cut]) + screen.drawn(text[cut:])
    assert WatchedScreen().drawn(shown) == shown  # nothing is left that would not pass by itself


def test_recordings_are_followed_as_they_grow(tmp_path: Path) -> None:
    watching = Watching(tmp_path)
    assert list(watching.news()) == []
    path = tmp_path / "cut.pc1-1.cast"
    recorder = TerminalRecorder(path, rows=24, columns=80, now=lambda: 100.0, title="pc1")
    recorder.shown("é\r\n".encode())
    recorder.typed(b"secret")
    assert list(watching.news()) == [("cut.pc1-1", "é\r\n")]
    assert list(watching.news()) == []
    line = json.dumps([1.0, "o", "two"]) + "\n"
    for part in (line[:5], line[5:]):
        with path.open("a", encoding="utf-8") as file:
            file.write(part)
        last = list(watching.news())
    assert last == [("cut.pc1-1", "two")]
    recorder.close()
