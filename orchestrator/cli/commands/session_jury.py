"""``session results`` to ``reopen-evidence``: the jury at work."""

from __future__ import annotations

from typing import BinaryIO

import click
from rich.padding import Padding
from rich.table import Table

from grader.report_formats import difference_lines, difference_sentence, final_verdict
from orchestrator.assessment.decision_table import read_decisions
from orchestrator.assessment.decisions import SIGNATURES, VERDICTS, Decision
from orchestrator.assessment.jury import Jury
from orchestrator.assessment.reopening import Reopening
from orchestrator.assessment.results import Line, SeenScenario, Sheet, meaning
from orchestrator.cli.click_classes import FILE, WORDS, argument, command, option
from orchestrator.cli.commands.session_plan import (
    account,
    agree,
    candidate_argument,
    done,
    phase_argument,
    session_option,
    verified_session_of,
)
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.language_choice import localized
from orchestrator.cli.output import both, plain, table
from orchestrator.core.documents import document_of
from orchestrator.core.errors import ExitCode, UsageError
from orchestrator.core.text import Text

member_option = option(
    "--member",
    required=True,
    metavar=Text(fr="MEMBRE", en="MEMBER"),
    help=Text(fr="Le membre du jury.", en="The member of the jury."),
)
subject_argument = argument("subject", metavar="N.N|ccp-N|title")
verdict_argument = argument("verdict", metavar="|".join(VERDICTS))
reason_option = option("--reason", required=True, metavar=WORDS, help=Text(fr="Le motif.", en="The reason."))
_MARKS = {"pass": ("✔", "ok"), "fail": ("✘", "bad"), "error": ("!", "warn")}


def room_of(invocation: Invocation, name: str | None) -> Jury:
    """Return the jury of the session that a command is about."""
    return Jury(verified_session_of(invocation, name), invocation.app.registry.plan_context())


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
    sheet = room_of(invocation, name).sheet(candidate)
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


@command("observe", help=Text(fr="Noter une observation du jury.", en="Record an observation of the jury."))
@candidate_argument
@argument("text", metavar=WORDS)
@option("--competence", default="", metavar="N.N", help=Text(fr="Sur une compétence.", en="On one competence."))
@member_option
@session_option
@pass_invocation
def observe(invocation: Invocation, candidate: str, text: str, competence: str, member: str, name: str | None) -> None:
    """Record an observation."""
    room_of(invocation, name).observe(member, candidate, text, competence)
    done(invocation, Text(fr="Observation notée.", en="The observation is recorded."), noted=True)


@command(
    "decide",
    short_help=Text(fr="Décider d'une compétence, d'un CCP, du titre.", en="Decide on a competence, a CCP, the title."),
    help=Text(
        fr="Décider d'une compétence (1.3), d'un CCP (ccp-1) ou du titre (title) : acquired (acquis), not-acquired "
        "(non acquis) ou to-question (à compléter par un questionnement), avec un motif.\n\n"
        "Rien n'est calculé : une décision sur un CCP ne découle pas de celles sur ses compétences.",
        en="Decide on a competence (1.3), a CCP (ccp-1) or the title (title): acquired, not-acquired or to-question "
        "(to be completed by questioning), and why.\n\n"
        "Nothing is worked out: a decision on a CCP does not follow from those on its competences.",
    ),
)
@argument("candidate", metavar=Text(fr="[CANDIDAT]", en="[CANDIDATE]"), default="")
@argument("subject", metavar="[N.N|ccp-N|title]", default="")
@argument("verdict", metavar="[" + "|".join(VERDICTS) + "]", default="")
@option("--reason", default="", metavar=WORDS, help=Text(fr="Le motif.", en="The reason."))
@option(
    "--from",
    "table",
    type=click.File("rb"),
    metavar=FILE,
    help=Text(
        fr="Toutes les décisions d'une table CSV, telle que « session export csv » l'écrit, remplie.",
        en="All decisions of a CSV table, as 'session export csv' writes it, filled in.",
    ),
)
@member_option
@session_option
@pass_invocation
def decide(  # noqa: PLR0913 - one for each option and argument
    invocation: Invocation,
    candidate: str,
    subject: str,
    verdict: str,
    reason: str,
    name: str | None,
    *,
    member: str,
    table: BinaryIO | None,
) -> None:
    """Decide."""
    if table is not None:
        if candidate:
            raise UsageError(Text(fr="Une table ou une décision, pas les deux.", en="A table or a decision, not both."))
        count = room_of(invocation, name).decide_all(member, read_decisions(table.read(), table.name))
        done(invocation, Text(fr=f"Décisions notées : {count}.", en=f"Decisions recorded: {count}."), decided=count)
        return
    if not verdict:
        raise UsageError(
            Text(
                fr="Il manque le candidat, ce dont on décide, ou la décision.",
                en="The candidate, what is decided on, or the decision is missing.",
            ),
            Text(
                fr='Par exemple : session decide C-01 1.3 acquired --reason "…"',
                en='For example: session decide C-01 1.3 acquired --reason "…"',
            ),
        )
    room_of(invocation, name).decide(member, candidate, subject, verdict, reason)
    done(
        invocation,
        Text(fr=f"{candidate}, {subject} : décidé.", en=f"{candidate}, {subject}: decided."),
        decided=verdict,
    )


