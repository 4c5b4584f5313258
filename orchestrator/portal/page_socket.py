"""A WebSocket of a lab's web page: messages between a browser and a site, framed anew on either side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from starlette.types import Receive, Scope, Send
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidURI
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from orchestrator.labd.labd_client import LabdClient, RefusedError
from orchestrator.portal import page_headers
from orchestrator.portal.page_certificate import CertificateError
from orchestrator.portal.page_exchange import HEAD_SECONDS, PageAnswerError
from orchestrator.portal.page_headers import Header
from orchestrator.portal.page_line import PageLine, PageTlsError, reached
from orchestrator.portal.page_target import PageTarget
from orchestrator.portal.page_visits import PageVisit
from orchestrator.portal.portal_settings import WebOrigin

LARGEST_MESSAGE: Final = 1 << 20
"""Bytes that a site may say at once; the portal's server limits what a browser says."""
REFUSED: Final = {"type": "websocket.close", "code": 1008, "reason": ""}
_ENDED, _GOING, _NO_TEXT, _CUT_OFF = 1000, 1001, 1007, 1011
_NO_CODE: Final = 1005
_OF_PROTOCOL: Final = frozenset({*range(1000, 1004), *range(1007, 1012)})
_OF_SITES: Final = range(3000, 5000)
"""Codes that the one who closes may state."""
_DATA: Final = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})
_TROUBLES: Final = (CertificateError, PageTlsError, PageAnswerError, RefusedError, OSError)


class PageSocket:
    """A WebSocket that a page of a lab opens, and that may be."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, origin: WebOrigin, page: PageVisit) -> None:
        """Take what the browser asked for, the address it came to, and the page that is open there."""
        self._scope, self._receive, self._send = scope, receive, send
        self._origin, self._page = origin, page

    async def done(self, labd: LabdClient) -> None:
        """Pass messages on until either side ends; a page that opens one by itself keeps no lab awake."""
        accepted = False
        await self._receive()  # that it is asked for
        try:
            async with reached(labd, self._page, act=False) as (opening, line):
                if opening.state == "open" and opening.yours:
                    site = SiteSocket(line, self._page.target, _path(self._scope), self._scope["subprotocols"])
                    headers = page_headers.to_lab(self._scope["headers"], self._origin, self._page.target)
                    chosen = await site.open(headers)
                    accepted = True
                    await self._send({"type": "websocket.accept", "subprotocol": chosen, "headers": []})
                    await self._bridged(site)
                    return
        except _TROUBLES:
            if accepted:
                await self._close(_CUT_OFF)
                return
        await self._send(REFUSED)

    async def _bridged(self, site: SiteSocket) -> None:
        ways = [asyncio.create_task(self._shown(site)), asyncio.create_task(self._told(site))]
        try:
            done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        for way in done:
            way.result()

    async def _shown(self, site: SiteSocket) -> None:
        async for message in site.messages():
            kind = "text" if isinstance(message, str) else "bytes"
            await self._send({"type": "websocket.send", kind: message})
        await self._close(site.close_code)

    async def _told(self, site: SiteSocket) -> None:
        while True:
            message: dict[str, Any] = dict(await self._receive())
            if message["type"] == "websocket.disconnect":
                await site.close(message.get("code") or _GOING)
                return
            said = message.get("bytes")
            await site.send(said if said is not None else message.get("text") or "")

    async def _close(self, code: int) -> None:
        try:
            await self._send({"type": "websocket.close", "code": code, "reason": ""})
        except (OSError, RuntimeError):  # the browser has left
            return


class SiteSocket:
    """A site's WebSocket on a connection to it."""

    def __init__(self, line: PageLine, target: PageTarget, path: str, subprotocols: Sequence[str]) -> None:
        """Take the connection, the site, and what a browser asks of it.

        Raises:
            PageAnswerError: it can be asked for none.
        """
        try:
            uri = parse_uri(f"{'wss' if target.scheme == 'https' else 'ws'}://{target.netloc}{path}")
        except (InvalidURI, ValueError) as error:
            raise PageAnswerError from error
        offered = [Subprotocol(one) for one in subprotocols] or None
        self._protocol = ClientProtocol(uri, subprotocols=offered, max_size=LARGEST_MESSAGE)
        self._line = line
        self._writing = asyncio.Lock()

    @property
    def close_code(self) -> int:
        """What the site closed with, as a browser may be told."""
        said = self._protocol.close_rcvd or self._protocol.close_sent
        if said is None:
            return _CUT_OFF
        return _ENDED if said.code == _NO_CODE else _sendable(said.code, _CUT_OFF)

    async def open(self, headers: Sequence[Header]) -> str | None:
        """Ask for it, with a browser's headers; return the subprotocol that the site chose.

        Raises:
            PageAnswerError: the site has none there, or does not answer.
            OSError: the connection is lost.
        """
        request = self._protocol.connect()
        for name, value in headers:
            if name not in {b"host", b"connection"} and not name.startswith(b"sec-websocket-"):
                request.headers[name.decode("latin-1")] = value.decode("latin-1")
        self._protocol.send_request(request)
        await self._flush()
        async with asyncio.timeout(HEAD_SECONDS):
            while self._protocol.state is State.CONNECTING and self._protocol.handshake_exc is None:
                await self._more()
        if self._protocol.handshake_exc is not None:
            raise PageAnswerError from self._protocol.handshake_exc
        return self._protocol.subprotocol

    async def messages(self) -> AsyncIterator[str | bytes]:
        """Yield what the site says, until one of both closes."""
        pieces: list[bytes] = []
        text = False
        while True:
            for event in self._protocol.events_received():
                if not isinstance(event, Frame) or event.opcode not in _DATA:
                    continue
                if event.opcode is not Opcode.CONT:
                    text, pieces = event.opcode is Opcode.TEXT, []
                pieces.append(bytes(event.data))
                if not event.fin:
                    continue
                try:
                    yield b"".join(pieces).decode() if text else b"".join(pieces)
                except UnicodeDecodeError:
                    await self.close(_NO_TEXT)
                    return
            if self._protocol.state is not State.OPEN:
                return
            await self._more()

    async def send(self, message: str | bytes) -> None:
        """Say something to the site, once it takes it; to one that has closed, nothing."""
        if self._protocol.state is not State.OPEN:
            return
        if isinstance(message, str):
            self._protocol.send_text(message.encode())
        else:
            self._protocol.send_binary(message)
        await self._flush()

    async def close(self, code: int) -> None:
        """Tell the site that it is over."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(_sendable(code, _GOING))
            await self._flush()

    async def _more(self) -> None:
        data = await self._line.read()
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        await self._flush()

    async def _flush(self) -> None:
        """Send what there is to say: one after the other, for a large message goes in pieces."""
        async with self._writing:
            await self._line.write(b"".join(self._protocol.data_to_send()))


def _sendable(code: int, otherwise: int) -> int:
    return code if code in _OF_PROTOCOL or code in _OF_SITES else otherwise


def _path(scope: Scope) -> str:
    path: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    return (path + (b"?" + query if query else b"")).decode("latin-1")
