"""``demo``: the main job from start to end: a lab breaks, the grade is red, the repair makes it green."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markdown import Markdown
from rich.padding import Padding
from rich.rule import Rule

from grader.report import Report
from grader.report_formats import final_verdict
from orchestrator.cli import completing, phrases
from orchestrator.cli.card import typed
from orchestrator.cli.click_classes import FILE, SCENARIO, command, option, seed_option
from orchestrator.cli.grading_view import show_grading
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.output import plain
from orchestrator.cli.pictures import require_place, show_map, terminal_picture, write_picture
from orchestrator.cli.progress_view import steps
from orchestrator.core.errors import ExitCode, LabError
from orchestrator.core.interrupts import shielded
from orchestrator.core.text import Text
from orchestrator.labs import Running
from orchestrator.model.plan import Plan, PlannedSolution
from orchestrator.model.scenario import Step

DEFAULT = "no-network-after-move"


@command(
    "demo",
    help=Text(
        fr="Tout voir en une fois : un lab démarre, une panne le casse, l'évaluation est rouge, la solution de "
        "référence le répare, l'évaluation est verte, le lab est retiré.",
        en="See all of it at once: a lab starts, a fault breaks it, the grade is red, the reference solution repairs "
        "it, the grade is green, the lab is removed.",
    ),
)
@option(
    "--scenario",
    default=DEFAULT,
    metavar=SCENARIO,
    shell_complete=completing.scenarios,
    help=Text(fr=f"Le scénario (par défaut {DEFAULT}).", en=f"The scenario (by default {DEFAULT})."),
)
@seed_option(1)
@option(
    "--svg",
    metavar=FILE,
    type=click.Path(path_type=Path),
    help=Text(fr="Garder ce qui s'affiche dans un fichier SVG.", en="Keep what is shown in an SVG file."),
)
@pass_invocation
def demo_command(invocation: Invocation, scenario: str, seed: int, svg: Path | None) -> int:
    """Show the main job."""
    if svg is not None:
        require_place(svg)
        invocation.output.console.record = True
    plan = invocation.app.labs.plans.plan(scenario, seed)
    solution = _reference(plan)
    labs = invocation.app.labs
    _heading(invocation, 1, Text(fr="Le lab démarre, puis tombe en panne", en="The lab starts, then breaks"))
    running: Running | None = None
    try:
        with steps(invocation) as shown:
            running = labs.lifecycle.start(plan, shown)
        before, after = _break_and_repair(invocation, running, solution)
    finally:
        if running is not None:
            with shielded():
                labs.lifecycle.discard(running.instance)
    invocation.output.print("", Text(fr="✔ Lab arrêté et retiré.", en="✔ Lab stopped and removed."), style="ok")
    status = _judge(invocation, before, after)
    if svg is not None and status == ExitCode.DONE:
        write_picture(svg, terminal_picture(invocation.output.console, "breakfix demo"))
    return status


def _break_and_repair(invocation: Invocation, running: Running, solution: PlannedSolution) -> tuple[Report, Report]:
    out, language, plan = invocation.output, invocation.language, running.plan
    out.print("")
    show_map(invocation, running)
    if plan.ticket is not None:
        out.print("", phrases.ticket_panel(plan, language))
    _heading(invocation, 2, Text(fr="Évaluation avant réparation", en="Grading before the repair"))
    before = _grade(invocation, running)
    _heading(invocation, 3, Text(fr="Réparation", en="Repair"))
    out.print(Padding(plain(solution.summary.in_(language)), (0, 0, 1, 2)))
    for typed_in in invocation.app.labs.solutions.apply(running, solution, lambda step: _tell(invocation, step)):
        if typed_in.status:
            out.print(Padding(plain(f"→ {typed_in.status}: {typed_in.output.strip()}", "warn"), (0, 0, 0, 4)))
    _heading(invocation, 4, Text(fr="Évaluation après réparation", en="Grading after the repair"))
    after = _grade(invocation, running)
    if plan.debrief is not None:
        _heading(invocation, 5, Text(fr="Retour sur la panne", en="Debrief"))
        out.print(Padding(Markdown(plan.debrief.in_(language).strip()), (0, 2)))
    return before, after


def _reference(plan: Plan) -> PlannedSolution:
    """Return the reference solution.

    Raises:
        LabError: none applies to this variant; the loader refuses such content.
    """
    for solution in sorted(plan.solutions, key=lambda s: not s.reference):
        return solution
    raise LabError(Text(fr="Cette variante n'a pas de solution.", en="This variant has no solution."))


def _grade(invocation: Invocation, running: Running) -> Report:
    labs = invocation.app.labs
    return show_grading(
        invocation,
        lambda on_result, on_running: labs.grading.check(running, on_result=on_result, on_running=on_running),
    )


def _tell(invocation: Invocation, step: Step) -> None:
    out = invocation.output
    out.print(f"  • {step.tell.in_(invocation.language)}")
    for line in typed(step):
        out.print(Padding(plain(line, "quiet"), (0, 0, 0, 6)))


def _heading(invocation: Invocation, number: int, text: Text) -> None:
    title = plain(text.map(lambda said: f" {number}. {said} "), "bold")
    invocation.output.print("", Rule(title, align="left", style="cyan"))


def _judge(invocation: Invocation, before: Report, after: Report) -> int:
    """Return 0 only if the fault was seen and the repair was, without a doubt and without a change to explain."""
    good = before.verdict == "not_repaired" and after.verdict == "repaired"
    out = invocation.output
    if out.json:
        out.document({"before": before.verdict, "after": after.verdict, "ok": good})
    elif good:
        out.ok(
            Text(fr="✔ La panne était rouge, la réparation est verte.", en="✔ The fault was red, the repair is green.")
        )
    else:
        first, last = final_verdict(before), final_verdict(after)
        out.bad(
            Text(
                fr=f"✘ Démonstration manquée : avant « {first.fr} », après « {last.fr} ».",
                en=f"✘ The demonstration failed: '{first.en}' before, '{last.en}' after.",
            )
        )
    return ExitCode.DONE if good else ExitCode.BROKEN
