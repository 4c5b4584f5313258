"""What a candidate may do in a phase: read tickets, open terminals, hand in, ask for hints where they are planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from orchestrator.assessment.asciicast import TerminalRecorder
from orchestrator.assessment.events import Draft
from orchestrator.assessment.jury_session import JurySession
from orchestrator.assessment.state import SessionLab
from orchestrator.assessment.terminal_gate import TerminalGate, new_recording, precise, require_seat
from orchestrator.core.errors import UsageError
from orchestrator.core.suggest import with_suggestion
from orchestrator.core.text import Language, Text
from orchestrator.deliverables.hand_in import HandIn
from orchestrator.deliverables.report_file import ReportParts
from orchestrator.labs import Labs, Running
from orchestrator.model.plan import Plan
from orchestrator.model.session_plan import Phase
from orchestrator.model.turns import Turn


def as_assessed(running: Running, phase: Phase) -> Running:
    """Return a candidate's lab with what the phase asks for besides its scenario: a report, perhaps."""
    return replace(running, plan=replace(running.plan, report=True)) if phase.report else running


class CandidateSeat:
    """One candidate in one phase, at their workstation.

    Attributes:
        gate: tells whether the candidate may type.
    """

    def __init__(self, jury_session: JurySession, labs: Labs, phase: str, candidate: str) -> None:
        """Sit down.

        Raises:
            UsageError: there is no such phase or candidate, or the labs are not open.
        """
        self.gate = TerminalGate(jury_session, phase, candidate)
        self._jury_session = jury_session
        self._labs = labs
        self._phase = phase
        self._candidate = candidate

    def subjects(self) -> tuple[tuple[SessionLab, Plan, HandIn], ...]:
        """Return what is to be done and handed in, once the phase has begun: reading time is for that.

        Raises:
            UsageError: it has not begun.
        """
        if self.gate.sitting.started is None:
            require_seat(self.gate)
        found = ((lab, self._running(lab)) for lab in self.gate.sitting.labs)
        return tuple((lab, running.plan, self._labs.hand_in(running)) for lab, running in found)

    def place(self, host: str, scenario: str | None = None) -> tuple[Running, SessionLab]:
        """Return the lab in which a host is.

        Raises:
            UsageError: the candidate has no such host, or several scenarios have it and none was named.
        """
        labs = [lab for lab in self.gate.sitting.labs if scenario in {None, lab.scenario}]
        having = [lab for lab in labs if host in lab.hosts]
        if len(having) > 1:
            listed = ", ".join(lab.scenario for lab in having)
            raise UsageError(
                Text(fr=f"Plusieurs sujets ont une machine {host}.", en=f"Several scenarios have a host {host}."),
                Text(fr=f"Nommez-en un avec --scenario : {listed}", en=f"Name one with --scenario: {listed}"),
            )
        if not having:
            known = [name for lab in labs for name in lab.hosts]
            text = Text(fr=f"Vos labs n'ont pas de machine « {host} »", en=f'Your labs have no host "{host}"')
            raise UsageError(with_suggestion(text, host, known))
        return self._running(having[0]), having[0]

    def lab(self, scenario: str | None = None) -> tuple[Running, SessionLab]:
        """Return the lab of a scenario, which needs no name where there is only one.

        Raises:
            UsageError: there are several and none was named, or there is none of that name.
        """
        lab = self._only(scenario)
        return self._running(lab), lab

    def recorder(self, lab: SessionLab, host: str, rows: int, columns: int) -> TerminalRecorder:
        """Return a new recording of a terminal on a host.

        Raises:
            UsageError: the candidate may not type now.
        """
        require_seat(self.gate)
        folder = self._jury_session.folder.sitting(self._phase, self._candidate)
        path = new_recording(folder, lab.scenario, host)
        now = precise(self.gate.clock)
        return TerminalRecorder(path, rows=rows, columns=columns, now=now, title=f"{lab.scenario} {host}")

    def hand_in(
        self, content: bytes, name: str, language: Language, scenario: str | None = None, *, answers: bool
    ) -> Path:
        """Hand in answers or an intervention report; what was handed in before is replaced.

        Args:
            content: the file's content.
            name: what it is called in errors.
            language: the language in which the questions are repeated beside the answers.
            scenario: the scenario; not needed where there is only one.
            answers: whether they are answers, an ``answers.yaml``.

        Raises:
            UsageError: the candidate may not type now, nothing of the kind is asked for, or several do.
            AnswersError: the answers cannot be read; nothing was changed.
        """
        require_seat(self.gate)
        hand_in = self._labs.hand_in(self._running(self._only(scenario)))
        if answers:
            return hand_in.take_answers(content, name, language)
        return hand_in.take_report(content.decode("utf-8-sig", errors="replace"))

    def answer(self, given: Mapping[str, str], language: Language, scenario: str | None = None) -> Path:
        """Give answers besides those that were given before; an empty one takes an answer back.

        Raises:
            UsageError: the candidate may not type now, nothing is asked, or several scenarios ask.
            AnswersError: a question does not exist or an answer is not of its kind; nothing was changed.
        """
        require_seat(self.gate)
        return self._labs.hand_in(self._running(self._only(scenario))).answer(given, language)

    def write_report(self, parts: ReportParts, language: Language, scenario: str | None = None) -> Path:
        """Hand in a report that is written part by part; what was handed in before is replaced.

        Raises:
            UsageError: the candidate may not type now, no report is asked for, or several are.
        """
        require_seat(self.gate)
        return self._labs.hand_in(self._running(self._only(scenario))).write_report(parts, language)

    def talking(self, scenario: str | None = None) -> Running:
        """Return the lab whose people the candidate talks to.

        Raises:
            UsageError: the candidate may not type now, or several labs have people and none was named.
        """
        require_seat(self.gate)
        labs = [lab for lab in self.gate.sitting.labs if scenario in {None, lab.scenario}]
        found = [running for lab in labs if (running := self._running(lab)).plan.personas]
        return found[0] if len(found) == 1 else self._running(self._only(scenario))

    def say(self, running: Running, person: str, said: str, language: Language) -> Turn:
        """Say something to somebody of a lab.

        Raises:
            UsageError: the candidate may not type now, or nothing was said.
            LabError: see ``Conversations.say``.
        """

        def may() -> None:
            self.gate.news()  # a long conversation, or who waited for the lab, meets a pause
            require_seat(self.gate)

        may()
        return self._labs.conversations.say(running, person, said, language, may)

    def note_cable(self, lab: SessionLab, act: str) -> None:
        """Note what the candidate does with a cable of their lab, before it is done.

        Raises:
            UsageError: the candidate may not type now.
        """
        require_seat(self.gate)
        details = {"scenario": lab.scenario, "act": act}
        now = self.gate.clock.now()
        self._jury_session.keep(Draft("cabled", self._candidate, now, self._candidate, self._phase, details))

    def hint(self, scenario: str | None = None) -> Text:
        """Return the next hint, and note that it was given.

        Raises:
            UsageError: the phase has no hints, or the candidate may not type now.
        """
        require_seat(self.gate)
        if not self.gate.state.plan.phase(self._phase).hints:
            raise UsageError(Text(fr="Cette phase est sans indices.", en="This phase has no hints."))
        lab = self._only(scenario)
        number, _, text = self._labs.solutions.hint(self._running(lab))
        details = {"scenario": lab.scenario, "number": number}
        now = self.gate.clock.now()
        self._jury_session.keep(Draft("hint", self._candidate, now, self._candidate, self._phase, details))
        return text

    def _only(self, scenario: str | None) -> SessionLab:
        labs = self.gate.sitting.labs
        found = [lab for lab in labs if scenario in {None, lab.scenario}]
        if len(found) == 1:
            return found[0]
        listed = ", ".join(lab.scenario for lab in labs)
        raise UsageError(
            Text(fr="Nommez le sujet avec --scenario.", en="Name the scenario with --scenario."),
            Text(fr=f"Les vôtres : {listed}", en=f"Yours: {listed}"),
        )

    def _running(self, lab: SessionLab) -> Running:
        return as_assessed(self._labs.running.planned(lab.instance), self.gate.state.plan.phase(self._phase))
