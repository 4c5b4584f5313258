"""What a viewer of a screen may say: whole messages, whatever pieces they come in; nothing of who only looks."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.labd.rfb_viewer import GREETING, LONGEST_TEXT, ViewerMessages, WrongMessageError

MEETING = GREETING + b"\x01\x01"
FORMAT = struct.pack(">B3x4B3H3B3x", 0, 32, 24, 0, 1, 255, 255, 255, 0, 8, 16)
LOOKING: Mapping[str, bytes] = {
    "format": FORMAT,
    "encodings": struct.pack(">BxH3i", 2, 3, 7, -239, 0),
    "no encodings": struct.pack(">BxH", 2, 0),
    "update": struct.pack(">BB4H", 3, 1, 0, 0, 1024, 768),
    "continuous updates": struct.pack(">BB4H", 150, 1, 0, 0, 1024, 768),
    "fence": struct.pack(">B3xIB", 248, 3, 4) + b"\xff\x04\x05\xfb",
}
TYPING: Mapping[str, bytes] = {
    "key": struct.pack(">BB2xI", 4, 1, 0x61),
    "key by its place": struct.pack(">BBHII", 255, 0, 1, 0x61, 30),
    "pointer": struct.pack(">BBHH", 5, 0x7F, 10, 20),
    "pointer with more buttons": struct.pack(">BBHHB", 5, 0x81, 10, 20, 1),
    "text": struct.pack(">B3xI", 6, 5) + b"\x04\x01a\x05b",
    "text of its own form": struct.pack(">B3xi", 6, -8) + b"\x05\x00\x00\x01\x04\x01\x00\x00",
}
NEVER: Mapping[str, bytes] = {
    "another size": struct.pack(">BxHHBx", 251, 800, 600, 1) + b"\x04" * 16,
    "power off": struct.pack(">BxBB", 250, 1, 2),
}
ALL = {**LOOKING, **TYPING, **NEVER}


def met(*, typing: bool) -> ViewerMessages:
    """Return who has agreed with the server already."""
    messages = ViewerMessages(typing=typing)
    assert messages.passed_on(MEETING) == MEETING
    return messages


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("typing", [True, False])
def test_each_message(name: str, typing: bool) -> None:
    allowed = name in LOOKING or (typing and name in TYPING)
    assert met(typing=typing).passed_on(ALL[name] + FORMAT) == (ALL[name] if allowed else b"") + FORMAT


@given(st.lists(st.sampled_from(sorted(ALL))), st.lists(st.integers(1, 30), min_size=1), st.booleans())
def test_however_it_is_cut(names: list[str], sizes: list[int], typing: bool) -> None:
    said = MEETING + b"".join(ALL[name] for name in names)
    messages, passed, at, turn = ViewerMessages(typing=typing), b"", 0, 0
    while at < len(said):
        size = sizes[turn % len(sizes)]
        passed += messages.passed_on(said[at : at + size])
        at, turn = at + size, turn + 1
    kept = [name for name in names if name in LOOKING or (typing and name in TYPING)]
    assert passed == MEETING + b"".join(ALL[name] for name in kept)


@given(st.binary(max_size=300))
def test_who_only_looks_types_nothing_whatever_they_send(said: bytes) -> None:
    messages, passed = met(typing=False), b""
    try:
        passed = messages.passed_on(said)
    except WrongMessageError:
        return
    again = met(typing=True)
    assert again.passed_on(passed) == passed, "what passed are whole messages"
    assert not passed or passed[0] in {0, 2, 3, 150, 248}


def test_others_go_on_looking() -> None:
    assert ViewerMessages(typing=True).passed_on(GREETING + b"\x01\x00") == MEETING


@pytest.mark.parametrize(
    "said",
    [
        b"RFB 003.003\n",
        b"GET / HTTP/1",
        GREETING + b"\x02",
        MEETING + b"\x07",
        MEETING + struct.pack(">BBHII", 255, 1, 0, 0, 0),
        MEETING + struct.pack(">B3xI", 6, LONGEST_TEXT + 1),
        MEETING + struct.pack(">B3xi", 6, -(2**31)),
    ],
)
def test_what_nobody_understands(said: bytes) -> None:
    with pytest.raises(WrongMessageError):
        ViewerMessages(typing=True).passed_on(said)


def test_nothing_comes_of_a_piece() -> None:
    messages = met(typing=True)
    for name, message in ALL.items():
        assert messages.passed_on(message[:-1]) == b"", name
        messages.passed_on(message[-1:])
