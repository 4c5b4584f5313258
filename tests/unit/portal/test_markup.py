"""Markdown of others: it is shown, and can do nothing."""

from __future__ import annotations

import pytest

from orchestrator.portal.markup import html
from tests.unit.portal.browser import Reading

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a <b onmouseover=alert(1)>b</b>",
    "<!-- --><svg/onload=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](java\tscript:alert(1))",
    "[a](<java\nscript:alert(1)>)",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:x)",
    "[a](file:///etc/passwd)",
    "[a](//evil.test)",
    "[a](\\\\evil.test)",
    "![a](https://evil.test/pixel.png)",
    "![a](data:image/svg+xml;base64,AAAA)",
    "<https://x.test/><javascript:alert(1)>",
    '[a](https://x.test "onclick=alert(1) \\" onclick=alert(1)")',
    "[a]: javascript:alert(1)\n\n[a]",
    "```\n</code></pre><script>alert(1)</script>\n```",
    '``` "><script>alert(1)</script>\nx\n```',
    "| a |\n| --- |\n| <script>alert(1)</script> |",
    "# <script>alert(1)</script>",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_acts_gets_through(text: str) -> None:

    reading = Reading.of(html(text, "fr"))
    harmless = {"p", "a", "em", "strong", "code", "pre", "table", "thead", "tbody", "tr", "th", "td", "h2", "wbr"}
    assert {tag for tag, _ in reading.tags} <= harmless
    for tag, attributes in reading.tags:
        assert set(attributes) <= ({"href", "rel", "title"} if tag == "a" else {"class"}), attributes
        assert attributes.get("href", "https:").startswith(("https:", "http:", "%5C"))


def test_a_picture_is_not_loaded() -> None:
    assert "<img" not in html("![plan](https://x.test/plan.png)", "en")


def test_links_lead_to_web_pages_and_tell_them_nothing() -> None:
    assert html("[a](https://x.test/?b=1&c=2)", "en") == (
        '<p><a href="https://x.test/?b=1&amp;c=2" rel="noopener noreferrer nofollow">a</a></p>\n'
    )
    assert 'href="page.html#part"' in html("[a](page.html#part)", "en")


def test_headings_stand_below_the_page_s_own() -> None:
    made = html("# One\n\n## Two\n\n###### Six", "en", below=2)
    assert "<h3>One</h3>" in made
    assert "<h4>Two</h4>" in made
    assert "<h6>Six</h6>" in made
    assert "<h2>Two</h2>" in html("## Two", "en")


def test_french_is_set_as_french_but_code_is_left_alone() -> None:
    made = html("C'est prêt ? `ls ?` « oui »", "fr")
    assert made == "<p>C’est prêt\N{NO-BREAK SPACE}? <code>ls ?</code> «\N{NO-BREAK SPACE}oui\N{NO-BREAK SPACE}»</p>\n"
    assert html("It's ready ?", "en") == "<p>It's ready ?</p>\n"


def test_tables_are_tables() -> None:
    assert "<td>b</td>" in html("| a |\n| --- |\n| b |\n", "en")


def test_a_long_path_may_be_broken_behind_its_folders_only() -> None:
    made = html("`/var/log/postgresql/main.log` and `/etc/x<y`, and/or http://www.montreval.example/", "en")
    assert "<code>/<wbr>var/<wbr>log/<wbr>postgresql/<wbr>main.log</code>" in made
    assert "<code>/etc/x&lt;y</code>, and/or http:/<wbr>/<wbr>www.montreval.example/" in made
