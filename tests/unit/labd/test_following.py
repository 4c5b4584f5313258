"""A stream that is open for long: empty lines while nothing happens, and its end with the sign-in or the lab."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from orchestrator.labd.event_log import EventLog, EventLogs, LabNote
from orchestrator.labd.event_stream import event_lines
from orchestrator.labd.standing_watch import Doorbell, Over, until_over

NOTE = LabNote("P-0123456789ab", "moved-desks", "7")


async def never() -> Over:
    await asyncio.Event().wait()
    return "closing"


def log_in(folder: Path) -> EventLog:
    return EventLogs(folder).of("lab-1", NOTE)


def stream(
    log: EventLog, after: int = 0, over: Callable[[], Awaitable[Over]] = never, heartbeat: float = 60
) -> AsyncIterator[bytes]:
    return event_lines(log, after, over, heartbeat)


def test_what_was_and_what_comes(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    for number in range(3):
        log.add("hint", {"number": number})

    async def read() -> list[int]:
        lines = stream(log, after=1)
        found = [await anext(lines), await anext(lines)]
        await asyncio.to_thread(log.add, "hint", {"number": 3})
        found.append(await anext(lines))
        log.close()
        found += [line async for line in lines]
        return [json.loads(line)["number"] for line in found]

    assert asyncio.run(read()) == [2, 3, 4]


def test_a_line_shows_that_labd_is_there(tmp_path: Path) -> None:
    async def read() -> bytes:
        return await anext(stream(log_in(tmp_path), heartbeat=0.001))

    assert asyncio.run(read()) == b"\n"


def test_it_ends_when_the_reader_may_not_any_more(tmp_path: Path) -> None:
    bell, holds = Doorbell(), [True]

    async def standing() -> Over | None:
        return None if holds[0] else "signed-out"

    async def read() -> list[bytes]:
        lines = stream(log_in(tmp_path), over=lambda: until_over(bell, standing))
        reading = asyncio.ensure_future(anext(lines, b"the end"))
        await asyncio.sleep(0)
        bell.ring()
        await asyncio.sleep(0)
        holds[0] = False
        bell.ring()
        return [await reading]

    assert asyncio.run(read()) == [b"the end"]


def test_it_is_asked_again_though_nobody_rings() -> None:
    answers: list[Over | None] = [None, None, "missing"]

    async def standing() -> Over | None:
        return answers.pop(0)

    assert asyncio.run(until_over(Doorbell(), standing, every=0.001)) == "missing"


def test_the_end_of_labd_ends_all() -> None:
    async def standing() -> Over | None:
        return None

    async def end() -> Over:
        bell = Doorbell()
        watching = asyncio.ensure_future(until_over(bell, standing))
        await asyncio.sleep(0)
        bell.close()
        return await watching

    assert asyncio.run(end()) == "closing"
