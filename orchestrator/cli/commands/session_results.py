"""``session results``: what was seen of a candidate, for the jury."""

from __future__ import annotations

from rich.padding import Padding
from rich.table import Table

from grader.report_formats import difference_lines, difference_sentence, final_verdict
from orchestrator.assessment.decisions import Decision
from orchestrator.assessment.results import Line, SeenScenario, Sheet, meaning
from orchestrator.cli.click_classes import command
from orchestrator.cli.commands.session_jury import jury_of
from orchestrator.cli.commands.session_plan import candidate_argument, session_option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.language_choice import localized
from orchestrator.cli.output import both, plain
from orchestrator.core.documents import document_of
from orchestrator.core.text import Text

_MARKS = {"pass": ("✔", "ok"), "fail": ("✘", "bad"), "error": ("!", "warn")}


@command(
    "results",
    short_help=Text(fr="Les constats, pour le jury.", en="What was seen, for the jury."),
    help=Text(
        fr="Les constats par CCP et compétence, pour le jury : des preuves, pas des décisions.",
        en="What was seen by CCP and competence, for the jury: evidence, no decisions.",
    ),
)
@candidate_argument
@session_option
@pass_invocation
def results(invocation: Invocation, candidate: str, name: str | None) -> None:
    """Show a candidate's sheet."""
    sheet = jury_of(invocation, name).sheet(candidate)
    if invocation.json:
        invocation.output.document(
            {
                "candidate": candidate,
                "scenarios": [_graded(one) for one in sheet.graded],
                "competences": _document(sheet),
                "ccps": [{"ccp": part.ccp.number, **_decided(part.decision)} for part in sheet.parts],
                "title": _decided(sheet.title) if sheet.whole_title else None,
                "undecided": sheet.undecided,
            }
        )
        return
    for graded in sheet.graded:
        _show_graded(invocation, graded)
    for part in sheet.parts:
        title = localized(part.ccp.title)
        invocation.output.print(f"CCP {part.ccp.number} · {title}{_arrow(part.decision)}", style="title")
        for line in part.lines:
            if line.worked or line.seen or line.decision:
                _show_line(invocation, line)
    if sheet.title:
        arrow = _arrow(sheet.title)
        invocation.output.print(Text(fr=f"Titre{arrow}", en=f"Title{arrow}"), style="title")
    if sheet.undecided:
        listed = ", ".join(sheet.undecided)
        invocation.output.quiet(Text(fr=f"→ Reste à décider : {listed}", en=f"→ Still to be decided: {listed}"))


def _show_graded(invocation: Invocation, graded: SeenScenario) -> None:
    out, verdict = invocation.output, final_verdict(graded.report)
    where = f"{graded.scenario} ({graded.phase})"
    out.print(Text(fr=f"{where} : {verdict.fr}", en=f"{where}: {verdict.en}"), style="key")
    if (means := meaning(graded.report)) is not None:
        _show_below(invocation, means, 2)
    for change in (*graded.report.forbidden, *graded.report.unexplained):
        mark, style = ("✘", "bad") if change.standing == "forbidden" else ("?", "warn")
        _show_marked(invocation, mark, difference_sentence(change), style, 2)
        _show_below(invocation, difference_lines(change), 4)


def _show_marked(invocation: Invocation, mark: str, sentence: Text | str, style: str, margin: int) -> None:
    """Show a sentence behind a mark; its further lines stand below its first."""
    row = Table.grid(padding=(0, 1))
    row.add_row(plain(mark, style), plain(sentence, style))
    invocation.output.print(Padding(row, (0, 0, 0, margin)))


def _show_below(invocation: Invocation, text: Text, margin: int) -> None:
    invocation.output.print(Padding(plain(text, "quiet"), (0, 0, 0, margin)))


def _graded(graded: SeenScenario) -> dict[str, object]:
    report = graded.report
    return {
        "phase": graded.phase,
        "scenario": graded.scenario,
        "verdict": report.verdict,
        "differences": document_of(report.differences),
    }


def _show_line(invocation: Invocation, line: Line) -> None:
    title = localized(line.competence.title)
    invocation.output.print(f"  {line.competence.code} {title}{_arrow(line.decision)}", style="key")
    for seen in line.seen:
        mark, style = _MARKS[seen.result.outcome]
        _show_marked(invocation, mark, f"{localized(seen.result.sentence)} ({seen.scenario})", style, 4)
        if seen.gist:
            _show_below(invocation, seen.gist, 6)
    for scenario in line.without:
        invocation.output.warn(Text(fr=f"    ! {scenario} : sans résultat", en=f"    ! {scenario}: no result"))


def _arrow(decision: Decision | None) -> str:
    return f" → {localized(decision.word)}" if decision else ""


def _decided(decision: Decision | None) -> dict[str, str | None]:
    return {"decision": decision.verdict if decision else None, "reason": decision.reason if decision else None}


def _document(sheet: Sheet) -> list[dict[str, object]]:
    return [
        {
            "ccp": part.ccp.number,
            "competence": line.competence.code,
            "worked_on": line.worked,
            "checks": [
                {
                    "phase": seen.phase,
                    "scenario": seen.scenario,
                    "id": seen.result.id,
                    "role": seen.result.role,
                    "outcome": seen.result.outcome,
                    "sentence": both(seen.result.sentence),
                    "evidence": both(seen.result.evidence),
                }
                for seen in line.seen
            ],
            **_decided(line.decision),
        }
        for part in sheet.parts
        for line in part.lines
    ]


commands = {"results": results}
