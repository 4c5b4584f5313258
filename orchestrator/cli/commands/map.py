"""``map``: the network as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from orchestrator.cli import completing
from orchestrator.cli.click_classes import FILE, SCENARIO, command, lab_option, option, seed_option
from orchestrator.cli.invocation import Invocation, pass_invocation
from orchestrator.cli.output import both
from orchestrator.cli.pictures import print_topology, topology_of, write_picture
from orchestrator.core.text import Text
from orchestrator.topology.layout import Topology, topology
from orchestrator.topology.svg_picture import draw_svg


@command(
    "map",
    help=Text(
        fr="Le plan du réseau : segments, machines, adresses prévues, et l'état de chaque câble.",
        en="Draw the network: segments, hosts, documented addresses, and the state of each cable.",
    ),
)
@lab_option
@option(
    "--svg",
    metavar=FILE,
    type=click.Path(path_type=Path),
    help=Text(fr="Écrire le plan dans un fichier SVG.", en="Write the picture to an SVG file."),
)
@option(
    "--scenario",
    metavar=SCENARIO,
    shell_complete=completing.scenarios,
    help=Text(
        fr="Le réseau prévu par un scénario, sans rien démarrer.", en="A scenario's documented network; nothing starts."
    ),
)
@seed_option(1)
@pass_invocation
def map_command(invocation: Invocation, lab: str | None, svg: Path | None, scenario: str | None, seed: int) -> None:
    """Draw a running lab, or a scenario's documentation."""
    if scenario is not None:
        drawn = topology(invocation.app.labs.plans.preview(scenario, seed))
    else:
        drawn = topology_of(invocation, invocation.app.labs.running.planned(lab))
    if svg is not None:
        write_picture(svg, draw_svg(drawn, invocation.language))
    if invocation.json:
        invocation.output.document(_document(drawn))
    elif svg is None:
        print_topology(invocation, drawn)
    else:
        invocation.output.ok(Text(fr=f"✔ {svg} écrit", en=f"✔ {svg} written"))


def _document(drawn: Topology) -> dict[str, Any]:
    return {
        "segments": [{"name": b.name, "title": both(b.title), "subnet": b.subnet or None} for b in drawn.bars],
        "hosts": [
            {
                "name": node.name,
                "title": both(node.title),
                "cables": [
                    {
                        "interface": c.interface,
                        "segment": c.segment,
                        "planned_segment": c.planned,
                        "plugged": c.plugged,
                        "address": c.address or None,
                    }
                    for c in node.cables
                ],
            }
            for node in drawn.nodes
        ],
    }
