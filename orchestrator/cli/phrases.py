"""Words that several commands say the same way."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Styled

from orchestrator.cli.language_choice import localized
from orchestrator.cli.output import plain
from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.proof.proof_words import STATES, status_text

if TYPE_CHECKING:
    from orchestrator.model.plan import Plan
    from orchestrator.proof.proof_store import State, Status

_MOST_STARS = 4
_PROOF_MARKS: Mapping[State, tuple[str, str]] = {
    "here": ("✔", "ok"),
    "recorded": ("✔", "ok"),
    "claimed": ("?", "warn"),
    "changed": ("~", "warn"),
    "unproven": ("–", "quiet"),
}


def stars(difficulty: int) -> str:
    """Return a difficulty of 1 to 4 as stars."""
    return "★" * difficulty + "☆" * (_MOST_STARS - difficulty)


def kind(word: str) -> str:
    """Return a scenario's kind in the language."""
    return {
        "fault": localized(Text(fr="panne", en="fault")),
        "task": localized(Text(fr="mise en œuvre", en="task")),
    }.get(word, word)


def proof_state(status: Status) -> Styled:
    """Return one word for a table: where a scenario was proven, or why it is not."""
    mark, style = _PROOF_MARKS[status.state]
    return plain(f"{mark} {localized(Text(fr=STATES[status.state].fr, en=STATES[status.state].en))}", style)


def proof_line(status: Status) -> Styled:
    """Return what a trainer should know of a scenario's proof, with what has changed since."""
    mark, style = _PROOF_MARKS[status.state]
    text = status_text(status)
    return plain(f"{mark} {localized(Text(fr=text.fr, en=text.en))}", style)


def proof_legend(state: State, version: str, days: str) -> Styled:
    """Return what a word of ``proof_state`` means, with the days and the version of the proofs it stands for."""
    mark, style = _PROOF_MARKS[state]
    word = STATES[state].map(lambda said: f"{mark} {said}")
    what = {
        "here": localized(Text(fr="prouvé sur cette machine", en="proven on this machine")),
        "recorded": localized(Text(fr="prouvé par son auteur", en="proven by its author")),
        "claimed": localized(
            Text(fr="preuve que personne de connu n'a signée", en="a proof signed by nobody who is known here")
        ),
        "changed": localized(Text(fr="modifié depuis sa preuve", en="changed since its proof")),
    }[state]
    line = plain(Text(fr=word.fr, en=word.en), style)
    line.append(f" {what}, {days}, Breakfix {version}", style="quiet")
    return line


def program() -> str:
    """Return how the user calls the program: ``breakfix`` where the shell finds it, else its launcher."""
    if shutil.which("breakfix"):
        return "breakfix"
    launcher = Path(__file__).parents[2] / "breakfix"
    if not os.access(launcher, os.X_OK):
        return "breakfix"
    return "./breakfix" if launcher.parent == Path.cwd() else str(launcher)


def ticket_panel(plan: Plan, language: Language) -> RenderableType:
    """Return the ticket in a frame."""
    from rich import box
    from rich.markdown import Markdown
    from rich.panel import Panel

    text = plan.ticket.in_(language) if plan.ticket else ""
    return Panel(
        Markdown(text.strip()),
        title=plain(f"{localized(Text(fr='Ticket', en='Ticket'))} · {plan.title.in_(language)}", "bold"),
        title_align="left",
        border_style="cyan",
        box=box.ROUNDED,
        padding=(1, 2),
    )


def next_steps(plan: Plan, host: str | None, lab: str | None) -> RenderableType:
    """Return what a trainee may do next.

    Args:
        plan: what is asked for.
        host: where to begin.
        lab: the lab's name where commands have to be given it.
    """
    option = f" --lab {lab}" if lab else ""
    rows = [
        (
            "lab",
            localized(
                Text(fr="lire ce qu'est ce lab : machines, comptes", en="read what this lab is: hosts, accounts")
            ),
        ),
        (
            f"shell {host or localized(Text(fr='MACHINE', en='HOST'))}",
            localized(Text(fr="ouvrir un terminal", en="open a terminal on a host")),
        ),
        *(
            [("answer", localized(Text(fr="répondre aux questions", en="answer the questions")))]
            if plan.questions
            else []
        ),
        *(
            [("report", localized(Text(fr="écrire le rapport d'intervention", en="write the intervention report")))]
            if plan.report
            else []
        ),
        *(
            [("check", localized(Text(fr="faire évaluer la réparation", en="have the repair graded")))]
            if plan.scenario
            else []
        ),
        *([("hint", localized(Text(fr="demander un indice", en="ask for a hint")))] if plan.hints else []),
        ("stop", localized(Text(fr="arrêter le lab", en="stop the lab"))),
    ]
    lines = Table.grid(padding=(0, 2))
    for words, what in rows:
        lines.add_row("", plain(f"{program()} {words}{option}", "key"), what)
    return Padding(lines, (1, 0, 0, 0))
