"""``doctor``: what this machine lacks."""

from __future__ import annotations

import os
from typing import Any

from orchestrator.cli.click_classes import command
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.output import both, plain, table
from orchestrator.core.errors import ExitCode
from orchestrator.core.text import Text
from orchestrator.doctor import ExaminedMachine, ExaminedPortal, Finding, examine, worst
from orchestrator.serving.installation import act_on_installed
from orchestrator.serving.serve_folders import SETTINGS, ServeFolders

_MARKS = {"ok": ("✔", "ok"), "warn": ("!", "warn"), "fail": ("✘", "bad")}


@command(
    "doctor",
    help=Text(
        fr="Dire ce qui manque à cette machine, et la commande exacte qui y remédie.\n\n"
        "Rien n'est modifié. Le code de sortie est 3 quand un lab ne peut pas démarrer.",
        en="Tell what this machine lacks, and the exact command that repairs it.\n\n"
        "Nothing is changed. The exit status is 3 when no lab can start.",
    ),
)
@pass_invocation
def doctor_command(invocation: Invocation) -> int:
    """Look at the machine and show what was found."""
    act_on_installed(os.geteuid())
    app = invocation.app
    findings = examine(
        ExaminedMachine(lambda: app.engine, lambda: app.builder.missing(app.catalogue.names)),
        ExaminedPortal(
            SETTINGS,
            app.content_with,
            ServeFolders.of(os.geteuid()),
            lambda: app.database.version(),  # noqa: PLW0108 - the store is opened last
        ),
    )
    status = worst(findings)
    document = {"status": status, "findings": [_document(finding) for finding in findings]}
    invocation.output.emit(document, lambda: _show(invocation, findings))
    return ExitCode.MACHINE if status == "fail" else ExitCode.DONE


def _document(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "status": finding.status,
        "subject": both(finding.subject),
        "seen": both(finding.seen),
        "remedy": both(finding.remedy),
    }


def _show(invocation: Invocation, findings: tuple[Finding, ...]) -> None:
    out, language = invocation.output, invocation.language
    rows = table("", Text(fr="Quoi", en="What"), Text(fr="État", en="State"))
    for finding in findings:
        mark, style = _MARKS[finding.status]
        rows.add_row(plain(mark, style), finding.subject.in_(language), finding.seen.in_(language))
        if finding.remedy and finding.status != "ok":
            rows.add_row("", "", plain(f"→ {finding.remedy.in_(language)}", style if style == "warn" else ""))
    out.print(rows, "")
    match worst(findings):
        case "ok":
            out.ok(Text(fr="✔ Cette machine est prête.", en="✔ This machine is ready."))
        case "warn":
            out.ok(
                Text(
                    fr="✔ Cette machine est prête, avec les limites ci-dessus.",
                    en="✔ This machine is ready, within the limits above.",
                )
            )
        case "fail":
            out.bad(Text(fr="✘ Il manque quelque chose : voyez ci-dessus.", en="✘ Something is missing: see above."))
