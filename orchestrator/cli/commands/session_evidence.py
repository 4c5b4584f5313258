"""``session verify`` and ``reopen-evidence``: sealed evidence, compared with the journal and graded again."""

from __future__ import annotations

from orchestrator.assessment.reopening import Reopened, Reopening
from orchestrator.cli.click_classes import command
from orchestrator.cli.commands.session_plan import (
    account,
    candidate_argument,
    phase_argument,
    session_option,
    verified_session_of,
)
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.language_choice import localized
from orchestrator.cli.output import both, plain, table
from orchestrator.core.errors import ExitCode
from orchestrator.core.text import Text


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
    invocation.output.emit(_document(found), lambda: _show(invocation, found))
    return ExitCode.NOT_REPAIRED if found.differences else ExitCode.DONE


def _document(found: Reopened) -> dict[str, object]:
    return {
        "sources": dict(found.sources),
        "graded": found.graded,
        "stale": found.stale,
        "unready": {scenario: both(why) for scenario, why in found.unready.items()},
        "not_paused": {
            scenario: {host: both(why) for host, why in hosts.items()} for scenario, hosts in found.not_paused.items()
        },
        "differences": [[one.scenario, one.check, one.before, one.after] for one in found.differences],
    }


def _show(invocation: Invocation, found: Reopened) -> None:
    out = invocation.output
    for scenario, source in found.sources.items():
        kept = source == "instance"
        out.quiet(
            Text(
                fr=f"{scenario} : d'après {'le lab gardé' if kept else 'les preuves'}",
                en=f"{scenario}: from {'the kept lab' if kept else 'the evidence'}",
            )
        )
    for scenario in found.stale:
        out.warn(Text(fr=f"! {scenario} a changé depuis.", en=f"! {scenario} has changed since."))
    for scenario, why in found.unready.items():
        out.warn(Text(fr=f"! {scenario} n'était pas prêt : {why.fr}", en=f"! {scenario} was not ready: {why.en}"))
    for scenario, hosts in found.not_paused.items():
        for host, why in hosts.items():
            out.warn(
                Text(
                    fr=f"! {scenario}, {host} n'a pas pu être figée : {why.fr}",
                    en=f"! {scenario}, {host} could not be paused: {why.en}",
                )
            )
    for one in found.differences:
        out.bad(f"✘ {one.scenario} {one.check}: {one.before} → {one.after}")
        out.quiet(one.sentence.map("  {}".format))
    if not found.differences:
        out.ok(
            Text(
                fr=f"✔ Contrôles refaits : {found.graded}, aucune différence.",
                en=f"✔ Checks run again: {found.graded}, no difference.",
            )
        )


commands = {"verify": verify, "reopen-evidence": reopen}
