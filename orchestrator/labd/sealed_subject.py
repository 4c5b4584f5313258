"""What a candidate handed in, out of their sealed evidence: answers, report, talk, the ticket; nothing of results.

Called from threads.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.core.control_characters import visible
from orchestrator.core.errors import BreakfixError, MachineError
from orchestrator.core.language import Language
from orchestrator.core.text import Text, same
from orchestrator.deliverables.answers_file import read_answers
from orchestrator.deliverables.deliverables_store import ANSWERS, CONVERSATION, REPORT
from orchestrator.deliverables.report_file import parts_of
from orchestrator.labd import seat_refusals
from orchestrator.labd.found_subject import FoundSubject
from orchestrator.labd.lab_contract import LabPerson, QuestionView, ReportView
from orchestrator.labd.lab_talk import talks_of
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.sealed_copy import SealedCopy, Stamp, stamp_of
from orchestrator.labd.talk_contract import ConversationView, TurnView
from orchestrator.labd.trainee_view import questions_of
from orchestrator.labs import Labs
from orchestrator.model.plan import Plan
from orchestrator.model.turns import Turn
from orchestrator.personas.conversation_file import turns_in

_log = logging.getLogger(__name__)

_MOST: Final = 4 << 20
"""Bytes of a file that are read."""
_KEPT: Final = 64
_ANSWERS: Final = Text(fr="Vos réponses", en="Your answers")
_LANGUAGES: Final[tuple[Language, ...]] = ("fr", "en")


@dataclass(frozen=True)
class SealedSubject:
    """What was handed in.

    Attributes:
        title: the scenario's title; None: the evidence does not know it.
        ticket: Markdown; None: there is none.
        ticket_language: its one language; None: it is in both.
        questions: what was asked, with what was answered.
        report: the intervention report; None where none was asked for.
        talks: what was said, without passwords.
    """

    title: Text | None
    ticket: Text | None
    ticket_language: Language | None
    questions: tuple[QuestionView, ...]
    report: ReportView | None
    talks: tuple[ConversationView, ...]


class SealedSubjects:
    """Reads what was handed in, from each archive once, and again when it is another file."""

    def __init__(self, labs: Callable[[], Labs]) -> None:
        """Take what plans variants."""
        self._labs = labs
        self._known: OrderedDict[tuple[Path, str, str], tuple[Stamp, SealedSubject]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, found: FoundSubject) -> SealedSubject:
        """Return what a candidate handed in.

        Raises:
            RefusedCallError: the archive is gone, or is not what was sealed; the log says which.
        """
        path = found.folder.sealed(found.sitting.phase, found.sitting.candidate)
        sealed = str(found.sitting.steps["sealed"].details["sha256"])
        key = path, sealed, found.lab.scenario
        with self._lock:  # one archive at a time: each is copied to be read
            try:
                stamp, kept = stamp_of(path), self._known.get(key)
                if kept is not None and kept[0] == stamp:
                    return kept[1]
                read = self._read(SealedCopy(path, sealed), found)
            except (MachineError, OSError) as error:
                _log.warning("what was handed in is not shown: %s", error)
                raise RefusedCallError(seat_refusals.not_shown()) from error
            self._known[key] = stamp, read
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return read

    def _read(self, copy: SealedCopy, found: FoundSubject) -> SealedSubject:
        scenario = found.lab.scenario
        about = copy.manifest["labs"].get(scenario, {})

        def file(name: str) -> bytes | None:
            data, whole = copy.read(f"{scenario}/{name}", _MOST)
            return data if whole and copy.has(f"{scenario}/{name}") else None

        plan = self._plan(scenario, about.get("seed"), found.lab.digest)
        tickets = {one: file(f"ticket.{one}.md") for one in _LANGUAGES}
        written = {one: _text(data) for one, data in tickets.items() if data is not None}
        title, only = about.get("title"), next(iter(written), None) if len(written) == 1 else None
        asked = found.state.plan.phase(found.sitting.phase).report or (plan is not None and plan.report)
        report = file(REPORT)
        return SealedSubject(
            title=Text(fr=title["fr"], en=title["en"]) if title else None,
            ticket=Text(**{one: written.get(one) or written[only or one] for one in _LANGUAGES}) if written else None,
            ticket_language=only,
            questions=_questions(plan, file(ANSWERS)),
            report=_report(report) if asked or report is not None else None,
            talks=_talks(plan, turns_in(file(CONVERSATION))),
        )

    def _plan(self, scenario: str, seed: str | None, digest: str) -> Plan | None:
        """Return the plan that was worked on; None: the scenario is another one by now, or is gone."""
        if seed is None:
            return None
        try:
            plan = self._labs().plans.preview(scenario, int(seed))
        except (BreakfixError, ValueError):
            return None
        return plan if plan.digest == digest else None


def _text(data: bytes) -> str:
    return visible(data.decode("utf-8-sig", errors="replace"))


def _questions(plan: Plan | None, data: bytes | None) -> tuple[QuestionView, ...]:
    """Return what was answered, by question; the file as it was handed in where nobody knows the questions."""
    if plan is None:
        return () if data is None else (QuestionView(ANSWERS, _ANSWERS, "prose", {}, _text(data)),)
    hosts = tuple(host.name for host in plan.hosts)
    given = {} if data is None else read_answers(data, ANSWERS, plan.questions, hosts).given
    return questions_of(plan, {name: visible(answer) for name, answer in given.items()})


def _report(data: bytes | None) -> ReportView:
    parts = parts_of(data)
    symptom, cause, action, test = map(visible, (parts.symptom, parts.cause, parts.action, parts.test))
    return ReportView(symptom, cause, action, test, parts.minutes)


def _talks(plan: Plan | None, turns: Iterable[Turn]) -> tuple[ConversationView, ...]:
    """Return what was said, by person; without their names and acts where nobody knows them."""
    if plan is not None:
        return talks_of(plan, turns)
    said: dict[str, list[TurnView]] = {}
    for one in turns:
        if not one.begun:
            view = TurnView(one.at, one.language, visible(one.said), visible(one.reply), (), one.ended)
            said.setdefault(one.persona, []).append(view)
    return tuple(
        ConversationView(LabPerson(name, name.capitalize(), same("—"), ""), same("…"), tuple(lines))
        for name, lines in said.items()
    )
