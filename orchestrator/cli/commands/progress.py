"""``progress``: what somebody has tried and solved, and what to do next."""

from __future__ import annotations

import getpass
from typing import Any

from rich.text import Text as Styled

from orchestrator.cli import phrases
from orchestrator.cli.click_classes import PERSON, command, option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.output import both, plain, table
from orchestrator.cli.store_access import reading
from orchestrator.cli.times import duration
from orchestrator.core.elision import de
from orchestrator.core.errors import ContentError
from orchestrator.core.text import Text
from orchestrator.model.scenario import ScenarioDocument
from orchestrator.practice.learning_progress import LearningProgress, OfCompetence, Proposal, Tried, progress, tried
from orchestrator.records import attempts
from orchestrator.records.people import People

_SOLVED, _RUNNING = Text(fr="résolu", en="solved"), Text(fr="en cours", en="running")
_NOT_SOLVED = Text(fr="non résolu", en="not solved")


@command(
    "progress",
    help=Text(
        fr="Ce qui a été essayé et résolu, par activité (CCP) et compétence, et ce qu'il reste à faire.\n\n"
        "Sans --person, il s'agit de vous.",
        en="What was tried and solved, by activity (CCP) and competence, and what to do next.\n\n"
        "Without --person, it is about you.",
    ),
)
@option("--person", metavar=PERSON, help=Text(fr="Une autre personne.", en="Somebody else."))
@option("--attempts", "listed", is_flag=True, help=Text(fr="Montrer chaque essai.", en="Show each attempt."))
@pass_invocation
def progress_command(invocation: Invocation, person: str | None, *, listed: bool) -> None:
    """Show somebody's progress."""
    name, done = _done(invocation, person)
    content = invocation.app.content
    found = progress(done, _documents(invocation), content.referential())
    if invocation.json:
        invocation.output.document(_document(name, found, done))
        return
    _show(invocation, name, found)
    if listed:
        _show_attempts(invocation, done)
    _propose(invocation, found)


def _done(invocation: Invocation, word: str | None) -> tuple[str, list[Tried]]:
    """Return who is meant, and what they have done; reading adds nobody."""
    with reading(invocation) as store:
        people = People(store)
        person = people.find(word) if word else people.with_account(getpass.getuser())
        if person is None:
            return getpass.getuser(), []
        return person.name or person.handle, [tried(one) for one in attempts.of_person(store, person)]


def _documents(invocation: Invocation) -> list[ScenarioDocument]:
    """Return all scenarios that can be read; 'validate' tells of the others."""
    content, found = invocation.app.content, []
    for name in content.scenarios():
        try:
            found.append(content.scenario_document(name))
        except ContentError:
            continue
    return found


def _show(invocation: Invocation, name: str, found: LearningProgress) -> None:
    out, language = invocation.output, invocation.language
    out.print(Text(fr=f"Progression {de(name)}", en=f"Progress of {name}"), style="bold")
    for ccp, competences in found.by_ccp:
        out.heading(f"CCP {ccp.number} · {ccp.title.in_(language)}")
        rows = table(
            "  ",
            Text(fr="Compétence", en="Competence"),
            Text(fr="Essayés", en="Tried"),
            Text(fr="Résolus", en="Solved"),
            Text(fr="Sans indice", en="Unaided"),
            Text(fr="Indices", en="Hints"),
            Text(fr="Temps", en="Time"),
        )
        for column in rows.columns[2:]:
            column.justify, column.no_wrap = "right", True
        for one in competences:
            rows.add_row(*_row(invocation, one))
        out.print(rows)


def _row(invocation: Invocation, one: OfCompetence) -> tuple[Styled, ...]:
    title = plain(f"{one.competence.code} {one.competence.title.in_(invocation.language)}")
    if not one.offered and not one.attempts:
        return plain(" ·", "quiet"), plain(title.plain, "quiet"), *(plain("–", "quiet") for _ in range(5))
    mark, style = (
        ("✔", "ok") if one.offered and one.solved >= one.offered else ("◐", "warn") if one.tried else ("·", "")
    )
    return (
        plain(f" {mark}", style),
        title,
        plain(f"{one.tried}/{one.offered}"),
        plain(f"{one.solved}/{one.offered}"),
        plain(str(one.unaided)),
        plain(str(one.hints)),
        plain(duration(one.seconds) if one.seconds else "–"),
    )


def _show_attempts(invocation: Invocation, done: list[Tried]) -> None:
    rows = table(
        Text(fr="Quand", en="When"),
        Text(fr="Scénario", en="Scenario"),
        Text(fr="Résultat", en="Result"),
        Text(fr="Indices", en="Hints"),
        Text(fr="Temps", en="Time"),
    )
    for one in done:
        solved = _SOLVED if one.solved else _RUNNING if one.running else _NOT_SOLVED
        rows.add_row(
            f"{one.started_at.astimezone():%Y-%m-%d %H:%M}",
            plain(one.scenario, "key"),
            plain(solved, "ok" if one.solved else "warn"),
            str(one.hints),
            duration(one.seconds),
        )
    invocation.output.heading(Text(fr="Essais", en="Attempts"))
    invocation.output.print(rows)


def _propose(invocation: Invocation, found: LearningProgress) -> None:
    if not found.proposals:
        invocation.output.print("", Text(fr="✔ Tout est résolu.", en="✔ Everything is solved."), style="ok")
        return
    invocation.output.heading(Text(fr="À faire ensuite", en="To do next"))
    rows = table("", "", "")
    rows.show_header = False
    for one in found.proposals:
        rows.add_row(
            plain(f"  {phrases.program()} start {one.scenario}", "key"),
            phrases.stars(one.difficulty),
            f"{one.competence} · {one.why.in_(invocation.language)}",
        )
    invocation.output.print(rows)


def _document(name: str, found: LearningProgress, done: list[Tried]) -> dict[str, Any]:
    return {
        "person": name,
        "ccps": [
            {"ccp": ccp.number, "title": both(ccp.title), "competences": [_competence(one) for one in competences]}
            for ccp, competences in found.by_ccp
        ],
        "attempts": [_attempt(one) for one in done],
        "next": [_proposal(one) for one in found.proposals],
    }


def _competence(one: OfCompetence) -> dict[str, Any]:
    return {
        "code": one.competence.code,
        "title": both(one.competence.title),
        "offered": one.offered,
        "tried": one.tried,
        "solved": one.solved,
        "unaided": one.unaided,
        "attempts": one.attempts,
        "hints": one.hints,
        "seconds": one.seconds,
    }


def _attempt(one: Tried) -> dict[str, Any]:
    return {
        "scenario": one.scenario,
        "competences": list(one.competences),
        "started_at": one.started_at.isoformat(timespec="seconds"),
        "solved": one.solved,
        "running": one.running,
        "hints": one.hints,
        "gradings": one.gradings,
        "seconds": one.seconds,
    }


def _proposal(one: Proposal) -> dict[str, Any]:
    return {
        "scenario": one.scenario,
        "title": both(one.title),
        "competence": one.competence,
        "difficulty": one.difficulty,
        "reason": one.reason,
        "why": both(one.why),
    }
