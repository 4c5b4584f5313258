"""The map on the terminal."""

from __future__ import annotations

from rich.text import Text as Styled

from orchestrator.cli.session import Session
from orchestrator.service import Running
from orchestrator.topology import Topology, topology
from orchestrator.topology_text import Line, draw


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
