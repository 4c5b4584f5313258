"""Long work on the terminal: steps with their times, and image builds side by side; plain lines elsewhere.

All of it goes to standard error, so that standard output holds nothing but the result.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table

from orchestrator.cli.invocation import Invocation
from orchestrator.cli.language_choice import localized
from orchestrator.cli.output import plain
from orchestrator.core.errors import BreakfixError
from orchestrator.core.language import Language
from orchestrator.core.text import Text
from orchestrator.engine.engine_interface import CancelledError

_MINUTE = 60


@dataclass
class _Build:
    """One image that is being built now."""

    began: float
    line: str = ""


class Steps:
    """Shows steps and builds: a ``Progress`` and a ``BuildObserver`` in one, as one display has to show both."""

    def __init__(self, console: Console, language: Language, *, tell_cached: bool = False) -> None:
        """Make the display.

        Args:
            console: where it goes.
            language: the user's.
            tell_cached: whether images that are there already get a line.
        """
        self._console = console
        self._language = language
        self._tell_cached = tell_cached
        self._lock = threading.RLock()
        self._current: Text | None = None
        self._began = 0.0
        self._builds: dict[str, _Build] = {}
        self._live: Live | None = None

    # Progress -------------------------------------------------------------------------------------------

    def step(self, text: Text) -> None:
        """A new step begins; the one before is done."""
        with self._lock:
            self._finish()
            self._current, self._began = text, time.monotonic()
            if not self._console.is_terminal:
                self._line("…", text.in_(self._language))

    def detail(self, text: Text) -> None:
        """Something within the step is worth a line."""
        with self._lock:
            self._line(" ", text.in_(self._language), "quiet")

    # BuildObserver --------------------------------------------------------------------------------------

    def cached(self, name: str) -> None:
        """The image is there already."""
        if self._tell_cached:
            self._line("✔", localized(Text(fr=f"image {name} : déjà là", en=f"image {name}: there already")), "ok")

    def started(self, name: str) -> None:
        """The image's build begins."""
        with self._lock:
            self._builds[name] = _Build(time.monotonic())
            if not self._console.is_terminal:
                self._line("…", localized(Text(fr=f"image {name} : construction", en=f"image {name}: building")))

    def line(self, name: str, text: str) -> None:
        """The image's build printed a line."""
        with self._lock:
            if name in self._builds and text.strip():
                self._builds[name].line = text.strip()

    def finished(self, name: str, seconds: float, size: int) -> None:
        """The image is there."""
        with self._lock:
            self._builds.pop(name, None)
            said = f"image {name}{localized(Text(fr=' : ', en=': '))}{megabytes(size)}"
            self._line("✔", f"{said}, {duration(seconds)}", "ok")

    def failed(self, name: str, error: BreakfixError) -> None:
        """The image could not be built, or its build was ended early; the error itself is told at the end."""
        with self._lock:
            self._builds.pop(name, None)
            if not isinstance(error, CancelledError):
                self._line("✘", localized(Text(fr=f"image {name} : échec", en=f"image {name}: failed")), "bad")

    # ----------------------------------------------------------------------------------------------------

    @contextmanager
    def shown(self) -> Iterator[Steps]:
        """Show what happens within the block."""
        if not self._console.is_terminal:
            yield self
            return
        with Live(get_renderable=self._picture, console=self._console, transient=True, refresh_per_second=10) as live:
            self._live = live
            try:
                yield self
                with self._lock:
                    self._finish()
            finally:
                self._live = None

    def _finish(self) -> None:
        """Turn the current step into a line of the past."""
        if self._current is None:
            return
        if self._console.is_terminal:
            took = duration(time.monotonic() - self._began)
            self._line("✔", f"{self._current.in_(self._language)} ({took})", "ok")
        self._current = None

    def _line(self, mark: str, text: str, style: str = "") -> None:
        row = plain(f"{mark} ", style)
        row.append(text, style="" if style == "ok" else style)
        self._console.print(row, highlight=False)

    def _picture(self) -> RenderableType:
        with self._lock:
            rows: list[RenderableType] = [_build_row(name, build) for name, build in self._builds.items()]
            if self._current is not None:
                rows.append(Spinner("dots", plain(self._current.in_(self._language)), style="key"))
            return Group(*rows)


def _build_row(name: str, build: _Build) -> RenderableType:
    row = Table.grid(padding=(0, 1))
    row.add_column(no_wrap=True)
    row.add_column(no_wrap=True, width=14)
    row.add_column(no_wrap=True, width=8, justify="right")
    row.add_column(no_wrap=True, overflow="ellipsis")
    spinner = Spinner("dots", style="key")
    row.add_row(spinner, name, duration(time.monotonic() - build.began), plain(build.line, "quiet"))
    return row


@contextmanager
def steps(invocation: Invocation, *, tell_cached: bool = False) -> Iterator[Steps]:
    """Show the steps of long work, the builds of images among them."""
    shown = Steps(invocation.output.errors, invocation.language, tell_cached=tell_cached)
    invocation.app.build_observer = shown
    with shown.shown():
        yield shown


def duration(seconds: float) -> str:
    """Return a time as a person says it."""
    if seconds < 10:  # noqa: PLR2004 - below, tenths matter
        return decimal(seconds) + " s"
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    return f"{int(seconds // _MINUTE)} min {int(seconds % _MINUTE):02d} s"


def megabytes(size: int) -> str:
    """Return a size in megabytes or gigabytes; a small one in kilobytes."""
    if size < 1e6:  # noqa: PLR2004
        return f"{size / 1e3:.0f} {localized(Text(fr='ko', en='kB'))}"
    if size >= 1e9:  # noqa: PLR2004
        return f"{decimal(size / 1e9)} {localized(Text(fr='Go', en='GB'))}"
    return f"{size / 1e6:.0f} {localized(Text(fr='Mo', en='MB'))}"


def decimal(number: float) -> str:
    """Return a number with one decimal, in the language's notation."""
    return f"{number:.1f}".replace(".", localized(Text(fr=",", en=".")))
