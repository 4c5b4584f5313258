"""The map on the terminal, and pictures in files: a map, or what a terminal showed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text as Styled

from orchestrator.cli.invocation import Invocation
from orchestrator.core.errors import MachineError
from orchestrator.core.text import Text
from orchestrator.labs import Running
from orchestrator.topology.layout import Topology, topology
from orchestrator.topology.text_picture import Line, draw

_FONTS: Final = "ui-monospace, DejaVu Sans Mono, Menlo, Consolas, monospace"
"""Fonts that machines have: the picture fetches none."""


def topology_of(invocation: Invocation, running: Running) -> Topology:
    """Return a running lab's network with its cables as they are."""
    return topology(running.plan, invocation.app.labs.running.cables(running.instance))


def show_map(invocation: Invocation, running: Running) -> None:
    """Draw a running lab."""
    print_topology(invocation, topology_of(invocation, running))


def print_topology(invocation: Invocation, drawn: Topology) -> None:
    """Draw a network as wide as the terminal allows."""
    console = invocation.output.console
    for line in draw(drawn, invocation.language, console.width):
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
