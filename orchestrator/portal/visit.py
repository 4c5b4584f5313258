"""Who a request comes from: the middleware that asks labd about its token, and the doors that routes use."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator.core.language import Language
from orchestrator.labd.account_contract import ME
from orchestrator.labd.calls import Call, Nothing, Refusal, RoleName, Who
from orchestrator.labd.labd_client import LabdClient, RefusedError
from orchestrator.portal import cookies
from orchestrator.portal.cookies import Cookies
from orchestrator.portal.portal_settings import PortalSettings, WebOrigin

SEAT_PATH = "/seat"
"""Where the pages of a candidate's seat are."""
Q = TypeVar("Q")
R = TypeVar("R")


@dataclass(frozen=True)
class Visit:
    """Somebody's request.

    Attributes:
        who: who is signed in; None: nobody.
        token: what names them to labd, at a candidate's seat the seat's; None: nothing.
        language: what they read.
        nonce: what this page's scripts and styles carry, for the content security policy.
        form_key: what this page's forms carry, and the header ``X-Form-Key`` of its scripts' requests.
        address: where they come from.
        origin: the address at which they found the portal.
        trouble: why it is not known who they are; None: it is.
    """

    who: Who | None
    token: str | None
    language: Language
    nonce: str
    form_key: str
    address: str
    origin: WebOrigin
    trouble: Refusal | None = None

    def is_a(self, role: RoleName) -> bool:
        """Return whether somebody with this role is signed in."""
        return self.who is not None and role in self.who.roles

    @property
    def organises(self) -> bool:
        """Whether somebody is signed in who holds jury sessions."""
        return self.is_a("organiser") or self.is_a("administrator")

    @property
    def cookies(self) -> Cookies:
        """The cookies of the address at which they found the portal."""
        return Cookies(self.origin.secure)


def visit_of(connection: HTTPConnection) -> Visit:
    """Return whose request or WebSocket it is."""
    visit: Visit = connection.state.visit
    return visit


async def ask(connection: HTTPConnection, what: Call[Q, R], request: Q) -> R:
    """Make a call for whoever visits.

    Raises:
        RefusedError: labd refuses it, or does not answer.
    """
    labd: LabdClient = connection.app.state.labd
    visit = visit_of(connection)
    if is_at_seat(connection.url.path):
        return await labd.call(what, request, visit.token, visit.address)
    return await labd.call(what, request, visit.token)


def form_key_of(secret: str, token: str | None, seat: str | None = None) -> str:
    """Return what forms carry: nobody can make it who only knows, or has planted, the cookie with the secret."""
    known = f"{secret}\n{token or ''}" + (f"\n{seat}" if seat else "")
    return hashlib.sha256(known.encode()).hexdigest()


class Visits:
    """The middleware that says who visits: ``request.state.visit``."""

    def __init__(self, app: ASGIApp, settings: PortalSettings, labd: LabdClient, unasked: str) -> None:
        """Take the application, and the beginning of the paths at which nobody is asked for."""
        self._app = app
        self._settings = settings
        self._labd = labd
        self._unasked = unasked

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find out who it is, and have the application answer."""
        if scope["type"] not in {"http", "websocket"} or self._is_for_all(scope):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        origin = self._settings.by_host[connection.headers["host"].lower()]
        had = Cookies(origin.secure).read("; ".join(connection.headers.getlist("cookie")))
        secret = had.get(cookies.KEY) or secrets.token_hex(16)
        at_seat = is_at_seat(str(scope["path"]))  # an account counts for nothing there, nor a seat anywhere else
        who, trouble = (None, None) if at_seat else await self._who(had.get(cookies.TOKEN))
        gone = trouble is not None and trouble.kind == "signed-out"
        token, seat = None if gone else had.get(cookies.TOKEN), had.get(cookies.SEAT)
        visit = Visit(
            who,
            seat if at_seat else token,
            language_for(who, had, connection.headers.get("accept-language", "")),
            secrets.token_urlsafe(16),
            form_key_of(secret, token, seat),
            caller(connection, trusted=self._settings.trust_proxy),
            origin,
            None if gone else trouble,
        )
        scope.setdefault("state", {})["visit"] = visit
        new = [] if cookies.KEY in had else [visit.cookies.write(cookies.KEY, secret)]
        new += [visit.cookies.delete(cookies.TOKEN)] if gone else []
        await self._app(scope, receive, _with_cookies(send, new))

    def _is_for_all(self, scope: Scope) -> bool:
        return scope.get("method") in {"GET", "HEAD"} and str(scope["path"]).startswith(self._unasked)

    async def _who(self, token: str | None) -> tuple[Who | None, Refusal | None]:
        if token is None:
            return None, None
        try:
            return await self._labd.call(ME, Nothing(), token), None
        except RefusedError as error:
            return None, error.refusal


def is_at_seat(path: str) -> bool:
    """Return whether a path is one of a candidate's seat."""
    return path == SEAT_PATH or path.startswith(f"{SEAT_PATH}/")


def _with_cookies(send: Send, new: list[str]) -> Send:
    async def send_with_cookies(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            already = {line.split("=", 1)[0] for line in headers.getlist("set-cookie")}
            for line in new:
                if line.split("=", 1)[0] not in already:
                    headers.append("set-cookie", line)
        await send(message)

    return send_with_cookies if new else send


def language_for(who: Who | None, had: Mapping[str, str], accepted: str) -> Language:
    """Return what somebody reads: what they chose, else what this browser's last guest chose, else what it prefers."""
    if who is not None and who.language is not None:
        return who.language
    chosen = had.get(cookies.LANGUAGE)
    if chosen in {"fr", "en"}:
        return "fr" if chosen == "fr" else "en"
    return _preferred(accepted)


def _preferred(accepted: str) -> Language:
    """Return the language of ours that comes first in an ``Accept-Language`` header; French where none does."""
    best: dict[Language, float] = {"fr": 0.0, "en": 0.0}
    for part in accepted[:500].split(","):
        tag, _, rest = part.strip().partition(";")
        known: Language | None = {"fr": "fr", "en": "en"}.get(tag.lower().split("-")[0])  # type: ignore[assignment]
        if known is not None:
            best[known] = max(best[known], _weight(rest))
    return "en" if best["en"] > best["fr"] else "fr"


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0


def caller(connection: HTTPConnection, *, trusted: bool) -> str:
    """Return where a request comes from; of a chain of proxies only what the nearest one said is believed."""
    if trusted:
        lines = connection.headers.getlist("x-forwarded-for")  # some proxies add a line of their own, behind others
        said = lines[-1].rsplit(",", 1)[-1].strip() if lines else ""
        if said:
            return said[:64]
    return connection.client.host if connection.client else ""
