"""Connections to web sites from within a host of a lab: names as that host knows them, packets as it sends them."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from orchestrator.core.errors import BreakfixError, LabError
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import CommandTimeoutError, Fabric, HostRef, HostUnreachableError
from orchestrator.labd.lab_desk import FoundLab, LabDesk
from orchestrator.labd.lab_freezing import is_frozen
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.told_refusals import refused
from orchestrator.labd.web_contract import HIGHEST_PORT, PageState, address_of, is_site
from orchestrator.labs import Running

MOST_LINES: Final = 16
"""Connections from one lab at once: two browsers with six each, and some that end."""
MOST_OPENING: Final = 4
"""Of these, so many may be on their way: whoever gets no answer holds a thread."""
THREADS: Final = 12
_NAME_SECONDS: Final = 15.0
"""A resolver without an answer asks two servers twice, 5 s each; browsers give up then."""
_CONNECT_SECONDS: Final = 15.0
_MOST_ADDRESSES: Final = 4
"""Of a name, so many are tried."""
_AUTHORITIES: Final = "/etc/ssl/certs/ca-certificates.crt"
_LONGEST_AUTHORITIES: Final = 768 * 1024
"""Bytes: they travel in one message, of 1 MiB at most."""
_REASONS: Final[Mapping[str, PageState]] = {
    "Connection refused": "refused",
    "Network is unreachable": "no-way",
    "No route to host": "no-way",
    "Connection reset by peer": "refused",
    "Cannot assign requested address": "no-way",
    "Address family not supported by protocol": "no-way",
    "Address family for hostname not supported": "no-way",
}
"""The kernel's reasons, as the helper says them → what they mean; the last three: where there is no IPv6."""
_FARTHEST: Final[Sequence[PageState]] = ("refused", "no-answer", "no-way")
"""What becomes of a name's addresses of which none opens: what is told, that of the one that came farthest."""


@dataclass(frozen=True)
class PageAsked:
    """Where to connect to: a host's name or address in small letters, and a port."""

    name: str
    port: int
    authorities: bool

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> PageAsked:
        """Read what a caller asks for.

        Raises:
            RefusedCallError: it can be none.
        """
        name, port = asked.get("name", ""), asked.get("port", "")
        plain = port.isascii() and port.isdecimal() and len(port) <= len(str(HIGHEST_PORT))
        if not is_site(name) or not plain or not 0 < int(port) <= HIGHEST_PORT:
            raise refused("wrong", Text(fr="Ce n'est pas une adresse.", en="That is no address."))
        return cls(name, int(port), authorities=asked.get("authorities") == "1")


@dataclass(frozen=True)
class PageReached:
    """How a connection went, see ``PageOpening``; ``connection`` is None where there is none."""

    state: PageState
    address: str = ""
    authorities: str = ""
    connection: socket.socket | None = None


class LabWeb:
    """Opens connections, of which each lab has so many and no more."""

    def __init__(self, desk: LabDesk, threads: int = THREADS, called: str = "web") -> None:
        """Take the desk; connections have threads of their own, so that who waits for one keeps nobody else waiting."""
        self._desk = desk
        self._threads = WorkThreads(threads, called)
        self._lines: Counter[str] = Counter()
        self._opening: dict[str, asyncio.Semaphore] = {}

    def close(self) -> None:
        """Open no more."""
        self._threads.close()

    @asynccontextmanager
    async def line(self, found: FoundLab, host: str, asked: PageAsked) -> AsyncIterator[PageReached]:
        """Give a connection from a host.

        Raises:
            RefusedCallError: the lab is not running, has no such host, or as many connections as it may.
            BreakfixError: the fabric does not answer.
        """
        async with self.line_in(found.name, lambda: self._desk.running(found), host, asked) as reached:
            yield reached

    @asynccontextmanager
    async def line_in(
        self, whose: str, running: Callable[[], Running], host: str, asked: PageAsked
    ) -> AsyncIterator[PageReached]:
        """Give a connection from a host of a lab that is found in a thread; raises as ``line``, or what that raises.

        Args:
            whose: what has so many connections and no more.
            running: returns the lab.
            host: the host.
            asked: where to.
        """
        if self._lines[whose] >= MOST_LINES:
            raise refused(
                "busy", Text(fr="Ce lab ouvre trop de pages à la fois.", en="This lab opens too many pages at once.")
            )
        self._lines[whose] += 1
        turns = self._opening.setdefault(whose, asyncio.Semaphore(MOST_OPENING))
        try:
            async with turns:
                reached = await self._reached(running, host, asked)
            try:
                yield reached
            finally:
                if reached.connection is not None:
                    reached.connection.close()
        finally:
            self._lines[whose] -= 1
            if not self._lines[whose]:
                del self._lines[whose]
                self._opening.pop(whose, None)

    async def _reached(self, running: Callable[[], Running], host: str, asked: PageAsked) -> PageReached:
        """Open a connection; one that nobody waits for any more is closed as soon as it is open."""
        work = asyncio.ensure_future(self._threads.run(self._open, running, host, asked))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            work.add_done_callback(_left)
            raise

    def _open(self, find: Callable[[], Running], host: str, asked: PageAsked) -> PageReached:
        running = find()
        if is_frozen(running.instance):
            return PageReached("frozen")
        if host not in {one.name for one in running.plan.hosts}:
            raise refused("missing", Text(fr="Cette machine n'existe pas.", en="There is no such machine."))
        fabric, target = self._desk.parts.labs().running.fabric(), HostRef(running.instance.name, host)
        try:
            return _connected(fabric, target, asked)
        except HostUnreachableError:
            return PageReached("host-down")