@command(
    "correct",
    short_help=Text(fr="Proposer une correction.", en="Propose a correction."),
    help=Text(
        fr="Après la clôture : proposer une correction, qui compte une fois signée par deux membres.",
        en="After the closing: propose a correction, which counts once two members have signed it.",
    ),
)
@candidate_argument
@subject_argument
@verdict_argument
@reason_option
@member_option
@session_option
@pass_invocation
def correct(
    invocation: Invocation, candidate: str, subject: str, verdict: str, reason: str, member: str, name: str | None
) -> None:
    """Correct."""
    room_of(invocation, name).correct(member, candidate, subject, verdict, reason)
    done(
        invocation,
        Text(fr="Correction proposée : à signer.", en="The correction is proposed: to be signed."),
        proposed=verdict,
    )


@command(
    "sign",
    short_help=Text(fr="Signer le procès-verbal.", en="Sign the record."),
    help=Text(
        fr="Signer le procès-verbal, ou les corrections ; la seconde signature le clôt.",
        en="Sign the record, or the corrections; the second signature closes it.",
    ),
)
@member_option
@option("--anyway", is_flag=True, help=Text(fr="C'est voulu : ne rien demander.", en="It is meant: ask nothing."))
@session_option
@pass_invocation
def sign(invocation: Invocation, member: str, name: str | None, *, anyway: bool) -> None:
    """Sign."""
    room = room_of(invocation, name)
    left = room.questions_left() if room.would_close(member) else ()
    listed = ", ".join(f"{candidate} {subject}" for candidate, subject in left)
    doubts = [
        Text(
            fr=f"À compléter encore par un questionnement : {listed}.",
            en=f"Still to be completed by questioning: {listed}.",
        )
    ]
    question = Text(fr="Clore le procès-verbal quand même ?", en="Close the record all the same?")
    agree(invocation, doubts if left else (), question, anyway=anyway)
    record = room.sign(member, account())
    for other in room.voided():
        invocation.output.note(
            Text(
                fr=f"! La signature de {other} ne vaut plus : une décision, une observation ou une preuve a changé "
                "depuis.",
                en=f"! The signature of {other} counts no more: a decision, an observation or evidence has changed "
                "since.",
            ),
            style="warn",
        )
    count = len(record.signatures)
    closed = count >= SIGNATURES
    said = Text(
        fr=f"Signatures : {count} sur {SIGNATURES}{' ; le procès-verbal est clos' if closed else ''}.",
        en=f"Signatures: {count} of {SIGNATURES}{'; the record is closed' if closed else ''}.",
    )
    done(invocation, said, signatures=[s.member for s in record.signatures], closed=closed, digest=record.digest)


