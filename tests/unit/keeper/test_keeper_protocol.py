"""Frames and requests: what is understood, and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.keeper.keeper_protocol import (
    BYTES,
    HEAD,
    JSON,
    LONGEST,
    AttachRequest,
    FrameError,
    FrameReader,
    KeepRequest,
    ListRequest,
    Request,
    ResizeRequest,
    frame,
    request_of,
)
from tests.unit.keeper.terminals import about


@given(st.lists(st.binary(max_size=40)), st.integers(1, 30))
def test_frames_come_whole_in_whatever_pieces(bodies: list[bytes], step: int) -> None:
    sent = b"".join(map(frame, bodies))
    reader = FrameReader()
    came = [one for at in range(0, len(sent), step) for one in reader.feed(sent[at : at + step])]
    assert came == [(BYTES, body) for body in bodies]


@pytest.mark.parametrize(
    "request_", [KeepRequest(about("lab")), ListRequest(), AttachRequest("a", None), ResizeRequest(1, 2)]
)
def test_a_request_is_read_as_it_was_made(request_: Request) -> None:
    [(kind, body)] = FrameReader().feed(frame(request_))
    assert kind == JSON
    assert request_of(body) == request_


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[" * 60000,
        b"\xff",
        b'{"type":"unknown"}',
        b'{"type":"list","more":1}',
        b'{"type":"close"}',
        b'{"type":"close","id":7}',
        b'{"type":"attach","id":"a","after":"7"}',
        b'{"type":"attach","id":"a","after":1.5}',
        b'{"type":"resize","rows":0,"columns":80}',
        b'{"type":"resize","rows":24,"columns":1001}',
        b'{"type":"forget-lab","lab":"../other"}',
        b'{"type":"forget-lab","lab":"lab\\n"}',
        b'{"type":"forget-lab","lab":""}',
        b'{"type":"forget-lab","lab":"-lab"}',
        b'{"type":"erase-recordings","lab":"."}',
        b'{"type":"erase-recordings","lab":"Lab"}',
    ],
)
def test_what_is_wrong_is_not_understood(body: bytes) -> None:
    with pytest.raises(FrameError):
        request_of(body)


@pytest.mark.parametrize("head", [HEAD.pack(b"X", 1), HEAD.pack(JSON, LONGEST + 1), HEAD.pack(BYTES, 1 << 31)])
def test_what_is_no_frame_is_noticed_at_its_head(head: bytes) -> None:
    with pytest.raises(FrameError):
        list(FrameReader().feed(head))
