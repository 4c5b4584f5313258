"""The line to a host's VNC server: bytes to it and from it over a terminal's master, with a slow side waited for."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import Final

_CHUNK: Final = 1 << 16


class DisplayLine:
    """An open line; nothing that passes is kept."""

    def __init__(
        self, reader: asyncio.StreamReader, reading: asyncio.ReadTransport, writer: asyncio.StreamWriter
    ) -> None:
        """Take the two ways of it; ``over`` makes them."""
        self._reader = reader
        self._reading = reading
        self._writer = writer

    @classmethod
    async def over(cls, descriptor: int) -> DisplayLine:
        """Return the line over a file descriptor, which it closes; it has to be in raw mode."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=_CHUNK)
        source, sink = os.fdopen(descriptor, "rb", 0), os.fdopen(os.dup(descriptor), "wb", 0)
        reading, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), source)
        writing, protocol = await loop.connect_write_pipe(
            lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), sink
        )
        return cls(reader, reading, asyncio.StreamWriter(writing, protocol, None, loop))

    async def read(self) -> bytes:
        """Return what the server shows next; nothing once it has gone."""
        try:
            return await self._reader.read(_CHUNK)
        except OSError:  # how a terminal says that its last program has ended
            return b""

    async def read_exactly(self, count: int) -> bytes:
        """Return the next bytes; fewer where the server goes before."""
        try:
            return await self._reader.readexactly(count)
        except asyncio.IncompleteReadError as error:
            return error.partial
        except OSError:
            return b""

    async def write(self, data: bytes) -> None:
        """Say something to the server, once it takes it; to one that has gone, nothing."""
        with suppress(OSError):
            self._writer.write(data)
            await self._writer.drain()

    def close(self) -> None:
        """Hang up: the program in the host ends."""
        self._reading.close()
        if not self._writer.transport.is_closing():  # where the program has ended, it is closed already
            self._writer.transport.abort()
