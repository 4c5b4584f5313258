"""The documents are read in an editor, a terminal and a diff: their lines are short, and README is one screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

COLUMNS = 100
SCREEN = 60
"""Lines of a terminal that fills a screen."""

FENCE = re.compile(r" *(```|~~~)")
TABLE = re.compile(r" *\|.*\|$")
LINK = re.compile(r"""
    [ ]*(?:[-*]\ |→\ )?              # an item of a list may be nothing but a link
    (?:!?\[[^]]*\]\([^)\s]*\)        # [text](target), ![text](picture)
    |\[[^]]*\]:\ \S+                 # [text]: target
    |<?https?://\S+)
    [.,;:]?
    """, re.VERBOSE)  # fmt: skip


def documents(root: Path) -> list[Path]:
    """Return the project's pages; the content's own pages (labs, scenarios) are not among them."""
    return [root / "README.md", root / "CHANGELOG.md", *sorted((root / "docs").rglob("*.md"))]


def prose(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line of Markdown that can be wrapped, with its number.

    Rows of tables, fenced code, and lines that are one link alone cannot be.
    """
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        mark = FENCE.match(line)
        if mark and fence in ("", mark[1]):
            fence = "" if fence else mark[1]
        elif not fence and not TABLE.fullmatch(line) and not LINK.fullmatch(line):
            yield number, line


def test_no_line_of_prose_is_longer_than_a_page_is_wide(root: Path) -> None:
    pages = documents(root)
    assert len(pages) > 5
    wide = [
        f"{page.relative_to(root)}:{number}: {len(line)} columns"
        for page in pages
        for number, line in prose(page.read_text(encoding="utf-8"))
        if len(line) > COLUMNS
    ]
    assert wide == [], f"wrap these lines at {COLUMNS} columns"


def test_the_readme_is_one_screen(root: Path) -> None:
    assert len((root / "README.md").read_text(encoding="utf-8").splitlines()) <= SCREEN


def test_the_index_has_every_page(root: Path) -> None:
    docs = root / "docs"
    index = (docs / "README.md").read_text(encoding="utf-8")
    pages = {page.name for page in docs.glob("*.md")} - {"README.md"}
    assert pages
    assert {page for page in pages if f"]({page})" not in index} == set()


LONG = "x" * COLUMNS


@pytest.mark.parametrize(
    "line",
    [f"{LONG} y", f"- {LONG} y", f"# {LONG}", f"    ./breakfix {LONG}", f"[{LONG}](page.md) and more", f"| {LONG} y"],
)
def test_a_long_line_is_found(line: str) -> None:
    assert list(prose(f"Short.\n\n```\n{LONG}\n```\n{line}\n"))[-1] == (6, line)


@pytest.mark.parametrize(
    "text",
    [
        f"| {LONG} | y |",
        f"```yaml\n{LONG} y\n```",
        f"~~~\n```\n{LONG} y\n~~~",
        f"- [{LONG}](page.md)",
        f"![{LONG}](demo.svg)",
        f"[page]: {LONG}",
        f"https://example.org/{LONG}",
    ],
)
def test_what_cannot_be_wrapped_may_be_long(text: str) -> None:
    assert [line for _, line in prose(text) if len(line) > COLUMNS] == []
