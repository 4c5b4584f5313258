"""The map on the terminal, and pictures in files: a map, or what a terminal showed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text as Styled

from orchestrator.cli.session import Session
from orchestrator.errors import MachineError
from orchestrator.service import Running
from orchestrator.text import Text
from orchestrator.topology import Topology, topology
from orchestrator.topology_text import Line, draw

_FONTS: Final = "ui-monospace, DejaVu Sans Mono, Menlo, Consolas, monospace"
"""Fonts that machines have: the picture fetches none."""


def topology_of(session: Session, running: Running) -> Topology:
    """Return a running lab's network with its cables as they are."""
    return topology(running.plan, session.app.fabric.ports(running.instance.name))


def show_map(session: Session, running: Running) -> None:
    """Draw a running lab."""
    print_topology(session, topology_of(session, running))


def print_topology(session: Session, drawn: Topology) -> None:
    """Draw a network as wide as the terminal allows."""
    console = session.output.console
    for line in draw(drawn, session.language, console.width):
        console.print(_styled(line), highlight=False)


def _styled(line: Line) -> Styled:
    text = Styled()
    for run in line:
        text.append(run.text, style=run.style)
    return text


def terminal_picture(console: Console, title: str) -> str:
    """Return what a console that records has shown, as SVG; the same output gives the same file."""
    from rich._export_format import CONSOLE_SVG_FORMAT

    plain = re.sub(r" *@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    frame = plain.replace("Fira Code, monospace", _FONTS)
    return console.export_svg(title=title, code_format=frame, unique_id="terminal")


def require_place(path: Path) -> None:
    """Make sure that a picture can be written, before what it is to show is done.

    Raises:
        MachineError: there is no such folder, or a folder of that name.
    """
    if not path.parent.is_dir() or path.is_dir():
        raise MachineError(
            Text(
                fr=f"Impossible d'écrire {path} : ce n'est pas un fichier dans un dossier qui existe.",
                en=f"Cannot write {path}: it is no file in a folder that exists.",
            )
        )


def write_picture(path: Path, text: str) -> None:
    """Write a picture.

    Raises:
        MachineError: it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise MachineError(
            Text(fr=f"Impossible d'écrire {path} : {reason}", en=f"Cannot write {path}: {reason}")
        ) from error
