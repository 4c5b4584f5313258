"""The terminals of labs: opened in a host by the fabric, and handed over to the keeper, which holds them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from typing import Final, Protocol

from orchestrator.access.lab_places import require_host
from orchestrator.access.terminal import ROOT_SHELL, shell_of
from orchestrator.core.text import Text
from orchestrator.fabric.fabric_interface import HostRef
from orchestrator.keeper.keeper_client import KeeperClient, KeeperDownError, NoTerminalError, TooManyError
from orchestrator.keeper.keeper_protocol import KeptTerminal, SeatHead, TerminalAbout
from orchestrator.labd.calls import Refusal, Who
from orchestrator.labd.lab_contract import TerminalKind, TerminalView
from orchestrator.labd.lab_desk import FoundLab, LabDesk
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.lab_work_contract import OpenTerminal
from orchestrator.labd.told_refusals import missing_terminal, refused
from orchestrator.labd.trainee_view import fields, iso
from orchestrator.labd.typing_consent import MayType, TypingConsents
from orchestrator.labs import Labs, Running

_MOST_SIDE: Final = 500
"""Rows or columns of the largest window."""


class LabTerminals:
    """Opens, lists and closes the terminals of labs."""

    def __init__(
        self, desk: LabDesk, keeper: KeeperClient, threads: WorkThreads, restart_keeper: Callable[[], None]
    ) -> None:
        """Take the parts; ``restart_keeper`` starts the keeper where it does not answer."""
        self._desk = desk
        self._threads = threads
        self._restart_keeper = restart_keeper
        self._watching: dict[str, list[str]] = {}
        self.consents = TypingConsents()
        self.keeper = keeper

    async def of(self, found: FoundLab) -> tuple[TerminalView, ...]:
        """Return a lab's terminals, the oldest first; none where the keeper does not answer."""
        try:
            kept = await self.keeper.terminals()
        except KeeperDownError:
            return ()
        return tuple(self._view(one) for one in kept if _is_of(one, found))

    async def find(self, found: FoundLab, terminal: str) -> KeptTerminal:
        """Return a terminal of a lab.

        Raises:
            RefusedCallError: the lab has none of that id.
            KeeperDownError: the keeper does not answer.
        """
        for one in await self.keeper.terminals():
            if one.id == terminal and _is_of(one, found):
                return one
        raise missing_terminal()

    async def open(self, found: FoundLab, asked: OpenTerminal) -> TerminalView:
        """Open a terminal.

        Raises:
            RefusedCallError: the lab is not running, the host has no such terminal, or there are as many as may be.
            BreakfixError: there is no such host, or it does not run.
        """
        require_size(asked)
        master = await self._threads.run(self._opened, found, asked)
        try:
            kept = await self._kept(master, found, asked)
        finally:
            os.close(master)
        view = self._view(await self.find(found, kept))
        found.log.add("terminal", fields(view))
        return view

    @contextlib.contextmanager
    def watched(self, found: FoundLab, terminal: str, who: Who) -> Iterator[MayType]:
        """Announce within the block that a trainer looks at a terminal; the first is named until the last has gone.

        It gives what says whether the trainer may type.
        """
        by = who.name
        names = self._watching.setdefault(terminal, [])
        names.append(by)
        if len(names) == 1:
            found.log.add("watched", {"terminal": terminal, "by": by})
        try:
            with self.consents.seat(terminal, who) as may_type:
                yield may_type
        finally:
            names.remove(by)
            if not names:
                del self._watching[terminal]
                found.log.add("watched", {"terminal": terminal, "by": ""})

    def _view(self, kept: KeptTerminal) -> TerminalView:
        return TerminalView(
            id=kept.id,
            host=kept.about.host,
            kind="device" if kept.about.kind == "device" else "root",
            since=iso(datetime.fromisoformat(kept.since)),
            ended=kept.ended,
            watched=next(iter(self._watching.get(kept.id, ())), ""),
        )

    async def _kept(self, master: int, found: FoundLab, asked: OpenTerminal) -> str:
        instance = found.instance.identity if found.instance else ""
        about = TerminalAbout(found.name, instance, asked.host, asked.kind, found.owner, asked.rows, asked.columns)
        return await self.keep(master, about)

    async def keep(self, master: int, about: TerminalAbout, seat: tuple[int, SeatHead] | None = None) -> str:
        """Hand a terminal over to the keeper, which is started where it does not answer; see ``KeeperClient.keep``.

        Raises:
            RefusedCallError: there are as many as may be.
            BreakfixError: the keeper does not answer, or cannot do it.
        """
        try:
            return await self.keeper.keep(master, about, seat)
        except KeeperDownError:
            await self._threads.run(self._restart_keeper)
            return await self.keeper.keep(master, about, seat)
        except TooManyError:
            await self.forget_gone()
            try:
                return await self.keeper.keep(master, about, seat)
            except TooManyError as error:
                raise refused("busy", error.text, error.hint) from error

    def _opened(self, found: FoundLab, asked: OpenTerminal) -> int:
        """Return the descriptor of a new terminal's master."""
        running = self._desk.running(found)
        require_host(asked.host, [host.name for host in running.plan.hosts])
        return open_master(self._desk.parts.labs(), running, found.name, asked)

    async def close(self, found: FoundLab, terminal: str) -> None:
        """Hang a terminal up; whoever looks at it is told.

        Raises:
            RefusedCallError: the lab has none of that id.
            KeeperDownError: the keeper does not answer.
        """
        await self.find(found, terminal)
        with contextlib.suppress(NoTerminalError):  # somebody else was quicker
            await self.keeper.close(terminal)
        self.consents.close(terminal)
        found.log.add("closed", {"terminal": terminal})

    async def forget_gone(self) -> None:
        """Forget the terminals of labs that were removed at the command line.

        Raises:
            BreakfixError: the keeper or the engine does not answer.
        """
        kept = {one.about.lab for one in await self.keeper.terminals()}
        if kept:
            alive = await self._threads.run(self._desk.parts.labs().running.all)
            for lab in sorted(kept - {instance.name for instance in alive}):
                await self.keeper.forget_lab(lab)

    async def forget(self, found: FoundLab) -> None:
        """Hang up all terminals of a lab whose hosts are gone."""
        terminals = await self.of(found)
        with contextlib.suppress(KeeperDownError):
            await self.keeper.forget_lab(found.name)
        self.consents.close(*(one.id for one in terminals))
        for one in terminals:
            found.log.add("closed", {"terminal": one.id})

    def forgetting(self, found: FoundLab) -> Callable[[Refusal | None], Awaitable[None]]:
        """Return what forgets a lab's terminals after an act that ends its hosts, also where it failed half-way."""

        async def forget(refusal: Refusal | None) -> None:
            if refusal is None or await self._threads.run(self._desk.find, found.name) is None:
                await self.forget(found)

        return forget


