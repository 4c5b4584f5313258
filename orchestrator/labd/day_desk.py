"""What organisers and invigilators do on a session's day. Called from threads; opening labs is for ``day_openings``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.opening import former_lab
from orchestrator.assessment.state import SessionState
from orchestrator.core.control_characters import CONTROLS
from orchestrator.core.errors import BreakfixError
from orchestrator.core.text import Text, same
from orchestrator.instances.instance import Instance
from orchestrator.labd import session_refusals
from orchestrator.labd.calls import Who
from orchestrator.labd.day_alarms import alarms_of
from orchestrator.labd.day_contract import ActOnDay, DayAct, DayView
from orchestrator.labd.day_invigilation import INVIGILATED, TOLD, invigilated
from orchestrator.labd.day_openings import DayOpenings
from orchestrator.labd.day_supervision import DaySupervision
from orchestrator.labd.day_view import LOUD, Doing, day_of
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.rules import organises
from orchestrator.labd.seat_access import Seat
from orchestrator.labd.seat_refusals import several_places
from orchestrator.labd.seats_now import SeatsNow
from orchestrator.labd.session_desk import SessionDesk
from orchestrator.labd.told_refusals import forbidden

_WORDS: Final[Mapping[DayAct, bool]] = {
    "pause": True,
    "extend": True,
    "replace": True,
    "announce": True,
    "incident": True,
    "draw": False,
}
"""The acts that take words, and whether they need them."""
_ABOUT_SOMEBODY: Final = frozenset({"arrived", "absent", "finished", "extend", "replace"})
_OF_A_PHASE: Final = frozenset({"draw", "open", "begin", *_ABOUT_SOMEBODY})


class DayDesk:
    """Does what is done on a day, and shows it."""

    def __init__(
        self,
        parts: LabParts,
        desk: SessionDesk,
        openings: DayOpenings,
        supervision: DaySupervision,
        seats: SeatsNow,
    ) -> None:
        """Take what labd serves, what finds sessions, what is being done about them, and who is at their seat."""
        self._seats = seats
        self._presence = seats.presence
        self._parts = parts
        self._desk = desk
        self._openings = openings
        self._supervision = supervision

    def view(self, who: Who, session: str) -> DayView:
        """Return a session on its day, as far as somebody may see it.

        Raises:
            RefusedCallError: there is none of that name.
            BreakfixError: its journal cannot be read.
        """
        opening = self._openings.of(session)  # first: whatever is over by then is in the journal
        jury_session, state = self._desk.found(session)
        clock = jury_session.clock(state)
        doing = Doing(
            opening,
            self._openings.troubles(session),
            jury_session.folder.is_supervised(),
            self._supervision.troubles.get(session),
            lambda number: self._presence.silent(Seat(session, number)),
            (
                *alarms_of(clock.drift(), jury_session.folder.path),
                *self._several_places(state),
                *self._seats.desktops.troubles(session),
            ),
        )
        name = functools.cache(self._desk.name)
        told = LOUD if organises(who) else TOLD
        view = day_of(state, clock.now(), self._instances(), doing, title=self._title, name=name, told_kinds=told)
        return view if organises(who) else invigilated(view)

    def _several_places(self, state: SessionState) -> Iterator[Text]:
        for one in state.plan.candidates:
            if places := self._presence.places(Seat(state.id, one.number)):
                yield several_places(one.number, places)

    def _instances(self) -> tuple[Instance, ...]:
        try:
            return tuple(self._parts.labs().running.all())
        except BreakfixError:  # all hosts are out of reach, then
            return ()

    def _title(self, scenario: str) -> Text:
        shelved = self._parts.shelf.all().get(scenario)
        return same(scenario) if shelved is None else shelved.document.title

    def act(self, who: Who, asked: ActOnDay) -> tuple[JurySession, SessionState]:
        """Do something, but for preparing labs, which is only looked at; return the session as it was.

        Raises:
            RefusedCallError: that is for organisers, there is no such session, or words are missing or cannot be kept.
            BreakfixError: it cannot be done now.
        """
        if asked.act not in INVIGILATED and not organises(who):
            raise forbidden()
        text = asked.text.strip()
        if asked.act in _WORDS and ((_WORDS[asked.act] and not text) or _cannot_be_kept(text)):
            raise RefusedCallError(session_refusals.wrong_words())
        if (asked.act in _ABOUT_SOMEBODY and not asked.candidate) or (asked.act in _OF_A_PHASE and not asked.phase):
            raise RefusedCallError(session_refusals.about_nobody())
        jury_session, state = self._desk.organised(who, asked.session, invigilates=asked.act in INVIGILATED)
        if state.closed:
            raise RefusedCallError(session_refusals.closed())
        phase, candidate, by = asked.phase, asked.candidate, who.ref
        acts: Mapping[DayAct, Callable[[], object]] = {
            "draw": lambda: jury_session.draw(phase, by, text or None),
            "open": lambda: None,
            "begin": lambda: jury_session.start(phase, by, candidate),
            "arrived": lambda: jury_session.arrive(phase, candidate, by),
            "absent": lambda: jury_session.absent(phase, candidate, by),
            "finished": lambda: jury_session.finish(phase, candidate, by),
            "pause": lambda: jury_session.pause(by, text, candidate),
            "resume": lambda: jury_session.resume(by, candidate),
            "extend": lambda: jury_session.extend(phase, candidate, asked.minutes, by, text),
            "replace": lambda: former_lab(jury_session, phase, candidate, asked.scenario),
            "announce": lambda: jury_session.announce(by, text, candidate),
            "incident": lambda: jury_session.incident(by, text, candidate),
        }
        acts[asked.act]()
        return jury_session, state


def _cannot_be_kept(text: str) -> bool:
    return len(text) > session_refusals.MOST_REASON or bool(CONTROLS.search(text))
