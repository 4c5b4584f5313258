"""The terminals at candidates' seats: opened where the gate lets them, held by the keeper, recorded as evidence."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from orchestrator.assessment.candidate import CandidateSeat
from orchestrator.assessment.state import SessionLab
from orchestrator.assessment.terminal_gate import TerminalGate, new_recording, precise, require_seat
from orchestrator.core.errors import BreakfixError, UsageError
from orchestrator.keeper.keeper_client import KeeperDownError, NoTerminalError
from orchestrator.keeper.keeper_protocol import KeptTerminal, SeatHead, TerminalAbout
from orchestrator.labd import seat_terminal_contract as contract
from orchestrator.labd.calls import Nothing
from orchestrator.labd.known_pages import known_pages
from orchestrator.labd.lab_contract import TerminalKind
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.lab_terminals import LabTerminals, open_master, require_size
from orchestrator.labd.seat_access import Seat
from orchestrator.labd.seat_calls import SeatCalls
from orchestrator.labd.seat_gates import SeatGates
from orchestrator.labd.seat_pace import SeatPace
from orchestrator.labd.seat_presence import SeatPresence
from orchestrator.labd.seat_refusals import no_room_to_record, too_many_terminals, too_quickly
from orchestrator.labd.told_refusals import missing_terminal
from orchestrator.labd.trainee_view import iso
from orchestrator.labd.typing_pace import SteadyAllowance

MOST_OPEN: Final = 8
"""Terminals of a candidate's with a program in them, in one phase."""
_OPENINGS: Final = 20
"""Terminals that a candidate may open one after another; then one in ``_OPENING_S``."""
_OPENING_S: Final = 5.0
_MOST: Final = 20 << 20
"""Bytes of what one terminal shows that are recorded."""
_MOST_OF_ALL: Final = 160 << 20
"""Bytes of a candidate's recordings in a phase, all together."""
_LEAST: Final = 1 << 18
"""Bytes that are recorded of a terminal all the same."""
_MOST_RECORDINGS: Final = 150
_MOST_AT_ALL: Final = _MOST_OF_ALL + (32 << 20)
"""Recordings of a candidate's in a phase, and their bytes, with which no terminal is opened any more: all of it is read
into memory when it is sealed, and what is opened and closed again and again would have no end."""
_LOOKS: Final = 2
"""Threads for looks at sessions."""
_SEAT: Final = "seat "
"""What the keeper knows the owner of a candidate's terminal by, before the number."""


@dataclass
class _Opened:
    """A terminal that nobody keeps yet: its master, and its recording's file."""

    master: int
    file: int
    path: Path
    lab: SessionLab
    about: TerminalAbout
    head: SeatHead


