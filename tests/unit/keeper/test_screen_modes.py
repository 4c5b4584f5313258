"""Modes that were set before a place, and places at which a viewer may begin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.keeper.screen_modes import ScreenModes, place_to_begin


@pytest.mark.parametrize(
    ("output", "sequences"),
    [
        (b"plain text\n", b""),
        (b"\x1b[?1049h\x1b[?25l", b"\x1b[?1049h\x1b[?25l"),
        (b"\x1b[?1049h...\x1b[?1049l", b""),
        (b"\x1b[?47h", b"\x1b[?1049h"),
        (b"\x1b[?47h\x1b[?1047l", b""),
        (b"\x1b[?1000;1006;2004h", b"\x1b[?1000h\x1b[?1006h\x1b[?2004h"),
        (b"\x1b[?2004h\x1b[?1h\x1b[?1049h", b"\x1b[?1049h\x1b[?1h\x1b[?2004h"),
        (b"\x1b[?1;2004h\x1b[?25l\x1b=\x1b[!p", b"\x1b[?2004h"),
        (b"\x1b[?1049h\x1b[?2004h\x1bc", b""),
        (b"\x1b=", b"\x1b[?66h"),
        (b"\x1b=\x1b>", b""),
        (b"\x1b[?25l\x1b[?25h", b""),
        (b"\x1b[?3h\x1b[?99999999999h\x1b[?;h", b""),
        (b"\x1b[4h\x1b[31m\x1b]0;?1049h\x07", b""),
    ],
)
def test_what_was_set_is_known(output: bytes, sequences: bytes) -> None:
    assert ScreenModes().after(output).sequences() == sequences
    halves = ScreenModes().after(sequences).after(b"\n")
    assert halves.sequences() == sequences, "the sequences bring another terminal into the same modes"


@pytest.mark.parametrize(
    ("output", "wanted", "place"),
    [
        (b"one\ntwo\nthree\n", 0, 4),
        (b"one\ntwo\nthree\n", 4, 8),
        (b"no line begins", 3, 3),
        (b"ab\x1b[31mred", 4, 7),
        (b"ab\x1b[31mred", 7, 7),
        (b"ab\x1b[3", 4, 4),  # it does not end
        ("aé€b".encode(), 2, 3),
        ("aé€b".encode(), 4, 6),
        (b"\x1b]0;a\nb\x07c\nd", 2, 10),
        (b"\x1b]0;a\nb\x1b\\c\nd", 2, 11),
        (b"\x1b]0;a\nb\x1b\\cd", 2, 9),
        (b"\x1b(0lqk", 1, 3),
        (b"\x1b", 1, 1),
        (b"\x1b[\x01abc", 4, 4),  # no sequence
    ],
)
def test_a_viewer_begins_between_sequences_and_at_a_line_if_it_can(output: bytes, wanted: int, place: int) -> None:
    assert place_to_begin(output, wanted, 16) == place


def test_a_line_that_begins_too_late_is_not_waited_for() -> None:
    assert place_to_begin(b"a" * 10 + b"\nb", 2, 4) == 2


SEQUENCES = st.sampled_from(
    [b"\x1b[?1049h", b"\x1b[31m", b"\x1b]0;title\nmore\x07", b"\x1bPq\x1b\\", "é".encode(), b"\n", b"text", b"\x1b(B"]
)


@given(st.lists(SEQUENCES, min_size=1), st.data())
def test_no_place_is_inside_of_a_sequence(parts: list[bytes], data: st.DataObject) -> None:
    output = b"".join(parts)
    wanted = data.draw(st.integers(0, len(output)))
    place = place_to_begin(output, wanted, data.draw(st.integers(0, 20)))
    ends, at = {0}, 0
    for part in parts:
        ends |= set(range(at, at + len(part) + 1)) if part == b"text" else {at, at + len(part)}
        at += len(part)
    assert place >= wanted
    assert place in ends


@given(st.binary(max_size=200), st.integers(0, 200))
def test_any_bytes_have_a_place(output: bytes, wanted: int) -> None:
    place = place_to_begin(output, min(wanted, len(output)), 10)
    assert min(wanted, len(output)) <= place <= len(output)
    ScreenModes().after(output).sequences()
