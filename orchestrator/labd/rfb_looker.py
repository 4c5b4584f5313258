"""A viewer of RFB (RFC 6143) of our own that only looks: what a screen shows, as pixels, one update when asked for.

Whoever is root on a host is its VNC server's master, so that everything that it says has a bound: the screen's size,
what one update may hold, what else may come, how long a message may take. What goes beyond ends the line.
"""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal, Protocol

from orchestrator.labd.rfb_viewer import GREETING

MOST_PIXELS: Final = 1920 * 1200
"""Pixels of the largest screen that is looked at: four bytes of memory each."""
MESSAGE_S: Final = 30.0
"""Seconds that one message may take from its first byte on."""
_MOST_RECTANGLES: Final = 2000
_MOST_OTHERS: Final = 1000
"""Messages that are no update (bells, copied texts) while one is waited for."""
_MOST_VAIN: Final = 20
"""Updates one after the other that show nothing."""
_MOST_DROPPED: Final = 1 << 20
"""Bytes of a message that nobody needs."""
_PIECE: Final = 1 << 16
"""Bytes that are taken at once; then others have their turn."""
_TURN: Final = 64
"""Rectangles after which others have their turn: tiny ones cost more than their bytes."""

_NO_PASSWORD: Final = 1
_SHARED: Final = b"\x01"
_RAW, _DESKTOP_SIZE = 0, -223
_UPDATE, _COLOURS, _BELL, _TEXT = 0, 1, 2, 3
_FORMAT: Final = struct.pack(">B3x4B3H3B3x", 0, 32, 24, 0, 1, 255, 255, 255, 0, 8, 16)
"""Has a pixel be four bytes: red, green, blue, and one that says nothing."""
_ENCODINGS: Final = struct.pack(">BxH2i", 2, 2, _RAW, _DESKTOP_SIZE)
PIXEL: Final = 4
"""Bytes of a pixel."""

WhyNot = Literal["gone", "locked", "large", "strange", "slow"]
"""Why a screen is not looked at any more.

``gone``: its server has hung up. ``locked``: it wants a password. ``large``: it has more pixels than are looked at.
``strange``: it says what no server says. ``slow``: a message did not come to its end in time.
"""


class LookerError(Exception):
    """A screen cannot be looked at any more."""

    def __init__(self, why: WhyNot) -> None:
        """Take why."""
        super().__init__(why)
        self.why: WhyNot = why


class LookedAtLine(Protocol):
    """A line to a VNC server; see ``DisplayLine``."""

    async def read_exactly(self, count: int) -> bytes:
        """Return the next bytes; fewer where the server goes before."""

    async def write(self, data: bytes) -> None:
        """Say something to the server."""