def _connected(fabric: Fabric, target: HostRef, asked: PageAsked) -> PageReached:
    """Connect as a host would.

    Raises:
        HostUnreachableError: it does not run.
        BreakfixError: the fabric does not answer.
    """
    addresses = _addresses(fabric, target, asked.name)
    if not addresses:
        return PageReached("no-name")
    authorities = _authorities(fabric, target) if asked.authorities else ""
    until = time.monotonic() + _CONNECT_SECONDS
    failed, trouble = list[PageReached](), list[LabError]()
    for number, address in enumerate(addresses):
        within = max(1.0, (until - time.monotonic()) / (len(addresses) - number))
        try:
            reached = _reached_at(fabric, target, address, asked.port, within)
        except HostUnreachableError:
            raise
        except LabError as error:  # of a sort that nobody knows: the next address may do
            trouble.append(error)
            continue
        if reached.connection is not None:
            return PageReached("open", address, authorities, reached.connection)
        failed.append(reached)
    if not failed:
        raise trouble[0]
    return min(failed, key=lambda one: _FARTHEST.index(one.state))


def _reached_at(fabric: Fabric, target: HostRef, address: str, port: int, within: float) -> PageReached:
    """Connect to an address as a host would, for some seconds; raises as ``_connected``."""
    try:
        return PageReached("open", address, "", fabric.connect(target, port, address=address, timeout=within))
    except CommandTimeoutError:
        return PageReached("no-answer", address)
    except LabError as error:
        state = _REASONS.get(error.text.en.rpartition(": ")[2])
        if state is None:
            raise
        return PageReached(state, address)


def _left(work: asyncio.Future[PageReached]) -> None:
    if not work.cancelled() and work.exception() is None:
        connection = work.result().connection
        if connection is not None:
            connection.close()


def _addresses(fabric: Fabric, target: HostRef, name: str) -> tuple[str, ...]:
    """Return the addresses that a name has for a host, in the order in which that host tries them; none: no name."""
    if own := address_of(name):
        return (own,)
    try:
        done = fabric.run(target, ("getent", "ahosts", name), timeout=_NAME_SECONDS)
    except CommandTimeoutError:
        return ()
    lines = done.stdout.decode("ascii", "replace").splitlines() if done.status == 0 else []
    said = (address_of(line.split(maxsplit=1)[0]) for line in lines if line.strip())
    return tuple(dict.fromkeys(one for one in said if one))[:_MOST_ADDRESSES]


def _authorities(fabric: Fabric, target: HostRef) -> str:
    """Return the certificates that a host trusts; none where it has no readable list of them."""
    try:
        state, content = fabric.look(target, _AUTHORITIES, "content")
    except HostUnreachableError:
        raise
    except BreakfixError:
        return ""
    return content.decode("ascii", "ignore") if state.exists and len(content) <= _LONGEST_AUTHORITIES else ""
