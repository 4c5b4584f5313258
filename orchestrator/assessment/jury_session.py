"""One jury session as those who hold it act on it: drawing, start, presence, time, announcements, incidents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from orchestrator.assessment.events import PROGRAM, Draft, Kind, Log
from orchestrator.assessment.lottery import Drawing, draw, drawn_again, new_draw_seed, pool_of
from orchestrator.assessment.plan_file import PlanContext
from orchestrator.assessment.selectors import require_candidate, require_phase, require_words, sitting_of, waiting_for
from orchestrator.assessment.session_clock import SessionClock, Source
from orchestrator.assessment.session_folder import SessionFolder
from orchestrator.assessment.state import SessionState, Sitting, state_of
from orchestrator.core.errors import UsageError
from orchestrator.core.text import Text

MOST_GRANTED: Final = 240
"""How many minutes may be added to a candidate's time at once."""


class JurySession:
    """One session, as its organiser and its jury act on it. Every act is an event; none is taken back.

    Attributes:
        session: its id.
        folder: its files.
    """

    def __init__(
        self, session: str, log: Log, folder: SessionFolder, plan_context: Callable[[], PlanContext], source: Source
    ) -> None:
        """Take the parts; see ``SessionRegistry``."""
        self.session = session
        self.folder = folder
        self._log = log
        self._plan_context = plan_context
        self._source = source

    def state(self) -> SessionState:
        """Return the session as it is now."""
        return state_of(self.session, self._log.events(self.session))

    def clock(self, state: SessionState) -> SessionClock:
        """Return the session's clock; what it counts from is kept again where the machine was restarted."""
        clock = SessionClock(self._source, state.anchor, last=state.last)
        if clock.renewed:
            details = {**clock.anchor.to_document(), "behind": clock.behind}
            self._log.append(self.session, [Draft("clock", PROGRAM, clock.now(), details=details)])
        return clock

    def keep(self, *drafts: Draft) -> None:
        """Keep events."""
        self._log.append(self.session, drafts)

    # Before ---------------------------------------------------------------------------------------------

    def withdraw(self, by: str, reason: str) -> None:
        """Withdraw the plan, so that another one may take its place; done before labs are opened.

        Raises:
            UsageError: labs are open, or were; or no reason is given.
        """
        state = self.state()
        require_words(reason)
        if state.begun_to_open:
            raise UsageError(
                Text(
                    fr=f"Des labs de la session {self.session} sont ouverts ou l'ont été : elle reste au journal.",
                    en=f"Labs of session {self.session} are open, or were: it stays in the journal.",
                ),
                Text(fr="Une nouvelle session prend un autre « id ».", en='A new session takes another "id".'),
            )
        self._act(state, "withdrawn", by, details={"reason": reason})

    def draw(self, phase: str, by: str, seed: str | None = None) -> Drawing:
        """Draw the scenarios of a phase for all candidates; done once, before its labs are opened.

        Raises:
            UsageError: there is no such phase, or it has been drawn.
        """
        state = self.state()
        require_phase(state, phase)
        if phase in state.drawings:
            raise UsageError(
                Text(fr=f"La phase {phase} est déjà tirée au sort.", en=f"The phase {phase} has been drawn."),
                Text(
                    fr="« breakfix session redraw » refait le tirage devant un témoin.",
                    en="'breakfix session redraw' draws again in front of a witness.",
                ),
            )
        context, planned = self._plan_context(), state.plan.phase(phase)
        proven = [name for name in context.scenarios if context.unproven(name, state.plan.proof) is None]
        pools = [pool_of(rule, context.scenarios, proven) for rule in planned.draw]
        candidates = [candidate.number for candidate in state.plan.candidates]
        try:
            drawing = draw(planned, candidates, pools, seed or new_draw_seed())
        except ValueError as error:
            raise UsageError(
                Text(
                    fr=f"La phase {phase} ne peut plus être tirée : il manque des scénarios prouvés.",
                    en=f"The phase {phase} cannot be drawn any more: proven scenarios are missing ({error}).",
                ),
                Text(fr="« breakfix scenarios » dit lesquels.", en="'breakfix scenarios' says which."),
            ) from error
        self._act(state, "drawn", by, phase=phase, details=drawing.to_document())
        return drawing

    def redraw(self, phase: str) -> tuple[Drawing, bool]:
        """Return a phase's drawing, and whether drawing again gives the same.

        Raises:
            UsageError: there is no such phase, or it has not been drawn.
        """
        state = self.state()
        require_phase(state, phase)
        if phase not in state.drawings:
            raise UsageError(
                Text(fr=f"La phase {phase} n'est pas encore tirée.", en=f"The phase {phase} has not been drawn yet.")
            )
        drawing = state.drawings[phase]
        return drawing, drawn_again(drawing, state.plan.phase(phase))

    # While it runs --------------------------------------------------------------------------------------

    def start(self, phase: str, by: str, candidate: str = "") -> SessionState:
        """Begin a phase, for everybody who has not begun yet or for one candidate; every second counts from here.

        Raises:
            UsageError: the labs are not open, or it has begun.
        """
        state = self.state()
        waiting = waiting_for(state, phase, candidate)
        if not waiting:
            raise UsageError(
                Text(fr=f"La phase {phase} a déjà commencé.", en=f"The phase {phase} has begun already."),
                Text(fr="Un retardataire : « breakfix session arrive ».", en="A latecomer: 'breakfix session arrive'."),
            )
        details: dict[str, Any] = {"totals": {s.candidate: state.total(s.candidate, phase) for s in waiting}}
        self._act(state, "started", by, candidate, phase, details=details)
        return self.state()

    def arrive(self, phase: str, candidate: str, by: str) -> None:
        """Note that a candidate has come late; the end of their time stays where it is.

        Who was noted as absent before everybody began has the end that they would have had.

        Raises:
            UsageError: there is no such phase or candidate, or the candidate's time does not run.
        """
        state = self.state()
        late = state.come_late(sitting_of(state, phase, candidate), state.last)
        self._while_it_runs(state, late, "arrived", by)

    def absent(self, phase: str, candidate: str, by: str) -> None:
        """Note that a candidate has not come, before the phase begins or later.

        Raises:
            UsageError: there is no such phase or candidate, or the labs are not open.
        """
        state = self.state()
        sitting_of(state, phase, candidate)
        self._act(state, "absent", by, candidate, phase)

    def finish(self, phase: str, candidate: str, by: str) -> None:
        """Note that a candidate gives up the rest of their time: what follows a deadline follows now.

        Raises:
            UsageError: there is no such phase or candidate, or the candidate's time does not run.
        """
        state = self.state()
        self._while_it_runs(state, sitting_of(state, phase, candidate), "finished", by)

    def pause(self, by: str, reason: str, candidate: str = "") -> None:
        """Stop the time of everybody, or of one candidate.

        Raises:
            UsageError: it stands still already, or there is no such candidate or no reason.
        """
        state = self._with_candidate(candidate)
        require_words(reason)
        if state.open_pause(candidate):
            raise UsageError(
                Text(fr="Le temps est déjà arrêté.", en="Time stands still already."),
                Text(fr="« breakfix session resume » le reprend.", en="'breakfix session resume' lets it go on."),
            )
        self._act(state, "paused", by, candidate, details={"reason": reason})

    def resume(self, by: str, candidate: str = "") -> None:
        """Let time go on.

        Raises:
            UsageError: it does.
        """
        state = self._with_candidate(candidate)
        if not state.open_pause(candidate):
            raise UsageError(Text(fr="Le temps n'est pas arrêté.", en="Time does not stand still."))
        self._act(state, "resumed", by, candidate)

    def extend(self, phase: str, candidate: str, minutes: int, by: str, reason: str) -> None:
        """Add minutes to a candidate's time, by a decision of whoever answers for the session.

        Raises:
            UsageError: there is no such phase or candidate, their time does not run, there is no reason, or that is
                less than a minute or more than ``MOST_GRANTED``.
        """
        state = self.state()
        sitting = sitting_of(state, phase, candidate)
        require_words(reason)
        if not 1 <= minutes <= MOST_GRANTED:
            raise UsageError(
                Text(
                    fr=f"{minutes} min ne s'ajoutent pas : de 1 à {MOST_GRANTED}.",
                    en=f"{minutes} min cannot be added: from 1 to {MOST_GRANTED}.",
                )
            )
        self._while_it_runs(state, sitting, "extended", by, {"minutes": minutes, "reason": reason})

    def announce(self, by: str, text: str, candidate: str = "") -> None:
        """Tell the candidates something, or one of them."""
        require_words(text)
        self._act(self._with_candidate(candidate), "announced", by, candidate, details={"text": text})

    def incident(self, by: str, text: str, candidate: str = "") -> None:
        """Write an incident into the session's log."""
        require_words(text)
        self._act(self._with_candidate(candidate), "incident", by, candidate, details={"text": text})

    def intervene(self, by: str, sitting: Sitting, scenario: str, act: str, reason: str) -> None:
        """Note what an organiser does to a candidate's lab, before it is done.

        Raises:
            UsageError: no reason is given.
        """
        require_words(reason)
        details = {"scenario": scenario, "act": act, "reason": reason}
        self._act(self.state(), "intervened", by, sitting.candidate, sitting.phase, details=details)

    # What is common -------------------------------------------------------------------------------------

    def _while_it_runs(
        self,
        state: SessionState,
        sitting: Sitting,
        kind: Kind,
        by: str,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        deadline = state.deadline(sitting)
        over = deadline is not None and self.clock(state).now() >= deadline
        if not sitting.running or over:
            raise UsageError(
                Text(
                    fr=f"La phase {sitting.phase} n'est pas en cours pour {sitting.candidate}.",
                    en=f"The phase {sitting.phase} is not running for {sitting.candidate}.",
                )
            )
        self._act(state, kind, by, sitting.candidate, sitting.phase, details=details)

    def _with_candidate(self, candidate: str) -> SessionState:
        state = self.state()
        if candidate:
            require_candidate(state, candidate)
        return state

    def _act(
        self,
        state: SessionState,
        kind: Kind,
        by: str,
        candidate: str = "",
        phase: str = "",
        *,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        self.keep(Draft(kind, by, self.clock(state).now(), candidate, phase, details or {}))
