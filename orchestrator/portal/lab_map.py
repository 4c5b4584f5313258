"""A lab's picture made fit for the page: nothing in it but what a picture of ours has, and hosts that are buttons."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

_SVG = "{http://www.w3.org/2000/svg}"
_ELEMENTS = frozenset({"svg", "g", "title", "rect", "line", "path", "circle", "text", "tspan"})
_ATTRIBUTES = frozenset(
    {
        "aria-hidden",
        "cx",
        "cy",
        "d",
        "data-host",
        "dx",
        "dy",
        "fill",
        "font-family",
        "font-size",
        "font-weight",
        "height",
        "opacity",
        "paint-order",
        "r",
        "rx",
        "ry",
        "stroke",
        "stroke-dasharray",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-width",
        "text-anchor",
        "transform",
        "viewBox",
        "width",
        "x",
        "x1",
        "x2",
        "y",
        "y1",
        "y2",
    }
)
_REFERENCE = re.compile(r"url\s*\(|javascript:|&#", re.IGNORECASE)
_LARGEST = 1 << 20


class NoPictureError(ValueError):
    """What came is no picture of ours."""


def inline_map(svg: str, label: str, open_on: Callable[[str], str] | None) -> str:
    """Return an SVG document as an element of the page.

    Args:
        svg: the document.
        label: what the picture is called.
        open_on: what the button is called that shows a text; None: hosts are no buttons.

    Raises:
        NoPictureError: it is too large, no SVG, or declares entities.
    """
    if len(svg) > _LARGEST or "<!" in svg.replace("<!--", ""):
        raise NoPictureError
    try:
        root = ET.fromstring(svg)  # noqa: S314 - without a document type there is no entity to expand
    except ET.ParseError as error:
        raise NoPictureError from error
    if _local(root) != "svg":
        raise NoPictureError
    picture = _clean(root)
    picture.attrib.update({"role": "group", "aria-label": label, "class": "lab-picture"})
    picture[:] = [child for child in picture if child.tag != "title"]
    for group in picture.iter("g"):
        host = group.get("data-host")
        if host and open_on:
            shown = " ".join(" ".join(group.itertext()).split())
            name = open_on(shown or host)
            group.attrib.update({"role": "button", "tabindex": "0", "class": "lab-host", "aria-label": name})
    return ET.tostring(picture, encoding="unicode")


def _local(element: ET.Element) -> str:
    return element.tag.removeprefix(_SVG)


def _clean(element: ET.Element) -> ET.Element:
    """Return a copy without anything that is not allowed, and without a namespace."""
    new = ET.Element(_local(element), {name: value for name, value in element.attrib.items() if _allowed(name, value)})
    new.text, new.tail = element.text, element.tail
    new.extend(_clean(child) for child in element if _local(child) in _ELEMENTS)
    return new


def _allowed(name: str, value: str) -> bool:
    return name in _ATTRIBUTES and not _REFERENCE.search(value)
