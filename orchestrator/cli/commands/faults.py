"""``faults``: what can be broken, in the words of the faults' own documentation."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import Any

from rich.padding import Padding

from orchestrator.cli import completing, failures
from orchestrator.cli.click_classes import argument, command
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.output import both, plain, table
from orchestrator.core.errors import ContentError, ExitCode
from orchestrator.core.text import Text
from orchestrator.faults import manual
from orchestrator.faults.discovery import discover
from orchestrator.faults.manual import Page, pages
from orchestrator.faults.registry import fault_class

_REQUIRED = Text(fr="à donner", en="required")


@command(
    "faults",
    help=Text(
        fr="Les pannes que l'on peut injecter, par ce qui est cassé ; avec un nom, tout sur une panne : effet, "
        "paramètres, exemple à coller dans scenario.yaml. La documentation des pannes est en anglais.",
        en="The faults that can be injected, by what is broken; with a name, all about one: effect, parameters, an "
        "example to paste into scenario.yaml.",
    ),
)
@argument("name", required=False, metavar=Text(fr="[PANNE]", en="[NAME]"), shell_complete=completing.faults)
@pass_invocation
def faults_command(invocation: Invocation, name: str | None) -> int:
    """Document the faults."""
    roots = invocation.app.content.roots
    if name is not None:
        _show(invocation, manual.page(discover(roots).faults[fault_class(name, roots).name]))
        return ExitCode.DONE
    documented = pages(roots)
    problems = tuple(discover(roots).problems)
    if invocation.json:
        invocation.output.document({"faults": [_document(page) for page in documented]})
    else:
        _list(invocation, documented)
    if not problems:
        return ExitCode.DONE
    if not invocation.json:
        failures.print_problems(invocation, ContentError(problems))
    return ExitCode.CONTENT


def _list(invocation: Invocation, documented: tuple[Page, ...]) -> None:
    out = invocation.output
    width = max(len(page.name) for page in documented)
    for _, members in groupby(documented, key=lambda page: (page.group, page.about)):
        of_group = list(members)
        rows = table("", "")
        rows.show_header = False
        rows.columns[0].no_wrap = True
        rows.columns[0].width = width
        for page in of_group:
            rows.add_row(plain(page.name, "key"), page.summary)
        out.print(plain(of_group[0].about or of_group[0].group, "bold"), Padding(rows, (0, 0, 1, 2)))
    out.quiet(
        Text(
            fr=f"{len(documented)} pannes. « breakfix faults PANNE » en décrit une.",
            en=f"{len(documented)} faults. 'breakfix faults NAME' describes one.",
        )
    )


def _show(invocation: Invocation, page: Page) -> None:
    out = invocation.output
    if out.json:
        out.document(_document(page))
        return
    out.print(plain(page.name, "key"), plain(page.summary, "bold"), "")
    for paragraph in page.details:
        out.print(paragraph, "")
    if page.sample is not None:
        out.print(Text(fr="Au bilan, le stagiaire lit :", en="In the debrief the trainee reads:"), style="bold")
        out.print(Padding(plain(page.sample.explain().in_(invocation.language)), (0, 0, 1, 2)))
    rows = table(Text(fr="Paramètre", en="Parameter"), "Type", Text(fr="Par défaut", en="Default"), "")
    for parameter in page.parameters:
        default = plain(_REQUIRED, "warn") if parameter.default is None else plain(parameter.default)
        rows.add_row(plain(parameter.name, "key"), parameter.type, default, parameter.description)
    out.print(rows)
    out.heading(Text(fr="Dans scenario.yaml :", en="In scenario.yaml:"))
    out.print(Padding(plain(page.example), (0, 0, 0, 2)))
    out.print("", page.place, style="quiet")


def _document(page: Page) -> dict[str, Any]:
    return {
        "name": page.name,
        "group": page.group,
        "about": page.about,
        "place": page.place,
        "summary": page.summary,
        "details": list(page.details),
        "parameters": [{**asdict(p), "required": p.default is None} for p in page.parameters],
        "example": page.example,
        "explanation": both(page.sample.explain()) if page.sample else None,
    }
