"""Terminals and streams as browsers have them, through the portal: how soon a key is echoed, what many of them cost."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from websockets.asyncio.client import ClientConnection, connect

from orchestrator.bench.portal_site import Guest, PortalSite
from orchestrator.labd import lab_work_contract
from orchestrator.labd.labd_client import LabdClient

_WITHIN_S: Final = 30.0
_BETWEEN_KEYS_S: Final = 0.02
_KEPT_S: Final = 6.0
"""Longer than an idle connection to labd is used again (httpx: 5 s)."""
LINES_A_SECOND: Final = 20

Echo = Callable[[bytes], Awaitable[None]]
"""Types something, and returns once it is shown."""


@dataclass(frozen=True)
class MeasuredTerminal:
    """A terminal of somebody's."""

    guest: Guest
    id: str

    @property
    def path(self) -> str:
        """Where the portal has it."""
        return f"/labs/{self.guest.lab}/terminals/{self.id}"


async def open_terminals(site: PortalSite, each: int) -> tuple[MeasuredTerminal, ...]:
    """Open some terminals in each trainee's lab."""
    labd = LabdClient(site.labd)
    try:
        found = []
        for guest, _ in itertools.product(site.trainees, range(each)):
            asked = lab_work_contract.OpenTerminal(guest.lab, site.host, "root")
            found.append(
                MeasuredTerminal(guest, (await labd.call(lab_work_contract.OPEN_TERMINAL, asked, guest.token)).id)
            )
        return tuple(found)
    finally:
        await labd.close()


@asynccontextmanager
async def attached(site: PortalSite, terminal: MeasuredTerminal) -> AsyncIterator[ClientConnection]:
    """Look at a terminal, as a browser does."""
    address = site.origin.replace("http", "ws", 1) + terminal.path
    async with connect(
        address,
        additional_headers=terminal.guest.headers,
        subprotocols=terminal.guest.subprotocols,  # type: ignore[arg-type]
        origin=site.origin,  # type: ignore[arg-type]
        compression=None,
        proxy=None,
    ) as line:
        async with asyncio.timeout(_WITHIN_S):
            while not isinstance(await line.recv(), str):  # the opening
                pass
        yield line


def echo_of(line: ClientConnection) -> Echo:
    """Return what types at a terminal of the portal's."""

    async def echo(key: bytes) -> None:
        await line.send(key)
        async with asyncio.timeout(_WITHIN_S):
            while True:
                shown = await line.recv()
                if isinstance(shown, bytes) and key in shown:
                    return

    return echo


async def keys(echoes: Sequence[Echo], count: int) -> tuple[list[float], ...]:
    """Return the milliseconds from each key to its echo, for each terminal; all type by turns."""
    found: tuple[list[float], ...] = tuple([] for _ in echoes)
    for number in range(count):
        key = b"%c" % (ord("a") + number % 26)
        for echo, times in zip(echoes, found, strict=True):
            begun = time.perf_counter()
            await echo(key)
            times.append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(_BETWEEN_KEYS_S)
    return found


@contextmanager
def _slaves(places: Sequence[Path]) -> Iterator[list[int]]:
    opened = [os.open(place, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK) for place in places]
    try:
        yield opened
    finally:
        for one in opened:
            os.close(one)


async def lines_beside(
    site: PortalSite, terminals: Sequence[MeasuredTerminal], places: Sequence[Path], seconds: float
) -> list[float]:
    """Write lines into terminals, all at the same rate, and return the milliseconds until each was shown.

    Args:
        site: what is measured.
        terminals: who looks.
        places: the terminals' devices, in any order.
        seconds: for how long.
    """
    times: list[float] = []

    async def look(line: ClientConnection) -> None:
        kept = b""
        async for shown in line:
            if isinstance(shown, str):
                continue
            *whole, kept = (kept + shown).split(b"\n")
            now = time.perf_counter_ns()
            times.extend((now - int(one)) / 1e6 for one in whole if one.strip().isdigit())

    async with AsyncExitStack() as looking:
        lines = [await looking.enter_async_context(attached(site, one)) for one in terminals]
        tasks = [asyncio.create_task(look(line)) for line in lines]
        try:
            with _slaves(places) as slaves:
                await _write(slaves, seconds)
            await asyncio.sleep(1)  # the last ones arrive
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    return times


async def _write(slaves: Sequence[int], seconds: float) -> None:
    """Write a line with the time into each terminal, one after another and evenly."""
    every = 1 / (LINES_A_SECOND * len(slaves))
    begun = time.perf_counter()
    for number in itertools.count():
        due = begun + number * every
        if due > begun + seconds:
            return
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        os.write(slaves[number % len(slaves)], b"%d\n" % time.perf_counter_ns())


async def reconnect(site: PortalSite, terminals: Sequence[MeasuredTerminal], times: int, *, at_once: int) -> None:
    """Open and leave lines to terminals, some at once."""
    turn = iter(range(times))

    async def come_and_go() -> None:
        for number in turn:
            async with attached(site, terminals[number % len(terminals)]):
                pass

    async with asyncio.TaskGroup() as coming:
        for _ in range(at_once):
            coming.create_task(come_and_go())


async def rest(site: PortalSite) -> None:
    """Wait until the portal's idle connections to labd are past their time, and have it close them: a call does."""
    await asyncio.sleep(_KEPT_S)
    async with httpx.AsyncClient(base_url=site.origin, timeout=_WITHIN_S, trust_env=False) as client:
        (await client.get("/account", headers=site.trainees[0].headers)).raise_for_status()


@asynccontextmanager
async def streams(site: PortalSite, board: str) -> AsyncIterator[None]:
    """Have the events of each trainee's lab open, and the board of their class."""
    async with AsyncExitStack() as opened:
        client = await opened.enter_async_context(
            httpx.AsyncClient(base_url=site.origin, timeout=httpx.Timeout(_WITHIN_S, read=None), trust_env=False)
        )
        paths = [(guest, f"/labs/{guest.lab}/events") for guest in site.trainees]
        paths.append((site.trainer, f"/classes/{board}/events"))
        for guest, path in paths:
            answer = await opened.enter_async_context(client.stream("GET", path, headers=guest.headers))
            answer.raise_for_status()
            reading = asyncio.create_task(_read(answer))
            opened.callback(reading.cancel)
        yield


async def _read(answer: httpx.Response) -> None:
    async for _ in answer.aiter_raw():
        pass
