"""What the helper takes from a socket: only whole, well-typed messages, and nothing but ProtocolError otherwise."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import random
import socket
import threading
import types
import typing
from collections.abc import Iterator
from typing import Any

import pytest

from orchestrator.fabric.helper.messages import (
    HEADER,
    MAX_BLOB,
    MAX_JSON,
    MAX_TIMEOUT,
    REQUESTS,
    Activity,
    Changes,
    Channel,
    Compare,
    Connect,
    Decoder,
    Hello,
    HelperError,
    KeepStates,
    Look,
    Looks,
    Network,
    Observe,
    Ports,
    Processes,
    ProtocolError,
    Request,
    RunCommand,
    SetPort,
    Sockets,
    StateChanges,
    Terminal,
    Tool,
    Unit,
    WaitReady,
    body_of,
    encode,
    parse,
)

SAMPLES: tuple[Request, ...] = (
    Hello(1, "control"),
    WaitReady("demo-1a2b", ["pc1", "srv1"], 60.0),
    Ports("demo-1a2b"),
    SetPort("demo-1a2b", "pc1", "eth0"),
    SetPort("demo-1a2b", "pc1", "eth0", plugged=False, segment="office", mtu=1400, rate=0, loss=100),
    RunCommand("demo-1a2b", "pc1", ["printf", "é %s", ""], 20, {"LANG": "C.UTF-8"}, vouched=True),
    Terminal("demo-1a2b", "pc1", ["/bin/login", "-f", "root"], 24, 80, {}),
    Connect("demo-1a2b", "r1", "127.0.0.1", 22, 0.5),
    Observe("demo-1a2b", "office", "192.168.10.250/24", "", ["ping", "-c1", "192.168.10.1"], 5.0),
    Tool("demo-1a2b", "pc1", ["dig", "intranet"], 5.0),
    Unit("demo-1a2b", "web1", "nginx.service", ["Unit.ActiveState"], 5.0),
    Look("demo-1a2b", "web1", "/etc/passwd", "content", follow=True, timeout=5.0),
    Sockets("demo-1a2b", "web1", True, 5.0),
    Processes("demo-1a2b", "web1", [1, 44], 5.0),
    Compare("demo-1a2b", "web1", ["/usr/sbin/nginx"], 5.0),
    Changes("demo-1a2b", "web1", 5.0),
    Changes("demo-1a2b", "web1", 5.0, 1_764_230_000_123_456_789),
    Network("demo-1a2b", ["web1", "pc1"], ["web1"], ["pc1"], 5.0),
    Looks("demo-1a2b", "web1", ["/etc/passwd", "/etc"], "rights", 5.0),
    Activity({"demo-1a2b": ["pc1", "srv1"], "demo-3c4d": []}, 5.0),
    KeepStates("demo-1a2b", ["pc1", "srv1"], 5.0),
    StateChanges("demo-1a2b", ["pc1"], 5.0),
)
WRONG: dict[object, tuple[object, ...]] = {
    str: (1, None, True, ["pc1"]),
    int: (True, 1.0, "1", None),
    float: (True, "1", None, [1.0]),
    bool: (0, 1, "true"),
    list[str]: ("ls", None, [1], [["ls"]], {"0": "ls"}),
    list[int]: (1, None, ["1"], [True], [1.0], {"0": 1}),
    dict[str, str]: ([], "A=b", None, {"A": 1}, {"A": None}),
    dict[str, list[str]]: ([], "demo", None, {"demo": "pc1"}, {"demo": [1]}, {"demo": None}),
}
"""Values that are not of a field's type; a bool is no int."""


def fields_of(request: Request) -> Iterator[tuple[str, object, bool]]:
    """Yield a request's fields: name, type without ``None``, whether it may be absent."""
    hints = typing.get_type_hints(type(request))
    for field in dataclasses.fields(request):
        kinds = [k for k in typing.get_args(hints[field.name]) if k is not types.NoneType]
        optional = typing.get_origin(hints[field.name]) is types.UnionType
        yield field.name, kinds[0] if optional else hints[field.name], field.default is not dataclasses.MISSING


