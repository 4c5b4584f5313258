"""The middleware for labs' web pages: what comes under a page's host name goes to its site, and never to the portal.

It is outermost: nothing of the portal's own (its cookies, who visits, its forms) is known here.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from orchestrator.labd.labd_client import LabdClient
from orchestrator.portal import page_words, static_files
from orchestrator.portal.page_answers import OWN, PageAnswers, own_headers
from orchestrator.portal.page_headers import opening_cookie, shown_secrets
from orchestrator.portal.page_passing import LARGEST_BODY, READING, PagePassing
from orchestrator.portal.page_socket import REFUSED, PageSocket
from orchestrator.portal.page_target import led_to
from orchestrator.portal.page_visits import PageVisit, PageVisits
from orchestrator.portal.portal_settings import PortalSettings, WebOrigin
from orchestrator.portal.visit import caller
from orchestrator.portal.web_forms import fields_of

MOST_AT_ONCE: Final = 6
"""Connections to one site, as browsers have them; more wait."""
MOST_WAITING: Final = 60
"""Requests to one site that are under way or wait."""
MOST_SOCKETS: Final = 4
"""WebSockets of one page: a lab has 16 connections for all pages that are open."""
_METHODS: Final = READING | {"POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LONGEST_FORM: Final = 8 * 1024
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}")


class PageDoor:
    """Takes what is for pages; all else is for the application."""

    def __init__(self, app: ASGIApp, settings: PortalSettings, labd: LabdClient, visits: PageVisits) -> None:
        """Take the portal, its settings, labd, and the pages that are open."""
        self._app = app
        self._settings = settings
        self._labd = labd
        self._visits = visits
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._under_way: Counter[str] = Counter()
        self._sockets: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or have the portal answer."""
        pages, web = self._settings.pages, scope["type"] in {"http", "websocket"}
        label = label_in(Headers(scope=scope), pages, self._settings) if pages and web else None
        if pages is None or label is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send, label, _origin_of(label, pages))
        else:
            await self._http(scope, receive, send, label, _origin_of(label, pages))

    async def _socket(self, scope: Scope, receive: Receive, send: Send, label: str, origin: WebOrigin) -> None:
        """Pass on a WebSocket that a page opens to its own site: browsers let any page open one anywhere."""
        page, headers = self._found(scope, label, origin), Headers(scope=scope)
        ours = (scope.get("raw_path") or b"").startswith(OWN.encode())
        own = "origin" in headers and _from_here(headers, origin)
        if page is None or ours or not own or page.target.proxy is not None or self._sockets[label] >= MOST_SOCKETS:
            await send(REFUSED)
            return
        self._sockets[label] += 1
        try:
            await PageSocket(scope, receive, send, origin, page).done(self._labd)
        finally:
            self._sockets[label] -= 1
            if not self._sockets[label]:
                del self._sockets[label]

    async def _http(self, scope: Scope, receive: Receive, send: Send, label: str, origin: WebOrigin) -> None:
        path = scope["path"]
        if path.startswith(OWN):
            response = await self._own(Request(scope, receive), label, origin)
            await response(scope, receive, send)
            return
        page = self._found(scope, label, origin)
        answers = PageAnswers(scope, origin, page)
        refusal = answers.closed() if page is None else _refusal(scope, origin, answers)
        if page is None or refusal is not None:
            await (refusal or answers.closed())(scope, receive, send)
            return
        if self._under_way[label] >= MOST_WAITING:
            await answers.failed(page_words.TOO_MUCH, 429)(scope, receive, send)
            return
        turns = self._turns.setdefault(label, asyncio.Semaphore(MOST_AT_ONCE))
        self._under_way[label] += 1
        try:
            async with turns:
                await PagePassing(scope, receive, send, origin, page, answers).done(self._labd, self._redirect)
        finally:
            self._under_way[label] -= 1
            if not self._under_way[label]:
                del self._under_way[label], self._turns[label]

    def _found(self, scope: Scope, label: str, origin: WebOrigin) -> PageVisit | None:
        """Return the page that is the browser's."""
        address = caller(HTTPConnection(scope), trusted=self._settings.trust_proxy)
        return self._visits.find(label, shown_secrets(scope["headers"], origin), address)

    # What is ours under a page's host name --------------------------------------------------------------------

    async def _own(self, request: Request, label: str, origin: WebOrigin) -> Response:
        path = request.url.path.removeprefix(OWN)
        if path == "style.css" and request.method in READING:
            file, kind = static_files.manifest()["portal.css"]
            return Response(file.read_bytes(), 200, {**own_headers(), "Cache-Control": "max-age=3600"}, kind)
        if path.startswith("open/") and request.method == "GET":
            return self._opened(request, path.removeprefix("open/"), label, origin)
        page = self._found(request.scope, label, origin)
        if path == "trust" and request.method == "POST" and page is not None:
            return await self._trusted(request, page, origin)
        return PageAnswers(request.scope, origin, None).closed()

    def _opened(self, request: Request, ticket: str, label: str, origin: WebOrigin) -> Response:
        if request.headers.get("sec-fetch-mode", "navigate") != "navigate":  # no page fetches it for its reader
            return PageAnswers(request.scope, origin, None).closed()
        found = self._visits.redeem(label, ticket)
        if found is None:
            return PageAnswers(request.scope, origin, None).closed()
        page, path = found
        answer = Response(None, 303, {**own_headers(), "Location": f"{origin}{path}"})
        answer.headers.append("set-cookie", opening_cookie(origin, page.secret))
        return answer

    async def _trusted(self, request: Request, page: PageVisit, origin: WebOrigin) -> Response:
        answers = PageAnswers(request.scope, origin, page)
        if not _from_here(request.headers, origin):
            return answers.failed(page_words.ELSEWHERE, 403)
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > _LONGEST_FORM:
                return answers.failed(page_words.TOO_MUCH, 413)
        form = {name: values[0] for name, values in fields_of(request.headers, body).items()}
        accepted, path = form.get("certificate", ""), form.get("path", "/")
        if not _FINGERPRINT.fullmatch(accepted):
            return answers.failed(page_words.NOT_THIS, 400)
        page.trusted = accepted
        plain = path.isascii() and path.isprintable() and path.startswith("/")
        return RedirectResponse(f"{origin}{path if plain else '/'}", 303, own_headers())

    def _redirect(self, page: PageVisit, origin: WebOrigin, path: str, location: str) -> str:
        """Return where a redirect of a site's leads the browser: within its own page, or to another site's.

        Raises:
            WrongAddressError: it leads to none.
            ProxiedTlsError: it leads to a site that is not opened here.
        """
        target, further, fragment = led_to(page.target, path, location)
        if target == page.target:
            return f"{origin}{further}{fragment}"
        pages = WebOrigin(origin.scheme, origin.host.partition(".")[2], origin.port)
        other = self._visits.open(page.token, page.whose, page.host, target, language=page.language, back=page.back)
        return opening_address(pages, self._visits, other, f"{further}{fragment}")


