"""``scenarios`` and ``show``: what can be practised, without starting anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click
from rich.table import Table
from rich.text import Text as Styled

from orchestrator.cli import failures, phrases
from orchestrator.cli.card import card_document, show_card
from orchestrator.cli.click_classes import command, option, scenario_argument, seed_option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.output import both, plain, table
from orchestrator.core.errors import ContentError, ExitCode, Problem, UsageError
from orchestrator.core.text import Text
from orchestrator.model.referential import Ccp
from orchestrator.model.scenario import ScenarioDocument
from orchestrator.proof.proof_status import State, Status


@command(
    "scenarios",
    help=Text(
        fr="La liste des scénarios, par activité (CCP) du titre professionnel.",
        en="List the scenarios by activity (CCP) of the certification.",
    ),
)
@option(
    "--competence",
    metavar="CODE",
    help=Text(
        fr="Une compétence (1.3) ou une activité entière (1).", en="One competence (1.3) or a whole activity (1)."
    ),
)
@option(
    "--difficulty",
    type=click.IntRange(1, 4),
    metavar="N",
    help=Text(fr="Une difficulté, de 1 à 4.", en="One difficulty, from 1 to 4."),
)
@pass_invocation
def scenarios_command(invocation: Invocation, competence: str | None, difficulty: int | None) -> int:
    """List scenarios; those that are invalid are told after the others."""
    documents, problems = _documents(invocation)
    wanted = [*_wanted(invocation, documents, competence, difficulty)]
    if invocation.json:
        invocation.output.document({"scenarios": [_document(invocation, d) for d in wanted]})
    else:
        _show(invocation, wanted)
    if not problems:
        return ExitCode.DONE
    if not invocation.json:
        failures.print_problems(invocation, ContentError(tuple(problems)))
    return ExitCode.CONTENT


@command(
    "show",
    help=Text(
        fr="La fiche et le ticket d'un scénario. Rien n'est démarré.",
        en="Show a scenario's card and ticket. Nothing is started.",
    ),
)
@scenario_argument
@seed_option(1, text=Text(fr="Le numéro de la variante (par défaut 1).", en="The variant's number (by default 1)."))
@option(
    "--solution",
    is_flag=True,
    help=Text(
        fr="Pour les formateurs : pannes, indices, solutions et raccourcis refusés.",
        en="For trainers: faults, hints, solutions and the shortcuts that are refused.",
    ),
)
@pass_invocation
def show_command(invocation: Invocation, scenario: str, seed: int, *, solution: bool) -> None:
    """Show a scenario."""
    labs = invocation.app.labs
    loaded, plan = labs.plans.scenario(scenario), labs.plans.preview(scenario, seed)
    status = invocation.app.proofs.status(loaded.id)
    if invocation.json:
        card = card_document(invocation, loaded, plan, solution=solution)
        invocation.output.document({**card, "proof": status.to_document()})
    else:
        show_card(invocation, loaded, plan, solution=solution)
        invocation.output.print("", phrases.proof_line(status))


def _documents(invocation: Invocation) -> tuple[list[ScenarioDocument], list[Problem]]:
    documents: list[ScenarioDocument] = []
    problems: list[Problem] = []
    content = invocation.app.content
    for name in content.scenarios():
        try:
            documents.append(content.scenario_document(name))
        except ContentError as error:
            problems += error.problems
    return documents, problems


def _wanted(
    invocation: Invocation, documents: Iterable[ScenarioDocument], competence: str | None, difficulty: int | None
) -> Iterable[ScenarioDocument]:
    matches = _matcher(invocation, competence)
    for document in documents:
        if difficulty in {None, document.difficulty} and any(map(matches, document.competences)):
            yield document


def _matcher(invocation: Invocation, competence: str | None) -> Callable[[str], bool]:
    """Return what tells whether a competence is asked for.

    Raises:
        UsageError: the certification has no such competence.
    """
    if competence is None:
        return lambda _code: True
    codes = invocation.app.content.referential().competences()
    if competence not in codes and not any(code.startswith(f"{competence}.") for code in codes):
        listed = ", ".join(codes)
        raise UsageError(
            Text(
                fr=f"Le titre n'a pas de compétence « {competence} ».",
                en=f'The certification has no competence "{competence}".',
            ),
            Text(fr=f"Les codes : {listed}", en=f"The codes: {listed}"),
        )
    return lambda code: code == competence or code.startswith(f"{competence}.")


def _status(invocation: Invocation, document: ScenarioDocument) -> Status:
    """Return whether a scenario is proven; one whose lab is invalid counts as unproven."""
    try:
        return invocation.app.proofs.status(document.id)
    except (ContentError, UsageError):
        return Status("unproven")


def _document(invocation: Invocation, document: ScenarioDocument) -> dict[str, Any]:
    return {
        "id": document.id,
        "title": both(document.title),
        "competences": list(document.competences),
        "difficulty": document.difficulty,
        "minutes": document.minutes,
        "kind": document.kind,
        "lab": document.lab,
        "proof": _status(invocation, document).to_document(),
    }


def _show(invocation: Invocation, documents: list[ScenarioDocument]) -> None:
    out = invocation.output
    if not documents:
        out.note(Text(fr="Aucun scénario ne correspond.", en="No scenario matches."), style="warn")
        return
    for ccp in invocation.app.content.referential().ccps:
        mine = [d for d in documents if d.competences[0].startswith(f"{ccp.number}.")]
        if mine:
            out.print(f"CCP {ccp.number} · {ccp.title.in_(invocation.language)}", "", style="bold")
            out.print(_table(invocation, ccp, mine), "")
    for line in _legend(_status(invocation, d) for d in documents):
        out.print(line)
    count = len(documents)
    out.quiet(
        Text(
            fr=f"{count} scénario{'s' if count > 1 else ''}. « {phrases.program()} start SCÉNARIO » en démarre un.",
            en=f"{count} scenario{'' if count == 1 else 's'}. '{phrases.program()} start SCENARIO' starts one.",
        )
    )


def _legend(statuses: Iterable[Status]) -> Iterable[Styled]:
    """Yield what the words for proofs mean, with the days and versions that the tables have no room for."""
    days: dict[tuple[State, str], set[str]] = {}
    for status in statuses:
        days.setdefault((status.state, status.version), set()).add(status.proven_at.partition("T")[0])
    for (state, version), found in sorted(days.items()):
        if state != "unproven":
            first, last = min(found), max(found)
            yield phrases.proof_legend(state, version, first if first == last else f"{first} – {last}")


def _table(invocation: Invocation, ccp: Ccp, documents: list[ScenarioDocument]) -> Table:
    rows = table(
        Text(fr="Scénario", en="Scenario"),
        Text(fr="Titre", en="Title"),
        Text(fr="Comp.", en="Comp."),
        Text(fr="Niveau", en="Level"),
        "Min",
        "Type",
        Text(fr="Preuve", en="Proof"),
    )
    rows.columns[0].no_wrap = True
    for document in sorted(documents, key=lambda d: (d.competences, d.difficulty, d.id)):
        first = [code for code in document.competences if code.startswith(f"{ccp.number}.")]
        rows.add_row(
            plain(document.id, "key"),
            document.title.in_(invocation.language),
            ", ".join(first),
            plain(phrases.stars(document.difficulty), "warn"),
            str(document.minutes),
            phrases.kind(document.kind),
            phrases.proof_state(_status(invocation, document)),
        )
    return rows