@command(
    "verify",
    short_help=Text(fr="Vérifier les preuves scellées.", en="Verify the sealed evidence."),
    help=Text(
        fr="Vérifier chaque fichier de preuves contre le journal : code de sortie 1 s'il en manque un octet.",
        en="Verify each file of evidence against the journal: exit status 1 where a byte is not what it was.",
    ),
)
@session_option
@pass_invocation
def verify(invocation: Invocation, name: str | None) -> int:
    """Verify the evidence."""
    found = Reopening(verified_session_of(invocation, name), invocation.app.labs).verify()
    rows = table(Text(fr="Fichier", en="File"), "")
    for file, problems in found.items():
        words = "; ".join(localized(problem) for problem in problems)
        rows.add_row(file, plain(f"✘ {words}", "bad") if words else plain("✔", "ok"))
    document = {file: [both(problem) for problem in problems] for file, problems in found.items()}
    invocation.output.emit(document, rows)
    return ExitCode.NOT_REPAIRED if any(found.values()) else ExitCode.DONE


@command(
    "reopen-evidence",
    short_help=Text(fr="Recours : évaluer de nouveau.", en="An appeal: grade again."),
    help=Text(
        fr="Recours : évaluer de nouveau le lab gardé (ou, à défaut, les réponses scellées) et montrer les "
        "différences.",
        en="An appeal: grade the kept lab again (or else the sealed answers), and show the differences.",
    ),
)
@phase_argument
@candidate_argument
@session_option
@pass_invocation
def reopen(invocation: Invocation, phase: str, candidate: str, name: str | None) -> int:
    """Grade again."""
    found = Reopening(verified_session_of(invocation, name), invocation.app.labs).reopen(phase, candidate, account())
    if invocation.json:
        differences = [[d.scenario, d.check, d.before, d.after] for d in found.differences]
        invocation.output.document(
            {
                "sources": dict(found.sources),
                "graded": found.graded,
                "stale": found.stale,
                "unready": {scenario: both(why) for scenario, why in found.unready.items()},
                "not_paused": {
                    scenario: {host: both(why) for host, why in hosts.items()}
                    for scenario, hosts in found.not_paused.items()
                },
                "differences": differences,
            }
        )
        return ExitCode.NOT_REPAIRED if differences else ExitCode.DONE
    for scenario, source in found.sources.items():
        kept = source == "instance"
        invocation.output.quiet(
            Text(
                fr=f"{scenario} : d'après {'le lab gardé' if kept else 'les preuves'}",
                en=f"{scenario}: from {'the kept lab' if kept else 'the evidence'}",
            )
        )
    for scenario in found.stale:
        invocation.output.warn(Text(fr=f"! {scenario} a changé depuis.", en=f"! {scenario} has changed since."))
    for scenario, why in found.unready.items():
        invocation.output.warn(
            Text(fr=f"! {scenario} n'était pas prêt : {why.fr}", en=f"! {scenario} was not ready: {why.en}")
        )
    for scenario, hosts in found.not_paused.items():
        for host, why in hosts.items():
            invocation.output.warn(
                Text(
                    fr=f"! {scenario}, {host} n'a pas pu être figée : {why.fr}",
                    en=f"! {scenario}, {host} could not be paused: {why.en}",
                )
            )
    for one in found.differences:
        invocation.output.bad(f"✘ {one.scenario} {one.check}: {one.before} → {one.after}")
        invocation.output.quiet(one.sentence.map("  {}".format))
    if not found.differences:
        invocation.output.ok(
            Text(
                fr=f"✔ Contrôles refaits : {found.graded}, aucune différence.",
                en=f"✔ Checks run again: {found.graded}, no difference.",
            )
        )
    return ExitCode.NOT_REPAIRED if found.differences else ExitCode.DONE


commands = {
    "results": results,
    "observe": observe,
    "decide": decide,
    "correct": correct,
    "sign": sign,
    "verify": verify,
    "reopen-evidence": reopen,
}
