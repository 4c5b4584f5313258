"""One request to a lab's web site and its answer, piece by piece, with limits: the site may be anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import h11

from orchestrator.portal.page_headers import Header
from orchestrator.portal.page_line import PageLine

HEAD_SECONDS: Final = 120
"""How long a site may think: longer than the minute after which a reverse proxy in a lab answers 504 by itself."""
IDLE_SECONDS: Final = 60
"""How long it may say nothing in the middle of an answer."""
LARGEST_HEAD: Final = 64 * 1024
LARGEST_ANSWER: Final = 256 << 20


class PageAnswerError(Exception):
    """A site answered in a way that no browser would show."""


class SlowPageError(PageAnswerError):
    """A site did not answer in time."""


class EmptyPageError(PageAnswerError):
    """A site hung up before it had answered."""


@dataclass(frozen=True)
class PageHead:
    """The beginning of an answer; names of headers are in small letters."""

    status: int
    headers: tuple[Header, ...]


class PageExchange:
    """One request and its answer on one connection."""

    def __init__(self, line: PageLine, method: str) -> None:
        """Take the connection."""
        self._line = line
        self._method = method
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_HEAD)
        self._heard = False

    async def ask(self, path: bytes, headers: list[Header]) -> None:
        """Send the beginning of the request.

        Raises:
            PageAnswerError: it is none that can be sent.
        """
        try:
            data = self._http.send(h11.Request(method=self._method, target=path, headers=headers))
        except h11.LocalProtocolError as error:
            raise PageAnswerError from error
        await self._line.write(data or b"")

    async def send(self, body: AsyncIterator[bytes]) -> None:
        """Send the request's body, as long as the site takes it."""
        try:
            async for piece in body:
                await self._line.write(self._http.send(h11.Data(data=piece)) or b"")
            await self._line.write(self._http.send(h11.EndOfMessage()) or b"")
        except h11.LocalProtocolError:  # it has answered and hung up meanwhile, or the browser sent less than it said
            return

    async def head(self) -> PageHead:
        """Return the beginning of the answer.

        Raises:
            PageAnswerError: there is none.
        """
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                while True:
                    event = await self._event()
                    if isinstance(event, h11.Response):
                        return _head(event)
                    if not isinstance(event, h11.InformationalResponse) or event.status_code == 101:  # noqa: PLR2004
                        raise EmptyPageError if isinstance(event, h11.ConnectionClosed) else PageAnswerError
        except TimeoutError as error:
            raise SlowPageError from error
        except ConnectionResetError as error:
            raise EmptyPageError from error

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the answer's body.

        Raises:
            PageAnswerError: it ends before its end, is too long, or stands still.
        """
        left = LARGEST_ANSWER
        try:
            while True:
                async with asyncio.timeout(IDLE_SECONDS):
                    event = await self._event()
                if not isinstance(event, h11.Data):
                    return
                left -= len(event.data)
                if left < 0:
                    raise PageAnswerError
                yield bytes(event.data)
        except TimeoutError as error:
            raise SlowPageError from error
        except ConnectionResetError as error:
            raise EmptyPageError from error

    async def _event(self) -> object:
        try:
            while True:
                event = self._http.next_event()
                if event is not h11.NEED_DATA:
                    return event
                data = await self._line.read()
                self._heard = self._heard or bool(data)
                self._http.receive_data(data)
        except h11.RemoteProtocolError as error:
            raise (PageAnswerError if self._heard else EmptyPageError) from error


def _head(said: h11.Response) -> PageHead:
    headers = tuple((bytes(name), bytes(value)) for name, value in said.headers)
    if sum(len(name) + len(value) for name, value in headers) > LARGEST_HEAD:  # it may have come in one piece
        raise PageAnswerError
    return PageHead(said.status_code, headers)
