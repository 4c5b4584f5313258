"""Talk with the people of a scenario from a candidate's seat: by the gate of ``session talk``, into the same record."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.assessment.candidate import CandidateSeat
from orchestrator.core.errors import BreakfixError
from orchestrator.instances.locks import BusyError
from orchestrator.labd import seat_talk_contract as contract
from orchestrator.labd.calls import Refusal
from orchestrator.labd.lab_desk import LabParts
from orchestrator.labd.lab_jobs import WorkThreads
from orchestrator.labd.lab_talk import conversation_with, nobody, phrases_for
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.seat_access import Seat
from orchestrator.labd.seat_pace import SeatPace
from orchestrator.labd.sitting_contract import OfSubject
from orchestrator.labd.sitting_desk import SittingDesk
from orchestrator.labd.talk_calls import one_line
from orchestrator.labd.talk_contract import Said, TurnView
from orchestrator.labd.told_refusals import broken, busy_with, refusal_of
from orchestrator.labd.trainee_view import turns_of
from orchestrator.labs import Running
from orchestrator.model.persona import PlannedPersona

_log = logging.getLogger(__name__)

_PATIENCE_S: Final = 20.0
"""How long who says something waits for the answer; afterwards the next look at the talk shows it."""
_AT_ONCE: Final = 8
"""How many people answer at once: a restart takes one of them a minute."""
_SAID_A_SECOND: Final = 0.5
_SAID_AT_ONCE: Final = 10


@dataclass(frozen=True)
class _Addressed:
    """Somebody to whom something is said."""

    place: CandidateSeat
    running: Running
    person: PlannedPersona


class SeatTalk:
    """Talks for candidates, and shows them what they said."""

    def __init__(
        self,
        parts: LabParts,
        sittings: SittingDesk,
        threads: WorkThreads,
        pace: SeatPace,
        patience: float = _PATIENCE_S,
    ) -> None:
        """Take the parts.

        Args:
            parts: what labd serves.
            sittings: finds candidates' scenarios.
            threads: where candidates' calls are done.
            pace: how many of them there are.
            patience: the seconds for which an answer is waited for.
        """
        self._parts = parts
        self._sittings = sittings
        self._threads = threads
        self._pace = pace
        self._saying = SeatPace(a_second=_SAID_A_SECOND, at_once=_SAID_AT_ONCE)
        self._patience = patience
        self._answering = WorkThreads(_AT_ONCE, "seat-talk")
        self._at_it: dict[str, str] = {}
        self._failed: dict[str, Refusal] = {}
        self._tasks: set[asyncio.Task[TurnView | Refusal]] = set()
        self.of_a_seat: Mapping[str, Callable[[Seat, Any], Awaitable[object]]] = {
            contract.SEAT_TALK.name: self.view,
            contract.SAY_AT_SEAT.name: self.say,
        }

    async def finish(self) -> None:
        """Let what was said be answered; nothing more is."""
        self._answering.close()
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def view(self, seat: Seat, asked: OfSubject) -> contract.SeatTalkView:
        """See ``seat_talk_contract.SEAT_TALK``."""
        async with self._pace.turn(seat):
            return await self._threads.run(self._view, seat, asked)

    async def say(self, seat: Seat, asked: contract.SayAtSeat) -> Said:
        """See ``seat_talk_contract.SAY_AT_SEAT``. What was said is answered also where its caller has gone."""
        text = one_line(asked.text)
        async with self._saying.turn(seat):
            found = await self._threads.run(self._addressed, seat, asked)
        instance = found.running.instance.name
        if instance in self._at_it:
            raise busy_with("say")
        self._at_it[instance] = found.person.name
        self._failed.pop(instance, None)
        task = asyncio.create_task(self._answer(found, text, asked))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        done, _ = await asyncio.wait({task}, timeout=self._patience)
        if not done:
            return Said(None)
        outcome = task.result()
        if isinstance(outcome, Refusal):
            self._failed.pop(instance, None)  # it is told here
            raise RefusedCallError(outcome)
        return Said(outcome)

    async def _answer(self, found: _Addressed, text: str, asked: contract.SayAtSeat) -> TurnView | Refusal:
        instance = found.running.instance.name
        try:
            return await self._answering.run(self._said, found, text, asked)
        except RefusedCallError as error:
            refusal = error.refusal
        except BusyError:  # whoever is at work there is none of a candidate's business
            refusal = busy_with("say").refusal
        except BreakfixError as error:
            refusal = refusal_of(error)
        except Exception:
            _log.exception("talk at a seat failed")
            refusal = broken()
        finally:
            del self._at_it[instance]
        self._failed[instance] = refusal
        return refusal

    # In threads -------------------------------------------------------------------------------------------------

    def _view(self, seat: Seat, asked: OfSubject) -> contract.SeatTalkView:
        found = self._sittings.found(seat, asked)
        if not found.machines:  # what was said stands on the scenario's page then
            return contract.SeatTalkView(found.standing, (), None)
        labs, running = self._parts.labs(), found.running(self._parts.labs())
        instance = running.instance.name
        at_it = self._at_it.get(instance, "")
        people = tuple(
            contract.SeatConversation(
                conversation_with(
                    one, labs.conversations.turns(instance, one), words=True, answering=one.name == at_it
                ),
                phrases_for(labs, running, one, asked.language) if found.standing == "working" else (),
            )
            for one in labs.conversations.people(running.plan)
        )
        return contract.SeatTalkView(found.standing, people, self._failed.get(instance))

    def _addressed(self, seat: Seat, asked: contract.SayAtSeat) -> _Addressed:
        """Return whom something is said to.

        Raises:
            RefusedCallError: there is no such scenario of theirs, or nobody of that name in it.
            UsageError: the candidate may not type now.
        """
        place, scenario = self._sittings.at(seat, asked.phase, asked.place)
        running = place.talking(scenario)
        if asked.person not in running.plan.personas:
            raise nobody()
        return _Addressed(place, running, running.plan.personas[asked.person])

    def _said(self, found: _Addressed, text: str, asked: contract.SayAtSeat) -> TurnView:
        turn = found.place.say(found.running, found.person.name, text, asked.language)
        return turns_of((turn,), found.person, words=True)[0]