def named(request: Request) -> str:
    return request.op


def parse_all(frames: bytes) -> list[Request]:
    return [parse(body) for body, _ in Decoder().feed(frames)]


def test_every_operation_has_a_sample() -> None:
    assert {sample.op for sample in SAMPLES} == set(REQUESTS)
    assert all(REQUESTS[sample.op] is type(sample) for sample in SAMPLES)


@pytest.mark.parametrize("sample", SAMPLES, ids=named)
def test_what_was_stated_is_parsed(sample: Request) -> None:
    assert parse(json.loads(json.dumps(body_of(sample)))) == sample


@pytest.mark.parametrize("sample", SAMPLES, ids=named)
def test_a_missing_field_is_refused_unless_it_has_a_default(sample: Request) -> None:
    for name, _, optional in fields_of(sample):
        body = body_of(sample)
        del body[name]
        if optional:
            assert getattr(parse(body), name) is None
        else:
            with pytest.raises(ProtocolError, match=name):
                parse(body)


@pytest.mark.parametrize("sample", SAMPLES, ids=named)
def test_an_unknown_field_is_refused(sample: Request) -> None:
    with pytest.raises(ProtocolError, match="privileged"):
        parse({**body_of(sample), "privileged": True})


@pytest.mark.parametrize("sample", SAMPLES, ids=named)
def test_a_value_of_the_wrong_type_is_refused(sample: Request) -> None:
    for name, kind, optional in fields_of(sample):
        for value in WRONG[kind]:
            if optional and value is None:
                continue
            with pytest.raises(ProtocolError, match=name):
                parse({**body_of(sample), name: value})


@pytest.mark.parametrize("operation", ["reboot", "", None, 7, ["run"], {"run": 1}, "__class__", "RUN"])
def test_an_unknown_operation_is_refused(operation: object) -> None:
    with pytest.raises(ProtocolError, match="unknown operation"):
        parse({"op": operation})


def test_a_message_without_an_operation_is_refused() -> None:
    with pytest.raises(ProtocolError, match="unknown operation"):
        parse({})


WITH_TIMEOUT = [sample for sample in SAMPLES if hasattr(sample, "timeout")]


@pytest.mark.parametrize("sample", WITH_TIMEOUT, ids=named)
@pytest.mark.parametrize("seconds", [math.nan, math.inf, -math.inf, -1, -1e-9, MAX_TIMEOUT + 0.001, 10**400])
def test_a_timeout_out_of_bounds_is_refused(sample: Request, seconds: float) -> None:
    with pytest.raises(ProtocolError, match="timeout"):
        parse({**body_of(sample), "timeout": seconds})


@pytest.mark.parametrize("sample", WITH_TIMEOUT, ids=named)
@pytest.mark.parametrize("seconds", [0, 0.0, 1, MAX_TIMEOUT])
def test_a_timeout_within_bounds_is_taken(sample: Request, seconds: float) -> None:
    assert getattr(parse({**body_of(sample), "timeout": seconds}), "timeout") == seconds  # noqa: B009


@pytest.mark.parametrize("sample", [s for s in SAMPLES if hasattr(s, "argv")], ids=named)
@pytest.mark.parametrize("argv", [[], ["cat", "/etc/pass\0wd"], ["\0"]])
def test_a_command_without_words_or_with_a_nul_is_refused(sample: Request, argv: list[str]) -> None:
    with pytest.raises(ProtocolError, match="argv"):
        parse({**body_of(sample), "argv": argv})


def test_a_refusal_is_short_however_long_the_message_was() -> None:
    """An answer that repeats a mebibyte of the request would itself be too large to send."""
    for body in ({"op": "é" * 400_000}, {**body_of(SAMPLES[0]), "é" * 400_000: 1}):
        with pytest.raises(ProtocolError) as refusal:
            parse(body)
        assert len(str(refusal.value)) < 1000


