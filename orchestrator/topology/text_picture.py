"""A lab's network drawn in characters, or as an indented list where the terminal is too narrow."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.topology.layout import Bar, Cable, Node, Topology

_TITLE_WIDTH = 20
_TITLE_LINES = 2
_GAP = 2
_STYLES = {
    "bar": "bold blue",
    "name": "bold",
    "title": "dim",
    "cable": "",
    "bad": "bold yellow",
    "address": "cyan",
}

UNPLUGGED = Text(fr="débranché", en="unplugged")
NO_ADDRESS = Text(fr="sans adresse", en="no address")


@dataclass(frozen=True)
class StyledRun:
    """Characters of one style in a line; the style is rich's."""

    text: str
    style: str


Line = tuple[StyledRun, ...]


def draw(topology: Topology, language: Language, width: int) -> tuple[Line, ...]:
    """Return the picture's lines, none longer than ``width`` columns (a list may be, where names are long)."""
    canvas = _Picture(topology, language)
    return canvas.lines() if canvas.width <= width else tuple(_listed(topology, language))


def labels_of(cable: Cable, language: Language) -> tuple[str, str]:
    """Return the two lines beside a cable: its interface with what is wrong with it, and its address."""
    return " ".join((cable.interface, *remarks_on(cable, language))), address_of(cable, language)


def remarks_on(cable: Cable, language: Language) -> tuple[str, ...]:
    """Return what a person notices who follows the cable with the documentation in hand."""
    documented = Text(fr=f"(prévu : {cable.planned})", en=f"(planned: {cable.planned})")
    notices = ((not cable.plugged, UNPLUGGED), (cable.moved, documented))
    return tuple(text.in_(language) for noticed, text in notices if noticed)


def address_of(cable: Cable, language: Language) -> str:
    """Return a cable's documented address without the prefix length, which the segment tells."""
    if cable.address == "dhcp":
        return "DHCP"
    return cable.address.partition("/")[0] or NO_ADDRESS.in_(language)


class _Canvas:
    """A sheet of characters, each with a style."""

    def __init__(self, width: int, height: int) -> None:
        self._signs = [[" "] * width for _ in range(height)]
        self._styles = [[""] * width for _ in range(height)]

    def put(self, x: int, y: int, text: str, style: str = "") -> None:
        for offset, sign in enumerate(text):
            if 0 <= x + offset < len(self._signs[y]):
                self._signs[y][x + offset] = sign
                self._styles[y][x + offset] = style

    def sign(self, x: int, y: int) -> str:
        return self._signs[y][x]

    def free(self, y: int) -> list[tuple[int, int]]:
        """Return the blank stretches of a line as (start, length), widest first."""
        stretches, start = [], None
        for x, sign in enumerate([*self._signs[y], "#"]):
            if sign == " " and start is None:
                start = x
            elif sign != " " and start is not None:
                stretches.append((start, x - start))
                start = None
        return sorted(stretches, key=lambda s: -s[1])

    def lines(self) -> Iterator[Line]:
        for signs, styles in zip(self._signs, self._styles, strict=True):
            runs: list[StyledRun] = []
            for sign, style in zip(signs, styles, strict=True):
                if runs and runs[-1].style == style:
                    runs[-1] = StyledRun(runs[-1].text + sign, style)
                else:
                    runs.append(StyledRun(sign, style))
            while runs and not runs[-1].text.strip():
                runs.pop()
            if runs:
                runs[-1] = StyledRun(runs[-1].text.rstrip(), runs[-1].style)
            yield tuple(runs)


