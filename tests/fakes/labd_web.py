"""The web sites that hosts of the labd in memory reach: real ones at loopback addresses, or why there are none."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from typing import Protocol, cast

from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket

from orchestrator.labd.lab_web import PageReached
from orchestrator.labd.standing_watch import Over
from orchestrator.labd.web_contract import PageState
from orchestrator.labd.web_socket import show_page

ADDRESS = "192.0.2.80"
"""What every name's address is said to be."""


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
    """

    def __init__(self, who: Callable[[HTTPConnection], object], owners: Mapping[str, str]) -> None:
        self._who = who
        self._owners = owners
        self.sites: dict[tuple[str, int], tuple[str, int] | PageState] = {}
        self.authorities = ""
        self.asked: list[tuple[str, dict[str, str]]] = []

    async def connect(self, viewer: WebSocket) -> None:
        """Be labd's ``/v1/web``."""
        who = cast("Caller | None", self._who(viewer))
        await viewer.accept()
        mine = who is not None and self._owners.get(viewer.path_params["lab"]) == who.handle
        if not mine and (who is None or "trainer" not in who.roles):
            await viewer.close(4404 if who else 4401)
            return
        asked = dict(viewer.query_params)
        self.asked.append((viewer.path_params["host"], asked))
        site = self.sites.get((asked["name"], int(asked["port"])), "no-name")
        if isinstance(site, str):
            reached = PageReached(site, "" if site == "no-name" else ADDRESS)
        else:
            authorities = self.authorities if asked["authorities"] == "1" else ""
            reached = PageReached("open", ADDRESS, authorities, socket.create_connection(site))
        await show_page(viewer, reached, _never, yours=mine)


async def _never() -> Over:
    await asyncio.Event().wait()
    return "closing"
