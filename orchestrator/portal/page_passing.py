"""One request on its way from a browser to a lab's web site, and the answer on its way back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from orchestrator.labd.labd_client import LabdClient, RefusedError
from orchestrator.labd.web_contract import PageOpening
from orchestrator.portal import page_headers, page_words
from orchestrator.portal.page_answers import BAD_GATEWAY, PageAnswers, own_headers
from orchestrator.portal.page_certificate import CertificateError
from orchestrator.portal.page_exchange import PageAnswerError, PageExchange, PageHead
from orchestrator.portal.page_headers import Header
from orchestrator.portal.page_line import PageLine, PageTlsError, reached
from orchestrator.portal.page_target import ProxiedTlsError, WrongAddressError
from orchestrator.portal.page_visits import PageVisit
from orchestrator.portal.portal_settings import WebOrigin

LARGEST_BODY: Final = 16 << 20
"""Bytes of what is sent to a site at once: an attachment of a message, say."""
BODY_SECONDS: Final = 60
"""How long a browser may say nothing in the middle of what it sends."""
READING: Final = frozenset({"GET", "HEAD"})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_TROUBLES: Final = (CertificateError, PageTlsError, PageAnswerError, RefusedError, OSError)
"""``TimeoutError`` and what ``ssl`` raises are errors of the system, too."""

Redirect = Callable[[PageVisit, WebOrigin, str, str], str]
"""Returns where a redirect leads a browser, by the page, its address, the path that was asked for, what was said."""


class PagePassing:
    """A request that may pass."""

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, origin: WebOrigin, page: PageVisit, answers: PageAnswers
    ) -> None:
        """Take the request, the address it came to, the page that is open there, and what answers in our words."""
        self._scope, self._receive, self._send = scope, receive, send
        self._origin, self._page, self._answers = origin, page, answers
        self._method: str = scope["method"]
        query: bytes = scope["query_string"]
        self._path: bytes = scope["raw_path"] + (b"?" + query if query else b"")
        self._begun = False
        self._too_much = False
        self._read = asyncio.Event()
        """Set once nothing more is to be read of the request: all of it was, or the rest is not wanted."""

    async def done(self, labd: LabdClient, redirect: Redirect) -> None:
        """Pass it on, until its answer is there or its browser has gone."""
        passing = asyncio.create_task(self._pass_on(labd, redirect))
        leaving = asyncio.create_task(self._left())
        try:
            await asyncio.wait({passing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            passing.cancel()
            leaving.cancel()
            results = await asyncio.gather(passing, leaving, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result
        if self._too_much and not self._begun:
            await self._answers.failed(page_words.TOO_MUCH, 413)(self._scope, self._receive, self._send)

    async def _left(self) -> None:
        """Return once the browser has gone, or sends what nobody takes."""
        await self._read.wait()
        while not self._too_much and (await self._receive())["type"] != "http.disconnect":
            pass

    async def _pass_on(self, labd: LabdClient, redirect: Redirect) -> None:
        try:
            async with reached(labd, self._page, act=self._is_act()) as (opening, line):
                response = self._unreached(opening)
                if response is None:
                    response = await self._exchanged(line, redirect)
        except _TROUBLES as error:
            if self._begun:  # the browser sees by the connection's end that something is missing
                return
            response = self._answers.trouble(error)
        if response is not None:
            self._begun = True
            await response(self._scope, self._receive, self._send)

    def _unreached(self, opening: PageOpening) -> Response | None:
        if opening.state != "open":
            return self._answers.not_reached(opening)
        if not opening.yours and self._method not in READING:
            return self._answers.failed(page_words.READ_ONLY, 403)
        return None

    def _is_act(self) -> bool:
        """Return whether somebody does something by it: what a page loads by itself keeps no lab awake."""
        destination = Headers(scope=self._scope).get("sec-fetch-dest", "document")
        return self._method not in READING or destination == "document"

    async def _exchanged(self, line: PageLine, redirect: Redirect) -> Response | None:
        """Ask the site, and send its answer on; return an answer of ours where the site's cannot be."""
        exchange, target = PageExchange(line, self._method), self._page.target
        path = self._path if target.proxy is None else target.origin.encode() + self._path
        await exchange.ask(path, [*page_headers.to_lab(self._scope["headers"], self._origin, target), *self._framing()])
        sending = asyncio.create_task(exchange.send(self._body()))
        try:
            head = await exchange.head()
            headers = page_headers.to_browser(head.headers, target, _all_pages(self._origin))
            response = self._redirected(head, headers, redirect)
            if response is None:
                await self._answer(head, headers, exchange)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        return response

    def _framing(self) -> list[Header]:
        headers = Headers(scope=self._scope)
        if "transfer-encoding" in headers:
            return [(b"transfer-encoding", b"chunked")]
        return [(b"content-length", headers["content-length"].encode())] if "content-length" in headers else []

    async def _body(self) -> AsyncIterator[bytes]:
        left, more = LARGEST_BODY, True
        try:
            while more:
                async with asyncio.timeout(BODY_SECONDS):
                    message = await self._receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                piece, more = message.get("body", b""), message.get("more_body", False)
                left -= len(piece)
                if left < 0:
                    self._too_much = True
                    return
                if piece:
                    yield piece
        except TimeoutError:
            self._too_much = True
        finally:
            self._read.set()

    def _redirected(self, head: PageHead, headers: list[Header], redirect: Redirect) -> Response | None:
        """Add where a redirect leads to the headers; return an answer where that is another site, or nowhere."""
        said = [value.decode("latin-1") for name, value in head.headers if name == b"location"]
        if not said:
            return None
        try:
            location = redirect(self._page, self._origin, self._path.decode("latin-1"), said[0])
        except (WrongAddressError, ProxiedTlsError):
            if head.status not in _REDIRECTS:
                return None
            return self._answers.failed(page_words.LEADS_AWAY, BAD_GATEWAY, location=_short(said[0]))
        if head.status in _REDIRECTS and not location.startswith(f"{self._origin}/"):
            answer = Response(None, 303, {**own_headers(), "Location": location})  # opens once: nobody may keep it
            for name, value in headers:
                if name == b"set-cookie":
                    answer.raw_headers.append((name, value))
            return answer
        headers.append((b"location", location.encode("latin-1")))
        return None

    async def _answer(self, head: PageHead, headers: list[Header], exchange: PageExchange) -> None:
        self._begun = True
        await self._send({"type": "http.response.start", "status": head.status, "headers": headers})
        async for piece in exchange.body():
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})


def _all_pages(origin: WebOrigin) -> str:
    """Return what the origins of all pages look like, as a content security policy names them."""
    return str(WebOrigin(origin.scheme, f"*.{origin.host.partition('.')[2]}", origin.port))


def _short(text: str, longest: int = 300) -> str:
    return "".join(one if one.isprintable() else "\ufffd" for one in text[:longest])