class _Picture:
    """One picture: sizes first, then everything at its place."""

    def __init__(self, topology: Topology, language: Language) -> None:
        self._topology = topology
        self._language = language
        self._titles = {n.name: self._wrapped(n.title) for n in topology.nodes}
        self._widths = [self._column_width(column) for column in range(topology.columns)]
        self._make_room_for_captions()
        self._lefts = [self._left(column) for column in range(len(self._widths))]
        captions = [len(self._caption(bar)) + 4 for bar in topology.bars]
        self.width = max([2 + sum(self._widths) + _GAP * max(0, len(self._widths) - 1), *captions])
        self._tops = self._row_tops()

    def lines(self) -> tuple[Line, ...]:
        self._canvas = _Canvas(self.width, self._tops[-1])
        for number in range(len(self._topology.bars)):
            self._canvas.put(0, self._bar_y(number), "═" * self.width, _STYLES["bar"])
        for node in self._topology.nodes:
            self._box(node)
        for node in self._topology.nodes:
            self._cables(node)
        for number, bar in enumerate(self._topology.bars):
            self._name_bar(number, bar)
        return tuple(self._canvas.lines())

    # Sizes ----------------------------------------------------------------------------------------------

    def _wrapped(self, title: Text) -> list[str]:
        return textwrap.wrap(title.in_(self._language), _TITLE_WIDTH, max_lines=_TITLE_LINES, placeholder="…")

    def _label_width(self, cable: Cable) -> int:
        return 2 + max(map(len, labels_of(cable, self._language)))

    def _column_width(self, column: int) -> int:
        return max(self._box_width(node) for node in self._topology.nodes if node.column == column)

    def _box_width(self, node: Node) -> int:
        inner = max(map(len, (node.name, *self._titles[node.name]))) + 4
        sides = [sum(map(self._label_width, side)) + 3 for side in (node.up, node.down) if side]
        return max([inner, *sides])

    def _left(self, column: int) -> int:
        return 1 + sum(self._widths[:column]) + _GAP * column

    def _make_room_for_captions(self) -> None:
        """Move the first column whose cables cross a bar's caption to the right of it.

        Where that is the leftmost, the caption stands between it and the next one, in two lines if need be.
        """
        for number, bar in enumerate(self._topology.bars):
            crossing = [
                node.column
                for node in self._topology.nodes
                if node.row < number and any(self._topology.index(c.segment) >= number for c in node.down)
            ]
            column = min(crossing, default=0)
            if column:
                lacking = len(self._caption(bar)) - self._left(column)
                self._widths[column - 1] += max(0, lacking)
            elif len(crossing) > 1:
                longest = max(len(bar.title.in_(self._language)), len(" · ".join(bar.labels)))
                self._widths[0] = max(self._widths[0], longest + 3 - _GAP)

    def _row_tops(self) -> list[int]:
        """Return each row's first line (its bar's caption), and the line after the last row."""
        above = [3 + len(self._titles[n.name]) for n in self._topology.row(-1)]
        tops = [3 + max(above) if above else 0]
        for number in range(len(self._topology.bars)):
            nodes = self._topology.row(number)
            height = 2
            if nodes:
                height += 2 + max(3 + len(self._titles[n.name]) for n in nodes)
                height += 2 if any(n.down for n in nodes) else 0
            tops.append(tops[-1] + height + (1 if number + 1 < len(self._topology.bars) else 0))
        return tops

    def _bar_y(self, number: int) -> int:
        return self._tops[number] + 1

    def _box_y(self, node: Node) -> int:
        return 0 if node.row < 0 else self._bar_y(node.row) + 3

    # Drawing --------------------------------------------------------------------------------------------

    def _box(self, node: Node) -> None:
        left, top = self._lefts[node.column], self._box_y(node)
        width = self._box_width(node)
        titles = self._titles[node.name]
        self._canvas.put(left, top, "┌" + "─" * (width - 2) + "┐")
        for offset, (text, style) in enumerate([(node.name, "name"), *((t, "title") for t in titles)], start=1):
            self._canvas.put(left, top + offset, "│")
            self._canvas.put(left + 2, top + offset, text, _STYLES[style])
            self._canvas.put(left + width - 1, top + offset, "│")
        self._canvas.put(left, top + 2 + len(titles), "└" + "─" * (width - 2) + "┘")

    def _cables(self, node: Node) -> None:
        top = self._box_y(node)
        bottom = top + 2 + len(self._titles[node.name])
        for side, upwards in ((node.up, True), (node.down, False)):
            x = self._lefts[node.column] + 2
            for cable in side:
                bar = self._bar_y(self._topology.index(cable.segment))
                start, end = (bar, top) if upwards else (bottom, bar)
                self._cable(cable, x, start, end, upwards=upwards)
                x += self._label_width(cable) + 1

    def _cable(self, cable: Cable, x: int, start: int, end: int, *, upwards: bool) -> None:
        style = _STYLES["cable"] if cable.plugged and not cable.moved else _STYLES["bad"]
        bars = {self._bar_y(number) for number in range(len(self._topology.bars))}
        for y in range(start + 1, end):
            if y in bars:  # passes over a bar that it has nothing to do with
                self._canvas.put(x - 1, y, " │ ", style)
            else:
                self._canvas.put(x, y, "│", style)
        self._canvas.put(x, end if upwards else start, "┴" if upwards else "┬")
        self._join(cable, x, start if upwards else end, upwards=upwards)
        first = start + 1
        label, address = labels_of(cable, self._language)
        self._canvas.put(x + 2, first, label, style)
        self._canvas.put(x + 2, first + 1, address, _STYLES["address"])

    def _join(self, cable: Cable, x: int, y: int, *, upwards: bool) -> None:
        """Draw the end at the bar: plugged in, or hanging beside it."""
        if not cable.plugged:
            self._canvas.put(x, y + 1 if upwards else y - 1, "╳", _STYLES["bad"])
            return
        there = self._canvas.sign(x, y)
        joined = {"╤": "╪", "╧": "╪"}.get(there) or ("╤" if upwards else "╧")
        self._canvas.put(x, y, joined, _STYLES["bar"])

    def _caption(self, bar: Bar) -> str:
        return _caption(bar, self._language)

    def _name_bar(self, number: int, bar: Bar) -> None:
        """Write a bar's caption above it, where no cable crosses: in two lines if one is short and both are blank."""
        y = self._tops[number]
        start, length = self._canvas.free(y)[0]
        x, room = start + (1 if start else 0), max(8, length - 2)
        caption = self._caption(bar)
        if len(caption) > room and y and all(self._canvas.sign(x + n, y - 1) == " " for n in range(room)):
            title = textwrap.shorten(bar.title.in_(self._language), room, placeholder="…")
            self._canvas.put(x, y - 1, title, _STYLES["bar"])
            caption = " · ".join(bar.labels)
        self._canvas.put(x, y, textwrap.shorten(caption, room, placeholder="…"), _STYLES["bar"])


