"""Hosts that are started again while a lab is a candidate's: by themselves, by somebody at the machine, by the engine.

Who did it is not known here, and need not be: what was running is gone, and whoever judges the work is to know when.
The engine says of each host when it was started; what a lab began with is in the journal, so that none is missed
whoever supervises.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from orchestrator.assessment.events import PROGRAM, Draft
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.state import SessionLab, SessionState, Sitting
from orchestrator.labs import Labs

_MOST: Final = 20
"""Times that a host's restart is noted: the engine starts one whose first process ends at once for ever."""


class HostRestarts:
    """Notes them in a session's journal. Safe for several threads."""

    def __init__(self, jury_session: JurySession, labs: Labs) -> None:
        """Take the session and the labs."""
        self._jury_session = jury_session
        self._labs = labs
        self._lock = threading.Lock()

    def note_running(self) -> None:
        """Note what was started again in the labs of everybody whose time is not over.

        Raises:
            MachineError: the engine does not answer.
        """
        self._note(lambda sitting: "cut" not in sitting.steps)

    def note(self, phase: str, candidate: str) -> None:
        """Note what was started again in one candidate's labs, before the program itself does so."""
        self._note(lambda sitting: (sitting.phase, sitting.candidate) == (phase, candidate))

    def _note(self, meant: Callable[[Sitting], bool]) -> None:
        with self._lock:
            before = [one for one in self._jury_session.state().sittings.values() if meant(one)]
            found = self._starts(before)
            state = self._jury_session.state()  # who was cut meanwhile may have had their hosts started again by us
            now = self._jury_session.clock(state).now()
            self._jury_session.keep(
                *(
                    Draft("restarted", PROGRAM, now, sitting.candidate, sitting.phase, details)
                    for sitting in state.sittings.values()
                    if meant(sitting)
                    for details in _news(state, sitting, found)
                )
            )

    def _starts(self, sittings: Iterable[Sitting]) -> dict[str, dict[str, str]]:
        wanted = {lab.instance for sitting in sittings for lab in sitting.labs}
        running = self._labs.running
        return {one.name: running.begun(one) for one in running.all() if one.name in wanted} if wanted else {}


def _news(state: SessionState, sitting: Sitting, found: Mapping[str, Mapping[str, str]]) -> Iterator[dict[str, object]]:
    """Yield what is to be noted of a candidate's labs."""
    for lab in sitting.labs:
        known = _known(state, sitting, lab)
        again = {
            host: at
            for host, at in found.get(lab.instance, {}).items()
            if known[host] and at not in known[host] and len(known[host]) <= _MOST
        }
        if again:
            yield {"scenario": lab.scenario, "instance": lab.instance, "hosts": again}


def _known(state: SessionState, sitting: Sitting, lab: SessionLab) -> Mapping[str, set[str]]:
    """Return by host when it was started, as far as the journal knows: nothing if an older version opened it."""
    known: dict[str, set[str]] = defaultdict(set)
    for event in (*state.of("opened", sitting.candidate), *state.of("restarted", sitting.candidate)):
        if event.details["instance"] == lab.instance:
            begun = event.details["hosts"] if event.kind == "restarted" else event.details.get("begun", {})
            for host, at in begun.items():
                known[host].add(at)
    return known