class SeatTerminals:
    """Opens, lists and closes them, and closes all of a candidate's once their time is over.

    Attributes:
        gates: says whether a candidate's machines take input.
        presence: knows where a browser is.
        looks: where it is looked whether somebody's time runs: no call of theirs keeps that waiting.
        of_a_seat: what is done for a candidate at their seat.
    """

    every = 0.4
    """Seconds between two looks at whose time is over."""

    def __init__(self, parts: LabParts, terminals: LabTerminals, seats: SeatCalls, presence: SeatPresence) -> None:
        """Take what labd serves, the terminals of labs, candidates' other calls, and what hears of each call."""
        self.gates = SeatGates(parts.registry)
        self.presence = presence
        self.terminals = terminals
        self._parts = parts
        self._seats, self._threads, self._pace = seats, seats.threads, seats.pace
        self.looks = WorkThreads(_LOOKS, "seat-looks")
        self._held: dict[str, tuple[Seat, str]] = {}
        self._openings: dict[Seat, SteadyAllowance] = {}
        self._ending = asyncio.Event()
        self.of_a_seat: Mapping[str, Callable[[Seat, Any], Awaitable[object]]] = {
            contract.SEAT_TERMINALS.name: self._paced(self.view),
            contract.SEAT_HOSTS.name: self._paced(self.hosts),
            contract.OPEN_SEAT_TERMINAL.name: self._paced(self.open),
            contract.CLOSE_SEAT_TERMINAL.name: self._paced(self.hang_up),
        }

    def _paced(self, does: Callable[[Seat, Any], Awaitable[object]]) -> Callable[[Seat, Any], Awaitable[object]]:
        """Return what has something done for a candidate: one thing at a time, and not too often."""

        async def done(seat: Seat, asked: Any) -> object:  # noqa: ANN401 - a call's own request
            async with self._pace.turn(seat):
                return await does(seat, asked)

        return done

    # What a candidate calls for ---------------------------------------------------------------------------------

    async def view(self, seat: Seat, asked: contract.OfSeatPhase) -> contract.SeatTerminalsView:
        """See ``seat_terminal_contract.SEAT_TERMINALS``."""
        gate = await self._threads.run(self._gate, seat, asked.phase)
        if gate is None:
            return contract.SeatTerminalsView("", "", open=False, over=False, why=None, terminals=())
        sitting, why = gate.sitting, None
        try:
            require_seat(gate)
        except UsageError as error:
            why = error.text
        title = gate.state.plan.phase(sitting.phase).title
        mine = await self._of(gate)
        return contract.SeatTerminalsView(sitting.phase, title, why is None, gate.over(), why, mine)

    async def hosts(self, seat: Seat, asked: contract.OfSeatPhase) -> contract.SeatHosts:
        """See ``seat_terminal_contract.SEAT_HOSTS``."""
        return contract.SeatHosts(await self._threads.run(self._scenarios, seat, asked.phase))

    async def open(self, seat: Seat, asked: contract.OpenSeatTerminal) -> contract.SeatTerminalView:
        """See ``seat_terminal_contract.OPEN_SEAT_TERMINAL``."""
        require_size(asked)
        allowance = self._openings.setdefault(seat, SteadyAllowance(_OPENINGS, 1 / _OPENING_S))
        if allowance.wait_for(1):
            raise too_quickly(int(_OPENING_S))
        gate = await self._threads.run(self.gates.gate, seat, asked.phase)
        if sum(not one.ended for one in await self._of(gate)) >= MOST_OPEN:
            raise too_many_terminals(MOST_OPEN)
        allowance.take(1)
        opened = await self._threads.run(self._opened, seat, asked)
        kept = await self._handed_over(opened)
        self._held[kept] = seat, asked.phase
        return await self.find(gate, kept)

    async def hang_up(self, seat: Seat, asked: contract.CloseSeatTerminal) -> Nothing:
        """See ``seat_terminal_contract.CLOSE_SEAT_TERMINAL``."""
        gate = await self._threads.run(self.gates.gate, seat, asked.phase)
        await self.find(gate, asked.terminal)
        with contextlib.suppress(NoTerminalError):  # another window was quicker
            await self.terminals.keeper.close(asked.terminal)
        self._held.pop(asked.terminal, None)
        return Nothing()

    async def joined(self, token: str, phase: str, terminal: str) -> tuple[Seat, TerminalGate] | None:
        """Return whose a browser's token is, with a gate of theirs, where they have a terminal of that id.

        None: the token is nobody's.

        Raises:
            RefusedCallError: they have no such terminal, or come too often.
            BreakfixError: the keeper or the store does not answer.
        """
        entered = await self.entered(token, phase)
        if entered is not None:
            await self.find(entered[1], terminal)
        return entered

    async def entered(
        self, token: str, phase: str, pace: SeatPace | None = None, *, anew: bool = True
    ) -> tuple[Seat, TerminalGate] | None:
        """Return whose a browser's token is, with a gate of theirs in a phase; None: the token is nobody's.

        Args:
            token: the token.
            phase: the phase.
            pace: how often they may come; None: as often as they may call.
            anew: see ``SeatGates.gate``.

        Raises:
            RefusedCallError: they have no such phase, or come too often.
            BreakfixError: the store does not answer.
        """
        seat = await self._threads.run(self._seats.access.seat_of, token)
        if seat is None:
            return None
        async with (pace or self._pace).turn(seat):
            return seat, await self._threads.run(self.gates.gate, seat, phase, anew=anew)

    async def find(self, gate: TerminalGate, terminal: str) -> contract.SeatTerminalView:
        """Return a candidate's terminal.

        Raises:
            RefusedCallError: they have none of that id.
            KeeperDownError: the keeper does not answer.
        """
        for kept in await self.terminals.keeper.terminals():
            if kept.id == terminal and (lab := _lab_of(gate, kept)):
                return _view(lab, kept)
        raise missing_terminal()

    async def _of(self, gate: TerminalGate) -> tuple[contract.SeatTerminalView, ...]:
        try:
            kept = await self.terminals.keeper.terminals()
        except KeeperDownError:
            return ()
        return tuple(_view(lab, one) for one in kept if (lab := _lab_of(gate, one)))

    # In threads -------------------------------------------------------------------------------------------------

    def _gate(self, seat: Seat, phase: str) -> TerminalGate | None:
        """Return the gate of a phase, or of the one that is meant; None: there is none yet."""
        phase = phase or self.gates.phase_of(seat)
        return self.gates.gate(seat, phase) if phase else None

    def _scenarios(self, seat: Seat, phase: str) -> tuple[contract.SeatScenario, ...]:
        gate = self._gate(seat, phase)
        if gate is None or gate.sitting.started is None or gate.sitting.sealed:  # the labs of sealed evidence are gone
            return ()
        return tuple(map(self._scenario, gate.sitting.labs))

    def _scenario(self, lab: SessionLab) -> contract.SeatScenario:
        running = self._parts.labs().running.planned(lab.instance)
        hosts = (
            contract.SeatHost(host.name, host.title, image.device is not None, host.kind, image.display is not None)
            for host in running.plan.hosts
            for image in (running.images[host.image],)
        )
        return contract.SeatScenario(lab.scenario, tuple(hosts), bool(running.plan.personas), known_pages(running.plan))

    def _opened(self, seat: Seat, asked: contract.OpenSeatTerminal) -> _Opened:
        """Open a terminal, and make the file of its recording.

        Raises:
            BreakfixError: the candidate may not type now, or has no such host, or it does not run.
        """
        jury_session = self.gates.look(seat.session).jury_session
        place = CandidateSeat(jury_session, self._parts.labs(), asked.phase, seat.number)
        require_seat(place.gate)
        running, lab = place.place(asked.host, asked.scenario)
        recorded = jury_session.folder.recordings(asked.phase, seat.number).glob("*.cast")
        sizes = [one.stat().st_size for one in recorded]
        if len(sizes) >= _MOST_RECORDINGS or sum(sizes) >= _MOST_AT_ALL:
            raise no_room_to_record()
        master = open_master(self._parts.labs(), running, lab.instance, asked)
        try:
            path = new_recording(jury_session.folder.sitting(asked.phase, seat.number), lab.scenario, asked.host)
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError:
            os.close(master)
            raise
        head = SeatHead(
            f"{lab.scenario} {asked.host}"[:300],
            precise(place.gate.clock)(),
            max(_LEAST, min(_MOST, _MOST_OF_ALL - sum(sizes))),
        )
        identity, owner = running.instance.identity, f"{_SEAT}{seat.number}"
        about = TerminalAbout(lab.instance, identity, asked.host, asked.kind, owner, asked.rows, asked.columns)
        return _Opened(master, file, path, lab, about, head)

    async def _handed_over(self, opened: _Opened) -> str:
        try:
            return await self.terminals.keep(opened.master, opened.about, (opened.file, opened.head))
        except BaseException:
            opened.path.unlink(missing_ok=True)  # nobody has seen that terminal
            raise
        finally:
            os.close(opened.master)
            os.close(opened.file)

    # The end of a candidate's time ------------------------------------------------------------------------------

    async def run(self) -> None:
        """Hang up the terminals of those whose time is over, until ``end`` is called; begin with those of before."""
        gates: dict[tuple[Seat, str], TerminalGate] = {}
        found = False
        while not self._ending.is_set():
            if not found:
                with contextlib.suppress(BreakfixError):  # the store: tried again
                    await self._find_again()
                    found = True
            for key in {*self._held.values()}:
                with contextlib.suppress(BreakfixError):  # the store or the keeper: tried again
                    gate = gates.get(key) or gates.setdefault(key, await self.looks.run(self.gates.gate, *key))
                    await self.looks.run(gate.news)
                    if gate.over():
                        await self._hang_up(key)
            gates = {key: gate for key, gate in gates.items() if key in self._held.values()}
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), self.every)

    def end(self) -> None:
        """Look no more; terminals stay with the keeper."""
        self._ending.set()

    def close(self) -> None:
        """End the threads of looks."""
        self.looks.close()

    async def _hang_up(self, key: tuple[Seat, str]) -> None:
        for terminal in [one for one, held in self._held.items() if held == key]:
            with contextlib.suppress(NoTerminalError):
                await self.terminals.keeper.close(terminal)
            self._held.pop(terminal, None)

    async def _find_again(self) -> None:
        try:
            all_kept = await self.terminals.keeper.terminals()
        except KeeperDownError:  # then there are none
            return
        for kept in all_kept:
            if not kept.about.owner.startswith(_SEAT) or kept.ended:
                continue
            held = await self._threads.run(self._parts.registry().holder_of, kept.about.lab)
            if held is not None:
                jury_session, sitting, _ = held
                self._held[kept.id] = Seat(jury_session.session, sitting.candidate), sitting.phase


def _lab_of(gate: TerminalGate, kept: KeptTerminal) -> SessionLab | None:
    """Return the candidate's lab that a terminal is in; None: it is not theirs."""
    if kept.about.owner != f"{_SEAT}{gate.sitting.candidate}":
        return None
    return next((lab for lab in gate.sitting.labs if lab.instance == kept.about.lab), None)


def _view(lab: SessionLab, kept: KeptTerminal) -> contract.SeatTerminalView:
    about = kept.about
    kind: TerminalKind = "device" if about.kind == "device" else "root"
    since = iso(datetime.fromisoformat(kept.since))
    return contract.SeatTerminalView(kept.id, lab.scenario, about.host, kind, since, kept.ended)