class TerminalAsked(Protocol):
    """What a terminal is opened by: a host, what runs in it, and the window's size."""

    @property
    def host(self) -> str: ...  # noqa: D102

    @property
    def kind(self) -> TerminalKind: ...  # noqa: D102

    @property
    def rows(self) -> int: ...  # noqa: D102

    @property
    def columns(self) -> int: ...  # noqa: D102


def require_size(asked: TerminalAsked) -> None:
    """Refuse a window that no screen has.

    Raises:
        RefusedCallError: its size is none.
    """
    if not (0 < asked.rows <= _MOST_SIDE and 0 < asked.columns <= _MOST_SIDE):
        raise refused("wrong", Text(fr="Cette taille ne va pas.", en="That size does not fit."), field="rows")


def open_master(labs: Labs, running: Running, instance: str, asked: TerminalAsked) -> int:
    """Return the descriptor of a new terminal's master.

    Args:
        labs: the service layer.
        running: the lab.
        instance: its name.
        asked: which terminal; the lab has such a host.

    Raises:
        RefusedCallError: the host has no such terminal.
        BreakfixError: it does not run.
    """
    command: tuple[str, ...] = ROOT_SHELL
    if asked.kind == "device":
        device = running.images[running.plan.host(asked.host).image].device
        if device is None:
            raise refused(
                "wrong",
                Text(fr=f"{asked.host} n'est pas un équipement réseau.", en=f"{asked.host} is no network device."),
                field="kind",
            )
        command = shell_of(device.user)
    target = HostRef(instance, asked.host)
    return labs.running.fabric().terminal(target, command, rows=asked.rows, columns=asked.columns)


def _is_of(kept: KeptTerminal, found: FoundLab) -> bool:
    """Return whether a terminal belongs to a lab as it is now, and to whose lab it is."""
    identity = found.instance.identity if found.instance else ""
    return (kept.about.lab, kept.about.identity, kept.about.owner) == (found.name, identity, found.owner)
