"""The attempts of a class's trainees as their trainers read them, with what trainers write to them. For threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from grader.report import Report
from orchestrator.core.control_characters import CONTROLS
from orchestrator.core.errors import BreakfixError
from orchestrator.core.text import Text, same
from orchestrator.labd import help_refusals
from orchestrator.labd.account_contract import NewLink
from orchestrator.labd.attempt_look import marks_of
from orchestrator.labd.calls import Who
from orchestrator.labd.help_contract import (
    AttemptNotes,
    AttemptSummary,
    AttemptView,
    Comment,
    CommentNews,
    MemberAttempts,
    OfMember,
    OfMemberAttempt,
)
from orchestrator.labd.lab_contract import QuestionView, ReportView
from orchestrator.labd.lab_desk import LabDesk
from orchestrator.labd.lab_talk import talks_of
from orchestrator.labd.refused_call import RefusedCallError
from orchestrator.labd.talk_contract import ConversationView
from orchestrator.labd.told_refusals import words_of
from orchestrator.labd.trainee_view import grading_view, iso, notes_of, questions_of, report_view
from orchestrator.model.seeds import shown_seed
from orchestrator.records import attempts, credentials, journal, trainer_notes
from orchestrator.records.database import Transaction
from orchestrator.records.groups import Groups
from orchestrator.records.models import Attempt, Person
from orchestrator.records.people import People
from orchestrator.records.trainer_notes import LONGEST_NOTE


class _HandedIn(NamedTuple):
    """What a trainee answered, wrote and said in an attempt; ``trouble``: why that cannot be read."""

    questions: tuple[QuestionView, ...] = ()
    report: ReportView | None = None
    talks: tuple[ConversationView, ...] = ()
    trouble: Text | None = None


class MemberAttemptsDesk:
    """Reads attempts and writes to them; whether somebody trains the class is for ``rules``."""

    def __init__(self, desk: LabDesk, clock: Callable[[], datetime] = journal.now) -> None:
        """Take what finds labs, and what time it is."""
        self._desk = desk
        self._database = desk.parts.database
        self._clock = clock

    # For trainers ---------------------------------------------------------------------------------------------

    def attempts(self, asked: OfMember) -> MemberAttempts:
        """Return a trainee's attempts.

        Raises:
            RefusedCallError: nobody of that name is a trainee of the class.
        """
        with self._database.read() as reading:
            person = _trainee(reading, asked)
            done = attempts.of_person(reading, person)[::-1]
            return MemberAttempts(person.handle, person.name or person.handle, self._summaries(reading, done))

    def attempt(self, who: Who, asked: OfMemberAttempt) -> AttemptView:
        """Return one of them, whole, for somebody who reads it.

        Raises:
            RefusedCallError: there is none of that number.
        """
        with self._database.read() as reading:
            person, found = _found(reading, asked)
            reports = [(kept.at, Report.from_document(kept.report)) for kept in found.reports]
            last = attempts.latest(reading, found.instance)
            handed_in = (
                self._handed_in(found) if last is not None and last.id == found.id else _HandedIn(trouble=_LATER)
            )
            return AttemptView(
                handle=person.handle,
                name=person.name or person.handle,
                summary=self._summaries(reading, [found])[0],
                lab=found.instance if found.ended_at is None else "",
                grading=grading_view(reports[-1][1], marks_of(reports), reports[-1][0]) if reports else None,
                questions=handed_in.questions,
                report=handed_in.report,
                notes=notes_of(trainer_notes.of_attempts(reading, [found.id])[found.id], who.ref),
                trouble=handed_in.trouble,
                talks=handed_in.talks,
            )

    def comment(self, who: Who, asked: Comment) -> str:
        """Write a comment; return the name of the lab where the attempt runs still, else an empty one.

        Raises:
            RefusedCallError: there is no such attempt, or the text cannot be kept.
        """
        text = plain_text(asked.text)
        with self._database.write() as writing:
            _, found = _found(writing, OfMemberAttempt(asked.name, asked.handle, asked.attempt))
            trainer_notes.write(writing, found, "comment", text, by=People(writing).find(who.ref))
            return found.instance if found.ended_at is None else ""

    def renew_link(self, who: Who, asked: OfMember) -> NewLink:
        """Make a trainee a new link, which ends the ones before.

        A trainer may for who is a trainee and nothing else, without an account of the machine, in no class that is not
        theirs: otherwise they would become somebody whom others answer for.

        Raises:
            RefusedCallError: they are no trainee of the class, or a link for them is for administrators.
        """
        with self._database.write() as writing:
            person, groups = _trainee(writing, asked), Groups(writing)
            mine = groups.of_person(who.ref, "trainer")
            only = person.roles == {"trainee"} and person.account is None
            own = groups.of_person(person.ref, "trainee") <= mine
            if "administrator" not in who.roles and not (only and own):
                raise RefusedCallError(help_refusals.administrators_link(asked.handle))
            if not credentials.may_sign_in(person):
                raise RefusedCallError(help_refusals.administrators_link(asked.handle))
            made = credentials.make_link(writing, person, by=who.ref, now=self._clock())
            return NewLink(person.handle, made.secret, iso(made.until))

    def trainees(self, name: str) -> frozenset[str]:
        """Return the references of a class's trainees."""
        with self._database.read() as reading:
            groups = Groups(reading)
            return frozenset(one.ref for one in groups.members(groups.find(name)))

    # For trainees ---------------------------------------------------------------------------------------------

    def news(self, ref: str) -> tuple[CommentNews, ...]:
        """Return the comments that somebody was not shown yet, the newest first."""
        with self._database.read() as reading:
            return tuple(
                CommentNews(attempt.scenario, self._title(attempt.scenario), iso(attempt.started_at), note.by)
                for note, attempt in trainer_notes.unseen(reading, People(reading).find(ref))
            )

    def read(self, ref: str, scenario: str) -> tuple[AttemptNotes, ...]:
        """Return what was written to somebody's attempts at a scenario, the newest first; they have seen it then."""
        with self._database.read() as reading:
            mine = attempts.of_person(reading, People(reading).find(ref))[::-1]
            tried = [one for one in mine if one.scenario == scenario]
            found = trainer_notes.of_attempts(reading, [one.id for one in tried])
            shown = tuple(
                AttemptNotes(str(shown_seed(int(one.seed))), iso(one.started_at), notes_of(found[one.id]))
                for one in tried
                if found[one.id]
            )
            new = [note.id for one in tried for note in found[one.id] if not note.seen and note.withdrawn is None]
        if new:
            with self._database.write() as writing:
                trainer_notes.mark_seen(writing, new)
        return shown

    # ----------------------------------------------------------------------------------------------------------

    def _title(self, scenario: str) -> Text:
        found = self._desk.parts.shelf.all().get(scenario)
        return same(scenario) if found is None else found.document.title

    def _summaries(self, reading: Transaction, found: Sequence[Attempt]) -> tuple[AttemptSummary, ...]:
        numbers = [one.id for one in found]
        notes, typed = trainer_notes.of_attempts(reading, numbers), trainer_notes.typed_in(reading, numbers)
        return tuple(
            AttemptSummary(
                id=one.id,
                scenario=one.scenario,
                title=self._title(one.scenario),
                seed=str(shown_seed(int(one.seed))),
                started=iso(one.started_at),
                running=one.ended_at is None,
                solved=one.solved_at is not None,
                verdict=Report.from_document(one.reports[-1].report).verdict if one.reports else "",
                seconds=attempts.seconds_spent(one),
                minutes=one.minutes,
                hints=one.hints,
                hints_offered=one.hints_offered,
                gradings=len(one.reports),
                given=sum(note.kind == "hint" for note in notes[one.id]),
                comments=sum(note.kind == "comment" and note.withdrawn is None for note in notes[one.id]),
                typed=one.id in typed,
            )
            for one in found
        )

    def _handed_in(self, attempt: Attempt) -> _HandedIn:
        """Return what an attempt's trainee answered, wrote and said, or why that cannot be read."""
        try:
            labs = self._desk.parts.labs()
            plan = labs.plans.preview(attempt.scenario, int(attempt.seed))
            handed_in = labs.handed_in(attempt.instance, plan)
            questions = questions_of(plan, handed_in.answers().given if plan.questions else {})
            report = report_view(handed_in.report_parts()) if plan.report else None
            return _HandedIn(questions, report, talks_of(plan, labs.conversations.turns(attempt.instance)))
        except BreakfixError as error:  # the scenario is gone, or has a mistake by now
            return _HandedIn(trouble=words_of(error))


