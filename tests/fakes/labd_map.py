"""The map of a lab in memory, by the program's own drawing: what tests look at is what people see."""

from __future__ import annotations

from typing import get_args

from orchestrator.core.language import Language
from orchestrator.labd.lab_contract import HostView, LabView
from orchestrator.model.image import MachineKind
from orchestrator.topology.layout import Bar, Cable, Node, Topology
from orchestrator.topology.svg_picture import draw_svg


def drawn_map(lab: LabView, language: Language) -> str:
    """Return a lab's map, its machines side by side, each below the first segment that it has a cable to."""
    bars = tuple(Bar(one.name, one.title, one.subnet) for one in lab.segments)
    rows = {bar.name: row for row, bar in enumerate(bars)}
    nodes = tuple(_node(lab, host, column, rows) for column, host in enumerate(lab.hosts))
    return draw_svg(Topology(lab.title, bars, nodes), language, titled=False)


def _node(lab: LabView, host: HostView, column: int, rows: dict[str, int]) -> Node:
    cables = [
        Cable(one.interface, one.at, one.at, one.plugged, host.addresses.get(one.interface) or "dhcp")
        for one in lab.cables
        if one.host == host.name
    ]
    row = min((rows[cable.segment] for cable in cables), default=0)
    up = tuple(cable for cable in cables if rows[cable.segment] == row)
    down = tuple(cable for cable in cables if rows[cable.segment] != row)
    kind: MachineKind = next((one for one in get_args(MachineKind) if one == host.kind), "workstation")
    return Node(host.name, host.title, kind, row, column, up, down)
