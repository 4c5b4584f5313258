"""What every request passes before a page is made: whose host, whose page, how much; and what every answer carries.

``Safety`` is outermost: it refuses what is not for this portal and gives the headers. ``FormKeys`` comes once it is
known who visits: whatever changes something carries the key of a page of ours.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator.portal.portal_settings import PortalSettings, WebOrigin
from orchestrator.portal.visit import Visit
from orchestrator.portal.web_forms import fields_of

SUBPROTOCOL = "breakfix"
"""What a WebSocket of ours speaks; beside it the browser offers the form key, since it can send no header there."""
LARGEST_BODY = 256 * 1024
BODY_SECONDS = 30
"""How long a body may take to arrive."""
OTHER_ORIGIN = 4403
"""The WebSocket close code for another's page."""
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_KNOWN_METHODS = _SAFE_METHODS | {"POST"}
_HSTS_SECONDS = 365 * 24 * 3600
_PERMISSIONS = ("camera", "display-capture", "geolocation", "microphone", "payment", "serial", "usb")

_WRONG_HOST = "Cette adresse n'est pas celle du portail. / This is not the portal's address.\n"
_UNCLEAR = "Cette demande n'est pas lisible. / This request cannot be read.\n"
_WRONG_METHOD = "Cette demande n'existe pas ici. / There is no such request here.\n"
_OTHER_PAGE = "Cette demande vient d'une autre page. / This request comes from another page.\n"
_TOO_MUCH = "C'est trop à la fois. / This is too much at once.\n"
_TOO_SLOW = "L'envoi a pris trop de temps. / The request took too long.\n"


def origin_of(headers: Headers, settings: PortalSettings) -> WebOrigin | None:
    """Return the address of ours that a request names as its host; None: it names another one, several or none."""
    hosts = headers.getlist("host")
    return settings.by_host.get(hosts[0].lower()) if len(hosts) == 1 else None


def comes_from_us(headers: Headers, origin: WebOrigin) -> bool:
    """Return whether a page of ours sent a request: browsers say so, and no page can say it for them."""
    site = headers.get("sec-fetch-site", "same-origin")
    return headers.getlist("origin") == [str(origin)] and site == "same-origin"