def test_an_operation_nested_to_the_limit_is_only_unknown() -> None:
    """What json could just read must not be too deep for whatever tells of it."""
    for depth in range(800, 1000):
        text = b'{"op":' + b"[" * depth + b"]" * depth + b"}"
        with pytest.raises(ProtocolError):
            parse_all(HEADER.pack(len(text), 0) + text)


def test_an_error_of_an_unknown_kind_is_a_failure() -> None:
    assert HelperError("timeout", "late").kind == "timeout"
    assert HelperError("no-such-kind", "?").kind == "failed"


# Frames ---------------------------------------------------------------------------------------------------

MESSAGES: list[tuple[dict[str, Any], bytes]] = [
    ({"op": "run", "é": ["x"]}, b"input \0\xff"),
    ({"ok": {}}, b""),
    ({"error": {"kind": "failed"}}, b"x" * 40),
]
STREAM = b"".join(encode(body, blob) for body, blob in MESSAGES)


def test_frames_that_arrive_together_are_all_returned() -> None:
    assert Decoder().feed(STREAM) == MESSAGES


@pytest.mark.parametrize("cut", range(len(STREAM) + 1))
def test_frames_may_be_cut_anywhere(cut: int) -> None:
    decoder = Decoder()
    assert decoder.feed(STREAM[:cut]) + decoder.feed(STREAM[cut:]) == MESSAGES


def test_frames_may_come_byte_by_byte() -> None:
    decoder = Decoder()
    messages = [message for byte in STREAM for message in decoder.feed(bytes([byte]))]
    assert messages == MESSAGES
    assert decoder.feed(b"") == []


@pytest.mark.parametrize("header", [(MAX_JSON + 1, 0), (2, MAX_BLOB + 1), (0xFFFFFFFF, 0xFFFFFFFF)])
def test_a_frame_that_announces_too_much_is_refused_at_its_header(header: tuple[int, int]) -> None:
    with pytest.raises(ProtocolError, match="too many"):
        Decoder().feed(HEADER.pack(*header))


def test_what_is_too_large_is_not_sent() -> None:
    assert len(encode({"op": "x"}, bytes(MAX_BLOB))) > MAX_BLOB
    with pytest.raises(ProtocolError, match="too large"):
        encode({"op": "x"}, bytes(MAX_BLOB + 1))
    with pytest.raises(ProtocolError, match="too large"):
        encode({"op": "x" * MAX_JSON})


NOT_JSON = [b"", b"{", b'{"op": }', b"\xff\xfe{}", b'{"op": "\xff"}', b"9" * 5000, b"{" * 40, b"[1] 2"]
NO_OBJECT = [b"[]", b"null", b"1", b'"run"', b"NaN"]
DEEP = [b"[" * 200_000, b'{"a":' * 150_000, b"[" * 100_000 + b"]" * 100_000]


@pytest.mark.parametrize("text", NOT_JSON + NO_OBJECT + DEEP, ids=lambda text: repr(text[:12]))
def test_what_is_no_json_object_is_refused(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        Decoder().feed(HEADER.pack(len(text), 0) + text)


# A connection ---------------------------------------------------------------------------------------------


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Channel]]:
    """Both ends of a connection."""
    ours, theirs = socket.socketpair()
    ours.settimeout(10)
    theirs.settimeout(10)
    with ours, theirs:
        yield Channel(ours), Channel(theirs)


def test_a_channel_carries_messages_both_ways(ends: tuple[Channel, Channel]) -> None:
    near, far = ends
    near.send({"op": "ports", "instance": "demo"}, b"blob")
    assert far.receive() == ({"op": "ports", "instance": "demo"}, b"blob", [])
    far.send({"ok": {"ports": []}})
    assert near.receive() == ({"ok": {"ports": []}}, b"", [])


def test_messages_sent_at_once_are_received_one_by_one(ends: tuple[Channel, Channel]) -> None:
    near, far = ends
    for number in range(3):
        near.send({"number": number})
    assert [far.receive() for _ in range(3)] == [({"number": n}, b"", []) for n in range(3)]


