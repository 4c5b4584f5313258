"""Words that several commands say the same way."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.panel import Panel

from orchestrator.cli.language import tr
from orchestrator.cli.output import plain
from orchestrator.language import Language
from orchestrator.model.plan import Plan

_MOST_STARS = 4


def stars(difficulty: int) -> str:
    """Return a difficulty of 1 to 4 as stars."""
    return "★" * difficulty + "☆" * (_MOST_STARS - difficulty)


def kind(word: str) -> str:
    """Return a scenario's kind in the language."""
    return {"fault": tr("panne", "fault"), "task": tr("mise en œuvre", "task")}.get(word, word)


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
    text = plan.ticket.in_(language) if plan.ticket else ""
    return Panel(
        Markdown(text.strip()),
        title=plain(f"{tr('Ticket', 'Ticket')} · {plan.title.in_(language)}", "bold"),
        title_align="left",
        border_style="cyan",
        box=box.ROUNDED,
        padding=(1, 2),
    )


def next_steps(host: str | None) -> RenderableType:
    """Return what a trainee may do next."""
    name = program()
    rows = [
        (
            f"{name} shell {host or tr('MACHINE', 'HOST')}",
            tr("ouvrir un terminal sur une machine", "open a terminal on a host"),
        ),
        (f"{name} check", tr("faire évaluer la réparation", "have the repair graded")),
        (f"{name} hint", tr("demander un indice", "ask for a hint")),
        (f"{name} stop", tr("arrêter le lab", "stop the lab")),
    ]
    width = max(len(command) for command, _ in rows)
    lines = []
    for command, what in rows:
        line = plain("  ")
        line.append(command.ljust(width + 2), style="key")
        line.append(what)
        lines.append(line)
    return Padding(Group(*lines), (1, 0, 0, 0))
