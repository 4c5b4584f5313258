"""Viewers that do not read, programs that print for ever or do not read, and clients that speak no sense."""

from __future__ import annotations

import array
import asyncio
import contextlib
import os
import socket
import tempfile
from pathlib import Path

import pytest

from orchestrator.keeper.keeper_client import Attachment, KeeperClient
from orchestrator.keeper.keeper_protocol import (
    HEAD,
    JSON,
    AttachRequest,
    KeepRequest,
    ListRequest,
    Opening,
    ResizeRequest,
    frame,
)
from tests.unit.keeper.terminals import (
    WITHIN,
    Running,
    Terminals,
    about,
    new_lab,
    of_lab,
    run,
    shown_until,
    started,
    until,
)

pytestmark = pytest.mark.slow


async def answers(client: KeeperClient, kept: str, times: int) -> None:
    """Make sure that a program which repeats what it reads does so, again and again."""
    async with client.attach(kept, None) as viewer:
        for number in range(times):
            await viewer.type(b"ping %d\n" % number)
            await shown_until(viewer, b"ping %d\r\nping %d\r\n" % (number, number))


def test_a_viewer_that_does_not_read_costs_little_and_begins_anew(keeper: Running, terminals: Terminals) -> None:
    whole = b"".join(b"line %d\n" % number for number in range(800_000))

    async def test() -> None:
        kept, slave = await terminals.keep_bare(keeper.client, new_lab())
        other, _ = await terminals.keep(keeper.client, new_lab(), "cat")
        before = keeper.memory()
        async with keeper.client.attach(kept, None) as lazy, keeper.client.attach(kept, None) as reader:
            await asyncio.gather(
                asyncio.to_thread(os.write, slave, whole),
                read_to(reader, len(whole)),
                answers(keeper.client, other, 20),
            )
            assert keeper.memory() - before < 8 << 10
            first, opening, last = b"", None, b""
            at = 0
            while at < len(whole):
                event = await anext(lazy)
                if isinstance(event, Opening):
                    opening, at, last = event, event.at, b""
                elif isinstance(event, bytes):
                    first, last = (first + event, b"") if opening is None else (first, last + event)
                    at += len(event)
        assert opening is not None
        assert opening.reset
        assert whole.startswith(first)
        assert last.startswith(b"line ")
        assert whole[opening.at :] == last
        assert len(first) + len(last) < len(whole)

    run(test())


async def read_to(viewer: Attachment, end: int) -> None:
    """Read until a number of the terminal's bytes; a slow reader may begin anew meanwhile."""
    at = viewer.opening.at
    while at < end:
        event = await anext(viewer)
        at = event.at if isinstance(event, Opening) else at + len(event) if isinstance(event, bytes) else at


def test_a_program_that_prints_for_ever_leaves_the_others_their_turns(keeper: Running, terminals: Terminals) -> None:
    async def test() -> None:
        loud_lab = new_lab()
        loud, _ = await terminals.keep(keeper.client, loud_lab, "yes")
        quiet, _ = await terminals.keep(keeper.client, new_lab(), "cat")
        async with keeper.client.attach(loud, None):
            await answers(keeper.client, quiet, 50)
        async with keeper.client.attach(loud, None) as viewer:
            await shown_until(viewer, b"y\r\ny\r\n")
        await keeper.client.forget_lab(loud_lab)

    run(test())


def test_a_program_that_reads_nothing_stops_nobody(keeper: Running, terminals: Terminals) -> None:
    async def test() -> None:
        deaf, slave = await terminals.keep_bare(keeper.client, new_lab())
        quiet, _ = await terminals.keep(keeper.client, new_lab(), "cat")
        async with keeper.client.attach(deaf, None) as viewer:
            for _ in range(32):
                await viewer.type(b"x" * (1 << 16))
            await answers(keeper.client, quiet, 3)
            os.set_blocking(slave, False)
            came = 0
            await viewer.type(b"?")
            while True:
                with contextlib.suppress(BlockingIOError):
                    data = os.read(slave, 1 << 16)
                    came += data.count(b"x")
                    if b"?" in data:
                        break
                    continue
                await viewer.type(b"?")
                await of_lab(keeper.client, "nobodys")
            assert 0 < came < 32 << 16

    run(test())


def connected(keeper: Running) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(WITHIN)
    client.connect(str(keeper.socket))
    return client


def send(client: socket.socket, data: bytes, *descriptors: int) -> None:
    client.sendmsg(
        [data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    )


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        HEAD.pack(JSON, 2) + b"{}",
        HEAD.pack(JSON, 1 << 30),
        frame(b"typed to nothing"),
        frame(AttachRequest("x", None))[:-1] + b"?",
        frame(ResizeRequest(1, 1)),
        frame(ListRequest()) * 2,
    ],
)
def test_what_is_not_understood_ends_that_connection_alone(keeper: Running, terminals: Terminals, sent: bytes) -> None:
    async def test() -> None:
        kept, _ = await terminals.keep(keeper.client, new_lab(), "cat")
        with connected(keeper) as client:
            send(client, sent)
            with contextlib.suppress(ConnectionResetError):
                while await asyncio.to_thread(client.recv, 1 << 20):
                    pass
        await answers(keeper.client, kept, 2)

    run(test())


def test_descriptors_that_nobody_asked_for_are_closed(keeper: Running, terminals: Terminals) -> None:
    async def test() -> None:
        master, _ = terminals.bare()
        kept, slave = await terminals.keep_bare(keeper.client, new_lab())
        before = keeper.descriptors()
        with connected(keeper) as many, connected(keeper) as unfinished, connected(keeper) as useless:
            send(many, frame(KeepRequest(about(new_lab()))), master, master, master)
            send(unfinished, frame(KeepRequest(about(new_lab())))[:-1], master)
            send(useless, frame(AttachRequest(kept, None)), master)
            send(useless, frame(b"typed"), master)
            assert os.read(slave, 9) == b"typed"
            assert many.recv(9) == b""
        await until(lambda: _back_to(keeper, before))

    run(test())


async def _back_to(keeper: Running, descriptors: int) -> bool:
    await keeper.client.terminals()
    return keeper.descriptors() <= descriptors


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_somebody_else_is_sent_away_even_if_the_socket_is_open_to_them() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, started(Path(folder)) as keeper:
        for path in (keeper.folder, keeper.socket.parent):
            path.chmod(0o755)
        keeper.socket.chmod(0o666)
        os.seteuid(65534)
        try:
            with connected(keeper) as client:
                assert answered(client) == b""
        finally:
            os.seteuid(0)
        with connected(keeper) as client:
            assert answered(client) != b""


def answered(client: socket.socket) -> bytes:
    try:
        send(client, frame(ListRequest()))
        return client.recv(HEAD.size)
    except (BrokenPipeError, ConnectionResetError):
        return b""