def security_headers(origin: WebOrigin, nonce: str) -> dict[str, str]:
    """Return the headers that every answer carries; without a nonce nothing in a page may run or style it."""
    own = f"'self' 'nonce-{nonce}'" if nonce else "'self'"
    socket = f"{'wss' if origin.secure else 'ws'}://{origin.netloc}"
    policy = {
        "default-src": "'none'",
        "script-src": own,
        "style-src": own,
        "img-src": "'self' data:",
        "connect-src": f"'self' {socket}",
        "font-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        # Not "no-referrer": under that browsers send forms with "Origin: null", and whose page it was is not known.
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{name}=()" for name in _PERMISSIONS),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if origin.secure and not origin.loopback:
        headers["Strict-Transport-Security"] = f"max-age={_HSTS_SECONDS}"
    return headers


class Safety:
    """The outermost middleware: host, origin, size, and the headers of every answer."""

    def __init__(self, app: ASGIApp, settings: PortalSettings) -> None:
        """Take the application, and which addresses are the portal's."""
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = origin_of(headers, self._settings)
        if scope["type"] == "websocket":
            passed = origin is not None and comes_from_us(headers, origin)
            await (self._app(scope, receive, send) if passed else _close(send))
        elif _ends_nowhere(scope, headers):
            await PlainTextResponse(_UNCLEAR, 400, {"Connection": "close"})(scope, receive, send)
        elif origin is None:
            await PlainTextResponse(_WRONG_HOST, 421 if "host" in headers else 400)(scope, receive, send)
        else:
            await self._http(scope, receive, _with_headers(send, scope, origin), origin)

    async def _http(self, scope: Scope, receive: Receive, send: Send, origin: WebOrigin) -> None:
        scope["scheme"] = (
            origin.scheme
        )  # what browsers see, whatever a proxy before us speaks: redirects are made of it
        refusal = _refusal(scope, origin)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        if scope["method"] in _SAFE_METHODS:
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await body_of(receive)
        except TimeoutError:
            await PlainTextResponse(_TOO_SLOW, 408)(scope, receive, send)
            return
        except ClientDisconnect:
            return
        if body is None:
            await PlainTextResponse(_TOO_MUCH, 413)(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)


def _ends_nowhere(scope: Scope, headers: Headers) -> bool:
    """Return whether a proxy before us may see the end of a request elsewhere, and another request in the rest."""
    old = scope.get("http_version") == "1.0"
    return "transfer-encoding" in headers and (old or "content-length" in headers)


def _refusal(scope: Scope, origin: WebOrigin) -> Response | None:
    """Return the answer to a request that is refused by its first lines alone."""
    headers = Headers(scope=scope)
    if scope["method"] not in _KNOWN_METHODS:
        return PlainTextResponse(_WRONG_METHOD, 405, {"Allow": "GET, HEAD, POST"})
    if scope["method"] in _SAFE_METHODS:
        return None
    if not comes_from_us(headers, origin):
        return PlainTextResponse(_OTHER_PAGE, 403)
    length = headers.get("content-length", "0").lstrip("0") or "0"
    fits = length.isascii() and length.isdigit() and len(length) <= len(str(LARGEST_BODY))
    return None if fits and int(length) <= LARGEST_BODY else PlainTextResponse(_TOO_MUCH, 413)


async def body_of(receive: Receive) -> bytes | None:
    """Return the whole body of a request, whether its length was said or not; None: it is too large.

    Raises:
        ClientDisconnect: its sender has gone before its end; half a form is none.
    """
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting = [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again


def _with_headers(send: Send, scope: Scope, origin: WebOrigin) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            visit: Visit | None = scope.get("state", {}).get("visit")
            headers = MutableHeaders(scope=message)
            headers.update(security_headers(origin, visit.nonce if visit else ""))
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return send_with_headers


async def _close(send: Send) -> None:
    await send({"type": "websocket.close", "code": OTHER_ORIGIN, "reason": ""})


class FormKeys:
    """The middleware that lets nothing change anything without the key of a page of ours."""

    def __init__(self, app: ASGIApp, refused: Callable[[Request], Awaitable[Response] | Response]) -> None:
        """Take the application, and what makes the page for a request without its key."""
        self._app = app
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what carries the key, and what changes nothing."""
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] != "http" or scope["method"] in _SAFE_METHODS:
            await self._app(scope, receive, send)
        else:
            await self._post(scope, receive, send)

    async def _post(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await body_of(receive) or b""
        said = key_in(Headers(scope=scope), body)
        if _same(said, scope["state"]["visit"].form_key):
            await self._app(scope, _replay(body, receive), send)
            return
        answer = self._refused(Request(scope))
        response = answer if isinstance(answer, Response) else await answer
        await response(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        offered: Iterable[str] = scope.get("subprotocols", ())
        key = f"key-{scope['state']['visit'].form_key}"
        if any(_same(one, key) for one in offered):
            await self._app({**scope, "subprotocols": [SUBPROTOCOL]}, receive, _speaking(send))
        else:
            await _close(send)


def _speaking(send: Send) -> Send:
    async def send_with_subprotocol(message: Message) -> None:
        if message["type"] == "websocket.accept":
            message = {**message, "subprotocol": SUBPROTOCOL}
        await send(message)

    return send_with_subprotocol


def key_in(headers: Headers, body: bytes) -> str:
    """Return the form key that a request carries: in its header, else in the one such field of its form."""
    if "x-form-key" in headers:
        return headers["x-form-key"]
    keys = fields_of(headers, body).get("form_key", [])
    return keys[0] if len(keys) == 1 else ""


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
