"""A browser for tests: it keeps cookies, sends what browsers send, and reads pages strictly."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx
from starlette.applications import Starlette
from starlette.types import Message, Scope

from orchestrator.labd.labd_client import LabdClient
from orchestrator.portal.portal_settings import PortalSettings, WebOrigin
from orchestrator.portal.web_app import make_app
from tests.fakes.labd import FakeLabd

ORIGIN = "https://portal.test"
VOID = {"meta", "link", "input", "br", "wbr", "img", "hr", "path", "circle", "rect"}
SELF_CLOSED = {"path", "circle", "line", "rect"}


class Browser:
    """Somebody's browser at the portal; ``labd`` is behind it."""

    def __init__(
        self, runner: asyncio.Runner, labd: FakeLabd, client: LabdClient | None = None, *, trust_proxy: bool = False
    ) -> None:
        self.labd = labd
        self.app = make_app(PortalSettings((WebOrigin.parse(ORIGIN),), trust_proxy), client or labd.client())
        self._runner = runner
        self._key: tuple[dict[str, str], str] = ({}, "")
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"Accept-Language": "fr"})

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self._runner.run(self.http.get(path, headers=headers))

    def send(self, path: str, fields: Mapping[str, str | list[str]], **headers: str) -> httpx.Response:
        """Send a form as a browser sends one of ours."""
        own = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", **headers}
        return self._runner.run(self.http.post(path, data=fields, headers={k: v for k, v in own.items() if v}))

    def post(self, path: str, fields: Mapping[str, str | list[str]], page: str = "/sign-in") -> httpx.Response:
        """Open a page of ours, and send a form of it."""
        return self.send(path, {"form_key": self.form_key(page), **fields})

    def form_key(self, page: str = "/sign-in") -> str:
        """Return the key of a page's forms: all pages have the same one, as long as the cookies are the same."""
        cookies = dict(self.http.cookies)
        if not cookies or cookies != self._key[0]:
            key = self._key_on(page)
            self._key = dict(self.http.cookies), key
        return self._key[1]

    def _key_on(self, page: str) -> str:
        answer = self.get(page)
        for _ in range(3):
            if answer.status_code != 303:
                break
            answer = self.get(answer.headers["location"])
        found = re.search(r'<meta name="form-key" content="([^"]+)">', answer.text)
        assert found, answer.text
        return found[1]

    def sign_in(self, handle: str, language: str = "") -> None:
        if language:
            self.labd.people[handle].language = "en" if language == "en" else "fr"
        answer = self.post("/sign-in", {"handle": handle, "password": self.labd.people[handle].password or ""})
        assert answer.status_code == 303, answer.text

    @property
    def token(self) -> str | None:
        return self.http.cookies.get("__Host-breakfix")

    def raw(self, scope: Mapping[str, object], messages: Iterable[Message] = ()) -> list[Message]:
        """Speak ASGI to the portal itself, for what no browser sends."""
        return self._runner.run(raw(self.app, {"path": "/", "query_string": b"", **scope}, messages))


async def raw(app: Starlette, scope: Scope, messages: Iterable[Message]) -> list[Message]:
    sent: list[Message] = []
    waiting = [*messages]

    async def receive() -> Message:
        return waiting.pop(0) if waiting else {"type": f"{scope['type']}.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


@dataclass
class Reading(HTMLParser):
    """A page, read strictly: every tag is closed where it must be, every id is there once."""

    metas: dict[str, str] = field(default_factory=dict)
    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    @classmethod
    def of(cls, page: str) -> Reading:
        reading = cls()
        reading.feed(page)
        reading.close()
        reading.wrong += [f"<{tag}> is not closed" for tag in reading._open]
        ids = [a["id"] for _, a in reading.tags if "id" in a]
        reading.wrong += sorted({f"id {one} is there twice" for one in ids if ids.count(one) > 1})
        return reading

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        self.wrong += [f"<{tag}> has {name} twice" for name in names if names.count(name) > 1]
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append((tag, attributes))
        if tag == "meta" and "name" in attributes:
            self.metas[attributes["name"]] = attributes["content"]
        for spoken in ("aria-label", "data-label", "title", "placeholder", "alt"):
            if spoken in attributes:
                self.texts.append(attributes[spoken])
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in SELF_CLOSED:
            self.wrong.append(f"<{tag}/>")
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.wrong.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        if data.strip() and self._open[-1:] != ["script"]:
            self.texts.append(re.sub(r"[ \n]+", " ", data).strip(" "))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]
