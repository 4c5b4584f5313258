"""The picture in the page: nothing of it but what a picture of ours has, and its hosts are buttons."""

from __future__ import annotations

import pytest

from orchestrator.portal.lab_map import NoPictureError, inline_map

XMLNS = 'xmlns="http://www.w3.org/2000/svg"'


def inlined(inner: str, attributes: str = "") -> str:
    return inline_map(f"<svg {XMLNS} {attributes}>{inner}</svg>", "Map", lambda shown: f"{shown}: open")


def test_a_host_is_a_button_that_says_what_it_shows() -> None:
    drawn = inlined('<g data-host="pc1"><text x="1">pc1</text>\n <text>Front desk</text></g>', 'role="img" width="9"')
    assert 'role="button" tabindex="0" class="lab-host" aria-label="pc1 Front desk: open"' in drawn
    assert drawn.startswith('<svg width="9" role="group" aria-label="Map"')


@pytest.mark.parametrize(
    "inner",
    [
        "<script>alert(1)</script>",
        "<foreignObject><p>x</p></foreignObject>",
        '<a href="//evil.example">x</a>',
        '<image href="//evil.example/x.png"/>',
        '<use href="#x"/>',
        "<style>*{}</style>",
        '<animate attributeName="href"/>',
        '<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>',
        '<rect onclick="alert(1)"/>',
        '<rect style="fill:red"/>',
        '<rect fill="url(//evil.example)"/>',
        '<rect fill="URL  (#x)"/>',
        '<g id="lab" class="x" href="javascript:alert(1)"/>',
    ],
)
def test_what_a_picture_of_ours_does_not_have_is_left_out(inner: str) -> None:
    drawn = inlined(inner, 'onload="alert(1)"')
    for wrong in ("alert", "evil", "style", "foreign", "href", "<a", "<use", "<image", "url", 'id="'):
        assert wrong not in drawn.lower()


def test_a_hosts_name_stays_text() -> None:
    drawn = inlined('<g data-host="&quot;&gt;&lt;b&gt;"><text>&lt;script&gt;</text></g>')
    assert "<b>" not in drawn
    assert "<script>" not in drawn


@pytest.mark.parametrize(
    "document",
    [
        "",
        "no picture",
        "<svg",
        f"<p {XMLNS}/>",
        f'<!DOCTYPE svg [<!ENTITY a "b">]><svg {XMLNS}>&a;</svg>',
        f"<svg {XMLNS}>{' ' * (1 << 20)}</svg>",
    ],
)
def test_what_is_no_picture_is_refused(document: str) -> None:
    with pytest.raises(NoPictureError):
        inline_map(document, "Map", str)
