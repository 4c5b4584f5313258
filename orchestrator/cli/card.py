"""A scenario's card: what a trainee may know before starting, and what a trainer may know besides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.padding import Padding
from rich.table import Table

from orchestrator.cli import phrases
from orchestrator.cli.invocation import Invocation
from orchestrator.cli.language_choice import localized
from orchestrator.cli.output import both, plain
from orchestrator.core.text import Text
from orchestrator.faults.registry import explanation
from orchestrator.model.drawn_person import DrawnPerson
from orchestrator.model.plan import Plan, PlannedSolution, Value
from orchestrator.model.scenario import Scenario, Step
from orchestrator.planning.step_lines import step_lines
from orchestrator.planning.template_context import RESERVED


def card_document(invocation: Invocation, scenario: Scenario, plan: Plan, *, solution: bool) -> dict[str, Any]:
    """Return a card as JSON's types."""
    document = scenario.document
    card: dict[str, Any] = {
        "id": document.id,
        "title": both(document.title),
        "competences": list(document.competences),
        "difficulty": document.difficulty,
        "minutes": document.minutes,
        "kind": document.kind,
        "lab": document.lab,
        "seed": plan.seed,
        "digest": plan.digest,
        "ticket": both(plan.ticket),
        "hosts": [{"name": h.name, "title": both(h.title), "image": h.image} for h in plan.hosts],
        "questions": {name: both(question.question) for name, question in plan.questions.items()},
        "report": plan.report,
    }
    if solution:
        card["values"] = {name: _value(value) for name, value in _drawn(plan).items()}
        card["truths"] = {name: question.truth for name, question in plan.questions.items()}
        card["faults"] = [
            {"fault": f.fault, "parameters": f.parameters, "explanation": both(explanation)}
            for f, explanation in zip(plan.faults, _explanations(invocation, plan), strict=True)
        ]
        card["afterwards"] = [both(action.tell) for action in plan.afterwards]
        card["hints"] = [both(hint) for hint in plan.hints]
        card["solutions"] = [_solution_document(s) for s in plan.solutions]
        card["shortcuts"] = [_solution_document(s) for s in plan.shortcuts]
        card["debrief"] = both(plan.debrief)
    return card


def _drawn(plan: Plan) -> dict[str, Value]:
    """Return what the seed drew: the plan's values without what every lab has."""
    return {name: value for name, value in plan.values.items() if name not in RESERVED}


def _value(value: Value) -> object:
    if isinstance(value, DrawnPerson):
        return {"full": value.full, "login": value.login, "feminine": value.feminine}
    return value


def _solution_document(solution: PlannedSolution) -> dict[str, Any]:
    return {
        "name": solution.name,
        "summary": both(solution.summary),
        "reference": solution.reference,
        "steps": [step.model_dump(exclude_none=True) for step in solution.steps],
    }


def show_card(invocation: Invocation, scenario: Scenario, plan: Plan, *, solution: bool) -> None:
    """Print a card."""
    out, language, document = invocation.output, invocation.language, scenario.document
    out.print(plain(document.title.in_(language), "bold"), plain(document.id, "key"), "")
    rows = Table.grid(padding=(0, 2))
    titles = invocation.app.content.referential().competences()
    listed = [f"{code} {titles[code].title.in_(language)}" for code in document.competences]
    hosts = ", ".join(host.name for host in plan.hosts)
    rows.add_row(plain(Text(fr="Compétence", en="Competence"), "quiet"), plain("\n".join(listed)))
    rows.add_row(
        plain(Text(fr="Difficulté", en="Difficulty"), "quiet"), plain(phrases.stars(document.difficulty), "warn")
    )
    rows.add_row(plain(Text(fr="Durée", en="Time"), "quiet"), f"{document.minutes} min")
    rows.add_row(plain(Text(fr="Type", en="Kind"), "quiet"), phrases.kind(document.kind))
    rows.add_row(plain("Lab", "quiet"), plain(f"{document.lab} ({hosts})"))
    rows.add_row(plain(Text(fr="Variante", en="Variant"), "quiet"), f"--seed {plan.seed}")
    if handed_in := _handed_in(invocation, plan):
        rows.add_row(plain(Text(fr="À rendre", en="To hand in"), "quiet"), plain("\n".join(handed_in)))
    out.print(rows, "", phrases.ticket_panel(plan, language))
    if solution:
        _show_solution(invocation, plan)


def _handed_in(invocation: Invocation, plan: Plan) -> list[str]:
    asked = [" ".join(question.question.in_(invocation.language).split()) for question in plan.questions.values()]
    report = Text(fr="un rapport d'intervention", en="an intervention report")
    return [*asked, *([localized(report)] if plan.report else [])]


def _show_solution(invocation: Invocation, plan: Plan) -> None:
    out, language = invocation.output, invocation.language
    if drawn := _drawn(plan):
        out.heading(Text(fr="Ce que le numéro a tiré", en="What the number drew"))
        for name, value in drawn.items():
            shown = f"{value.full} ({value.login})" if isinstance(value, DrawnPerson) else str(value)
            out.print(plain("  ").append(name, style="key").append(f"  {shown}"))
    _show_sentences(invocation, Text(fr="Ce qui est en panne", en="What is broken"), _explanations(invocation, plan))
    _show_sentences(
        invocation, Text(fr="Ce qui s'est passé ensuite", en="What happened next"), [a.tell for a in plan.afterwards]
    )
    if plan.questions:
        out.heading(Text(fr="Réponses attendues", en="Right answers"))
    for name, question in plan.questions.items():
        truth = question.truth if isinstance(question.truth, str) else ", ".join(filter(None, question.truth))
        out.print(plain("  ").append(name, style="key").append(f"  {truth}"))
    out.heading(Text(fr="Indices", en="Hints"))
    for number, hint in enumerate(plan.hints, start=1):
        out.print(Padding(plain(f"{number}. {hint.in_(language)}"), (0, 0, 0, 2)))
    out.heading(Text(fr="Solutions", en="Solutions"))
    for solution in plan.solutions:
        mark = localized(Text(fr=" (référence)", en=" (reference)")) if solution.reference else ""
        _show_steps(invocation, solution, mark)
    out.heading(Text(fr="Raccourcis refusés", en="Shortcuts that are refused"))
    for shortcut in plan.shortcuts:
        _show_steps(invocation, shortcut, "")


def _show_sentences(invocation: Invocation, heading: Text, sentences: Sequence[Text]) -> None:
    """Print sentences below a heading; nothing where there is none."""
    if sentences:
        invocation.output.heading(heading)
    for sentence in sentences:
        invocation.output.print(f"  • {sentence.in_(invocation.language)}")


def _explanations(invocation: Invocation, plan: Plan) -> list[Text]:
    roots = invocation.app.content.roots
    return [explanation(fault, roots) for fault in plan.faults]


def _show_steps(invocation: Invocation, solution: PlannedSolution, mark: str) -> None:
    out, language = invocation.output, invocation.language
    head = plain("  ")
    head.append(solution.name, style="key")
    head.append(f"{mark} : {solution.summary.fr}" if language == "fr" else f"{mark}: {solution.summary.en}")
    out.print(head)
    for step in solution.steps:
        out.print(Padding(plain(f"- {step.tell.in_(language)}"), (0, 0, 0, 4)))
        for line in typed(step):
            out.print(Padding(plain(line, "quiet"), (0, 0, 0, 6)))


def typed(step: Step) -> tuple[str, ...]:
    """Return what a person types or does in a step, line by line, in the user's language."""
    return tuple(localized(line) for line in step_lines(step))
