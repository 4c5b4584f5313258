"""A grading on the terminal: each sentence as its result arrives, the points and the verdict."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence

from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Styled

from grader.report import CheckResult, Difference, Report
from grader.report_formats import (
    POINTS_DO_NOT_COUNT,
    changes_to_explain,
    command_line,
    difference_lines,
    difference_sentence,
    forbidden_changes,
    written_report,
)
from grader.runner import OnResult, OnRunning
from grader.told import report_for_trainee, result_for_trainee
from orchestrator.cli.invocation import Invocation
from orchestrator.cli.language_choice import localized
from orchestrator.cli.output import plain
from orchestrator.cli.times import duration
from orchestrator.core.errors import ExitCode
from orchestrator.core.text import Text

_MARKS = {"pass": ("✔", "ok"), "fail": ("✘", "bad"), "error": ("!", "warn")}
_EXITS = {
    "repaired": ExitCode.DONE,
    "repaired_with_changes": ExitCode.DONE,
    "not_repaired": ExitCode.NOT_REPAIRED,
    "not_valid": ExitCode.BROKEN,
}

Grade = Callable[[OnResult, OnRunning], Report]


class RunningLine:
    """What runs now, as a line of the terminal that is drawn again while it is waited for."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._since: dict[Text, float] = {}

    def tell(self, sentences: tuple[Text, ...]) -> None:
        """Take what runs now; whatever ran before goes on."""
        now = time.monotonic()
        self._since = {sentence: self._since.get(sentence, now) for sentence in sentences}

    def __rich__(self) -> Styled:
        """Return the line as it is now."""
        since = self._since  # another thread draws
        if not since:
            return plain(localized(Text(fr="Évaluation…", en="Grading…")))
        oldest = next(iter(since))
        line = plain(localized(oldest))
        if more := len(since) - 1:
            line.append(localized(Text(fr=f" (et {more} autre{'s' * (more > 1)})", en=f" (and {more} more)")), "quiet")
        line.append(f"  {duration(int(time.monotonic() - since[oldest]))}", "quiet")
        return line


def exit_code(report: Report) -> ExitCode:
    """Return the exit status that a report means."""
    return _EXITS[report.verdict]


def show_grading(invocation: Invocation, grade: Grade, *, evidence: bool = False) -> Report:
    """Grade, and show each result as it arrives; what must keep working comes after, under its own heading.

    Then come the changes that are forbidden and those to explain, as questions.
    """
    out = invocation.output

    def on_result(result: CheckResult) -> None:
        if result.role != "guard":
            _show(invocation, result if evidence else result_for_trainee(result), evidence=evidence)

    running = RunningLine()
    waiting = out.console.status(running) if out.console.is_terminal else contextlib.nullcontext()
    with waiting:
        report = grade(on_result, running.tell)
    shown = report if evidence else report_for_trainee(report)
    guards = [result for result in shown.results if result.role == "guard"]
    if guards:
        out.heading(Text(fr="À préserver", en="Must keep working"))
        for result in guards:
            _show(invocation, result, evidence=evidence)
    _show_changes(invocation, Text(fr="Changements interdits", en="Forbidden changes"), shown.forbidden)
    _show_changes(
        invocation,
        Text(
            fr="Changements à expliquer (ce n'est pas une faute : sachez dire pourquoi)",
            en="Changes to explain (this is no mistake: be ready to say why)",
        ),
        shown.unexplained,
    )
    out.print("", _verdict(shown))
    if shown.forbidden and shown.points is not None:
        out.print(POINTS_DO_NOT_COUNT.in_(invocation.language), style="bad")
    if report.written is not None:
        out.print(
            written_report(report.written).in_(invocation.language), style="warn" if report.written.empty else "ok"
        )
    return report


