"""The last part of an output, by number."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.keeper.scrollback import Scrollback

KEPT = 1600
MORE = 100


@given(st.lists(st.binary(max_size=700), max_size=12))
def test_what_is_kept_is_the_end_of_all_under_its_numbers(pieces: list[bytes]) -> None:
    scrollback, whole = Scrollback(KEPT), b""
    for piece in pieces:
        scrollback.add(piece)
        whole += piece
        assert scrollback.end == len(whole)
        assert scrollback.piece(scrollback.start, KEPT * 2) == whole[scrollback.start :]
        assert scrollback.end - scrollback.start <= KEPT + MORE
        assert scrollback.start == 0 or scrollback.end - scrollback.start >= KEPT - len(piece) - MORE


def test_a_number_is_kept_or_too_old_or_in_the_future() -> None:
    scrollback = Scrollback(KEPT)
    scrollback.add(b"x" * (KEPT + MORE + 1))
    start = scrollback.start
    assert start > 0
    assert [scrollback.has(n) for n in (start - 1, start, scrollback.end, scrollback.end + 1, -1)] == [
        False, True, True, False, False,
    ]  # fmt: skip
    assert scrollback.piece(scrollback.end - 2, 10) == b"xx"
    assert scrollback.piece(start, 3) == b"xxx"


def test_the_whole_output_begins_without_modes() -> None:
    scrollback = Scrollback(KEPT)
    assert scrollback.beginning() == (0, b"")
    scrollback.add(b"\x1b[?1049h")
    assert scrollback.beginning() == (0, b"")


def test_a_beginning_in_the_middle_knows_the_modes_before_it() -> None:
    scrollback = Scrollback(KEPT)
    scrollback.add(b"\x1b[?1049h\x1b[?2004h" + b"line\n" * 400)
    at, modes = scrollback.beginning()
    assert at == scrollback.start > 0
    assert modes == b"\x1b[?1049h\x1b[?2004h"
    assert scrollback.piece(at, 5) == b"line\n"
    scrollback.add(b"\x1b[?2004l" + b"x\n" * 30)
    later, modes = scrollback.beginning(50)
    assert scrollback.end - 50 <= later
    assert scrollback.piece(later, 2) == b"x\n"
    assert modes == b"\x1b[?1049h"
