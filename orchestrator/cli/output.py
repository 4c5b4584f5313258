"""Where results go: a terminal in colour, a pipe in plain text, or JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NoReturn

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text as Styled
from rich.theme import Theme

from orchestrator.cli import french
from orchestrator.cli.language_choice import localized
from orchestrator.core.control_characters import visible
from orchestrator.core.language import Language
from orchestrator.core.text import Text

PLAIN_WIDTH = 100
"""Columns where nobody says how many there are (a pipe, a log)."""

THEME = Theme(
    {
        "ok": "green",
        "bad": "bold red",
        "warn": "yellow",
        "quiet": "dim",
        "key": "bold cyan",
        "title": "bold",
    }
)


class PipeConsole(Console):
    """A console on which no text acts on the terminal; a broken pipe is the command line's, which ends quietly."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """Yield the segments; only rich's own controls stay what they are."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)

    def on_broken_pipe(self) -> NoReturn:
        """Let the error through."""
        raise BrokenPipeError


class Output:
    """Writes results on standard output, and everything that is not a result on standard error."""

    def __init__(self, language: Language, *, json: bool) -> None:
        """Write in a language, or JSON."""
        if language == "fr":
            french.keep_punctuation()
        self.language = language
        self.json = json

    @cached_property
    def console(self) -> Console:
        """Return where people read results: standard output, or standard error where a JSON document goes out."""
        return make_console(stderr=self.json)

    @cached_property
    def errors(self) -> Console:
        """Return standard error."""
        return make_console(stderr=True)

    def print(self, *parts: RenderableType | Text, style: str = "") -> None:
        """Print parts, each from the beginning of a line; the style is that of texts."""
        _print(self.console, parts, style)

    def note(self, *parts: RenderableType | Text, style: str = "") -> None:
        """Print what is not a result."""
        _print(self.errors, parts, style)

    def ok(self, text: Text | str) -> None:
        """Print that something went well."""
        self.print(text, style="ok")

    def warn(self, text: Text | str) -> None:
        """Print what deserves attention."""
        self.print(text, style="warn")

    def bad(self, text: Text | str) -> None:
        """Print that something did not go well."""
        self.print(text, style="bad")

    def quiet(self, text: Text | str) -> None:
        """Print what matters less."""
        self.print(text, style="quiet")

    def command(self, line: str) -> None:
        """Print a command to be copied, on one line however long it is."""
        self.console.print(plain(line), soft_wrap=True, highlight=False)

    def heading(self, text: Text | str) -> None:
        """Print what comes next, after an empty line."""
        self.print("", text, style="bold")

    def document(self, document: Mapping[str, Any] | Sequence[Any]) -> None:
        """Write one JSON document."""
        sys.stdout.write(visible(json.dumps(document, ensure_ascii=False, indent=2)) + "\n")

    def emit(
        self, document: Mapping[str, Any] | Sequence[Any], view: Callable[[], None] | RenderableType | Text
    ) -> None:
        """Write a result as a JSON document where one was asked for, else print its view, or call what prints it."""
        if self.json:
            self.document(document)
        elif callable(view):
            view()
        else:
            self.print(view)


def _print(console: Console, parts: Sequence[RenderableType | Text], style: str) -> None:
    for part in parts:
        console.print(plain(part, style) if isinstance(part, Text | str) else part, highlight=False)


def make_console(*, stderr: bool) -> Console:
    """Return a console; a pipe has no width, so a fixed one keeps its text the same everywhere."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else PLAIN_WIDTH
    return PipeConsole(file=stream, theme=THEME, width=width, soft_wrap=False, emoji=False)


class Rows(Table):
    """A table in whose cells a text is in the language, and brackets mean nothing."""

    def add_row(self, *cells: RenderableType | Text | None, **options: Any) -> None:  # noqa: ANN401 - rich's own
        """Add a row."""
        super().add_row(*(plain(cell) if isinstance(cell, Text | str) else cell for cell in cells), **options)


def table(*columns: Text | str, title: Text | str | None = None) -> Rows:
    """Return an empty table in the house's style."""
    made = Rows(
        title=None if title is None else localized(title),
        box=None,
        header_style="quiet",
        title_justify="left",
        title_style="bold",
        pad_edge=False,
    )
    for column in columns:
        made.add_column(localized(column), overflow="fold")
    return made


def plain(text: Text | str, style: str = "") -> Styled:
    """Return a text in which brackets mean nothing, and nothing acts on the terminal."""
    return Styled(visible(localized(text)), style=style)


def both(text: Text | None) -> dict[str, str] | None:
    """Return a text as JSON: both languages."""
    return None if text is None else {"fr": text.fr, "en": text.en}