def _show(invocation: Invocation, result: CheckResult, *, evidence: bool) -> None:
    """Show a result with all that it holds; ``evidence``: with its points, and what was run where it is not green."""
    out, language = invocation.output, invocation.language
    mark, style = _MARKS[result.outcome]
    sentence = plain(result.sentence.in_(language))
    if result.outcome == "error":
        sentence.append(plain(Text(fr=" (l'évaluateur n'a pas pu juger)", en=" (the grader could not judge)"), "warn"))
    if result.points and evidence:
        sentence.append(f"  {result.points} pt", style="quiet")
    row = Table.grid(padding=(0, 1))
    row.add_row(" ", plain(mark, style), sentence)
    out.print(row)
    if result.evidence is not None:
        out.print(Padding(plain(result.evidence.in_(language), "quiet"), (0, 0, 0, 6)))
    if evidence and result.outcome != "pass":
        for record in result.commands:
            out.print(Padding(plain(command_line(record), "quiet"), (0, 0, 0, 6)))
            out.print(Padding(plain(record.output.strip(), "quiet"), (0, 0, 0, 8)))


def _show_changes(invocation: Invocation, heading: Text, changes: Sequence[Difference]) -> None:
    out, language = invocation.output, invocation.language
    if changes:
        out.heading(heading)
    for change in changes:
        mark = ("✘", "bad") if change.standing == "forbidden" else ("?", "warn")
        row = Table.grid(padding=(0, 1))
        row.add_row(" ", plain(*mark), plain(difference_sentence(change).in_(language)))
        out.print(row)
        out.print(Padding(plain(difference_lines(change).in_(language), "quiet"), (0, 0, 0, 6)))


def _verdict(report: Report) -> Styled:
    if report.verdict == "not_valid":
        text = Text(
            fr="! Cette évaluation n'est pas valable : l'évaluateur n'a pas pu tout juger. Aucun point n'est compté.",
            en="! This grading is not valid: the grader could not judge everything. No points are counted.",
        )
        return plain(text, "warn")
    points = f"{report.points}/{report.points_total} points"
    done = Text(fr="Terminé", en="Done") if report.of_a_task else Text(fr="Réparé", en="Repaired")
    if report.verdict == "repaired":
        return plain(done.map(lambda said: f"✔ {said}. {points}."), "ok")
    if report.verdict == "repaired_with_changes":
        left = changes_to_explain(len(report.unexplained))
        text = Text(fr=f"✔ {done.fr}, avec {left.fr}. {points}.", en=f"✔ {done.en}, with {left.en}. {points}.")
        return plain(text, "warn")
    said = _left(report)
    if report.of_a_task:
        text = Text(fr=f"✘ Pas encore terminé : {said.fr}. {points}.", en=f"✘ Not done yet: {said.en}. {points}.")
    elif report.answers_left:
        text = Text(fr=f"✘ Réparé, mais {said.fr}. {points}.", en=f"✘ Repaired, but {said.en}. {points}.")
    else:
        text = Text(fr=f"✘ Pas encore réparé : {said.fr}. {points}.", en=f"✘ Not repaired yet: {said.en}. {points}.")
    return plain(text, "bad")


def _left(report: Report) -> Text:
    """Return what is still wrong."""
    if count := report.answers_left:  # nothing else is
        return Text(
            fr=f"il reste {count} réponse{'s' if count > 1 else ''} à donner ou à corriger (breakfix answer)",
            en=f"{count} answer{'' if count == 1 else 's'} still to be given or corrected (breakfix answer)",
        )
    failed = [result for result in report.results if result.outcome == "fail"]
    parts = []
    if left := sum(result.role != "guard" for result in failed):
        parts.append(
            Text(
                fr=f"il reste {left} point{'s' if left > 1 else ''} à régler",
                en=f"{left} thing{'' if left == 1 else 's'} still to be put right",
            )
        )
    if left < len(failed):
        parts.append(
            Text(fr="quelque chose qui marchait ne marche plus", en="something that worked does not work any more")
        )
    if report.forbidden:
        changes = forbidden_changes(len(report.forbidden))
        parts.append(Text(fr=f"{changes.fr} à défaire", en=f"{changes.en} to undo"))
    return Text(fr=" ; ".join(part.fr for part in parts), en="; ".join(part.en for part in parts))
