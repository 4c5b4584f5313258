"""One instance's answers and report: taking them, giving them back, grading them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from grader.answer_grading import grade_answers
from grader.lines import lines_in
from grader.report import CheckResult, WrittenReport
from orchestrator.core.errors import UsageError
from orchestrator.core.text import Language, Text
from orchestrator.deliverables.answers_file import (
    NONE,
    Answers,
    AnswersError,
    check_answers,
    read_answers,
    write_answers,
)
from orchestrator.deliverables.deliverables_store import ANSWERS, REPORT, DeliverablesStore
from orchestrator.deliverables.report_file import (
    ReportParts,
    parts_of,
    read_report,
    report_of,
    report_template,
    report_text,
)
from orchestrator.model.deliverables import Question
from orchestrator.model.plan import Plan
from orchestrator.model.scenario import Step


class HandIn:
    """What an instance's trainee hands in, against what its plan asks for."""

    def __init__(self, store: DeliverablesStore, instance: str, plan: Plan) -> None:
        """Work on one instance's folder."""
        self._store = store
        self._instance = instance
        self._plan = plan
        self.hosts = tuple(host.name for host in plan.hosts)

    # Answers --------------------------------------------------------------------------------------------

    @property
    def questions(self) -> Mapping[str, Question]:
        """Return the questions by name.

        Raises:
            UsageError: nothing is asked.
        """
        if not self._plan.questions:
            raise UsageError(Text(fr="Ce lab ne pose pas de question.", en="This lab asks no question."))
        return self._plan.questions

    def answers(self) -> Answers:
        """Return what was answered so far."""
        data = self._store.read(self._instance, ANSWERS)
        path = self._store.path(self._instance, ANSWERS)
        return NONE if data is None else read_answers(data, str(path), self._plan.questions, self.hosts)

    def answers_file(self, language: Language) -> Path:
        """Return the file with the answers, made where there is none: the questions, in a language.

        Raises:
            UsageError: nothing is asked.
        """
        questions, path = self.questions, self._store.path(self._instance, ANSWERS)
        return path if path.is_file() else self._write(questions, {}, language)

    def answer(self, given: Mapping[str, str], language: Language) -> Path:
        """Give answers besides those that were given before; an empty one takes an answer back.

        Raises:
            UsageError: nothing is asked.
            AnswersError: a question does not exist or an answer is not of its kind; nothing was changed.
        """
        questions = self.questions
        given = {name: answer.replace("\r\n", "\n") for name, answer in given.items()}  # as browsers end a line
        check_answers(given, questions, self.hosts)
        merged = {**self.answers().given, **given}
        return self._write(questions, {name: answer for name, answer in merged.items() if answer}, language)

    def take_answers(self, data: bytes, file: str, language: Language) -> Path:
        """Give all answers at once, from the content of an ``answers.yaml``.

        Raises:
            UsageError: nothing is asked.
            AnswersError: they cannot be read; nothing was changed.
        """
        questions = self.questions
        answers = read_answers(data, file, questions, self.hosts)
        if answers.problems:
            raise AnswersError(answers.problems)
        return self._write(questions, answers.given, language)

    def grade(self) -> tuple[CheckResult, ...]:
        """Return a result for each question."""
        answers = self.answers()
        return grade_answers(self._plan.questions, answers.given, answers.unreadable, self.hosts)

    def _write(self, questions: Mapping[str, Question], given: Mapping[str, str], language: Language) -> Path:
        return self._store.write(self._instance, ANSWERS, write_answers(questions, given, self.hosts, language))

    # The report -----------------------------------------------------------------------------------------

    def report_file(self, language: Language) -> Path:
        """Return the report's file, made where there is none: its headings, in a language.

        Raises:
            UsageError: no report is asked for.
        """
        self._require_report()
        path = self._store.path(self._instance, REPORT)
        if path.is_file():
            return path
        text = report_template(self._plan.title, self._plan.scenario or "", self._instance, language)
        return self._store.write(self._instance, REPORT, text)

    def take_report(self, text: str) -> Path:
        """Hand in a report that was written elsewhere.

        Raises:
            UsageError: no report is asked for.
        """
        self._require_report()
        return self._store.write(self._instance, REPORT, text)

    def report_text(self) -> str | None:
        """Return the report as it was handed in last; None: it was not."""
        data = self._store.read(self._instance, REPORT)
        return None if data is None else data.decode()

    def report_parts(self) -> ReportParts:
        """Return what was written so far, part by part."""
        return parts_of(self._store.read(self._instance, REPORT))

    def write_report(self, parts: ReportParts, language: Language) -> Path:
        """Hand in a report that was written part by part, with its headings in a language.

        Raises:
            UsageError: no report is asked for.
        """
        title, scenario = self._plan.title, self._plan.scenario or ""
        return self.take_report(report_text(parts, title, scenario, self._instance, language))

    def written(self) -> WrittenReport | None:
        """Return how complete the report is, or None where none is asked for."""
        return read_report(self._store.read(self._instance, REPORT)) if self._plan.report else None

    def _require_report(self) -> None:
        if not self._plan.report:
            raise UsageError(Text(fr="Ce lab ne demande pas de rapport.", en="This lab asks for no report."))

    # Both -----------------------------------------------------------------------------------------------

    def do(self, step: Step) -> None:
        """Hand in what a step of a solution says; a step on the lab hands nothing in."""
        if step.answers is not None:
            self.answer(step.answers, "fr")
        if step.report is not None:
            title, scenario = self._plan.title, self._plan.scenario or ""
            self.take_report(report_of(step.report, title, scenario, self._instance, "fr"))

    def take_printed(self, step: Step, printed: str) -> Text | None:
        """Hand in the answers that a step's lines worked out and printed; return what is wrong with them.

        Args:
            step: the step; one that answers nothing by what it prints hands nothing in.
            printed: its output; of several lines that begin with a question's name the last one counts.
        """
        wanted = step.shell.answers if step.shell is not None else ()
        lines = (line.partition(":") for line in lines_in(printed))
        found = {name.strip(): answer.strip() for name, colon, answer in lines if colon}
        if missing := [name for name in wanted if not found.get(name)]:
            listed = ", ".join(missing)
            return Text(fr=f"aucune réponse affichée pour : {listed}", en=f"no answer was printed for: {listed}")
        try:
            if wanted:
                self.answer({name: found[name] for name in wanted}, "fr")
        except AnswersError as error:
            return error.text
        return None

    def take_back(self) -> None:
        """Remove what was handed in, so that the next attempt on the same instance begins without."""
        self._store.discard(self._instance)
