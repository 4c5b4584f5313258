"""The web sites that hosts of the labd in memory reach: real ones at loopback addresses, or why there are none."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from typing import Protocol, cast

from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket

from orchestrator.labd.calls import ADDRESS as FROM
from orchestrator.labd.lab_web import PageReached
from orchestrator.labd.web_contract import PageState
from orchestrator.labd.web_socket import show_page

ADDRESS = "192.0.2.80"
"""What every name's address is said to be."""

SHUT, OVER = 4425, 4408


class Caller(Protocol):
    """Somebody of the labd in memory."""

    handle: str
    roles: tuple[str, ...]


class FakeWeb:
    """Sites by their name and port; other names are unknown.

    Attributes:
        sites: where a site listens on this machine, or what becomes of a connection to it.
        authorities: what hosts trust, PEM.
        asked: the host of each connection, with what was asked for.
        places: the phase and the scenario's place of each connection at a candidate's seat.
        addresses: where the browser of each of these is.
    """

    def __init__(self, who: Callable[[HTTPConnection], object], owners: Mapping[str, str]) -> None:
        self._who = who
        self._owners = owners
        self.sites: dict[tuple[str, int], tuple[str, int] | PageState] = {}
        self.authorities = ""
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.places: list[tuple[str, str]] = []
        self.addresses: list[str] = []

    async def connect(self, viewer: WebSocket) -> None:
        """Be labd's ``/v1/web``."""
        who = cast("Caller | None", self._who(viewer))
        await viewer.accept()
        mine = who is not None and self._owners.get(viewer.path_params["lab"]) == who.handle
        if not mine and (who is None or "trainer" not in who.roles):
            await viewer.close(4404 if who else 4401)
            return
        await self._show(viewer, yours=mine)

    async def connect_at_seat(self, viewer: WebSocket, code: int | None) -> None:
        """Be labd's ``/v1/seat-web``, which closes with a code; None: the candidate's time runs."""
        await viewer.accept()
        if code in {SHUT, OVER}:
            await show_page(viewer, PageReached("shut"), _never, yours=True)
        elif code is not None:
            await viewer.close(code)
        else:
            self.places.append((viewer.path_params["phase"], viewer.path_params["place"]))
            self.addresses.append(viewer.headers.get(FROM, ""))
            await self._show(viewer, yours=True)

    async def _show(self, viewer: WebSocket, *, yours: bool) -> None:
        asked = dict(viewer.query_params)
        self.asked.append((viewer.path_params["host"], asked))
        site = self.sites.get((asked["name"], int(asked["port"])), "no-name")
        if isinstance(site, str):
            reached = PageReached(site, "" if site == "no-name" else ADDRESS)
        else:
            authorities = self.authorities if asked["authorities"] == "1" else ""
            reached = PageReached("open", ADDRESS, authorities, socket.create_connection(site))
        await show_page(viewer, reached, _never, yours=yours)


async def _never() -> int:
    await asyncio.Event().wait()
    return 0