class ScreenLooker:
    """Looks at one screen, whose server has said its greeting.

    Attributes:
        width: pixels in a row.
        height: rows.
        pixels: what it shows, row by row, ``PIXEL`` bytes each; the last one of them says nothing.
        took: seconds that the last update took from its first byte on.
    """

    def __init__(self, line: LookedAtLine, message_s: float = MESSAGE_S) -> None:
        """Take the line, and how many seconds a message may take."""
        self._line = line
        self._message_s = message_s
        self._whole = True
        self._vain = 0
        self.width = self.height = 0
        self.took = 0.0
        self.pixels = bytearray()

    async def meet(self) -> None:
        """Agree with the server on how it is looked at.

        Raises:
            LookerError: it does not want to be, or is none.
        """
        async with self._in_time():
            await self._line.write(GREETING)
            (kinds,) = await self._read(1)
            if not kinds:
                raise LookerError("strange")
            if _NO_PASSWORD not in await self._read(kinds):
                raise LookerError("locked")
            await self._line.write(bytes((_NO_PASSWORD,)))
            if any(await self._read(4)):
                raise LookerError("locked")
            await self._line.write(_SHARED)
            width, height, length = struct.unpack(">HH16xI", await self._read(24))
            await self._drop(length)
            self._resize(width, height)
            await self._line.write(_FORMAT + _ENCODINGS)

    async def look(self) -> bool:
        """Wait until the screen shows something else, and return whether ``pixels`` is all of it now.

        Where nothing changes that may take for ever; whoever wants to look no more cancels it. All of the screen, the
        first time or once it has another size, comes in time or not at all.

        Raises:
            LookerError: it cannot be looked at any more.
        """
        if not self._whole:
            return await self._look()
        async with self._in_time():
            return await self._look()

    async def _look(self) -> bool:
        area = struct.pack(">4H", 0, 0, self.width, self.height)
        await self._line.write(bytes((3, not self._whole)) + area)
        for _ in range(_MOST_OTHERS):
            (kind,) = await self._read(1)
            async with self._in_time():
                if kind == _UPDATE:
                    began = time.monotonic()
                    whole = await self._take_update()
                    self.took = time.monotonic() - began
                    self._vain = 0 if whole else self._vain + 1
                    if self._vain > _MOST_VAIN:
                        break
                    return whole
                await self._drop_other(kind)
        raise LookerError("strange")

    async def _take_update(self) -> bool:
        (count,) = struct.unpack(">xH", await self._read(3))
        if count > _MOST_RECTANGLES:
            raise LookerError("strange")
        self._whole, left = False, 2 * self.width * self.height
        for number in range(count):
            if number % _TURN == 0:
                await asyncio.sleep(0)
            x, y, width, height, encoding = struct.unpack(">4Hi", await self._read(12))
            if encoding == _DESKTOP_SIZE:
                if self._whole:  # each makes room for a whole screen
                    raise LookerError("strange")
                self._resize(width, height)
                self._whole = True  # the next update is to show all of it
                left = min(left, 2 * width * height)
                continue
            left -= width * height
            if encoding != _RAW or left < 0 or x + width > self.width or y + height > self.height:
                raise LookerError("strange")
            await self._take_rectangle(x, y, width, height)
        return count > 0 and not self._whole

    async def _take_rectangle(self, x: int, y: int, width: int, height: int) -> None:
        row, pitch = width * PIXEL, self.width * PIXEL
        if not row:
            return
        at_once = max(1, _PIECE // max(row, 64))  # many short rows cost more than their bytes
        for first in range(y, y + height, at_once):
            rows = range(first, min(first + at_once, y + height))
            data = await self._read(len(rows) * row)
            if row == pitch:
                self.pixels[first * pitch : first * pitch + len(data)] = data
            else:
                for place, number in enumerate(rows):
                    at = number * pitch + x * PIXEL
                    self.pixels[at : at + row] = data[place * row : (place + 1) * row]
            await asyncio.sleep(0)

    async def _drop_other(self, kind: int) -> None:
        if kind == _COLOURS:
            _, count = struct.unpack(">x2H", await self._read(5))
            await self._drop(6 * count)
        elif kind == _TEXT:
            (length,) = struct.unpack(">3xI", await self._read(7))
            await self._drop(length)
        elif kind != _BELL:
            raise LookerError("strange")

    async def _drop(self, count: int) -> None:
        if count > _MOST_DROPPED:
            raise LookerError("strange")
        for at in range(0, count, _PIECE):
            await self._read(min(_PIECE, count - at))

    def _resize(self, width: int, height: int) -> None:
        """Make room for a screen before anything of it is read.

        Raises:
            LookerError: there is none, or it is too large.
        """
        if width * height > MOST_PIXELS:
            raise LookerError("large")
        if not width or not height:
            raise LookerError("strange")
        self.width, self.height = width, height
        self.pixels = bytearray(width * height * PIXEL)

    async def _read(self, count: int) -> bytes:
        data = await self._line.read_exactly(count)
        if len(data) < count:
            raise LookerError("gone")
        return data

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._message_s):
                yield
        except TimeoutError:
            raise LookerError("slow") from None