def _caption(bar: Bar, language: Language) -> str:
    return " · ".join((bar.title.in_(language), *bar.labels))


def _listed(topology: Topology, language: Language) -> Iterator[Line]:
    """Yield the network as a list: each segment, then who is on it."""
    for bar in topology.bars:
        yield (StyledRun(_caption(bar, language), _STYLES["bar"]),)
        there = [(n, c) for n in topology.nodes for c in n.cables if c.segment == bar.name]
        for number, (node, cable) in enumerate(there):
            yield _listed_cable(node, cable, language, last=number + 1 == len(there))


def _listed_cable(node: Node, cable: Cable, language: Language, *, last: bool) -> Line:
    runs = [
        StyledRun(("└" if last else "├") + ("─ " if cable.plugged else "╳ "), "" if cable.plugged else _STYLES["bad"]),
        StyledRun(f"{node.name} ", _STYLES["name"]),
        StyledRun(f"{cable.interface} ", ""),
        StyledRun(address_of(cable, language), _STYLES["address"]),
    ]
    runs += [StyledRun(f" {remark}", _STYLES["bad"]) for remark in remarks_on(cable, language)]
    runs.append(StyledRun(f"  {node.title.in_(language)}", _STYLES["title"]))
    return tuple(runs)


def as_text(lines: Sequence[Line]) -> str:
    """Return the picture without styles."""
    return "".join("".join(run.text for run in line) + "\n" for line in lines)
