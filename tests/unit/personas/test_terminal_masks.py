"""Passwords in recordings of terminals: hidden however they came onto the screen, and nothing else moves."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from orchestrator.personas.terminal_masks import masked_recording, masked_text

SECRETS = ("Sapin-4417", "it's1234", "X7")
DOTS = "•" * 10


@pytest.mark.parametrize(
    ("shown", "masked"),
    [
        ("pw Sapin-4417 |", f"pw {DOTS} |"),
        ("ldapwhoami -wSapin-4417", f"ldapwhoami -w{DOTS}"),
        ("\x1b[31mSap\x1b[0min-4417", "\x1b[31m•••\x1b[0m•••••••"),
        ("Sap \rin-4417 |", "••• \r••••••• |"),  # readline, where the window ends
        ("Sapx\b\x1b[Kin-4417\r\n", "•••x\b\x1b[K•••••••\r\n"),
        ("Sapp\x1b[Din-4417\r\n", "•••p\x1b[D•••••••\r\n"),
        ("Sappin-4417\x1b[8D\x1b[P\r\n", "•••p•••••••\x1b[8D\x1b[P\r\n"),
        ("\x1b[3;5HSap\x1b[24;1Hstatus\x1b[3;8Hin-4417", "\x1b[3;5H•••\x1b[24;1Hstatus\x1b[3;8H•••••••"),
        ("\x1b]0;Sapin-4417\x07$ ", f"\x1b]0;{DOTS}\x07$ "),
        ("passwd 'it'\"'\"'s1234'", f"passwd '{'•' * 12}'"),
        ("X7 and eX7ample\r\n", "•• and eX7ample\r\n"),
        ("50% \r60% \rSapin-4417", f"50% \r60% \r{DOTS}"),
        ("Sapi", "••••"),  # it may go on
        ("Sapi\r\nSapin-441", "Sapi\r\n•••••••••"),
        ("Sapin\r\n-4417 and nothing of it", "Sapin\r\n-4417 and nothing of it"),
        ("", ""),
    ],
)
def test_what_was_shown(shown: str, masked: str) -> None:
    found = masked_text(shown, SECRETS)
    assert found == masked
    assert len(found) == len(shown)


def test_what_was_typed() -> None:
    assert masked_text("Sapiz\x7fn-4417\rSapin\r-4417\r", SECRETS, typed=True) == "••••z\x7f••••••\rSapin\r-4417\r"


def rows(text: str, kind: str = "o") -> list[str]:
    return [json.dumps([number / 10, kind, letter]) + "\n" for number, letter in enumerate(text)]


def data(lines: str) -> str:
    return "".join(json.loads(line)[2] for line in lines.splitlines())


@pytest.mark.parametrize("cut", [1, 8, 9, 17])
def test_a_password_in_two_pieces_is_hidden_in_both(cut: int) -> None:
    shown = rows("$ echo Sapin-4417\r\n")
    one, two = "".join(shown[:cut]), "".join(shown[cut:])
    first, second = masked_recording(one, SECRETS, after=two), masked_recording(two, SECRETS, before=one)
    assert data(first) + data(second) == f"$ echo {DOTS}\r\n"
    assert [json.loads(line)[0] for line in (first + second).splitlines()] == [n / 10 for n in range(19)]


def test_what_is_shown_between_the_keys_divides_nothing_of_what_was_typed() -> None:
    typed, shown = rows("Sapin-4417", "i"), rows("$ ls -l /s")
    both = "".join(line for pair in zip(typed, shown, strict=True) for line in pair)
    found = masked_recording(both, SECRETS)
    assert [json.loads(line)[2] for line in found.splitlines()][::2] == ["•"] * 10
    assert found.splitlines(keepends=True)[1::2] == shown


def test_all_else_stays_as_it_is() -> None:
    lines = '{"version": 2}\n[1, "r", "80x24"]\n[2, "o", "a\u2028b"]\n[3]\nno JSON Sapin-4417\n[4, "o", "x"]'
    assert masked_recording(lines, SECRETS) == lines
    assert masked_recording(shown := "".join(rows("Sapin-4417")), ("",)) == shown
    assert masked_recording('[5, "o", "é Sapin-4417"]\n', SECRETS) == f'[5, "o", "é {DOTS}"]\n'


def test_a_line_without_end_is_read_as_far_as_it_matters() -> None:
    shown = "a" * 5000 + "Sapin-4417" + "b" * 5000
    assert masked_text(shown, SECRETS) == shown.replace("Sapin-4417", DOTS)


@pytest.mark.slow
def test_a_line_without_end_takes_little_memory_and_hides_its_password() -> None:
    text = "a" * 500_000 + f" {SECRETS[0]} " + "b" * 500_000
    tracemalloc.start()
    try:
        hidden = masked_text(text, SECRETS)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert hidden == text.replace(SECRETS[0], DOTS)
    assert most < 20 * len(text), "a number is kept for each character of a line that is looked at, not of all"