def opening_address(pages: WebOrigin, visits: PageVisits, page: PageVisit, path: str) -> str:
    """Return the address that opens a page, once and within a minute, below the pages' own."""
    return f"{_origin_of(page.label, pages)}{OWN}open/{visits.ticket(page, path)}"


def _origin_of(label: str, pages: WebOrigin) -> WebOrigin:
    return WebOrigin(pages.scheme, f"{label}.{pages.host}", pages.port)


def label_in(headers: Headers, pages: WebOrigin, settings: PortalSettings) -> str | None:
    """Return the label of a page that a request names as its host; None: it names something else."""
    hosts = headers.getlist("host")
    if len(hosts) != 1 or hosts[0].lower() in settings.by_host:
        return None
    label, _, rest = hosts[0].lower().partition(".")
    return label if rest == pages.netloc and _LABEL.fullmatch(label) else None


def _refusal(scope: Scope, origin: WebOrigin, answers: PageAnswers) -> Response | None:
    """Return the answer to a request that is refused by its first lines alone."""
    headers, method = Headers(scope=scope), scope["method"]
    length = headers.get("content-length", "0")
    if method not in _METHODS:
        return answers.failed(page_words.NOT_THIS, 405)
    if "service-worker" in headers or not (scope.get("raw_path") or b"").startswith(b"/"):
        return answers.failed(page_words.NOT_THIS, 403)
    if not (length.isascii() and length.isdecimal() and len(length) <= len(str(LARGEST_BODY))):
        return answers.failed(page_words.TOO_MUCH, 413)
    if int(length) > LARGEST_BODY:
        return answers.failed(page_words.TOO_MUCH, 413)
    navigates = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    if not _from_here(headers, origin) and not (method in READING and navigates):
        return answers.failed(page_words.ELSEWHERE, 403)
    return None


def _from_here(headers: Headers, origin: WebOrigin) -> bool:
    """Return whether a page under this very host name sent a request, or its reader by the address bar."""
    site, origins = headers.get("sec-fetch-site", "none"), headers.getlist("origin")
    return site in {"same-origin", "none"} and origins in ([], [str(origin)])
