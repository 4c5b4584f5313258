"""The terminals at a candidate's seat of the labd in memory: two labs in a phase, whose machines are open or not."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from orchestrator.core.text import Text
from orchestrator.labd import lab_contract
from orchestrator.labd import seat_terminal_contract as t
from orchestrator.labd.calls import Call, Nothing
from tests.fakes import labd_world as world
from tests.fakes.labd_seats import SEATED, SITTING

if TYPE_CHECKING:
    from tests.fakes.labd import FakeLabd

PHASE = SITTING.phases[0].name
PLACE = "seat"
"""The lab under whose name the labd in memory keeps these terminals."""
_WORKSTATION = Text(fr="Poste de Zoé", en="Zoé's workstation")
SCENARIOS = (
    t.SeatScenario(
        world.SCENARIO,
        (
            t.SeatHost(
                "pc1", Text(fr="Poste de Zoé", en="Zoé's workstation"), device=False, kind="workstation", desktop=True
            ),
            t.SeatHost("sw1", Text(fr="Commutateur", en="Switch"), device=True),
        ),
        people=True,
        pages=(lab_contract.WebPageView("pc1", "http://shop.lab/"),),
    ),
    t.SeatScenario("dns-zone-broken", (t.SeatHost("ns1", Text(fr="Serveur", en="Server"), device=False),)),
)


class FakeSeatTerminals:
    """What the labd in memory knows of candidates' terminals.

    Attributes:
        shut: why the machines take no input; None: they do.
        over: whether the candidate's time is over.
        scenarios: the scenarios of the phase, with their labs' machines.
    """

    def __init__(self, labd: FakeLabd, refuse: Callable[..., Exception]) -> None:
        """Take the labd, and what makes its refusals."""
        self._labd = labd
        self._refuse = refuse
        self._scenarios: dict[str, str] = {}
        self.shut: Text | None = None
        self.over = False
        self.scenarios: tuple[t.SeatScenario, ...] = SCENARIOS

    @property
    def screens(self) -> set[tuple[int, str]]:
        """The screens of hosts: the place of each one's scenario, and its name."""
        return {(at, one.name) for at, found in enumerate(self.scenarios, 1) for one in found.hosts if one.desktop}

    @property
    def calls(self) -> Mapping[str, tuple[Call[Any, Any], Callable[[str, Any], Any]]]:
        """Each call with what answers it, by a browser's token."""
        does: Mapping[str, Callable[[str, Any], Any]] = {
            "seat-terminals": self.view,
            "seat-hosts": self.hosts,
            "open-seat-terminal": self.open,
            "close-seat-terminal": self.close,
        }
        return {call.name: (call, does[call.name]) for call in t.SEAT_TERMINAL_CALLS}

    def view(self, token: str, asked: t.OfSeatPhase) -> t.SeatTerminalsView:
        """Return the terminals."""
        self.require(token, asked.phase or PHASE)
        here = [one for (place, _), one in self._labd.terminals.items() if place == PLACE]
        terminals = tuple(self._view(one.view) for one in here)
        title = SITTING.phases[0].title
        return t.SeatTerminalsView(PHASE, title, self.shut is None, self.over, self.shut, terminals)

    def hosts(self, token: str, asked: t.OfSeatPhase) -> t.SeatHosts:
        """Return the machines."""
        self.require(token, asked.phase or PHASE)
        return t.SeatHosts(self.scenarios)

    def open(self, token: str, asked: t.OpenSeatTerminal) -> t.SeatTerminalView:
        """Open a terminal."""
        self.require(token, asked.phase)
        if self.shut is not None:
            raise self._refuse("wrong", self.shut.fr, self.shut.en)
        hosts = {host.name for one in self.scenarios if one.id == asked.scenario for host in one.hosts}
        if asked.host not in hosts:
            raise self._refuse("wrong", "Pas de telle machine.", "There is no such host.")
        view = lab_contract.TerminalView(secrets.token_hex(8), asked.host, asked.kind, world.NOW, ended=False)
        self._scenarios[view.id] = asked.scenario
        self._labd.keep_terminal(PLACE, view, asked.rows, asked.columns)
        return self._view(view)

    def close(self, token: str, asked: t.CloseSeatTerminal) -> Nothing:
        """Close a terminal."""
        self.require(token, asked.phase)
        one = self._labd.terminals.pop((PLACE, asked.terminal), None)
        if one is None:
            raise self._refuse("missing", "Ce terminal n'existe pas.", "There is no such terminal.")
        one.ears.call()
        return Nothing()

    def require(self, token: str, phase: str) -> None:
        """Refuse who has no seat, and a phase that is none."""
        if token != SEATED or token not in self._labd.seats.tokens:
            raise self._refuse("signed-out", "Vous n'êtes pas connecté.", "You are not signed in.")
        if phase != PHASE:
            raise self._refuse("missing", "Ce terminal n'existe pas.", "There is no such terminal.")

    def code(self, token: str, phase: str) -> int | None:
        """Return what a line is closed with at once; None: it stays."""
        if token != SEATED or token not in self._labd.seats.tokens:
            return 4401
        if phase != PHASE:
            return 4404
        return 4408 if self.over else 4425 if self.shut else None

    def _view(self, one: lab_contract.TerminalView) -> t.SeatTerminalView:
        return t.SeatTerminalView(one.id, self._scenarios[one.id], one.host, one.kind, one.since, one.ended)
