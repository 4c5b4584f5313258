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
    from orchestrator.proof.proof_status import State, Status

_MOST_STARS = 4
_KINDS: Mapping[str, Text] = {"fault": Text(fr="panne", en="fault"), "task": Text(fr="mise en œuvre", en="task")}
_PROOF_MARKS: Mapping[State, tuple[str, str]] = {
    "here": ("✔", "ok"),
    "recorded": ("✔", "ok"),
    "claimed": ("?", "warn"),
    "changed": ("~", "warn"),
    "unproven": ("–", "quiet"),
}
_PROOF_WORDS: Mapping[State, Text] = {
    "here": Text(fr="prouvé sur cette machine", en="proven on this machine"),
    "recorded": Text(fr="prouvé par son auteur", en="proven by its author"),
    "claimed": Text(fr="preuve que personne de connu n'a signée", en="a proof signed by nobody who is known here"),
    "changed": Text(fr="modifié depuis sa preuve", en="changed since its proof"),
}


def stars(difficulty: int) -> str:
    """Return a difficulty of 1 to 4 as stars."""
    return "★" * difficulty + "☆" * (_MOST_STARS - difficulty)


def kind(word: str) -> str:
    """Return a scenario's kind in the language."""
    return localized(_KINDS.get(word, word))


def proof_state(status: Status) -> Styled:
    """Return one word for a table: where a scenario was proven, or why it is not."""
    mark, style = _PROOF_MARKS[status.state]
    return plain(STATES[status.state].map(lambda said: f"{mark} {said}"), style)


def proof_line(status: Status) -> Styled:
    """Return what a trainer should know of a scenario's proof, with what has changed since."""
    mark, style = _PROOF_MARKS[status.state]
    return plain(status_text(status).map(lambda said: f"{mark} {said}"), style)


def proof_legend(state: State, version: str, days: str) -> Styled:
    """Return what a word of ``proof_state`` means, with the days and the version of the proofs it stands for."""
    mark, style = _PROOF_MARKS[state]
    line = plain(STATES[state].map(lambda said: f"{mark} {said}"), style)
    line.append(f" {localized(_PROOF_WORDS[state])}, {days}, Breakfix {version}", style="quiet")
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
        title=plain(f"Ticket · {plan.title.in_(language)}", "bold"),
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
    steps = {
        "lab": Text(fr="lire ce qu'est ce lab : machines, comptes", en="read what this lab is: hosts, accounts"),
        f"shell {host or localized(Text(fr='MACHINE', en='HOST'))}": Text(
            fr="ouvrir un terminal", en="open a terminal on a host"
        ),
        "talk": plan.personas and Text(fr="parler avec les utilisateurs", en="talk with the users"),
        "answer": plan.questions and Text(fr="répondre aux questions", en="answer the questions"),
        "report": plan.report and Text(fr="écrire le rapport d'intervention", en="write the intervention report"),
        "check": plan.scenario and Text(fr="faire évaluer la réparation", en="have the repair graded"),
        "hint": plan.hints and Text(fr="demander un indice", en="ask for a hint"),
        "stop": Text(fr="arrêter le lab", en="stop the lab"),
    }
    lines = Table.grid(padding=(0, 2))
    for words, what in steps.items():
        if what:
            lines.add_row("", plain(f"{program()} {words}{option}", "key"), plain(what))
    return Padding(lines, (1, 0, 0, 0))
