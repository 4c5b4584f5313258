"""How tests talk with labd, whatever it serves: events until something, terminals until a text, its processes' ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from orchestrator.labd import lab_contract
from orchestrator.labd.event_contract import LabEvent
from orchestrator.labd.labd_client import LabdClient

SOON = 60.0
"""Seconds in which anything comes that a test without machines waits for, however busy this one is."""
_TOP = Path(__file__).parents[1]


async def events_until(
    client: LabdClient, lab: str, token: str, kind: str, *, after: int = 0, within: float = SOON, **body: object
) -> list[LabEvent]:
    """Return a lab's events after a number, up to the first of a kind whose body has these fields."""
    found = []
    async with asyncio.timeout(within), aclosing(client.events(lab, after, token)) as events:
        async for event in events:
            found.append(event)
            if event.kind == kind and body.items() <= event.body.items():
                return found
    raise AssertionError([event.kind for event in found])


async def stopped(client: LabdClient, lab: str, token: str, within: float = SOON) -> list[LabEvent]:
    """Stop a lab, wait until it is gone, and return its events."""
    async with asyncio.timeout(within), aclosing(client.events(lab, 0, token)) as events:
        found = [await anext(events)]
        await client.call(lab_contract.STOP, lab_contract.OfLab(lab), token)
        found += [event async for event in events]
    assert (found[-1].kind, found[-1].body) == ("state", {"state": "gone"})
    return found


async def shown(viewer: ClientConnection, text: bytes, within: float = SOON) -> bytes:
    """Return what a terminal shows, up to a text."""
    seen = b""
    async with asyncio.timeout(within):
        while text not in seen:
            message = await viewer.recv()
            seen += message if isinstance(message, bytes) else b""
    return seen


async def told(viewer: ClientConnection) -> dict[str, Any]:
    """Return what labd says next of a terminal, beside what it shows."""
    async with asyncio.timeout(SOON):
        while not isinstance(message := await viewer.recv(), str):
            pass
    found: dict[str, Any] = json.loads(message)
    return found


async def closing_code(viewer: ClientConnection) -> int | None:
    """Return the code with which labd closes a terminal's WebSocket."""
    async with asyncio.timeout(SOON):
        with contextlib.suppress(ConnectionClosed):
            async for _ in viewer:
                pass
    return viewer.close_code


@contextmanager
def labd_process(folder: Path, more: Sequence[str] = (), **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run labd with all that is its own in a folder; end it at the block's end if it still runs."""
    places = [f"{name}={folder / name[2:]}" for name in ("--socket", "--keeper", "--recordings")]
    store = f"--database=sqlite:///{folder / 'records.sqlite'}"
    own: Mapping[str, str] = {"PYTHONPATH": str(_TOP), "XDG_STATE_HOME": str(folder / "state")}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "orchestrator.labd", *places, store, *more],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **own, **environment},
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def end_keeper(path: Path) -> None:
    """End the keeper that listens at a path, if one does, and wait until it has."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        try:
            asking.connect(str(path))
        except OSError:
            return
        pid, _, _ = struct.unpack("3i", asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        keeper = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(keeper, signal.SIGTERM)
        assert select.select([keeper], [], [], SOON)[0]
    finally:
        os.close(keeper)
