"""The screens of labs' hosts: a line to the VNC server of one, by a relay in the host that nobody else can reach."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Final

from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import HostRef
from orchestrator.labd.display_line import DisplayLine
from orchestrator.labd.lab_contract import HostView
from orchestrator.labd.lab_desk import FoundLab, LabDesk
from orchestrator.labd.lab_freezing import is_frozen
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.rfb_viewer import GREETING
from orchestrator.labd.told_refusals import refused
from orchestrator.labs import Running

MOST_LINES: Final = 8
"""Lines to one screen: its owner's tabs, and who looks on. Each is a process in the host."""
_GREETING_SECONDS: Final = 10.0
_RELAY: Final = 'stty raw -echo && exec nc -U "$1"'
"""Joins a terminal to a Unix socket: raw, so that each byte passes as it is. It ends with either of them."""


class DisplayOffError(Exception):
    """There is a screen, and it is off: nothing listens where its VNC server would."""


class LabDisplays:
    """Opens lines to screens, and knows who looks at which."""

    def __init__(self, desk: LabDesk, threads: WorkThreads) -> None:
        """Take the parts."""
        self._desk = desk
        self._threads = threads
        self._lines: Counter[tuple[str, str]] = Counter()
        self._watching: dict[tuple[str, str], list[str]] = {}

    @asynccontextmanager
    async def line(self, found: FoundLab, host: str) -> AsyncIterator[DisplayLine]:
        """Give a line to a host's screen, on which its server has not been answered yet but has said ``GREETING``.

        Raises:
            DisplayOffError: the screen is off.
            RefusedCallError: the lab is not running, the host has no screen, or as many look at it as may.
            BreakfixError: the host does not run, or the fabric does not answer.
        """
        async with self.line_in(found.name, lambda: self._desk.running(found), host) as line:
            yield line

    @asynccontextmanager
    async def line_in(self, whose: str, find: Callable[[], Running], host: str) -> AsyncIterator[DisplayLine]:
        """Give a line to a screen in a lab that is found in a thread; raises as ``line``, or what that raises.

        Args:
            whose: the lab's name, or what stands for it.
            find: returns the lab.
            host: the host.
        """
        place = whose, host
        if self._lines[place] >= MOST_LINES:
            raise refused(
                "busy", Text(fr="Cet écran est déjà ouvert partout.", en="This screen is open everywhere already.")
            )
        self._lines[place] += 1
        try:
            opening = asyncio.ensure_future(self._line(find, host))
            try:
                line = await asyncio.shield(opening)
            except asyncio.CancelledError:  # whoever wanted it has gone; it opens all the same
                opening.add_done_callback(_hang_up)
                raise
            try:
                yield line
            finally:
                line.close()
        finally:
            self._lines[place] -= 1
            if not self._lines[place]:
                del self._lines[place]

    async def _line(self, find: Callable[[], Running], host: str) -> DisplayLine:
        return await DisplayLine.over(await self._threads.run(self._opened, find, host))

    def _opened(self, find: Callable[[], Running], host: str) -> int:
        """Return the master of a terminal in which the relay runs."""
        running = find()
        if is_frozen(running.instance):  # nobody would answer; the page offers to thaw it
            raise DisplayOffError
        planned = next((one for one in running.plan.hosts if one.name == host), None)
        display = None if planned is None else running.images[planned.image].display
        if display is None:
            raise refused("missing", Text(fr="Cette machine n'a pas d'écran.", en="This machine has no screen."))
        fabric, target = self._desk.parts.labs().running.fabric(), HostRef(running.instance.name, host)
        state, _ = fabric.look(target, display.socket)
        if not state.exists or state.kind != "socket":
            raise DisplayOffError
        return fabric.terminal(target, ("/bin/sh", "-c", _RELAY, "screen", display.socket), rows=24, columns=80)

    @contextmanager
    def watched(self, found: FoundLab, host: str, by: str) -> Iterator[None]:
        """Announce within the block that a trainer looks at a screen; the first is named until the last has gone."""
        place = found.name, host
        names = self._watching.setdefault(place, [])
        names.append(by)
        if len(names) == 1:
            found.log.add("screen-watched", {"host": host, "by": by})
        try:
            yield
        finally:
            names.remove(by)
            if not names:
                del self._watching[place]
                found.log.add("screen-watched", {"host": host, "by": ""})

    def shown(self) -> frozenset[tuple[str, str]]:
        """Return the screens that are shown to somebody: lab and host of each."""
        return frozenset(self._lines)

    def told(self, lab: str, hosts: tuple[HostView, ...]) -> tuple[HostView, ...]:
        """Return a lab's hosts with who looks at their screens."""
        return tuple(
            replace(one, watched=self._watching[lab, one.name][0]) if (lab, one.name) in self._watching else one
            for one in hosts
        )


def _hang_up(opened: asyncio.Future[DisplayLine]) -> None:
    """Close a line that nobody waits for any more."""
    if not opened.cancelled() and opened.exception() is None:
        opened.result().close()


async def greeted(line: DisplayLine) -> None:
    """Wait for the server's first words.

    Raises:
        DisplayOffError: it says none in time, or others than a VNC server does.
    """
    try:
        async with asyncio.timeout(_GREETING_SECONDS):
            said = await line.read_exactly(len(GREETING))
    except TimeoutError:
        raise DisplayOffError from None
    if said != GREETING:
        raise DisplayOffError