def test_file_descriptors_come_with_their_message_and_work(ends: tuple[Channel, Channel]) -> None:
    near, far = ends
    reading, writing = os.pipe()
    near.send({"ok": {}}, b"", (reading, writing))
    os.close(reading)
    os.close(writing)
    received = far.receive()
    assert received is not None
    body, _, fds = received
    assert (body, len(fds)) == ({"ok": {}}, 2)
    os.write(fds[1], b"through")
    assert os.read(fds[0], 7) == b"through"
    for fd in fds:
        os.close(fd)
    near.send({"ok": 1})
    assert far.receive() == ({"ok": 1}, b"", [])


def test_a_large_message_with_a_file_descriptor_arrives_whole(ends: tuple[Channel, Channel]) -> None:
    near, far = ends
    blob = bytes(range(256)) * 4096 * 2
    with socket.socket() as passed:
        sending = threading.Thread(target=near.send, args=({"ok": {}}, blob, (passed.fileno(),)))
        sending.start()
        received = far.receive()
        sending.join()
    assert received is not None
    assert received[1] == blob
    assert len(received[2]) == 1
    os.close(received[2][0])


def test_the_end_of_a_connection_is_no_message_even_in_the_middle_of_one(ends: tuple[Channel, Channel]) -> None:
    near, far = ends
    near.connection.sendall(encode({"ok": {}})[:-1])
    near.connection.close()
    assert far.receive() is None


def test_a_silent_connection_times_out(ends: tuple[Channel, Channel]) -> None:
    near, _ = ends
    near.connection.settimeout(0.01)
    with pytest.raises(TimeoutError):
        near.receive()


def test_bytes_received_before_are_not_lost() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        decoder = Decoder()
        assert decoder.feed(STREAM[:5]) == []
        theirs.sendall(STREAM[5:])
        channel = Channel(ours, decoder)
        assert channel.receive() == (*MESSAGES[0], [])


# Nonsense -------------------------------------------------------------------------------------------------

NASTY: tuple[object, ...] = (
    None, True, 0, -1, 1.5, math.nan, math.inf, 10**100, "", "\0", "\ud800", "é" * 300, [], {}, ["\0"], [[]], {"": ""},
)  # fmt: skip


def nested(depth: int) -> object:
    value: object = []
    for _ in range(depth):
        value = [value]
    return value


def mutated(chance: random.Random) -> bytes:
    """Return a frame of a sample with something wrong with it (or, rarely, not)."""
    body = body_of(chance.choice(SAMPLES))
    way = chance.randrange(6)
    if way < 3:
        key = chance.choice([*body, "x"])
        body[key] = nested(chance.randrange(400)) if chance.random() < 0.05 else chance.choice(NASTY)
    frame = bytearray(encode(body, chance.randbytes(chance.randrange(20))))
    if way == 3:
        for _ in range(chance.randint(1, 4)):
            frame[chance.randrange(len(frame))] = chance.randrange(256)
    elif way == 4:
        at = chance.randrange(len(frame))
        frame[at:at] = chance.randbytes(chance.randint(1, 9))
    elif way == 5:
        at = chance.randrange(len(frame))
        del frame[at : at + chance.randint(1, 9)]
    return bytes(frame)


@pytest.mark.parametrize(
    ("seed", "messages"), [(20261124, 1_500), pytest.param(20261125, 120_000, marks=pytest.mark.slow)]
)
def test_nonsense_raises_nothing_but_protocol_errors(seed: int, messages: int) -> None:
    chance = random.Random(seed)
    parsed = refused = 0
    for number in range(messages):
        if number % 3 == 0:  # a frame may announce more than ever comes: what follows must not all vanish in it
            decoder = Decoder()
        try:
            for body, _blob in decoder.feed(mutated(chance)):
                assert isinstance(parse(body), Request)
                parsed += 1
        except ProtocolError:
            refused += 1
            decoder = Decoder()
    assert parsed > messages // 40
    assert refused > messages // 4
