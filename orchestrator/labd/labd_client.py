"""What speaks to labd: coarse calls, the events of a lab, terminals and screens, over its Unix socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlencode
from weakref import WeakValueDictionary

import httpx
from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.exceptions import InvalidHandshake

from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.labd.calls import ADDRESS, VERSION, Call, Refusal
from orchestrator.labd.event_contract import LabEvent
from orchestrator.labd.wire import WireError, decode, encode

Q = TypeVar("Q")
R = TypeVar("R")

_HOST = "labd"
_ANSWER_SECONDS = 60
"""How long a call may take: longer work is told by events."""
_CONNECTIONS = 200
_AT_ONCE = 8
"""Calls with one token at a time; more wait for each other."""
_OF_NOBODY = 60
"""Calls without any at a time: whoever floods with names or codes leaves connections for those who are known."""
_REFUSED = 400


class RefusedError(Exception):
    """labd refused a call, or does not answer."""

    def __init__(self, refusal: Refusal) -> None:
        """Take what it said."""
        super().__init__(refusal.text.en)
        self.refusal = refusal


class LabdClient:
    """Connections to labd; one client for a whole portal."""

    def __init__(self, socket: Path, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Take where labd listens; another transport is for tests."""
        self._socket = socket
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._nobody = asyncio.Semaphore(_OF_NOBODY)
        self._http = self._pool(transport, _CONNECTIONS)
        self._streams = self._pool(transport, None)

    def _pool(self, transport: httpx.AsyncBaseTransport | None, most: int | None) -> httpx.AsyncClient:
        """Return a pool of so many connections: streams have their own, or who holds many would let no call through."""
        limits = httpx.Limits(max_connections=most, max_keepalive_connections=20)
        plain = False  # no TLS is spoken at a Unix socket: the list of authorities need not be read for it
        return httpx.AsyncClient(
            transport=transport or httpx.AsyncHTTPTransport(uds=str(self._socket), limits=limits, verify=plain),
            base_url=f"http://{_HOST}/v{VERSION}/",
            timeout=_ANSWER_SECONDS,
        )

    def _turn(self, token: str | None) -> AbstractAsyncContextManager[None]:
        """Return a turn of somebody's, of whom few calls are done at once: others' pass meanwhile."""
        if token is None:
            return self._nobody
        turns = self._turns.get(token)
        if turns is None:
            turns = self._turns[token] = asyncio.Semaphore(_AT_ONCE)
        return turns

    async def call(self, what: Call[Q, R], request: Q, token: str | None = None, address: str = "") -> R:
        """Make a call and return its response.

        Args:
            what: which.
            request: what is asked.
            token: whose call it is; None: nobody's.
            address: where a candidate's browser is; empty: it is none, or that is not known.

        Raises:
            RefusedError: labd refuses it, or does not answer.
        """
        try:
            async with self._turn(token):
                headers = {**_bearer(token), **_from(address)}
                answer = await self._http.post(what.name, content=encode(request), headers=headers)
        except httpx.HTTPError as error:
            raise RefusedError(_silent()) from error
        if answer.status_code >= _REFUSED:
            raise RefusedError(_refusal(answer.content))
        try:
            return decode(what.response, answer.content)
        except WireError as error:  # a labd of another version
            raise RefusedError(_silent()) from error

    async def events(self, lab: str, after: int, token: str) -> AsyncGenerator[LabEvent, None]:
        """Yield a lab's events after a number, as they happen, until labd or the reader goes away.

        Who ends before closes it (``contextlib.aclosing``): it holds a connection.

        Raises:
            RefusedError: labd refuses it, or does not answer.
        """
        timeout = httpx.Timeout(_ANSWER_SECONDS, read=None)
        try:
            async with self._streams.stream(
                "GET", f"events/{lab}", params={"after": after}, headers=_bearer(token), timeout=timeout
            ) as answer:
                if answer.status_code >= _REFUSED:
                    raise RefusedError(_refusal(await answer.aread()))
                async for line in answer.aiter_lines():
                    if line:
                        yield decode(LabEvent, line)
        except (httpx.HTTPError, WireError) as error:
            raise RefusedError(_silent()) from error

    def my_data(self, language: Language, token: str) -> AsyncGenerator[bytes, None]:
        """Return the archive of all that is kept about somebody, as ``archive`` does."""
        return self.archive("my-data", token, language=language)

    async def archive(self, path: str, token: str, **params: str) -> AsyncGenerator[bytes, None]:
        """Yield an archive in pieces; who ends before closes it.

        Raises:
            RefusedError: labd refuses it, or does not answer, or no longer.
        """
        try:
            async with self._streams.stream("POST", path, params=params, headers=_bearer(token)) as answer:
                if answer.status_code >= _REFUSED:
                    raise RefusedError(_refusal(await answer.aread()))
                async for piece in answer.aiter_raw():
                    yield piece
        except httpx.HTTPError as error:
            raise RefusedError(_silent()) from error

    @asynccontextmanager
    async def terminal(self, lab: str, terminal: str, token: str, after: int | None) -> AsyncIterator[ClientConnection]:
        """Give the WebSocket of a terminal, which first sends what was shown since the byte ``after``.

        Raises:
            RefusedError: labd refuses it, or does not answer.
        """
        seen = "" if after is None else f"?after={after}"
        async with self._line(f"terminal/{lab}/{terminal}{seen}", token) as connection:
            yield connection

    @asynccontextmanager
    async def seat_terminal(
        self, phase: str, terminal: str, token: str, after: int | None, address: str = ""
    ) -> AsyncIterator[ClientConnection]:
        """Give the WebSocket of a terminal at a candidate's seat, as ``terminal`` does; ``address`` is as in ``call``.

        Raises:
            RefusedError: labd refuses it, or does not answer.
        """
        seen = "" if after is None else f"?after={after}"
        async with self._line(f"seat-terminal/{phase}/{terminal}{seen}", token, address) as connection:
            yield connection

    @asynccontextmanager
    async def display(self, lab: str, host: str, token: str) -> AsyncIterator[ClientConnection]:
        """Give the WebSocket of a host's screen, which speaks RFB.

        Raises:
            RefusedError: labd refuses it, or does not answer.
        """
        async with self._line(f"display/{lab}/{host}", token) as connection:
            yield connection

    @asynccontextmanager
    async def web(self, lab: str, host: str, asked: Mapping[str, str], token: str) -> AsyncIterator[ClientConnection]:
        """Give the WebSocket of a connection from within a host, see ``web_contract``.

        Raises:
            RefusedError: labd does not answer.
        """
        async with self._line(f"web/{lab}/{host}?{urlencode(asked)}", token) as connection:
            yield connection

    @asynccontextmanager
    async def _line(self, path: str, token: str, address: str = "") -> AsyncIterator[ClientConnection]:
        url, headers = f"ws://{_HOST}/v{VERSION}/{path}", {**_bearer(token), **_from(address)}
        try:
            connection = await unix_connect(
                str(self._socket), url, additional_headers=headers, compression=None, max_size=1 << 20
            )
        except OSError as error:
            raise RefusedError(_silent()) from error
        except InvalidHandshake as error:
            raise RefusedError(_no_terminal()) from error
        async with connection:
            yield connection

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()
        await self._streams.aclose()


def _bearer(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def _from(address: str) -> dict[str, str]:
    return {ADDRESS: quote(address, safe=".:")} if address else {}


def _refusal(content: bytes) -> Refusal:
    try:
        return decode(Refusal, content)
    except WireError:
        return _silent()


def _silent() -> Refusal:
    return Refusal(
        "machine",
        Text(fr="Le service des labs ne répond pas.", en="The lab service does not answer."),
        Text(
            fr="Vos labs et vos terminaux continuent. Réessayez dans un instant.",
            en="Your labs and terminals go on. Try again in a moment.",
        ),
    )


def _no_terminal() -> Refusal:
    return Refusal(
        "missing",
        Text(fr="Ce terminal n'existe pas, ou plus.", en="There is no such terminal, or it is gone."),
    )
