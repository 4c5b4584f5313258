"""A lab's network as a self-contained SVG picture for a light background."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.model.image import MachineKind
from orchestrator.topology.layout import Bar, Cable, Node, Topology
from orchestrator.topology.text_picture import address_of, remarks_on

_SANS = "'Inter','Segoe UI','Helvetica Neue','DejaVu Sans',Arial,sans-serif"
_MONO = "'JetBrains Mono','DejaVu Sans Mono',Consolas,monospace"
_PALETTE = ("#2563eb", "#059669", "#9333ea", "#d97706", "#db2777", "#0891b2", "#65a30d", "#475569")
_INK, _SOFT, _LINE, _PAPER, _ALERT = "#0f172a", "#64748b", "#cbd5e1", "#f8fafc", "#dc2626"

_MARGIN = 36
_HEAD = 76
_GAP = 28
_CABLE = 64
"""Height of a cable between a bar and a box."""
_BAR = 10
_CAPTION = 26
_ICON = 34
_NARROWEST = 176
_INDENT, _FIRST_CABLE = 16, 42
"""From the margin to the first box, and to its first cable."""
_SIGN = 0.6
"""Width of a character in ems: exact for the monospaced fonts, near enough for the others."""
_TITLE_SIGNS = 24
_TITLE_LINES = 4

_ICONS: dict[MachineKind, str] = {
    "router": "M17 3 A14 14 0 1 0 17.01 3 Z M17 8 V15 M14 11 L17 8 L20 11 M17 26 V19 M14 23 L17 26 L20 23 "
    "M8 17 H14 M11 14 L14 17 L11 20 M26 17 H20 M23 14 L20 17 L23 20",
    "switch": "M3 10 H31 V25 H3 Z M7 20 V21 M12 20 V21 M17 20 V21 M22 20 V21 M27 20 V21 M8 15 H15 M13 13 L15 15 L13 17 "
    "M26 15 H19 M21 13 L19 15 L21 17",
    "firewall": "M4 6 H30 V28 H4 Z M4 13.3 H30 M4 20.6 H30 M13 6 V13.3 M22 6 V13.3 M8.5 13.3 V20.6 M17.5 13.3 V20.6 "
    "M26 13.3 V20.6 M13 20.6 V28 M22 20.6 V28",
    "workstation": "M4 6 H30 V23 H4 Z M12 29 H22 M17 23 V29",
    "server": "M6 4 H28 V13 H6 Z M6 13 H28 V22 H6 Z M6 22 H28 V31 H6 Z M10 8.5 H13 M10 17.5 H13 M10 26.5 H13",
}
"""Outlines on a square of 34 units."""

_BY_DHCP = Text(fr="adresse par DHCP", en="address by DHCP")


def draw_svg(topology: Topology, language: Language, *, titled: bool = True) -> str:
    """Return the picture as an SVG document; ``titled``: with its title above it."""
    return _Picture(topology, language, titled=titled).document()


@dataclass(frozen=True)
class _Column:
    left: float
    width: float


class _Picture:
    """One picture: sizes first, then everything at its place."""

    def __init__(self, topology: Topology, language: Language, *, titled: bool) -> None:
        self._topology = topology
        self._head = _HEAD if titled else _MARGIN // 2
        self._language: Language = language
        self._titles = {
            n.name: textwrap.wrap(n.title.in_(language), _TITLE_SIGNS, max_lines=_TITLE_LINES, placeholder="…")
            for n in topology.nodes
        }
        self._columns = self._measured()
        right = max([c.left + c.width for c in self._columns], default=_MARGIN + _NARROWEST)
        captions = [_MARGIN + 14 + _width(self._caption(bar), 14) + 40 for bar in topology.bars]
        title = _MARGIN + _width(topology.title.in_(language), 22) if titled else 0
        self._width = max(right, title, *captions) + _MARGIN
        self._tops, self._height = self._rows()

    def document(self) -> str:
        size = {"width": f"{self._width:.0f}", "height": f"{self._height:.0f}"}
        root = ET.Element("svg", {
            "xmlns": "http://www.w3.org/2000/svg",
            "xml:lang": self._language,
            "role": "img",
            "font-family": _SANS,
            "viewBox": f"0 0 {size['width']} {size['height']}",
            **size,
        })  # fmt: skip
        ET.SubElement(root, "title").text = self._topology.title.in_(self._language)
        self._rect(root, 0, 0, self._width, self._height, fill="#ffffff", rx="14")
        if self._head == _HEAD:
            self._text(root, _MARGIN, 46, self._topology.title.in_(self._language), 22, _INK, weight="700")
        for number, bar in enumerate(self._topology.bars):
            self._bar(root, number, bar)
        for node in self._topology.nodes:
            for cable, x, upwards in self._ends(node):
                self._cable(root, node, cable, x, upwards=upwards)
        for node in self._topology.nodes:
            self._box(root, node)
        for number, bar in enumerate(self._topology.bars):
            self._name_bar(root, number, bar)
        ET.indent(root)
        return ET.tostring(root, encoding="unicode") + "\n"

    # Sizes ----------------------------------------------------------------------------------------------

    def _measured(self) -> list[_Column]:
        columns: list[_Column] = []
        left = float(_MARGIN + _INDENT)
        for number in range(self._topology.columns):
            nodes = [n for n in self._topology.nodes if n.column == number]
            width = max([float(_NARROWEST), *(self._node_width(n) for n in nodes)])
            left = max(left, self._past_captions(nodes, number))
            columns.append(_Column(left, width))
            left += width + _GAP
        return columns

    def _past_captions(self, nodes: list[Node], column: int) -> float:
        """Return where a column must begin for its cables to come down beside the captions, not through them."""
        if not column:
            return 0  # no room at the left: there the caption gives way, see ``_caption_x``
        crossed = [number for number in range(len(self._topology.bars)) if any(self._crosses(n, number) for n in nodes)]
        return max(map(self._past_caption, crossed), default=0)

    def _past_caption(self, number: int) -> float:
        return self._caption_x(number) + _width(self._caption(self._topology.bars[number]), 13.5) + 2

    def _node_width(self, node: Node) -> float:
        inner = max([_width(node.name, 16), *(_width(line, 12) for line in self._titles[node.name])])
        sides = [20 + sum(self._label_width(c) + 34 for c in side) for side in (node.up, node.down)]
        return max(inner + _ICON + 44, *sides)

    def _label_width(self, cable: Cable) -> float:
        first = " ".join((cable.interface, *remarks_on(cable, self._language)))
        return _width(max((first, address_of(cable, self._language)), key=len), 12)

    def _rows(self) -> tuple[list[float], float]:
        """Return where each bar is, and the height of all."""
        tops, y = [], float(self._head)
        if above := self._topology.row(-1):
            y += max(self._box_height(n) for n in above) + _CABLE - 12
        for number in range(len(self._topology.bars)):
            y += _CAPTION
            tops.append(y)
            nodes = self._topology.row(number)
            y += _BAR
            if nodes:
                y += _CABLE + max(self._box_height(n) for n in nodes)
                y += _CABLE - 12 if any(n.down for n in nodes) else 22
            else:
                y += 30
        return tops, y + 6

    def _box_height(self, node: Node) -> float:
        return max(_ICON + 24.0, 38.0 + 16 * len(self._titles[node.name]))

    def _top(self, node: Node) -> float:
        if node.row < 0:
            return self._head
        return self._tops[node.row] + _BAR + _CABLE

    def _ends(self, node: Node) -> list[tuple[Cable, float, bool]]:
        """Return where each cable leaves a box: from the left, where its label fits beside it."""
        ends = []
        for side, upwards in ((node.up, True), (node.down, False)):
            x = self._columns[node.column].left + _FIRST_CABLE - _INDENT
            for cable in side:
                ends.append((cable, x, upwards))
                x += self._label_width(cable) + 34
        return ends

    # Drawing --------------------------------------------------------------------------------------------

    def _colour(self, number: int) -> str:
        return _PALETTE[number % len(_PALETTE)]

    def _caption(self, bar: Bar) -> str:
        return " ".join((bar.title.in_(self._language), *bar.labels))

    def _bar(self, root: ET.Element, number: int, _bar: Bar) -> None:
        width = self._width - 2 * _MARGIN
        self._rect(root, _MARGIN, self._tops[number], width, _BAR, fill=self._colour(number), rx="5")

    def _name_bar(self, root: ET.Element, number: int, bar: Bar) -> None:
        x, y = self._caption_x(number), self._tops[number] - 9
        text = self._text(root, x, y, "", 14, self._colour(number), weight="700")
        text.text = bar.title.in_(self._language)
        for said in bar.labels:
            part = ET.SubElement(text, "tspan", {
                "dx": "10", "font-family": _MONO, "font-size": "12.5", "font-weight": "400", "fill": _SOFT,
            })  # fmt: skip
            part.text = said
        text.set("paint-order", "stroke")
        text.set("stroke", "#ffffff")
        text.set("stroke-width", "6")

    def _caption_x(self, number: int) -> float:
        """Return where a caption begins: at the left, or after a cable of the first column that comes down there."""
        first = any(node.column == 0 and self._crosses(node, number) for node in self._topology.nodes)
        return _MARGIN + (_FIRST_CABLE + 16 if first else 2)

    def _crosses(self, node: Node, number: int) -> bool:
        """Return whether a cable of a host comes down to a bar, or over it."""
        return any(node.row < number <= self._topology.index(cable.segment) for cable in node.down)

    def _cable(self, root: ET.Element, node: Node, cable: Cable, x: float, *, upwards: bool) -> None:
        number = self._topology.index(cable.segment)
        colour = self._colour(number)
        box = self._top(node) if upwards else self._top(node) + self._box_height(node)
        bar = self._tops[number] + (_BAR if upwards else 0)
        direction = 1 if upwards else -1
        loose = 0 if cable.plugged else 16 * direction
        self._wire(root, x, bar + loose, box, colour, plugged=cable.plugged)
        if cable.plugged:
            self._rect(root, x - 5, bar - 2 if upwards else bar - 5, 10, 7, fill=colour, rx="2", stroke="#ffffff")
        else:
            self._cross(root, x, bar + loose)
        self._labels(root, cable, x + 11, (bar + 26 if upwards else box + 24))

    def _wire(self, root: ET.Element, x: float, y1: float, y2: float, colour: str, *, plugged: bool) -> None:
        halo = {"x1": f"{x:.1f}", "x2": f"{x:.1f}", "y1": f"{y1:.1f}", "y2": f"{y2:.1f}", "stroke-linecap": "round"}
        ET.SubElement(root, "line", {**halo, "stroke": "#ffffff", "stroke-width": "9"})
        dashes = {} if plugged else {"stroke-dasharray": "1 6"}
        ET.SubElement(root, "line", {**halo, **dashes, "stroke": colour if plugged else _ALERT, "stroke-width": "3"})

    def _cross(self, root: ET.Element, x: float, y: float) -> None:
        path = f"M{x - 5:.1f} {y - 5:.1f} l10 10 m0 -10 l-10 10"
        ET.SubElement(root, "path", {
            "d": path, "stroke": _ALERT, "stroke-width": "3", "stroke-linecap": "round", "fill": "none",
        })  # fmt: skip

    def _labels(self, root: ET.Element, cable: Cable, x: float, y: float) -> None:
        name = self._text(root, x, y, cable.interface, 12, _SOFT, family=_MONO)
        for remark in remarks_on(cable, self._language):
            part = ET.SubElement(name, "tspan", {"dx": "6", "fill": _ALERT, "font-weight": "700"})
            part.text = remark
        dhcp = cable.address == "dhcp"
        address = self._text(root, x, y + 17, address_of(cable, self._language), 12, _INK, family=_MONO, weight="600")
        if dhcp:
            ET.SubElement(address, "title").text = _BY_DHCP.in_(self._language)

    def _box(self, root: ET.Element, node: Node) -> None:
        column, y, height = self._columns[node.column], self._top(node), self._box_height(node)
        left = column.left
        group = ET.SubElement(root, "g", {"data-host": node.name})  # by which a page makes it a button
        self._rect(group, left, y + 2, column.width, height, fill="#e2e8f0", rx="10")
        self._rect(group, left, y, column.width, height, fill=_PAPER, rx="10", stroke=_LINE)
        icon = ET.SubElement(group, "path", {
            "d": _ICONS[node.kind], "fill": "none", "stroke": _SOFT, "stroke-width": "2",
            "stroke-linejoin": "round", "stroke-linecap": "round",
            "transform": f"translate({left + 14:.1f} {y + (height - _ICON) / 2:.1f})",
        })  # fmt: skip
        icon.set("aria-hidden", "true")
        x = left + _ICON + 28
        lines = self._titles[node.name]
        first = y + height / 2 - 8 * len(lines) + 6
        self._text(group, x, first, node.name, 16, _INK, weight="700")
        for number, line in enumerate(lines, start=1):
            self._text(group, x, first + 17 * number, line, 12, _SOFT)

    @staticmethod
    def _rect(root: ET.Element, x: float, y: float, width: float, height: float, **more: str) -> None:
        place = {"x": x, "y": y, "width": width, "height": height}
        ET.SubElement(root, "rect", {**{k: f"{v:.1f}" for k, v in place.items()}, **more})

    @staticmethod
    def _text(  # noqa: PLR0913 - a text has these looks
        root: ET.Element,
        x: float,
        y: float,
        text: str,
        size: float,
        fill: str,
        *,
        weight: str = "400",
        family: str = "",
    ) -> ET.Element:
        looks = {"x": f"{x:.1f}", "y": f"{y:.1f}", "font-size": f"{size:g}", "fill": fill, "font-weight": weight}
        if family:
            looks["font-family"] = family
        element = ET.SubElement(root, "text", looks)
        element.text = text
        return element


def _width(text: str, size: float) -> float:
    return len(text) * size * _SIGN