def plain_text(typed: str) -> str:
    """Return a hint or comment as it is kept.

    Raises:
        RefusedCallError: it is empty, too long, or holds control characters.
    """
    text = typed.strip().replace("\r\n", "\n")
    if not 0 < len(text) <= LONGEST_NOTE or CONTROLS.search(text) or "\r" in text:
        raise RefusedCallError(help_refusals.wrong_text(LONGEST_NOTE))
    return text


def attempt_of(reading: Transaction, asked: OfMemberAttempt) -> Attempt:
    """Return an attempt of a trainee of a class.

    Raises:
        RefusedCallError: there is none of that number.
    """
    return _found(reading, asked)[1]


def _trainee(reading: Transaction, asked: OfMember | OfMemberAttempt) -> Person:
    groups, person = Groups(reading), People(reading).with_handle(asked.handle)
    if person is None or groups.role_of(groups.find(asked.name), person) != "trainee":
        raise RefusedCallError(help_refusals.no_trainee(asked.handle))
    return person


def _found(reading: Transaction, asked: OfMemberAttempt) -> tuple[Person, Attempt]:
    person = _trainee(reading, asked)
    for one in attempts.of_person(reading, person):
        if one.id == asked.attempt:
            return person, one
    raise RefusedCallError(help_refusals.no_attempt())


_LATER = Text(
    fr="Les réponses, le rapport et ce qui s'est dit dans ce lab sont avec l'essai qui a suivi.",
    en="Answers, report and talk of this lab are with the attempt that followed.",
)
